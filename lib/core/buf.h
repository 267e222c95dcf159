/*
 * buf: bytes that grow up to a maximum.  { 0 } is an empty buffer whose
 * maximum is BUF_MAX.  Every put returns 0, or -1 (contents unchanged) when
 * the maximum would be passed.
 */
#ifndef CORE_BUF_H
#define CORE_BUF_H

#include <stdarg.h>
#include <stddef.h>

#include "core/str.h"

#define BUF_MAX		((size_t)1 << 32)

struct buf {
	char *p;
	size_t n, cap;
	size_t max;		/* 0 = BUF_MAX */
};

/* Make room for n more bytes: p + n may be written, then n raised by hand. */
int	buf_reserve(struct buf *b, size_t n);

/* What does not fit: grow first, or refuse. */
int	buf_put_slow(struct buf *b, struct str s);

static inline int
buf_put(struct buf *b, struct str s)
{
	if (s.n > b->cap - b->n || (b->max && s.n > b->max - b->n))
		return buf_put_slow(b, s);
	if (s.n)
		memcpy(b->p + b->n, s.p, s.n);
	b->n += s.n;
	return 0;
}

static inline int
buf_putc(struct buf *b, char c)
{
	if (b->n == b->cap || (b->max && b->n >= b->max))
		return buf_put_slow(b, (struct str){ &c, 1 });
	b->p[b->n++] = c;
	return 0;
}

int	buf_printf(struct buf *b, const char *fmt, ...)
	    __attribute__((format(printf, 2, 3)));
int	buf_vprintf(struct buf *b, const char *fmt, va_list ap)
	    __attribute__((format(printf, 2, 0)));

/* Forget the first n bytes. */
void	buf_drop(struct buf *b, size_t n);

/* The contents, borrowed until the next change. */
struct str	buf_str(const struct buf *b);

/* The contents with a NUL behind them, borrowed; the NUL is not counted. */
const char	*buf_cstr(struct buf *b);

void	buf_reset(struct buf *b);	/* empty, keep memory */
void	buf_release(struct buf *b);

#endif
