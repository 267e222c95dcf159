/*
 * dur: durations and instants.  All times are milliseconds since the epoch,
 * all durations milliseconds.
 */
#ifndef CORE_DUR_H
#define CORE_DUR_H

#include <stdbool.h>
#include <stdint.h>

#include "core/buf.h"
#include "core/str.h"

#define DUR_SECOND	INT64_C(1000)
#define DUR_MINUTE	(60 * DUR_SECOND)
#define DUR_HOUR	(60 * DUR_MINUTE)
#define DUR_DAY		(24 * DUR_HOUR)
#define DUR_WEEK	(7 * DUR_DAY)
#define DUR_YEAR	(365 * DUR_DAY)

/*
 * Prometheus' form: "0", or integers with units y w d h m s ms in this
 * order, each at most once ("1h30m").  No sign, no fraction, no blanks.
 * False when s is anything else or too large for 64 bits.
 */
bool	dur_parse(struct str s, int64_t *ms);

/*
 * Prometheus' printed form: y and w only when the whole value is a multiple
 * of them, else d h m s ms; zero is "0s"; a negative one starts with '-'.
 */
void	dur_print(struct buf *out, int64_t ms);

/*
 * Go's time.ParseDuration: [-+] then numbers with fraction and units h m s ms
 * us µs ns, at least one, in any order; or "0".  Rounded down to ms.
 */
bool	dur_parse_go(struct str s, int64_t *ms);

/* Go's time.Duration.String: 1h30m0s, 1.5s, 250ms, 0s. */
void	dur_print_go(struct buf *out, int64_t ms);

/*
 * RFC 3339: 2006-01-02T15:04:05[.fraction](Z|+hh:mm); 't', 'z' and a blank
 * between date and time are taken too.  Digits below the millisecond are cut.
 */
bool	time_parse_rfc3339(struct str s, int64_t *ms);

/*
 * An instant as people type it: RFC 3339, or seconds since the epoch with an
 * optional fraction.
 */
bool	time_parse(struct str s, int64_t *ms);

/* In UTC: 2006-01-02T15:04:05Z, with .123 when there are milliseconds. */
void	time_print_rfc3339(struct buf *out, int64_t ms);

/* The proleptic Gregorian calendar; month 1-12, day 1-31. */
int64_t	time_days_from_civil(int64_t year, unsigned month, unsigned day);
void	time_civil_from_days(int64_t days, int64_t *year, unsigned *month,
	    unsigned *day);

#endif
