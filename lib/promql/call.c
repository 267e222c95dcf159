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

int
pscalars_eval(struct pcall *c, struct pscalars *s)
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

void
pscalars_at(const struct pscalars *s, size_t step, double *arg)
{
	size_t i;

	for (i = 0; i < s->n; i++)
		arg[i] = s->v[i][step];
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
map_row(const struct pcall *c, const struct pscalars *sc, struct prow *r)
{
	double (*kernel)(double, const double *) = c->x->u.call.func->fn.map;
	double arg[PFUNC_ARGS_MAX] = { 1 };	/* round's default */
	size_t i;

	for (i = 0; i < c->g->n; i++) {
		pscalars_at(sc, i, arg);
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
	struct pscalars sc;
	size_t i;

	if (c->x->u.call.nargs == 0) {
		if (eval_time_vector(c, out) == -1)
			return -1;
	} else if (peval_expr(c->ev, c->x->u.call.arg[0], c->g, out) == -1) {
		return -1;
	}
	if (pscalars_eval(c, &sc) == -1)
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
	struct pscalars sc;
	size_t i;

	if (pscalars_eval(c, &sc) == -1 || pcols_new(c->ev, c->g, 1, out) == -1)
		return -1;
	out->type = P_SCALAR;
	out->row[0].labels = labels_empty(c->ev->table);
	for (i = 0; i < c->g->n; i++) {
		pscalars_at(&sc, i, arg);
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
		return prange_eval(&c, out);
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
