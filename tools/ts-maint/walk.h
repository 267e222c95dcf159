/*
 * walk: a directory tree by descriptors.  No link is ever followed and no
 * other file system entered, so nobody who can write inside of the tree can
 * lead the walk out of it.
 */
#ifndef TS_MAINT_WALK_H
#define TS_MAINT_WALK_H

#include <stdbool.h>
#include <sys/stat.h>

#include "core/arena.h"
#include "core/err.h"

#define WALK_DEPTH_MAX	256

struct walk_entry {
	struct str rel;		/* path below the root; any bytes but NUL */
	const char *name;	/* its last part */
	int dirfd;		/* of the directory that it is in */
	struct stat st;		/* of itself, not of what a link names */
	unsigned depth;		/* 1 = in the root itself */
	bool after;		/* a directory, again behind its contents */
	size_t children;	/* then: how many it has */
};

enum { WALK_ON = 0, WALK_PRUNE = 1, WALK_STOP = -1 };

/* WALK_PRUNE: not into this directory (nor called again for it). */
typedef int walk_fn(void *arg, const struct walk_entry *w);

/*
 * The directory at path, which must be absolute, by its parts, none of them
 * a link but those that lead to it (/var/run); its last one may not be one.
 * The descriptor, or -1 with *e.
 */
int	walk_open(const char *path, struct err *e);

/*
 * Call fn for everything below the directory, in the order of names;
 * max_depth 0 = all.  What vanishes on the way is passed over.  What cannot be
 * read is told by skipped (may be NULL) and passed over.  -1 when fn said
 * WALK_STOP.
 */
int	walk(int rootfd, unsigned max_depth, walk_fn *fn,
	    void (*skipped)(void *arg, struct str rel, const char *why),
	    void *arg);

/*
 * The directory that rel is in, and its last part: by descriptors from the
 * root, no links.  The descriptor (close it), -1 with errno.
 */
int	walk_parent(int rootfd, struct str rel, struct arena *a,
	    const char **name);

/*
 * May something below path be removed?  Refused are /, the directories that
 * make up a system, what is above or at one of them,
 * and anything in /proc, /sys, /boot and the like.  0, or -1 with *e.
 */
int	walk_refuse(const char *path, struct err *e);

#endif
