/*
 * One test of a rule unit-test file: its samples become the history as time
 * goes on, every rule is evaluated at each evaluation_interval, and alerts
 * are looked at when their eval_time has come.
 */
#include "config/common.h"
#include "core/dur.h"
#include "core/mem.h"
#include "promql/series.h"
#include "unittest.h"

struct loaded {
	struct pnotation line;
	struct head_series *place;
	size_t at;		/* next value */
};

struct samples {
	struct loaded *p;
	size_t n;
};

void
ut_fail(struct ut_run *r)
{
	r->report(r->arg, buf_str(&r->text));
	buf_reset(&r->text);
	r->failed++;
}

static void
fail_err(struct ut_run *r, const struct err *e)
{
	(void)buf_put(&r->text, STR("    "));
	if (e->file)
		(void)buf_printf(&r->text, "%s:%u:%u: ", e->file, e->line,
		    e->col);
	(void)buf_printf(&r->text, "%s\n", e->msg);
	ut_fail(r);
}

/* ---- samples ---- */

static int
parse_series(struct ut_run *r, const struct ut_series *s, struct loaded *out,
    struct err *e)
{
	struct labels_table *t = r->ev->history.table;
	struct str rest;

	if (pnotation_labels(s->series, t, &out->line.labels, &rest, e) == -1)
		goto bad;
	if (str_trim(rest).n) {
		(void)err_set(e, ERR_SYNTAX, "unexpected '" STR_FMT "' behind "
		    "the series", STR_ARG(str_trim(rest)));
		goto bad;
	}
	if (pnotation_values(s->values, 0, &r->arena, &out->line.value,
	    &out->line.n, e) == 0)
		return 0;
bad:
	e->file = r->file->path;
	e->line = s->node->line;
	e->col = s->node->col;
	return -1;
}

static int
parse_all(struct ut_run *r, struct samples *all, struct err *e)
{
	const struct ut_series *s = r->test->series.p;
	size_t i;

	all->n = r->test->series.n;
	all->p = ARENA_ARRAY(&r->arena, all->n, struct loaded);
	for (i = 0; i < all->n; i++) {
		if (parse_series(r, &s[i], &all->p[i], e) == -1)
			return -1;
		all->p[i].place = head_series(r->ev->history.head,
		    all->p[i].line.labels);
	}
	return 0;
}

/*
 * As Prometheus' storage gives them back: a histogram that goes on counting
 * from the one before it is known not to be a reset.
 */
static const struct hist *
with_hint(struct ut_run *r, const struct loaded *l, size_t i)
{
	const struct hist *h = l->line.value[i].h, *prev;
	struct hist *out;

	prev = i > 0 ? l->line.value[i - 1].h : NULL;
	if (h == NULL || prev == NULL || h->hint != HIST_UNKNOWN ||
	    prev->schema != h->schema || hist_is_reset(h, prev))
		return h;
	out = hist_copy(h, &r->arena);
	out->hint = HIST_NO_RESET;
	return out;
}

/* All values up to ts. */
static int
load_until(struct ut_run *r, struct samples *all, int64_t ts, struct err *e)
{
	struct sample x;
	size_t i;

	for (i = 0; i < all->n; i++) {
		struct loaded *l = &all->p[i];

		for (; l->at < l->line.n; l->at++) {
			const struct pvalue *v = &l->line.value[l->at];

			x = (struct sample){ .labels = l->line.labels,
			    .ts = r->test->start_ms +
			    (int64_t)l->at * r->test->interval_ms,
			    .value = v->v, .hist = with_hint(r, l, l->at) };
			if (x.ts > ts)
				break;
			if (!v->omitted && head_append(r->ev->history.head,
			    l->place, &x, e) == -1)
				return -1;
		}
	}
	return 0;
}

/* ---- rules ---- */

static size_t
order_of(const struct ut_file *f, const struct group *g)
{
	size_t i;

	for (i = 0; i < f->order.n; i++)
		if (str_eq(f->order.p[i], g->conf->name))
			return i;
	return 0;
}

static int
run_group(struct ut_run *r, struct group *g, int64_t ts)
{
	struct err e = { 0 };
	size_t i;

	for (i = 0; i < g->n; i++) {
		struct buf when = { 0 };

		if (rule_eval(r->ev, &g->rule[i], ts, &e) == 0)
			continue;
		dur_print(&when, ts - r->test->start_ms);
		(void)buf_printf(&r->text, "    rule: " STR_FMT ", time: "
		    STR_FMT ", err: %s\n", STR_ARG(g->rule[i].conf->name),
		    STR_ARG(buf_str(&when)), e.msg);
		buf_release(&when);
		ut_fail(r);
		return -1;
	}
	return 0;
}

