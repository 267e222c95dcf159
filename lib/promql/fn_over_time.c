/*
 * fn_over_time: one window to one point.  Numerics as Prometheus 3.14.
 */
#include <math.h>
#include <stdlib.h>

#include "promql/hists.h"
#include "promql/internal.h"

/* ---- sorted values ---- */

static int
double_cmp(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	if (isnan(x) || isnan(y))
		return isnan(y) - isnan(x);
	return x < y ? -1 : x > y;
}

void
psort_doubles(double *v, size_t n)
{
	double x;
	size_t i, k;

	if (n > 24) {
		qsort(v, n, sizeof(*v), double_cmp);
		return;
	}
	for (i = 1; i < n; i++) {
		x = v[i];
		for (k = i; k > 0 && double_cmp(&v[k - 1], &x) > 0; k--)
			v[k] = v[k - 1];
		v[k] = x;
	}
}

double
pquantile(double q, double *v, size_t n)
{
	double rank, low, weight;
	size_t lo, hi;

	if (n == 0 || isnan(q))
		return NAN;
	if (q < 0)
		return -INFINITY;
	if (q > 1)
		return INFINITY;
	psort_doubles(v, n);
	rank = q * (double)(n - 1);
	low = floor(rank);
	weight = rank - low;
	lo = (size_t)fmax(0, low);
	hi = lo + 1 < n ? lo + 1 : n - 1;
	return v[lo] * (1 - weight) + v[hi] * weight;
}

/* A copy of the window's numbers that may be sorted. */
static double *
scratch(struct pcall *c, const struct pwin *w)
{
	double *v;

	if (c->scratch_n < w->n) {
		c->scratch_n = w->n * 2;
		c->scratch = arena_raw(c->ev->a,
		    c->scratch_n * sizeof(*c->scratch));
	}
	v = c->scratch;
	memcpy(v, w->v, w->n * sizeof(*v));
	return v;
}

/* ---- messages ---- */

/* Numbers only; what else is in the window is left out, with a note. */
static bool
floats_only(struct pcall *c, const struct pwin *w)
{
	if (w->n == 0)
		return false;
	if (w->nh > 0)
		pnote_ignored_hists(c);
	return true;
}

/* sum and avg know no answer for a mixed window. */
static bool
is_mixed(struct pcall *c, const struct pwin *w)
{
	if (w->n == 0 || w->nh == 0)
		return false;
	pnote_mixed(c);
	return true;
}

/* ---- sums ---- */

bool
fn_sum_over_time(struct pcall *c, const struct pwin *w, double *v,
    const struct hist **h)
{
	double sum = 0, comp = 0;
	size_t i;

	if (is_mixed(c, w))
		return false;
	if (w->nh > 0)
		return phist_sum(c, w, h);
	for (i = 0; i < w->n; i++)
		kahan_inc(w->v[i], &sum, &comp);
	*v = isinf(sum) ? sum : sum + comp;
	return true;
}

/* The plain sum as long as it stays finite, else a running mean. */
static double
average(const double *v, size_t n)
{
	double sum = v[0], comp = 0, s, c, mean, k = 1, q;
	size_t i;

	for (i = 1; i < n; i++) {
		s = sum;
		c = comp;
		kahan_inc(v[i], &s, &c);
		if (isinf(s))
			break;
		sum = s;
		comp = c;
		k++;
	}
	if (i == n)
		return sum / k + comp / k;
	mean = sum / k;
	comp /= k;
	for (; i < n; i++) {
		k++;
		q = (k - 1) / k;
		mean *= q;
		comp *= q;
		kahan_inc(v[i] / k, &mean, &comp);
	}
	return mean + comp;
}

bool
fn_avg_over_time(struct pcall *c, const struct pwin *w, double *v,
    const struct hist **h)
{
	if (is_mixed(c, w))
		return false;
	if (w->nh > 0)
		return phist_avg(c, w, h);
	*v = average(w->v, w->n);
	return true;
}

bool
fn_count_over_time(struct pcall *c, const struct pwin *w, double *v,
    const struct hist **h)
{
	(void)c, (void)h;
	*v = (double)(w->n + w->nh);
	return true;
}

bool
fn_present_over_time(struct pcall *c, const struct pwin *w, double *v,
    const struct hist **h)
{
	(void)c, (void)w, (void)h;
	*v = 1;
	return true;
}

/* ---- spread ---- */

/* Welford's method, both sums compensated. */
static double
variance(const double *v, size_t n)
{
	double mean = 0, cmean = 0, aux = 0, caux = 0, d;
	size_t i;

	for (i = 0; i < n; i++) {
		d = v[i] - (mean + cmean);
		kahan_inc(d / (double)(i + 1), &mean, &cmean);
		kahan_inc(d * (v[i] - (mean + cmean)), &aux, &caux);
	}
	return (aux + caux) / (double)n;
}

bool
fn_stdvar_over_time(struct pcall *c, const struct pwin *w, double *v,
    const struct hist **h)
{
	(void)h;
	if (!floats_only(c, w))
		return false;
	*v = variance(w->v, w->n);
	return true;
}

