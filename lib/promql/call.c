/*
 * call: functions.  The table says which of the few shapes a kernel has; the
 * loop of each shape is here.
 */
#include "promql/internal.h"

struct str
pcall_metric(const struct pcall *c)
{
	return labels_get(c->labels, STR("__name__"));
}

/* ---- range kernels ---- */

/* One series, floats and histograms apart, and its window. */
struct slide {
	const struct pseries *s;	/* floats; h is NULL */
	struct pseries hist;
	size_t lo, hi, hlo, hhi;
	size_t *fall, nfall, fall_at;	/* where floats fall; see no_resets */
};

static void
split_put(struct peval *ev, const struct pseries *s, bool hists,
    struct pseries *out)
{
	int64_t *t = ARENA_ARRAY(ev->a, s->n, int64_t);
	int64_t *st = s->st ? ARENA_ARRAY(ev->a, s->n, int64_t) : NULL;
	double *v = ARENA_ARRAY(ev->a, s->n, double);
	const struct hist **h = ARENA_ARRAY(ev->a, s->n, const struct hist *);
	size_t i, n = 0;

	for (i = 0; i < s->n; i++) {
		if ((s->h[i] != NULL) != hists)
			continue;
		t[n] = s->t[i];
		v[n] = s->v[i];
		h[n] = s->h[i];
		if (st)
			st[n] = s->st[i];
		n++;
	}
	*out = (struct pseries){ .labels = s->labels, .t = t, .v = v,
	    .h = hists ? h : NULL, .st = st, .n = n };
}

/*
 * The indices i with v[i] < v[i - 1]: most windows of a counter have none,
 * and then its increase is one subtraction.
 */
static void
find_falls(struct peval *ev, struct slide *sl)
{
	const double *v = sl->s->v;
	size_t i, n = 0;

	for (i = 1; i < sl->s->n; i++)
		n += v[i] < v[i - 1];
	sl->fall = ARENA_ARRAY(ev->a, n + 1, size_t);
	for (i = 1; i < sl->s->n && sl->nfall < n; i++)
		if (v[i] < v[i - 1])
			sl->fall[sl->nfall++] = i;
}

static void
slide_init(struct peval *ev, struct pseries *s, struct slide *sl)
{
	struct pseries floats;

	*sl = (struct slide){ .s = s };
	if (s->h) {
		split_put(ev, s, true, &sl->hist);
		split_put(ev, s, false, &floats);
		*s = floats;
	}
	find_falls(ev, sl);
}

static void
slide_to(const struct pseries *s, size_t *lo, size_t *hi, int64_t from,
    int64_t to)
{
	while (*hi < s->n && s->t[*hi] <= to)
		(*hi)++;
	while (*lo < *hi && s->t[*lo] <= from)
		(*lo)++;
}

static bool
window_falls(struct slide *sl)
{
	while (sl->fall_at < sl->nfall && sl->fall[sl->fall_at] <= sl->lo)
		sl->fall_at++;
	return sl->fall_at < sl->nfall && sl->fall[sl->fall_at] < sl->hi;
}

/* Move to (from, to]; before and after are what extended selectors add. */
static bool
slide_window(struct slide *sl, int64_t from, int64_t to, int64_t before,
    int64_t after, struct pwin *w)
{
	const struct pseries *s = sl->s, *h = &sl->hist;

	slide_to(s, &sl->lo, &sl->hi, from - before, to + after);
	slide_to(h, &sl->hlo, &sl->hhi, from - before, to + after);
	w->from = from;
	w->to = to;
	w->n = sl->hi - sl->lo;
	w->t = s->t + sl->lo;
	w->v = s->v + sl->lo;
	w->st = s->st ? s->st + sl->lo : NULL;
	w->nh = sl->hhi - sl->hlo;
	if (w->nh > 0) {
		w->ht = h->t + sl->hlo;
		w->h = h->h + sl->hlo;
		w->hst = h->st ? h->st + sl->hlo : NULL;
	}
	w->no_resets = !window_falls(sl);
	return w->n + w->nh > 0;
}

/* The scalar arguments of a call, g->n numbers each. */
struct scalars {
	double *v[PFUNC_ARGS_MAX];
	size_t n;
};