static int
run_groups(struct ut_run *r, int64_t ts)
{
	struct ruleset *s = r->ev->rules;
	size_t i, k, n = r->file->order.n ? r->file->order.n : 1;

	r->ev->round++;
	for (k = 0; k < n; k++)
		for (i = 0; i < s->n; i++)
			if (order_of(r->file, &s->group[i]) == k &&
			    run_group(r, &s->group[i], ts) == -1)
				return -1;
	return 0;
}

static int64_t
last_eval_time(const struct ut_test *t)
{
	const struct ut_alert_test *a = t->alerts.p;
	const struct ut_expr_test *x = t->exprs.p;
	int64_t most = 0;
	size_t i;

	for (i = 0; i < t->alerts.n; i++)
		if (a[i].eval_time_ms > most)
			most = a[i].eval_time_ms;
	for (i = 0; i < t->exprs.n; i++)
		if (x[i].eval_time_ms > most)
			most = x[i].eval_time_ms;
	return most;
}

/* The alert tests whose time lies in [ts, ts + interval). */
static void
judge_alerts(struct ut_run *r, int64_t ts)
{
	const struct ut_alert_test *a = r->test->alerts.p;
	int64_t since = ts - r->test->start_ms;
	size_t i;

	for (i = 0; i < r->test->alerts.n; i++)
		if (a[i].eval_time_ms >= since &&
		    a[i].eval_time_ms < since + r->file->interval_ms)
			ut_judge_alerts(r, &a[i], ts);
}

static void
run_over_time(struct ut_run *r, struct coverage *cov)
{
	int64_t ts = r->test->start_ms;
	int64_t end = ts + last_eval_time(r->test);
	const struct ut_expr_test *x = r->test->exprs.p;
	struct samples all;
	struct err e = { 0 };
	size_t i;

	if (parse_all(r, &all, &e) == -1) {
		fail_err(r, &e);
		return;
	}
	for (; ts <= end; ts += r->file->interval_ms) {
		if (load_until(r, &all, ts, &e) == -1) {
			fail_err(r, &e);
			return;
		}
		if (run_groups(r, ts) == -1)
			return;
		if (cov)
			coverage_note(cov, r->ev->rules);
		judge_alerts(r, ts);
	}
	if (load_until(r, &all, end, &e) == -1)
		fail_err(r, &e);
	for (i = 0; i < r->test->exprs.n; i++)
		ut_judge_expr(r, &x[i]);
}

/* ---- one test, with an evaluator of its own ---- */

static int
open_eval(struct ut_run *r, const struct eval *like, struct tool *tool,
    struct err *e)
{
	struct store_options all = { 0 };
	struct eval *ev = r->ev;
	size_t i;

	tool->config = NULL;
	ev->tool = tool;
	ev->opt = like->opt;
	ev->opt.interval_ms = r->file->interval_ms;
	ev->opt.external_url = arena_cstr(&r->arena, r->test->external_url);
	memset(&ev->opt.rules, 0, sizeof(ev->opt.rules));
	for (i = 0; i < r->file->rule_files.n; i++)
		vec_push(&ev->opt.rules, arena_cstr(&r->arena,
		    r->file->rule_files.p[i]));
	if (history_open(&ev->history, NULL, &all, e) == -1)
		return -1;
	ev->rules = ruleset_load(ev, e);
	if (ev->rules == NULL)
		return -1;
	ev->rules->external_labels = config_labels(ev->history.table,
	    &r->test->external_labels);
	return 0;
}

static void
close_eval(struct eval *ev)
{
	ruleset_free(ev->rules);
	history_close(&ev->history);
	arena_free(&ev->arena);
	arena_free(&ev->query);
	labels_builder_release(&ev->builder);
	buf_release(&ev->scratch);
	mem_free(ev->blamed);
	vec_release(&ev->stamp);
	vec_release(&ev->opt.rules);
}

size_t
ut_test_run(struct eval *like, const struct ut_file *f,
    const struct ut_test *t, struct coverage *cov, ut_report *report,
    void *arg)
{
	struct tool tool = *like->tool;
	struct eval ev = { 0 };
	struct ut_run r = { .ev = &ev, .file = f, .test = t,
	    .report = report, .arg = arg };
	struct err e = { 0 };

	if (open_eval(&r, like, &tool, &e) == -1)
		fail_err(&r, &e);
	else
		run_over_time(&r, cov);
	close_eval(&ev);
	buf_release(&r.text);
	arena_free(&r.arena);
	return r.failed;
}
