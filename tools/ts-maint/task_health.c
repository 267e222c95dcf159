/*
 * task_health: checks of a health.yml, by ts-health.
 *
 *	config: health.yml
 *	checks: [NAME, TAG]	none: all
 */
#include "config/common.h"
#include "json/tree.h"
#include "kinds.h"
#include "program.h"

struct health_task {
	struct task task;
	struct str config;
	struct ystrs checks;
};

#define AT(f)	offsetof(struct health_task, f)
static const struct yfield rows[] = {
	TASK_ROWS,
	YROW("config", YT_CUSTOM, AT(config), .decode = config_decode_path,
	    .flags = YF_REQUIRED),
	YROW("checks", YT_STRLIST, AT(checks)),
};
TASK_FIELDS(health, struct health_task);
#undef AT

static int
health_plan(struct work *w, struct err *e)
{
	const struct health_task *t = (const struct health_task *)w->task;
	struct buf b = { 0 };
	size_t i;

	(void)e;
	for (i = 0; i < t->checks.n; i++)
		(void)buf_printf(&b, "%s" STR_FMT, i ? " " : "",
		    STR_ARG(t->checks.p[i]));
	(void)work_step(w, (struct step){ .action = "check",
	    .what = t->config, .note = b.n ? buf_str(&b) : STR_NONE,
	    .reads = true });
	buf_release(&b);
	return 0;
}

static struct str
words(const json_t *j)
{
	struct str s = json_get_str(j, "error");

	return s.n ? s : json_get_str(j, "message");
}

/* A line a check, as ts-lines(5) has it. */
static void
read_results(struct work *w, struct str out)
{
	struct str line;
	struct err none;
	json_t *j;
	int64_t n = 0, bad = 0, warned = 0;

	while (out.n) {
		out = str_cut(out, '\n', &line);
		if ((j = json_tree(line, &none)) == NULL)
			continue;
		struct str name = json_get_str(j, "check"),
		    status = json_get_str(j, "status");

		n++;
		if (str_eq(status, STR("warning"))) {
			warned++;
			work_say(w, TASK_WARNING, STR_FMT ": " STR_FMT,
			    STR_ARG(name), STR_ARG(words(j)));
		} else if (!str_eq(status, STR("healthy"))) {
			bad++;
			work_append(w, "unhealthy", name);
			work_say(w, TASK_FAILED, STR_FMT " is " STR_FMT ": "
			    STR_FMT, STR_ARG(name), STR_ARG(status),
			    STR_ARG(words(j)));
		}
		json_decref(j);
	}
	work_integer(w, "checks", n);
	work_integer(w, "warnings", warned);
	work_note(w, "%lld checks are healthy", (long long)(n - bad));
}

static enum step_end
health_apply(struct work *w, struct step *s, struct err *e)
{
	const struct health_task *t = (const struct health_task *)w->task;
	const char **argv = ARENA_ARRAY(w->arena, t->checks.n + 8,
	    const char *);
	struct proc_result r = { 0 };
	size_t i, n = 0;

	(void)s;
	argv[n++] = program_beside(w->arena, "ts-health");
	argv[n++] = "-q";
	argv[n++] = "-c";
	argv[n++] = arena_cstr(w->arena, t->config);
	argv[n++] = "--";
	for (i = 0; i < t->checks.n; i++)
		argv[n++] = arena_cstr(w->arena, t->checks.p[i]);
	if (work_ask(w, argv, 0, &r, e) == -1)
		return STEP_FAILED;
	read_results(w, buf_str(&r.out));
	if (r.out.n == 0) {
		struct str line;

		(void)str_cut(buf_str(&r.err), '\n', &line);
		err_set(e, ERR_SYS, STR_FMT, STR_ARG(line.n ? line :
		    STR("ts-health gave no result")));
		proc_result_release(&r);
		return STEP_FAILED;
	}
	proc_result_release(&r);
	return STEP_DONE;
}

const struct task_kind task_health = {
	.name = "health", .about = "checks of a health.yml",
	.fields = &health_fields, .plan = health_plan,
	.apply = health_apply,
};
