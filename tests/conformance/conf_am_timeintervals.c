/*
 * am-timeintervals.jsonl: what time intervals hold, and what is none.
 */
#include <stdio.h>

#include "am.h"
#include "conf.h"
#include "json/tree.h"

/* The list, from either spelling; -1 with *e. */
static int
decode(struct str text, struct time_intervals *out, struct arena *a,
    struct err *e)
{
	const struct ynode *root = yaml_load(text, "intervals", a, e);

	return root ? time_intervals_decode(root, out, a, e) : -1;
}

/*
 * The JSON form also has what YAML refuses, because upstream's tests build it
 * in memory: days from the end to days from the start, "-31:31".  Such a list
 * is decoded as "1:31" and then set.
 */
static bool
set_days(json_t *interval, struct interval_range *r)
{
	json_t *days = json_object_get(interval, "days_of_month");
	const char *text = json_string_value(json_array_get(days, 0));
	long long begin, end;

	if (text == NULL || sscanf(text, "%lld:%lld", &begin, &end) != 2 ||
	    begin >= 0 || end <= 0)
		return false;
	if (r != NULL)
		*r = (struct interval_range){ begin, end };
	else
		json_array_set_new(days, 0, json_string("1:31"));
	return true;
}

static int
decode_json(const json_t *list, struct time_intervals *out, struct arena *a,
    struct err *e)
{
	json_t *copy = json_deep_copy(list);
	size_t i;
	int rc;

	for (i = 0; i < json_array_size(copy); i++)
		(void)set_days(json_array_get(copy, i), NULL);
	rc = decode(am_json(copy, a), out, a, e);
	for (i = 0; rc == 0 && i < json_array_size(list); i++)
		(void)set_days(json_array_get(list, i),
		    out->p[i].days_of_month.p);
	json_decref(copy);
	return rc;
}

/* Every instant of the list is inside, or every one outside. */
static bool
all_are(const json_t *list, const struct time_intervals *t, bool inside,
    struct buf *why)
{
	const json_t *at;
	size_t i;
	int64_t ms;

	for (i = 0; i < json_array_size(list); i++) {
		at = json_array_get(list, i);
		ms = json_integer_value(json_object_get(at, "unix")) * 1000;
		if (time_intervals_contain(t, ms) == inside)
			continue;
		(void)buf_printf(why, STR_FMT " is %s", STR_ARG(
		    json_get_str(at, "text")), inside ? "outside" : "inside");
		return false;
	}
	return true;
}

static void
instants(struct conf *c, const json_t *row, const char *name,
    const struct time_intervals *t)
{
	struct buf why = { 0 };

	if (all_are(json_object_get(row, "contains"), t, true, &why) &&
	    all_are(json_object_get(row, "excludes"), t, false, &why))
		conf_pass(c);
	else
		conf_fail(c, name, STR("the other"), buf_str(&why));
	buf_release(&why);
}

static void
refused(struct conf *c, const json_t *row, const char *name,
    const struct err *e)
{
	struct str want = json_get_str(row, "error");

	if (str_find(str_of(e->msg), want) != -1)
		conf_pass(c);
	else
		conf_fail(c, name, want, str_of(e->msg));
}

/* Names of the intervals that hold an instant. */
static void
named(struct conf *c, const json_t *row, const char *name, struct arena *a)
{
	json_t *all = json_object_get(row, "named");
	int64_t ms = json_integer_value(json_object_get(row, "now")) * 1000;
	struct time_intervals t;
	json_t *got = json_array(), *v;
	const char *key;
	struct err e;

	json_object_foreach(all, key, v) {
		if (decode(am_json(v, a), &t, a, &e) == -1)
			json_array_append_new(got, json_string(e.msg));
		else if (time_intervals_contain(&t, ms))
			json_array_append_new(got, json_string(key));
	}
	conf_expect(c, name, am_json(json_object_get(row, "muted_by"), a),
	    am_json(got, a));
	json_decref(got);
}

static void
one_case(struct conf *c, const json_t *row, const char *name, void *arg)
{
	const json_t *json = json_object_get(row, "intervals");
	struct arena a = { 0 };
	struct time_intervals t;
	struct err e;

	(void)arg;
	if (json_object_get(row, "named"))
		named(c, row, name, &a);
	else if ((json ? decode_json(json, &t, &a, &e) :
	    decode(json_get_str(row, "intervals_yaml"), &t, &a, &e)) == 0) {
		if (json_object_get(row, "error"))
			conf_fail(c, name, STR("an error"), STR("none"));
		else
			instants(c, row, name, &t);
	} else if (json_object_get(row, "error")) {
		refused(c, row, name, &e);
	} else {
		conf_fail(c, name, STR("no error"), str_of(e.msg));
	}
	arena_free(&a);
}

int
main(int argc, char **argv)
{
	struct conf c;

	conf_init(&c, argc, argv);
	conf_jsonl(&c, "am-timeintervals.jsonl", one_case, NULL);
	return conf_finish(&c);
}
