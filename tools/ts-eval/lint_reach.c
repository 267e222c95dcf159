/*
 * Lints of what an expression can reach: history that is no longer kept,
 * rules that have not run yet, numbers that are none.
 */
#include "core/dur.h"
#include "lint.h"
#include "promql/functions.h"

struct walk {
	struct lint_run *run;
	const struct lint_rule *r;
	int64_t keep_ms;
};

static void
walk(struct walk *w, pexpr_fn *fn)
{
	pexpr_walk(w->r->expr, fn, w);
}

/* ---- beyond what is kept ---- */

static int64_t
kept_ms(const struct lint_run *run)
{
	if (run->in->keep_ms)
		return run->in->keep_ms;
	return run->in->prom ? run->in->prom->retention_ms : 0;
}

static bool
note_retention(void *arg, const struct pexpr *x)
{
	struct walk *w = arg;
	struct buf back = { 0 }, keep = { 0 };
	int64_t ms;

	if (x->kind != PX_SELECTOR && x->kind != PX_MATRIX &&
	    x->kind != PX_SUBQUERY)
		return true;
	ms = promql_lookbehind_ms(x, 1);
	/* A fixed time is kept for a while, at least. */
	if (ms == INT64_MAX || ms - 1 <= w->keep_ms)
		return true;
	dur_print(&back, ms - ms % 1000);
	dur_print(&keep, w->keep_ms);
	lint_at_expr(w->run, w->r, x, "this looks " STR_FMT " back, and "
	    STR_FMT " of history is kept", STR_ARG(buf_str(&back)),
	    STR_ARG(buf_str(&keep)));
	buf_release(&back);
	buf_release(&keep);
	return false;
}

void
lint_beyond_retention(struct lint_run *run, const struct lint_rule *r)
{
	struct walk w = { run, r, kept_ms(run) };

	if (w.keep_ms > 0)
		walk(&w, note_retention);
}

/* ---- rules that come later ---- */

/* The place of a recording rule of that name in g; g->n: none. */
static size_t
recorded_at(const struct rule_group *g, struct str name)
{
	size_t i;

	for (i = 0; i < g->n; i++)
		if (!g->rule[i].alerting && str_eq(g->rule[i].name, name))
			break;
	return i;
}

static bool
note_order(void *arg, const struct pexpr *x)
{
	struct walk *w = arg;
	const struct rule_group *g = w->r->group;
	size_t at, here = (size_t)(w->r->rule - g->rule);

	if (x->kind != PX_SELECTOR || x->u.selector.name.n == 0 ||
	    x->u.selector.when.offset.ms > 0)
		return true;
	at = recorded_at(g, x->u.selector.name);
	if (at < g->n && at > here)
		lint_at_expr(w->run, w->r, x, "'" STR_FMT "' is recorded "
		    "further down in this group, so this sees its last "
		    "round: move that rule up", STR_ARG(x->u.selector.name));
	return true;
}

void
lint_rule_order(struct lint_run *run, const struct lint_rule *r)
{
	struct walk w = { .run = run, .r = r };

	walk(&w, note_order);
}

/* ---- rules that are not there ---- */

/* alertname="X" of ALERTS{...}; none: no alert is named. */
static struct str
asked_alert(const struct pexpr *x)
{
	size_t i;

	if (!str_eq(x->u.selector.name, STR("ALERTS")) &&
	    !str_eq(x->u.selector.name, STR("ALERTS_FOR_STATE")))
		return STR_NONE;
	for (i = 0; i < x->u.selector.nm; i++)
		if (x->u.selector.m[i].op == MATCH_EQ &&
		    str_eq(x->u.selector.m[i].name, STR("alertname")))
			return x->u.selector.m[i].value;
	return STR_NONE;
}

static bool
has_alert(const struct lint_run *run, struct str name)
{
	size_t i;

	for (i = 0; i < run->in->n; i++)
		if (run->in->rule[i].rule->alerting &&
		    str_eq(run->in->rule[i].rule->name, name))
			return true;
	return false;
}

static bool
note_dependency(void *arg, const struct pexpr *x)
{
	struct walk *w = arg;
	struct str alert;

	if (x->kind != PX_SELECTOR)
		return true;
	alert = asked_alert(x);
	if (alert.n && !has_alert(w->run, alert))
		lint_at_expr(w->run, w->r, x, "no rule raises an alert '"
		    STR_FMT "'", STR_ARG(alert));
	if (str_find_char(x->u.selector.name, ':') != -1 &&
	    lint_recording(w->run, x->u.selector.name) == NULL)
		lint_at_expr(w->run, w->r, x, "no rule records '" STR_FMT "'",
		    STR_ARG(x->u.selector.name));
	return true;
}

/* Only where prometheus.yml says which files there are, and so all rules. */
void
lint_rule_dependency(struct lint_run *run, const struct lint_rule *r)
{
	struct walk w = { .run = run, .r = r };

	if (run->in->prom && !run->in->partial)
		walk(&w, note_dependency);
}

/* ---- what has not come yet ---- */

static int64_t
ahead_ms(const struct pexpr *x)
{
	const struct pwhen *when = x->kind == PX_SUBQUERY ?
	    &x->u.subquery.when : x->kind == PX_SELECTOR ?
	    &x->u.selector.when : NULL;

	return when && !when->offset.expr && when->at == PAT_NONE ?
	    -when->offset.ms : 0;
}

static bool
note_future(void *arg, const struct pexpr *x)
{
	struct walk *w = arg;
	const struct rule_group *g = w->r->group;
	int64_t late = g->has_query_offset ? g->query_offset_ms :
	    w->run->in->prom ?
	    w->run->in->prom->global.rule_query_offset_ms : 0;

	if (ahead_ms(x) > late)
		lint_at_expr(w->run, w->r, x, "a negative offset asks for "
		    "samples that have not come yet when the rule runs");
	return true;
}

void
lint_future_offset(struct lint_run *run, const struct lint_rule *r)
{
	struct walk w = { .run = run, .r = r };

	walk(&w, note_future);
}

/* ---- 0 / 0 in a sum ---- */

/* Those that one NaN spoils. */
static bool
is_spoiled(enum pagg op)
{
	return op == PAGG_SUM || op == PAGG_AVG || op == PAGG_STDDEV ||
	    op == PAGG_STDVAR;
}

/* rate(a) / rate(b): an idle b is 0, and so is a then. */
static bool
can_be_zero(const struct pexpr *x)
{
	x = pexpr_bare(x);
	return x->kind == PX_CALL &&
	    (strcmp(x->u.call.func->name, "rate") == 0 ||
	    strcmp(x->u.call.func->name, "irate") == 0 ||
	    strcmp(x->u.call.func->name, "increase") == 0);
}

static bool
note_nan(void *arg, const struct pexpr *x)
{
	struct walk *w = arg;
	const struct pexpr *in;

	if (x->kind != PX_AGG || !is_spoiled(x->u.agg.op))
		return true;
	in = pexpr_bare(x->u.agg.expr);
	if (in->kind == PX_BINARY && in->u.binary.op == POP_DIV &&
	    can_be_zero(in->u.binary.right))
		lint_at_expr(w->run, w->r, in, "a divisor of 0 makes NaN, and "
		    "one NaN makes the whole %s() NaN: say %s(...) / %s(...), "
		    "or '> 0' behind the divisor", pagg_text(x->u.agg.op),
		    pagg_text(x->u.agg.op), pagg_text(x->u.agg.op));
	return true;
}

void
lint_nan_division(struct lint_run *run, const struct lint_rule *r)
{
	struct walk w = { .run = run, .r = r };

	walk(&w, note_nan);
}
