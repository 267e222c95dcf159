/*
 * fn_info: info(v, selector): series of v get the data labels of info series
 * (target_info unless the selector says otherwise) that have their instance
 * and job, as of the time that v itself is read at.
 */
#include "promql/internal.h"

#define NO_ROW	UINT32_MAX

struct info {
	struct pcall *c;
	struct pcols base, series;	/* series: rows of info, v = sample time */
	struct matcher *m;		/* of the info series */
	size_t nm;
	const struct matcher *data;	/* those on data labels */
	size_t ndata;
	bool only_not;			/* names are excluded, none is chosen */
	const struct sym *id[2];	/* instance, job */
	/* info rows by name and id; the newest one at each step */
	struct pgroups groups;
	uint32_t *newest;		/* groups.n * steps */
	const struct sym **name;	/* the different metric names */
	size_t nnames;
	struct prow *out;
	size_t nout, cap;
};

/* ---- which info series ---- */

/* Name matchers first, then those on data labels. */
static void
sort_matchers(struct info *in, const struct pexpr *sel)
{
	struct arena *a = in->c->ev->a;
	size_t i, n = sel ? sel->u.selector.nm : 0, at = 0, chosen = 0;

	in->m = ARENA_ARRAY(a, n + 1, struct matcher);
	for (i = 0; i < n; i++) {
		if (!str_eq(sel->u.selector.m[i].name, STR("__name__")))
			continue;
		in->m[at] = sel->u.selector.m[i];
		chosen += in->m[at].op == MATCH_EQ ||
		    in->m[at].op == MATCH_RE;
		at++;
	}
	in->only_not = at > 0 && chosen == 0;
	if (at == 0)
		in->m[at++] = (struct matcher){ .op = MATCH_EQ,
		    .name = STR("__name__"), .value = STR("target_info") };
	in->data = in->m + at;
	for (i = 0; i < n; i++)
		if (!str_eq(sel->u.selector.m[i].name, STR("__name__")))
			in->m[at++] = sel->u.selector.m[i];
	in->nm = at;
	in->ndata = (size_t)(in->m + at - in->data);
}

/* The way down to the first selector: subqueries around it, then itself. */
struct when_path {
	const struct pwhen *at[PROMQL_DEPTH_MAX + 1];
	size_t n;
};

static bool
find_selector(const struct pexpr *x, struct when_path *p);

struct finder {
	const struct pexpr *of;
	struct when_path *path;
	bool found;
};

static bool
find_in_child(void *arg, const struct pexpr *x)
{
	struct finder *f = arg;

	if (x == f->of)
		return true;
	if (!f->found)
		f->found = find_selector(x, f->path);
	return false;
}

static bool
find_selector(const struct pexpr *x, struct when_path *p)
{
	struct finder f = { .of = x, .path = p };

	if (x->kind == PX_SELECTOR) {
		p->at[p->n++] = &x->u.selector.when;
		return true;
	}
	if (x->kind == PX_SUBQUERY)
		p->at[p->n++] = &x->u.subquery.when;
	pexpr_walk(x, find_in_child, &f);
	if (!f.found && x->kind == PX_SUBQUERY)
		p->n--;
	return f.found;
}

/* Step by step from the evaluation time to the one samples are read at. */
static int
reference(struct peval *ev, const struct pexpr *x, struct pwhen *out)
{
	struct when_path *path = ARENA_NEW(ev->a, struct when_path);
	const struct pwhen *w;
	int64_t ms;
	size_t i;

	*out = (struct pwhen){ .at = PAT_NONE };
	(void)find_selector(x, path);
	for (i = 0; i < path->n; i++) {
		w = path->at[i];
		if (peval_duration(ev, &w->offset, false, x, &ms) == -1)
			return -1;
		if (w->at != PAT_NONE) {
			out->at = PAT_TIME;
			out->at_ms = w->at == PAT_START ? ev->c->start :
			    w->at == PAT_END ? ev->c->end : w->at_ms;
			out->offset.ms = 0;
		}
		out->offset.ms += ms;
	}
	return 0;
}

static int
load_info(struct info *in)
{
	const struct pexpr *x = in->c->x->u.call.arg[0];
	struct pexpr sel = { .kind = PX_SELECTOR, .type = P_VECTOR,
	    .from = x->from, .to = x->to, .line = x->line, .col = x->col };

	if (reference(in->c->ev, x, &sel.u.selector.when) == -1)
		return -1;
	sel.u.selector.m = in->m;
	sel.u.selector.nm = in->nm;
	return pselect_vector_as(in->c->ev, &sel, in->c->g, PSELECT_INFO,
	    &in->series);
}

/* ---- who belongs to whom ---- */

