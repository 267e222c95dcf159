/*
 * flush: what a group has to say at one moment, as a notification.
 */
#ifndef TS_ROUTE_FLUSH_H
#define TS_ROUTE_FLUSH_H

#include "router.h"

/*
 * Emit the group's notification, when anything is left after inhibitions,
 * intervals and silences.  Resolved alerts are then told; those that were
 * kept back leave the group unheard, as upstream has it.
 */
void		flush_group(struct router *r, struct group *g, int64_t now);

/* A hash of what flush_group would tell; 0 = nothing. */
uint64_t	flush_hash(struct router *r, struct group *g, int64_t now);

#endif
