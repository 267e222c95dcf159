/*
 * output: what is made of events.  An output is one file and one row in
 * outputs.c.
 */
#ifndef TS_LOGWATCH_OUTPUT_H
#define TS_LOGWATCH_OUTPUT_H

#include "core/err.h"
#include "event.h"
#include "model/alert.h"

struct watch;
struct block_record;

struct output {
	const char *name;	/* -o NAME, or the scheme of --to NAME://… */
	const char *summary;
	/* The output's own; NULL with *e.  url: of --to, else NULL. */
	void	*(*open)(struct watch *w, const char *url, struct err *e);
	/* An event that passed the filters; NULL: not wanted. */
	void	(*event)(void *self, const struct event *ev);
	/* An alert of a rule, new or repeated. */
	void	(*alert)(void *self, const struct alert *al);
	/* Somebody was blocked, or would be; or let go. */
	void	(*block)(void *self, const struct block_record *r);
	/* The time has moved on (event time, or the wall clock). */
	void	(*tick)(void *self, int64_t now);
	/*
	 * Everything that is held back goes out now; final: nothing comes
	 * after.  0, or -1 after a message.
	 */
	int	(*flush)(void *self, bool final);
	/* Wait until everything is acknowledged; NULL: flush does that. */
	void	(*settle)(void *self);
	/*
	 * The sequence number (event numbers count from 1) up to which
	 * nothing can be lost any more; NULL: all that was flushed.
	 */
	uint64_t (*acknowledged)(void *self);
	void	(*close)(void *self);
	bool wants_all;		/* events that no rule asked for, too */
	bool ships;		/* it goes with --to */
};

extern const struct output output_alerts, output_blocks,
    output_elasticsearch, output_events, output_loki, output_otlp,
    output_samples, output_stats, output_text;

extern const struct output *const outputs[];
extern const size_t noutputs;

/* NULL with *e for an unknown name; ships: of --to, else of -o. */
const struct output	*output_find(struct str name, bool ships,
			    struct err *e);

#endif
