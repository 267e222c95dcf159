/*
 * Lints of what is done with a series: counters, rates, quantiles, patterns.
 */
#include "core/dur.h"
#include "flow.h"
#include "lint.h"
#include "lint_data.h"
#include "promql/functions.h"

struct walk {
	struct lint_run *run;
	const struct lint_rule *r;
};

static void
walk(struct lint_run *run, const struct lint_rule *r, pexpr_fn *fn)
{
	struct walk w = { run, r };

	pexpr_walk(r->expr, fn, &w);
}

/* What the data says of a metric's type. */
static enum metric_type
told_type(const struct lint_run *run, struct str name)
{
	return run->in->data ? lint_data_type(run->in->data, name) :
	    METRIC_UNKNOWN;
}

/* By the naming rules: *_total, *_count, *_sum, *_bucket are counters. */
static bool
named_as_counter(struct str name)
{
	return str_ends(name, STR("_total")) || str_ends(name, STR("_count")) ||
	    str_ends(name, STR("_sum")) || str_ends(name, STR("_bucket"));
}

/* A selector, alone or summed up: sum(x_total) is as raw as x_total. */
static const struct pexpr *
raw_selector(const struct pexpr *x)
{
	x = pexpr_bare(x);
	while (x->kind == PX_AGG && (x->u.agg.op == PAGG_SUM ||
	    x->u.agg.op == PAGG_AVG || x->u.agg.op == PAGG_MIN ||
	    x->u.agg.op == PAGG_MAX))
		x = pexpr_bare(x->u.agg.expr);
	return x->kind == PX_SELECTOR ? x : NULL;
}

/* x_total > 0 beside 'and' asks whether there was anything at all. */
static bool
is_guard(const struct pexpr *x)
{
	const struct pexpr *r;

	x = pexpr_bare(x);
	if (x->kind != PX_BINARY || !pop_is_comparison(x->u.binary.op))
		return false;
	r = pexpr_bare(x->u.binary.right);
	return r->kind == PX_NUMBER && r->u.number.v == 0;
}

static void
check_counter(struct walk *w, const struct pexpr *x)
{
	const struct pexpr *l = raw_selector(x);
	enum metric_type type;

	if (l == NULL)
		return;
	type = told_type(w->run, l->u.selector.name);
	if (type == METRIC_COUNTER)
		lint_at_expr(w->run, w->r, l, "'" STR_FMT "' is a counter, "
		    "which only grows until it resets: compare its rate() or "
		    "increase()", STR_ARG(l->u.selector.name));
	else if (type == METRIC_UNKNOWN &&
	    named_as_counter(l->u.selector.name))
		lint_at_expr(w->run, w->r, l, "'" STR_FMT "' is named like a "
		    "counter, which only grows until it resets: compare its "
		    "rate() or increase(), or rename it",
		    STR_ARG(l->u.selector.name));
}

static bool
note_counter(void *arg, const struct pexpr *x)
{
	struct walk *w = arg;

	if (x->kind != PX_BINARY)
		return true;
	if (x->u.binary.op == POP_AND || x->u.binary.op == POP_UNLESS) {
		if (!is_guard(x->u.binary.left))
			pexpr_walk(x->u.binary.left, note_counter, w);
		if (!is_guard(x->u.binary.right))
			pexpr_walk(x->u.binary.right, note_counter, w);
		return false;
	}
	if (pop_is_comparison(x->u.binary.op))
		check_counter(w, x->u.binary.left);
	return true;
}

void
lint_counter_raw(struct lint_run *run, const struct lint_rule *r)
{
	if (r->rule->alerting)
		walk(run, r, note_counter);
}

static bool
is_rate(const struct pexpr *x)
{
	static const char *const names[] = { "rate", "irate", "increase",
	    "delta", "idelta", "deriv" };
	size_t i;

	if (x->kind != PX_CALL)
		return false;
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(x->u.call.func->name, names[i]) == 0)
			return true;
	return false;
}

