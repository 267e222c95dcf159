/*
 * pool: all targets of all jobs on one loop: discovery in, scrapes out, once
 * or each at its job's interval.
 */
#ifndef TS_SCRAPE_POOL_H
#define TS_SCRAPE_POOL_H

#include "line.h"
#include "tool/tool.h"

/* At most so many requests run at a time. */
#define POOL_PARALLEL	4096

/*
 * No scrape starts while so many bytes wait for the reader of our output: a
 * stuck reader costs scrapes, never memory, and no scrape is late.
 */
#define POOL_PENDING_MAX	((size_t)4 << 20)

/* What the options say. */
struct pool_options {
	const char *config;		/* -c, or NULL */
	char **operand;			/* URLs */
	int noperands;
	const char *job;		/* --job: only this one */
	const char *state;		/* -s */
	int64_t grace_ms;
	int64_t shift_ms;		/* added to every time, once only */
	enum line_format format;
};

/* Run to the end; an exit status. */
int	pool_run(struct tool *t, const struct pool_options *o);

#endif
