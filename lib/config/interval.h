/*
 * config/interval: time_intervals of alertmanager.yml, parsed and evaluated.
 */
#ifndef CONFIG_INTERVAL_H
#define CONFIG_INTERVAL_H

#include "core/tz.h"
#include "yaml/fields.h"

/* Inclusive; for times, minutes of the day with the end exclusive. */
struct interval_range {
	int64_t begin, end;
};

struct interval_ranges {
	struct interval_range *p;
	size_t n;
};

/* One item: given fields are ANDed, the ranges of a field are ORed. */
struct time_interval {
	struct interval_ranges times, weekdays, days_of_month, months, years;
	const struct tz *zone;		/* NULL = UTC */
	struct str location;		/* as written */
};

struct time_intervals {
	struct time_interval *p;
	size_t n;
};

/* The list under `time_intervals:`. */
int	time_intervals_decode(const struct ynode *n,
	    struct time_intervals *out, struct arena *a, struct err *e);

bool	time_interval_contains(const struct time_interval *t, int64_t unix_ms);

/* Any of them. */
bool	time_intervals_contain(const struct time_intervals *t,
	    int64_t unix_ms);

#endif
