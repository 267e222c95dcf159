/*
 * tarball: archives (pax, compressed) written from directories and read back,
 * by libarchive.  What is stored is what is there: no link is followed, holes,
 * ACLs and extended attributes are kept, owners are numbers.
 */
#ifndef TS_MAINT_TARBALL_H
#define TS_MAINT_TARBALL_H

#include <sys/stat.h>

#include "manifest.h"
#include "work.h"
#include "yaml/fields.h"

enum tar_filter { TAR_GZIP, TAR_ZSTD, TAR_XZ, TAR_NONE };
/* gzip, zstd, xz, none */
bool		 tar_filter_parse(struct str s, enum tar_filter *out);
const char	*tar_filter_ext(enum tar_filter f);	/* ".tar.gz" */

/* ---- what goes in ---- */

struct tree {
	struct ystrs sources;	/* absolute paths */
	/* As tar's --exclude: a pattern without '/' for any name, one with it
	   for the whole path, with or without the first '/'. */
	struct ystrs exclude;
	dev_t not_dev;		/* this directory is left out: where the */
	ino_t not_ino;		/* backup itself is written */
};

struct tree_count {
	int64_t files, others, bytes;
	int64_t sockets;	/* left out: no archive can hold them */
	int64_t other_mounts;
	struct str unreadable;	/* the first one, and why; empty = none */
	int64_t nunreadable;
};

/* Look only.  -1 with *e when a source is not there. */
int	tree_count(struct work *w, const struct tree *t,
	    struct tree_count *c, struct err *e);

struct tar_notes {
	int64_t changed, vanished;	/* while they were read */
	struct str first;	/* the first of them, and what */
};

/*
 * All of the tree into fd, compressed; the lines of its manifest, the hash of
 * what was written, and what happened on the way.  -1 with *e: also when
 * something could not be read, or the task is told to end.
 */
int	tar_write(struct work *w, const struct tree *t, enum tar_filter f,
	    int fd, struct buf *manifest,
	    unsigned char sha256[HASH_SHA256_BYTES], struct tar_notes *notes,
	    struct err *e);

/* ---- reading ---- */

struct tar_read {
	/* Set before: */
	struct str manifest;	/* compared with; empty = none is there */
	int into;		/* directory that gets the contents; -1 */
	int64_t max_bytes;	/* of contents; more is an error; 0 = any */
	/* Set by it: */
	int64_t entries, bytes;
	int64_t left_out;	/* into: links that lead out, devices */
};

/*
 * All of the archive in fd: every byte of it is read, every entry compared.
 * An absolute path or one with `..` is an error.  With into, files and
 * directories are made below it, never through a link, and read back.  -1 with
 * *e.
 */
int	tar_read(struct work *w, int fd, struct tar_read *r, struct err *e);

/* Decompress what is no archive, to its end; -1 with *e. */
int	tar_unpack(struct work *w, int fd, int64_t *bytes, struct err *e);

#endif
