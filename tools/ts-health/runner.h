/*
 * runner: checks, each in a child process of its own with a hard deadline:
 * a call that cannot be interrupted (a mount whose server is gone) holds up
 * only its own child.
 */
#ifndef TS_HEALTH_RUNNER_H
#define TS_HEALTH_RUNNER_H

#include "check.h"

#define RUNNER_PARALLEL_MAX	1000

struct job {
	const struct check *check;
	struct check_result result;	/* of the last attempt */
	int64_t started_ms;		/* wall clock */
	bool done;
	const struct job *const *depends;	/* must not be unhealthy */
	size_t ndepends;
	struct job_child *child;	/* the runner's own */
};

/*
 * Run them, at most parallel at a time, until all are done.  What a child
 * cannot tell any more (timeout, crash) is told in its stead.  0, or -1 with
 * *e when no child could be started at all.
 */
int	runner_run(struct job *jobs, size_t n, size_t parallel, struct err *e);

#endif
