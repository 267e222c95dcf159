/*
 * last: the last result of each check, in the state of the tool.
 */
#ifndef TS_HEALTH_LAST_H
#define TS_HEALTH_LAST_H

#include "check.h"
#include "state/state.h"

/* 0, or -1 with *e. */
int	last_save(struct state *st, struct str name,
	    const struct check_result *r, int64_t time_ms, struct err *e);

/* Into r (its arena set): 1 found, 0 none or not readable, -1 with *e. */
int	last_load(struct state *st, struct str name, struct check_result *r,
	    int64_t *time_ms, struct err *e);

#endif
