/*
 * Lints of alert conditions and of how long they must hold.
 */
#include "core/dur.h"
#include "lint.h"
#include "promql/functions.h"

/* A result that is empty when all is well: a filter of some kind. */
static bool
filters(const struct pexpr *x)
{
	if (x->kind == PX_BINARY)
		return (pop_is_comparison(x->u.binary.op) &&
		    !x->u.binary.return_bool) ||
		    x->u.binary.op == POP_AND || x->u.binary.op == POP_UNLESS;
	return x->kind == PX_CALL &&
	    strncmp(x->u.call.func->name, "absent", 6) == 0;
}

/* The name of an alert's own series, ALERTS{...}, is a condition already. */
static bool
names_alerts(const struct pexpr *x)
{
	return x->kind == PX_SELECTOR &&
	    str_starts(x->u.selector.name, STR("ALERTS"));
}

static bool
selects(const struct pexpr *x)
{
	return x->kind == PX_SELECTOR;
}

static bool
compares_bool(const struct pexpr *x)
{
	return x->kind == PX_BINARY && x->u.binary.return_bool;
}

/* vector(1) alone fires always and is meant to: a dead man's switch. */
void
lint_no_comparison(struct lint_run *run, const struct lint_rule *r)
{
	if (r->rule->alerting && !lint_any(r->expr, filters) &&
	    lint_any(r->expr, selects) &&
	    !lint_any(r->expr, names_alerts) &&
	    !lint_any(r->expr, compares_bool))
		lint_at_expr(run, r, r->expr, "alert '" STR_FMT "' has no "
		    "condition: it fires for every series that the "
		    "expression finds", STR_ARG(r->rule->name));
}

void
lint_bool_comparison(struct lint_run *run, const struct lint_rule *r)
{
	const struct pexpr *x = pexpr_bare(r->expr);

	if (r->rule->alerting && compares_bool(x))
		lint_at_expr(run, r, x, "'bool' gives 0 or 1 for every "
		    "series, and an alert fires for both: leave it off");
}

struct absent { const struct pexpr *selector; };

static bool
note_absent(void *arg, const struct pexpr *x)
{
	struct absent *a = arg;
	const struct pexpr *s;

	if (x->kind != PX_CALL || strcmp(x->u.call.func->name, "absent") != 0)
		return true;
	s = pexpr_bare(x->u.call.arg[0]);
	if (s->kind == PX_SELECTOR && a->selector == NULL)
		a->selector = s;
	return true;
}

/* What the first absent() of x asks for; NULL: no plain selector. */
static const struct pexpr *
absent_selector(const struct pexpr *x)
{
	struct absent a = { NULL };

	pexpr_walk(x, note_absent, &a);
	return a.selector;
}

void
lint_absent_for(struct lint_run *run, const struct lint_rule *r)
{
	int64_t least = 2 * lint_scrape_interval_ms(run,
	    absent_selector(r->expr));
	struct buf b = { 0 };

	if (!r->rule->alerting || r->rule->for_ms >= least ||
	    !lint_calls(r->expr, "absent"))
		return;
	dur_print(&b, least);
	lint_at_node(run, r->rule->expr_node, 0, "absent() is true at once "
	    "after a restart or one missed scrape: say 'for: "
	    STR_FMT "' or more", STR_ARG(buf_str(&b)));
	buf_release(&b);
}

void
lint_for_below_interval(struct lint_run *run, const struct lint_rule *r)
{
	const struct ynode *n = ynode_get(r->rule->node, "for");
	int64_t interval = r->group->interval_ms;

	if (interval == 0 && run->in->prom)
		interval = run->in->prom->global.evaluation_interval_ms;
	if (r->rule->alerting && n && r->rule->for_ms > 0 &&
	    r->rule->for_ms < interval)
		lint_at_node(run, n, 0, "the group is evaluated less often "
		    "than this: the alert waits for a whole interval");
}

static void
check_zero(struct lint_run *run, const struct lint_rule *r, const char *key,
    int64_t ms)
{
	const struct ynode *n = ynode_get(r->rule->node, key);

	if (n && n->kind == Y_SCALAR && ms == 0)
		lint_at_node(run, n, 0, "'%s' is 0 when it is not given: "
		    "leave it off, or say how long", key);
}

void
lint_for_zero(struct lint_run *run, const struct lint_rule *r)
{
	if (!r->rule->alerting)
		return;
	check_zero(run, r, "for", r->rule->for_ms);
	check_zero(run, r, "keep_firing_for", r->rule->keep_firing_for_ms);
}

/* up{...} == 0, the selector; NULL when x is something else. */
static const struct pexpr *
up_is_zero(const struct pexpr *x)
{
	const struct pexpr *l, *r;

	x = pexpr_bare(x);
	if (x->kind != PX_BINARY || x->u.binary.op != POP_EQ)
		return NULL;
	l = pexpr_bare(x->u.binary.left);
	r = pexpr_bare(x->u.binary.right);
	if (l->kind != PX_SELECTOR || r->kind != PX_NUMBER ||
	    r->u.number.v != 0 || !str_eq(l->u.selector.name, STR("up")))
		return NULL;
	return l;
}

static bool
is_absent_up(const struct pexpr *x)
{
	const struct pexpr *arg;

	if (x->kind != PX_CALL || x->u.call.nargs == 0 ||
	    strncmp(x->u.call.func->name, "absent", 6) != 0)
		return false;
	arg = pexpr_bare(x->u.call.arg[0]);
	if (arg->kind == PX_MATRIX)
		arg = arg->u.matrix.selector;
	return arg->kind == PX_SELECTOR &&
	    str_eq(arg->u.selector.name, STR("up"));
}

void
lint_up_without_absent(struct lint_run *run, const struct lint_rule *r)
{
	const struct pexpr *up;
	size_t i;

	if (!r->rule->alerting || (up = up_is_zero(r->expr)) == NULL)
		return;
	for (i = 0; i < run->in->n; i++)
		if (lint_any(run->in->rule[i].expr, is_absent_up))
			return;
	lint_at_expr(run, r, up, "a target that discovery no longer finds "
	    "has no 'up' at all, so this stays silent: add a rule with "
	    "absent()");
}
