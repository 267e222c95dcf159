/*
 * fn_rate: how samples change over a window.  The formulas are those of
 * Prometheus 3.14 to the bit (reference: promql/functions.go).
 */
#include <math.h>

#include "promql/hists.h"
#include "promql/internal.h"

/* ---- start times ---- */

/*
 * Does the sample's start time say that counting began anew after the sample
 * before it?  0 is unknown, the sample's own time is OpenTelemetry's way to
 * say so, and one behind it is invalid.
 */
bool
pst_reset(int64_t prev_st, int64_t prev_t, int64_t st, int64_t t)
{
	if (st == 0 || st >= t || st < prev_t)
		return false;
	if (st > prev_t)
		return true;
	/* Equal: a delta, unless the one before has no start time either. */
	return prev_st != 0 && prev_st < prev_t;
}

bool
pst_overlaps(int64_t prev_st, int64_t prev_t, int64_t st)
{
	return st != 0 && st < prev_t && st != prev_st;
}

static bool
is_reset(const struct pwin *w, size_t i)
{
	return w->v[i] < w->v[i - 1] || (w->st && pst_reset(w->st[i - 1],
	    w->t[i - 1], w->st[i], w->t[i]));
}

/* ---- rate, increase, delta ---- */

/* Samples of a window as the extrapolation sees them. */
struct span {
	int64_t first, last;
	size_t n;
	double start_value;	/* of a counter */
	double change;
	int64_t st;		/* counting began at 0 then; 0: unknown */
};

/* A counter's first sample says that it began within the window. */
static int64_t
start_inside(const struct pwin *w, bool counter, const int64_t *st,
    int64_t first)
{
	if (!counter || !st || st[0] == 0 || st[0] <= w->from ||
	    st[0] >= first)
		return 0;
	return st[0];
}

/*
 * By how much to stretch what was seen between the first and the last sample
 * to cover the window: all the way to an end that is near, else half an
 * average interval.  This is what times alone say; a counter is not followed
 * below zero.
 */
static void
reach_init(struct preach *r, int64_t before, int64_t span, int64_t after,
    size_t n, double per_s)
{
	double average;

	*r = (struct preach){ .before_ms = before, .span_ms = span,
	    .after_ms = after, .n = n, .sampled = (double)span / 1000,
	    .before = (double)before / 1000, .after = (double)after / 1000 };
	average = n > 1 ? r->sampled / (double)(n - 1) : 0;
	if (r->before >= average * 1.1)
		r->before = average / 2;
	if (r->after >= average * 1.1)
		r->after = average / 2;
	r->factor = (r->sampled == 0 ? 1 :
	    (r->sampled + r->before + r->after) / r->sampled) / per_s;
}

/*
 * Where samples come regularly, one step after the other reaches as far.
 * per_s is the same throughout a call.
 */
static inline const struct preach *
reach_of(struct pcall *c, const struct pwin *w, const struct span *s,
    double per_s)
{
	struct preach *r = &c->reach;
	int64_t before = s->first - w->from, after = w->to - s->last;
	int64_t span = s->last - s->first;

	if (r->n != s->n || r->span_ms != span || r->before_ms != before ||
	    r->after_ms != after)
		reach_init(r, before, span, after, s->n, per_s);
	return r;
}

/* Counting began inside of the window: there is nothing before that. */
static double
stretch_from_start(const struct pwin *w, const struct span *s)
{
	double average = s->n > 1 ? (double)(s->last - s->first) / 1000 /
	    (double)(s->n - 1) : 0;
	double after = (double)(w->to - s->last) / 1000;
	double sampled = (double)(s->last - s->st) / 1000;

	if (after >= average * 1.1)
		after = average / 2;
	return sampled == 0 ? 1 : (sampled + after) / sampled;
}

/* What to multiply a change with; per_s: the window for a rate, or 1. */
static inline double
stretch(struct pcall *c, const struct pwin *w, const struct span *s,
    bool counter, double per_s)
{
	const struct preach *r;
	double to_zero;

	if (s->st)
		return stretch_from_start(w, s) / per_s;
	r = reach_of(c, w, s, per_s);
	/* The division is slow; it is not needed when zero is far away. */
	if (!counter || s->change <= 0 || s->start_value < 0 ||
	    s->start_value * r->sampled > r->before * s->change * (1 + 1e-9))
		return r->factor;
	to_zero = r->sampled * (s->start_value / s->change);
	if (!(to_zero < r->before) || r->sampled == 0)
		return r->factor;
	return (r->sampled + to_zero + r->after) / r->sampled / per_s;
}

static double
float_change(struct pcall *c, const struct pwin *w, bool counter)
{
	double d = w->v[w->n - 1] - w->v[0];
	bool overlaps = false;
	size_t i;

	if (!counter || (w->no_resets && !w->st))
		return d;
	for (i = 1; i < w->n; i++) {
		if (is_reset(w, i))
			d += w->v[i - 1];
		overlaps |= w->st && pst_overlaps(w->st[i - 1], w->t[i - 1],
		    w->st[i]);
	}
	if (overlaps)
		pnote_overlap(c);
	return d;
}

