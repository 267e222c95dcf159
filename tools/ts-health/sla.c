/*
 * sla: results to spans, spans to sums.
 */
#include "sla.h"

#include <math.h>
#include <stdlib.h>

#include "core/dur.h"
#include "core/utf8.h"
#include "json/read.h"

/* A check that was seen once: its interval is this. */
#define INTERVAL_MS	DUR_MINUTE
#define GAP_INTERVALS	3

/* ---- reading ---- */

struct sla_check *
sla_check(struct sla *s, struct str name)
{
	struct sla_check *c = map_get(&s->index, name);

	if (c != NULL)
		return c;
	c = ARENA_NEW(&s->arena, struct sla_check);
	c->name = arena_str(&s->arena, name);
	(void)map_put(&s->index, c->name, c);
	vec_push(&s->checks, c);
	return c;
}

/* What of a result line counts here. */
struct line {
	struct str check, status, message, error, time;
	bool suppressed;
};

/* "state": { …, "suppressed": true } */
static int
read_state(struct jr *r, struct line *l)
{
	enum jr_tok tok = jr_next(r);
	bool here;

	if (tok != JR_OBJ)
		return jr_skip(r, tok);
	while ((tok = jr_next(r)) == JR_KEY) {
		here = str_eq(r->str, STR("suppressed"));
		tok = jr_next(r);
		if (here)
			l->suppressed = tok == JR_TRUE;
		if (jr_skip(r, tok) == -1)
			return -1;
	}
	return tok == JR_OBJ_END ? 0 : -1;
}

/* 1, 0 when it is no result, -1. */
static int
read_line(struct str text, struct arena *a, struct line *l, struct err *e)
{
	const struct { struct str key; struct str *to; } rows[] = {
		{ STR("check"), &l->check }, { STR("status"), &l->status },
		{ STR("message"), &l->message }, { STR("error"), &l->error },
		{ STR("time"), &l->time },
	};
	enum jr_tok tok;
	struct jr r;
	struct str key;
	size_t i;

	jr_init(&r, text, a);
	if (jr_next(&r) != JR_OBJ)
		return jr_err(&r, "an object", e);
	while ((tok = jr_next(&r)) == JR_KEY) {
		key = r.str;
		if (str_eq(key, STR("state"))) {
			if (read_state(&r, l) == -1)
				return jr_err(&r, "a value", e);
			continue;
		}
		tok = jr_next(&r);
		for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
			if (tok == JR_STR && str_eq(key, rows[i].key))
				*rows[i].to = r.str;
		if (jr_skip(&r, tok) == -1)
			return jr_err(&r, "a value", e);
	}
	if (tok != JR_OBJ_END || jr_next(&r) != JR_END)
		return jr_err(&r, "the end of the line", e);
	return l->check.p != NULL;
}

static enum sla_state
state_of(enum check_status status, bool suppressed)
{
	if (suppressed)
		return SLA_EXCLUDED;
	return status == CHECK_FAIL ? SLA_DOWN : status == CHECK_UNKNOWN ?
	    SLA_UNMONITORED : SLA_UP;
}

/* The text, or that of the result before when it is the same. */
static struct str
keep_text(struct sla *s, const struct sla_check *c, struct str text)
{
	struct str last = c->results.n ?
	    c->results.p[c->results.n - 1].error : STR_NONE;

	text = str_sub(text, 0, SLA_TEXT_MAX);
	return str_eq(text, last) ? last : arena_str(&s->arena, text);
}

static int
add(struct sla *s, const struct line *l, struct err *e)
{
	struct sla_result r = { 0 };
	enum check_status status;
	struct sla_check *c;

	if (!check_status_parse(l->status, &status))
		return err_set(e, ERR_SYNTAX, "'" STR_FMT "' is no status",
		    STR_ARG(l->status));
	if (!time_parse_rfc3339(l->time, &r.time_ms))
		return err_set(e, ERR_SYNTAX, "a result needs its 'time'");
	if (s->nresults == SLA_RESULTS_MAX)
		return err_set(e, ERR_LIMIT, "more than %zu results",
		    SLA_RESULTS_MAX);
	if (s->checks.n == SLA_CHECKS_MAX &&
	    map_get(&s->index, l->check) == NULL)
		return err_set(e, ERR_LIMIT, "more than %d checks",
		    SLA_CHECKS_MAX);
	c = sla_check(s, l->check);
	r.at = s->nresults++;
	r.state = state_of(status, l->suppressed);
	if (r.state == SLA_DOWN)
		r.error = keep_text(s, c, l->error.n ? l->error : l->message);
	vec_push(&c->results, r);
	return 1;
}

int
sla_add(struct sla *s, struct str text, struct err *e)
{
	struct arena a = { 0 };
	struct line l = { 0 };
	int rc = read_line(text, &a, &l, e);

	if (rc == 1)
		rc = add(s, &l, e);
	arena_free(&a);
	return rc;
}

/* ---- spans ---- */

static int
cmp_results(const void *a, const void *b)
{
	const struct sla_result *x = a, *y = b;

	if (x->time_ms != y->time_ms)
		return x->time_ms < y->time_ms ? -1 : 1;
	return (x->at > y->at) - (x->at < y->at);
}

