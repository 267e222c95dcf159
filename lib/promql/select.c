/*
 * select: series from the source, and what of them each step sees.
 */
#include "core/num.h"
#include "promql/internal.h"

/* Where a selector looks: ref(ts) = (fixed ? at : ts) - offset. */
struct where {
	bool fixed;
	int64_t at, offset;
};

static int
where_init(struct peval *ev, const struct pwhen *w, const struct pexpr *x,
    struct where *out)
{
	*out = (struct where){ .fixed = w->at != PAT_NONE };
	switch (w->at) {
	case PAT_NONE:
		break;
	case PAT_TIME:
		out->at = w->at_ms;
		if (out->at > PROMQL_TIME_MAX)
			out->at = PROMQL_TIME_MAX;
		if (out->at < -PROMQL_TIME_MAX)
			out->at = -PROMQL_TIME_MAX;
		break;
	case PAT_START:
		out->at = ev->c->start;
		break;
	case PAT_END:
		out->at = ev->c->end;
		break;
	}
	return peval_duration(ev, &w->offset, false, x, &out->offset);
}

static int64_t
where_ref(const struct where *w, int64_t ts)
{
	return (w->fixed ? w->at : ts) - w->offset;
}

static bool	sample_is_stale(const struct pseries *s, size_t i);

/* A series whose histograms say whether they are resets of the one before. */
static void
find_resets(struct peval *ev, struct pseries *s)
{
	const struct hist **h = ARENA_ARRAY(ev->a, s->n, const struct hist *);
	const struct hist *prev = NULL;
	struct hist *c;
	size_t i;

	for (i = 0; i < s->n; i++) {
		h[i] = s->h[i];
		if (!h[i] || sample_is_stale(s, i)) {
			prev = h[i] ? NULL : prev;
			continue;
		}
		if (h[i]->hint == HIST_UNKNOWN && prev) {
			c = ARENA_NEW(ev->a, struct hist);
			*c = *h[i];
			c->hint = hist_is_reset(h[i], prev) ? HIST_RESET :
			    HIST_NO_RESET;
			h[i] = c;
		}
		prev = s->h[i];
	}
	s->h = h;
}

static int
load(struct peval *ev, const struct pexpr *sel, int64_t from, int64_t to,
    struct pseries **s, size_t *n)
{
	const struct promql_source *src = ev->c->source;
	uint64_t total = 0;
	size_t i;

	*s = NULL;
	*n = 0;
	if (src->select(src->self, sel->u.selector.m, sel->u.selector.nm,
	    from, to, ev->a, s, n, ev->e) == -1)
		return -1;
	for (i = 0; i < *n; i++) {
		total += (*s)[i].n;
		if (ev->stats && !ev->no_stats && (*s)[i].h)
			find_resets(ev, &(*s)[i]);
	}
	pexplain_read(ev, *n, total);
	return peval_charge(ev, total);
}

static bool
sample_is_stale(const struct pseries *s, size_t i)
{
	if (s->h && s->h[i])
		return num_is_stale(s->h[i]->sum);
	return num_is_stale(s->v[i]);
}

/* ---- instant vectors ---- */

static void
not_info(struct peval *ev, const struct labels *l)
{
	struct buf text = { 0 };

	labels_print(l, &text);
	peval_fail(ev, "this should be an info metric, with float samples: "
	    STR_FMT, STR_ARG(text));
	buf_release(&text);
}

static void
put_point(struct peval *ev, struct prow *r, size_t step, size_t nsteps,
    const struct pseries *s, size_t i, enum pselect_what what)
{
	switch (what) {
	case PSELECT_VALUE:
		if (s->h && s->h[i]) {
			prow_hists(ev, r, nsteps)[step] = s->h[i];
			r->v[step] = 0;
		} else {
			r->v[step] = s->v[i];
		}
		break;
	case PSELECT_TIME:
		r->v[step] = (double)s->t[i] / 1000;
		break;
	case PSELECT_INFO:
		r->v[step] = (double)s->t[i];
		if (s->h && s->h[i])
			not_info(ev, s->labels);
		break;
	case PSELECT_START:
		if (s->st && s->st[i])
			r->v[step] = (double)s->st[i] / 1000;
		break;
	}
}

