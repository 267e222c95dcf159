/*
 * stamps: what a job tells of its runs, a line each:
 *
 *	{"job":"backup","event":"start","ts":"2026-11-29T02:00:00Z","rid":"7"}
 *	{"job":"backup","event":"success","ts":"2026-11-29T02:09:12Z","rid":"7"}
 *
 *	event	start, success, fail, or alive: a run that goes on
 *	ts	RFC 3339, or seconds since the epoch
 *	rid	optional: tells runs apart that overlap
 *	exit	optional: not 0 makes a success a failure
 *
 * Whatever is known of a job is derived from these, so a restart of who
 * checks changes nothing.
 */
#ifndef TS_HEALTH_STAMPS_H
#define TS_HEALTH_STAMPS_H

#include "core/arena.h"
#include "core/err.h"
#include "core/str.h"
#include "core/vec.h"

/* The newest part of a file that is read; beat keeps it below four times. */
#define STAMPS_MAX	((size_t)256 << 10)

struct stamps {
	VEC(int64_t) success;	/* ms since the epoch, in order of the file */
	bool failed;		/* how the last run ended */
	int64_t exit;		/* its status; -1 = not told */
	int64_t ran_ms;		/* how long it ran; -1 = no start was told */
	int64_t open_ms;	/* last word of the longest run that has not
				   ended; 0 = none */
	int64_t last_ms;	/* of the newest line; 0 = there is none */
	size_t bad;		/* lines that are no stamps */
};

/* Lines of other jobs are passed over; job empty: all are read. */
void	stamps_read(struct str text, struct str job, struct stamps *out);
void	stamps_release(struct stamps *s);

/*
 * Append a line to the file at path, made when missing, whoever else does so
 * now.  event: start, success, fail, alive, or an exit status.  rid may be
 * empty.  0, or -1 with *e.
 */
int	stamps_append(const char *path, struct str job, struct str event,
	    struct str rid, int64_t now_ms, struct err *e);

/* The last STAMPS_MAX bytes of the file from the start of a line. */
int	stamps_load(const char *path, struct arena *a, struct str *text,
	    struct err *e);

#endif
