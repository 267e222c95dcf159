/*
 * pow10: the first 128 bits of the powers of ten, cut; for core/num's own
 * files.
 */
#ifndef CORE_POW10_H
#define CORE_POW10_H

#include <stdint.h>

#define POW10_MIN	(-342)
#define POW10_MAX	324

/* Where 10^k needs no more than 128 bits the row is exact. */
#define POW10_EXACT_MAX	55

struct pow10 {
	uint64_t hi, lo;	/* the highest bit of hi is set */
};

extern const struct pow10 pow10_table[POW10_MAX - POW10_MIN + 1];

/* floor(log2(10^k)), for |k| <= 1233 */
static inline int
pow10_log2(int k)
{
	return (int)((int64_t)k * 1741647 >> 19);
}

#endif
