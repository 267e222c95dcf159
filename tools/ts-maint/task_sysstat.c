/*
 * task_sysstat: what disks and processors do, by `iostat -x -o JSON`.
 *
 *	interval: 10s		how long to look
 *	util_warn: 90		a disk that is busier (%) is a warning
 *	idle_warn: 5		less idle (%) is a warning
 */
#include "kinds.h"
#include "reading.h"

struct sysstat_task {
	struct task task;
	int64_t interval_ms;
	double util_warn, idle_warn;
};

#define AT(f)	offsetof(struct sysstat_task, f)
static const struct yfield rows[] = {
	TASK_ROWS,
	YROW("interval", YT_DURATION, AT(interval_ms), .dflt = "10s"),
	YROW("util_warn", YT_DOUBLE, AT(util_warn), .dflt = "90"),
	YROW("idle_warn", YT_DOUBLE, AT(idle_warn), .dflt = "5"),
};
TASK_FIELDS(sysstat, struct sysstat_task);
#undef AT

static int
sysstat_configure(struct task *t, struct arena *a, struct err *e)
{
	(void)a;
	if (((struct sysstat_task *)t)->interval_ms < 1000)
		return ynode_err(t->node, e, "'interval' is at least 1s");
	return 0;
}

static int
sysstat_plan(struct work *w, struct err *e)
{
	(void)e;
	(void)work_step(w, (struct step){ .action = "measure",
	    .what = STR("disks and processors"), .reads = true });
	return 0;
}

static double
number(const json_t *o, const char *key)
{
	return json_number_value(json_object_get(o, key));
}

static void
judge(struct work *w, const struct sysstat_task *t)
{
	json_t *cpu = json_object_get(w->data, "cpu"), *d;
	double busiest = 0, idle = number(cpu, "idle");
	const char *name;

	json_object_foreach(json_object_get(w->data, "disks"), name, d) {
		double util = number(d, "util");

		if (util > busiest)
			busiest = util;
		if (util > t->util_warn)
			work_say(w, TASK_WARNING, "disk %s is busy %.0f %% "
			    "of the time", name, util);
	}
	if (cpu != NULL && idle < t->idle_warn)
		work_say(w, TASK_WARNING, "the processors are idle only "
		    "%.1f %% of the time", idle);
	work_note(w, "processors %.0f %% idle, busiest disk %.0f %%", idle,
	    busiest);
}

static enum step_end
sysstat_apply(struct work *w, struct step *s, struct err *e)
{
	const struct sysstat_task *t = (const struct sysstat_task *)w->task;
	const char *argv[] = { "iostat", "-x", "-o", "JSON",
	    arena_printf(w->arena, "%lld",
	    (long long)t->interval_ms / 1000).p, "2", NULL };
	struct proc_result r = { 0 };
	struct str how;
	int rc;

	(void)s;
	if (work_ask(w, argv, 0, &r, e) == -1)
		return STEP_FAILED;
	how = work_ending(w, &r);
	rc = how.n ? err_set(e, ERR_SYS, "iostat: " STR_FMT, STR_ARG(how)) :
	    reading_iostat(buf_str(&r.out), w->data, e);
	proc_result_release(&r);
	if (rc == -1)
		return STEP_FAILED;
	judge(w, t);
	return STEP_DONE;
}

const struct task_kind task_sysstat = {
	.name = "sysstat", .about = "what disks and processors do",
	.fields = &sysstat_fields, .configure = sysstat_configure,
	.plan = sysstat_plan, .apply = sysstat_apply,
};
