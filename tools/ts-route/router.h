/*
 * router: what ts-route does, without its input, output and files.  Alerts go
 * in; at the times of their groups notifications come out.  It reads no
 * clock: the caller says what time it is.
 *
 * A group is (route, values of its group_by labels).  It is told about first
 * group_wait after its first alert, then at every group_interval, as long as
 * it has alerts.  Whether something is worth sending again is decided by
 * ts-notify, which knows what was sent.
 *
 * An alert that was told about as resolved has left its group as far as
 * timing goes, as upstream's have after a delivery; because ts-route does not
 * see the delivery, it is repeated in the group's notifications for another
 * ROUTER_RETELL_MS.
 */
#ifndef TS_ROUTE_ROUTER_H
#define TS_ROUTE_ROUTER_H

#include "config/am.h"
#include "core/heap.h"
#include "core/map.h"
#include "inhibit.h"
#include "model/notification.h"
#include "silences.h"
#include "store.h"
#include "tree.h"

#define ROUTER_RETELL_MS	INT64_C(900000)
#define ROUTER_SWEEP_MS		INT64_C(30000)	/* of 0.25 */
#define ROUTER_LATE_TICKS	10000	/* more are not made up for */

/* An alert in a group. */
struct member {
	struct entry *entry;
	int64_t told;		/* when first told as resolved; 0 = not */
};

struct group {
	const struct am_route *route;
	const struct labels *labels;
	struct str key;		/* "{}/{a=\"b\"}:{c=\"d\"}"; owned */
	VEC(struct member) members;
	size_t live;		/* members that are not told */
	int64_t next;		/* the next flush */
	int64_t emptied;	/* when live became 0; 0 = it is not */
	bool flushed;		/* once */
	uint64_t last_hash;	/* of what the last flush told */
	bool changed;		/* since the state was saved */
	size_t pos;		/* in the heap */
};

/* Why an alert was not told about; OUT_SENT: it was. */
enum out { OUT_SENT, OUT_INHIBITED, OUT_INACTIVE, OUT_MUTED, OUT_SILENCED };

struct out_why {
	enum out out;
	struct inhibited by;		/* OUT_INHIBITED */
	struct str interval;		/* OUT_MUTED: its name */
	const struct silence *silence;	/* OUT_SILENCED */
};

/* n is borrowed for the call. */
typedef void router_emit(void *arg, const struct notification *n);

/* An alert was kept back at the flush of a group. */
typedef void router_kept(void *arg, const struct group *g,
	    const struct alert *a, const struct out_why *why);

/* A group has gone; its key is borrowed for the call. */
typedef void router_gone(void *arg, const struct group *g);

/* An alert has gone. */
typedef void router_forgot(void *arg, const struct alert *a);

struct router_options {
	bool compat_025;	/* as Alertmanager 0.25 (reference b.2) */
	struct str external_url;
	router_emit *emit;
	router_kept *kept;	/* or NULL */
	router_gone *gone;	/* or NULL */
	router_forgot *forgot;	/* or NULL */
	void *arg;		/* of them all */
};

struct router {
	struct router_options opt;
	const struct am_config *config;
	struct labels_table *table;	/* owned by the caller */
	struct store store;
	struct inhibitor inhibitor;
	struct silences silences;
	struct map groups;	/* group_id bytes -> struct group */
	struct heap due;	/* by next, then route, then key */
	int64_t started;	/* first time seen; of the sweeps of 0.25 */
	int64_t gc_at;
	struct labels_builder builder;
	struct routes hits;
	struct arena arena;	/* of one flush */
};

/* c NULL: it only stands there; no alert may be taken. */
void	router_init(struct router *r, const struct am_config *c,
	    struct labels_table *t, const struct router_options *o);
void	router_release(struct router *r);

/* An alert (label sets of the table) at `now`.  -1 with *e: refused. */
int	router_take(struct router *r, const struct alert *a, int64_t now,
	    struct err *e);

/* The next flush; INT64_MAX when there is none. */
int64_t	router_next(const struct router *r);

/*
 * Flush what is due at `now` or before.  at_own_time: each flush happens at
 * the time it was due, also several of one group (virtual time); otherwise
 * now, and a late group is flushed once.
 */
void	router_flush_due(struct router *r, int64_t now, bool at_own_time);

/* Flush every group that has something to say that it has not said yet. */
void	router_flush_all(struct router *r, int64_t now);

/* A new configuration: the groups are made anew from the alerts. */
void	router_reload(struct router *r, const struct am_config *c,
	    int64_t now);

/* Most of the table is dead: go on with a new one (the caller frees it). */
bool	router_wants_table(const struct router *r);
void	router_move(struct router *r, struct labels_table *t);

/* Why an alert of a group would be told about at `now`, or not. */
enum out	router_why(struct router *r, const struct group *g,
		    struct entry *en, int64_t now, struct out_why *why);

/* Whether a silence holds the alert at `now`; why->silence says which. */
bool	router_silenced(struct router *r, struct entry *en, int64_t now,
	    struct out_why *why);

/* Parts that the state restores with. */
struct group	*router_group(struct router *r, const struct am_route *route,
		    const struct labels *group_labels, bool *is_new);
void		 router_join(struct group *g, struct entry *en,
		    int64_t told);
/* As another replica holds it: told only ever rises. */
void		 router_join_other(struct group *g, struct entry *en,
		    int64_t told);
/* Into the groups of its routes, as a new alert. */
void		 router_place(struct router *r, struct entry *en, int64_t now);
void		 router_schedule(struct router *r, struct group *g,
		    int64_t at);

/* All groups, in order of route and key; the arena's. */
struct group	**router_groups(struct router *r, struct arena *a,
		    size_t *n);

#endif
