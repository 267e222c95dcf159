/*
 * run: plans, task by task.
 */
#ifndef TS_MAINT_RUN_H
#define TS_MAINT_RUN_H

#include <signal.h>

#include "maint_yml.h"
#include "report.h"
#include "verbs.h"

/* Exit statuses (ts-maint(1)). */
enum {
	MAINT_OK = 0,
	MAINT_WARNING = 1,
	MAINT_FAILED = 2,
	MAINT_TROUBLE = 3,	/* usage, configuration, cannot start */
	MAINT_ROLLED_BACK = 4,
	MAINT_ROLLBACK_FAILED = 5,
	MAINT_BUSY = 75
};

/* What all plans of one command share. */
struct run {
	const struct maint_config *config;
	struct tool *tool;
	const struct maint *options;
	struct report *report;
	bool dry_run;
};

/* Of two exit statuses the one that matters more. */
int	run_worse(int a, int b);

/*
 * Run plan p, of only: NULL all tasks, else the one of that name.  due_ms:
 * the due time that it is run for, 0 = by hand.  Reports, keeps state, audits;
 * the exit status.
 */
int	run_plan(struct run *r, struct plan *p, const struct task *only,
	    int64_t due_ms);

/* Not 0 once SIGINT or SIGTERM came. */
extern volatile sig_atomic_t run_stop;
void	run_signals(void);

#endif
