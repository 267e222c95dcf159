/*
 * code: the bytes of the files.  Numbers of fixed width are little-endian;
 * varints are LEB128; signed ones zigzag.  Readers never pass their end: past
 * it they give 0 and say bad.
 */
#ifndef TSDB_CODE_H
#define TSDB_CODE_H

#include <endian.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "core/buf.h"
#include "core/num.h"

#define VARINT_MAX	10		/* bytes */

static inline uint64_t
zigzag(uint64_t v)
{
	return v << 1 ^ (uint64_t)((int64_t)v >> 63);
}

static inline uint64_t
unzigzag(uint64_t u)
{
	return u >> 1 ^ -(u & 1);
}

static inline uint32_t
get_u32(const void *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return le32toh(v);
}

static inline uint64_t
get_u64(const void *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
	return le64toh(v);
}

/* ---- reading ---- */

struct rd {
	const unsigned char *p, *end;
	bool bad;
};

static inline struct rd
rd_of(const void *p, size_t n)
{
	return (struct rd){ p, (const unsigned char *)p + n, false };
}

static inline size_t
rd_left(const struct rd *r)
{
	return (size_t)(r->end - r->p);
}

/* n bytes, borrowed; NULL and bad when there are fewer. */
static inline const unsigned char *
rd_take(struct rd *r, uint64_t n)
{
	const unsigned char *p = r->p;

	if (n > rd_left(r)) {
		r->bad = true;
		r->p = r->end;
		return NULL;
	}
	r->p += n;
	return p;
}

static inline unsigned
rd_u8(struct rd *r)
{
	const unsigned char *p = rd_take(r, 1);

	return p ? *p : 0;
}

static inline uint32_t
rd_u32(struct rd *r)
{
	const unsigned char *p = rd_take(r, 4);

	return p ? get_u32(p) : 0;
}

static inline uint64_t
rd_u64(struct rd *r)
{
	const unsigned char *p = rd_take(r, 8);

	return p ? get_u64(p) : 0;
}

static inline uint64_t
rd_varint(struct rd *r)
{
	uint64_t v = 0;
	unsigned shift;

	for (shift = 0; r->p < r->end && shift < 64; shift += 7) {
		v |= (uint64_t)(*r->p & 0x7f) << shift;
		if (*r->p++ < 0x80)
			return v;
	}
	r->bad = true;
	return 0;
}

static inline int64_t
rd_signed(struct rd *r)
{
	return (int64_t)unzigzag(rd_varint(r));
}

/* ---- writing; buffers of files have no maximum to pass ---- */

static inline void
put_u8(struct buf *b, unsigned v)
{
	(void)buf_putc(b, (char)v);
}

static inline void
put_u32(struct buf *b, uint32_t v)
{
	v = htole32(v);
	(void)buf_put(b, (struct str){ (const char *)&v, sizeof(v) });
}

static inline void
put_u64(struct buf *b, uint64_t v)
{
	v = htole64(v);
	(void)buf_put(b, (struct str){ (const char *)&v, sizeof(v) });
}

static inline void
put_varint(struct buf *b, uint64_t v)
{
	if (buf_reserve(b, VARINT_MAX) == -1)
		return;
	for (; v >= 0x80; v >>= 7)
		b->p[b->n++] = (char)(v | 0x80);
	b->p[b->n++] = (char)v;
}

static inline void
put_signed(struct buf *b, int64_t v)
{
	put_varint(b, zigzag((uint64_t)v));
}

/* ---- one value beside the one before it (code.c) ---- */

/*
 * Equal: one byte.  Two integers: their difference.  Else the bytes in which
 * they differ.  At most 10 bytes.
 */
void	put_value(struct buf *b, double v, double before);
double	rd_value(struct rd *r, double before);

/* Past the next value, without knowing the one before it. */
static inline void
rd_skip_value(struct rd *r)
{
	unsigned head, kept;

	if (r->p < r->end && !(*r->p & 1)) {
		(void)rd_varint(r);
		return;
	}
	head = rd_u8(r);
	kept = (head >> 1 & 7) + (head >> 4 & 7);
	if (kept > 8)
		r->bad = true;
	else
		(void)rd_take(r, 8 - kept);
}

#endif
