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

/* Bytes before a place by which it is known again. */
#define LINES_TAIL	64

struct tail {
	char p[LINES_TAIL];
	size_t n;		/* less at the begin of what was read */
};

struct lines {
	struct buf rest;	/* the beginning of the next line */
	uint64_t offset;	/* of its first byte */
	uint64_t over;		/* its bytes up to here: it is too long, and
				   rest is what there will be of it; else 0 */
	struct tail before;	/* the bytes before offset, as read */
	struct tail last;	/* the bytes read last */
	size_t max;		/* bytes of a line */
	int64_t since;		/* mono ms: the last read */
	bool keep_cr, keep_empty;
	bool fresh;		/* at a file's begin: BOM and holes go */
	bool begun;		/* the line's first part went out already */
	uint64_t empty;		/* lines skipped */
};

/* One line; everything is borrowed for the call. */
struct line {
	struct str text;	/* without its end */
	struct str before;	/* bytes before offset, at most LINES_TAIL */
	uint64_t offset;	/* of its first byte */
	uint64_t bytes;		/* of all of it, when it was cut; else 0 */
	unsigned flags;		/* LINE_… of event.h */
};

typedef void line_fn(void *arg, const struct line *line);

/* As read(2). */
typedef ssize_t read_fn(void *arg, void *p, size_t n);

/*
 * One read, and every line that it completes.  A line of over max bytes is
 * cut and comes once its end is there, so that its length is known.  The
 * bytes read; 0 at the end, -1 with errno.
 */
ssize_t	lines_read(struct lines *l, read_fn *read, void *read_arg,
	    line_fn *fn, void *arg);

/* How many were skipped since this was asked last. */
uint64_t	lines_take_empty(struct lines *l);

/* What there is of the last line, when it is not empty; flags as given. */
void	lines_finish(struct lines *l, unsigned flags, line_fn *fn, void *arg);

/*
 * The same for a line that is still written to: but a character or a line
 * end of which not all is there.  What comes later is a line of its own.
 */
void	lines_partial(struct lines *l, line_fn *fn, void *arg);

/* Something of a line is held. */
bool	lines_pending(const struct lines *l);

/* Forget the rest; go on at an offset. */
void	lines_seek(struct lines *l, uint64_t offset);
void	lines_release(struct lines *l);

/* Put n more bytes behind a tail. */
void	tail_put(struct tail *t, const char *p, size_t n);

/* The shared buffer, at the end of the program. */
void	lines_shared_release(void);

#endif
