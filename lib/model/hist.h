/*
 * hist: native histograms (float counts), as Prometheus' FloatHistogram.
 * schema -4..8: exponential buckets; -53: custom bounds (NHCB).
 *
 * Buckets stand in spans of consecutive indices; a span's offset counts from
 * the end of the one before it (the first: from 0).  Of schema n >= 0, bucket
 * i reaches from 2^((i-1)/2^n) to 2^(i/2^n), upper bound included; negative
 * buckets mirror that.  Custom bucket i ends at custom[i], the last at +Inf.
 */
#ifndef MODEL_HIST_H
#define MODEL_HIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/arena.h"
#include "core/buf.h"

#define HIST_CUSTOM_SCHEMA	(-53)
#define HIST_SCHEMA_MIN		(-4)
#define HIST_SCHEMA_MAX		8

enum hist_hint { HIST_UNKNOWN, HIST_RESET, HIST_NO_RESET, HIST_GAUGE };

struct hist_span { int32_t offset; uint32_t length; };

struct hist {
	int32_t schema;
	enum hist_hint hint;
	double zero_threshold, zero_count, count, sum;
	struct hist_span *pos_span, *neg_span;
	size_t npos_span, nneg_span;
	double *pos, *neg;		/* absolute bucket counts */
	size_t npos, nneg;
	double *custom;			/* upper bounds without +Inf */
	size_t ncustom;
};

static inline bool
hist_is_custom(const struct hist *h)
{
	return h->schema == HIST_CUSTOM_SCHEMA;
}

/* A copy that shares nothing with h. */
struct hist	*hist_copy(const struct hist *h, struct arena *a);

/* Every count and the sum; a negative factor makes it a gauge. */
void		 hist_mul(struct hist *h, double factor);
void		 hist_div(struct hist *h, double divisor);
struct hist	*hist_scaled(const struct hist *h, double factor,
		    struct arena *a);

/* What happened in an addition or a subtraction. */
enum {
	HIST_INCOMPATIBLE = 1 << 0,	/* custom with exponential: undone */
	HIST_HINTS_COLLIDE = 1 << 1,	/* a reset and the denial of one */
	HIST_BOUNDS_RECONCILED = 1 << 2	/* custom bounds: what both have */
};

/*
 * h += other, h -= other.  Schemas, zero thresholds and custom bounds are
 * brought to what both can express.  Memory from a.
 */
unsigned	hist_add(struct hist *h, const struct hist *other,
		    struct arena *a);
unsigned	hist_sub(struct hist *h, const struct hist *other,
		    struct arena *a);

/*
 * As hist_add, but what rounding loses is kept in *comp (NULL at first), and
 * added by hist_add_comp at the end (Kahan-Neumaier for every number).
 */
unsigned	hist_kahan_add(struct hist *h, struct hist **comp,
		    const struct hist *other, struct arena *a);
void		hist_add_comp(struct hist *h, const struct hist *comp,
		    struct arena *a);

/* Is one of its numbers infinite? */
bool		hist_overflows(const struct hist *h);

/* False when h += other keeps h's layout and all of its numbers finite. */
bool		hist_would_overflow(const struct hist *h,
		    const struct hist *other);

/* No empty buckets, spans as long as possible. */
void		hist_compact(struct hist *h, struct arena *a);

/* Equal in everything but the hint; empty buckets count. */
bool		hist_eq(const struct hist *a, const struct hist *b);

/* Is h, coming after prev, the result of a counter reset? */
bool		hist_is_reset(const struct hist *h, const struct hist *prev);

/* To a coarser schema, in place. */
void		hist_reduce(struct hist *h, int32_t schema, struct arena *a);

/* Only what is at most (upper) or at least v; the sum is estimated. */
void		hist_trim(struct hist *h, double v, bool upper,
		    struct arena *a);

/* The upper bound of bucket i of an exponential schema. */
double		 hist_bound(int32_t schema, int32_t i);

/* Are the custom bounds the same? */
bool		hist_bounds_eq(const struct hist *a, const struct hist *b);

/* One bucket: how many observations between lower and upper. */
struct hist_bucket {
	double lower, upper, count;
	bool lower_inclusive, upper_inclusive;
	int32_t index;
};

/*
 * All buckets from the lowest on: negative ones, zero, positive ones; or the
 * other way round.  Empty ones are reported, but for the zero bucket.
 *	hist_iter_init(&it, h, false);
 *	while (hist_iter_next(&it, &b)) ...
 */
struct hist_iter {
	const struct hist *h;
	bool reverse;
	int stage;			/* 0 negative, 1 zero, 2 positive */
	size_t bucket, span, in_span;
	int32_t index;
	bool begun;
};
void	hist_iter_init(struct hist_iter *it, const struct hist *h,
	    bool reverse);
bool	hist_iter_next(struct hist_iter *it, struct hist_bucket *b);

/* Only the positive or only the negative ones, by rising index. */
void	hist_side_init(struct hist_iter *it, const struct hist *h,
	    bool positive);
bool	hist_side_next(struct hist_iter *it, struct hist_bucket *b);

/* {count:6, sum:3.2, (0.5,1]:2, …}, as Go prints it. */
void	hist_print(const struct hist *h, struct buf *out);

/*
 * A histogram from flat buckets: count n of index[i], rising.  Sets the spans
 * and counts of one side.
 */
struct hist_flat {
	int32_t index;
	double count;
};
void	hist_set_side(struct hist *h, bool positive,
	    const struct hist_flat *f, size_t n, struct arena *a);

#endif
