/*
 * agg: sum, avg, count, min, max, group, stddev and stdvar.  The group of each
 * row is worked out once; then each row is added to its group's columns.
 */
#include <math.h>

#include "promql/hists.h"

/* A group's state, one item a step.  val is absent until something is seen. */
struct acc {
	double *val;
	double *comp;		/* what summation has lost; or NULL */
	double *cnt, *mean;
	struct phist_total *h;	/* sum, avg of histograms; NULL: none seen */
	uint8_t *flags;		/* set together with h */
	bool *incremental;	/* avg: the sum would overflow */
	bool drop_name;
};

enum {
	A_FLOAT = 1 << 0, A_HIST = 1 << 1, A_BROKEN = 1 << 2,
	A_RESET = 1 << 3, A_NO_RESET = 1 << 4
};

struct agg_op {
	bool comp, cnt, mean, hists;
	void (*add)(struct pagg_in *in, struct acc *a, const struct prow *r);
	void (*final)(struct acc *a, size_t n);
};

/* ---- numbers ---- */

static void
sum_add(struct pagg_in *in, struct acc *a, const struct prow *r)
{
	size_t i;

	for (i = 0; i < in->g->n; i++) {
		if (pv_gone(r->v[i]))
			continue;
		if (pv_gone(a->val[i])) {
			a->val[i] = r->v[i];
			a->comp[i] = 0;
		} else {
			kahan_inc(r->v[i], &a->val[i], &a->comp[i]);
		}
	}
}

static void
sum_final(struct acc *a, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (!pv_gone(a->val[i]) && a->comp[i] != 0)
			a->val[i] += a->comp[i];
}

/*
 * The plain sum as long as it stays finite, else a running mean, as
 * Prometheus 3.14.
 */
static void
avg_point(struct acc *a, size_t i, double x)
{
	double s, c, q, n;

	if (pv_gone(a->val[i])) {
		a->val[i] = x;
		a->comp[i] = 0;
		a->cnt[i] = 1;
		a->mean[i] = x;
		a->incremental[i] = false;
		return;
	}
	n = ++a->cnt[i];
	if (!a->incremental[i]) {
		s = a->val[i];
		c = a->comp[i];
		kahan_inc(x, &s, &c);
		if (!isinf(s)) {
			a->val[i] = s;
			a->comp[i] = c;
			return;
		}
		a->incremental[i] = true;
		a->mean[i] = a->val[i] / (n - 1);
		a->comp[i] /= n - 1;
	}
	q = (n - 1) / n;
	a->mean[i] *= q;
	a->comp[i] *= q;
	kahan_inc(x / n, &a->mean[i], &a->comp[i]);
}

static void
avg_add(struct pagg_in *in, struct acc *a, const struct prow *r)
{
	size_t i;

	for (i = 0; i < in->g->n; i++)
		if (!pv_gone(r->v[i]))
			avg_point(a, i, r->v[i]);
}

static void
avg_final(struct acc *a, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (pv_gone(a->val[i]))
			continue;
		if (a->incremental[i])
			a->val[i] = a->mean[i] + a->comp[i];
		else
			a->val[i] = a->val[i] / a->cnt[i] +
			    a->comp[i] / a->cnt[i];
	}
}

static void
count_add(struct pagg_in *in, struct acc *a, const struct prow *r)
{
	size_t i;

	for (i = 0; i < in->g->n; i++)
		if (!pv_gone(r->v[i]))
			a->val[i] = pv_gone(a->val[i]) ? 1 : a->val[i] + 1;
}

static void
group_add(struct pagg_in *in, struct acc *a, const struct prow *r)
{
	size_t i;

	for (i = 0; i < in->g->n; i++)
		if (!pv_gone(r->v[i]))
			a->val[i] = 1;
}

/* A histogram where numbers are wanted: leave it out and say so. */
static bool
is_hist(struct pagg_in *in, const struct prow *r, size_t i)
{
	if (!r->h || !r->h[i])
		return false;
	peval_note(in->ev, PNOTE_INFO, in->arg, "ignored histogram in %s "
	    "aggregation", pagg_text(in->x->u.agg.op));
	return true;
}

static void
min_add(struct pagg_in *in, struct acc *a, const struct prow *r)
{
	size_t i;

	for (i = 0; i < in->g->n; i++)
		if (!pv_gone(r->v[i]) && !is_hist(in, r, i) &&
		    (a->val[i] > r->v[i] || isnan(a->val[i])))
			a->val[i] = r->v[i];
}

