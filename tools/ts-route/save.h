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

/*
 * Put what has changed since the last time, and commit.  by: a word for this
 * process where others save into the same state, so that it knows its own
 * records again; else empty.
 */
int	save_put(struct router *r, struct state *st, struct str by, int64_t now,
	    struct err *e);

/* Would save_put put more than the time? */
bool	save_pending(const struct router *r);

/*
 * Take over what other replicas have saved since the last call: of an alert
 * the newer word counts, groups become the union, their next flush the
 * earlier one.  Records that cannot be read are reported and passed over.
 * -1 with *e: the server is away.
 */
int	save_merge(struct router *r, struct wire_reader *reader,
	    struct state *st, struct str by, int64_t now, struct err *e);

/* What has gone; seen by the next save_put's commit. */
int	save_del_group(struct state *st, const struct group *g,
	    struct err *e);
int	save_del_alert(struct state *st, const struct alert *a,
	    struct err *e);

#endif
