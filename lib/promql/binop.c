/*
 * binop: operators between values.  Which rows meet is worked out once per
 * query, since labels do not change with the step; the steps are a tight
 * loop per pair of rows.
 */
#include "promql/binop.h"

#include <math.h>
#include <stdlib.h>

static void
binop_init(struct binop *b, struct peval *ev, const struct pexpr *x)
{
	*b = (struct binop){ .ev = ev, .x = x, .op = x->u.binary.op,
	    .return_bool = x->u.binary.return_bool };
	b->compares = pop_is_comparison(b->op);
	b->changes_name = !b->compares && b->op != POP_TRIM_UPPER &&
	    b->op != POP_TRIM_LOWER;
}

/* ---- elements ---- */

static bool
compare(enum pop op, double l, double r)
{
	switch (op) {
	case POP_EQ:
		return l == r;
	case POP_NE:
		return l != r;
	case POP_LT:
		return l < r;
	case POP_LE:
		return l <= r;
	case POP_GT:
		return l > r;
	default:
		return l >= r;
	}
}

static double
arithmetic(enum pop op, double l, double r)
{
	switch (op) {
	case POP_ADD:
		return l + r;
	case POP_SUB:
		return l - r;
	case POP_MUL:
		return l * r;
	case POP_DIV:
		return l / r;
	case POP_MOD:
		return fmod(l, r);
	case POP_POW:
		return pow(l, r);
	default:
		return atan2(l, r);
	}
}

double
pbinop_scalar(enum pop op, double l, double r)
{
	return pop_is_comparison(op) ? compare(op, l, r) :
	    arithmetic(op, l, r);
}

static enum verdict
incompatible(const struct binop *b, struct elem l, struct elem r)
{
	peval_note(b->ev, PNOTE_INFO, b->x, "incompatible sample types "
	    "encountered for binary operator \"%s\": %s %s %s",
	    pop_text(b->op), l.h ? "histogram" : "float", pop_text(b->op),
	    r.h ? "histogram" : "float");
	return INCOMPATIBLE;
}

static void
note_hist_op(const struct binop *b, unsigned what, const char *doing)
{
	if (what & HIST_HINTS_COLLIDE)
		peval_note(b->ev, PNOTE_WARNING, b->x, "conflicting counter "
		    "resets during histogram %s", doing);
	if (what & HIST_BOUNDS_RECONCILED)
		peval_note(b->ev, PNOTE_INFO, b->x, "mismatched custom "
		    "buckets were reconciled during %s", doing);
}

static enum verdict
add_hists(const struct binop *b, struct elem l, struct elem r,
    struct elem *out)
{
	bool add = b->op == POP_ADD;
	struct hist *h = hist_copy(l.h, b->ev->a);
	unsigned what;

	what = add ? hist_add(h, r.h, b->ev->a) : hist_sub(h, r.h, b->ev->a);
	if (what & HIST_INCOMPATIBLE) {
		peval_note(b->ev, PNOTE_WARNING, b->x, "incompatible bucket "
		    "layout encountered for binary operator %s",
		    pop_text(b->op));
		return INCOMPATIBLE;
	}
	note_hist_op(b, what, add ? "addition" : "subtraction");
	if (what & HIST_HINTS_COLLIDE)
		return INCOMPATIBLE;
	if (!add)
		h->hint = HIST_GAUGE;
	hist_compact(h, b->ev->a);
	*out = (struct elem){ .h = h };
	return KEEP;
}

/* At least one of them is a histogram. */
static enum verdict
hist_binop(const struct binop *b, struct elem l, struct elem r,
    struct elem *out)
{
	struct arena *a = b->ev->a;
	struct hist *h;

	if (l.h && r.h) {
		if (b->op == POP_ADD || b->op == POP_SUB)
			return add_hists(b, l, r, out);
		if (b->op != POP_EQ && b->op != POP_NE)
			return incompatible(b, l, r);
		*out = l;
		return hist_eq(l.h, r.h) == (b->op == POP_EQ) ? KEEP :
		    FILTERED;
	}
	if (b->op == POP_MUL) {
		h = l.h ? hist_scaled(l.h, r.v, a) : hist_scaled(r.h, l.v, a);
	} else if (l.h && b->op == POP_DIV) {
		h = hist_copy(l.h, a);
		hist_div(h, r.v);
	} else if (l.h && (b->op == POP_TRIM_UPPER ||
	    b->op == POP_TRIM_LOWER)) {
		h = hist_copy(l.h, a);
		hist_trim(h, r.v, b->op == POP_TRIM_UPPER, a);
		*out = (struct elem){ .h = h };
		return KEEP;
	} else {
		return incompatible(b, l, r);
	}
	hist_compact(h, b->ev->a);
	*out = (struct elem){ .h = h };
	return KEEP;
}

