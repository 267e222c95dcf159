/*
 * run and plan: the same code; plan, as run -n, stops before the first step.
 */
#include "due.h"

#include <unistd.h>

/* One operand: PLAN or PLAN/TASK. */
struct target {
	struct plan *plan;
	const struct task *only;
};

static int
find_target(const struct maint_config *m, const char *arg,
    struct target *out)
{
	struct str name, task = str_cut(str_of(arg), '/', &name);
	const char *names[256], *near;
	size_t i;

	out->only = NULL;
	if ((out->plan = maint_find(m, name)) == NULL) {
		for (i = 0; i < m->plans.n && i < 256; i++)
			names[i] = arena_cstr(
			    &((struct maint_config *)(uintptr_t)m)->arena,
			    m->plans.p[i]->name);
		near = yaml_near(name, names, i);
		diag("no plan is called '" STR_FMT "'%s%s%s", STR_ARG(name),
		    near ? ", did you mean '" : "", near ? near : "",
		    near ? "'?" : "");
		return -1;
	}
	if (task.p == NULL)
		return 0;
	if ((out->only = plan_find(out->plan, task)) != NULL)
		return 0;
	diag("plan '" STR_FMT "' has no task '" STR_FMT "'", STR_ARG(name),
	    STR_ARG(task));
	return -1;
}

static int
run_targets(struct run *r, const struct target *target, int n)
{
	int i, status = MAINT_OK;

	for (i = 0; i < n && !run_stop; i++)
		status = run_worse(status, run_plan(r, target[i].plan,
		    target[i].only, 0));
	return status;
}

static int
run_named(struct run *r, struct maint_config *m, int argc, char **argv)
{
	struct target *target = ARENA_ARRAY(&m->arena, (size_t)argc + 1,
	    struct target);
	int i;

	for (i = 0; i < argc; i++)
		if (find_target(m, argv[i], &target[i]) == -1)
			return MAINT_TROUBLE;
	return run_targets(r, target, argc);
}

static int
run(struct tool *t, bool dry_run, int argc, char **argv)
{
	struct maint_config m = { 0 };
	struct report report;
	struct run r = { .config = &m, .tool = t, .options = t->self,
	    .report = &report, .dry_run = dry_run };
	struct err e;
	int status = MAINT_TROUBLE;
	size_t i;

	if (t->config == NULL)
		return tool_usage(t, "which plans? (-c FILE)");
	if (r.options->due && t->state == NULL)
		return tool_usage(t, "--due needs -s URL, where it stands "
		    "what was run");
	if (argc == 0 && !r.options->due)
		return tool_usage(t, "run which plan?");
	if (report_init(&report, t, dry_run) == -1)
		return MAINT_TROUBLE;
	run_signals();
	if (maint_load(&m, t->config, &e) == -1) {
		diag_err(&e);
	} else {
		for (i = 0; i < m.warnings.n; i++)
			diag_warn(&m.warnings.p[i]);
		status = r.options->due ? due_run(&r, argc, argv) :
		    run_named(&r, &m, argc, argv);
	}
	report_release(&report);
	maint_release(&m);
	return tool_finish(t, status);
}

int
verb_run(struct tool *t, int argc, char **argv)
{
	return run(t, t->dry_run, argc, argv);
}

int
verb_plan(struct tool *t, int argc, char **argv)
{
	if (t->output == NULL)
		t->output = "table";
	return run(t, true, argc, argv);
}
