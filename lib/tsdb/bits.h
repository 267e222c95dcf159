/*
 * bits: a stream of bits, lowest bit of a byte first.
 */
#ifndef TSDB_BITS_H
#define TSDB_BITS_H

#include "tsdb/code.h"

/* What may be read behind the last byte of a stream of bits. */
#define BITS_SLACK	8

struct bit_writer {
	struct buf *out;
	uint64_t acc;		/* bits that are no whole byte yet */
	unsigned n;		/* how many: < 8 between calls */
};

/* n <= 56 bits of v; the others are 0. */
static inline void
bits_put(struct bit_writer *w, uint64_t v, unsigned n)
{
	w->acc |= v << w->n;
	w->n += n;
	if (buf_reserve(w->out, 8) == -1)
		return;
	for (; w->n >= 8; w->n -= 8, w->acc >>= 8)
		w->out->p[w->out->n++] = (char)w->acc;
}

static inline void
bits_put64(struct bit_writer *w, uint64_t v)
{
	bits_put(w, v & 0xffffffff, 32);
	bits_put(w, v >> 32, 32);
}

/* Fill up the last byte. */
static inline void
bits_end(struct bit_writer *w)
{
	if (w->n)
		bits_put(w, 0, 8 - w->n);
}

/*
 * Reads past the end give whatever stands there (BITS_SLACK bytes must be
 * readable) and then stay at the end; bits_bad tells afterwards.
 */
struct bit_reader {
	const unsigned char *p;
	size_t at, end;		/* in bits */
};

static inline struct bit_reader
bits_of(const unsigned char *p, size_t bytes)
{
	return (struct bit_reader){ p, 0, bytes * 8 };
}

/* At least 57 bits from where it stands. */
static inline uint64_t
bits_peek(const struct bit_reader *r)
{
	size_t at = r->at < r->end ? r->at : r->end;

	return get_u64(r->p + at / 8) >> at % 8;
}

/* n <= 56 */
static inline uint64_t
bits_get(struct bit_reader *r, unsigned n)
{
	uint64_t v = bits_peek(r) & ((UINT64_C(1) << n) - 1);

	r->at += n;
	return v;
}

static inline uint64_t
bits_get64(struct bit_reader *r)
{
	uint64_t lo = bits_get(r, 32);

	return lo | bits_get(r, 32) << 32;
}

static inline bool
bits_bad(const struct bit_reader *r)
{
	return r->at > r->end;
}

#endif
