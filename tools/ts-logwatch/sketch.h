/*
 * sketch: quantiles of many values in little memory.  Up to SKETCH_EXACT
 * values are kept as they are; beyond, a DDSketch (Masson, Rim, Lee: VLDB
 * 2019): buckets that grow by gamma = (1 + a) / (1 - a), so that every
 * quantile is right to a relative error of a.
 */
#ifndef TS_LOGWATCH_SKETCH_H
#define TS_LOGWATCH_SKETCH_H

#include <stdbool.h>
#include <stdint.h>

#include "core/vec.h"

#define SKETCH_EXACT	1000
#define SKETCH_ERROR	0.01
#define SKETCH_BINS	2048

/*
 * How a quantile is read off sorted values (indices from 0):
 *	SEED	v[n * p / 100] in whole numbers, the last at most
 *	NEAREST	v[ceil(n * p / 100) - 1]
 *	LINEAR	between v[(n - 1) * p / 100] and the next
 */
enum quantile { QUANTILE_SEED, QUANTILE_NEAREST, QUANTILE_LINEAR };

struct sketch {
	uint64_t count;
	double sum, min, max;
	VEC(double) exact;		/* in order of coming */
	uint64_t *bin;			/* NULL: still exact */
	uint64_t below;			/* 0 or negative */
	int first;			/* index of bin[0] */
};

void	sketch_add(struct sketch *s, double v);	/* v finite */
void	sketch_release(struct sketch *s);
bool	sketch_is_exact(const struct sketch *s);

/* The p-th percentile, 0 to 100, of at least one value. */
double	sketch_quantile(struct sketch *s, enum quantile how, int p);

/* The middle, or the mean of the two middles. */
double	sketch_median(struct sketch *s);
double	sketch_mean(const struct sketch *s);

#endif
