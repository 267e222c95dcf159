/*
 * When a group runs, and one run of it.  Evaluation times are the multiples
 * of the group's interval.  On the input's clock each of them is evaluated
 * that the input passes; on the wall clock missed ones are skipped.
 */
#include "core/dur.h"
#include "eval.h"
#include "net/loop.h"
#include "remote.h"

/* More missed times than this in one leap of the input are skipped. */
#define SLOTS_MAX	10000

/* The first multiple of step at or after ts. */
static int64_t
align_up(int64_t ts, int64_t step)
{
	int64_t down = ts - (ts % step + step) % step;

	return down == ts ? ts : down + step;
}

int64_t
groups_next(const struct eval *ev)
{
	int64_t next = INT64_MAX;
	size_t i;

	for (i = 0; i < ev->rules->n; i++)
		if (ev->rules->group[i].next < next)
			next = ev->rules->group[i].next;
	return next;
}

/* Groups that have not run yet begin at the first time from ts on. */
void
groups_start(struct eval *ev, int64_t ts)
{
	struct group *g;
	size_t i;

	for (i = 0; i < ev->rules->n; i++) {
		g = &ev->rules->group[i];
		if (g->last != NO_TIME)
			g->next = align_up(g->last + 1, g->interval);
		else
			g->next = align_up(ts, g->interval);
	}
	ev->next = groups_next(ev);
}

/* The expression in its canonical form, evaluated by the store. */
static int
query_source(struct eval *ev, const struct pexpr *x, struct promql_ctx *c,
    struct pcols *out, struct err *e)
{
	struct buf text = { 0 };
	struct remote_query q = { .start = c->start, .end = c->end,
	    .lookback = c->lookback, .wire = ev->history.wire,
	    .table = ev->history.table, .arena = c->arena };
	int rc;

	promql_print(x, &text);
	q.expr = buf_str(&text);
	rc = remote_eval(ev->remote, &q, out, e);
	c->notes = q.notes;
	buf_release(&text);
	return rc;
}

struct promql_ctx
eval_ctx(const struct eval *ev, const struct promql_source *source,
    struct arena *a)
{
	return (struct promql_ctx){ .arena = a, .source = source,
	    .lookback = ev->opt.lookback_ms,
	    .default_step = ev->opt.interval_ms,
	    .max_samples = ev->opt.max_samples,
	    .deadline_mono_ms = clk_mono_ms() + ev->opt.timeout_ms,
	    .delayed_name_removal = ev->opt.delayed_name_removal };
}

int
eval_query(struct eval *ev, const struct pexpr *x, int64_t ts,
    struct arena *a, struct pcols *out, struct err *e)
{
	struct promql_source source = history_source(&ev->history);
	struct promql_ctx c = eval_ctx(ev, &source, a);
	const struct pnote *n;
	int rc;

	c.start = c.end = ts;
	rc = ev->remote ? query_source(ev, x, &c, out, e) :
	    promql_eval(x, &c, out, e);
	for (n = c.notes; n && diag_is_verbose(); n = n->next)
		diag_note(STR_FMT, STR_ARG(n->text));
	return rc;
}

int
rule_eval(struct eval *ev, struct rule_run *r, int64_t ts, struct err *e)
{
	struct pcols v = { 0 };

	arena_reset(&ev->query);
	ev->evaluations++;
	if (eval_query(ev, r->expr, ts - r->group->offset, &ev->query, &v,
	    e) == -1)
		return -1;
	if (v.type != P_VECTOR && v.type != P_SCALAR)
		return err_set(e, ERR_CONFIG,
		    "rule result is not a vector or scalar");
	if (r->conf->alerting)
		return alert_rule_eval(ev, r, &v, ts, e);
	return record_rule_eval(ev, r, &v, ts, e);
}

/* A rule that fails costs its own output; the others go on. */
static void
group_eval(struct eval *ev, struct group *g, int64_t ts)
{
	struct rule_run *r;
	struct err e;
	size_t i;

	for (i = 0; i < g->n; i++) {
		r = &g->rule[i];
		e = (struct err){ 0 };
		if (rule_eval(ev, r, ts, &e) == 0) {
			if (r->conf->alerting)
				alerts_emit(ev, r, ts);
			continue;
		}
		ev->failures++;
		e.file = g->conf->file;
		e.line = r->conf->node->line;
		e.col = 0;
		(void)err_prefix(&e, "group '" STR_FMT "', rule '" STR_FMT "'",
		    STR_ARG(g->conf->name), STR_ARG(r->conf->name));
		diag_err(&e);
	}
	g->last = ts;
	g->seen = ev->samples + 1;
	g->next = align_up(ts + 1, g->interval);
	g->dirty = true;
}

/* To who reads us: everything of ours up to ts is written. */
void
tell_time(struct eval *ev, int64_t ts)
{
	if (ts <= ev->told)
		return;
	wire_put_tick(io_writer_buf(ev->tool->out), ts, STR("ts-eval"));
	ev->told = ts;
}

/* What was written goes out before what says so is saved. */
static void
round_end(struct eval *ev, int64_t ts)
{
	struct err e = { 0 };

	if (ev->tool->clk.kind == CLK_INPUT)
		tell_time(ev, ts);
	ev->next = groups_next(ev);
	if (tool_flush(ev->tool) == -1)
		ev->stopping = true;
	if (ev->alertmanagers)
		alertmanagers_push(ev->alertmanagers);
	if (history_commit(&ev->history, ts, &e) == -1 ||
	    save_commit(ev, &e) == -1) {
		diag_err(&e);
		ev->failures++;
	}
}

void
groups_pass(struct eval *ev, int64_t ts)
{
	int64_t at;
	size_t i;

	for (i = 0; i < ev->rules->n; i++) {
		struct group *g = &ev->rules->group[i];

		if (g->next < ts && (ts - g->next) / g->interval > SLOTS_MAX)
			g->next = align_up(ts - SLOTS_MAX * g->interval,
			    g->interval);
	}
	while ((at = groups_next(ev)) <= ts && !ev->stopping) {
		ev->round++;
		for (i = 0; i < ev->rules->n; i++)
			if (ev->rules->group[i].next == at)
				group_eval(ev, &ev->rules->group[i], at);
		outputs_bury(ev, at);
		round_end(ev, at);
		/* One line can stand for a day of rounds. */
		loop_signals(ev->loop);
	}
	ev->next = groups_next(ev);
}

static bool
is_behind(const struct eval *ev, const struct group *g)
{
	return g->seen != 0 && g->seen != ev->samples + 1;
}

/* Those whose last round is before ts; of these, all or those behind. */
static void
groups_once(struct eval *ev, int64_t ts, bool behind)
{
	bool any = false;
	struct group *g;
	size_t i;

	ev->round++;
	for (i = 0; i < ev->rules->n; i++) {
		g = &ev->rules->group[i];
		if (g->last >= ts || (behind && !is_behind(ev, g)))
			continue;
		group_eval(ev, g, ts);
		any = true;
	}
	if (any)
		round_end(ev, ts);
}

void
groups_now(struct eval *ev, int64_t ts)
{
	groups_once(ev, ts, false);
}

void
groups_catch_up(struct eval *ev, int64_t ts)
{
	groups_once(ev, ts, true);
}
