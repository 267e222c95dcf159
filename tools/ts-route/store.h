/*
 * store: every alert that ts-route knows, by its label set, with the merging
 * rules of Alertmanager 0.34.  An alert belongs to groups (group.h), may be a
 * source of inhibitions (inhibit.h), and is dropped half an hour after it was
 * resolved when no group holds it any more.
 */
#ifndef TS_ROUTE_STORE_H
#define TS_ROUTE_STORE_H

#include "core/err.h"
#include "core/vec.h"
#include "model/alert.h"

#define STORE_KEEP_MS	INT64_C(1800000)	/* resolved alerts */

struct group;
struct inhibit_link;

/* Where an entry stands in a group that holds it. */
struct place {
	struct group *group;
	size_t at;		/* group->members[at] */
};

/* There may be very many of them, so it is kept small. */
struct entry {
	struct alert alert;	/* ends_at is always set; strings interned */
	VEC(struct place) places;
	struct inhibit_link *link;	/* rules it is a source of */
	uint32_t nlinks;
	uint32_t pos;		/* in store.all */
	uint32_t silences_seen;	/* version of the silences (silences.h) */
	bool silenced;		/* at that version */
	bool changed;		/* since the state was saved */
};

struct store {
	struct labels_table *table;
	int64_t resolve_timeout_ms;
	VEC(struct entry *) all;
	VEC(struct entry *) slabs;	/* SLAB entries each */
	VEC(struct entry *) spare;	/* entries of slabs, not in use */
	VEC(uint32_t) by_id;	/* at labels->id: place in all + 1; 0 = none */
};

void	store_init(struct store *s, struct labels_table *t,
	    int64_t resolve_timeout_ms);
void	store_release(struct store *s);

struct entry	*store_find(const struct store *s, const struct labels *l);

/*
 * Take an alert in at `now`.  Missing times are filled in; what overlaps with
 * the alert of the same labels is merged with it.  NULL with *e (ERR_SYNTAX)
 * when it has no labels or ends before it starts.  *is_new: it was not known.
 * The label sets must be of the store's table.
 */
struct entry	*store_take(struct store *s, const struct alert *in,
		    int64_t now, bool *is_new, struct err *e);

/* As it was saved, without any rule. */
struct entry	*store_restore(struct store *s, const struct alert *in);

/* Nothing may refer to it any more. */
void	store_drop(struct store *s, struct entry *en);

/* Go on with another table: all label sets are copied into it. */
void	store_move(struct store *s, struct labels_table *t);

/* The same label set in table t. */
const struct labels	*store_copy_labels(struct labels_table *t,
			    const struct labels *l);

#endif
