/*
 * What must outlive the process: when each group ran last, every alert with
 * its times, and the series that each recording rule gave.  Keys:
 *	group/KEY			{"evaluatedAt":MS}
 *	alert/RULE KEY/FINGERPRINT	{"labels":…,"activeAt":…}
 *	series/RULE KEY			[{labels},…]
 */
#include <stdlib.h>

#include "core/num.h"
#include "eval.h"
#include "json/read.h"
#include "json/write.h"

#define LOCK_WAIT_MS	10000

/* ---- keys ---- */

static struct str
alert_key(struct eval *ev, const struct rule_run *r, const struct labels *l)
{
	buf_reset(&ev->scratch);
	(void)buf_printf(&ev->scratch, "alert/" STR_FMT "/%016llx",
	    STR_ARG(r->key), (unsigned long long)labels_fingerprint(l));
	return buf_str(&ev->scratch);
}

/* ---- writing ---- */

static void
put_time(struct jw *w, struct str key, int64_t ms)
{
	if (ms == 0)
		return;
	jw_key(w, key);
	jw_int(w, ms);
}

static void
put_labels(struct jw *w, struct str key, const struct labels *l)
{
	if (l == NULL)
		return;
	jw_key(w, key);
	wire_put_labels(w, l);
}

static const struct { const char *word; enum alert_state state; } states[] = {
	{ "inactive", ALERT_INACTIVE }, { "pending", ALERT_PENDING },
	{ "firing", ALERT_FIRING },
};

static void
put_active(struct buf *out, const struct active *a)
{
	struct jw w = { .out = out };
	struct buf v = { 0 };

	jw_obj(&w);
	put_labels(&w, STR("labels"), a->labels);
	put_labels(&w, STR("sample"), a->sample);
	put_labels(&w, STR("annotations"), a->annotations);
	jw_key(&w, STR("state"));
	jw_str(&w, str_of(states[a->state].word));
	num_print(&v, a->value, NUM_GO_G);
	jw_key(&w, STR("value"));
	jw_str(&w, buf_str(&v));
	buf_release(&v);
	if (a->histogram.n) {
		jw_key(&w, STR("histogram"));
		jw_str(&w, a->histogram);
	}
	put_time(&w, STR("activeAt"), a->active_at);
	put_time(&w, STR("firedAt"), a->fired_at);
	put_time(&w, STR("resolvedAt"), a->resolved_at);
	put_time(&w, STR("lastSentAt"), a->last_sent);
	put_time(&w, STR("keepFiringSince"), a->keep_since);
	jw_obj_end(&w);
}

void
save_forget(struct eval *ev, const struct rule_run *r,
    const struct active *a)
{
	struct err e;

	if (ev->state)
		(void)state_del(ev->state, alert_key(ev, r, a->labels), &e);
}

static int
save_alerts(struct eval *ev, struct rule_run *r, struct buf *b,
    struct err *e)
{
	struct active *a;
	size_t i;

	for (i = 0; i < r->order.n; i++) {
		a = r->order.p[i];
		if (!a->dirty)
			continue;
		buf_reset(b);
		put_active(b, a);
		if (state_put(ev->state, alert_key(ev, r, a->labels),
		    buf_str(b), e) == -1)
			return -1;
		a->dirty = false;
	}
	return 0;
}

static int
save_series(struct eval *ev, struct rule_run *r, struct buf *b,
    struct err *e)
{
	struct jw w = { .out = b };
	size_t i;

	if (r->conf->alerting || !r->outputs_changed)
		return 0;
	buf_reset(b);
	jw_arr(&w);
	for (i = 0; i < r->outputs.n; i++)
		wire_put_labels(&w, r->outputs.p[i]);
	jw_arr_end(&w);
	buf_reset(&ev->scratch);
	(void)buf_printf(&ev->scratch, "series/" STR_FMT, STR_ARG(r->key));
	if (state_put(ev->state, buf_str(&ev->scratch), buf_str(b), e) == -1)
		return -1;
	r->outputs_changed = false;
	return 0;
}

static int
save_group(struct eval *ev, struct group *g, struct buf *b, struct err *e)
{
	size_t i;

	if (!g->dirty)
		return 0;
	for (i = 0; i < g->n; i++)
		if (save_alerts(ev, &g->rule[i], b, e) == -1 ||
		    save_series(ev, &g->rule[i], b, e) == -1)
			return -1;
	buf_reset(b);
	(void)buf_printf(b, "{\"evaluatedAt\":%lld}", (long long)g->last);
	buf_reset(&ev->scratch);
	(void)buf_printf(&ev->scratch, "group/" STR_FMT, STR_ARG(g->key));
	g->dirty = false;
	return state_put(ev->state, buf_str(&ev->scratch), buf_str(b), e);
}

int
save_commit(struct eval *ev, struct err *e)
{
	struct buf b = { 0 };
	size_t i;
	int rc = 0;

	if (ev->state == NULL)
		return 0;
	for (i = 0; i < ev->rules->n && rc == 0; i++)
		rc = save_group(ev, &ev->rules->group[i], &b, e);
	buf_release(&b);
	if (rc == 0)
		rc = state_commit(ev->state, e);
	tool_say_state(ev->state);
	return rc;
}

/* ---- reading ---- */

struct loading {
	struct eval *ev;
	struct rule_run *rule;
	struct arena *arena;
};

static enum alert_state
state_of(struct str word)
{
	size_t i;

	for (i = 0; i < ALERT_NSTATES; i++)
		if (str_eq(word, str_of(states[i].word)))
			return states[i].state;
	return ALERT_INACTIVE;
}