bool
fn_stddev_over_time(struct pcall *c, const struct pwin *w, double *v,
    const struct hist **h)
{
	if (!fn_stdvar_over_time(c, w, v, h))
		return false;
	*v = sqrt(*v);
	return true;
}

bool
fn_quantile_over_time(struct pcall *c, const struct pwin *w, double *v,
    const struct hist **h)
{
	double q = c->arg[0];
	struct str text;

	(void)h;
	if (w->n == 0)
		return false;
	if (isnan(q) || q < 0 || q > 1) {
		text = pgo_g(c->ev, q);
		peval_note(c->ev, PNOTE_WARNING, pcall_arg(c, 0), "quantile "
		    "value should be between 0 and 1, got " STR_FMT,
		    STR_ARG(text));
	}
	if (w->nh > 0)
		pnote_ignored_hists_at(c, pcall_arg(c, 0));
	*v = pquantile(q, scratch(c, w), w->n);
	return true;
}

bool
fn_mad_over_time(struct pcall *c, const struct pwin *w, double *v,
    const struct hist **h)
{
	double *x, median;
	size_t i;

	(void)h;
	if (!floats_only(c, w))
		return false;
	for (i = 0; i < w->n; i++)
		if (isnan(w->v[i])) {
			*v = NAN;
			return true;
		}
	x = scratch(c, w);
	median = pquantile(0.5, x, w->n);
	for (i = 0; i < w->n; i++)
		x[i] = fabs(x[i] - median);
	*v = pquantile(0.5, x, w->n);
	return true;
}

/* ---- extremes ---- */

/*
 * The index of the extreme; sign 1: the largest, -1: the smallest.  A NaN is
 * replaced by whatever follows.  Of equal ones the first, or the last.
 * While the one of the window before is still inside, only what has come
 * since is looked at.
 */
static size_t
extreme(struct pcall *c, const struct pwin *w, int sign, bool last)
{
	const double *best = c->best, *x = c->seen, *end = w->v + w->n;

	if (best == NULL || best < w->v)
		best = x = w->v;
	for (; x < end; x++)
		if (isnan(*best) || (sign > 0 ? *x > *best : *x < *best) ||
		    (last && *x == *best))
			best = x;
	c->best = best;
	c->seen = end;
	return (size_t)(best - w->v);
}

static bool
extreme_value(struct pcall *c, const struct pwin *w, int sign, double *v)
{
	if (!floats_only(c, w))
		return false;
	*v = w->v[extreme(c, w, sign, false)];
	return true;
}

static bool
extreme_time(struct pcall *c, const struct pwin *w, int sign, double *v)
{
	if (!floats_only(c, w))
		return false;
	*v = (double)w->t[extreme(c, w, sign, true)] / 1000;
	return true;
}

bool
fn_max_over_time(struct pcall *c, const struct pwin *w, double *v,
    const struct hist **h)
{
	(void)h;
	return extreme_value(c, w, 1, v);
}

bool
fn_min_over_time(struct pcall *c, const struct pwin *w, double *v,
    const struct hist **h)
{
	(void)h;
	return extreme_value(c, w, -1, v);
}

bool
fn_ts_of_max_over_time(struct pcall *c, const struct pwin *w, double *v,
    const struct hist **h)
{
	(void)h;
	return extreme_time(c, w, 1, v);
}

bool
fn_ts_of_min_over_time(struct pcall *c, const struct pwin *w, double *v,
    const struct hist **h)
{
	(void)h;
	return extreme_time(c, w, -1, v);
}

/* ---- first and last ---- */

bool
fn_last_over_time(struct pcall *c, const struct pwin *w, double *v,
    const struct hist **h)
{
	(void)c;
	if (w->nh > 0 && (w->n == 0 || w->ht[w->nh - 1] >= w->t[w->n - 1]))
		*h = w->h[w->nh - 1];
	else
		*v = w->v[w->n - 1];
	return true;
}

bool
fn_first_over_time(struct pcall *c, const struct pwin *w, double *v,
    const struct hist **h)
{
	(void)c;
	if (w->nh > 0 && (w->n == 0 || w->ht[0] <= w->t[0]))
		*h = w->h[0];
	else
		*v = w->v[0];
	return true;
}

bool
fn_ts_of_first_over_time(struct pcall *c, const struct pwin *w, double *v,
    const struct hist **h)
{
	int64_t t = w->n > 0 ? w->t[0] : w->ht[0];

	(void)c, (void)h;
	if (w->nh > 0 && w->ht[0] < t)
		t = w->ht[0];
	*v = (double)t / 1000;
	return true;
}

bool
fn_ts_of_last_over_time(struct pcall *c, const struct pwin *w, double *v,
    const struct hist **h)
{
	int64_t t = w->n > 0 ? w->t[w->n - 1] : w->ht[w->nh - 1];

	(void)c, (void)h;
	if (w->nh > 0 && w->ht[w->nh - 1] > t)
		t = w->ht[w->nh - 1];
	*v = (double)t / 1000;
	return true;
}
