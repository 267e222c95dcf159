/*
 * Lints of what a policy demands of an expression: labels that stay or go,
 * matchers, ranges, and over samples how many series it reads and how many
 * alerts it would have raised.
 */
#include "core/dur.h"
#include "flow.h"
#include "lint.h"
#include "lint_data.h"
#include "policy.h"
#include "promql/functions.h"

/* At most so many evaluations stand in for the time of the samples. */
#define ROUNDS_MAX	20000

/* ---- labels of the result ---- */

static bool
is_aggregated(const struct pexpr *x)
{
	return x->kind == PX_AGG;
}

static void
check_aggregate(const struct lint_demand *k)
{
	const struct policy_entry *p = k->p;
	struct flow f;
	size_t i;

	if ((p->keep.n == 0 && p->strip.n == 0) ||
	    !lint_any(k->r->expr, is_aggregated))
		return;
	f = flow_of(k->r->expr, k->run->in->arena);
	for (i = 0; i < p->keep.n; i++)
		if (!flow_can_have(&f, p->keep.p[i]))
			lint_at_expr(k->run, k->r, k->r->expr, "label '"
			    STR_FMT "' must be kept, and the result cannot "
			    "have it", STR_ARG(p->keep.p[i]));
	for (i = 0; i < p->strip.n; i++)
		if (flow_can_have(&f, p->strip.p[i]))
			lint_at_expr(k->run, k->r, k->r->expr, "label '"
			    STR_FMT "' must go, and the result can have it",
			    STR_ARG(p->strip.p[i]));
}

void
lint_policy_aggregate(struct lint_run *run, const struct lint_rule *r)
{
	lint_demands(run, r, check_aggregate);
}

/* ---- selectors and ranges ---- */

static bool
has_matcher(const struct pexpr *x, struct str label)
{
	size_t i;

	for (i = 0; i < x->u.selector.nm; i++)
		if (str_eq(x->u.selector.m[i].name, label))
			return true;
	return false;
}

static bool
note_selector(void *arg, const struct pexpr *x)
{
	const struct lint_demand *k = arg;
	size_t i;

	for (i = 0; x->kind == PX_SELECTOR && i < k->p->matchers.n; i++)
		if (!has_matcher(x, k->p->matchers.p[i]))
			lint_at_expr(k->run, k->r, x, "a matcher of '" STR_FMT
			    "' is required", STR_ARG(k->p->matchers.p[i]));
	return true;
}

static void
check_selectors(const struct lint_demand *k)
{
	if (k->p->matchers.n)
		pexpr_walk(k->r->expr, note_selector,
		    (void *)(uintptr_t)k);
}

void
lint_policy_selector(struct lint_run *run, const struct lint_rule *r)
{
	lint_demands(run, r, check_selectors);
}

static bool
note_range(void *arg, const struct pexpr *x)
{
	const struct lint_demand *k = arg;
	const struct pdur *d = x->kind == PX_MATRIX ? &x->u.matrix.range :
	    x->kind == PX_SUBQUERY ? &x->u.subquery.range : NULL;
	struct buf most = { 0 };

	if (d == NULL || d->expr || d->ms <= k->p->range_max_ms)
		return true;
	dur_print(&most, k->p->range_max_ms);
	lint_at_expr(k->run, k->r, x, "a range must be " STR_FMT " or less",
	    STR_ARG(buf_str(&most)));
	buf_release(&most);
	return true;
}

static void
check_ranges(const struct lint_demand *k)
{
	if (k->p->range_max_ms)
		pexpr_walk(k->r->expr, note_range, (void *)(uintptr_t)k);
}

void
lint_policy_range(struct lint_run *run, const struct lint_rule *r)
{
	lint_demands(run, r, check_ranges);
}

/* ---- over samples ---- */

struct cost {
	struct lint_data *d;
	size_t series;
};

static bool
note_cost(void *arg, const struct pexpr *x)
{
	struct cost *c = arg;

	if (x->kind == PX_SELECTOR)
		c->series += lint_data_count(c->d, x->u.selector.m,
		    x->u.selector.nm);
	return true;
}

static void
check_cost(const struct lint_demand *k)
{
	struct cost c = { .d = k->run->in->data };

	if (k->p->series_max < 0)
		return;
	pexpr_walk(k->r->expr, note_cost, &c);
	if (c.series > (size_t)k->p->series_max)
		lint_at_expr(k->run, k->r, k->r->expr, "this reads %zu series "
		    "of the data, more than %lld", c.series,
		    (long long)k->p->series_max);
}

void
lint_policy_series(struct lint_run *run, const struct lint_rule *r)
{
	if (run->in->data)
		lint_demands(run, r, check_cost);
}

/* How often the row is there for long enough: each time is an alert. */
static size_t
count_alerts(const struct prow *row, size_t nsteps, size_t held)
{
	size_t i, since = 0, alerts = 0;

	for (i = 0; i < nsteps; i++) {
		if (pv_absent(row->v[i]) && !(row->h && row->h[i])) {
			since = 0;
			continue;
		}
		if (since++ == held)
			alerts++;
	}
	return alerts;
}

static int64_t
interval_of(const struct lint_demand *k)
{
	const struct prom_config *c = k->run->in->prom;

	if (k->r->group->interval_ms)
		return k->r->group->interval_ms;
	return c ? c->global.evaluation_interval_ms : DUR_MINUTE;
}

static void
check_alerts(const struct lint_demand *k)
{
	struct lint_data *d = k->run->in->data;
	int64_t step = interval_of(k), for_ms = k->r->rule->for_ms;
	struct buf b = { 0 };
	struct pcols v;
	size_t i, n = 0;

	if (k->p->alerts_max < 0 || d->oldest == NO_TIME)
		return;
	while ((d->newest - d->oldest) / step > ROUNDS_MAX)
		step *= 2;
	if (lint_data_steps(d, k->r->expr, step, &v))
		for (i = 0; i < v.nrows; i++)
			n += count_alerts(&v.row[i], v.nsteps,
			    (size_t)((for_ms + step - 1) / step));
	lint_data_reset(d);
	if (n <= (size_t)k->p->alerts_max)
		return;
	dur_print(&b, d->newest - d->oldest);
	lint_at_expr(k->run, k->r, k->r->expr, "over the data, " STR_FMT ", "
	    "this would have fired %zu times, more than %lld",
	    STR_ARG(buf_str(&b)), n, (long long)k->p->alerts_max);
	buf_release(&b);
}

void
lint_policy_alerts(struct lint_run *run, const struct lint_rule *r)
{
	if (run->in->data && r->rule->alerting)
		lint_demands(run, r, check_alerts);
}
