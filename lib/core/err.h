/*
 * err: what went wrong, and where.  Library code fills one and returns -1 (or
 * NULL); only a tool prints it (core/diag).  The helpers return -1 so that a
 * caller can write `return err_at(e, line, col, "...")`.
 */
#ifndef CORE_ERR_H
#define CORE_ERR_H

#include "core/str.h"

enum err_kind {
	ERR_NONE,
	ERR_SYNTAX,	/* text that does not follow its grammar */
	ERR_CONFIG,	/* well-formed, but it makes no sense */
	ERR_LIMIT,	/* a stated limit was reached */
	ERR_SYS,	/* a system call failed */
	ERR_NET		/* a peer or the network failed */
};

struct err {
	enum err_kind kind;
	const char *file;	/* borrowed, or NULL; lives as long as e */
	unsigned line, col;	/* 1-based, col in bytes; 0 = unknown */
	char msg[480];		/* cut at a character when longer */
};

/* Set kind and message; file, line and col are cleared. */
int	err_set(struct err *e, enum err_kind kind, const char *fmt, ...)
	    __attribute__((format(printf, 3, 4)));

/* ERR_SYNTAX at a position. */
int	err_at(struct err *e, unsigned line, unsigned col, const char *fmt, ...)
	    __attribute__((format(printf, 4, 5)));

/* ERR_SYS: the message, ": " and strerror(errno). */
int	err_sys(struct err *e, const char *fmt, ...)
	    __attribute__((format(printf, 2, 3)));

/* Put "text: " before the message that is there. */
int	err_prefix(struct err *e, const char *fmt, ...)
	    __attribute__((format(printf, 2, 3)));

/* The line and column (1-based, bytes) of byte `at` in text. */
void	err_position(struct str text, size_t at, unsigned *line, unsigned *col);

#endif