/* The newest sample in (ref - lookback, ref] of each step. */
static bool
fill_row(struct peval *ev, const struct pseries *s, const struct where *w,
    const struct pgrid *g, enum pselect_what what, struct prow *r)
{
	size_t step, n = 0;
	int64_t ref;
	bool any = false;

	if (g->n == 1)
		n = s->n;
	for (step = 0; step < g->n; step++) {
		ref = where_ref(w, pgrid_at(g, step));
		while (n < s->n && s->t[n] <= ref)
			n++;
		while (n > 0 && s->t[n - 1] > ref)
			n--;
		if (n == 0 || s->t[n - 1] <= ref - ev->lookback ||
		    sample_is_stale(s, n - 1))
			continue;
		put_point(ev, r, step, g->n, s, n - 1, what);
		any = true;
	}
	return any;
}

static int	smooth_vector(struct peval *ev, const struct pexpr *x,
		    const struct where *w, const struct pgrid *g,
		    struct pcols *out);

static int
vector_as(struct peval *ev, const struct pexpr *x, const struct pgrid *g,
    enum pselect_what what, struct pcols *out)
{
	struct where w;
	struct pseries *s;
	struct prow *r;
	size_t n, i, rows = 0;

	if (where_init(ev, &x->u.selector.when, x, &w) == -1)
		return -1;
	if (x->u.selector.smoothed)
		return smooth_vector(ev, x, &w, g, out);
	if (load(ev, x, where_ref(&w, g->start) - ev->lookback + 1,
	    where_ref(&w, pgrid_at(g, g->n - 1)), &s, &n) == -1)
		return -1;
	if (pcols_new(ev, g, n, out) == -1)
		return -1;
	for (i = 0; i < n; i++) {
		if (i % 1024 == 1023 && peval_alive(ev) == -1)
			return -1;
		r = &out->row[rows];
		if (fill_row(ev, &s[i], &w, g, what, r)) {
			r->labels = s[i].labels;
			rows++;
		}
		if (ev->e->kind != ERR_NONE)
			return -1;
	}
	out->nrows = rows;
	return 0;
}

int
pselect_vector_as(struct peval *ev, const struct pexpr *x,
    const struct pgrid *g, enum pselect_what what, struct pcols *out)
{
	struct pexplain_node *around = pexplain_enter(ev, x);
	int rc = vector_as(ev, x, g, what, out);

	pexplain_leave(ev, around, rc == 0 ? out : NULL);
	return rc;
}

int
pselect_vector(struct peval *ev, const struct pexpr *x, const struct pgrid *g,
    struct pcols *out)
{
	return pselect_vector_as(ev, x, g, PSELECT_VALUE, out);
}

/*
 * smoothed: the value at ref itself, on the line between its neighbours
 * within the lookback; behind the newest sample its value is kept.
 */
static bool
smooth_row(struct peval *ev, const struct pseries *s, const struct where *w,
    const struct pgrid *g, struct prow *r)
{
	size_t step, n = 0;
	int64_t ref, t0;
	double v0;
	bool any = false;

	for (step = 0; step < g->n; step++) {
		ref = where_ref(w, pgrid_at(g, step));
		while (n < s->n && s->t[n] <= ref)
			n++;
		if (n == 0 || s->t[n - 1] <= ref - ev->lookback)
			continue;
		t0 = s->t[n - 1];
		v0 = s->v[n - 1];
		if (t0 != ref && n < s->n && s->t[n] <= ref + ev->lookback)
			v0 += (s->v[n] - v0) * (double)(ref - t0) /
			    (double)(s->t[n] - t0);
		r->v[step] = v0;
		any = true;
	}
	return any;
}

static int	drop_stale(struct peval *ev, struct pseries *s);

static int
smooth_vector(struct peval *ev, const struct pexpr *x, const struct where *w,
    const struct pgrid *g, struct pcols *out)
{
	struct pseries *s;
	size_t n, i, rows = 0;

	if (load(ev, x, where_ref(w, g->start) - ev->lookback + 1,
	    where_ref(w, pgrid_at(g, g->n - 1)) + ev->lookback, &s, &n) == -1)
		return -1;
	if (pcols_new(ev, g, n, out) == -1)
		return -1;
	for (i = 0; i < n; i++) {
		if (s[i].h)
			return peval_fail(ev, "smoothed and anchored "
			    "modifiers do not work with native histograms");
		drop_stale(ev, &s[i]);
		if (smooth_row(ev, &s[i], w, g, &out->row[rows]))
			out->row[rows++].labels = s[i].labels;
	}
	out->nrows = rows;
	return 0;
}

