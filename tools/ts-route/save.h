/*
 * save: the router's alerts and groups in the state, so that a pipeline run
 * from cron is one long-running pipeline sliced into runs.
 *	alert/FINGERPRINT	an alert line, with updatedAt and timeout
 *	group/PATH KEY		labels, next flush, the alerts it holds
 *	clock			what time it was, and the shape of the tree
 */
#ifndef TS_ROUTE_SAVE_H
#define TS_ROUTE_SAVE_H

#include "router.h"
#include "state/state.h"
#include "wire/wire.h"

/*
 * Restore what was saved.  When the route tree has changed since, the groups
 * are made anew from the alerts.  *now: the time of the last save, 0 = none.
 */
int	save_load(struct router *r, struct wire_reader *reader,
	    struct state *st, int64_t *now, struct err *e);

/* Put what has changed since the last time, and commit. */
int	save_put(struct router *r, struct state *st, int64_t now,
	    struct err *e);

/* What has gone; seen by the next save_put's commit. */
int	save_del_group(struct state *st, const struct group *g,
	    struct err *e);
int	save_del_alert(struct state *st, const struct alert *a,
	    struct err *e);

#endif
