#include "rules.h"

#include <stdlib.h>

#include "core/dur.h"
#include "core/mem.h"
#include "core/num.h"
#include "forwarded.h"
#include "rule_alert.h"
#include "rule_yml.h"

#define KEY_SEPARATOR	'\x1f'

struct rules {
	VEC(struct rule *) all;
	VEC(struct cidr_list *) lists;
	struct rules_host host;
	struct rule_alerts *alerts;
	struct buf key;
	/* "last message repeated N times" says what again? */
	struct {
		struct rule *rule;
		struct window *window;
		const struct origin *origin;
	} last;
	struct arena arena;
};

struct cidr_list *
rules_list_add(struct rules *r, struct str name)
{
	struct cidr_list *l = ARENA_NEW(&r->arena, struct cidr_list);

	l->name = name;
	vec_push(&r->lists, l);
	return l;
}

void
rules_add(struct rules *r, struct rule *rule)
{
	vec_push(&r->all, rule);
}

const struct cidr_list *
rules_list(const struct rules *r, struct str name)
{
	size_t i;

	for (i = 0; i < r->lists.n; i++)
		if (str_eq(r->lists.p[i]->name, name))
			return r->lists.p[i];
	return NULL;
}

static int
unique_names(const struct rules *r, struct err *e)
{
	size_t i, j;

	for (i = 0; i < r->all.n; i++)
		for (j = 0; j < i; j++)
			if (str_eq(r->all.p[i]->name, r->all.p[j]->name))
				return ynode_err(r->all.p[i]->node, e,
				    "there is a rule '" STR_FMT "' already",
				    STR_ARG(r->all.p[i]->name));
	return 0;
}

struct rules *
rules_new(const struct config *c, struct grok_set *set,
    const struct rules_host *host, struct err *e)
{
	struct rules *r = mem_zalloc(sizeof(*r));
	size_t i;

	r->host = *host;
	cidr_list_loopback(rules_list_add(r, STR("loopback")));
	cidr_list_self(rules_list_add(r, STR("self")));
	for (i = 0; i < c->files.n; i++)
		if (rule_lists_read(r, c->files.p[i]->lists, c->arena,
		    e) == -1)
			goto fail;
	for (i = 0; i < c->files.n; i++)
		if (rules_read(r, c->files.p[i], set, c->arena, e) == -1)
			goto fail;
	if (unique_names(r, e) == -1)
		goto fail;
	r->alerts = rule_alerts_new();
	for (i = 0; i < r->all.n; i++)
		if (rule_alerts_add(r->alerts, r->all.p[i], e) == -1)
			goto fail;
	return r;
fail:
	rules_free(r);
	return NULL;
}

static void
rule_release(struct rule *rule)
{
	size_t i;

	selector_release(&rule->select);
	for (i = 0; rule->forgets != NULL && i < rule->forget.n; i++)
		grok_free(rule->forgets[i]);
	for (i = 0; i < rule->exceptions.n; i++)
		vec_release(&rule->exceptions.p[i].lists);
	vec_release(&rule->exceptions);
	windows_release(&rule->windows);
	vec_release(&rule->collections);
	vec_release(&rule->addresses);
	vec_release(&rule->proxies.cidrs);
	if (rule->ratio != NULL)
		expr_free(rule->ratio->expr);
}

void
rules_free(struct rules *r)
{
	size_t i;

	if (r == NULL)
		return;
	for (i = 0; i < r->all.n; i++)
		rule_release(r->all.p[i]);
	for (i = 0; i < r->lists.n; i++)
		vec_release(&r->lists.p[i]->cidrs);
	rule_alerts_free(r->alerts);
	vec_release(&r->all);
	vec_release(&r->lists);
	buf_release(&r->key);
	arena_free(&r->arena);
	mem_free(r);
}

size_t
rules_count(const struct rules *r)
{
	return r->all.n;
}

struct rule *
rules_at(struct rules *r, size_t i)
{
	return r->all.p[i];
}