/* ---- range vectors ---- */

/* A copy without the stale markers; windows must not contain them. */
static int
drop_stale(struct peval *ev, struct pseries *s)
{
	struct pseries in = *s;
	int64_t *t, *st;
	const struct hist **h;
	double *v;
	size_t i, n = 0;

	if (!s->has_stale)
		return 0;
	t = ARENA_ARRAY(ev->a, in.n, int64_t);
	v = ARENA_ARRAY(ev->a, in.n, double);
	h = in.h ? ARENA_ARRAY(ev->a, in.n, const struct hist *) : NULL;
	st = in.st ? ARENA_ARRAY(ev->a, in.n, int64_t) : NULL;
	for (i = 0; i < in.n; i++) {
		if (sample_is_stale(&in, i))
			continue;
		t[n] = in.t[i];
		v[n] = in.v[i];
		if (h)
			h[n] = in.h[i];
		if (st)
			st[n] = in.st[i];
		n++;
	}
	*s = (struct pseries){ .labels = in.labels, .t = t, .v = v, .h = h,
	    .st = st, .n = n };
	return 0;
}

static int
matrix_of_selector(struct peval *ev, const struct pexpr *x,
    const struct pgrid *g, struct pmatrix *m)
{
	const struct pexpr *sel = x->u.matrix.selector;
	struct where w;
	int64_t from, to;
	size_t i;

	if (where_init(ev, &sel->u.selector.when, sel, &w) == -1 ||
	    peval_duration(ev, &x->u.matrix.range, true, x, &m->range) == -1)
		return -1;
	m->fixed = w.fixed;
	m->at = w.at;
	m->offset = w.offset;
	m->anchored = sel->u.selector.anchored;
	m->smoothed = sel->u.selector.smoothed;
	from = where_ref(&w, g->start) - m->range + 1;
	to = where_ref(&w, pgrid_at(g, g->n - 1));
	if (m->anchored || m->smoothed)
		from -= ev->lookback;
	if (m->smoothed)
		to += ev->lookback;
	if (load(ev, sel, from, to, &m->s, &m->n) == -1)
		return -1;
	for (i = 0; i < m->n; i++)
		drop_stale(ev, &m->s[i]);
	return 0;
}

/*
 * The first multiple of step that is greater than after.
 */
static int64_t
aligned_after(int64_t after, int64_t step)
{
	int64_t t = step * (after / step);

	if (t <= after)
		t += step;
	return t;
}

/*
 * Known reset hints become unknown: a subquery may have left out the sample
 * that reset, or show it several times (as Prometheus 3.14).
 */
static const struct hist *
without_reset_hint(struct peval *ev, const struct hist *h)
{
	struct hist *c;

	if (h->hint != HIST_RESET && h->hint != HIST_NO_RESET)
		return h;
	c = ARENA_NEW(ev->a, struct hist);
	*c = *h;
	c->hint = HIST_UNKNOWN;
	return c;
}

/* The points of a row as a series. */
static void
series_of_row(struct peval *ev, const struct prow *r, const struct pgrid *g,
    struct pseries *s)
{
	const struct hist **h = NULL;
	int64_t *t;
	double *v;
	size_t i, n = 0;

	t = arena_raw(ev->a, g->n * sizeof(*t));
	v = arena_raw(ev->a, g->n * sizeof(*v));
	if (r->h)
		h = ARENA_ARRAY(ev->a, g->n, const struct hist *);
	for (i = 0; i < g->n; i++) {
		if (pv_gone(r->v[i]))
			continue;
		t[n] = pgrid_at(g, i);
		v[n] = r->v[i];
		if (h && r->h[i])
			h[n] = without_reset_hint(ev, r->h[i]);
		n++;
	}
	*s = (struct pseries){ .labels = r->labels, .t = t, .v = v, .h = h,
	    .n = n };
}