static bool
hist_rate(struct pcall *c, const struct pwin *w, bool counter, double per_s,
    const struct hist **out)
{
	struct span s = { .first = w->ht[0], .last = w->ht[w->nh - 1],
	    .n = w->nh, .start_value = w->h[0]->count };
	struct hist *h;

	s.st = start_inside(w, counter, w->hst, s.first);
	if (w->nh < 2 && !s.st)
		return false;
	if (!(h = phist_change(c, w, counter, s.st != 0)))
		return false;
	s.change = h->count;
	hist_mul(h, stretch(c, w, &s, counter, per_s));
	*out = h;
	return true;
}

static bool
extrapolate(struct pcall *c, const struct pwin *w, bool counter, bool rate,
    double *v, const struct hist **h)
{
	double per_s = rate ? c->range_s : 1;
	struct span s;

	if (w->n > 0 && w->nh > 0) {
		pnote_mixed(c);
		return false;
	}
	if (c->anchored || c->smoothed)
		return w->nh > 0 ?
		    pextended_hist_change(c, w, counter, per_s, h) :
		    pextended_change(c, w, counter, per_s, v);
	if (w->nh > 0)
		return hist_rate(c, w, counter, per_s, h);
	s = (struct span){ .first = w->t[0], .last = w->t[w->n - 1],
	    .n = w->n, .start_value = w->v[0] };
	s.st = start_inside(w, counter, w->st, s.first);
	if (w->n < 2 && !s.st)
		return false;
	s.change = float_change(c, w, counter);
	if (s.st)
		s.change += w->v[0];
	*v = s.change * stretch(c, w, &s, counter, per_s);
	return true;
}

bool
fn_rate(struct pcall *c, const struct pwin *w, double *v,
    const struct hist **h)
{
	return extrapolate(c, w, true, true, v, h);
}

bool
fn_increase(struct pcall *c, const struct pwin *w, double *v,
    const struct hist **h)
{
	return extrapolate(c, w, true, false, v, h);
}

bool
fn_delta(struct pcall *c, const struct pwin *w, double *v,
    const struct hist **h)
{
	return extrapolate(c, w, false, false, v, h);
}

/* ---- irate, idelta ---- */

/* One of the last two samples of a window. */
struct last {
	int64_t t, st;
	double v;
	const struct hist *h;
};

static struct last
last_float(const struct pwin *w, size_t i)
{
	return (struct last){ w->t[i], w->st ? w->st[i] : 0, w->v[i], NULL };
}

static struct last
last_hist(const struct pwin *w, size_t i)
{
	return (struct last){ w->ht[i], w->hst ? w->hst[i] : 0, 0, w->h[i] };
}

/* The last two in the order of time; false when there are fewer. */
static bool
last_two(const struct pwin *w, struct last *a, struct last *b)
{
	size_t n = w->n, nh = w->nh;

	if (n + nh < 2)
		return false;
	if (nh == 0 || (n > 0 && w->t[n - 1] > w->ht[nh - 1]))
		*b = last_float(w, --n);
	else
		*b = last_hist(w, --nh);
	if (nh == 0 || (n > 0 && w->t[n - 1] > w->ht[nh - 1]))
		*a = last_float(w, --n);
	else
		*a = last_hist(w, --nh);
	return true;
}

static bool
instant_change(struct pcall *c, const struct pwin *w, bool rate, double *v,
    const struct hist **h)
{
	struct last a, b;
	double seconds;
	bool reset;

	if (!last_two(w, &a, &b) || a.t == b.t)
		return false;
	seconds = rate ? (double)(b.t - a.t) / 1000 : 1;
	if (!a.h != !b.h) {
		pnote_mixed_at(c, pcall_arg(c, 0));
		return false;
	}
	reset = rate && pst_reset(a.st, a.t, b.st, b.t);
	if (a.h)
		return phist_instant(c, a.h, b.h, rate, reset, seconds, h);
	reset |= rate && b.v < a.v;
	*v = reset ? b.v : b.v - a.v;
	if (rate)
		*v /= seconds;
	return true;
}

bool
fn_irate(struct pcall *c, const struct pwin *w, double *v,
    const struct hist **h)
{
	return instant_change(c, w, true, v, h);
}

bool
fn_idelta(struct pcall *c, const struct pwin *w, double *v,
    const struct hist **h)
{
	return instant_change(c, w, false, v, h);
}

/* ---- the line through the samples ---- */

struct line {
	double slope, intercept;
};