static int
scalars_eval(struct pcall *c, struct scalars *s)
{
	const struct pexpr *x = c->x;
	size_t i;

	s->n = 0;
	for (i = 0; i < x->u.call.nargs && s->n < PFUNC_ARGS_MAX; i++) {
		if (x->u.call.arg[i]->type != P_SCALAR)
			continue;
		if (peval_scalar(c->ev, x->u.call.arg[i], c->g,
		    &s->v[s->n++]) == -1)
			return -1;
	}
	return 0;
}

static void
scalars_at(const struct scalars *s, size_t step, double *arg)
{
	size_t i;

	for (i = 0; i < s->n; i++)
		arg[i] = s->v[i][step];
}

static void
put_result(struct pcall *c, struct prow *r, size_t step, double v,
    const struct hist *h)
{
	if (h) {
		prow_hists(c->ev, r, c->g->n)[step] = h;
		v = 0;
	}
	r->v[step] = v;
}

/* All steps of one series. */
static int
range_row(struct pcall *c, const struct pmatrix *m, struct pseries *s,
    const struct scalars *sc, struct prow *r)
{
	bool (*kernel)(struct pcall *, const struct pwin *, double *,
	    const struct hist **) = c->x->u.call.func->fn.range;
	int64_t before = m->anchored || m->smoothed ? c->ev->lookback : 0;
	int64_t after = m->smoothed ? c->ev->lookback : 0;
	double v;
	const struct hist *h;
	struct pwin w = { 0 };
	struct slide sl;
	int64_t to;
	size_t i;

	slide_init(c->ev, s, &sl);
	c->labels = s->labels;
	for (i = 0; i < c->g->n; i++) {
		w.eval_time = pgrid_at(c->g, i);
		to = pmatrix_to(m, w.eval_time);
		if (!slide_window(&sl, to - m->range, to, before, after, &w))
			continue;
		scalars_at(sc, i, c->arg);
		h = NULL;
		if (kernel(c, &w, &v, &h))
			put_result(c, r, i, v, h);
		if (c->ev->e->kind != ERR_NONE)
			return -1;
	}
	return 0;
}

static const struct pexpr *
matrix_arg(const struct pexpr *x)
{
	size_t i;

	for (i = 0; i < x->u.call.nargs; i++)
		if (x->u.call.arg[i]->type == P_MATRIX)
			return pexpr_bare(x->u.call.arg[i]);
	return NULL;
}

/* Which functions know what to do beyond the window. */
static int
check_extended(struct pcall *c, const struct pmatrix *m)
{
	static const char anchored[] =
	    "changes, delta, increase, rate, resets";
	static const char smoothed[] = "delta, increase, rate";
	const char *what = m->anchored ? "anchored" : "smoothed";
	const char *list = m->anchored ? anchored : smoothed;
	struct str rest = str_of(list), one;

	if (!m->anchored && !m->smoothed)
		return 0;
	while (rest.p) {
		rest = str_cut(rest, ',', &one);
		if (str_eq(str_trim(one), str_of(c->x->u.call.func->name)))
			return 0;
	}
	return peval_fail(c->ev, "%s modifier can only be used with: %s - "
	    "not with %s", what, list, c->x->u.call.func->name);
}

static bool
looks_like_counter(struct str name)
{
	return name.n == 0 || str_ends(name, STR("_total")) ||
	    str_ends(name, STR("_sum")) || str_ends(name, STR("_count")) ||
	    str_ends(name, STR("_bucket"));
}

static bool
row_has_floats(const struct prow *r, size_t nsteps)
{
	size_t i;

	for (i = 0; i < nsteps; i++)
		if (!pv_gone(r->v[i]) && !(r->h && r->h[i]))
			return true;
	return false;
}

/* Of rate and increase: is the name that of a counter? */
static void
note_counter(struct pcall *c, const struct pexpr *arg, const struct prow *r,
    const struct sym **noted)
{
	const struct sym *name = labels_get_sym(c->labels, c->ev->name);

	if (!name || name == *noted || looks_like_counter(name->s) ||
	    !row_has_floats(r, c->g->n))
		return;
	*noted = name;
	peval_note(c->ev, PNOTE_INFO, arg, "metric might not be a counter, "
	    "name does not end in _total/_sum/_count/_bucket: \"" STR_FMT
	    "\"", STR_ARG(name->s));
}