static int
subquery_grid(struct peval *ev, const struct pexpr *x, const struct where *w,
    int64_t range, const struct pgrid *g, struct pgrid *in)
{
	int64_t end;

	in->step = ev->c->default_step ? ev->c->default_step :
	    PROMQL_SUBQUERY_STEP_MS;
	if (x->u.subquery.step.set && peval_duration(ev, &x->u.subquery.step,
	    true, x, &in->step) == -1)
		return -1;
	if (in->step <= 0)
		in->step = 1;
	in->start = aligned_after(where_ref(w, g->start) - range, in->step);
	end = where_ref(w, pgrid_at(g, g->n - 1));
	in->n = 0;
	if (end < in->start)
		return 0;
	if ((uint64_t)(end - in->start) / (uint64_t)in->step >=
	    ev->max_samples)
		return peval_charge(ev, UINT64_MAX);
	in->n = (size_t)((end - in->start) / in->step) + 1;
	return 0;
}

static int
matrix_of_subquery(struct peval *ev, const struct pexpr *x,
    const struct pgrid *g, struct pmatrix *m)
{
	struct where w;
	struct pgrid in;
	struct pcols v;
	bool *drop;
	size_t i;
	int rc;

	if (where_init(ev, &x->u.subquery.when, x, &w) == -1 ||
	    peval_duration(ev, &x->u.subquery.range, true, x,
	    &m->range) == -1 ||
	    subquery_grid(ev, x, &w, m->range, g, &in) == -1)
		return -1;
	m->fixed = w.fixed;
	m->at = w.at;
	m->offset = w.offset;
	if (in.n == 0)
		return 0;
	ev->no_stats++;
	rc = peval_expr(ev, x->u.subquery.expr, &in, &v);
	ev->no_stats--;
	if (rc == -1)
		return -1;
	m->s = ARENA_ARRAY(ev->a, v.nrows, struct pseries);
	drop = ARENA_ARRAY(ev->a, v.nrows, bool);
	for (i = 0; i < v.nrows; i++) {
		series_of_row(ev, &v.row[i], &in, &m->s[m->n]);
		drop[m->n] = v.row[i].drop_name;
		if (m->s[m->n].n > 0)
			m->n++;
	}
	m->drop = drop;
	return 0;
}

int
pselect_matrix(struct peval *ev, const struct pexpr *x, const struct pgrid *g,
    struct pmatrix *out)
{
	struct pexplain_node *around = pexplain_enter(ev, x);
	struct pcols made;
	int rc;

	*out = (struct pmatrix){ 0 };
	rc = x->kind == PX_MATRIX ? matrix_of_selector(ev, x, g, out) :
	    matrix_of_subquery(ev, x, g, out);
	made = (struct pcols){ .series = out->s, .nseries = out->n };
	pexplain_leave(ev, around, rc == 0 ? &made : NULL);
	return rc;
}

/* s cut to the samples in (from, to]. */
static void
series_cut(struct pseries *s, int64_t from, int64_t to)
{
	size_t lo = 0;

	while (lo < s->n && s->t[lo] <= from)
		lo++;
	while (s->n > lo && s->t[s->n - 1] > to)
		s->n--;
	s->n -= lo;
	s->t += lo;
	s->v += lo;
	if (s->h)
		s->h += lo;
	if (s->st)
		s->st += lo;
}

int
pselect_top_matrix(struct peval *ev, const struct pexpr *x,
    const struct pgrid *g, struct pcols *out)
{
	struct pmatrix m;
	struct pseries *s;
	int64_t to;
	size_t i;

	pcols_none(g, out);
	out->type = P_MATRIX;
	if (pselect_matrix(ev, x, g, &m) == -1)
		return -1;
	out->series = ARENA_ARRAY(ev->a, m.n, struct pseries);
	to = pmatrix_to(&m, g->start);
	for (i = 0; i < m.n; i++) {
		s = &out->series[out->nseries];
		*s = m.s[i];
		if ((m.anchored || m.smoothed) && s->h && s->n > 0)
			return peval_fail(ev, "%s modifier is not supported "
			    "with histograms", m.anchored ? "anchored" :
			    "smoothed");
		if (m.anchored || m.smoothed)
			pwindow_extend(ev, s, to - m.range, to, m.smoothed);
		else
			series_cut(s, to - m.range, to);
		if (m.drop && m.drop[i])
			s->labels = labels_without_meta(ev, s->labels);
		if (s->n > 0)
			out->nseries++;
	}
	return 0;
}