/* By its name; when names are only excluded, the others end in _info. */
static bool
is_info(const struct info *in, const struct labels *l)
{
	struct str name = labels_get(l, STR("__name__"));

	if (in->only_not && (name.n <= 5 || !str_ends(name, STR("_info"))))
		return false;
	return matchers_ok(in->m, in->nm - in->ndata, l);
}

/* Is there a base series with the same value of an identifying label? */
struct id_values {
	struct pmap seen[2];
	size_t n[2];
};

static void
collect_ids(struct info *in, struct id_values *ids)
{
	const struct labels *l;
	const struct sym *v;
	size_t i, k;
	bool fresh;

	for (k = 0; k < 2; k++)
		pmap_init(&ids->seen[k], in->c->ev->a, in->base.nrows +
		    in->series.nrows);
	for (i = 0; i < in->base.nrows; i++) {
		l = in->base.row[i].labels;
		if (is_info(in, l))
			continue;
		for (k = 0; k < 2; k++) {
			if (!(v = labels_get_sym(l, in->id[k])))
				continue;
			*pmap_at(&ids->seen[k], v, &fresh) = 1;
			ids->n[k]++;
		}
	}
}

static bool
id_wanted(struct info *in, struct id_values *ids, const struct labels *l)
{
	const struct sym *v;
	size_t k;
	bool fresh;

	if (ids->n[0] + ids->n[1] == 0)
		return false;
	for (k = 0; k < 2; k++) {
		if (ids->n[k] == 0)
			continue;
		if (!(v = labels_get_sym(l, in->id[k])) ||
		    !*pmap_at(&ids->seen[k], v, &fresh))
			return false;
	}
	return true;
}

static void
add_name(struct info *in, const struct labels *l)
{
	const struct sym *name = labels_get_sym(l, in->c->ev->name);
	size_t i;

	for (i = 0; i < in->nnames; i++)
		if (in->name[i] == name)
			return;
	in->name[in->nnames++] = name;
}

static int
fail_duplicate(struct info *in, const struct prow *a, const struct prow *b,
    size_t step)
{
	struct buf x = { 0 }, y = { 0 };

	labels_print(a->labels, &x);
	labels_print(b->labels, &y);
	peval_fail(in->c->ev, "found duplicate series for info metric: "
	    "existing " STR_FMT " @ %.0f, new " STR_FMT " @ %.0f", STR_ARG(x),
	    a->v[step], STR_ARG(y), b->v[step]);
	buf_release(&x);
	buf_release(&y);
	return -1;
}

/* Of several info series of a group, the one with the newest sample. */
static int
take_newest(struct info *in, uint32_t group, uint32_t row)
{
	size_t step, n = in->c->g->n;
	uint32_t *at = in->newest + group * n;
	const struct prow *r = &in->series.row[row], *other;

	for (step = 0; step < n; step++) {
		if (pv_gone(r->v[step]))
			continue;
		other = at[step] == NO_ROW ? NULL : &in->series.row[at[step]];
		if (other && other->v[step] == r->v[step])
			return fail_duplicate(in, other, r, step);
		if (!other || other->v[step] < r->v[step])
			at[step] = row;
	}
	return 0;
}

static int
group_info(struct info *in)
{
	static const struct str by[] = { { "__name__", 8 }, { "instance", 8 },
	    { "job", 3 } };
	struct peval *ev = in->c->ev;
	struct id_values ids = { 0 };
	const struct labels *l;
	struct psig sig;
	size_t i, cells = in->series.nrows * in->c->g->n;

	collect_ids(in, &ids);
	psig_init(&sig, ev, true, by, 3);
	pgroups_init(&in->groups, ev->a, &sig, in->series.nrows + 1);
	in->name = ARENA_ARRAY(ev->a, in->series.nrows, const struct sym *);
	in->newest = arena_raw(ev->a, cells * sizeof(*in->newest));
	for (i = 0; i < cells; i++)
		in->newest[i] = NO_ROW;
	for (i = 0; i < in->series.nrows; i++) {
		l = in->series.row[i].labels;
		if (!is_info(in, l) || !id_wanted(in, &ids, l))
			continue;
		add_name(in, l);
		if (take_newest(in, pgroups_add(&in->groups, l),
		    (uint32_t)i) == -1)
			return -1;
	}
	return 0;
}

/* ---- the result ---- */

static bool
is_data_label(const struct info *in, struct str name)
{
	size_t i;

	if (str_eq(name, STR("__name__")))
		return false;
	for (i = 0; i < in->ndata; i++)
		if (str_eq(in->data[i].name, name))
			return true;
	return in->ndata == 0;
}

/* Without an info series: only when all data matchers accept that. */
static bool
may_be_missing(const struct info *in)
{
	size_t i;

	for (i = 0; i < in->ndata; i++)
		if (!matcher_ok_value(&in->data[i], STR("")))
			return false;
	return true;
}

