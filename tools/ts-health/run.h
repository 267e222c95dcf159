/*
 * run: checks of a configuration, from the choice to the report.
 */
#ifndef TS_HEALTH_RUN_H
#define TS_HEALTH_RUN_H

#include "health_yml.h"
#include "report.h"
#include "verbs.h"

/* How the report goes out; arg is the printer's own. */
typedef void run_print_fn(const struct report *r, const void *arg,
	    struct buf *out);

struct run_order {
	int argc;		/* names and tags to choose by; 0 = all */
	char **argv;
	int64_t max_age_ms;	/* results in the state that are younger serve
				   too; 0 = all are made anew */
	run_print_fn *print;
	const void *arg;
};

/*
 * Run them, keep their streaks and results in the state, print into t->out;
 * with -n only print which, and of what.
 * The exit status; HEALTH_UNKNOWN, with nothing printed but a message, when
 * it could not be done.
 */
int	run_once(struct tool *t, struct health_config *h,
	    const struct run_order *order);

/* The same; with -f again and again, until asked to stop. */
int	run_checks(struct tool *t, struct health_config *h,
	    const struct run_order *order);

#endif
