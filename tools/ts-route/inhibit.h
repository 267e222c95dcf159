/*
 * inhibit: an alert is not told about while another one, its source, fires.
 * The meaning is that of comparing with every known alert; the cost is one
 * lookup per rule, because the sources of a rule are kept by the values of
 * its `equal` labels.
 */
#ifndef TS_ROUTE_INHIBIT_H
#define TS_ROUTE_INHIBIT_H

#include "config/am.h"
#include "core/map.h"
#include "store.h"

struct inhibit_bucket;

/* entry->link[i]: the entry is a source of this rule. */
struct inhibit_link {
	struct inhibit_bucket *bucket;
	uint32_t rule;
	uint32_t side : 1;	/* 1: it also matches the rule's targets */
	uint32_t pos : 31;	/* in bucket->side[side] */
};

struct inhibitor {
	const struct am_inhibit_rule *rule;
	size_t nrules;
	struct map *buckets;		/* per rule: equal values -> bucket */
	struct buf key;
};

void	inhibitor_init(struct inhibitor *in, const struct am_config *c);
void	inhibitor_release(struct inhibitor *in);

/* A new alert; it may become a source. */
void	inhibitor_add(struct inhibitor *in, struct entry *en);

/* Its end has changed. */
void	inhibitor_touch(struct inhibitor *in, struct entry *en);
void	inhibitor_remove(struct inhibitor *in, struct entry *en);

struct inhibited {
	size_t rule;			/* index */
	struct str name;		/* of the rule; or empty */
	const struct entry *source;
};

/* Whether a label set is inhibited at `now`; *why (or NULL) says by what. */
bool	inhibitor_mutes(struct inhibitor *in, const struct labels *l,
	    int64_t now, struct inhibited *why);

#endif
