/*
 * tree: which routes an alert takes.
 */
#ifndef TS_ROUTE_TREE_H
#define TS_ROUTE_TREE_H

#include "config/am.h"
#include "core/vec.h"

struct routes {
	VEC(const struct am_route *) v;
};

/*
 * The routes of a label set, in order, appended to out: depth first, left to
 * right; a child that matches ends the walk of its siblings unless it says
 * continue; a node none of whose children matched is the result itself.
 * False when node does not match.
 */
bool	tree_match(const struct am_route *node, const struct labels *l,
	    struct routes *out);

/* Where a node stands: "/" the root, "/2/1" the first child of its second. */
void	tree_path(const struct am_route *r, struct buf *out);

/*
 * The labels of l that r groups by; interned in t.  old_lists: as in
 * Alertmanager 0.25, where an empty group_by list means the parent's.
 */
const struct labels	*tree_group_labels(const struct am_route *r,
			    const struct labels *l, bool old_lists,
			    struct labels_table *t, struct labels_builder *b);

/*
 * A group's key: the route's part, ":", and the labels.  old_order: as up to
 * Alertmanager 0.27, where the finished name="value" texts are sorted.
 */
void	tree_group_key(const struct am_route *r, const struct labels *l,
	    bool old_order, struct buf *out);

#endif
