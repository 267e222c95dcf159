#include "core/buf.h"

#include <stdio.h>

#include "core/mem.h"

#define BUF_FIRST	128

int
buf_reserve(struct buf *b, size_t n)
{
	size_t want, cap, max = b->max ? b->max : BUF_MAX;

	if (b->cap - b->n >= n)
		return 0;
	if (size_add(b->n, n, &want) || want > max)
		return -1;
	cap = b->cap ? b->cap : BUF_FIRST;
	while (cap < want)
		cap += cap / 2 + 1;
	b->p = mem_resize(b->p, cap, 1);
	b->cap = cap;
	return 0;
}

/* Reserve checks against the maximum only when it must grow. */
static int
room(struct buf *b, size_t n)
{
	if (b->max && b->n + n > b->max)
		return -1;
	return buf_reserve(b, n);
}

int
buf_put_slow(struct buf *b, struct str s)
{
	if (room(b, s.n) == -1)
		return -1;
	if (s.n)
		memcpy(b->p + b->n, s.p, s.n);
	b->n += s.n;
	return 0;
}

int
buf_vprintf(struct buf *b, const char *fmt, va_list ap)
{
	size_t left = b->cap - b->n;
	va_list again;
	int n;

	/* most often it fits, and is printed once */
	va_copy(again, ap);
	n = vsnprintf(left ? b->p + b->n : NULL, left, fmt, again);
	va_end(again);
	if (n < 0 || room(b, (size_t)n + 1) == -1)
		return -1;
	if ((size_t)n >= left)
		(void)vsnprintf(b->p + b->n, (size_t)n + 1, fmt, ap);
	b->n += (size_t)n;
	return 0;
}

int
buf_printf(struct buf *b, const char *fmt, ...)
{
	va_list ap;
	int rc;

	va_start(ap, fmt);
	rc = buf_vprintf(b, fmt, ap);
	va_end(ap);
	return rc;
}

void
buf_drop(struct buf *b, size_t n)
{
	if (n > b->n)
		n = b->n;
	if (n)
		memmove(b->p, b->p + n, b->n - n);
	b->n -= n;
}

struct str
buf_str(const struct buf *b)
{
	return (struct str){ b->p, b->n };
}

const char *
buf_cstr(struct buf *b)
{
	size_t max = b->max;

	b->max = 0;
	(void)buf_reserve(b, 1);
	b->max = max;
	b->p[b->n] = '\0';
	return b->p;
}

void
buf_reset(struct buf *b)
{
	b->n = 0;
}

void
buf_release(struct buf *b)
{
	mem_free(b->p);
	b->p = NULL;
	b->n = b->cap = 0;
}
