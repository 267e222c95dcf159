/*
 * pg_report: what a database tells in detail: rows for people in the
 * result's data, and numbers under the names of postgres_exporter.
 */
#ifndef TS_HEALTH_PG_REPORT_H
#define TS_HEALTH_PG_REPORT_H

#include <stdbool.h>

#include "pg_session.h"

#define PG_NPARTS	24	/* room for all parts of data */

/* Which parts of data belong to an item of the check. */
void	pg_report_wants(const char *item, bool *more);

/*
 * Into data: connections, the top statements, who waits for whom, and the
 * parts that are wanted.  Locks of min_wait_s at least.
 */
void	pg_report_data(struct pg_session *s, const bool *more,
	    int64_t statements, double min_wait_s);

void	pg_report_metrics(struct pg_session *s);

#endif
