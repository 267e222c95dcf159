#include "tsdb/code.h"

#include <math.h>

/* Up to here every integer has a double of its own. */
#define EXACT	9007199254740992.0

/* The integer that v is, bit for bit: no fraction, no -0, not too large. */
static bool
is_integer(double v, int64_t *i)
{
	if (!(fabs(v) < EXACT))
		return false;
	*i = (int64_t)v;
	return num_bits((double)*i) == num_bits(v);
}

/*
 * The low bit of the first byte tells: 0 = varint of a zigzag difference;
 * 1 = XOR, with the number of leading (bits 1-3) and trailing (4-6) zero
 * bytes, and the bytes between.
 */
void
put_value(struct buf *b, double v, double before)
{
	uint64_t x = num_bits(v) ^ num_bits(before);
	unsigned lead, trail, i;
	int64_t is, was;

	if (is_integer(v, &is) && is_integer(before, &was)) {
		put_varint(b, zigzag((uint64_t)(is - was)) << 1);
		return;
	}
	lead = x ? (unsigned)__builtin_clzll(x) / 8 : 7;
	trail = x ? (unsigned)__builtin_ctzll(x) / 8 : 1;
	put_u8(b, 1 | lead << 1 | trail << 4);
	for (i = trail; i < 8 - lead; i++)
		put_u8(b, x >> 8 * i & 0xff);
}

double
rd_value(struct rd *r, double before)
{
	const unsigned char *p;
	unsigned head, lead, trail, i;
	uint64_t x = 0, d;
	int64_t was;

	if (r->p < r->end && !(*r->p & 1)) {
		d = unzigzag(rd_varint(r) >> 1);
		if (!is_integer(before, &was))
			r->bad = true;
		return r->bad ? 0 : (double)(int64_t)((uint64_t)was + d);
	}
	head = rd_u8(r);
	lead = head >> 1 & 7;
	trail = head >> 4 & 7;
	if (lead + trail > 8 || (p = rd_take(r, 8 - lead - trail)) == NULL) {
		r->bad = true;
		return 0;
	}
	for (i = trail; i < 8 - lead; i++)
		x |= (uint64_t)p[i - trail] << 8 * i;
	return num_from_bits(num_bits(before) ^ x);
}
