/*
 * maintenance: windows in which a check counts for nothing.
 *
 *	maintenance:
 *	  - {when: "Sun 03:00", duration: 2h, timezone: Europe/Berlin}
 *	  - {weekdays: [saturday], times: [{start_time: "02:00", …}]}
 *
 * The first form is a calendar expression (core/calendar.h) and how long it
 * lasts from there; the second is a time interval of alertmanager.yml.
 */
#ifndef TS_HEALTH_MAINTENANCE_H
#define TS_HEALTH_MAINTENANCE_H

#include "config/interval.h"
#include "core/calendar.h"

struct window {
	struct calendar *start;
	int64_t duration_ms;
};

struct maintenance {
	struct time_intervals intervals;
	struct window *window;
	size_t nwindows;
};

/* YT_CUSTOM: a list of either, or one of them. */
int	maintenance_decode(const struct ynode *n, void *maintenance,
	    struct arena *a, struct err *e);

bool	maintenance_contains(const struct maintenance *m, int64_t unix_ms);
bool	maintenance_none(const struct maintenance *m);

#endif
