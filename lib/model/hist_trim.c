/*
 * hist_trim: a histogram cut at a value.  Where the cut goes through a bucket,
 * its observations are taken to be spread evenly (custom bounds) or evenly on
 * a logarithmic scale (exponential ones); the sum is estimated from what is
 * taken away.  As Prometheus 3.14.
 */
#include <math.h>

#include "model/hist.h"

struct trim {
	double at;
	bool upper;		/* keep what is at most at */
	bool custom;
	double count, removed_sum;
	bool has_positive, has_negative;
};

/* What is kept of a bucket, and where the rest lies on average. */
struct part {
	double keep, middle;
};

/* A bucket that reaches to an infinity can only be cut outside of it. */
static struct part
infinite_part(const struct trim *t, const struct hist_bucket *b)
{
	double v = t->at;

	if (isinf(b->lower) && b->lower < 0) {
		if (t->upper ? v >= b->upper : v <= b->lower)
			return (struct part){ b->count, 0 };
		/* Up to a positive bound, it is taken to begin at 0. */
		if (v >= 0 && b->upper > v && !isinf(b->upper))
			return t->upper ? (struct part){
			    b->count * v / b->upper, (v + b->upper) / 2 } :
			    (struct part){ b->count * (1 - v / b->upper),
			    v / 2 };
		return (struct part){ 0, b->upper };
	}
	if (!t->upper && v <= b->lower)
		return (struct part){ b->count, 0 };
	return (struct part){ 0, b->lower };
}

/* How much of the bucket is at most v. */
static double
count_below(const struct hist_bucket *b, double v, bool positive, bool linear)
{
	double lower, upper, at, f;

	if (v <= b->lower)
		return 0;
	if (v >= b->upper)
		return b->count;
	if (linear)
		return b->count * ((v - b->lower) / (b->upper - b->lower));
	lower = log2(fabs(b->lower));
	upper = log2(fabs(b->upper));
	at = log2(fabs(v));
	f = positive ? (at - lower) / (upper - lower) :
	    1 - (at - upper) / (lower - upper);
	return b->count * f;
}

static struct part
bucket_part(const struct trim *t, const struct hist_bucket *b, bool positive)
{
	double below, product, middle;

	if (isinf(b->lower) || isinf(b->upper))
		return infinite_part(t, b);
	below = count_below(b, t->at, positive, t->custom);
	product = fabs(t->at) * fabs(t->upper ? b->lower : b->upper);
	middle = t->custom ? (b->lower + b->upper) / 2 :
	    positive ? sqrt(product) : -sqrt(product);
	return (struct part){ t->upper ? below : b->count - below, middle };
}

static void
note_sign(struct trim *t, const struct hist_bucket *b, bool positive)
{
	if (!positive || (t->custom && (b->upper <= 0 || b->lower < 0)))
		t->has_negative = true;
	if (positive && !(t->custom && b->upper <= 0))
		t->has_positive = true;
}

static void
trim_side(struct hist *h, bool positive, struct trim *t)
{
	double *count = positive ? h->pos : h->neg;
	struct hist_iter it;
	struct hist_bucket b;
	struct part p;

	hist_side_init(&it, h, positive);
	for (; hist_side_next(&it, &b); count++) {
		if (b.count == 0)
			continue;
		note_sign(t, &b, positive);
		p = bucket_part(t, &b, positive);
		if (t->upper ? b.upper <= t->at : b.lower >= t->at) {
			t->count += b.count;
			continue;
		}
		if (t->upper ? b.lower >= t->at : b.upper <= t->at) {
			p.keep = 0;
			if (!t->custom)
				p.middle = sqrt(b.lower * b.upper);
		}
		t->removed_sum += (b.count - p.keep) * p.middle;
		t->count += p.keep;
		*count = p.keep;
	}
}

static void
trim_zero(struct hist *h, struct trim *t)
{
	struct hist_bucket b = { .lower = -h->zero_threshold,
	    .upper = h->zero_threshold, .count = h->zero_count };
	double below;

	if (h->zero_count <= 0)
		return;
	below = count_below(&b, t->at, true, true);
	h->zero_count = t->upper ? below : h->zero_count - below;
	t->count += h->zero_count;
}

void
hist_trim(struct hist *h, double v, bool upper)
{
	struct trim t = { .at = v, .upper = upper,
	    .custom = hist_is_custom(h) };
	double sum = 0;

	trim_side(h, true, &t);
	trim_side(h, false, &t);
	trim_zero(h, &t);
	if (t.count != 0) {
		sum = h->sum - t.removed_sum;
		if ((!t.has_negative && sum < 0) ||
		    (!t.has_positive && sum > 0))
			sum = 0;
	}
	h->count = t.count;
	h->sum = sum;
}
