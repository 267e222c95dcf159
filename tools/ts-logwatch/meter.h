/*
 * meter: how far the reading of a long file is, as one line on the terminal
 * (core/diag.h) that is there from the second second on.
 */
#ifndef TS_LOGWATCH_METER_H
#define TS_LOGWATCH_METER_H

#include "file.h"

struct meter {
	const struct file *file;
	int64_t began, drawn;		/* monotonic ms */
	uint64_t lines;			/* of the watch, when it began */
};

void	meter_begin(struct meter *m, const struct file *f);

/* Between two reads; draws at most ten times a second. */
void	meter_tick(struct meter *m);
void	meter_end(struct meter *m);

#endif
