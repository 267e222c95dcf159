/*
 * store: what ts-maint knows between runs, under -s.
 *	task/PLAN/TASK	how its last run ended, and its memory
 *	plan/PLAN	how its last run ended, and which due time is done with
 *	audit		the last record of the audit log
 * Nothing is held open: other plans run at the same time.
 */
#ifndef TS_MAINT_STORE_H
#define TS_MAINT_STORE_H

#include "core/arena.h"
#include "core/err.h"
#include "work.h"

struct record {
	enum task_status status;
	int64_t time_ms;	/* when the run began */
	double duration_s;
	struct str run, message;
	int64_t success_ms;	/* when the last good one began; 0 = never */
	int64_t bad_since_ms;	/* it has failed since; 0 = it has not */
	struct str severity;	/* of the alert that fires; empty = none */
	struct str memory;	/* one JSON value; empty = none */
	/* of a plan: */
	int64_t since_ms;	/* due times count from here; 0 = unseen */
	int64_t tried_ms;	/* the last attempt at a due time */
};

/* url NULL: nothing is kept, every record is empty.  key: "task/daily/temp".
 * 1 found, 0 none (*r cleared), -1 with *e. */
int	store_get(const char *url, struct str key, struct record *r,
	    struct arena *a, struct err *e);
int	store_put(const char *url, struct str key, const struct record *r,
	    struct err *e);

/* The same for a text of one's own. */
int	store_get_text(const char *url, struct str key, struct buf *value,
	    struct err *e);
int	store_put_text(const char *url, struct str key, struct str value,
	    struct err *e);

struct str	store_key(struct arena *a, const char *kind, struct str plan,
		    struct str task);

/* -s names a directory: its path; else NULL. */
const char	*store_dir(const char *url);

#endif
