/*
 * watch: everything that one run shares: options, configuration, outputs,
 * and the way of a line: parse, filter, redact, rules, outputs.
 */
#ifndef TS_LOGWATCH_WATCH_H
#define TS_LOGWATCH_WATCH_H

#include "block.h"
#include "config.h"
#include "core/vec.h"
#include "event.h"
#include "expr.h"
#include "filter.h"
#include "joiner.h"
#include "metrics.h"
#include "output.h"
#include "parser.h"
#include "rules.h"
#include "tool/tool.h"

/* Where to begin in a file that no checkpoint knows. */
enum from { FROM_DEFAULT, FROM_START, FROM_END, FROM_CHECKPOINT };

struct options {
	const char *format;
	const char *timezone;
	const char *where;
	const char *by, *sort, *percentile;	/* of stats */
	const char *since, *until;
	const char *reason;		/* of blocks */
	VEC(const char *) rules;
	VEC(const char *) groks;
	VEC(const char *) to;		/* URLs of servers */
	int64_t year;
	int64_t max_line, top, slow_ms;
	int64_t time_ms;		/* of blocks; -1: as configured */
	int64_t interval_ms, discover_ms, rotate_wait_ms;
	int64_t partial_after_ms;	/* 0: never */
	int64_t grace_ms, max_wait_ms;
	enum from from;
	bool act, block, blocks_verb, all;
	bool flat, no_redact, keep_cr, keep_empty, table, legacy, raw;
};

/* A stream of lines and what its reader remembers. */
struct source {
	struct origin origin;
	struct source_state state;
	const struct parser *parser;	/* NULL: found out */
	const struct input *input;	/* of the configuration; or NULL */
	struct joiner joiner;
};

struct open_output {
	const struct output *kind;
	void *self;
};

struct counters {
	uint64_t lines, bytes, events, unread, dropped, untimed, late;
	uint64_t read_errors, empty;
	uint64_t shipped, ship_retries, ship_refused;
};

struct loop;
struct redactor;

struct watch {
	struct tool *t;
	struct options opt;
	struct config config;
	struct arena arena;		/* of this run */
	VEC(struct arena *) reloads;	/* of each reload, owned */
	struct arena line;		/* of a line */
	struct event event;
	const struct parser *parser;	/* -F; NULL: found out */
	struct redactor *redactor;	/* NULL: --no-redact */
	struct grok_set *groks;
	struct filters *filters;
	struct expr *where;		/* --where; or NULL */
	struct rules *rules;
	struct blocker *blocker;	/* NULL: no rule blocks */
	struct metrics *metrics;
	const char *default_output;	/* NULL: -o says what */
	bool wants_events;		/* some output prints them */
	VEC(struct open_output) outputs;
	uint64_t seq;			/* events that went out */
	int64_t newest;			/* event time; INT64_MIN: none yet */
	int64_t since, until;
	int64_t next_tick;		/* in virtual time */
	struct counters count;
	bool bad;			/* something was reported */
	volatile bool stop;		/* read no more */
	struct loop *loop;		/* that has the signals; or NULL */
	void	(*breathe)(void *arg);	/* between two reads; or NULL */
	void *breathe_arg;
	bool meters;			/* progress is shown */
	bool opened;
	bool keeps;			/* there are checkpoints */
};

/*
 * Options and configuration read, outputs opened: EXIT_YES, or the status
 * after a message.  watch_close may be called in either case.
 */
int	watch_open(struct watch *w);
int	watch_load(struct watch *w, struct err *e);	/* 0, or -1 with *e */
void	watch_close(struct watch *w);

/*
 * The configuration and rule files are read again: rules go on with their
 * windows, filters, metrics and what is secret are as they now stand.  False
 * when something is wrong: it is said, and all stays.  Sources keep their
 * inputs, which live until watch_close.
 */
bool	watch_reload(struct watch *w);

/* A source of its own memory; path may be NULL (stdin). */
void	source_init(struct source *s, struct watch *w,
	    const struct input *input, const char *path);
void	source_release(struct source *s);

/*
 * What comes was written at ms, which years that it does not tell are guessed
 * from; INT64_MIN: now.  That is wall time, also where the clock is virtual.
 */
void	source_written(struct source *s, int64_t ms);

/* One record. */
void	watch_line(struct watch *w, struct source *s,
	    const struct line *line);

/* Timers of rules and outputs, by event time or the wall clock. */
void	watch_tick(struct watch *w, int64_t now);

/* Something waits for the time to pass. */
bool	watch_ticks(const struct watch *w);

/* To every output. */
void	watch_alert(struct watch *w, const struct alert *al);

/* 0, or -1 when an output failed. */
int	watch_flush(struct watch *w, bool final);

/* Wait until every output has acknowledged everything, or gives up. */
void	watch_settle(struct watch *w);

/* In the middle of a long file: signals are seen, checkpoints are saved. */
void	watch_breathe(struct watch *w);

/* Up to which event every output is safe. */
uint64_t	watch_acknowledged(const struct watch *w);

/* The main job, and verbs. */
int	run_watch(struct tool *t, int argc, char **argv);
int	run_act(struct tool *t, int argc, char **argv);
int	verb_blocks(struct tool *t, int argc, char **argv);
int	verb_grok(struct tool *t, int argc, char **argv);
int	verb_stats(struct tool *t, int argc, char **argv);
int	verb_check(struct tool *t, int argc, char **argv);

#endif
