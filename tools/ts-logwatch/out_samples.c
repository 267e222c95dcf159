/* samples: the metrics of the configuration, and our own counters. */
#include "core/mem.h"
#include "metrics.h"
#include "output.h"
#include "rules.h"
#include "watch.h"

struct samples {
	struct watch *w;
	int64_t next;		/* when to print again; 0: not yet known */
};

static void *
open_samples(struct watch *w, const char *url, struct err *e)
{
	struct samples *self = mem_zalloc(sizeof(*self));

	(void)url;
	(void)e;
	self->w = w;
	return self;
}

static void
put_own(struct samples *self, int64_t ts, struct buf *out)
{
	const struct counters *c = &self->w->count;
	const struct { const char *name; uint64_t v; } rows[] = {
		{ "ts_logwatch_lines_total", c->lines },
		{ "ts_logwatch_bytes_total", c->bytes },
		{ "ts_logwatch_empty_lines_total", c->empty },
		{ "ts_logwatch_events_total", c->events },
		{ "ts_logwatch_events_dropped_total", c->dropped },
		{ "ts_logwatch_events_without_time_total", c->untimed },
	};
	struct metrics *m = self->w->metrics;
	size_t i;

	const struct { const char *name; uint64_t v; } shipping[] = {
		{ "ts_logwatch_shipped_total", c->shipped },
		{ "ts_logwatch_ship_retries_total", c->ship_retries },
		{ "ts_logwatch_ship_refused_total", c->ship_refused },
	};

	if (self->w->t->follow || c->read_errors > 0)
		metrics_put(m, "ts_logwatch_read_errors_total", NULL,
		    STR_NONE, (double)c->read_errors, ts, out);
	if (self->w->t->follow)
		metrics_put(m, "ts_logwatch_rotated_late_lines_total", NULL,
		    STR_NONE, (double)c->late, ts, out);

	for (i = 0; self->w->opt.to.n > 0 && i < 3; i++)
		metrics_put(m, shipping[i].name, NULL, STR_NONE,
		    (double)shipping[i].v, ts, out);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		metrics_put(m, rows[i].name, NULL, STR_NONE,
		    (double)rows[i].v, ts, out);
	for (i = 0; i < rules_count(self->w->rules); i++) {
		const struct rule *r = rules_at(self->w->rules, i);

		metrics_put(m, "ts_logwatch_rule_matches_total", "rule",
		    r->name, (double)r->matches, ts, out);
		metrics_put(m, "ts_logwatch_rule_alerts_total", "rule",
		    r->name, (double)r->alerts, ts, out);
		metrics_put(m, "ts_logwatch_rule_invalid_keys_total", "rule",
		    r->name, (double)r->invalid, ts, out);
		metrics_put(m, "ts_logwatch_rule_evictions_total", "rule",
		    r->name, (double)r->windows.evicted, ts, out);
		metrics_put(m, "ts_logwatch_rule_limits_total", "rule",
		    r->name, (double)r->select.limits, ts, out);
	}
}

static void
print(struct samples *self, int64_t ts)
{
	struct buf *out = io_writer_buf(self->w->t->out);

	metrics_print(self->w->metrics, ts, out);
	put_own(self, ts, out);
	if (io_writer_ready(self->w->t->out) == -1)
		(void)tool_flush(self->w->t);
}

static void
tick(void *arg, int64_t now)
{
	struct samples *self = arg;

	int64_t interval = self->w->opt.interval_ms;
	/* The clock may have been put back. */
	bool due = now >= self->next || self->next - now > interval;

	if (self->next != 0 && due)
		print(self, now);
	if (due)
		self->next = now + interval;
}

static int
flush(void *arg, bool final)
{
	struct samples *self = arg;
	struct watch *w = self->w;

	if (final)
		print(self, w->t->clk.kind == CLK_INPUT &&
		    w->newest != INT64_MIN ? w->newest : clk_now(&w->t->clk));
	return tool_flush(w->t);
}

const struct output output_samples = {
	.name = "samples", .summary = "metrics of the events",
	.open = open_samples, .tick = tick, .flush = flush,
	.close = mem_free,
};