/* l op r, before `bool`. */
enum verdict
pelem_binop(const struct binop *b, struct elem l, struct elem r,
    struct elem *out)
{
	if (__builtin_expect(l.h || r.h, 0))
		return hist_binop(b, l, r, out);
	if (b->compares) {
		*out = l;
		return compare(b->op, l.v, r.v) ? KEEP : FILTERED;
	}
	if (!b->changes_name)
		return incompatible(b, l, r);
	*out = (struct elem){ .v = arithmetic(b->op, l.v, r.v) };
	return KEEP;
}

struct elem
pelem_of(const struct prow *r, size_t i)
{
	return (struct elem){ r->v[i], r->h ? r->h[i] : NULL };
}

void
pelem_put(const struct binop *b, struct prow *r, size_t i, size_t nsteps,
    struct elem e)
{
	r->v[i] = e.h ? 0 : e.v;
	if (e.h) {
		prow_hists(b->ev, r, nsteps)[i] = e.h;
		(void)peval_charge_hist(b->ev, e.h);
	} else if (r->h) {
		r->h[i] = NULL;
	}
}

/* ---- with scalars ---- */

static int
scalar_scalar(struct binop *b, const struct pgrid *g, struct pcols *out)
{
	double *r;
	size_t i;

	if (!b->compares && !b->changes_name)
		return peval_fail(b->ev, "operator \"%s\" not allowed for "
		    "Scalar operations", pop_text(b->op));
	if (peval_expr(b->ev, b->x->u.binary.left, g, out) == -1 ||
	    peval_scalar(b->ev, b->x->u.binary.right, g, &r) == -1)
		return -1;
	for (i = 0; i < g->n; i++)
		out->row[0].v[i] = pbinop_scalar(b->op, out->row[0].v[i],
		    r[i]);
	return 0;
}

/* The vector's element e against the number s; swap: the number is left. */
static enum verdict
with_scalar(const struct binop *b, struct elem e, double s, bool swap,
    struct elem *out)
{
	struct elem n = { .v = s };
	enum verdict v;

	v = swap ? pelem_binop(b, n, e, out) : pelem_binop(b, e, n, out);
	if (v == INCOMPATIBLE)
		return v;
	if (b->return_bool) {
		*out = (struct elem){ .v = v == KEEP };
		return KEEP;
	}
	if (b->compares)
		*out = e;
	return v;
}

static void
row_with_scalar(const struct binop *b, struct prow *r, const double *s,
    bool swap, size_t nsteps)
{
	struct elem e;
	size_t i;

	for (i = 0; i < nsteps; i++) {
		if (pv_gone(r->v[i]))
			continue;
		if (with_scalar(b, pelem_of(r, i), s[i], swap, &e) == KEEP) {
			pelem_put(b, r, i, nsteps, e);
			continue;
		}
		r->v[i] = pv_none();
		if (r->h)
			r->h[i] = NULL;
	}
}

static int
vector_scalar(struct binop *b, const struct pexpr *vec,
    const struct pexpr *num, bool swap, const struct pgrid *g,
    struct pcols *out)
{
	double *s;
	size_t i;

	if (peval_expr(b->ev, vec, g, out) == -1 ||
	    peval_scalar(b->ev, num, g, &s) == -1)
		return -1;
	for (i = 0; i < out->nrows; i++) {
		row_with_scalar(b, &out->row[i], s, swap, g->n);
		if (b->changes_name || b->return_bool)
			prow_drop_name(b->ev, &out->row[i]);
	}
	if (b->ev->e->kind != ERR_NONE)
		return -1;
	pcols_drop_empty(out);
	return b->ev->c->delayed_name_removal ? 0 : pcols_merge(b->ev, out);
}