static void
get_labels(const struct loading *l, struct str json,
    const struct labels **out)
{
	struct err e;

	if (wire_get_labels(l->ev->history.table, json, l->arena, out,
	    &e) == -1)
		*out = NULL;
}

static void
get_time(struct str json, int64_t *out)
{
	(void)num_parse_i64(json, INT64_MIN, INT64_MAX, out);
}

static void
get_text(const struct loading *l, struct str json, struct str *out)
{
	struct jr r;

	jr_init(&r, json, l->arena);
	*out = jr_next(&r) == JR_STR ? r.str : STR_NONE;
}

/* One member of an alert's record. */
static void
get_member(const struct loading *l, struct str key, struct str json,
    struct active *a)
{
	struct str text;

	if (str_eq(key, STR("labels")))
		get_labels(l, json, &a->labels);
	else if (str_eq(key, STR("sample")))
		get_labels(l, json, &a->sample);
	else if (str_eq(key, STR("annotations")))
		get_labels(l, json, &a->annotations);
	else if (str_eq(key, STR("activeAt")))
		get_time(json, &a->active_at);
	else if (str_eq(key, STR("firedAt")))
		get_time(json, &a->fired_at);
	else if (str_eq(key, STR("resolvedAt")))
		get_time(json, &a->resolved_at);
	else if (str_eq(key, STR("lastSentAt")))
		get_time(json, &a->last_sent);
	else if (str_eq(key, STR("keepFiringSince")))
		get_time(json, &a->keep_since);
	get_text(l, json, &text);
	if (str_eq(key, STR("state")))
		a->state = state_of(text);
	else if (str_eq(key, STR("value")))
		(void)num_parse_prom(text, &a->value);
	else if (str_eq(key, STR("histogram")))
		a->histogram = text;
}

static int
load_alert(void *arg, struct str key, struct str value)
{
	struct loading *l = arg;
	struct active got = { 0 }, *a;
	struct str json;
	char *copy = NULL;
	struct jr r;

	(void)key;
	jr_init(&r, value, l->arena);
	if (jr_next(&r) != JR_OBJ)
		return 0;
	while (jr_next(&r) == JR_KEY) {
		struct str name = r.str;

		if (jr_raw(&r, &json) == -1)
			return 0;
		get_member(l, name, json, &got);
	}
	if (got.labels == NULL || got.sample == NULL)
		return 0;
	a = alert_add(l->rule, got.labels);
	if (got.histogram.n) {
		copy = mem_alloc(got.histogram.n);
		memcpy(copy, got.histogram.p, got.histogram.n);
	}
	*a = got;
	a->histogram.p = copy;
	return 0;
}

static void
load_series(struct loading *l, struct str json)
{
	const struct labels *labels;
	struct str one;
	enum jr_tok tok;
	struct jr r;
	size_t at;

	jr_init(&r, json, l->arena);
	if (jr_next(&r) != JR_ARR)
		return;
	while ((tok = jr_next(&r)) == JR_OBJ) {
		at = r.at - 1;
		if (jr_skip(&r, tok) == -1)
			return;
		one = str_sub(json, at, r.at);
		get_labels(l, one, &labels);
		if (labels)
			vec_push(&l->rule->outputs, labels);
	}
}

static int
load_rule(struct loading *l, struct rule_run *r, struct err *e)
{
	struct eval *ev = l->ev;
	struct buf value = { 0 }, key = { 0 };
	int rc;

	l->rule = r;
	if (r->conf->alerting) {
		(void)buf_printf(&key, "alert/" STR_FMT "/",
		    STR_ARG(r->key));
		rc = state_each(ev->state, buf_str(&key), load_alert, l, e);
		alerts_sort(r);
		alert_outputs(ev, r);
	} else {
		(void)buf_printf(&key, "series/" STR_FMT, STR_ARG(r->key));
		rc = state_get(ev->state, buf_str(&key), &value, e);
		if (rc == 1)
			load_series(l, buf_str(&value));
	}
	buf_release(&key);
	buf_release(&value);
	return rc == -1 ? -1 : 0;
}

static int
load_group(struct loading *l, struct group *g, struct err *e)
{
	struct eval *ev = l->ev;
	struct buf value = { 0 };
	struct str json;
	size_t i;
	int rc;

	buf_reset(&ev->scratch);
	(void)buf_printf(&ev->scratch, "group/" STR_FMT, STR_ARG(g->key));
	rc = state_get(ev->state, buf_str(&ev->scratch), &value, e);
	if (rc == 1 && wire_member(buf_str(&value), STR("evaluatedAt"),
	    &json))
		get_time(json, &g->last);
	buf_release(&value);
	if (rc == -1)
		return -1;
	for (i = 0; i < g->n; i++)
		if (load_rule(l, &g->rule[i], e) == -1)
			return -1;
	return 0;
}

int
save_load(struct eval *ev, struct err *e)
{
	struct arena arena = { 0 };
	struct loading l = { .ev = ev, .arena = &arena };
	size_t i;
	int rc = 0;

	if (ev->tool->state == NULL)
		return 0;
	ev->state = state_open(str_of(ev->tool->state), "ts-eval",
	    LOCK_WAIT_MS, e);
	if (ev->state == NULL)
		return -1;
	tool_say_state(ev->state);
	for (i = 0; i < ev->rules->n && rc == 0; i++)
		rc = load_group(&l, &ev->rules->group[i], e);
	arena_free(&arena);
	return rc;
}
