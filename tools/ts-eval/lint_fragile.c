/*
 * Lints of alerts that come and go by themselves: which series topk() and
 * the like choose, and ratios over jobs that are scraped apart.
 */
#include "flow.h"
#include "lint.h"
#include "promql/functions.h"

/*
 * The labels of x that show in the alert: NULL is all of them.  What is
 * aggregated away or only matched on may change as it likes.
 */
struct look {
	struct lint_run *run;
	const struct lint_rule *r;
};

static void	look_at(const struct look *k, const struct pexpr *x,
		    const struct names *shown);

static bool
picks(const struct pexpr *x)
{
	return x->u.agg.op == PAGG_TOPK || x->u.agg.op == PAGG_BOTTOMK ||
	    x->u.agg.op == PAGG_LIMITK || x->u.agg.op == PAGG_LIMIT_RATIO;
}

static bool
is_grouped_by(const struct pexpr *x, struct str name)
{
	const struct names by = { x->u.agg.by, x->u.agg.nby };

	if (!x->u.agg.has_grouping)
		return false;
	return names_have(&by, name) != x->u.agg.without;
}

/* A label that shows can differ from one series chosen to another. */
static bool
choice_shows(const struct look *k, const struct pexpr *x,
    const struct names *shown)
{
	struct flow f = flow_of(x->u.agg.expr, k->run->in->arena);
	size_t i;

	if (shown == NULL && f.open)
		return true;
	if (shown == NULL)
		shown = &f.may;
	for (i = 0; i < shown->n; i++)
		if (flow_can_have(&f, shown->p[i]) &&
		    !is_grouped_by(x, shown->p[i]))
			return true;
	return false;
}

/* Of the n listed labels those that show. */
static struct names
both(const struct look *k, struct str *list, size_t n,
    const struct names *shown)
{
	struct names out = { ARENA_ARRAY(k->run->in->arena, n, struct str),
	    0 };
	size_t i;

	for (i = 0; i < n; i++)
		if (shown == NULL || names_have(shown, list[i]))
			out.p[out.n++] = list[i];
	return out;
}

static void
look_at_agg(const struct look *k, const struct pexpr *x,
    const struct names *shown)
{
	struct names by;

	if (picks(x)) {
		if (choice_shows(k, x, shown))
			lint_at_expr(k->run, k->r, x, "%s() chooses other "
			    "series from one evaluation to the next, so 'for' "
			    "starts anew and alerts flap",
			    pagg_text(x->u.agg.op));
		look_at(k, x->u.agg.expr, shown);
		return;
	}
	/* Which labels without () leaves is not known. */
	if (x->u.agg.without)
		return;
	by = both(k, x->u.agg.by, x->u.agg.nby, shown);
	look_at(k, x->u.agg.expr, &by);
}

static void
look_at_binary(const struct look *k, const struct pexpr *x,
    const struct names *shown)
{
	const struct pexpr *l = x->u.binary.left, *r = x->u.binary.right;
	struct names some = { 0 };

	if (x->u.binary.op == POP_AND || x->u.binary.op == POP_UNLESS) {
		look_at(k, l, shown);
	} else if (x->u.binary.card == PCARD_MANY_TO_ONE ||
	    x->u.binary.card == PCARD_ONE_TO_MANY) {
		bool left = x->u.binary.card == PCARD_MANY_TO_ONE;

		some = both(k, x->u.binary.include, x->u.binary.ninclude,
		    shown);
		look_at(k, left ? l : r, shown);
		look_at(k, left ? r : l, &some);
	} else {
		if (x->u.binary.on && x->u.binary.op != POP_OR) {
			some = both(k, x->u.binary.match, x->u.binary.nmatch,
			    shown);
			shown = &some;
		}
		look_at(k, l, shown);
		look_at(k, r, shown);
	}
}

static void
look_at(const struct look *k, const struct pexpr *x,
    const struct names *shown)
{
	size_t i;

	if (x->type != P_VECTOR && x->type != P_MATRIX)
		return;
	if (shown && shown->n == 0)
		return;
	switch (x->kind) {
	case PX_PAREN:
		look_at(k, x->u.paren, shown);
		break;
	case PX_UNARY:
		look_at(k, x->u.unary.expr, shown);
		break;
	case PX_SUBQUERY:
		look_at(k, x->u.subquery.expr, shown);
		break;
	case PX_CALL:
		for (i = 0; i < x->u.call.nargs && strncmp("absent",
		    x->u.call.func->name, 6) != 0; i++)
			look_at(k, x->u.call.arg[i], shown);
		break;
	case PX_AGG:
		look_at_agg(k, x, shown);
		break;
	case PX_BINARY:
		look_at_binary(k, x, shown);
		break;
	default:
		break;
	}
}

/* ---- ratios over two jobs ---- */

struct job {
	struct str name;
	bool mixed;		/* several, or a selector that names none */
};

static bool
note_job(void *arg, const struct pexpr *x)
{
	struct job *j = arg;
	struct str name = STR_NONE;
	size_t i;

	if (x->kind != PX_SELECTOR)
		return true;
	for (i = 0; i < x->u.selector.nm; i++)
		if (x->u.selector.m[i].op == MATCH_EQ &&
		    str_eq(x->u.selector.m[i].name, STR("job")))
			name = x->u.selector.m[i].value;
	if (name.n == 0 || (j->name.n && !str_eq(j->name, name)))
		j->mixed = true;
	j->name = name;
	return true;
}

/* The one job that x asks. */
static struct str
job_of(const struct pexpr *x)
{
	struct job j = { 0 };

	pexpr_walk(x, note_job, &j);
	return j.mixed ? STR_NONE : j.name;
}

static bool
note_ratio(void *arg, const struct pexpr *x)
{
	const struct look *k = arg;
	const struct pexpr *l, *r;
	struct str a, b;

	if (x->kind != PX_BINARY || pop_is_set(x->u.binary.op))
		return true;
	l = pexpr_bare(x->u.binary.left);
	r = pexpr_bare(x->u.binary.right);
	if (l->kind != PX_AGG || r->kind != PX_AGG)
		return true;
	a = job_of(l);
	b = job_of(r);
	if (a.n && b.n && !str_eq(a, b))
		lint_at_expr(k->run, k->r, x, "job '" STR_FMT "' and job '"
		    STR_FMT "' are scraped apart: one missed scrape or "
		    "restart shifts the result, so give it a 'for'",
		    STR_ARG(a), STR_ARG(b));
	return true;
}

void
lint_fragile(struct lint_run *run, const struct lint_rule *r)
{
	struct look k = { run, r };

	if (!r->rule->alerting)
		return;
	look_at(&k, r->expr, NULL);
	if (r->rule->for_ms == 0)
		pexpr_walk(r->expr, note_ratio, &k);
}