/* Those that take a fall for a reset. */
static bool
is_counter_rate(const struct pexpr *x)
{
	const char *name = x->kind == PX_CALL ? x->u.call.func->name : "";

	return strcmp(name, "rate") == 0 || strcmp(name, "irate") == 0 ||
	    strcmp(name, "increase") == 0;
}

static bool
note_rate_of_gauge(void *arg, const struct pexpr *x)
{
	struct walk *w = arg;
	const struct pexpr *m;

	if (!is_counter_rate(x))
		return true;
	m = pexpr_bare(x->u.call.arg[0]);
	if (m->kind != PX_MATRIX)
		return true;
	m = m->u.matrix.selector;
	if (told_type(w->run, m->u.selector.name) == METRIC_GAUGE)
		lint_at_expr(w->run, w->r, x, "'" STR_FMT "' is a gauge: "
		    "%s() takes each fall for a reset, use delta() or "
		    "deriv()", STR_ARG(m->u.selector.name),
		    x->u.call.func->name);
	return true;
}

void
lint_rate_of_gauge(struct lint_run *run, const struct lint_rule *r)
{
	walk(run, r, note_rate_of_gauge);
}

static bool
note_window(void *arg, const struct pexpr *x)
{
	struct walk *w = arg;
	const struct pexpr *m;
	struct buf b = { 0 };
	int64_t least;

	if (!is_rate(x) || w->run->in->prom == NULL)
		return true;
	m = pexpr_bare(x->u.call.arg[0]);
	if (m->kind != PX_MATRIX || m->u.matrix.range.expr)
		return true;
	least = 2 * lint_scrape_interval_ms(w->run, m->u.matrix.selector);
	if (m->u.matrix.range.ms >= least)
		return true;
	dur_print(&b, least);
	lint_at_expr(w->run, w->r, m, "%s() needs two samples, and this "
	    "window often holds fewer: make it " STR_FMT " or longer, better "
	    "twice that", x->u.call.func->name, STR_ARG(buf_str(&b)));
	buf_release(&b);
	return true;
}

void
lint_rate_window(struct lint_run *run, const struct lint_rule *r)
{
	walk(run, r, note_window);
}

static bool
note_rate_of_aggregate(void *arg, const struct pexpr *x)
{
	struct walk *w = arg;
	const struct pexpr *m, *inner;

	if (!is_rate(x))
		return true;
	m = pexpr_bare(x->u.call.arg[0]);
	if (m->kind != PX_SUBQUERY)
		return true;
	inner = pexpr_bare(m->u.subquery.expr);
	if (inner->kind == PX_AGG && inner->u.agg.op == PAGG_SUM)
		lint_at_expr(w->run, w->r, x, "%s() of a sum sees the reset "
		    "of one series as a fall of all: take the rate first, "
		    "then the sum", x->u.call.func->name);
	return true;
}

void
lint_rate_of_aggregate(struct lint_run *run, const struct lint_rule *r)
{
	walk(run, r, note_rate_of_aggregate);
}

/* Sums of counters, whose resets are lost, and rates, which are gauges. */
static void
check_recorded(struct walk *w, const struct pexpr *x, const struct pexpr *sel)
{
	const struct lint_rule *from = lint_recording(w->run,
	    sel->u.selector.name);
	const struct pexpr *e;

	if (from == NULL)
		return;
	e = pexpr_bare(from->expr);
	if (lint_any(e, is_rate) ||
	    (e->kind == PX_BINARY && e->u.binary.op == POP_DIV))
		lint_at_expr(w->run, w->r, x, "'" STR_FMT "' is recorded as a "
		    "rate or ratio (%s:%u), which falls as well as it grows: "
		    "%s() takes each fall for a reset",
		    STR_ARG(sel->u.selector.name), from->group->file,
		    from->rule->node->line, x->u.call.func->name);
	else if (e->kind == PX_AGG && e->u.agg.op == PAGG_SUM)
		lint_at_expr(w->run, w->r, x, "'" STR_FMT "' is recorded as a "
		    "sum (%s:%u), where the reset of one series looks like a "
		    "fall of all: record the sum of rates",
		    STR_ARG(sel->u.selector.name), from->group->file,
		    from->rule->node->line);
}