/* ---- the key ---- */

static bool
is_address(const struct rule *r, struct str name)
{
	size_t i;

	for (i = 0; i < r->addresses.n; i++)
		if (str_eq(r->addresses.p[i], name))
			return true;
	return false;
}

static bool
is_excepted(const struct rule *r, struct str name, const struct address *a)
{
	size_t i, j;

	for (i = 0; i < r->exceptions.n; i++)
		for (j = 0; str_eq(r->exceptions.p[i].field, name) &&
		    j < r->exceptions.p[i].lists.n; j++)
			if (cidr_list_has(r->exceptions.p[i].lists.p[j], a))
				return true;
	return false;
}

bool
rule_key(struct rule *r, const struct hit *h, struct buf *out)
{
	char text[ADDRESS_TEXT];
	struct address a;
	struct value v;
	size_t i;
	int mask;

	buf_reset(out);
	for (i = 0; i < r->key.n; i++) {
		if (i > 0)
			(void)buf_putc(out, KEY_SEPARATOR);
		v = hit_get(h, r->key.p[i]);
		if (!is_address(r, r->key.p[i])) {
			(void)buf_put(out, value_text(v));
			continue;
		}
		if (!address_parse(value_text(v), &a) ||
		    (cidr_list_has(&r->proxies, &a) &&
		    !forwarded_client(value_text(hit_get(h, r->forwarded)),
		    &r->proxies, &a))) {
			r->invalid++;
			return false;
		}
		if (is_excepted(r, r->key.p[i], &a)) {
			r->excepted++;
			return false;
		}
		mask = a.v6 ? r->mask_v6 : r->mask_v4;
		address_mask(&a, mask);
		(void)buf_put(out, address_print(&a, mask, text));
	}
	return true;
}

/* ---- events ---- */

/* What we wrote, and what we said to syslog: its texts are others'. */
static bool
is_own(const struct event *ev)
{
	static const struct str self = STR("ts-logwatch");

	return str_eq(value_text(event_get(ev, STR("process.name"))), self) ||
	    str_eq(value_text(event_get(ev, STR("service.name"))), self) ||
	    str_starts(value_text(event_get(ev, STR("generatorURL"))),
	    STR("ts-logwatch:")) ||
	    (str_eq(value_text(event_get(ev, STR("type"))), STR("block")) &&
	    event_get(ev, STR("dry_run")).kind != VAL_NONE);
}

static void
forget(struct rules *r, struct rule *rule, const struct event *ev)
{
	struct hit h;
	struct pattern_match m = { .weight = 1 };
	struct window *one;
	size_t i;

	for (i = 0; i < rule->forget.n; i++) {
		m.grok = rule->forgets[i];
		if (rule->select.field.n == 0 &&
		    !(grok_needs(m.grok) & ev->literals))
			continue;
		h.ev = ev;
		h.match = &m;
		h.note = NULL;
		h.text = hit_text(&rule->select, &m, ev, &h.repeats);
		if (grok_match(m.grok, h.text, h.value) != 1 ||
		    (!rule->own && is_own(ev)) ||
		    !rule_key(rule, &h, &r->key))
			continue;
		one = windows_find(&rule->windows, buf_str(&r->key));
		if (one == NULL)
			continue;
		if (r->last.window == one)
			r->last.window = NULL;
		rule->forgotten++;
		one->slots.n = 0;
		one->dirty = true;
	}
}

static void
collect(struct rule *rule, struct window *one, const struct hit *h)
{
	size_t i;
	struct value v;

	for (i = 0; i < rule->collections.n; i++) {
		v = hit_get(h, rule->collections.p[i].field);
		if (v.kind != VAL_NONE && v.text.n > 0)
			window_collect(&rule->windows, one, i, v.text,
			    h->ev->time, (size_t)rule->collections.p[i].max);
	}
}