static int
cmp_ms(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

static int64_t
median_interval(const struct sla_check *c)
{
	size_t i, n = c->results.n;
	int64_t *between, median;

	if (n < 2)
		return INTERVAL_MS;
	between = mem_array(n, sizeof(*between));
	for (i = 1; i < n; i++)
		between[i - 1] = c->results.p[i].time_ms -
		    c->results.p[i - 1].time_ms;
	qsort(between, n - 1, sizeof(*between), cmp_ms);
	median = between[(n - 1) / 2];
	mem_free(between);
	return median > 0 ? median : INTERVAL_MS;
}

static void
push_span(struct sla_check *c, int64_t from, int64_t to,
    enum sla_state state, struct str error)
{
	struct sla_span *last = c->spans.n ? &c->spans.p[c->spans.n - 1] :
	    NULL;

	if (from >= to)
		return;
	if (last != NULL && last->state == state) {
		last->to_ms = to;
		return;
	}
	vec_push(&c->spans, (struct sla_span){ from, to, state,
	    state == SLA_DOWN ? error : STR_NONE });
}

/* The parts of it that lie in a maintenance window are excluded. */
static void
push_parts(struct sla_check *c, int64_t from, int64_t to,
    enum sla_state state, struct str error)
{
	int64_t next;

	if (c->maintenance == NULL || maintenance_none(c->maintenance)) {
		push_span(c, from, to, state, error);
		return;
	}
	for (; from < to; from = next) {
		next = (from / DUR_MINUTE + 1) * DUR_MINUTE;
		if (next > to)
			next = to;
		push_span(c, from, next, maintenance_contains(
		    c->maintenance, from) ? SLA_EXCLUDED : state, error);
	}
}

static int64_t
least(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static void
make_spans(const struct sla *s, struct sla_check *c)
{
	int64_t gap = s->gap_ms ? s->gap_ms : GAP_INTERVALS * c->interval_ms;
	int64_t at = s->from_ms, from, to;
	const struct sla_result *r;
	size_t i;

	for (i = 0; i < c->results.n; i++) {
		r = &c->results.p[i];
		from = r->time_ms > at ? r->time_ms : at;
		to = least(s->to_ms, r->time_ms + gap);
		if (i + 1 < c->results.n)
			to = least(to, r[1].time_ms);
		if (from >= to)
			continue;
		push_parts(c, at, from, SLA_UNMONITORED, STR_NONE);
		push_parts(c, from, to, r->state, r->error);
		at = to;
	}
	push_parts(c, at, s->to_ms, SLA_UNMONITORED, STR_NONE);
}

static void
sum_up(struct sla_check *c)
{
	const struct sla_span *p;

	for (p = c->spans.p; p != c->spans.p + c->spans.n; p++) {
		c->ms[p->state] += p->to_ms - p->from_ms;
		if (p->state != SLA_DOWN)
			continue;
		c->failures++;
		c->down_now = p + 1 == c->spans.p + c->spans.n;
		if (c->down_now)
			continue;
		c->repaired++;
		c->repaired_ms += p->to_ms - p->from_ms;
	}
}

/* From the first result to an interval after the last one. */
static void
set_period(struct sla *s)
{
	const struct sla_check *c;
	int64_t from = INT64_MAX, to = 0, end;
	size_t i;

	for (i = 0; i < s->checks.n; i++) {
		c = s->checks.p[i];
		if (c->results.n == 0)
			continue;
		from = least(from, c->results.p[0].time_ms);
		end = c->results.p[c->results.n - 1].time_ms + c->interval_ms;
		if (end > to)
			to = end;
	}
	if (s->from_ms == 0 && from != INT64_MAX)
		s->from_ms = from;
	if (s->to_ms == 0)
		s->to_ms = to;
}

void
sla_compute(struct sla *s)
{
	struct sla_check *c;
	size_t i;

	for (i = 0; i < s->checks.n; i++) {
		c = s->checks.p[i];
		if (c->results.n)
			qsort(c->results.p, c->results.n,
			    sizeof(*c->results.p), cmp_results);
		c->interval_ms = median_interval(c);
	}
	set_period(s);
	for (i = 0; i < s->checks.n; i++) {
		make_spans(s, s->checks.p[i]);
		sum_up(s->checks.p[i]);
	}
}

/* ---- what it means ---- */

static double
monitored_ms(const struct sla_check *c)
{
	return (double)(c->ms[SLA_UP] + c->ms[SLA_DOWN]);
}

double
sla_availability(const struct sla_check *c)
{
	return monitored_ms(c) > 0 ? (double)c->ms[SLA_UP] / monitored_ms(c) :
	    NAN;
}

double
sla_allowed_ms(const struct sla *s, const struct sla_check *c)
{
	return round((1 - s->objective) * monitored_ms(c));
}

double
sla_mttr_ms(const struct sla_check *c)
{
	return c->repaired ? (double)c->repaired_ms / (double)c->repaired :
	    NAN;
}

double
sla_mtbf_ms(const struct sla_check *c)
{
	return c->failures ? (double)c->ms[SLA_UP] / (double)c->failures :
	    NAN;
}

bool
sla_met(const struct sla *s, const struct sla_check *c)
{
	return monitored_ms(c) > 0 &&
	    (double)c->ms[SLA_DOWN] <= sla_allowed_ms(s, c);
}

struct str
sla_percent(double availability, struct arena *a)
{
	if (isnan(availability))
		return STR("-");
	return arena_printf(a, "%.3f",
	    floor(availability * 1e5 + 1e-7) / 1e3);
}

void
sla_release(struct sla *s)
{
	size_t i;

	for (i = 0; i < s->checks.n; i++) {
		vec_release(&s->checks.p[i]->results);
		vec_release(&s->checks.p[i]->spans);
	}
	vec_release(&s->checks);
	map_release(&s->index);
	arena_free(&s->arena);
}
