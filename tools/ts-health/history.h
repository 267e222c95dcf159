/*
 * history: what a check saw over the last day, kept in the tool's state: the
 * data of each run.
 */
#ifndef TS_HEALTH_HISTORY_H
#define TS_HEALTH_HISTORY_H

#include <stdint.h>

#include "state/state.h"

#define HISTORY_MS	(24 * INT64_C(3600000))
#define HISTORY_RUNS	2880		/* one each 30 s */

/* One run more; those that are too old or too many go.  0, or -1 with *e. */
int	history_keep(struct state *st, struct str name, int64_t time_ms,
	    struct str data, struct err *e);

/* The data of the runs since from_ms, oldest first, one a line. */
int	history_print(struct state *st, struct str name, int64_t from_ms,
	    struct buf *out, struct err *e);

#endif
