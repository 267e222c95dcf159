#include "sketch.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"

static const double gamma_ = (1 + SKETCH_ERROR) / (1 - SKETCH_ERROR);

/* ceil(log_gamma(v)): the bucket (gamma^(i-1), gamma^i] that v is in. */
static int
index_of(double v)
{
	return (int)ceil(log(v) / log(gamma_));
}

/* The middle of a bucket, right to SKETCH_ERROR for all in it. */
static double
value_of(int index)
{
	return 2 * pow(gamma_, index) / (gamma_ + 1);
}

/* The lowest buckets are folded when the range grows beyond SKETCH_BINS. */
static void
shift_up(struct sketch *s, int first)
{
	uint64_t folded = 0;
	int by = first - s->first, i;

	for (i = 0; i <= by && i < SKETCH_BINS; i++)
		folded += s->bin[i];
	for (i = 0; i < SKETCH_BINS; i++)
		s->bin[i] = i + by < SKETCH_BINS ? s->bin[i + by] : 0;
	s->bin[0] = folded;
	s->first = first;
}

static void
bin_add(struct sketch *s, double v)
{
	int i;

	if (v <= 0) {
		s->below++;
		return;
	}
	i = index_of(v);
	if (i - s->first >= SKETCH_BINS)
		shift_up(s, i - SKETCH_BINS + 1);
	s->bin[i < s->first ? 0 : i - s->first]++;
}

/* From values to buckets; the range is laid around what there is. */
static void
condense(struct sketch *s)
{
	size_t i;

	s->bin = mem_array(SKETCH_BINS, sizeof(*s->bin));
	s->first = index_of(s->max > 0 ? s->max : 1) - SKETCH_BINS * 3 / 4;
	for (i = 0; i < s->exact.n; i++)
		bin_add(s, s->exact.p[i]);
	vec_release(&s->exact);
}

void
sketch_add(struct sketch *s, double v)
{
	if (s->count == 0 || v < s->min)
		s->min = v;
	if (s->count == 0 || v > s->max)
		s->max = v;
	s->count++;
	s->sum += v;
	if (s->bin == NULL && s->exact.n == SKETCH_EXACT)
		condense(s);
	if (s->bin == NULL)
		vec_push(&s->exact, v);
	else
		bin_add(s, v);
}

void
sketch_release(struct sketch *s)
{
	vec_release(&s->exact);
	mem_free(s->bin);
	memset(s, 0, sizeof(*s));
}

bool
sketch_is_exact(const struct sketch *s)
{
	return s->bin == NULL;
}

static int
by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

/* The value of a rank from 0, out of the buckets. */
static double
ranked(const struct sketch *s, uint64_t rank)
{
	uint64_t n = s->below;
	double v;
	int i;

	if (rank < n)
		return s->min;
	for (i = 0; i < SKETCH_BINS; i++) {
		n += s->bin[i];
		if (rank < n)
			break;
	}
	v = value_of(s->first + i);
	return v < s->min ? s->min : v > s->max ? s->max : v;
}

static double
at_rank(struct sketch *s, uint64_t rank)
{
	if (rank >= s->count)
		rank = s->count - 1;
	return s->bin ? ranked(s, rank) : s->exact.p[rank];
}

double
sketch_quantile(struct sketch *s, enum quantile how, int p)
{
	uint64_t n = s->count, up = n * (uint64_t)p, rank;
	double at, low;

	if (s->bin == NULL)
		qsort(s->exact.p, s->exact.n, sizeof(double), by_value);
	switch (how) {
	case QUANTILE_SEED:
		return at_rank(s, up / 100);
	case QUANTILE_NEAREST:
		rank = (up + 99) / 100;
		return at_rank(s, rank ? rank - 1 : 0);
	case QUANTILE_LINEAR:
		break;
	}
	at = (double)(n - 1) * p / 100;
	rank = (uint64_t)at;
	low = at_rank(s, rank);
	return low + (at - (double)rank) * (at_rank(s, rank + 1) - low);
}

double
sketch_median(struct sketch *s)
{
	uint64_t n = s->count;

	if (s->bin == NULL)
		qsort(s->exact.p, s->exact.n, sizeof(double), by_value);
	/* Halves first: the sum of two large ones is no number. */
	return n % 2 ? at_rank(s, n / 2) :
	    at_rank(s, n / 2 - 1) / 2 + at_rank(s, n / 2) / 2;
}

double
sketch_mean(const struct sketch *s)
{
	return s->count ? s->sum / (double)s->count : 0;
}
