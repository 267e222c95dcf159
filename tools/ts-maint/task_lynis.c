/*
 * task_lynis: a security audit; what it found before is not told again.
 *
 *	report: PATH		where lynis writes its report
 *	min_index: 60		a lower hardening index is a warning
 */
#include <unistd.h>

#include "core/io.h"
#include "kinds.h"
#include "reading.h"

#define REPORT_MAX	((size_t)16 << 20)

struct lynis_task {
	struct task task;
	struct str report;
	int64_t min_index;
};

#define AT(f)	offsetof(struct lynis_task, f)
static const struct yfield rows[] = {
	TASK_ROWS,
	YROW("report", YT_STR, AT(report),
	    .dflt = "/var/log/lynis-report.dat"),
	YROW("min_index", YT_INT, AT(min_index)),
};
TASK_FIELDS(lynis, struct lynis_task);
#undef AT

static int
lynis_plan(struct work *w, struct err *e)
{
	const struct lynis_task *t = (const struct lynis_task *)w->task;

	(void)e;
	(void)work_step(w, (struct step){ .action = "audit",
	    .what = STR("system"), .note = t->report });
	return 0;
}

static bool
knows(const json_t *list, const char *text)
{
	size_t i;
	json_t *v;

	json_array_foreach(list, i, v)
		if (strcmp(json_string_value(v) ? json_string_value(v) : "",
		    text) == 0)
			return true;
	return false;
}

/* What was not there last time. */
static size_t
news(struct work *w, const char *key, const char *as)
{
	const json_t *old = json_object_get(w->memory, key);
	json_t *v;
	size_t i, n = 0;

	json_array_foreach(json_object_get(w->data, key), i, v) {
		const char *text = json_string_value(v);

		if (text == NULL || knows(old, text))
			continue;
		work_append(w, as, str_of(text));
		n++;
	}
	return n;
}

static int
read_report(struct work *w, const struct lynis_task *t, struct err *e)
{
	struct buf b = { 0 };
	int64_t index;
	size_t n;

	if (io_read_file(arena_cstr(w->arena, t->report), REPORT_MAX, &b,
	    e) == -1)
		return -1;
	reading_lynis_report(buf_str(&b), w->arena, w->data);
	buf_release(&b);
	index = (int64_t)json_integer_value(json_object_get(w->data,
	    "hardening_index"));
	n = news(w, "warning", "new_warnings");
	(void)news(w, "suggestion", "new_suggestions");
	w->keep = json_pack("{s:O?, s:O?}", "warning",
	    json_object_get(w->data, "warning"), "suggestion",
	    json_object_get(w->data, "suggestion"));
	if (n)
		work_say(w, TASK_WARNING, "%zu new warnings; hardening index "
		    "%lld", n, (long long)index);
	else if (index < t->min_index)
		work_say(w, TASK_WARNING, "hardening index %lld, below %lld",
		    (long long)index, (long long)t->min_index);
	else
		work_note(w, "hardening index %lld, nothing new",
		    (long long)index);
	return 0;
}

static enum step_end
lynis_apply(struct work *w, struct step *s, struct err *e)
{
	const struct lynis_task *t = (const struct lynis_task *)w->task;
	const char *argv[] = { "lynis", "audit", "system", "--quick",
	    "--quiet", "--no-colors", "--report-file",
	    arena_cstr(w->arena, t->report), NULL };

	(void)s;
	if (reading_run(w, "lynis", argv, e) == -1 ||
	    read_report(w, t, e) == -1)
		return STEP_FAILED;
	return STEP_DONE;
}

const struct task_kind task_lynis = {
	.name = "lynis", .about = "a security audit",
	.fields = &lynis_fields, .plan = lynis_plan, .apply = lynis_apply,
};
