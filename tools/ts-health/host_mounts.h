/*
 * host_mounts: the mounted file systems, and their space asked for in a way
 * that a dead file server cannot stop.
 */
#ifndef TS_HEALTH_HOST_MOUNTS_H
#define TS_HEALTH_HOST_MOUNTS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/statvfs.h>

#include "core/arena.h"
#include "core/str.h"

struct mount {
	struct str device, point, fstype;	/* valid UTF-8 */
	const char *path;	/* to ask for it, below rootfs; any bytes */
	bool readonly;
	bool failed;		/* the kernel made it so after an error */
	bool quick;		/* asking for its space cannot hang */
	const char *error;	/* NULL, or why stat is not set */
	bool denied;		/* that is EACCES */
	struct statvfs stat;
};

/*
 * The mounts of a mountinfo table (proc(5)) that are not excluded (kernel file systems,
 * containers' layers).  Of several at one place only the last can be reached,
 * so only that is given.  In the arena; how many.
 */
size_t	mounts_parse(struct str table, const char *rootfs, struct arena *a,
	    struct mount **out);

/* The same with other exclusions; NULL: those above. */
struct re;
struct mounts_filter {
	const struct re *fstype, *point;
};
size_t	mounts_select(struct str table, const char *rootfs,
	    const struct mounts_filter *filter, struct arena *a,
	    struct mount **out);

/* Of all mounts, however many: the one that path is on; NULL: none. */
const struct mount	*mounts_find(const struct mount *m, size_t n,
			    struct str path);

typedef int mounts_ask(const char *path, struct statvfs *out);

/*
 * Fill in stat of each by calling ask; of those that are not quick in a child
 * process.  A call there that takes longer than timeout_ms gives that mount
 * an error; its child is killed and left behind (it may be in uninterruptible
 * sleep).  Takes at most three times timeout_ms in all: what could not be
 * asked by then gets an error too.
 */
void	mounts_stat(struct mount *m, size_t n, int64_t timeout_ms,
	    mounts_ask *ask);

#endif
