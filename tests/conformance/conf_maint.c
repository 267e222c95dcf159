/*
 * maint: calendar expressions, retention, and what programs print.
 */
#include <stdlib.h>
#include <string.h>

#include "core/calendar.h"
#include "../../tools/ts-maint/reading.h"
#include "../../tools/ts-maint/retention.h"
#include "conf.h"
#include "core/dur.h"
#include "core/io.h"
#include "json/tree.h"


static struct arena arena;

/* ---- schedules ---- */

static void
calendar_row(struct conf *c, const json_t *row, const char *name, void *arg)
{
	struct str text = json_get_str(row, "expr"), base;
	bool valid = json_is_true(json_object_get(row, "valid"));
	struct calendar *cal;
	struct buf got = { 0 }, want = { 0 };
	struct err e;
	const json_t *next;
	size_t i;
	int64_t ms;

	(void)arg;
	arena_reset(&arena);
	cal = calendar_parse(text, &arena, &e);
	if (cal == NULL || !valid) {
		conf_expect(c, name, valid ? STR("valid") : STR("refused"),
		    cal ? STR("valid") : STR("refused"));
		return;
	}
	calendar_print(cal, &got);
	(void)buf_put(&want, json_get_str(row, "normalized"));
	base = json_get_str(row, "base");
	if (base.n < 4 || !time_parse(arena_printf(&arena, STR_FMT "Z",
	    STR_ARG(str_sub(base, 0, base.n - 4))), &ms))
		ms = 0;
	json_array_foreach(json_object_get(row, "next"), i, next) {
		ms = calendar_next(cal, ms, CALENDAR_GAP_SKIP);
		(void)buf_putc(&got, ' ');
		if (ms == INT64_MAX)
			break;
		time_print_rfc3339(&got, ms);
		(void)buf_printf(&want, " %s", json_string_value(next));
	}
	conf_expect(c, name, buf_str(&want), buf_str(&got));
	buf_release(&got);
	buf_release(&want);
}

/* ---- retention ---- */

struct times {
	int64_t ms[1000];
	size_t n;
};

static int
policy_of(const json_t *j, struct retention *out, struct err *e)
{
	struct buf b = { 0 };
	const struct ynode *root;
	int rc = -1;

	(void)json_put_tree(&b, j);	/* JSON is YAML */
	root = yaml_load(buf_str(&b), "policy", &arena, e);
	if (root != NULL)
		rc = retention_decode(root, out, &arena, e);
	buf_release(&b);
	return rc;
}

static void
retention_row(struct conf *c, const json_t *row, const char *name, void *arg)
{
	const struct times *t = arg;
	bool keep[1000];
	struct retention r;
	struct buf want = { 0 }, got = { 0 };
	struct err e;
	const json_t *v;
	size_t i;

	arena_reset(&arena);
	if (policy_of(json_object_get(row, "policy"), &r, &e) == -1) {
		conf_fail(c, name, STR("a policy"), str_of(e.msg));
		return;
	}
	retention_apply(&r, t->ms, t->n, NULL, keep);
	json_array_foreach(json_object_get(row, "keep"), i, v)
		(void)buf_printf(&want, "%s ", json_string_value(v));
	/* both oldest first */
	for (i = t->n; i-- > 0;)
		if (keep[i]) {
			time_print_rfc3339(&got, t->ms[i]);
			(void)buf_putc(&got, ' ');
		}
	conf_expect(c, name, buf_str(&want), buf_str(&got));
	buf_release(&want);
	buf_release(&got);
}

static int
newest_first(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x < y) - (x > y);
}

static void
load_times(struct conf *c, struct times *t)
{
	struct buf b = { 0 };
	struct err e;
	json_t *all, *v;
	size_t i;

	if (io_read_file(conf_path(c, "health/maint/retention-times.json"),
	    1 << 20, &b, &e) == 0 && (all = json_tree(buf_str(&b), &e))) {
		json_array_foreach(all, i, v)
			if (t->n < 1000 && time_parse(str_of(
			    json_string_value(v)), &t->ms[t->n]))
				t->n++;
		json_decref(all);
	}
	qsort(t->ms, t->n, sizeof(*t->ms), newest_first);
	buf_release(&b);
}

/* ---- what programs print ---- */

/* Every member of want is in got, and equal. */
static bool
holds(const json_t *want, const json_t *got)
{
	const char *key;
	json_t *v;

	json_object_foreach((json_t *)(uintptr_t)want, key, v)
		if (strcmp(key, "status") != 0 &&
		    !json_equal(v, json_object_get(got, key)))
			return false;
	return true;
}