static bool
is_full(const struct rule *rule, const struct window *one)
{
	if (rule->distinct.n > 0)
		return (int64_t)window_distinct(&rule->windows, one,
		    rule->collections.n - 1) >= rule->threshold;
	if (rule->score > 0)
		return window_weight(one) >= rule->score;
	return window_count(one) >= rule->threshold;
}

static void
raise_alert(struct rules *r, struct rule *rule, struct window *one,
    const struct hit *h, int64_t time)
{
	struct incident in = { rule, one, STR_NONE, h, time,
	    window_count(one) };
	struct alert al = { 0 };
	struct arena a = { 0 };

	(void)str_cut(one->key, KEY_SEPARATOR, &in.key);
	one->alerted = time;
	rule->alerts++;
	if (rule_alert_make(r->alerts, &in, &a, &al))
		r->host.alert(r->host.arg, &al);
	if (rule->block != NULL && r->host.act != NULL)
		r->host.act(r->host.arg, &in);
	arena_free(&a);
}

static void
count_event(struct rules *r, struct rule *rule, struct window *one,
    const struct hit *h, int64_t repeats)
{
	int64_t time = h->ev->time;
	int64_t weight = h->match ? h->match->weight : 1;

	/* An episode ends when nothing came until its alert resolved. */
	if (one->last == INT64_MIN ||
	    time - one->last >= rule->alert.for_resolve_ms ||
	    one->slots.n == 0)
		one->start = time;
	window_add(&rule->windows, one, time, weight,
	    rule->repeats ? repeats : 1);
	if (one->slots.n > 0 && one->alerted == INT64_MIN)
		one->start = one->slots.p[0].time;
	collect(rule, one, h);
	if (is_full(rule, one) && (one->alerted == INT64_MIN ||
	    time - one->alerted >= rule->cooldown_ms))
		raise_alert(r, rule, one, h, time);
}

/* ---- ratios: sixtieths of the window ---- */

static void
turn_ratio(struct ratio *q, int64_t slot)
{
	int64_t i;

	for (i = q->at + 1; i <= slot && i <= q->at + 60; i++)
		q->bad[i % 60] = q->all[i % 60] = 0;
	if (slot > q->at)
		q->at = slot;
}

static void
count_ratio(struct rules *r, struct rule *rule, const struct event *ev,
    const struct hit *h)
{
	struct ratio *q = rule->ratio;
	int64_t slot = ev->time / (rule->window_ms / 60 + 1);
	uint64_t bad = 0, all = 0;
	struct window *one;
	size_t i;

	if (slot + 60 <= q->at)
		return;
	turn_ratio(q, slot);
	if (q->expr == NULL || expr_true(q->expr, ev))
		q->all[slot % 60]++;
	q->bad[slot % 60] += h != NULL;
	if (h == NULL)
		return;
	for (i = 0; i < 60; i++) {
		bad += q->bad[i];
		all += q->all[i];
	}
	if ((int64_t)all < q->min || (double)bad <= q->over * (double)all)
		return;
	one = windows_get(&rule->windows, STR(""));
	window_add(&rule->windows, one, ev->time, 1, 1);
	if (one->alerted == INT64_MIN ||
	    ev->time - one->alerted >= rule->cooldown_ms) {
		if (one->alerted == INT64_MIN)
			one->start = ev->time;
		raise_alert(r, rule, one, h, ev->time);
	}
}

static void
rule_event(struct rules *r, struct rule *rule, const struct event *ev)
{
	struct hit h;
	struct window *one;
	bool hit = selector_run(&rule->select, ev, &h);

	if (hit && !rule->own && is_own(ev))
		hit = false;
	if (rule->forget.n > 0)
		forget(r, rule, ev);
	if (rule->ratio != NULL) {
		rule->matches += hit;
		count_ratio(r, rule, ev, hit ? &h : NULL);
		return;
	}
	if (rule->absent && rule->seen == INT64_MIN)
		rule->seen = ev->time;
	if (!hit)
		return;
	rule->matches += (uint64_t)h.repeats;
	if (rule->absent) {
		if (ev->time > rule->seen)
			rule->seen = ev->time;
		rule->silent = false;
		return;
	}
	if (!rule_key(rule, &h, &r->key))
		return;
	one = windows_get(&rule->windows, buf_str(&r->key));
	count_event(r, rule, one, &h, h.repeats);
	r->last.rule = rule;
	r->last.window = one;
	r->last.origin = ev->origin;
}

