/*
 * Lints of the route tree.
 */
#include "core/dur.h"
#include "lint.h"

/* Each route of the tree, parents first. */
static void
each_route(struct lint_run *run, const struct am_route *r,
    void (*fn)(struct lint_run *run, const struct am_route *r))
{
	size_t i;

	fn(run, r);
	for (i = 0; i < r->nchildren; i++)
		each_route(run, &r->child[i], fn);
}

/* ---- what a label can be ---- */

/* Nothing that a takes is taken by b: one is a value, the other not it. */
static bool
excludes(const struct matcher *a, const struct matcher *b)
{
	return str_eq(a->name, b->name) && a->op == MATCH_EQ &&
	    !matcher_ok_value(b, a->value);
}

bool
matchers_contradict(const struct matchers *a, const struct matchers *b)
{
	size_t i, k;

	for (i = 0; i < a->n; i++)
		for (k = 0; k < b->n; k++)
			if (excludes(&a->p[i], &b->p[k]) ||
			    excludes(&b->p[k], &a->p[i]))
				return true;
	return false;
}

static bool
contradicts(const struct am_route *r)
{
	const struct am_route *up;

	for (up = r; up != NULL; up = up->parent)
		if (matchers_contradict(&r->matchers, &up->matchers))
			return true;
	return false;
}

static void
check_contradiction(struct lint_run *run, const struct am_route *r)
{
	if (r->parent == NULL || !contradicts(r))
		return;
	lint_at(run, r->node, r->node, "nothing gets here, to '" STR_FMT
	    "': the matchers of this route%s exclude each other",
	    STR_ARG(r->receiver), matchers_contradict(&r->matchers,
	    &r->matchers) ? "" : " and those above it");
}

void
lint_route_contradiction(struct lint_run *run)
{
	each_route(run, run->in->config->route, check_contradiction);
}

/* ---- an earlier sibling takes all ---- */

static bool
same_matcher(const struct matcher *a, const struct matcher *b)
{
	return a->op == b->op && str_eq(a->name, b->name) &&
	    str_eq(a->value, b->value);
}

/* What passes all of `by` passes m. */
static bool
implied(const struct matcher *m, const struct matchers *by)
{
	size_t i;

	for (i = 0; i < by->n; i++)
		if (same_matcher(m, &by->p[i]) || (by->p[i].op == MATCH_EQ &&
		    str_eq(by->p[i].name, m->name) &&
		    matcher_ok_value(m, by->p[i].value)))
			return true;
	return false;
}

static bool
takes_all_of(const struct am_route *first, const struct am_route *r)
{
	size_t i;

	if (first->go_on)
		return false;
	for (i = 0; i < first->matchers.n; i++)
		if (!implied(&first->matchers.p[i], &r->matchers))
			return false;
	return true;
}

static const struct am_route *
shadow_of(const struct am_route *r)
{
	const struct am_route *first;

	if (r->parent == NULL)
		return NULL;
	for (first = r->parent->child; first < r; first++)
		if (takes_all_of(first, r))
			return first;
	return NULL;
}

static void
check_shadow(struct lint_run *run, const struct am_route *r)
{
	const struct am_route *first = shadow_of(r);

	if (first != NULL)
		lint_at(run, r->node, r->node, "nothing gets here, to '"
		    STR_FMT "': the route at line %u takes all of it and has "
		    "no continue", STR_ARG(r->receiver), first->node->line);
}

void
lint_route_shadowed(struct lint_run *run)
{
	each_route(run, run->in->config->route, check_shadow);
}

/* ---- no alert of the rules gets there ---- */

/* Mark the routes that an alert may enter.  Whether it surely enters r. */
static bool
enter(const struct am_route *r, const struct rule *alert, bool *entered)
{
	enum known got = known_match(&r->matchers, alert);
	size_t i;

	if (got == KNOWN_NO)
		return false;
	entered[r->index] = true;
	for (i = 0; i < r->nchildren; i++)
		if (enter(&r->child[i], alert, entered) &&
		    !r->child[i].go_on)
			break;
	return got == KNOWN_YES;
}

