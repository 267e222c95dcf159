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
	if (t[e->last] <= from || (smoothed && t[e->first] > to))
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
pextended_first(const int64_t *t, size_t n, int64_t from, size_t *first)
{
	if (n == 0 || t[n - 1] <= from)
		return false;
	*first = index_of(t, n - 1, from, true);
	if (*first > 0)
		(*first)--;
	return true;
}

/* ---- histograms ---- */

struct hist_edges {
	size_t first, last;
	struct hist *left, *right;
};

/* x + (y - x) * f, or y * f when y comes after a reset; NULL: cannot be. */
static struct hist *
hist_between(struct pcall *c, const struct pwin *w, size_t i, int64_t at,
    bool counter)
{
	struct arena *a = &c->ev->tmp;
	const struct hist *x = w->h[i], *y = w->h[i + 1];
	double f = (double)(at - w->ht[i]) /
	    (double)(w->ht[i + 1] - w->ht[i]);
	struct hist *h = hist_copy(y, a);

	if (at == w->ht[i])
		return hist_copy(x, a);
	if (at == w->ht[i + 1])
		return h;
	if (counter && hist_is_reset(y, x)) {
		hist_mul(h, f);
		return h;
	}
	if (!pnote_hist_op(c, hist_sub(h, x, a), "subtraction"))
		return NULL;
	hist_mul(h, f);
	return pnote_hist_op(c, hist_add(h, x, a), "addition") ? h : NULL;
}

static bool
check_hists(struct pcall *c, const struct pwin *w, bool counter,
    const struct hist_edges *e)
{
	bool custom = hist_is_custom(w->h[e->first]);
	size_t i;

	for (i = e->first; i <= e->last; i++) {
		if (hist_is_custom(w->h[i]) != custom)
			return pnote_hist_op(c, HIST_INCOMPATIBLE, "");
		if (counter && w->h[i]->hint == HIST_GAUGE)
			pnote_not(c, true);
	}
	return true;
}

static bool
find_hist_edges(struct pcall *c, const struct pwin *w, bool counter,
    struct hist_edges *e)
{
	e->last = w->nh - 1;
	e->first = index_of(w->ht, w->nh - 1, w->from, true);
	if (e->first > 0)
		e->first--;
	if (c->smoothed)
		e->last = index_of(w->ht, w->nh - 1, w->to, false);
	if (w->ht[e->last] <= w->from ||
	    (c->smoothed && w->ht[e->first] > w->to) ||
	    !check_hists(c, w, counter, e))
		return false;
	e->left = c->smoothed && w->ht[e->first] < w->from ?
	    hist_between(c, w, e->first, w->from, counter) :
	    hist_copy(w->h[e->first], &c->ev->tmp);
	e->right = c->smoothed && e->last > 0 && w->ht[e->last] > w->to ?
	    hist_between(c, w, e->last - 1, w->to, counter) :
	    hist_copy(w->h[e->last], &c->ev->tmp);
	return e->left && e->right;
}

/*
 * What resets between the two edges have taken away, added to sum.  A reset
 * that the left edge was interpolated across is already in it.
 */
static bool
add_hist_resets(struct pcall *c, const struct pwin *w,
    const struct hist_edges *e, struct hist *sum)
{
	const struct hist *prev = e->left;
	size_t i = e->first + 1;

	if (c->smoothed && w->ht[e->first] < w->from &&
	    hist_is_reset(w->h[e->first + 1], w->h[e->first]))
		prev = w->h[i++];
	if (i > e->last)
		return true;
	for (; i <= e->last; i++) {
		const struct hist *h = i == e->last ? e->right : w->h[i];

		if (hist_is_reset(h, prev) && !pnote_hist_op(c, hist_add(sum,
		    prev, &c->ev->tmp), "addition"))
			return false;
		prev = h;
	}
	return true;
}

bool
pextended_hist_change(struct pcall *c, const struct pwin *w, bool counter,
    double per_s, const struct hist **out)
{
	struct hist_edges e;
	struct hist *h;

	if (!find_hist_edges(c, w, counter, &e))
		return false;
	if (!counter && (e.left->hint != HIST_GAUGE ||
	    e.right->hint != HIST_GAUGE))
		pnote_not(c, false);
	h = hist_copy(e.right, &c->ev->tmp);
	if (!pnote_hist_op(c, hist_sub(h, e.left, &c->ev->tmp), "subtraction") ||
	    (counter && !add_hist_resets(c, w, &e, h)))
		return false;
	hist_div(h, per_s);
	h->hint = HIST_GAUGE;
	hist_compact(h, &c->ev->tmp);
	*out = h;
	return true;
}

/* ---- a range vector as it is ---- */

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
