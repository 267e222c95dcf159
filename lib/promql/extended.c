/*
 * extended: selectors that are anchored (the value at the window's left edge
 * is the last one before it) or smoothed (values at both edges lie on the
 * line between their neighbours).  As Prometheus 3.14.
 */
#include "promql/hists.h"
#include "promql/internal.h"

/* A counter that fell between the two is taken to have begun at 0. */
static double
interpolate(const int64_t *t, const double *v, int64_t at, bool counter)
{
	double from = counter && v[1] < v[0] ? 0 : v[0];

	return from + (v[1] - from) * (double)(at - t[0]) /
	    (double)(t[1] - t[0]);
}

/* Floats reach beyond (from, to]; the two that stand for its edges. */
struct edges {
	size_t first, last;
	double left, right;
};

/* The first index in [0, n) whose time is not before (or behind) at. */
static size_t
index_of(const int64_t *t, size_t n, int64_t at, bool behind)
{
	size_t i = 0;

	while (i < n && (behind ? t[i] <= at : t[i] < at))
		i++;
	return i;
}

static bool
find_edges(const int64_t *t, const double *v, size_t n, int64_t from,
    int64_t to, bool smoothed, bool counter, struct edges *e)
{
	if (n == 0)
		return false;
	e->last = n - 1;
	e->first = index_of(t, n - 1, from, true);
	if (e->first > 0)
		e->first--;
	if (smoothed)
		e->last = index_of(t, n - 1, to, false);
	if (t[e->last] <= from)
		return false;
	e->left = v[e->first];
	if (smoothed && t[e->first] < from)
		e->left = interpolate(t + e->first, v + e->first, from,
		    counter);
	e->right = v[e->last];
	if (smoothed && e->last > 0 && t[e->last] > to)
		e->right = interpolate(t + e->last - 1, v + e->last - 1, to,
		    counter);
	return true;
}

/* What the resets strictly inside the window have taken away. */
static double
reset_correction(const struct pwin *w, const struct edges *e)
{
	double prev = e->left, sum = 0;
	size_t i = e->first, end = e->last + 1;

	if (w->t[e->first] <= w->from)
		i++;
	if (w->t[e->last] >= w->to)
		end--;
	for (; i < end; i++) {
		if (w->v[i] < prev)
			sum += prev;
		prev = w->v[i];
	}
	if (e->right < prev)
		sum += prev;
	return sum;
}

bool
pextended_change(struct pcall *c, const struct pwin *w, bool counter,
    double per_s, double *v)
{
	struct edges e;

	if (!find_edges(w->t, w->v, w->n, w->from, w->to, c->smoothed,
	    counter, &e))
		return false;
	*v = e.right - e.left;
	if (counter)
		*v += reset_correction(w, &e);
	*v /= per_s;
	return true;
}

bool
pextended_first(const struct pwin *w, size_t *first)
{
	if (w->n == 0 || w->t[w->n - 1] <= w->from)
		return false;
	*first = index_of(w->t, w->n - 1, w->from, true);
	if (*first > 0)
		(*first)--;
	return true;
}

void
pwindow_extend(struct peval *ev, struct pseries *s, int64_t from, int64_t to,
    bool smoothed)
{
	struct pseries in = *s;
	struct edges e;
	int64_t *t;
	double *v;
	size_t i, n = 0;

	s->n = 0;
	if (!find_edges(in.t, in.v, in.n, from, to, smoothed, false, &e))
		return;
	t = ARENA_ARRAY(ev->a, in.n + 2, int64_t);
	v = ARENA_ARRAY(ev->a, in.n + 2, double);
	t[n] = from;
	v[n++] = e.left;
	for (i = e.first; i <= e.last; i++) {
		if (in.t[i] <= from || in.t[i] >= to)
			continue;
		t[n] = in.t[i];
		v[n++] = in.v[i];
	}
	t[n] = to;
	v[n++] = e.right;
	*s = (struct pseries){ .labels = in.labels, .t = t, .v = v, .n = n };
}