static bool
note_rate_of_recorded(void *arg, const struct pexpr *x)
{
	const struct pexpr *m;

	if (!is_counter_rate(x))
		return true;
	m = pexpr_bare(x->u.call.arg[0]);
	if (m->kind == PX_MATRIX)
		check_recorded(arg, x, m->u.matrix.selector);
	return true;
}

void
lint_rate_of_recorded(struct lint_run *run, const struct lint_rule *r)
{
	walk(run, r, note_rate_of_recorded);
}

static bool
is_quantile(const struct pexpr *x)
{
	return x->kind == PX_CALL &&
	    strcmp(x->u.call.func->name, "histogram_quantile") == 0;
}

static bool
is_agg(const struct pexpr *x)
{
	return x->kind == PX_AGG;
}

static bool
is_bucket(const struct pexpr *x)
{
	return x->kind == PX_SELECTOR &&
	    str_ends(x->u.selector.name, STR("_bucket"));
}

static bool
note_no_sum(void *arg, const struct pexpr *x)
{
	struct walk *w = arg;

	/* What is above puts the series together. */
	if (is_agg(x))
		return false;
	if (is_quantile(x) && lint_any(x->u.call.arg[1], is_bucket) &&
	    !lint_any(x->u.call.arg[1], is_agg))
		lint_at_expr(w->run, w->r, x, "a quantile for every single "
		    "series, and an alert for each: sum by (le, ...) first");
	return true;
}

/* {{ $labels.pod }}: an alert for each pod is what is wanted. */
static bool
names_series(const struct lint_rule *r)
{
	size_t i;

	for (i = 0; i < r->rule->annotations.n; i++)
		if (lint_names_label(r->rule->annotations.p[i].value))
			return true;
	return false;
}

void
lint_quantile_no_sum(struct lint_run *run, const struct lint_rule *r)
{
	if (r->rule->alerting && !names_series(r))
		walk(run, r, note_no_sum);
}

static bool
note_no_le(void *arg, const struct pexpr *x)
{
	struct walk *w = arg;
	struct flow f;

	if (!is_quantile(x) || !lint_any(x->u.call.arg[1], is_bucket))
		return true;
	f = flow_of(x->u.call.arg[1], w->run->in->arena);
	if (!flow_can_have(&f, STR("le")))
		lint_at_expr(w->run, w->r, x, "the label 'le' is aggregated "
		    "away, so no buckets are left: keep it in by (le, ...)");
	return true;
}

void
lint_quantile_no_le(struct lint_run *run, const struct lint_rule *r)
{
	walk(run, r, note_no_le);
}

static bool
selects_label(const struct pexpr *x, struct str name)
{
	size_t i;

	for (i = 0; i < x->u.selector.nm; i++)
		if (str_eq(x->u.selector.m[i].name, name))
			return true;
	return false;
}

struct fs {
	struct walk w;
	bool said;
};

static bool
note_fs(void *arg, const struct pexpr *x)
{
	struct fs *f = arg;

	if (f->said || x->kind != PX_SELECTOR ||
	    !str_starts(x->u.selector.name, STR("node_filesystem_")) ||
	    selects_label(x, STR("fstype")) ||
	    selects_label(x, STR("mountpoint")))
		return true;
	lint_at_expr(f->w.run, f->w.r, x, "every mount counts, read-only "
	    "images and tmpfs too: add fstype!~\"tmpfs|squashfs|...\" or a "
	    "mountpoint");
	f->said = true;
	return true;
}

void
lint_node_fs_unfiltered(struct lint_run *run, const struct lint_rule *r)
{
	struct fs f = { .w = { run, r } };

	if (r->rule->alerting)
		pexpr_walk(r->expr, note_fs, &f);
}
