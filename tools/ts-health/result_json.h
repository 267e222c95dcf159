/*
 * result_json: a result as a line of JSON (ts-lines(5)), and what a child
 * says to its parent.
 */
#ifndef TS_HEALTH_RESULT_JSON_H
#define TS_HEALTH_RESULT_JSON_H

#include "check.h"
#include "json/write.h"
#include "streak.h"

/* All that r holds, for result_read. */
void	result_write(const struct check_result *r, struct buf *out);

/* Into r (its arena set); 0, or -1 with *e. */
int	result_read(struct str text, struct check_result *r, struct err *e);

/* The result as one object, without a newline. */
void	result_put(const struct check *c, const struct check_result *r,
	    const struct streak *s, int64_t time_ms, struct buf *out);

#endif
