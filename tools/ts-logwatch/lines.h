/*
 * lines: bytes of a growing file cut into lines.  What is left of a line
 * that is not complete is kept here; the bytes just read stand in a buffer
 * that all share, so ten thousand idle files cost nothing.
 */
#ifndef TS_LOGWATCH_LINES_H
#define TS_LOGWATCH_LINES_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "core/buf.h"
#include "core/str.h"

struct lines {
	struct buf rest;	/* the beginning of the next line */
	uint64_t offset;	/* of its first byte */
	size_t max;		/* bytes of a line */
	bool skipping;		/* the rest of a line that was too long */
	bool keep_cr, keep_empty;
	bool fresh;		/* at a file's begin: BOM and holes go */
	uint64_t empty;		/* lines skipped */
};

/* flags: LINE_… of event.h; the line is borrowed for the call. */
typedef void line_fn(void *arg, struct str line, uint64_t offset,
    unsigned flags);

/* As read(2). */
typedef ssize_t read_fn(void *arg, void *p, size_t n);

/*
 * One read, and every line that it completes.  The bytes read; 0 at the end,
 * -1 with errno.
 */
ssize_t	lines_read(struct lines *l, read_fn *read, void *read_arg,
	    line_fn *fn, void *arg);

/* What there is of the last line, when it is not empty; flags as given. */
void	lines_finish(struct lines *l, unsigned flags, line_fn *fn, void *arg);

/* Forget the rest; go on at an offset. */
void	lines_seek(struct lines *l, uint64_t offset);
void	lines_release(struct lines *l);

/* The shared buffer, at the end of the program. */
void	lines_shared_release(void);

#endif
