/*
 * histogram: quantiles and fractions, as promql/quantile.go of Prometheus
 * 3.14, in its order of operations.
 */
#include "promql/histogram.h"

#include <float.h>
#include <math.h>

#define SMALL_DELTA	1e-12

/* ---- classic ---- */

static bool
almost_equal(double a, double b, double tolerance)
{
	double sum = fabs(a) + fabs(b), diff = fabs(a - b);

	if (a == b)
		return true;
	if (a == 0 || b == 0 || sum < DBL_MIN)
		return diff < tolerance * DBL_MIN;
	return diff / fmin(sum, DBL_MAX) < tolerance;
}

/*
 * Differences that are rounding are ignored, real decreases removed; each is
 * measured against the last count that was accepted.
 */
static void
make_monotone(struct pbucket *b, size_t n, struct pfixed *f)
{
	double prev = b[0].count;
	size_t i;

	for (i = 1; i < n; i++) {
		if (b[i].count == prev)
			continue;
		if (almost_equal(prev, b[i].count, SMALL_DELTA)) {
			b[i].count = prev;
			continue;
		}
		if (!(b[i].count < prev)) {
			prev = b[i].count;
			continue;
		}
		if (!f->forced)
			f->min = b[i].le;
		f->max = b[i].le;
		f->diff = fmax(f->diff, prev - b[i].count);
		f->forced = true;
		b[i].count = prev;
	}
}

double
pbucket_quantile(double q, struct pbucket *b, size_t n, struct pfixed *fixed)
{
	double rank, start = 0, count;
	size_t i;

	if (isnan(q))
		return NAN;
	if (q < 0 || q > 1)
		return q < 0 ? -INFINITY : INFINITY;
	if (b[n - 1].le != INFINITY)
		return NAN;
	make_monotone(b, n, fixed);
	if (n < 2 || b[n - 1].count == 0)
		return NAN;
	rank = q * b[n - 1].count;
	for (i = 0; i < n - 1 && !(b[i].count >= rank); i++)
		continue;
	if (i == n - 1)
		return b[n - 2].le;
	if (i == 0 && b[0].le <= 0)
		return b[0].le;
	count = b[i].count;
	if (i > 0) {
		start = b[i - 1].le;
		count -= b[i - 1].count;
		rank -= b[i - 1].count;
	}
	return start + (b[i].le - start) * (rank / count);
}

/* The rank at a value, found while the buckets are walked upwards. */
struct rank {
	double at, rank;
	bool set;
};

/* How many observations are at most v; the bucket is spread evenly. */
static double
classic_rank(double v, double lower, double rank, const struct pbucket *b)
{
	if (isinf(lower))
		return b->count;
	return rank + (b->count - rank) * (v - lower) / (b->le - lower);
}

static void
classic_step(struct rank *r, double lower, double rank,
    const struct pbucket *b)
{
	if (r->set)
		return;
	if (lower >= r->at)
		r->rank = rank;
	else if (b->le > r->at)
		r->rank = classic_rank(r->at, lower, rank, b);
	else
		return;
	r->set = true;
}

static double
between(const struct rank *lo, const struct rank *hi, double count,
    double total)
{
	double l = !lo->set || lo->rank > count ? count : lo->rank;
	double h = !hi->set || hi->rank > count ? count : hi->rank;

	return (h - l) / total;
}

double
pbucket_fraction(double lower, double upper, const struct pbucket *b,
    size_t n)
{
	struct rank lo = { .at = lower }, hi = { .at = upper };
	double from = b[0].le <= 0 ? -INFINITY : 0, rank = 0;
	double count = b[n - 1].count;
	size_t i;

	if (b[n - 1].le != INFINITY || count == 0 || isnan(lower) ||
	    isnan(upper))
		return NAN;
	if (lower >= upper)
		return 0;
	for (i = 0; i < n; i++) {
		classic_step(&lo, from, rank, &b[i]);
		classic_step(&hi, from, rank, &b[i]);
		rank = b[i].count;
		from = b[i].le;
	}
	return between(&lo, &hi, count, count);
}

/* ---- native ---- */

/* A histogram with observations on one side only ends at 0. */
static void
narrow_zero(const struct hist *h, struct hist_bucket *b)
{
	if (h->nneg == 0 && h->npos > 0)
		b->lower = 0;
	else if (h->npos == 0 && h->nneg > 0)
		b->upper = 0;
}