static void
max_add(struct pagg_in *in, struct acc *a, const struct prow *r)
{
	size_t i;

	for (i = 0; i < in->g->n; i++)
		if (!pv_gone(r->v[i]) && !is_hist(in, r, i) &&
		    (a->val[i] < r->v[i] || isnan(a->val[i])))
			a->val[i] = r->v[i];
}

/* Welford's, without compensation. */
static void
var_add(struct pagg_in *in, struct acc *a, const struct prow *r)
{
	double d, x;
	size_t i;

	for (i = 0; i < in->g->n; i++) {
		x = r->v[i];
		if (pv_gone(x) || is_hist(in, r, i))
			continue;
		if (pv_gone(a->val[i])) {
			a->cnt[i] = 1;
			a->mean[i] = x;
			a->val[i] = isfinite(x) ? 0 : NAN;
			continue;
		}
		d = x - a->mean[i];
		a->mean[i] += d / ++a->cnt[i];
		a->val[i] += d * (x - a->mean[i]);
	}
}

static void
stdvar_final(struct acc *a, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (!pv_gone(a->val[i]))
			a->val[i] /= a->cnt[i];
}

static void
stddev_final(struct acc *a, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (!pv_gone(a->val[i]))
			a->val[i] = sqrt(a->val[i] / a->cnt[i]);
}

static const struct agg_op ops[PAGG_NAGGS] = {
	[PAGG_SUM] = { .comp = true, .hists = true, .add = sum_add,
	    .final = sum_final },
	[PAGG_AVG] = { .comp = true, .cnt = true, .mean = true,
	    .hists = true, .add = avg_add, .final = avg_final },
	[PAGG_COUNT] = { .add = count_add },
	[PAGG_GROUP] = { .add = group_add },
	[PAGG_MIN] = { .add = min_add },
	[PAGG_MAX] = { .add = max_add },
	[PAGG_STDDEV] = { .cnt = true, .mean = true, .add = var_add,
	    .final = stddev_final },
	[PAGG_STDVAR] = { .cnt = true, .mean = true, .add = var_add,
	    .final = stdvar_final },
};

/* ---- histograms in sum and avg ---- */

static void
broken(struct pagg_in *in, struct acc *a, size_t i, const struct prow *r)
{
	struct buf name = { 0 };

	a->flags[i] |= A_BROKEN;
	go_quote(&name, labels_get(r->labels, STR("__name__")));
	peval_note(in->ev, PNOTE_WARNING, in->arg, "vector contains a mix "
	    "of histograms with exponential and custom buckets schemas for "
	    "metric name " STR_FMT, STR_ARG(name));
	buf_release(&name);
}

static void
note_bounds(struct pagg_in *in, unsigned what)
{
	if (what & HIST_BOUNDS_RECONCILED)
		peval_note(in->ev, PNOTE_INFO, in->arg, "mismatched custom "
		    "buckets were reconciled during aggregation");
}

static void
hist_point(struct pagg_in *in, struct acc *a, size_t i, const struct prow *r)
{
	const struct hist *h = r->h[i];
	unsigned what;

	if (a->flags[i] & A_BROKEN)
		return;
	a->flags[i] |= A_HIST;
	if (h->hint == HIST_RESET)
		a->flags[i] |= A_RESET;
	if (h->hint == HIST_NO_RESET)
		a->flags[i] |= A_NO_RESET;
	if ((a->flags[i] & A_FLOAT) || peval_charge_hist(in->ev, h) == -1)
		return;
	what = in->x->u.agg.op == PAGG_SUM ?
	    phist_total_add(&a->h[i], h, in->ev->a) :
	    phist_mean_add(&a->h[i], h, in->ev->a);
	if (what & HIST_INCOMPATIBLE)
		broken(in, a, i, r);
	note_bounds(in, what);
}

/*
 * A row with histograms, or a group that has some: point by point.  The
 * numbers are added by the operator's own function, one step at a time.
 */
