/*
 * unpack: compressed files as a stream of bytes.  Their first bytes decide,
 * not their names.  libarchive is loaded when the first one is opened.
 */
#ifndef TS_LOGWATCH_UNPACK_H
#define TS_LOGWATCH_UNPACK_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "core/err.h"

struct unpack;

/*
 * fd is of a file compressed by gzip, bzip2, xz, zstd, lz4 or compress; false
 * also when that is not to be had (peek.h).
 */
bool		 unpack_wanted(int fd);

/* Reads fd from its begin; keeps it.  NULL with *e. */
struct unpack	*unpack_open(int fd, struct err *e);

/*
 * As read(2): a read_fn.  -1 when the data are damaged, or when they cannot be
 * had, which peek.h counts; unpack_why.
 */
ssize_t		 unpack_read(void *u, void *p, size_t n);
bool		 unpack_ails(const struct unpack *u);	/* the latter */
const char	*unpack_why(const struct unpack *u);
void		 unpack_close(struct unpack *u);

#endif