/* The value at a fraction of the way through a bucket. */
static double
inside_bucket(const struct hist *h, const struct hist_bucket *b, double f)
{
	double lower, upper;

	if (hist_is_custom(h) || (b->lower <= 0 && b->upper >= 0))
		return b->lower + (b->upper - b->lower) * f;
	lower = log2(fabs(b->lower));
	upper = log2(fabs(b->upper));
	if (b->lower > 0)
		return exp2(lower + (upper - lower) * f);
	return -exp2(upper + (lower - upper) * (1 - f));
}

static bool
nans_seen(const struct hist *h, struct hist_iter *it, double count)
{
	struct hist_bucket b;

	while (hist_iter_next(it, &b))
		count += b.count;
	return count < h->count;
}

double
phist_quantile(double q, const struct hist *h, enum pnan_note *nan)
{
	/* NaN observations are in no bucket: count from below then. */
	bool forward = isnan(h->sum) || q < 0.5;
	struct hist_bucket b = { 0 };
	struct hist_iter it;
	double rank, count = 0;

	if (q < 0 || q > 1)
		return q < 0 ? -INFINITY : INFINITY;
	if (h->count == 0 || isnan(q))
		return NAN;
	rank = (forward ? q : 1 - q) * h->count;
	hist_iter_init(&it, h, !forward);
	while (hist_iter_next(&it, &b)) {
		if (b.count == 0)
			continue;
		count += b.count;
		if (count >= rank)
			break;
	}
	if (!hist_is_custom(h) && b.lower < 0 && b.upper > 0)
		narrow_zero(h, &b);
	if (hist_is_custom(h) && b.lower == -INFINITY) {
		if (b.upper <= 0)
			return b.upper;
		b.lower = 0;
	} else if (hist_is_custom(h) && b.upper == INFINITY) {
		return b.lower;
	}
	if (count > h->count)
		count = h->count;
	if (count < rank) {
		if (!isnan(h->sum))
			return b.upper;
		*nan = PNAN_RESULT;
		return NAN;
	}
	rank = forward ? rank - (count - b.count) : count - rank;
	if (isnan(h->sum) && nans_seen(h, &it, count))
		*nan = PNAN_SKEW;
	return inside_bucket(h, &b, rank / b.count);
}

static double
native_rank(const struct hist *h, double v, double rank, bool zero,
    const struct hist_bucket *b)
{
	double lower, upper, at, f;

	if (hist_is_custom(h) || zero) {
		if (b->lower == -INFINITY)
			return b->count;
		return rank + b->count * (v - b->lower) /
		    (b->upper - b->lower);
	}
	lower = log2(fabs(b->lower));
	upper = log2(fabs(b->upper));
	at = log2(fabs(v));
	f = v > 0 ? (at - lower) / (upper - lower) :
	    1 - (at - upper) / (lower - upper);
	return rank + b->count * f;
}

static void
native_step(const struct hist *h, struct rank *r, double rank, bool zero,
    const struct hist_bucket *b)
{
	if (r->set)
		return;
	if (b->lower >= r->at)
		r->rank = rank;
	else if (b->upper > r->at)
		r->rank = native_rank(h, r->at, rank, zero, b);
	else
		return;
	r->set = true;
}

double
phist_fraction(double lower, double upper, const struct hist *h, bool *nans)
{
	struct rank lo = { .at = lower }, hi = { .at = upper };
	double rank = 0, count = 0;
	struct hist_iter it;
	struct hist_bucket b;
	bool zero;

	if (h->count == 0 || isnan(lower) || isnan(upper))
		return NAN;
	if (lower >= upper)
		return 0;
	hist_iter_init(&it, h, false);
	while (hist_iter_next(&it, &b)) {
		count += b.count;
		zero = b.lower <= 0 && b.upper >= 0;
		if (zero)
			narrow_zero(h, &b);
		native_step(h, &lo, rank, zero, &b);
		native_step(h, &hi, rank, zero, &b);
		rank += b.count;
	}
	if (!isnan(h->sum))
		count = h->count;
	else
		*nans = count < h->count;
	return between(&lo, &hi, count, h->count);
}
