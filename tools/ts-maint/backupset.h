/*
 * backupset: the backups of one name in a directory, and how a new one gets
 * there: written under a name that nobody looks at, read back, and only then
 * given its own.
 *
 *	config_20260101.tar.zst			the backup
 *	config_20260101.tar.zst.manifest	what it holds (manifest.h)
 *	config_20260101.tar.zst.sha256		of both, for `sha256sum -c`
 *	.config_20260101.tar.zst.partial.PID	one being written
 *
 * The backup itself gets its name last: where it stands, all of it does.
 */
#ifndef TS_MAINT_BACKUPSET_H
#define TS_MAINT_BACKUPSET_H

#include "core/hash.h"
#include "core/tz.h"
#include "retention.h"
#include "work.h"

#define SUMS_SUFFIX	".sha256"
#define MANIFEST_SUFFIX	".manifest"
#define SUMS_MAX	((size_t)64 << 10)

struct backupset {
	struct str dir;		/* absolute */
	struct str name;	/* config_{date}; also {time}, {host} */
	const char *ext;	/* ".tar.zst" */
	const struct retention *keep;
	/* set by backupset_open: */
	int fd;			/* of the directory */
	const struct tz *zone;
	struct str host;
};

/* It has {date} and makes a plain file name; else *why. */
bool	backup_name_ok(struct str name, const char **why);

/* Open the directory; -1 with *e.  backupset_close in any case. */
int	backupset_open(struct backupset *s, struct arena *a, struct err *e);
void	backupset_close(struct backupset *s);

/*
 * The name of a backup made at ms: as the pattern says, and when that exists
 * with _HHMMSS behind.
 */
struct str	backupset_name(const struct backupset *s, int64_t ms,
		    struct arena *a);

/*
 * Is it the name of a backup of this set, and from when?  A day without a time
 * takes that of the file, if it is of that day.
 */
bool	backupset_time(const struct backupset *s, struct str file,
	    int64_t mtime_ms, int64_t *ms);

/*
 * A step for each backup that need not stay once one of now_ms is there, and
 * for what was left over by a run that was killed, more than a day ago.
 */
int	backupset_plan_removal(struct backupset *s, struct work *w,
	    struct err *e);
/* Do such a step: "remove". */
enum step_end	backupset_remove(struct backupset *s, struct work *w,
		    struct step *step, struct err *e);

/* The bytes of the newest backup; -1 = there is none. */
int64_t	backupset_newest_bytes(struct backupset *s, struct arena *a);

/* Free bytes where the directory is; -1 with *e. */
int64_t	backupset_room(const struct backupset *s, struct err *e);

/* ---- a new one ---- */

struct backup_file {
	struct str name;	/* that it will have */
	char *partial;		/* that it has; in the arena */
	int fd;			/* open for writing and reading */
	unsigned char sha256[HASH_SHA256_BYTES];
};

/* Create and open the partial file; -1 with *e. */
int	backup_create(struct backupset *s, struct str name, struct arena *a,
	    struct backup_file *f, struct err *e);

/*
 * Write fsync'ed sums of f (its sha256 is set) and of the manifest beside it
 * (empty: none), then give all of them their names, without replacing
 * anything.  -1 with *e, and nothing is left of them.
 */
int	backup_commit(struct backupset *s, struct backup_file *f,
	    struct str manifest, struct arena *a, struct err *e);

/* Remove the partial file, if it is still there; close. */
void	backup_abandon(struct backupset *s, struct backup_file *f);

/* ---- sums ---- */

/* SHA-256 of an open file from its start; bytes (may be NULL) its length.
 * -1 with *e, also when the task is told to end (w not NULL). */
int	sum_file(int fd, const struct work *w,
	    unsigned char out[HASH_SHA256_BYTES], int64_t *bytes,
	    struct err *e);

struct sums {
	unsigned char file[HASH_SHA256_BYTES], manifest[HASH_SHA256_BYTES];
	bool has_manifest;
};

/*
 * A .sha256 of file, exactly as backup_commit writes it: a byte that differs
 * is an error.
 */
int	sums_read(struct str text, struct str file, struct sums *out,
	    struct err *e);

#endif