static int
range_rows(struct pcall *c, const struct pmatrix *m,
    const struct pexpr *arg, const struct scalars *sc, struct pcols *out)
{
	const struct pfunc *f = c->x->u.call.func;
	bool counter = f->fn.range == fn_rate || f->fn.range == fn_increase;
	const struct sym *noted = NULL;
	struct prow *r;
	size_t i;

	for (i = 0; i < m->n; i++) {
		if (i % 256 == 255 && peval_alive(c->ev) == -1)
			return -1;
		r = &out->row[i];
		r->labels = m->s[i].labels;
		if (range_row(c, m, &m->s[i], sc, r) == -1)
			return -1;
		if (counter)
			note_counter(c, arg, r, &noted);
		if (m->drop)
			r->drop_name = m->drop[i];
		if (!f->keeps_name)
			prow_drop_name(c->ev, r);
	}
	return 0;
}

static int
call_range(struct pcall *c, struct pcols *out)
{
	const struct pexpr *arg = matrix_arg(c->x);
	struct scalars sc;
	struct pmatrix m;

	if (scalars_eval(c, &sc) == -1 ||
	    pselect_matrix(c->ev, arg, c->g, &m) == -1 ||
	    check_extended(c, &m) == -1 ||
	    pcols_new(c->ev, c->g, m.n, out) == -1)
		return -1;
	c->range = m.range;
	c->anchored = m.anchored;
	c->smoothed = m.smoothed;
	if (range_rows(c, &m, arg, &sc, out) == -1)
		return -1;
	pcols_drop_empty(out);
	return c->ev->c->delayed_name_removal ? 0 : pcols_merge(c->ev, out);
}

/* absent_over_time: 1 where no series has a sample in its window. */
int
fn_absent_over_time(struct pcall *c, struct pcols *out)
{
	const struct pexpr *arg = matrix_arg(c->x);
	struct pmatrix m;
	struct pwin w;
	struct slide sl;
	bool *seen;
	size_t i, k;
	int64_t to;

	if (pselect_matrix(c->ev, arg, c->g, &m) == -1 ||
	    check_extended(c, &m) == -1)
		return -1;
	seen = ARENA_ARRAY(c->ev->a, c->g->n, bool);
	for (i = 0; i < m.n; i++) {
		slide_init(c->ev, &m.s[i], &sl);
		for (k = 0; k < c->g->n; k++) {
			to = pmatrix_to(&m, pgrid_at(c->g, k));
			if (slide_window(&sl, to - m.range, to, 0, 0, &w))
				seen[k] = true;
		}
	}
	if (pcols_new(c->ev, c->g, 1, out) == -1)
		return -1;
	out->row[0].labels = plabels_of_absent(c->ev, arg);
	for (k = 0; k < c->g->n; k++)
		if (!seen[k])
			out->row[0].v[k] = 1;
	return 0;
}

/* ---- the other shapes ---- */

/* The functions of time without an argument see the evaluation time. */
static int
eval_time_vector(struct pcall *c, struct pcols *out)
{
	size_t i;

	if (pcols_new(c->ev, c->g, 1, out) == -1)
		return -1;
	out->row[0].labels = labels_empty(c->ev->table);
	for (i = 0; i < c->g->n; i++)
		out->row[0].v[i] = (double)(pgrid_at(c->g, i) / 1000);
	return 0;
}

static void
map_row(const struct pcall *c, const struct scalars *sc, struct prow *r)
{
	double (*kernel)(double, const double *) = c->x->u.call.func->fn.map;
	double arg[PFUNC_ARGS_MAX] = { 1 };	/* round's default */
	size_t i;

	for (i = 0; i < c->g->n; i++) {
		scalars_at(sc, i, arg);
		if (!pv_gone(r->v[i]))
			r->v[i] = kernel(r->v[i], arg);
	}
}

