/*
 * config/interval: time_intervals of alertmanager.yml, parsed and evaluated.
 */
#ifndef CONFIG_INTERVAL_H
#define CONFIG_INTERVAL_H

#include "yaml/fields.h"

/* Inclusive; for times, minutes of the day with the end exclusive. */
struct interval_range {
	int64_t begin, end;
};

struct interval_ranges {
	struct interval_range *p;
	size_t n;
};

struct tz;	/* transition table of a zone */

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

/* A zone from the system's tz database; -1 with *e when there is none. */
int	tz_load(struct str name, struct arena *a, const struct tz **out,
	    struct err *e);
/* Seconds east of UTC at an instant. */
int64_t	tz_offset(const struct tz *z, int64_t unix_s);

#endif
