/*
 * explain: the router's decisions in words.
 */
#ifndef TS_ROUTE_EXPLAIN_H
#define TS_ROUTE_EXPLAIN_H

#include "router.h"

/* "inhibited by rule 2 (source {...})", "silenced by ID (comment)" … */
void	explain_why(const struct out_why *why, struct buf *out);

/* "/ -> /2 -> /2/1": the nodes from the root to r. */
void	explain_way(const struct am_route *r, struct buf *out);

#endif
