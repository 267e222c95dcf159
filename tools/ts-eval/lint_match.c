/*
 * Lints of what an expression gives over samples: sides that never match,
 * thresholds that what is compared cannot reach.
 */
#include <math.h>

#include "lint.h"
#include "lint_data.h"
#include "promql/functions.h"

struct walk {
	struct lint_run *run;
	const struct lint_rule *r;
};

/* ---- without the conditions ---- */

static struct pexpr	*node_copy(const struct pexpr *x, struct arena *a);

static void
arguments_copy(struct pexpr *x, struct arena *a)
{
	struct pexpr **arg = ARENA_ARRAY(a, x->u.call.nargs, struct pexpr *);
	size_t i;

	for (i = 0; i < x->u.call.nargs; i++)
		arg[i] = node_copy(x->u.call.arg[i], a);
	x->u.call.arg = arg;
}

/* `vector > 5` becomes `vector`; `a > b` becomes `a > bool b`. */
static struct pexpr *
binary_copy(struct pexpr *x, struct arena *a)
{
	struct pexpr *l = node_copy(x->u.binary.left, a);
	struct pexpr *r = node_copy(x->u.binary.right, a);

	x->u.binary.left = l;
	x->u.binary.right = r;
	if (!pop_is_comparison(x->u.binary.op) || x->u.binary.return_bool)
		return x;
	if (l->type != P_VECTOR || r->type != P_VECTOR)
		return l->type == P_VECTOR ? l : r;
	x->u.binary.return_bool = true;
	return x;
}

/*
 * A copy that gives a series wherever x could give one: conditions do not
 * filter.  Ranges and subqueries stay as they are.
 */
static struct pexpr *
node_copy(const struct pexpr *from, struct arena *a)
{
	struct pexpr *x = ARENA_NEW(a, struct pexpr);

	*x = *from;
	switch (x->kind) {
	case PX_BINARY:
		return binary_copy(x, a);
	case PX_PAREN:
		x->u.paren = node_copy(x->u.paren, a);
		break;
	case PX_UNARY:
		x->u.unary.expr = node_copy(x->u.unary.expr, a);
		break;
	case PX_AGG:
		x->u.agg.expr = node_copy(x->u.agg.expr, a);
		break;
	case PX_CALL:
		arguments_copy(x, a);
		break;
	default:
		break;
	}
	return x;
}

/* ---- sides that never match ---- */

static bool
has_point(const struct prow *r, size_t step)
{
	return !pv_absent(r->v[step]) || (r->h && r->h[step]);
}

static bool
any_at(const struct pcols *v, size_t step)
{
	size_t i;

	for (i = 0; i < v->nrows; i++)
		if (has_point(&v->row[i], step))
			return true;
	return false;
}

/* Do both have a series at one and the same time? */
static bool
both_at_once(const struct pcols *l, const struct pcols *r)
{
	size_t i;

	for (i = 0; i < l->nsteps && i < r->nsteps; i++)
		if (any_at(l, i) && any_at(r, i))
			return true;
	return false;
}

static bool
is_named(const struct pexpr *x, struct str label)
{
	size_t i;

	for (i = 0; i < x->u.binary.nmatch; i++)
		if (str_eq(x->u.binary.match[i], label))
			return true;
	return false;
}

static bool
is_matched(const struct pexpr *x, struct str label)
{
	if (str_eq(label, STR("__name__")))
		return false;
	return is_named(x, label) == x->u.binary.on;
}

static bool
has_value(const struct pcols *v, struct str label, struct str value)
{
	size_t i;

	for (i = 0; i < v->nrows; i++)
		if (str_eq(labels_get(v->row[i].labels, label), value))
			return true;
	return false;
}

/* No value of the label on one side stands on the other. */
static bool
is_disjoint(const struct pcols *l, const struct pcols *r, struct str label)
{
	size_t i;

	for (i = 0; i < l->nrows; i++)
		if (has_value(r, label, labels_get(l->row[i].labels, label)))
			return false;
	return true;
}

static void
put_side(struct buf *out, const struct pcols *v, struct str label,
    const char *side)
{
	struct str value = labels_get(v->row[0].labels, label);

	(void)buf_printf(out, value.n ? "\"" STR_FMT "\" on the %s" :
	    STR_FMT "none on the %s", STR_ARG(value), side);
}

/* ", datname ("shop" on the left, none on the right)" */
static void
put_labels(struct buf *out, const struct pexpr *x, const struct pcols *of,
    const struct pcols *l, const struct pcols *r)
{
	const struct labels *set = of->row[0].labels;
	uint32_t i;

	for (i = 0; i < set->n; i++) {
		struct str label = set->v[i].name->s;

		if (!is_matched(x, label) || !is_disjoint(l, r, label) ||
		    (of == r && labels_get(l->row[0].labels, label).n))
			continue;
		(void)buf_printf(out, "%s" STR_FMT " (",
		    buf_str(out).n ? ", " : "", STR_ARG(label));
		put_side(out, l, label, "left");
		(void)buf_put(out, STR(", "));
		put_side(out, r, label, "right");
		(void)buf_putc(out, ')');
	}
}

