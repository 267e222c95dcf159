/*
 * stats: figures by endpoint or any other field: how many, how slow, how
 * many errors, and when.
 */
#ifndef TS_LOGWATCH_STATS_H
#define TS_LOGWATCH_STATS_H

#include "core/err.h"
#include "core/map.h"
#include "event.h"
#include "sketch.h"

#define STATS_GROUPS_MAX	10000
#define STATS_FIELDS_MAX	8
#define STATS_SLOTS		60	/* of the histogram of times */

struct stats_group {
	struct str key;			/* values, joined by 0x1f; owned */
	uint64_t count, errors;
	struct sketch seconds;		/* of events that tell a duration */
};

struct stats {
	/* what to do */
	struct str by[STATS_FIELDS_MAX];	/* fields; or route(field) */
	bool route[STATS_FIELDS_MAX];
	size_t nby;
	enum quantile quantile;
	double slow;			/* s; a mean over it is slow */
	struct str sort;		/* count avg p95 p99 max errors */
	/* what was found */
	struct map groups;
	struct buf key;
	uint64_t slot[STATS_SLOTS];
	int64_t from, width;		/* ms; width 0: nothing yet */
	uint64_t all, errors;
	uint64_t others;		/* that have no such field */
};

/* "url.path,status", "route" is route(url.original); 0, or -1 with *e. */
int	stats_init(struct stats *s, struct str by, struct err *e);
void	stats_release(struct stats *s);
void	stats_event(struct stats *s, const struct event *ev);

/* The groups in order; *n of them; in the arena. */
struct stats_group	**stats_sorted(struct stats *s, size_t *n,
			    struct arena *a);

/* A line of JSON a group; at most top (0: all). */
void	stats_json(struct stats *s, size_t top, struct buf *out);

/* A table and the histogram, for a terminal of so many columns; 0: none. */
void	stats_table(struct stats *s, size_t top, int columns, bool color,
	    struct buf *out);

#endif