/* The topmost ones that nothing enters, unless a plainer lint says why. */
static void
report_unentered(struct lint_run *run, const struct am_route *r,
    const bool *entered)
{
	size_t i;

	if (!entered[r->index]) {
		if (shadow_of(r) == NULL && !contradicts(r))
			lint_at(run, r->node, r->node, "no alert of the rules "
			    "gets here, to '" STR_FMT "': none matches, or "
			    "earlier routes without continue take them",
			    STR_ARG(r->receiver));
		return;
	}
	for (i = 0; i < r->nchildren; i++)
		report_unentered(run, &r->child[i], entered);
}

void
lint_route_unreachable(struct lint_run *run)
{
	const struct am_config *c = run->in->config;
	bool *entered = ARENA_ARRAY(run->in->arena, c->nroutes, bool);
	size_t i;

	entered[c->route->index] = true;
	for (i = 0; i < run->in->nalerts; i++)
		(void)enter(c->route, run->in->alert[i], entered);
	report_unentered(run, c->route, entered);
}

/* ---- timers ---- */

/* Once for each route that sets one of the two. */
static void
check_repeat(struct lint_run *run, const struct am_route *r)
{
	const struct ynode *at = ynode_get(r->node, "repeat_interval");
	struct buf b = { 0 };

	if (at == NULL)
		at = ynode_get(r->node, "group_interval");
	if (at == NULL || r->repeat_interval_ms > r->group_interval_ms)
		return;
	dur_print(&b, r->repeat_interval_ms);
	(void)buf_put(&b, STR(" is not longer than group_interval, "));
	dur_print(&b, r->group_interval_ms);
	lint_at(run, at, r->node, "repeat_interval " STR_FMT ": it repeats at "
	    "every tick or at every other, as the clock has it",
	    STR_ARG(buf_str(&b)));
	buf_release(&b);
}

void
lint_repeat_interval(struct lint_run *run)
{
	each_route(run, run->in->config->route, check_repeat);
}

/* ---- names nobody uses ---- */

static bool
has_name(const struct ystrs *names, struct str name)
{
	size_t i;

	for (i = 0; i < names->n; i++)
		if (str_eq(names->p[i], name))
			return true;
	return false;
}

static bool
uses_receiver(const struct am_route *r, struct str name)
{
	size_t i;

	if (str_eq(r->receiver, name))
		return true;
	for (i = 0; i < r->nchildren; i++)
		if (uses_receiver(&r->child[i], name))
			return true;
	return false;
}

static bool
uses_interval(const struct am_route *r, struct str name)
{
	size_t i;

	if (has_name(&r->mute_intervals, name) ||
	    has_name(&r->active_intervals, name))
		return true;
	for (i = 0; i < r->nchildren; i++)
		if (uses_interval(&r->child[i], name))
			return true;
	return false;
}

void
lint_receiver_unused(struct lint_run *run)
{
	const struct am_config *c = run->in->config;
	size_t i;

	for (i = 0; i < c->nreceivers; i++)
		if (!uses_receiver(c->route, c->receiver[i].name))
			lint_at(run, c->receiver[i].node, c->receiver[i].node,
			    "no route names the receiver '" STR_FMT "'",
			    STR_ARG(c->receiver[i].name));
}

void
lint_interval_unused(struct lint_run *run)
{
	const struct am_config *c = run->in->config;
	size_t i;

	for (i = 0; i < c->nintervals; i++)
		if (!uses_interval(c->route, c->interval[i].name))
			lint_at(run, c->interval[i].node, c->interval[i].node,
			    "no route uses the time interval '" STR_FMT "'",
			    STR_ARG(c->interval[i].name));
}