static void
say_empty(struct walk *w, const struct pexpr *x, const struct pcols *l,
    const struct pcols *r)
{
	struct buf b = { 0 };

	put_labels(&b, x, l, l, r);
	put_labels(&b, x, r, l, r);
	if (buf_str(&b).n)
		lint_at_expr(w->run, w->r, x, "both sides of '%s' have series "
		    "in the data, and none match: they differ in " STR_FMT,
		    pop_text(x->u.binary.op), STR_ARG(buf_str(&b)));
	else
		lint_at_expr(w->run, w->r, x, "both sides of '%s' have series "
		    "in the data, and none match: no two have all labels in "
		    "common", pop_text(x->u.binary.op));
	buf_release(&b);
}

/* What does not match is what 'or' and 'unless' are for. */
static bool
must_match(const struct pexpr *x)
{
	return x->kind == PX_BINARY && x->u.binary.op != POP_OR &&
	    x->u.binary.op != POP_UNLESS && !x->u.binary.fill_left &&
	    !x->u.binary.fill_right && x->u.binary.left->type == P_VECTOR &&
	    x->u.binary.right->type == P_VECTOR;
}

static bool
note_empty(void *arg, const struct pexpr *x)
{
	struct walk *w = arg;
	struct lint_data *d = w->run->in->data;
	struct pcols l, r, both;
	struct pexpr *all;

	if (!must_match(x))
		return true;
	all = node_copy(x, &d->query);
	if (lint_data_eval(d, all->u.binary.left, &l) &&
	    lint_data_eval(d, all->u.binary.right, &r) &&
	    lint_data_eval(d, all, &both) &&
	    both.nrows == 0 && both_at_once(&l, &r))
		say_empty(w, x, &l, &r);
	lint_data_reset(d);
	return true;
}

void
lint_match_empty(struct lint_run *run, const struct lint_rule *r)
{
	struct walk w = { run, r };

	if (run->in->data && run->in->data->newest != NO_TIME)
		pexpr_walk(r->expr, note_empty, &w);
}

/* ---- thresholds out of reach ---- */

/*
 * What is certainly between 0 and 1 if its samples are: a division, one minus
 * it, a comparison with bool; also what max() and the like make of it.
 */
static bool
is_share(const struct pexpr *x)
{
	x = pexpr_bare(x);
	if (x->kind == PX_AGG)
		return (x->u.agg.op == PAGG_MAX || x->u.agg.op == PAGG_MIN ||
		    x->u.agg.op == PAGG_AVG) && is_share(x->u.agg.expr);
	if (x->kind != PX_BINARY)
		return false;
	if (x->u.binary.op == POP_SUB)
		return pexpr_bare(x->u.binary.left)->kind == PX_NUMBER &&
		    is_share(x->u.binary.right);
	return (x->u.binary.op == POP_DIV &&
	    x->u.binary.right->type == P_VECTOR) || x->u.binary.return_bool;
}

static double
greatest(const struct pcols *v)
{
	double most = -1, least = 0;
	size_t i, k;

	for (i = 0; i < v->nrows; i++)
		for (k = 0; k < v->nsteps; k++) {
			double x = v->row[i].v[k];

			if (pv_absent(x) || (v->row[i].h && v->row[i].h[k]))
				continue;
			if (x > most)
				most = x;
			if (x < least)
				least = x;
		}
	return least < 0 ? INFINITY : most;
}

/*
 * A ratio can pass 1 (load per processor does), so only a threshold that is
 * clearly a percentage is told.
 */
#define PERCENTAGE_MIN	10

static bool
asks_for_more(const struct pexpr *x, double *limit)
{
	const struct pexpr *right;
	enum pop op;

	if (x->kind != PX_BINARY || x->u.binary.return_bool)
		return false;
	op = x->u.binary.op;
	right = pexpr_bare(x->u.binary.right);
	if (right->kind != PX_NUMBER ||
	    (op != POP_GT && op != POP_GE && op != POP_EQ))
		return false;
	*limit = right->u.number.v;
	return *limit >= PERCENTAGE_MIN && *limit <= 100;
}

static bool
note_unreachable(void *arg, const struct pexpr *x)
{
	struct walk *w = arg;
	struct lint_data *d = w->run->in->data;
	struct pcols v;
	double limit, most;

	if (!asks_for_more(x, &limit) || !is_share(x->u.binary.left))
		return true;
	if (lint_data_eval(d, node_copy(x->u.binary.left, &d->query), &v) &&
	    (most = greatest(&v)) >= 0 && most <= 1)
		lint_at_expr(w->run, w->r, x->u.binary.left, "a share of 1, "
		    "at most %g in the data, is compared with %g: multiply "
		    "it by 100, or compare with %g", most, limit, limit / 100);
	lint_data_reset(d);
	return true;
}

void
lint_threshold_unreachable(struct lint_run *run, const struct lint_rule *r)
{
	struct walk w = { run, r };

	if (run->in->data && run->in->data->newest != NO_TIME)
		pexpr_walk(r->expr, note_unreachable, &w);
}
