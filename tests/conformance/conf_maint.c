/*
 * maint: calendar expressions and retention.
 */
#include <stdlib.h>

#include "../../tools/ts-maint/calendar.h"
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

int
main(int argc, char **argv)
{
	static struct times times;
	struct conf c;

	conf_init(&c, argc, argv);
	conf_jsonl(&c, "health/maint/oncalendar.jsonl", calendar_row, NULL);
	load_times(&c, &times);
	conf_jsonl(&c, "health/maint/retention.jsonl", retention_row, &times);
	arena_free(&arena);
	return conf_finish(&c);
}