/* Least squares, sums compensated; x in seconds from t0. */
static struct line
regression(const struct pwin *w, int64_t t0)
{
	double x, y, n = (double)w->n, cov, var, slope;
	double sx = 0, sy = 0, sxy = 0, sxx = 0;
	double cx = 0, cy = 0, cxy = 0, cxx = 0;
	bool flat = true;
	size_t i;

	for (i = 0; i < w->n; i++) {
		y = w->v[i];
		flat &= i == 0 || y == w->v[0];
		x = (double)(w->t[i] - t0) / 1e3;
		kahan_inc(x, &sx, &cx);
		kahan_inc(y, &sy, &cy);
		kahan_inc(x * y, &sxy, &cxy);
		kahan_inc(x * x, &sxx, &cxx);
	}
	if (flat && isinf(w->v[0]))
		return (struct line){ NAN, NAN };
	if (flat)
		return (struct line){ 0, w->v[0] };
	sx += cx;
	sy += cy;
	sxy += cxy;
	sxx += cxx;
	cov = sxy - sx * sy / n;
	var = sxx - sx * sx / n;
	slope = cov / var;
	return (struct line){ slope, sy / n - slope * sx / n };
}

static bool
two_floats(struct pcall *c, const struct pwin *w)
{
	if (w->nh > 0 && w->n > 0)
		pnote_ignored_hists(c);
	return w->n >= 2;
}

bool
fn_deriv(struct pcall *c, const struct pwin *w, double *v,
    const struct hist **h)
{
	(void)h;
	if (!two_floats(c, w))
		return false;
	*v = regression(w, w->t[0]).slope;
	return true;
}

/* From the evaluation time on, whatever the offset. */
bool
fn_predict_linear(struct pcall *c, const struct pwin *w, double *v,
    const struct hist **h)
{
	struct line l;

	(void)h;
	if (!two_floats(c, w))
		return false;
	l = regression(w, w->eval_time);
	*v = l.slope * c->arg[0] + l.intercept;
	return true;
}

static bool
check_factor(struct pcall *c, double f, const char *what)
{
	if (!(f <= 0 || f >= 1))
		return true;
	peval_fail(c->ev, "invalid %s factor. Expected: 0 < %s < 1, got: %f",
	    what, what[0] == 's' ? "sf" : "tf", f);
	return false;
}

bool
fn_double_exponential_smoothing(struct pcall *c, const struct pwin *w,
    double *v, const struct hist **h)
{
	double sf = c->arg[0], tf = c->arg[1], s0 = 0, s1, b, x, y;
	size_t i;

	(void)h;
	if (!check_factor(c, sf, "smoothing") || !check_factor(c, tf, "trend"))
		return false;
	if (!two_floats(c, w))
		return false;
	s1 = w->v[0];
	b = w->v[1] - w->v[0];
	for (i = 1; i < w->n; i++) {
		x = sf * w->v[i];
		if (i > 1)
			b = tf * (s1 - s0) + (1 - tf) * b;
		y = (1 - sf) * (s1 + b);
		s0 = s1;
		s1 = x + y;
	}
	*v = s1;
	return true;
}

/* ---- changes, resets ---- */

typedef bool step_fn(const struct last *a, const struct last *b);

/* Over all samples in the order of time, from the given ones on. */
static double
count_steps(const struct pwin *w, size_t i, size_t k, step_fn *fn)
{
	struct last a = { 0 }, b;
	size_t n = 0;
	double count = 0;

	while (i < w->n || k < w->nh) {
		if (k == w->nh || (i < w->n && w->t[i] < w->ht[k]))
			b = last_float(w, i++);
		else
			b = last_hist(w, k++);
		if (n++ > 0 && fn(&a, &b))
			count++;
		a = b;
	}
	return count;
}

static bool
step_changes(const struct last *a, const struct last *b)
{
	if (!a->h != !b->h)
		return true;
	if (a->h)
		return !hist_eq(a->h, b->h);
	return a->v != b->v && !(isnan(a->v) && isnan(b->v));
}

static bool
step_resets(const struct last *a, const struct last *b)
{
	if (!a->h != !b->h)
		return true;
	if (pst_reset(a->st, a->t, b->st, b->t))
		return true;
	return a->h ? hist_is_reset(b->h, a->h) : b->v < a->v;
}

/* anchored: the sample before the window counts as its first. */
static bool
count_window(struct pcall *c, const struct pwin *w, step_fn *fn, double *v)
{
	size_t i = 0, k = 0;
	bool floats, hists;

	if (c->anchored) {
		floats = pextended_first(w->t, w->n, w->from, &i);
		hists = pextended_first(w->ht, w->nh, w->from, &k);
		if (!floats && !hists)
			return false;
		if (!floats)
			i = w->n;
		if (!hists)
			k = w->nh;
	}
	*v = count_steps(w, i, k, fn);
	return true;
}

bool
fn_changes(struct pcall *c, const struct pwin *w, double *v,
    const struct hist **h)
{
	(void)h;
	return count_window(c, w, step_changes, v);
}

bool
fn_resets(struct pcall *c, const struct pwin *w, double *v,
    const struct hist **h)
{
	(void)h;
	return count_window(c, w, step_resets, v);
}
