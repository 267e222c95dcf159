/*
 * joiner: lines that belong together become one record: stack traces, texts
 * that go on.  One for each source of lines.
 */
#ifndef TS_LOGWATCH_JOINER_H
#define TS_LOGWATCH_JOINER_H

#include "core/arena.h"
#include "core/buf.h"
#include "core/err.h"
#include "lines.h"

#define JOINER_BYTES	((size_t)1 << 20)

struct multiline;
struct joining;

/* The rules of m, compiled; NULL with *e.  They live in the arena. */
struct joining	*joining_new(const struct multiline *m, struct arena *a,
		    struct err *e);

/* A record that is not complete; { 0 } with rules set is none. */
struct joiner {
	const struct joining *rules;	/* NULL: a line is a record */
	struct buf text;
	uint64_t offset;		/* of its first line */
	size_t lines;			/* 0: nothing is open */
	unsigned flags;
	bool pulls;			/* the next line belongs to it */
	bool trace;			/* in a trace that ends unindented */
	bool traced;			/* and it has ended */
	bool quoted;			/* in a text with quotes */
	int64_t since;			/* mono ms: its last line */
};

/* A line: fn gets each record that is complete by now. */
void	joiner_line(struct joiner *j, struct str line, uint64_t offset,
	    unsigned flags, line_fn *fn, void *arg);

/* What is open goes out. */
void	joiner_flush(struct joiner *j, line_fn *fn, void *arg);

/* ms that a record waits for more lines. */
int64_t	joiner_patience(const struct joiner *j);
void	joiner_release(struct joiner *j);

#endif
