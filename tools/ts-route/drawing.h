/*
 * drawing: a route tree with box characters, as amtool draws it.
 */
#ifndef TS_ROUTE_DRAWING_H
#define TS_ROUTE_DRAWING_H

#include "tree.h"

/* {a="b",c=~"d"} of one node; "default-route" for the root. */
void	drawing_node(const struct am_route *r, struct buf *out);

/*
 * The tree below and with root.  When hits is not NULL, only the way to those
 * routes, and only they name their receiver.
 */
void	drawing_tree(const struct am_route *root, const struct routes *hits,
	    struct buf *out);

#endif