static void
mixed_add(struct pagg_in *in, const struct agg_op *op, struct acc *a,
    const struct prow *r)
{
	struct pgrid one = { .n = 1 };
	struct pagg_in point = *in;
	struct acc at = *a;
	struct prow row;
	size_t i;

	point.g = &one;
	for (i = 0; i < in->g->n; i++) {
		if (pv_gone(r->v[i]))
			continue;
		if (r->h && r->h[i]) {
			hist_point(in, a, i, r);
			continue;
		}
		a->flags[i] |= A_FLOAT;
		at.val = a->val + i;
		at.comp = a->comp + i;
		at.cnt = a->cnt ? a->cnt + i : NULL;
		at.mean = a->mean ? a->mean + i : NULL;
		at.incremental = a->incremental ? a->incremental + i : NULL;
		row = (struct prow){ .v = r->v + i };
		op->add(&point, &at, &row);
	}
}

/* From now on the group keeps histograms too. */
static void
begin_hists(struct pagg_in *in, struct acc *a)
{
	size_t i;

	if (a->h)
		return;
	a->h = ARENA_ARRAY(in->ev->a, in->g->n, struct phist_total);
	a->flags = ARENA_ARRAY(in->ev->a, in->g->n, uint8_t);
	for (i = 0; i < in->g->n; i++)
		if (!pv_gone(a->val[i]))
			a->flags[i] = A_FLOAT;
}

/* The histogram of a step, or NULL. */
static const struct hist *
hist_final(struct pagg_in *in, struct acc *a, size_t i)
{
	struct hist *h;
	unsigned f = a->flags[i];

	if ((f & A_FLOAT) && (f & A_HIST)) {
		peval_note(in->ev, PNOTE_WARNING, in->arg, "encountered a mix "
		    "of histograms and floats for aggregation");
		return NULL;
	}
	if ((f & A_BROKEN) || !a->h[i].sum)
		return NULL;
	h = hist_copy(in->x->u.agg.op == PAGG_SUM ?
	    phist_total(&a->h[i], in->ev->a) :
	    phist_mean(&a->h[i], in->ev->a), in->ev->a);
	hist_compact(h, in->ev->a);
	if ((f & A_RESET) && (f & A_NO_RESET))
		peval_note(in->ev, PNOTE_WARNING, in->arg, "conflicting "
		    "counter resets during histogram aggregation");
	return h;
}

static void
hists_final(struct pagg_in *in, struct acc *a, struct prow *r)
{
	const struct hist *h;
	size_t i;

	for (i = 0; i < in->g->n; i++) {
		if (!(a->flags[i] & A_HIST))
			continue;
		h = hist_final(in, a, i);
		r->v[i] = h ? 0 : pv_none();
		prow_hists(in->ev, r, in->g->n)[i] = h;
	}
}

/* ---- groups ---- */

static void
acc_init(struct pagg_in *in, const struct agg_op *op, struct acc *a,
    double *val)
{
	struct arena *ar = in->ev->a;
	size_t n = in->g->n;

	*a = (struct acc){ .val = val };
	if (op->comp)
		a->comp = ARENA_ARRAY(ar, n, double);
	if (op->cnt)
		a->cnt = ARENA_ARRAY(ar, n, double);
	if (op->mean)
		a->mean = ARENA_ARRAY(ar, n, double);
	if (in->x->u.agg.op == PAGG_AVG)
		a->incremental = ARENA_ARRAY(ar, n, bool);
}

static void
add_row(struct pagg_in *in, struct acc *a, const struct prow *r)
{
	const struct agg_op *op = &ops[in->x->u.agg.op];

	a->drop_name |= r->drop_name;
	if (op->hists && r->h)
		begin_hists(in, a);
	if (op->hists && a->h)
		mixed_add(in, op, a, r);
	else
		op->add(in, a, r);
}

/* From the groups' states to rows; -1 when adding has failed. */
static int
finish_groups(struct pagg_in *in, struct acc *acc, struct pcols *out)
{
	const struct agg_op *op = &ops[in->x->u.agg.op];
	struct prow *r;
	size_t i;

	for (i = 0; i < in->groups.n; i++) {
		r = &out->row[i];
		r->labels = psig_labels(in->ev, &in->groups.sig,
		    in->groups.first[i]);
		r->drop_name = acc[i].drop_name;
		if (op->final)
			op->final(&acc[i], in->g->n);
		if (acc[i].h)
			hists_final(in, &acc[i], r);
	}
	pcols_drop_empty(out);
	return in->ev->e->kind == ERR_NONE ? 0 : -1;
}

