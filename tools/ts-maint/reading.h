/*
 * reading: what the programs of others say, as numbers and words.  A program
 * is one function and one row in reading.c.
 */
#ifndef TS_MAINT_READING_H
#define TS_MAINT_READING_H

#include "work.h"

#define READING_TIMEOUT	(-1)	/* as an exit status: it did not end */

struct reading {
	enum task_status status;
	struct str message;	/* in the arena */
	json_t *data;		/* an object to be filled; the caller's */
};

typedef void reading_fn(int status, struct str out, struct str err,
	    struct arena *a, struct reading *r);

/* NULL: no such program. */
reading_fn	*reading_find(struct str program);

/* What a log rotation remembers: time_ms of a log, by its state file; 0 when
 * it is not there.  Dates are those of the system's clock face, as UTC. */
int64_t	reading_logrotate_date(struct str state, struct str log);

/* A lynis report: hardening_index, warnings, suggestions, lynis_version; with
 * the texts of both lists under "warning" and "suggestion". */
void	reading_lynis_report(struct str text, struct arena *a, json_t *data);

/* `iostat -x -o JSON`: the second block, since the first is since boot.  -1
 * with *e. */
int	reading_iostat(struct str text, json_t *data, struct err *e);

/* Run argv (LC_ALL=C) and read what it says into w. */
int	reading_run(struct work *w, const char *program,
	    const char *const *argv, struct err *e);

#endif