/* "last message repeated N times" of older syslogds. */
static bool
repeat_last(struct rules *r, const struct event *ev)
{
	static const struct str head = STR("last message repeated ");
	struct str s = value_text(ev->message), count;
	struct hit h;
	int64_t n;

	if (s.n > 60 || !str_starts(s, head))
		return false;
	(void)str_cut(str_sub(s, head.n, s.n), ' ', &count);
	if (!num_parse_i64(count, 1, 1000000, &n) ||
	    r->last.window == NULL || r->last.origin != ev->origin)
		return true;
	h.ev = ev;
	h.match = NULL;
	r->last.rule->matches += (uint64_t)n;
	count_event(r, r->last.rule, r->last.window, &h, n);
	return true;
}

void
rules_event(struct rules *r, const struct event *ev)
{
	size_t i;

	if (repeat_last(r, ev))
		return;
	r->last.window = NULL;
	for (i = 0; i < r->all.n; i++)
		if (r->all.p[i]->needs & ev->literals)
			rule_event(r, r->all.p[i], ev);
}

void
rules_tick(struct rules *r, int64_t now)
{
	struct window *one;
	struct rule *rule;
	size_t i;

	for (i = 0; i < r->all.n; i++) {
		rule = r->all.p[i];
		if (!rule->absent || rule->silent ||
		    rule->seen == INT64_MIN ||
		    now - rule->seen < rule->window_ms)
			continue;
		rule->silent = true;
		one = windows_get(&rule->windows, STR(""));
		one->start = one->last = rule->seen + rule->window_ms;
		raise_alert(r, rule, one, NULL, now);
	}
}

/* ---- a reload ---- */

static bool
same_key(const struct rule *a, const struct rule *b)
{
	size_t i;

	if (a->key.n != b->key.n)
		return false;
	for (i = 0; i < a->key.n; i++)
		if (!str_eq(a->key.p[i], b->key.p[i]))
			return false;
	return a->mask_v4 == b->mask_v4 && a->mask_v6 == b->mask_v6;
}

static void
rule_take(struct rule *rule, struct rule *old)
{
	size_t which[64], i, j;

	rule->matches = old->matches;
	rule->alerts = old->alerts;
	rule->invalid = old->invalid;
	rule->excepted = old->excepted;
	rule->forgotten = old->forgotten;
	rule->seen = old->seen;
	rule->silent = old->silent;
	selector_take(&rule->select, &old->select);
	if (!same_key(rule, old) || rule->collections.n > 64)
		return;
	for (i = 0; i < rule->collections.n; i++) {
		which[i] = SIZE_MAX;
		for (j = 0; j < old->collections.n; j++)
			if (which[i] == SIZE_MAX &&
			    str_eq(rule->collections.p[i].name,
			    old->collections.p[j].name) &&
			    str_eq(rule->collections.p[i].field,
			    old->collections.p[j].field)) {
				which[i] = j;
				/* Taken; no other gets it as well. */
				old->collections.p[j].name = STR_NONE;
			}
	}
	windows_take(&rule->windows, &old->windows, which);
}

void
rules_take(struct rules *r, struct rules *old)
{
	size_t i, j;

	for (i = 0; i < r->all.n; i++)
		for (j = 0; j < old->all.n; j++)
			if (str_eq(r->all.p[i]->name, old->all.p[j]->name))
				rule_take(r->all.p[i], old->all.p[j]);
	old->last.window = NULL;
}
