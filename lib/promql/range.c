/*
 * range: functions of range vectors.  A window slides over each series, for
 * all steps of one series before the next; its two ends only ever move
 * forward.
 */
#include "promql/internal.h"

/* One series, floats and histograms apart, and its window. */
struct slide {
	const struct pseries *s;	/* floats; h is NULL */
	struct pseries hist;
	size_t lo, hi, hlo, hhi;
	size_t *fall;		/* indices where floats fall; SIZE_MAX ends */
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

static size_t	no_falls = SIZE_MAX;

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
	if (n == 0)
		return;
	sl->fall = arena_raw(ev->a, (n + 1) * sizeof(*sl->fall));
	for (i = 1, n = 0; i < sl->s->n; i++)
		if (v[i] < v[i - 1])
			sl->fall[n++] = i;
	sl->fall[n] = SIZE_MAX;
}

static void
slide_init(struct peval *ev, struct pseries *s, struct slide *sl,
    bool want_falls)
{
	struct pseries floats;

	*sl = (struct slide){ .s = s, .fall = &no_falls };
	if (s->h) {
		split_put(ev, s, true, &sl->hist);
		split_put(ev, s, false, &floats);
		*s = floats;
	}
	if (want_falls)
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

/* Are the floats in [lo, hi) without a fall? */
static bool
window_rises(struct slide *sl)
{
	while (*sl->fall <= sl->lo)
		sl->fall++;
	return *sl->fall >= sl->hi;
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
	w->no_resets = window_rises(sl);
	return w->n + w->nh > 0;
}

/* A histogram comes out of the kernel's own memory, which is emptied. */
static int
put_result(struct pcall *c, struct prow *r, size_t step, double v,
    const struct hist *h)
{
	if (h) {
		prow_hists(c->ev, r, c->g->n)[step] = hist_copy(h, c->ev->a);
		v = 0;
		if (peval_charge_hist(c->ev, h) == -1)
			return -1;
	}
	r->v[step] = v;
	return 0;
}

/* A range function on its way over its series. */
struct range_call {
	struct pcall *c;
	const struct pexpr *arg;	/* the range vector */
	struct pmatrix m;
	struct pscalars sc;
	size_t at;			/* the next series */
	bool counter;			/* rate, increase */
	const struct sym *noted;	/* the last name found wanting */
};

/* All steps of a series of plain floats: the case that must be fast. */
static void
float_steps(struct range_call *rc, const struct slide *sl, double *out)
{
	struct pcall *c = rc->c;
	bool (*kernel)(struct pcall *, const struct pwin *, double *,
	    const struct hist **) = c->x->u.call.func->fn.range;
	const int64_t *t = sl->s->t, step = rc->m.fixed ? 0 : c->g->step;
	const size_t *fall = sl->fall;
	const struct hist *none = NULL;
	struct pwin w = { .eval_time = c->g->start };
	size_t i, lo = 0, hi = 0, n = sl->s->n;
	double v;

	w.to = pmatrix_to(&rc->m, c->g->start);
	w.from = w.to - rc->m.range;
	for (i = 0; i < c->g->n; i++) {
		while (hi < n && t[hi] <= w.to)
			hi++;
		while (lo < hi && t[lo] <= w.from)
			lo++;
		if (lo < hi) {
			while (*fall <= lo)
				fall++;
			w.t = t + lo;
			w.v = sl->s->v + lo;
			w.n = hi - lo;
			w.no_resets = *fall >= hi;
			if (kernel(c, &w, &v, &none))
				out[i] = v;
		}
		w.eval_time += c->g->step;
		w.to += step;
		w.from += step;
	}
}

/* All steps of one series. */
static int
all_steps(struct range_call *rc, struct slide *sl, struct prow *r)
{
	struct pcall *c = rc->c;
	const struct pmatrix *m = &rc->m;
	int64_t before = m->anchored || m->smoothed ? c->ev->lookback : 0;
	int64_t after = m->smoothed ? c->ev->lookback : 0, to;
	const struct hist *h;
	struct pwin w = { 0 };
	double v;
	size_t i;

	for (i = 0; i < c->g->n; i++) {
		w.eval_time = pgrid_at(c->g, i);
		to = pmatrix_to(m, w.eval_time);
		if (!slide_window(sl, to - m->range, to, before, after, &w))
			continue;
		pscalars_at(&rc->sc, i, c->arg);
		h = NULL;
		if (c->x->u.call.func->fn.range(c, &w, &v, &h) &&
		    put_result(c, r, i, v, h) == -1)
			return -1;
		arena_reset(&c->ev->tmp);
		if (c->ev->e->kind != ERR_NONE)
			return -1;
	}
	return 0;
}

static int
range_row(struct range_call *rc, struct pseries *s, struct prow *r)
{
	struct pcall *c = rc->c;
	struct slide sl;

	slide_init(c->ev, s, &sl, rc->counter);
	c->labels = s->labels;
	c->best = c->seen = NULL;
	if (sl.hist.n == 0 && !s->st && rc->sc.n == 0 && !c->anchored &&
	    !c->smoothed) {
		float_steps(rc, &sl, r->v);
		return 0;
	}
	return all_steps(rc, &sl, r);
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
note_counter(struct range_call *rc, const struct prow *r)
{
	struct pcall *c = rc->c;
	const struct sym *name = labels_get_sym(c->labels, c->ev->name);

	if (!name || name == rc->noted || looks_like_counter(name->s) ||
	    !row_has_floats(r, c->g->n))
		return;
	rc->noted = name;
	peval_note(c->ev, PNOTE_INFO, rc->arg, "metric might not be a "
	    "counter, name does not end in _total/_sum/_count/_bucket: \""
	    STR_FMT "\"", STR_ARG(name->s));
}

static int
range_open(struct range_call *rc, struct pcall *c)
{
	const struct pfunc *f = c->x->u.call.func;

	*rc = (struct range_call){ .c = c, .arg = matrix_arg(c->x) };
	rc->counter = f->fn.range == fn_rate || f->fn.range == fn_increase;
	if (pscalars_eval(c, &rc->sc) == -1 ||
	    pselect_matrix(c->ev, rc->arg, c->g, &rc->m) == -1 ||
	    check_extended(c, &rc->m) == -1)
		return -1;
	c->range = rc->m.range;
	c->range_s = (double)rc->m.range / 1000;
	c->anchored = rc->m.anchored;
	c->smoothed = rc->m.smoothed;
	return 0;
}

/* The next series into r, whose points are absent before; 0 at the end. */
static int
range_next(struct range_call *rc, struct prow *r)
{
	struct pcall *c = rc->c;
	struct pseries *s = &rc->m.s[rc->at];

	if (rc->at == rc->m.n)
		return 0;
	if (rc->at % 256 == 255 && peval_alive(c->ev) == -1)
		return -1;
	r->labels = s->labels;
	r->drop_name = rc->m.drop && rc->m.drop[rc->at];
	rc->at++;
	if (range_row(rc, s, r) == -1)
		return -1;
	if (rc->counter)
		note_counter(rc, r);
	if (!c->x->u.call.func->keeps_name)
		prow_drop_name(c->ev, r);
	return 1;
}

/* All rows of what is open. */
static int
range_all(struct range_call *rc, struct pcols *out)
{
	struct pcall *c = rc->c;
	size_t i;
	int more = 1;

	if (pcols_new(c->ev, c->g, rc->m.n, out) == -1)
		return -1;
	for (i = 0; i < rc->m.n && more == 1; i++)
		more = range_next(rc, &out->row[i]);
	if (more == -1)
		return -1;
	pcols_drop_empty(out);
	return c->ev->c->delayed_name_removal ? 0 : pcols_merge(c->ev, out);
}

int
prange_eval(struct pcall *c, struct pcols *out)
{
	struct range_call rc;

	return range_open(&rc, c) == -1 ? -1 : range_all(&rc, out);
}

/* ---- row by row, for aggregations ---- */

/* Would two series have the same labels without their names? */
static bool
names_matter(struct range_call *rc)
{
	struct peval *ev = rc->c->ev;
	struct pmap seen;
	size_t i;
	bool fresh;

	if (ev->c->delayed_name_removal ||
	    rc->c->x->u.call.func->keeps_name)
		return false;
	pmap_init(&seen, ev->a, rc->m.n);
	for (i = 0; i < rc->m.n; i++) {
		(void)pmap_at(&seen, labels_without_meta(ev,
		    rc->m.s[i].labels), &fresh);
		if (!fresh)
			return true;
	}
	return false;
}

struct prange_rows {
	struct pcall c;
	struct range_call rc;
	struct prow row;
};

int
prange_rows(struct peval *ev, const struct pexpr *x, const struct pgrid *g,
    struct prange_rows **out, size_t *max, bool *merged)
{
	struct pexplain_node *around;
	struct prange_rows *it;
	int rc;

	*out = NULL;
	if (x->kind != PX_CALL || x->u.call.func->kernel != PK_RANGE)
		return 0;
	it = ARENA_NEW(ev->a, struct prange_rows);
	it->c = (struct pcall){ .ev = ev, .x = x, .g = g };
	around = pexplain_enter(ev, x);
	rc = range_open(&it->rc, &it->c);
	pexplain_leave(ev, around, NULL);
	if (rc == -1)
		return -1;
	it->row.v = arena_raw(ev->a, g->n * sizeof(*it->row.v));
	*out = it;
	*max = it->rc.m.n;
	*merged = names_matter(&it->rc);
	return 0;
}

int
prange_rows_next(struct prange_rows *it, struct prow **out)
{
	struct peval *ev = it->c.ev;
	struct pexplain_node *around = pexplain_enter(ev, it->c.x);
	struct pcols made = { .row = &it->row, .nrows = 1,
	    .nsteps = it->c.g->n };
	size_t i;
	int more;

	for (i = 0; i < it->c.g->n; i++)
		it->row.v[i] = pv_none();
	it->row.h = NULL;
	*out = &it->row;
	more = range_next(&it->rc, &it->row);
	pexplain_leave(ev, around, more == 1 ? &made : NULL);
	return more;
}

int
prange_rows_all(struct prange_rows *it, struct pcols *out)
{
	struct pexplain_node *around = pexplain_enter(it->c.ev, it->c.x);
	int rc = range_all(&it->rc, out);

	pexplain_leave(it->c.ev, around, rc == 0 ? out : NULL);
	return rc;
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
		slide_init(c->ev, &m.s[i], &sl, false);
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
