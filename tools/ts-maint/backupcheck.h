/*
 * backupcheck: is a backup good?  By its sums and its manifest, where they
 * stand beside it, and by what it is made of: an archive is read to its end,
 * a dump of PostgreSQL by pg_restore.  And which of many are to be looked at.
 */
#ifndef TS_MAINT_BACKUPCHECK_H
#define TS_MAINT_BACKUPCHECK_H

#include "work.h"
#include "yaml/fields.h"

struct backup_report {
	const char *form;	/* "archive", "dump", "file" */
	bool summed;		/* there were sums, and they are right */
	bool listed;		/* ... and a manifest */
	int64_t bytes, entries, contents_bytes;
	int64_t tables;		/* of a dump */
	int64_t left_out;	/* into: what was not put on disk */
};

/*
 * The file of that name in the directory (dir is its path).  into: a
 * directory that gets the contents of an archive, of max_bytes at most (0 =
 * any); -1 = none.  -1 with *e.
 */
int	backup_check(struct work *w, int dirfd, struct str dir,
	    const char *name, int into, int64_t max_bytes,
	    struct backup_report *r, struct err *e);

/* ---- which ones ---- */

struct backup_pick {
	struct str dir;
	struct ystrs match;	/* patterns of names */
	int64_t newest;		/* so many of the newest; 0 = all */
	int64_t within_ms;	/* not older than that; 0 = any */
	/* set by backup_pick_list: */
	int fd;
	int64_t newest_ms, newest_bytes, before_bytes;	/* -1: none */
	int64_t matched;
};

struct backup_found {
	struct str name;
	int64_t mtime_ms, bytes;
};

#define BACKUP_PICK_ROWS(at)						\
	YROW("dir", YT_STR, (at) + offsetof(struct backup_pick, dir),	\
	    .flags = YF_REQUIRED),					\
	YROW("match", YT_STRLIST, (at) + offsetof(struct backup_pick,	\
	    match), .flags = YF_REQUIRED),				\
	YROW("newest", YT_INT, (at) + offsetof(struct backup_pick,	\
	    newest)),							\
	YROW("within", YT_DURATION, (at) + offsetof(struct backup_pick,	\
	    within_ms))

/* The newest first, in the arena.  -1 with *e: also when none matches. */
int	backup_pick_list(struct work *w, struct backup_pick *p,
	    struct backup_found **out, size_t *n, struct err *e);

#endif
