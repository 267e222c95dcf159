/*
 * Windows kept between runs: "window:RULE:KEY" to times, texts, alerts; and
 * what sessions have told (session_save.c).
 */
#include <stdlib.h>

#include "core/dur.h"
#include "core/mem.h"
#include "json/tree.h"
#include "json/write.h"
#include "rules.h"
#include "state/state.h"

#define WINDOWS		"window:"
#define SESSIONS	"session:"
#define KEEP_MS		(14 * DUR_DAY)	/* of rules that are not loaded */

static void
key_name(const struct rule *r, struct str key, struct buf *out)
{
	buf_reset(out);
	(void)buf_printf(out, WINDOWS STR_FMT ":" STR_FMT, STR_ARG(r->name),
	    STR_ARG(key));
}

static void
put_time(struct jw *w, const char *key, int64_t t)
{
	if (t == INT64_MIN)
		return;
	jw_key(w, str_of(key));
	jw_int(w, t);
}

static void
put_window(const struct rule *r, const struct window *one, struct buf *out)
{
	struct jw w = { .out = out };
	size_t i, j;

	jw_obj(&w);
	put_time(&w, "start", one->start);
	put_time(&w, "last", one->last);
	put_time(&w, "alerted", one->alerted);
	/* Time, weight and count of each event in turn. */
	jw_key(&w, STR("events"));
	jw_arr(&w);
	for (i = 0; i < one->slots.n; i++) {
		jw_int(&w, one->slots.p[i].time);
		jw_int(&w, one->slots.p[i].weight);
		jw_int(&w, one->slots.p[i].count);
	}
	jw_arr_end(&w);
	for (i = 0; i < r->windows.ncollections; i++) {
		if (one->seen[i].n == 0)
			continue;
		jw_key(&w, r->collections.p[i].name);
		jw_arr(&w);
		for (j = 0; j < one->seen[i].n; j++) {
			jw_str(&w, (struct str){ one->seen[i].p[j].text,
			    one->seen[i].p[j].n });
			jw_int(&w, one->seen[i].p[j].time);
		}
		jw_arr_end(&w);
	}
	jw_obj_end(&w);
}

struct saving {
	const struct rule *rule;
	struct state *state;
	struct buf key, value;
	struct err *e;
};

static int
forget(void *arg, struct str key)
{
	struct saving *x = arg;

	key_name(x->rule, key, &x->key);
	return state_del(x->state, buf_str(&x->key), x->e);
}

static int
save_rule(struct rule *r, struct state *s, struct err *e)
{
	struct saving x = { .rule = r, .state = s, .e = e };
	struct window *one, *next;
	int rc;

	for (one = r->windows.newest; one != NULL; one = next) {
		next = one->older;
		if (windows_over(&r->windows, one))
			windows_drop(&r->windows, one);
	}
	rc = windows_each_gone(&r->windows, forget, &x);
	for (one = r->windows.newest; one != NULL && rc == 0;
	    one = one->older) {
		if (!one->dirty)
			continue;
		key_name(r, one->key, &x.key);
		buf_reset(&x.value);
		put_window(r, one, &x.value);
		rc = state_put(s, buf_str(&x.key), buf_str(&x.value), e);
		one->dirty = rc == -1;
		one->saved = true;
	}
	buf_release(&x.key);
	buf_release(&x.value);
	return rc == 0 ? selector_save(&r->select, r->name, s, e) : rc;
}

int
rules_save(struct rules *r, struct state *s, struct err *e)
{
	size_t i;

	for (i = 0; i < rules_count(r); i++)
		if (save_rule(rules_at(r, i), s, e) == -1)
			return -1;
	return 0;
}

/* ---- and back ---- */

static int64_t
time_of(const json_t *o, const char *key)
{
	const json_t *v = json_object_get(o, key);

	return json_is_integer(v) ? json_integer_value(v) : INT64_MIN;
}

static int64_t
number_at(const json_t *list, size_t i)
{
	return json_integer_value(json_array_get(list, i));
}

static void
load_window(struct rule *r, struct str key, const json_t *o)
{
	struct window *one = windows_get(&r->windows, key);
	const json_t *list = json_object_get(o, "events");
	char *name;
	size_t i, j;

	for (i = 0; i + 2 < json_array_size(list) &&
	    i < 3 * WINDOW_EVENTS_MAX; i += 3)
		window_add(&r->windows, one, number_at(list, i),
		    number_at(list, i + 1), number_at(list, i + 2));
	one->start = time_of(o, "start");
	one->last = time_of(o, "last");
	one->alerted = time_of(o, "alerted");
	for (i = 0; i < r->collections.n; i++) {
		name = mem_alloc(r->collections.p[i].name.n + 1);
		memcpy(name, r->collections.p[i].name.p,
		    r->collections.p[i].name.n);
		name[r->collections.p[i].name.n] = '\0';
		list = json_object_get(o, name);
		mem_free(name);
		for (j = 0; j + 1 < json_array_size(list); j += 2)
			window_collect(&r->windows, one, i, (struct str){
			    json_string_value(json_array_get(list, j)),
			    json_string_length(json_array_get(list, j)) },
			    number_at(list, j + 1),
			    (size_t)r->collections.p[i].max);
	}
	one->dirty = false;
	one->saved = true;
}

/* KIND:RULE:REST; NULL: there is no such rule. */
static struct rule *
rule_of(struct rules *r, struct str key, struct str *rest)
{
	struct str name;
	size_t i;

	*rest = str_cut(str_cut(key, ':', &name), ':', &name);
	for (i = 0; i < rules_count(r) && rest->p != NULL; i++)
		if (str_eq(rules_at(r, i)->name, name))
			return rules_at(r, i);
	return NULL;
}

struct loading {
	struct rules *r;
	struct state *state;
	int64_t now;
	struct err *e;
};

/* Of a rule that others may have; but not for ever. */
static int
expire(struct loading *l, struct str key, struct str value)
{
	struct err e;
	json_t *o = json_tree(value, &e);
	int64_t last = o ? time_of(o, "last") : l->now;

	json_decref(o);
	return last != INT64_MIN && l->now - last <= KEEP_MS ? 0 :
	    state_del(l->state, key, l->e);
}

static int
load_one(void *arg, struct str key, struct str value)
{
	struct loading *l = arg;
	struct str rest;
	struct rule *rule = rule_of(l->r, key, &rest);
	struct err e;
	json_t *o;

	if (rule == NULL)
		return expire(l, key, value);
	if ((o = json_tree(value, &e)) != NULL)
		load_window(rule, rest, o);
	json_decref(o);
	return 0;
}

static int
load_session(void *arg, struct str key, struct str value)
{
	struct loading *l = arg;
	struct str rest;
	struct rule *rule = rule_of(l->r, key, &rest);

	return rule != NULL && selector_load(&rule->select, rest, value) ? 0 :
	    expire(l, key, value);
}

int
rules_load(struct rules *r, struct state *s, int64_t now, struct err *e)
{
	struct loading l = { r, s, now, e };

	return state_each(s, STR(WINDOWS), load_one, &l, e) == -1 ? -1 :
	    state_each(s, STR(SESSIONS), load_session, &l, e);
}
