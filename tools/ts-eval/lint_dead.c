/*
 * Lints of what can never give a result, whatever the samples are:
 * conditions that exclude each other, matchers that do, a side of 'or' that
 * is never asked for.
 */
#include <math.h>

#include "flow.h"
#include "lint.h"
#include "promql/functions.h"

struct walk {
	struct lint_run *run;
	const struct lint_rule *r;
};

/* ---- matchers ---- */

/* No value at all satisfies both. */
static bool
exclude(const struct matcher *a, const struct matcher *b)
{
	if (!str_eq(a->name, b->name))
		return false;
	if (a->op == MATCH_EQ)
		return !matcher_ok_value(b, a->value);
	if (b->op == MATCH_EQ)
		return !matcher_ok_value(a, b->value);
	return str_eq(a->value, b->value) &&
	    ((a->op == MATCH_RE && b->op == MATCH_NRE) ||
	    (a->op == MATCH_NRE && b->op == MATCH_RE));
}

static bool
is_never(const struct matcher *m)
{
	return m->op == MATCH_NRE && (str_eq(m->value, STR(".*")) ||
	    str_eq(m->value, STR("(.*)")));
}

static void
check_selector(struct walk *w, const struct pexpr *x)
{
	const struct matcher *m = x->u.selector.m;
	size_t i, k;

	for (i = 0; i < x->u.selector.nm; i++) {
		if (is_never(&m[i])) {
			lint_at_expr(w->run, w->r, x, "no series is left by "
			    STR_FMT "!~\"" STR_FMT "\": the pattern matches "
			    "everything, a missing label too",
			    STR_ARG(m[i].name), STR_ARG(m[i].value));
			return;
		}
		for (k = 0; k < i; k++)
			if (exclude(&m[k], &m[i])) {
				lint_at_expr(w->run, w->r, x, "no value of '"
				    STR_FMT "' is %s\"" STR_FMT "\" and %s\""
				    STR_FMT "\"", STR_ARG(m[i].name),
				    match_op_text(m[k].op),
				    STR_ARG(m[k].value),
				    match_op_text(m[i].op),
				    STR_ARG(m[i].value));
				return;
			}
	}
}

/* ---- numbers ---- */

/* x is this number for every series: vector(1), 2 * 3. */
static bool
constant(const struct pexpr *x, double *v)
{
	double l, r;

	x = pexpr_bare(x);
	if (x->kind == PX_NUMBER) {
		*v = x->u.number.v;
		return true;
	}
	if (x->kind == PX_UNARY && constant(x->u.unary.expr, v)) {
		*v = x->u.unary.minus ? -*v : *v;
		return true;
	}
	if (x->kind == PX_CALL && strcmp(x->u.call.func->name, "vector") == 0)
		return constant(x->u.call.arg[0], v);
	if (x->kind != PX_BINARY || !constant(x->u.binary.left, &l) ||
	    !constant(x->u.binary.right, &r))
		return false;
	switch (x->u.binary.op) {
	case POP_ADD:
		*v = l + r;
		return true;
	case POP_SUB:
		*v = l - r;
		return true;
	case POP_MUL:
		*v = l * r;
		return true;
	case POP_DIV:
		*v = l / r;
		return true;
	default:
		return false;
	}
}

static bool
holds(enum pop op, double l, double r)
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
	case POP_GE:
		return l >= r;
	default:
		return true;
	}
}

/* What is left of the numbers: from low to high, with or without the ends. */
struct range {
	double low, high;
	bool open_low, open_high;
};

static bool
is_empty(const struct range *r)
{
	return r->low > r->high ||
	    (r->low == r->high && (r->open_low || r->open_high));
}

static void
raise_low(struct range *r, double v, bool open)
{
	if (v > r->low || (v == r->low && open)) {
		r->low = v;
		r->open_low = open;
	}
}

static void
lower_high(struct range *r, double v, bool open)
{
	if (v < r->high || (v == r->high && open)) {
		r->high = v;
		r->open_high = open;
	}
}