/* ---- vector with vector: who meets whom ---- */

static void
side_group(struct peval *ev, struct side *s, struct pgroups *groups)
{
	size_t i;

	s->group = arena_raw(ev->a, s->v.nrows * sizeof(*s->group));
	for (i = 0; i < s->v.nrows; i++)
		s->group[i] = pgroups_add(groups, s->v.row[i].labels);
}

int
pmeet(struct binop *b, const struct pgrid *g, struct meeting *m)
{
	const struct pexpr *x = b->x;
	struct psig sig;

	if (peval_expr(b->ev, x->u.binary.left, g, &m->l.v) == -1 ||
	    peval_expr(b->ev, x->u.binary.right, g, &m->r.v) == -1)
		return -1;
	psig_init(&sig, b->ev, x->u.binary.on, x->u.binary.match,
	    x->u.binary.nmatch);
	pgroups_init(&m->groups, b->ev->a, &sig, m->l.v.nrows + m->r.v.nrows);
	side_group(b->ev, &m->l, &m->groups);
	side_group(b->ev, &m->r, &m->groups);
	pgroups_index(b->ev->a, m->l.group, m->l.v.nrows, m->groups.n,
	    &m->l.at, &m->l.row);
	pgroups_index(b->ev->a, m->r.group, m->r.v.nrows, m->groups.n,
	    &m->r.at, &m->r.row);
	return 0;
}

/* ---- sets ---- */

/* seen[step]: does a row of the group have a point there? */
static void
group_presence(const struct side *s, uint32_t group, size_t nsteps,
    bool *seen)
{
	const struct prow *r;
	uint32_t i;
	size_t k;

	memset(seen, 0, nsteps * sizeof(*seen));
	for (i = s->at[group]; i < s->at[group + 1]; i++) {
		r = &s->v.row[s->row[i]];
		for (k = 0; k < nsteps; k++)
			seen[k] |= !pv_gone(r->v[k]);
	}
}

/* Remove the points of rows in s where other has (or has not) a partner. */
static void
side_filter(struct peval *ev, struct side *s, const struct side *other,
    bool keep_if, size_t ngroups, size_t nsteps)
{
	bool *seen = arena_raw(ev->a, nsteps * sizeof(*seen));
	struct prow *r;
	uint32_t gr, i;
	size_t k;

	for (gr = 0; gr < ngroups; gr++) {
		if (s->at[gr] == s->at[gr + 1])
			continue;
		group_presence(other, gr, nsteps, seen);
		for (i = s->at[gr]; i < s->at[gr + 1]; i++) {
			r = &s->v.row[s->row[i]];
			for (k = 0; k < nsteps; k++) {
				if (seen[k] == keep_if)
					continue;
				r->v[k] = pv_none();
				if (r->h)
					r->h[k] = NULL;
			}
		}
	}
}

static int
set_binop(struct binop *b, const struct pgrid *g, struct pcols *out)
{
	struct meeting m = { 0 };

	if (pmeet(b, g, &m) == -1)
		return -1;
	if (b->op == POP_OR) {
		side_filter(b->ev, &m.r, &m.l, false, m.groups.n, g->n);
		pcols_drop_empty(&m.r.v);
		*out = m.l.v;
		pcols_append(b->ev, out, &m.r.v);
		return pcols_merge(b->ev, out);
	}
	side_filter(b->ev, &m.l, &m.r, b->op == POP_AND, m.groups.n, g->n);
	*out = m.l.v;
	pcols_drop_empty(out);
	return 0;
}

/* ---- the tree ---- */

int
pbinop_eval(struct peval *ev, const struct pexpr *x, const struct pgrid *g,
    struct pcols *out)
{
	const struct pexpr *l = x->u.binary.left, *r = x->u.binary.right;
	struct binop b;

	binop_init(&b, ev, x);
	if (l->type == P_SCALAR && r->type == P_SCALAR)
		return scalar_scalar(&b, g, out);
	if (r->type == P_SCALAR)
		return vector_scalar(&b, l, r, false, g, out);
	if (l->type == P_SCALAR)
		return vector_scalar(&b, r, l, true, g, out);
	if (pop_is_set(b.op))
		return set_binop(&b, g, out);
	return pmatch_eval(&b, g, out);
}
