/*
 * window: for each key of a rule, the events of the last while: an exact
 * sliding window on event time.  The number of keys is bounded; the one that
 * was not seen for longest goes first, and when there are many it goes as
 * soon as nothing of it counts any more.
 */
#ifndef TS_LOGWATCH_WINDOW_H
#define TS_LOGWATCH_WINDOW_H

#include <stdbool.h>
#include <stdint.h>

#include "core/map.h"
#include "core/str.h"
#include "core/vec.h"

/* Events of a key that are remembered one by one. */
#define WINDOW_EVENTS_MAX	1000

/* More keys than these are looked through for those whose time is over. */
#define WINDOW_KEYS_FEW		1000

struct slot {
	int64_t time;		/* ms */
	int32_t weight;
	int32_t count;		/* events of that time that it stands for */
};

/* A collected text, and when it was last seen. */
struct seen {
	char *text;		/* owned */
	size_t n;
	int64_t time;
};

typedef VEC(struct seen) seen_list;

struct window {
	struct str key;			/* owned */
	VEC(struct slot) slots;		/* in order of time */
	seen_list *seen;		/* one list a collection; owned */
	int64_t start;			/* of the episode */
	int64_t last;			/* newest event */
	int64_t alerted;		/* event time; INT64_MIN: never */
	bool dirty;			/* differs from what is saved */
	bool saved;			/* something of it is */
	struct window *newer, *older;	/* by last use */
};

struct windows {
	struct map map;
	struct window *newest, *oldest;
	size_t max_keys, ncollections;
	int64_t span;			/* ms */
	int64_t keep;			/* ms after its last event a key is of
					   no use; 0: that is not known */
	uint64_t evicted;
	VEC(struct str) gone;		/* keys that were saved and are no
					   more; owned */
};

/* The window of a key, made when new. */
struct window	*windows_get(struct windows *w, struct str key);
struct window	*windows_find(struct windows *w, struct str key);
void		 windows_drop(struct windows *w, struct window *one);

/* By now its events count no more. */
bool		 windows_over(const struct windows *w,
		    const struct window *one);
void		 windows_release(struct windows *w);

/*
 * All of from, which ends empty.  Collection i of w goes on with collection
 * which[i] of from; SIZE_MAX: it begins empty.
 */
void		 windows_take(struct windows *w, struct windows *from,
		    const size_t *which);

/* fn for each key that is gone and was saved, once; 0, or what fn returned. */
int	windows_each_gone(struct windows *w, int (*fn)(void *arg,
	    struct str key), void *arg);

/* An event; those that left the window by it are forgotten. */
void	window_add(const struct windows *w, struct window *one, int64_t time,
	    int64_t weight, int64_t count);

/* Sums over the events with newest - time < span. */
int64_t	window_count(const struct window *one);
int64_t	window_weight(const struct window *one);

/* A text of a collection of at most max texts. */
void	window_collect(const struct windows *w, struct window *one,
	    size_t collection, struct str text, int64_t time, size_t max);

/* How many texts of a collection are inside the window. */
size_t	window_distinct(const struct windows *w, const struct window *one,
	    size_t collection);

#endif
