/*
 * names: what the files of the follower share: the names that are watched,
 * the files behind them, and what rotation made of those.
 *	names.c		a name is looked at: opened, read, turned away
 *	rotation.c	what became of the files that stood there before
 *	stream.c	stdin and FIFOs
 *	journald.c	the journal, through journalctl
 *	inputs.c	what the configuration says, at the start and again
 *	follow.c	one pass or for ever, and checkpoints
 */
#ifndef TS_LOGWATCH_NAMES_H
#define TS_LOGWATCH_NAMES_H

#include "file.h"
#include "follow.h"
#include "net/loop.h"

/* When something was looked at; the wall clock may be put right meanwhile. */
struct look {
	int64_t wall, mono;		/* ms; 0: never */
};

/* A name that is watched, and the file behind it. */
struct name {
	struct follow *f;
	const char *path;
	const struct input *input;
	struct file *file;		/* NULL: nothing is there */
	struct look looked;
	bool warned;
	bool later;			/* found after the start: from 0 */
	bool streamed;			/* it is a FIFO, of streams */
	bool blind;			/* to be looked at every second */
	bool gone;			/* since looked: its file was renamed */
	int64_t changed, size, since;	/* as last seen, before it is opened */
	bool empty;			/* nothing was there when it was opened */
	int64_t begun;			/* mono ms: when it was not opened */
	struct checkpoint past;		/* of before it began anew */
};

/* A pattern that may find more names. */
struct pattern {
	struct follow *f;
	const char *path;
	const struct input *input;
	const char *dir;		/* NULL: it is one of many */
	int64_t changed;		/* its mtime, in ns */
};

/* stdin, a FIFO: no offset, no second look. */
struct stream {
	struct follow *f;
	const char *path;		/* NULL: stdin */
	int fd;
	struct source source;
	struct lines lines;
	bool done;
};

/* Files that are known again when they come back compressed. */
#define RETIRED_MAX	1024

struct follow {
	struct watch *w;
	struct loop *loop;		/* NULL: one pass without signals */
	struct checkpoints checkpoints;
	struct arena arena;
	VEC(struct name *) names;
	VEC(struct pattern *) patterns;
	VEC(struct stream *) streams;
	VEC(struct journald *) journals;
	VEC(struct journald *) stopped;	/* of inputs that are gone */
	VEC(const struct input *) inputs;	/* of the configuration */
	bool operands;			/* instead of them */
	struct str format, timezone;	/* as the configuration has them */
	VEC(struct file *) old;		/* rotated, read on for a while */
	VEC(struct checkpoint) retired;	/* and no longer; at most RETIRED_MAX */
	size_t nretired;		/* all there were */
	bool waits;			/* some name is to be looked at soon */
	struct ltimer save, poll, discover, tick, hup;
	struct err error;
	int64_t saved;			/* monotonic ms */
	int64_t touched;		/* wall ms: checkpoints are in use */
	size_t open;
	bool started, trouble;
};

/* ---- follow.c ---- */

/* Checkpoints of everything, as far as the outputs have acknowledged it. */
void	follow_save(struct follow *f);

/* A rotated file that is read to its end: its checkpoint; freed. */
void	follow_retire(struct follow *f, struct file *file);

/* Once the loop has done something: save soon, stop when stdout is gone. */
void	follow_after(struct follow *f);

/* From now on the loop looks at this name when it changes; or no longer. */
void	follow_watch(struct follow *f, struct name *n);
void	follow_unwatch(struct follow *f, struct name *n);
void	follow_watch_pattern(struct follow *f, struct pattern *p);
void	follow_unwatch_pattern(struct follow *f, struct pattern *p);

/* ---- inputs.c ---- */

/* How many of each there are. */
struct counts {
	size_t names, patterns, streams, journals;
};

/* Everything from these on is read from now on. */
void	follow_begin(struct follow *f, const struct counts *from);

/* The configuration was loaded again. */
void	follow_reload(struct follow *f);

/* ---- names.c ---- */

/* This very file is open already, under this name or another. */
bool	follow_reads(struct follow *f, uint64_t dev, uint64_t ino);

/* The file behind a name; NULL, after a message, when it cannot be had. */
struct file	*name_open(struct follow *f, struct name *n);

/* Open it and read what there is. */
void	name_begin(struct follow *f, struct name *n);

/* Look what has become of a name, and read what is new there. */
void	name_look(struct name *n);

/* Its file is closed; whoever opens it goes on where it was. */
void	name_let_go(struct follow *f, struct name *n);

/* This file is a rotated one from now on. */
void	names_keep_old(struct follow *f, struct file *file);

/* The rotated files: read on, or retire those that are idle. */
void	names_look_at_old(struct follow *f);

/* Those that nothing else looks at; false when there are none. */
bool	names_look_at_blind(struct follow *f);

/* The names that a pattern finds by now. */
void	pattern_expand(struct pattern *p);

/* The same, when its directory has changed since. */
void	pattern_look(struct pattern *p);

/* ---- rotation.c ---- */

/* At the start: checkpoints of this path that no open file goes on from. */
void	rotation_catch_up(struct follow *f, struct name *n);

/* Files that came and went between two looks: f is f.2 now, f.1 is new. */
void	rotation_between(struct follow *f, struct name *n);

/* The rest of a file that was closed to spare descriptors, and has gone. */
void	rotation_rest(struct follow *f, struct name *n, struct file *closed);

/* It cannot be read any more: opened again, if it is found. */
void	rotation_reopen(struct file *file);

/* Truncated: what a copy beside it has more than we had read. */
void	rotation_copy(struct follow *f, struct name *n);

/* ---- stream.c ---- */

/* Takes fd (stdin is not closed); path NULL: stdin. */
void	stream_add(struct follow *f, const char *path, int fd,
	    const struct input *input);

/* One read and its lines; false at the end. */
bool	stream_more(struct stream *s);

/* From now on the loop reads it. */
void	stream_tick(struct stream *s);	/* as file_tick */
void	stream_start(struct stream *s);
void	stream_free(struct stream *s);

/* ---- journald.c ---- */

struct journald;

/* An input with a journal: of a configuration that outlives the follower. */
void	journald_add(struct follow *f, const struct input *input);

/* One pass: all records there are. */
void	journald_pass(struct journald *j);

/* From now on the loop reads it, and starts journalctl again when it ends. */
void	journald_start(struct journald *j);

/* Places in journals that no input asked for in two weeks are forgotten. */
int	journald_expire(struct follow *f, int64_t now, struct err *e);

/* The last record that all outputs have: 0, or -1 with *e. */
int	journald_save(struct journald *j, int64_t now, struct err *e);
void	journald_touch(struct journald *j);	/* it is still in use */
const struct input	*journald_input(const struct journald *j);

/* It reads no more; another one with its input goes on where it was. */
void	journald_stop(struct journald *j);
void	journald_say(const struct journald *j);		/* how far it is */
void	journald_free(struct journald *j);

#endif
