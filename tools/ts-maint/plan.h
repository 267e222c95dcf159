/*
 * plan: tasks in their order, under one lock, on one schedule.
 */
#ifndef TS_MAINT_PLAN_H
#define TS_MAINT_PLAN_H

#include "core/vec.h"
#include "schedule.h"
#include "task.h"

#define PLAN_TASKS_MAX	1000

enum on_busy { ON_BUSY_SKIP, ON_BUSY_WAIT, ON_BUSY_FAIL };

/* Dead-man switch: who expects to hear of every run. */
struct ping {
	struct secret url;	/* of the healthchecks kind; a secret */
	bool body;		/* with the end of the results */
	int64_t timeout_ms;
};

/* Lives as long as the configuration. */
struct plan {
	struct str name, description, runbook_url;
	struct str lock;	/* its name; empty = that of the plan */
	enum on_busy on_busy;
	enum on_failure on_failure;
	struct str instead;
	int64_t timeout_ms;
	bool confirm;
	struct schedule schedule;
	struct ping *ping;	/* NULL = nobody */
	struct ypairs labels;	/* of its alerts */
	const struct ynode *tasks_node, *node;
	VEC(struct task *) tasks;	/* in the order in which they run */
};

struct task	*plan_find(const struct plan *p, struct str name);

/*
 * Check the names that tasks give each other, and put the tasks in an order
 * that satisfies needs and after: that of the file where they leave it open.
 * -1 with *e: an unknown name, a cycle.
 */
int	plan_order(struct plan *p, struct arena *a, struct err *e);

#endif
