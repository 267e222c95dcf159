#include "run.h"

int
verb_check(struct tool *t, int argc, char **argv)
{
	struct maint_config m;
	struct err e;
	int i, status = MAINT_OK;
	size_t w, p, tasks;

	if (argc == 0)
		return tool_usage(t, "check which FILE?");
	for (i = 0; i < argc; i++) {
		m = (struct maint_config){ 0 };
		if (maint_load(&m, argv[i], &e) == -1) {
			diag_err(&e);
			status = MAINT_TROUBLE;
			maint_release(&m);
			continue;
		}
		for (w = 0; w < m.warnings.n; w++) {
			diag_warn(&m.warnings.p[w]);
			status = run_worse(status, MAINT_WARNING);
		}
		for (p = tasks = 0; p < m.plans.n; p++)
			tasks += m.plans.p[p]->tasks.n;
		(void)buf_printf(io_writer_buf(t->out),
		    "%s: %zu plans, %zu tasks\n", argv[i], m.plans.n, tasks);
		maint_release(&m);
	}
	return tool_finish(t, status);
}
