/*
 * streak: what a check was before.  One bad result is not yet an outage: the
 * state turns after `failures` results in a row that are not healthy (or, with
 * n_of_m, when so many of the last ones were not), and returns after
 * `recoveries` healthy ones.
 */
#ifndef TS_HEALTH_STREAK_H
#define TS_HEALTH_STREAK_H

#include "check.h"
#include "state/state.h"

#define STREAK_HISTORY	21	/* results that flapping is told from */

struct streak {
	enum check_status status;	/* the debounced one */
	enum check_status was;		/* when changed: the one before */
	int64_t since_ms;		/* when it turned to that */
	int64_t failures, recoveries;	/* in a row, up to now */
	bool changed;			/* by this result, or it is time to
					   tell of it again */
	int64_t told_ms;		/* when it last was */
	bool flapping;			/* turned too often lately */
	bool suppressed;		/* in a maintenance window */
	char history[STREAK_HISTORY + 1];	/* '0' healthy … '3', newest
						   last */
};

/* A first result: the state is what it says. */
void	streak_first(struct streak *s, enum check_status now, int64_t ms);

/* One result more. */
void	streak_add(struct streak *s, const struct check *c,
	    enum check_status now, int64_t ms);

/* It had a result. */
bool	streak_ran(const struct streak *s);

/* Bad results are being counted, and have not turned the state yet. */
bool	streak_counts(const struct streak *s);

/*
 * From and to the state of the tool.  1 found, 0 none or not readable (then
 * a first run), -1 with *e.
 */
int	streak_load(struct state *st, struct str name, struct streak *s,
	    struct err *e);
int	streak_save(struct state *st, struct str name, const struct streak *s,
	    struct err *e);

#endif
