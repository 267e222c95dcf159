/*
 * runner: checks in child processes with a hard deadline.  What may block (a
 * mount whose server is gone, a resolver, a library) has a child of its own
 * and holds up only that; checks that only wait for the network share one
 * (probe.h), and are made again alone when that one hangs or crashes.
 */
#ifndef TS_HEALTH_RUNNER_H
#define TS_HEALTH_RUNNER_H

#include <signal.h>

#include "check.h"

/* What a check's process gets when the one that wants its result is gone; it
 * then ends its process group, with whatever it has started. */
#define RUNNER_ORPHANED		SIGHUP

#define RUNNER_PARALLEL_MAX	1000
#define RUNNER_LIMITS		{ .children = 8, .shared = 64, .life_ms = 3000 }

struct job {
	const struct check *check;
	struct check_result result;	/* of the last attempt */
	int64_t started_ms;		/* wall clock */
	bool done;			/* before the run too: has a result */
	const struct job *const *depends;	/* must not be unhealthy */
	size_t ndepends;
	const struct check *down;	/* that it depends on, and is not run
					   now; NULL = none */

	/* the runner's own */
	struct job *next;		/* that waits too */
	bool alone;			/* shares its process no more */
	int64_t tries, retry_at_ms;
};

struct runner_limits {
	size_t children;	/* at a time */
	size_t shared;		/* checks at a time in one that they share */
	int64_t life_ms;	/* silent for so long, a shared one hangs */
	bool here;		/* the first attempt of a single one that only
				   waits for the network: in this process,
				   which ends with 3 should that hang */
};

/*
 * Run them until all are done.  What a child cannot tell any more (timeout,
 * crash) is told in its stead.  0, or -1 with *e when no child could be
 * started at all.
 */
int	runner_run(struct job *jobs, size_t n,
	    const struct runner_limits *limits, struct err *e);

#endif