/* Add one info series' labels to the builder; the base's own win. */
static int
add_data(struct info *in, const struct labels *base, const struct labels *from)
{
	struct labels_builder *b = &in->c->ev->lb;
	const struct sym *has;
	uint32_t i;

	for (i = 0; i < from->n; i++) {
		const struct sym *name = from->v[i].name;

		if (!is_data_label(in, name->s) ||
		    labels_get_sym(base, name))
			continue;
		has = labels_peek(b, name->s);
		if (has && has != from->v[i].value)
			return peval_fail(in->c->ev, "conflicting label: "
			    STR_FMT, STR_ARG(name->s));
		labels_set_sym(b, name, from->v[i].value);
	}
	return 0;
}

/* The groups that a base row can be enriched from: one per metric name. */
static void
groups_of(struct info *in, const struct labels *l, uint32_t *group)
{
	struct peval *ev = in->c->ev;
	struct psig by_id = { .on = true, .name = in->id, .n = 2 };
	const struct labels *id = psig_labels(ev, &by_id, l), *key;
	size_t i;

	for (i = 0; i < in->nnames; i++) {
		labels_build(&ev->lb, ev->table, id);
		labels_set_sym(&ev->lb, ev->name, in->name[i]);
		key = labels_done(&ev->lb);
		group[i] = pgroups_find(&in->groups, key);
	}
}

/* The labels of a base row at a step; NULL: it is left out. */
static int
labels_at(struct info *in, const struct labels *base, const uint32_t *group,
    size_t step, const struct labels **out)
{
	struct peval *ev = in->c->ev;
	size_t i, n = in->c->g->n, seen = 0;
	uint32_t row;

	labels_build(&ev->lb, ev->table, base);
	for (i = 0; i < in->nnames; i++) {
		if (group[i] == NO_ROW)
			continue;
		row = in->newest[group[i] * n + step];
		if (row == NO_ROW)
			continue;
		seen++;
		if (add_data(in, base, in->series.row[row].labels) == -1)
			return -1;
	}
	*out = seen || may_be_missing(in) ? labels_done(&ev->lb) : NULL;
	return 0;
}

/* The row of the result with these labels, among those of one base row. */
static struct prow *
out_row(struct info *in, size_t first, const struct labels *l, bool drop)
{
	struct peval *ev = in->c->ev;
	struct prow *more;
	size_t i;

	for (i = first; i < in->nout; i++)
		if (in->out[i].labels == l)
			return &in->out[i];
	if (in->nout == in->cap) {
		in->cap = in->cap * 2 + 8;
		more = ARENA_ARRAY(ev->a, in->cap, struct prow);
		if (in->nout)
			memcpy(more, in->out, in->nout * sizeof(*more));
		in->out = more;
	}
	more = &in->out[in->nout++];
	*more = (struct prow){ .labels = l, .drop_name = drop };
	more->v = arena_raw(ev->a, in->c->g->n * sizeof(*more->v));
	for (i = 0; i < in->c->g->n; i++)
		more->v[i] = pv_none();
	return more;
}

static int
enrich(struct info *in, const struct prow *r, uint32_t *group)
{
	size_t step, first = in->nout, n = in->c->g->n;
	bool itself = is_info(in, r->labels);
	const struct labels *l = r->labels;
	struct prow *to;

	if (!itself)
		groups_of(in, r->labels, group);
	for (step = 0; step < n; step++) {
		if (pv_gone(r->v[step]))
			continue;
		if (!itself && labels_at(in, r->labels, group, step,
		    &l) == -1)
			return -1;
		if (!l)
			continue;
		to = out_row(in, first, l, r->drop_name);
		to->v[step] = r->v[step];
		if (r->h && r->h[step])
			prow_hists(in->c->ev, to, n)[step] = r->h[step];
	}
	return 0;
}

int
fn_info(struct pcall *c, struct pcols *out)
{
	struct info in = { .c = c };
	struct intern *symbols = labels_symbols(c->ev->table);
	uint32_t *group;
	size_t i;

	in.id[0] = intern_str(symbols, STR("instance"));
	in.id[1] = intern_str(symbols, STR("job"));
	sort_matchers(&in, c->x->u.call.nargs > 1 ? pcall_arg(c, 1) : NULL);
	if (peval_expr(c->ev, c->x->u.call.arg[0], c->g, &in.base) == -1 ||
	    load_info(&in) == -1 || group_info(&in) == -1)
		return -1;
	group = ARENA_ARRAY(c->ev->a, in.nnames, uint32_t);
	for (i = 0; i < in.base.nrows; i++)
		if (enrich(&in, &in.base.row[i], group) == -1)
			return -1;
	*out = in.base;
	out->row = in.out;
	out->nrows = in.nout;
	if (peval_charge(c->ev, in.nout * c->g->n) == -1)
		return -1;
	return pcols_merge(c->ev, out);
}