static int
agg_simple(struct pagg_in *in, struct pcols *out)
{
	const struct agg_op *op = &ops[in->x->u.agg.op];
	struct acc *acc;
	size_t i;

	if (pcols_new(in->ev, in->g, in->groups.n, out) == -1)
		return -1;
	acc = ARENA_ARRAY(in->ev->a, in->groups.n, struct acc);
	for (i = 0; i < in->groups.n; i++)
		acc_init(in, op, &acc[i], out->row[i].v);
	for (i = 0; i < in->v.nrows; i++)
		add_row(in, &acc[in->group[i]], &in->v.row[i]);
	return finish_groups(in, acc, out);
}

static bool
row_is_empty(const struct prow *r, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (!pv_gone(r->v[i]))
			return false;
	return true;
}

/*
 * The argument is a range function: each of its rows goes into its group at
 * once, and is forgotten.
 */
static int
agg_rows(struct pagg_in *in, const struct psig *sig, struct prange_rows *it,
    size_t max, struct pcols *out)
{
	const struct agg_op *op = &ops[in->x->u.agg.op];
	struct acc *acc = ARENA_ARRAY(in->ev->a, max, struct acc);
	struct pcols one;
	struct prow *r;
	size_t n = 0;
	uint32_t id;
	int more;

	pgroups_init(&in->groups, in->ev->a, sig, max);
	pcols_none(in->g, out);
	out->row = ARENA_ARRAY(in->ev->a, max, struct prow);
	while ((more = prange_rows_next(it, &r)) == 1) {
		if (row_is_empty(r, in->g->n))
			continue;
		id = pgroups_add(&in->groups, r->labels);
		if (id == n) {
			if (pcols_new(in->ev, in->g, 1, &one) == -1)
				return -1;
			out->row[n] = one.row[0];
			acc_init(in, op, &acc[n], out->row[n].v);
			n++;
		}
		add_row(in, &acc[id], r);
	}
	out->nrows = n;
	return more == -1 ? -1 : finish_groups(in, acc, out);
}

static void
group_rows(struct pagg_in *in, const struct psig *sig)
{
	size_t i;

	pgroups_init(&in->groups, in->ev->a, sig, in->v.nrows);
	in->group = arena_raw(in->ev->a, in->v.nrows * sizeof(*in->group));
	for (i = 0; i < in->v.nrows; i++)
		in->group[i] = pgroups_add(&in->groups,
		    in->v.row[i].labels);
}

/* The argument is there as a whole; the rest is in the operator's file. */
static int
agg_whole(struct pagg_in *in, struct pcols *out)
{
	const struct pexpr *x = in->x;
	struct psig sig;

	if (x->u.agg.op == PAGG_COUNT_VALUES)
		return pagg_count_values(in, out);
	psig_init(&sig, in->ev, !x->u.agg.without, x->u.agg.by,
	    x->u.agg.nby);
	group_rows(in, &sig);
	if (ops[x->u.agg.op].add)
		return agg_simple(in, out);
	pgroups_index(in->ev->a, in->group, in->v.nrows, in->groups.n,
	    &in->at, &in->row);
	return x->u.agg.op == PAGG_QUANTILE ? pagg_quantile(in, out) :
	    pagg_k(in, out);
}

int
pagg_eval(struct peval *ev, const struct pexpr *x, const struct pgrid *g,
    struct pcols *out)
{
	struct pagg_in in = { .ev = ev, .x = x, .g = g,
	    .arg = pexpr_bare(x->u.agg.expr) };
	const struct pexpr *param = x->u.agg.param;
	struct prange_rows *it = NULL;
	struct psig sig;
	double *p = NULL;
	size_t max = 0;
	bool merged = false;

	if (param && param->type == P_SCALAR &&
	    peval_scalar(ev, param, g, &p) == -1)
		return -1;
	in.param = p;
	if (g->n > 1 && ops[x->u.agg.op].add &&
	    prange_rows(ev, in.arg, g, &it, &max, &merged) == -1)
		return -1;
	if (it && !merged) {
		psig_init(&sig, ev, !x->u.agg.without, x->u.agg.by,
		    x->u.agg.nby);
		return agg_rows(&in, &sig, it, max, out);
	}
	if ((it ? prange_rows_all(it, &in.v) : peval_expr(ev,
	    x->u.agg.expr, g, &in.v)) == -1)
		return -1;
	return agg_whole(&in, out);
}
