/*
 * column: a column of integers or doubles, compressed.  What goes in comes
 * out bit for bit, whatever it is.
 *
 * Integers (times, and doubles that are decimals):
 *	u8	order | shift << 2
 *	signed	x[0]
 *	signed	bias		order 0-2
 *	signed	x[1] - x[0]	order 2
 *	bits	the rest
 * All arithmetic is modulo 2^64.  y[i] = (x[i] - x[0]) >> shift; the shift is
 * the zero bits that all differences end with.  What is predicted for y[i]
 * (i > 0, for order 2 i > 1) is
 *	order 0	bias		order 1	y[i-1] + bias
 *	order 2	2 y[i-1] - y[i-2] + bias
 *	order 3	all x are equal; no bias, no bits
 * and its zigzag error is stored, 64 errors in a group: 6 bits k, then for
 * each error e its Rice code: e >> k zero bits, a one bit, the low k bits of
 * e.  From 24 zero bits on: 24 zero bits, then e in 64 bits.  k = 63 says that
 * all errors of the group are 0.
 *
 * Doubles:
 *	u8	kind | digits << 2
 *	kind 0	raw: XOR bits
 *	kind 1	decimals: integers, each v[i] * 10^digits
 *	kind 2	decimals with exceptions: varint count, count times (varint
 *		distance from the one before, u64 bits of the double), then the
 *		integers, in which an exception repeats the one before it
 * XOR bits: v[0] in 64 bits; then per value 0 = the same as before; 1 0 = the
 * bits of the XOR inside the window used last; 1 1, 6 bits leading zeros, 6
 * bits length - 1, and so many bits.
 */
#ifndef TSDB_COLUMN_H
#define TSDB_COLUMN_H

#include "tsdb/bits.h"

/* n >= 1 */
void	ints_put(struct buf *out, const int64_t *x, size_t n);
void	doubles_put(struct buf *out, const double *v, size_t n);

/*
 * Exactly n (>= 1) from r, behind which BITS_SLACK bytes must be readable.
 * False when the bytes cannot be that.
 */
bool	ints_get(struct rd *r, int64_t *x, size_t n);
bool	doubles_get(struct rd *r, double *v, size_t n);

#endif
