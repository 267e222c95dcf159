/*
 * hist_trim: a histogram cut at a value.  Where the cut goes through a bucket,
 * its observations are taken to be spread evenly (custom bounds) or evenly on
 * a logarithmic scale (exponential ones); the sum is then estimated from the
 * middles of all that is kept.  As Prometheus 3.14.
 */
#include <math.h>

#include "model/hist.h"

struct trim {
	double at;
	bool upper;		/* keep what is at most at */
	bool custom;
	double count, sum;	/* of what is kept */
	bool changed, has_positive, has_negative;
};

/* What is kept of a bucket, and where that lies on average. */
struct part {
	double count, middle;
};

/* The middle of an interval; an infinite end tells nothing. */
static double
middle(const struct trim *t, double lower, double upper, bool positive)
{
	double mean;

	if (isinf(lower)) {
		if (isinf(upper))
			return 0;
		return upper > 0 ? upper / 2 : upper;
	}
	if (isinf(upper))
		return lower;
	if (t->custom)
		return (lower + upper) / 2;
	mean = sqrt(fabs(lower * upper));
	return positive ? mean : -mean;
}

static double
zero_if_inf(double v)
{
	return isinf(v) ? 0 : v;
}

/* The cut goes through a bucket without a lower bound. */
static struct part
part_from_below(const struct trim *t, const struct hist_bucket *b)
{
	double v = t->at;

	if (t->upper) {
		/* Up to a positive bound, it is taken to begin at 0. */
		if (v > 0 && b->upper > 0 && !isinf(b->upper))
			return (struct part){ b->count * v / b->upper,
			    v / 2 };
		if (b->upper <= 0)
			return (struct part){ b->count, v };
		return (struct part){ 0, zero_if_inf(b->upper) };
	}
	if (v >= 0 && b->upper > v && !isinf(b->upper))
		return (struct part){ b->count * (1 - v / b->upper),
		    (v + b->upper) / 2 };
	return (struct part){ 0, zero_if_inf(b->upper) };
}

/* … or without an upper bound. */
static struct part
part_to_above(const struct trim *t, const struct hist_bucket *b)
{
	if (!t->upper && t->at >= b->lower)
		return (struct part){ b->count, t->at };
	return (struct part){ 0, zero_if_inf(b->lower) };
}

/* How much of the bucket is at most v, which lies in it. */
static double
count_below(const struct trim *t, const struct hist_bucket *b, bool positive)
{
	double lower, upper, at, f;

	if (t->custom)
		return b->count * ((t->at - b->lower) /
		    (b->upper - b->lower));
	lower = log2(fabs(b->lower));
	upper = log2(fabs(b->upper));
	at = log2(fabs(t->at));
	f = positive ? (at - lower) / (upper - lower) :
	    1 - (at - upper) / (lower - upper);
	return b->count * f;
}

static struct part
part_of(const struct trim *t, const struct hist_bucket *b, bool positive)
{
	double below;

	if (b->lower == -INFINITY)
		return part_from_below(t, b);
	if (b->upper == INFINITY)
		return part_to_above(t, b);
	below = count_below(t, b, positive);
	if (t->upper)
		return (struct part){ below,
		    middle(t, b->lower, t->at, positive) };
	return (struct part){ b->count - below,
	    middle(t, t->at, b->upper, positive) };
}

static void
keep(struct trim *t, double *count, struct part p)
{
	t->count += p.count;
	t->sum += p.middle * p.count;
	if (*count == p.count)
		return;
	*count = p.count;
	t->changed = true;
}

static void
trim_side(struct hist *h, bool positive, struct trim *t)
{
	double *count = positive ? h->pos : h->neg;
	struct hist_iter it;
	struct hist_bucket b;

	hist_side_init(&it, h, positive);
	for (; hist_side_next(&it, &b); count++) {
		if (b.count == 0)
			continue;
		*(positive ? &t->has_positive : &t->has_negative) = true;
		if (t->upper ? b.upper <= t->at : b.lower >= t->at)
			keep(t, count, (struct part){ b.count,
			    middle(t, b.lower, b.upper, positive) });
		else if (t->upper ? b.lower < t->at : b.upper > t->at)
			keep(t, count, part_of(t, &b, positive));
		else
			keep(t, count, (struct part){ 0 });
	}
}

/* Evenly spread, over the half where the other observations are. */
static struct part
zero_part(const struct trim *t, const struct hist *h)
{
	double lower = -h->zero_threshold, upper = h->zero_threshold;
	double width;

	if (t->has_negative && !t->has_positive)
		upper = 0;
	if (t->has_positive && !t->has_negative)
		lower = 0;
	width = upper - lower;
	if (t->upper ? t->at >= upper && t->at > lower : t->at <= lower)
		return (struct part){ h->zero_count, (lower + upper) / 2 };
	if (t->upper ? t->at <= lower : t->at >= upper)
		return (struct part){ 0 };
	if (t->upper)
		return (struct part){ h->zero_count * ((t->at - lower) /
		    width), (lower + t->at) / 2 };
	return (struct part){ h->zero_count * ((upper - t->at) / width),
	    (t->at + upper) / 2 };
}

void
hist_trim(struct hist *h, double v, bool upper, struct arena *a)
{
	struct trim t = { .at = v, .upper = upper,
	    .custom = hist_is_custom(h) };

	trim_side(h, true, &t);
	trim_side(h, false, &t);
	if (h->zero_count > 0)
		keep(&t, &h->zero_count, zero_part(&t, h));
	if (!t.changed)
		return;
	h->count = t.count;
	h->sum = t.sum;
	hist_compact(h, a);
}