static void
output_row(struct conf *c, const json_t *row, const char *name, void *arg)
{
	const json_t *want = json_object_get(row, "expect"),
	    *status = json_object_get(row, "exit");
	reading_fn *fn = reading_find(json_get_str(row, "tool"));
	struct reading r = { .data = json_object() };
	struct buf a = { 0 }, b = { 0 };

	(void)arg;
	arena_reset(&arena);
	if (fn == NULL) {
		conf_skip(c, name, "no such program");
		json_decref(r.data);
		return;
	}
	fn(json_is_null(status) ? READING_TIMEOUT :
	    (int)json_integer_value(status), json_get_str(row, "stdout"),
	    json_get_str(row, "stderr"), &arena, &r);
	(void)json_put_tree(&a, want);
	(void)buf_printf(&b, "%s ", task_status_name(r.status));
	(void)json_put_tree(&b, r.data);
	if (holds(want, r.data) && str_eq(json_get_str(want, "status"),
	    str_of(task_status_name(r.status))))
		conf_pass(c);
	else
		conf_fail(c, name, buf_str(&a), buf_str(&b));
	json_decref(r.data);
	buf_release(&a);
	buf_release(&b);
}

static struct str
text_of(struct conf *c, const char *name)
{
	struct buf b = { 0 };
	struct str s = STR_NONE;
	struct err e;

	if (io_read_file(conf_path(c, name), (size_t)16 << 20, &b, &e) == 0)
		s = arena_str(&arena, buf_str(&b));
	buf_release(&b);
	return s;
}

/* The logs of the state file, as its lines have them. */
static void
logrotate_state(struct conf *c)
{
	static const struct { const char *log, *date; } logs[] = {
		{ "/var/log/app/a.log", "2026-11-21T07:11:27Z" },
		{ "/var/log/app/empty.log", "2026-11-19T01:00:00Z" },
		{ "/var/log/app/sp ace.log", "2026-11-21T07:11:27Z" },
		{ "/var/log/app/q\"uote.log", "2026-11-20T00:00:00Z" },
	};
	struct str text;
	struct buf b = { 0 };
	size_t i;

	if (!conf_begin(c, "health/maint/logrotate.status"))
		return;
	text = text_of(c, "health/maint/logrotate.status");
	for (i = 0; i < sizeof(logs) / sizeof(logs[0]); i++) {
		buf_reset(&b);
		time_print_rfc3339(&b, reading_logrotate_date(text,
		    str_of(logs[i].log)));
		conf_expect(c, logs[i].log, str_of(logs[i].date),
		    buf_str(&b));
	}
	conf_expect(c, "absent", STR("0"), reading_logrotate_date(text,
	    STR("/var/log/app/b.log")) ? STR("1") : STR("0"));
	buf_release(&b);
	conf_end(c);
}

/* The second report, not the first, which is since boot. */
static void
iostat(struct conf *c)
{
	json_t *all, *want, *got = json_object();
	struct err e;

	if (conf_begin(c, "health/maint/iostat.json")) {
		struct str text = text_of(c, "health/maint/iostat.json");

		all = json_tree(text, &e);
		want = json_array_get(json_object_get(json_array_get(
		    json_object_get(json_object_get(all, "sysstat"),
		    "hosts"), 0), "statistics"), 1);
		if (reading_iostat(text, got, &e) == 0 && json_equal(
		    json_object_get(want, "avg-cpu"),
		    json_object_get(got, "cpu")) && json_equal(
		    json_array_get(json_object_get(want, "disk"), 0),
		    json_object_get(json_object_get(got, "disks"), "vda")))
			conf_pass(c);
		else
			conf_fail(c, "iostat", STR("the second report"),
			    STR("another"));
		json_decref(all);
		conf_end(c);
	}
	json_decref(got);
}

static void
lynis(struct conf *c)
{
	json_t *got = json_object(), *want;
	struct buf b = { 0 };
	struct err e;

	if (conf_begin(c, "health/maint/lynis-report.dat")) {
		reading_lynis_report(text_of(c,
		    "health/maint/lynis-report.dat"), &arena, got);
		want = json_tree(text_of(c,
		    "health/maint/lynis-report.expect.json"), &e);
		(void)json_put_tree(&b, got);
		if (want != NULL && holds(want, got))
			conf_pass(c);
		else
			conf_fail(c, "lynis", STR("the expected numbers"),
			    buf_str(&b));
		json_decref(want);
		conf_end(c);
	}
	json_decref(got);
	buf_release(&b);
}

int
main(int argc, char **argv)
{
	static struct times times;
	struct conf c;

	conf_init(&c, argc, argv);
	conf_jsonl(&c, "health/maint/oncalendar.jsonl", calendar_row, NULL);
	load_times(&c, &times);
	conf_jsonl(&c, "health/maint/retention.jsonl", retention_row, &times);
	conf_jsonl(&c, "health/maint/tool-output.jsonl", output_row, NULL);
	arena_reset(&arena);
	logrotate_state(&c);
	iostat(&c);
	lynis(&c);
	arena_free(&arena);
	return conf_finish(&c);
}
