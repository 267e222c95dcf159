/*
 * audit: who did what, in lines that nobody can change unseen.  Each record
 * holds the SHA-256 of the line before it:
 *	{"audit":"start","n":1,"time":"...","run":"...", ..., "prev":"hex"}
 * One write each, append only, 0600, under flock; fsync at the end of a run.
 */
#ifndef TS_MAINT_AUDIT_H
#define TS_MAINT_AUDIT_H

#include "core/buf.h"
#include "core/err.h"
#include "json/write.h"

#define AUDIT_LINE_MAX	4096

struct audit;

/* url: of -s, where the last record is kept too; may be NULL. */
struct audit	*audit_open(const char *path, const char *url, struct err *e);

/*
 * A record begins; the caller puts its members, then audit_end writes it.
 * what: start, task, step, undo, end.
 */
struct jw	*audit_begin(struct audit *a, const char *what, int64_t now_ms,
		    struct str run);
int		 audit_end(struct audit *a, struct err *e);
int		 audit_close(struct audit *a, struct err *e);	/* with fsync */

struct audit_report {
	size_t records, lines;
	size_t torn;		/* lines cut off by a crash */
};

/*
 * Follow the chain through text, the whole of a log.  0 good; -1 with *e (its
 * line) where it breaks.  head: what -s has of the last record, or empty.
 */
int	audit_verify(struct str text, struct str head,
	    struct audit_report *r, struct err *e);

#endif
