/*
 * retention: which backups of many stay; the rules of `restic forget`: of each
 * hour, day, week (ISO), month or year the newest one stays, for the last so
 * many that have any.
 */
#ifndef TS_MAINT_RETENTION_H
#define TS_MAINT_RETENTION_H

#include <stdbool.h>
#include <stdint.h>

#include "core/tz.h"
#include "yaml/fields.h"

struct retention {
	int64_t last, hourly, daily, weekly, monthly, yearly;	/* -1 = all */
	struct str within_text;
	struct { int64_t years, months, days, hours; } within;
	int64_t min;		/* so many of the newest stay always */
	bool set;
};

/* YT_CUSTOM: into a struct retention. */
int	retention_decode(const struct ynode *n, void *field, struct arena *a,
	    struct err *e);

/*
 * keep[i] for each of times[0..n), ms, in any order.  A policy that says
 * nothing keeps all.  Days end by zone (NULL = UTC).
 */
void	retention_apply(const struct retention *r, const int64_t *times,
	    size_t n, const struct tz *zone, bool *keep);

#endif
