/*
 * heartbeat: what a check of kind heartbeat is told, for whoever else wants
 * to know where a job's stamps are.
 */
#ifndef TS_HEALTH_HEARTBEAT_H
#define TS_HEALTH_HEARTBEAT_H

#include "check.h"
#include "core/calendar.h"

#define HEARTBEAT_TIMES_MAX	32

struct heartbeat_check {
	struct check check;
	struct str stamp, job, timezone;
	struct ystrs when;
	int64_t every_ms, grace_ms, run_timeout_ms, skew_ms;
	int64_t too_early_ms, too_short_ms;
	struct { int64_t n, within_ms; } too_often;	/* n 0: off */
	struct calendar *at[HEARTBEAT_TIMES_MAX * CALENDAR_ANY_MAX];
	size_t nat;
	char *path;
};

#endif
