/* grok.jsonl: the shipped patterns; grok-filter.jsonl: the filter's options;
 * logs/dates.jsonl: the date filter. */
#include <math.h>
#include <stdlib.h>

#include "../../tools/ts-logwatch/date.h"
#include "../../tools/ts-logwatch/grok_filter.h"
#include "../../tools/ts-logwatch/printer.h"
#include "conf.h"
#include "core/dur.h"
#include "json/tree.h"

static struct arena arena;

static struct str
text_of(const json_t *o, const char *key)
{
	return json_get_str(o, key);
}

/* As json_equal, a number by its value: 1 is 1.0. */
static bool
same(const json_t *a, const json_t *b)
{
	const char *key;
	json_t *v;
	size_t i;

	if (json_is_number(a) && json_is_number(b))
		return json_number_value(a) == json_number_value(b);
	if (json_typeof(a) != json_typeof(b))
		return false;
	if (json_is_object(a)) {
		json_object_foreach((json_t *)(uintptr_t)a, key, v)
			if (!json_object_get(b, key) ||
			    !same(v, json_object_get(b, key)))
				return false;
		return json_object_size(a) == json_object_size(b);
	}
	if (json_is_array(a)) {
		json_array_foreach(a, i, v)
			if (i >= json_array_size(b) ||
			    !same(v, json_array_get(b, i)))
				return false;
		return json_array_size(a) == json_array_size(b);
	}
	return json_equal(a, b);
}

static void
expect(struct conf *c, const char *name, const json_t *want,
    const struct event *ev, bool matched)
{
	struct printer *p = printer_new(false);
	struct buf got = { 0 }, exp = { 0 };
	struct err e;
	json_t *tree = NULL;

	if (matched) {
		printer_put_fields(p, ev, &got);
		got.n--;
		tree = json_tree(buf_str(&got), &e);
	} else {
		(void)buf_put(&got, STR("null"));
		tree = json_null();
	}
	if (tree != NULL && same(want, tree)) {
		conf_pass(c);
	} else {
		char *s = json_dumps(want, JSON_COMPACT | JSON_ENCODE_ANY);

		(void)buf_put(&exp, str_of(s));
		conf_fail(c, name, buf_str(&exp), buf_str(&got));
		free(s);
	}
	json_decref(tree);
	printer_free(p);
	buf_release(&got);
	buf_release(&exp);
}

static void
pattern_case(struct conf *c, const json_t *row, const char *name, void *arg)
{
	static struct grok_set *sets[2];
	struct str value[GROK_FIELDS_MAX], pattern = text_of(row, "pattern");
	bool ecs = !str_eq(text_of(row, "ecs"), STR("disabled"));
	struct event ev = { .arena = &arena };
	struct str input = text_of(row, "input");
	struct err e = { 0 };
	struct grok *g;

	(void)arg;
	arena_reset(&arena);
	if (sets[ecs] == NULL)
		sets[ecs] = grok_set_new(ecs);
	g = grok_compile(sets[ecs], pattern, false, &e);
	if (g == NULL) {
		conf_fail(c, name, pattern, str_of(e.msg));
		return;
	}
	event_reset(&ev, input);
	grok_set_see(sets[ecs], &ev);
	if ((grok_needs(g) & ev.literals) &&
	    grok_match(g, input, value) == 1) {
		/* A captured message joins the line that was there. */
		ev.message = VALUE_STR(input);
		grok_store(g, value, &ev);
		if (ev.message.kind == VAL_STR)
			ev.message = VALUE_NONE;
		expect(c, name, json_object_get(row, "expected"), &ev, true);
	} else {
		expect(c, name, json_object_get(row, "expected"), &ev, false);
	}
	grok_free(g);
	event_release(&ev);
}

static void
set_fields(struct event *ev, json_t *o)
{
	const char *key;
	json_t *v, *tag;
	size_t i;

	json_object_foreach(o, key, v) {
		char *s = json_dumps(v, JSON_COMPACT | JSON_ENCODE_ANY |
		    JSON_REAL_PRECISION(15));
		struct value val = { json_is_number(v) ? VAL_NUM : VAL_JSON,
		    arena_str(&arena, str_of(s)) };

		free(s);
		if (json_is_string(v))
			val = VALUE_STR(str_of(json_string_value(v)));
		if (strcmp(key, "tags") == 0) {
			json_array_foreach(v, i, tag)
				event_tag(ev, str_of(json_string_value(tag)));
			continue;
		}
		event_set(ev, str_of(key), val);
	}
}

static void
filter_case(struct conf *c, const json_t *row, const char *name, void *arg)
{
	struct event ev = { .arena = &arena };
	struct grok_filter *f;
	struct err e = { 0 };
	const struct ynode *n;
	char *s;

	(void)arg;
	arena_reset(&arena);
	s = json_dumps(json_object_get(row, "config"), 0);
	n = yaml_load(str_of(s), "config", &arena, &e);
	f = n ? grok_filter_new(n, NULL, !str_eq(text_of(row, "ecs"),
	    STR("disabled")), &arena, &e) : NULL;
	free(s);
	if (f == NULL) {
		conf_fail(c, name, STR("a filter"), str_of(e.msg));
		return;
	}
	event_reset(&ev, STR_NONE);
	set_fields(&ev, json_object_get(row, "event"));
	(void)grok_filter_run(f, &ev);
	expect(c, name, json_object_get(row, "expected"), &ev, true);
	grok_filter_free(f);
	event_release(&ev);
}

static void
date_case(struct conf *c, const json_t *row, const char *name, void *arg)
{
	const json_t *list = json_object_get(row, "formats"), *v;
	const json_t *in = json_object_get(row, "input");
	struct dates d = { .this_year = true };
	struct buf got = { 0 }, text = { 0 };
	struct instant at = { 0 };
	struct date_format *f;
	struct err e = { 0 };
	bool ok = false;
	size_t i;

	(void)arg;
	arena_reset(&arena);
	if (json_is_string(in))
		(void)buf_put(&text, str_of(json_string_value(in)));
	else if (json_is_integer(in))
		(void)buf_printf(&text, "%lld",
		    (long long)json_integer_value(in));
	else
		(void)buf_printf(&text, "%.6f", json_real_value(in));
	d.now_ms = 1500000000000;
	if (text_of(row, "now").n > 0)
		(void)time_parse_rfc3339(text_of(row, "now"), &d.now_ms);
	if (date_zone(text_of(row, "timezone"), &arena, &d.zone, &e) == -1) {
		conf_fail(c, name, STR("a zone"), str_of(e.msg));
		goto out;
	}
	json_array_foreach(list, i, v) {
		f = date_format_compile(str_of(json_string_value(v)),
		    text_of(row, "locale"), &arena, &e);
		if (f != NULL && date_parse(f, &d, buf_str(&text), &at)) {
			ok = true;
			break;
		}
	}
	if (ok)
		printer_put_time(&got, at.ms, 0);
	else
		(void)buf_put(&got, STR("null"));
	v = json_object_get(row, "expected");
	conf_expect(c, name, json_is_string(v) ?
	    str_of(json_string_value(v)) : STR("null"), buf_str(&got));
out:
	buf_release(&got);
	buf_release(&text);
}

int
main(int argc, char **argv)
{
	struct conf c;

	conf_init(&c, argc, argv);
	conf_jsonl(&c, "grok.jsonl", pattern_case, NULL);
	conf_jsonl(&c, "grok-filter.jsonl", filter_case, NULL);
	conf_jsonl(&c, "logs/dates.jsonl", date_case, NULL);
	arena_free(&arena);
	return conf_finish(&c);
}
