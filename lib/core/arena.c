#include "core/arena.h"

#include <stdarg.h>
#include <stdio.h>

#include "core/mem.h"

#define BLOCK_FIRST	4096
#define BLOCK_MOST	((size_t)1 << 20)
#define ALIGN		_Alignof(max_align_t)

struct arena_block {
	struct arena_block *next;
	size_t size;
	_Alignas(max_align_t) char bytes[];
};

struct arena_owned {
	struct arena_owned *next;
	void (*release)(void *p);
	void *p;
};

static void
add_block(struct arena *a, size_t n)
{
	size_t size = a->head ? a->head->size * 2 : BLOCK_FIRST;
	struct arena_block *b;

	if (size > BLOCK_MOST)
		size = BLOCK_MOST;
	if (size < n)
		size = n;
	b = mem_alloc(sizeof(*b) + size);
	b->next = a->head;
	b->size = size;
	a->head = b;
	a->at = b->bytes;
	a->end = b->bytes + size;
}

void *
arena_raw(struct arena *a, size_t n)
{
	void *p;

	n = (n + ALIGN - 1) & ~(size_t)(ALIGN - 1);
	if ((size_t)(a->end - a->at) < n)
		add_block(a, n);
	p = a->at;
	a->at += n;
	a->used += n;
	return p;
}

void *
arena_alloc(struct arena *a, size_t n)
{
	return memset(arena_raw(a, n ? n : 1), 0, n);
}

void *
arena_array(struct arena *a, size_t n, size_t size)
{
	size_t bytes;

	if (size_mul(n, size, &bytes))
		bytes = SIZE_MAX / 2;	/* mem_alloc reports it */
	return arena_alloc(a, bytes);
}

struct str
arena_str(struct arena *a, struct str s)
{
	return (struct str){ arena_cstr(a, s), s.n };
}

char *
arena_cstr(struct arena *a, struct str s)
{
	char *p = arena_raw(a, s.n + 1);

	if (s.n)
		memcpy(p, s.p, s.n);
	p[s.n] = '\0';
	return p;
}

struct str
arena_printf(struct arena *a, const char *fmt, ...)
{
	va_list ap;
	char *p;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n < 0)
		return STR_NONE;
	p = arena_raw(a, (size_t)n + 1);
	va_start(ap, fmt);
	(void)vsnprintf(p, (size_t)n + 1, fmt, ap);
	va_end(ap);
	return (struct str){ p, (size_t)n };
}

struct str
arena_join(struct arena *a, const struct str *piece, size_t n)
{
	size_t i, len = 0;
	char *p, *at;

	for (i = 0; i < n; i++)
		len += piece[i].n;
	p = at = arena_raw(a, len + 1);
	for (i = 0; i < n; i++) {
		if (piece[i].n)
			memcpy(at, piece[i].p, piece[i].n);
		at += piece[i].n;
	}
	*at = '\0';
	return (struct str){ p, len };
}

void
arena_own(struct arena *a, void (*release)(void *p), void *p)
{
	struct arena_owned *o = ARENA_NEW(a, struct arena_owned);

	o->release = release;
	o->p = p;
	o->next = a->owned;
	a->owned = o;
}

static void
release_owned(struct arena *a)
{
	struct arena_owned *o;

	for (o = a->owned; o; o = o->next)
		o->release(o->p);
	a->owned = NULL;
}

void
arena_reset(struct arena *a)
{
	struct arena_block *b, *next, *keep = a->head;

	if (keep == NULL)
		return;
	release_owned(a);
	for (b = keep->next; b; b = next) {
		next = b->next;
		if (b->size > keep->size) {
			mem_free(keep);
			keep = b;
		} else {
			mem_free(b);
		}
	}
	keep->next = NULL;
	a->head = keep;
	a->at = keep->bytes;
	a->end = keep->bytes + keep->size;
	a->used = 0;
}

void
arena_free(struct arena *a)
{
	struct arena_block *b, *next;

	release_owned(a);
	for (b = a->head; b; b = next) {
		next = b->next;
		mem_free(b);
	}
	*a = (struct arena){ 0 };
}