/* After a function on instant vectors. */
static int
names_dropped(struct pcall *c, struct pcols *out)
{
	size_t i;

	for (i = 0; i < out->nrows; i++)
		prow_drop_name(c->ev, &out->row[i]);
	return c->ev->c->delayed_name_removal ? 0 : pcols_merge(c->ev, out);
}

static int
call_map(struct pcall *c, struct pcols *out)
{
	struct scalars sc;
	size_t i;

	if (c->x->u.call.nargs == 0) {
		if (eval_time_vector(c, out) == -1)
			return -1;
	} else if (peval_expr(c->ev, c->x->u.call.arg[0], c->g, out) == -1) {
		return -1;
	}
	if (scalars_eval(c, &sc) == -1)
		return -1;
	pcols_drop_hists(out);
	for (i = 0; i < out->nrows; i++)
		map_row(c, &sc, &out->row[i]);
	return names_dropped(c, out);
}

/* Functions that look at no bucket. */
static bool
is_stats(const struct pfunc *f)
{
	return f->fn.hist == fn_histogram_count ||
	    f->fn.hist == fn_histogram_sum || f->fn.hist == fn_histogram_avg;
}

static int
eval_hist_arg(struct pcall *c, struct pcols *out)
{
	bool before = c->ev->stats;
	int rc;

	c->ev->stats |= is_stats(c->x->u.call.func) && !c->ev->no_stats;
	rc = peval_expr(c->ev, c->x->u.call.arg[0], c->g, out);
	c->ev->stats = before;
	return rc;
}

static int
call_hist(struct pcall *c, struct pcols *out)
{
	struct prow *r;
	size_t i, k;

	if (eval_hist_arg(c, out) == -1)
		return -1;
	for (i = 0; i < out->nrows; i++) {
		r = &out->row[i];
		for (k = 0; k < c->g->n; k++)
			r->v[k] = r->h && r->h[k] ?
			    c->x->u.call.func->fn.hist(r->h[k]) : pv_none();
		r->h = NULL;
	}
	pcols_drop_empty(out);
	return names_dropped(c, out);
}

static int
call_cols(struct pcall *c, struct pcols *out)
{
	const struct pexpr *x = c->x;
	bool whole = str_starts(str_of(x->u.call.func->name),
	    STR("histogram_"));
	struct pcols *arg;
	size_t i;
	int rc = 0;

	arg = ARENA_ARRAY(c->ev->a, x->u.call.nargs, struct pcols);
	c->ev->no_stats += whole;
	for (i = 0; i < x->u.call.nargs && rc == 0; i++)
		rc = peval_expr(c->ev, x->u.call.arg[i], c->g, &arg[i]);
	c->ev->no_stats -= whole;
	if (rc == -1)
		return -1;
	if (x->u.call.func->fn.cols(c, arg, x->u.call.nargs, out) == -1)
		return -1;
	if (c->ev->c->delayed_name_removal || out->type != P_VECTOR)
		return 0;
	return pcols_merge(c->ev, out);
}

static int
call_scalar(struct pcall *c, struct pcols *out)
{
	double arg[PFUNC_ARGS_MAX];
	struct scalars sc;
	size_t i;

	if (scalars_eval(c, &sc) == -1 || pcols_new(c->ev, c->g, 1, out) == -1)
		return -1;
	out->type = P_SCALAR;
	out->row[0].labels = labels_empty(c->ev->table);
	for (i = 0; i < c->g->n; i++) {
		scalars_at(&sc, i, arg);
		out->row[0].v[i] = c->x->u.call.func->fn.scalar(c,
		    pgrid_at(c->g, i), arg);
	}
	return 0;
}

int
pcall_eval(struct peval *ev, const struct pexpr *x, const struct pgrid *g,
    struct pcols *out)
{
	struct pcall c = { .ev = ev, .x = x, .g = g };

	switch (x->u.call.func->kernel) {
	case PK_RANGE:
		return call_range(&c, out);
	case PK_MAP:
		return call_map(&c, out);
	case PK_HIST:
		return call_hist(&c, out);
	case PK_COLS:
		return call_cols(&c, out);
	case PK_SCALAR:
		return call_scalar(&c, out);
	case PK_ENGINE:
		return x->u.call.func->fn.engine(&c, out);
	}
	return peval_fail(ev, "unknown kind of function");
}
