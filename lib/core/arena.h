/*
 * arena: memory that dies together.  { 0 } is an empty arena.  Nothing here
 * returns NULL (core/mem).  Allocations are aligned for any type.
 */
#ifndef CORE_ARENA_H
#define CORE_ARENA_H

#include <stddef.h>

#include "core/str.h"

struct arena_block;
struct arena_owned;

struct arena {
	struct arena_block *head;	/* newest block */
	char *at, *end;			/* what is free in it */
	size_t used;			/* bytes handed out since the reset */
	struct arena_owned *owned;	/* newest first */
};

/* n bytes, zero. */
void	*arena_alloc(struct arena *a, size_t n);

/* n bytes, not cleared. */
void	*arena_raw(struct arena *a, size_t n);

/* n * size bytes, zero. */
void	*arena_array(struct arena *a, size_t n, size_t size);

#define ARENA_NEW(a, T)		((T *)arena_alloc((a), sizeof(T)))
#define ARENA_ARRAY(a, n, T)	((T *)arena_array((a), (n), sizeof(T)))

/* Copies; arena_cstr and arena_printf also put a NUL behind the bytes. */
struct str	 arena_str(struct arena *a, struct str s);
char		*arena_cstr(struct arena *a, struct str s);
struct str	 arena_printf(struct arena *a, const char *fmt, ...)
		    __attribute__((format(printf, 2, 3)));

/* The pieces one behind the other, and a NUL: a cheap arena_printf. */
struct str	 arena_join(struct arena *a, const struct str *piece, size_t n);

#define ARENA_JOIN(a, ...) \
	arena_join((a), (const struct str[]){ __VA_ARGS__ }, \
	    sizeof((const struct str[]){ __VA_ARGS__ }) / sizeof(struct str))

/* release(p) when the arena is emptied, newest first: p dies with it. */
void	arena_own(struct arena *a, void (*release)(void *p), void *p);

/* Empty; the largest block is kept for the next round. */
void	arena_reset(struct arena *a);
void	arena_free(struct arena *a);

#endif
