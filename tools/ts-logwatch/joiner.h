/*
 * joiner: lines that belong together become one record: stack traces, texts
 * that go on, the pieces that an engine of containers cuts lines into.  One
 * for each source of lines.
 */
#ifndef TS_LOGWATCH_JOINER_H
#define TS_LOGWATCH_JOINER_H

#include "container.h"
#include "core/buf.h"
#include "core/err.h"
#include "lines.h"

#define JOINER_BYTES	((size_t)1 << 20)

struct multiline;
struct joining;

/* The rules of m, compiled; NULL with *e.  They live in the arena. */
struct joining	*joining_new(const struct multiline *m, struct arena *a,
		    struct err *e);

/* A record that is not complete; lines 0: there is none. */
struct record {
	struct buf text;
	struct tail before;	/* bytes before its first line */
	uint64_t offset;	/* of its first line */
	uint64_t bytes;		/* of its lines, were none cut */
	size_t lines;
	unsigned flags;
	int64_t since;		/* mono ms: its last line */
	size_t at;		/* of pieces: where the next one goes */
	size_t tag;		/* of pieces: where the first one's tag is */
};

/* { 0 } with rules set is empty.  Without pieces only record[0] is used. */
struct joiner {
	const struct joining *rules;	/* NULL: a line is a record */
	struct record record[NSTREAMS];
	/* Of pieces: lines before these places went out already. */
	uint64_t ahead[NSTREAMS];
	struct arena arena;		/* of a line */
	bool pulls;			/* the next line belongs to it */
	bool trace;			/* in a trace that ends unindented */
	bool traced;			/* and it has ended */
	bool quoted;			/* in a text with quotes */
};

/* A line: fn gets each record that is complete by now. */
void	joiner_line(struct joiner *j, const struct line *line, line_fn *fn,
	    void *arg);

/* What is open goes out. */
void	joiner_flush(struct joiner *j, line_fn *fn, void *arg);

/* What is open is forgotten. */
void	joiner_reset(struct joiner *j);

/*
 * What is open and has waited long enough for more goes out; now: mono ms.
 * True when something did.
 */
bool	joiner_tick(struct joiner *j, int64_t now, line_fn *fn, void *arg);

/* The open record that begins first; NULL. */
const struct record	*joiner_oldest(const struct joiner *j);

/*
 * Of pieces: up to where all of each stream went out when lines up to offset
 * were given, which is what ahead has to be when another goes on from the
 * oldest record.  Else zeros.
 */
void	joiner_places(const struct joiner *j, uint64_t offset,
	    uint64_t ahead[NSTREAMS]);

/* ms that a record waits for more lines. */
int64_t	joiner_patience(const struct joiner *j);
void	joiner_release(struct joiner *j);

#endif