static void
narrow(struct range *r, enum pop op, double v)
{
	if (isnan(v) && op != POP_NE) {
		raise_low(r, INFINITY, true);
		return;
	}
	if (op == POP_EQ || op == POP_GT || op == POP_GE)
		raise_low(r, v, op == POP_GT);
	if (op == POP_EQ || op == POP_LT || op == POP_LE)
		lower_high(r, v, op == POP_LT);
}

static enum pop
mirrored(enum pop op)
{
	switch (op) {
	case POP_LT:
		return POP_GT;
	case POP_LE:
		return POP_GE;
	case POP_GT:
		return POP_LT;
	case POP_GE:
		return POP_LE;
	default:
		return op;
	}
}

/*
 * The comparisons with numbers at the top of x, one behind the other, narrow
 * *r; the expression below them.
 */
static const struct pexpr *
below(const struct pexpr *x, struct range *r)
{
	double v;

	for (;;) {
		x = pexpr_bare(x);
		if (x->kind != PX_BINARY || x->u.binary.return_bool ||
		    !pop_is_comparison(x->u.binary.op))
			return x;
		if (constant(x->u.binary.right, &v)) {
			narrow(r, x->u.binary.op, v);
			x = x->u.binary.left;
		} else if (constant(x->u.binary.left, &v) &&
		    x->u.binary.left->type == P_SCALAR) {
			narrow(r, mirrored(x->u.binary.op), v);
			x = x->u.binary.right;
		} else {
			return x;
		}
	}
}

static bool
same_text(const struct pexpr *a, const struct pexpr *b)
{
	struct buf x = { 0 }, y = { 0 };
	bool same;

	promql_print(a, &x);
	promql_print(b, &y);
	same = str_eq(buf_str(&x), buf_str(&y));
	buf_release(&x);
	buf_release(&y);
	return same;
}

static bool
matches_all(const struct pexpr *x)
{
	return !x->u.binary.on && x->u.binary.nmatch == 0;
}

static void
check_range(struct walk *w, const struct pexpr *x)
{
	struct range r = { -INFINITY, INFINITY, false, false };
	const struct pexpr *l;
	double v;

	if (x->u.binary.op == POP_AND) {
		l = below(x->u.binary.left, &r);
		if (!matches_all(x) || is_empty(&r) ||
		    !same_text(l, below(x->u.binary.right, &r)))
			return;
	} else {
		if (constant(x->u.binary.left, &v) &&
		    constant(x->u.binary.right, &r.low)) {
			if (!holds(x->u.binary.op, v, r.low))
				lint_at_expr(w->run, w->r, x, "%.17g %s %.17g "
				    "is never true", v,
				    pop_text(x->u.binary.op), r.low);
			return;
		}
		(void)below(x, &r);
	}
	if (is_empty(&r))
		lint_at_expr(w->run, w->r, x, "no number satisfies these "
		    "conditions together");
}

/* ---- the right side of 'or' ---- */

/* Always there, without labels. */
static bool
is_always(const struct pexpr *x)
{
	double v;

	return x->type == P_VECTOR && constant(x, &v);
}

static void
check_or(struct walk *w, const struct pexpr *x)
{
	struct flow f = flow_of(x->u.binary.right, w->run->in->arena);

	if (!is_always(x->u.binary.left))
		return;
	if (x->u.binary.on ? x->u.binary.nmatch == 0 :
	    !f.open && f.may.n == 0)
		lint_at_expr(w->run, w->r, x->u.binary.right, "the left side "
		    "of 'or' is always there, so this is never taken: swap "
		    "them");
}

static bool
note_dead(void *arg, const struct pexpr *x)
{
	struct walk *w = arg;

	if (x->kind == PX_SELECTOR)
		check_selector(w, x);
	if (x->kind != PX_BINARY)
		return true;
	if (x->u.binary.op == POP_OR)
		check_or(w, x);
	else if (x->u.binary.op == POP_AND ||
	    (pop_is_comparison(x->u.binary.op) && !x->u.binary.return_bool)) {
		size_t before = w->run->found;

		check_range(w, x);
		/* Not again for the part that made it empty. */
		return w->run->found == before;
	}
	return true;
}

void
lint_never_true(struct lint_run *run, const struct lint_rule *r)
{
	struct walk w = { run, r };

	pexpr_walk(r->expr, note_dead, &w);
}
