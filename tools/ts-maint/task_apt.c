/*
 * task_apt: which upgrades wait.  The Inst lines of `apt-get -s` are its
 * stable interface; `apt list` says of itself that its output is not.
 *
 *	update: true		apt-get update first
 */
#include <unistd.h>

#include "kinds.h"
#include "reading.h"

struct apt_task {
	struct task task;
	bool update;
};

static const struct yfield rows[] = {
	TASK_ROWS,
	YROW("update", YT_BOOL, offsetof(struct apt_task, update),
	    .dflt = "true"),
};
TASK_FIELDS(apt, struct apt_task);

static int
apt_plan(struct work *w, struct err *e)
{
	const struct apt_task *t = (const struct apt_task *)w->task;

	(void)e;
	if (t->update)
		(void)work_step(w, (struct step){ .action = "update",
		    .what = STR("package lists") });
	(void)work_step(w, (struct step){ .action = "look",
	    .what = STR("upgrades"), .reads = true });
	return 0;
}

static int
update(struct work *w, struct err *e)
{
	static const char *const argv[] = { "apt-get", "-q", "update", NULL };
	struct proc_result r = { 0 };
	struct str how;

	if (work_run(w, argv, STR_NONE, &r, e) == -1)
		return -1;
	how = work_ending(w, &r);
	/* Old lists are better than no look at all. */
	if (how.n)
		work_say(w, TASK_WARNING, "apt-get update: " STR_FMT,
		    STR_ARG(how));
	proc_result_release(&r);
	return 0;
}

static enum step_end
apt_apply(struct work *w, struct step *s, struct err *e)
{
	static const char *const argv[] = { "apt-get", "-s", "-q", "-o",
	    "Debug::NoLocking=true", "dist-upgrade", NULL };

	if (!s->reads)
		return update(w, e) == -1 ? STEP_FAILED : STEP_DONE;
	if (reading_run(w, "apt-get", argv, e) == -1)
		return STEP_FAILED;
	if (access("/run/reboot-required", F_OK) == 0) {
		(void)json_object_set_new(w->data, "reboot_required",
		    json_true());
		work_say(w, TASK_WARNING, "a reboot is required");
	}
	return STEP_DONE;
}

const struct task_kind task_apt = {
	.name = "apt", .about = "which upgrades wait", .fields = &apt_fields,
	.plan = apt_plan, .apply = apt_apply,
};
