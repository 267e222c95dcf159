/*
 * calendar: the times of a calendar expression, in the syntax of
 * systemd.time(7), as systemd 252 reads them.
 *
 *	expression -> [weekdays] [date] [time] [zone] | daily | weekly ...
 *	weekdays   -> Mon | Mon..Fri | Sat,Sun
 *	date       -> [year-]month-day, or ~ for the last '-': from the month's
 *		      end
 *	time       -> hour:minute[:second]
 *	each part  -> * | 1 | 1..5 | 0/15 | 0..30/10, and several with commas
 */
#ifndef CORE_CALENDAR_H
#define CORE_CALENDAR_H

#include "core/arena.h"
#include "core/buf.h"
#include "core/err.h"
#include "core/tz.h"

struct calendar;

/* In the arena; NULL with *e.  Without a zone: that of the system. */
struct calendar	*calendar_parse(struct str s, struct arena *a,
		    struct err *e);

/*
 * cron(5)'s five fields.  When both days are restricted either of them
 * counts, hence up to two calendars.  How many, or -1 with *e.
 */
int	calendar_parse_cron(struct str s, struct calendar **out,
	    struct arena *a, struct err *e);

/*
 * Either of them: five words are cron's fields.  zone: of the system when
 * empty; an expression may name its own.
 */
#define CALENDAR_ANY_MAX	2
int	calendar_parse_any(struct str s, struct str zone,
	    struct calendar *out[CALENDAR_ANY_MAX], struct arena *a,
	    struct err *e);

/* As `systemd-analyze calendar` has it. */
void	calendar_print(const struct calendar *c, struct buf *out);

/* What becomes of a time that the clocks jump over. */
enum calendar_gap {
	CALENDAR_GAP_SKIP,	/* it is skipped, as systemd does */
	CALENDAR_GAP_AFTER	/* the first moment behind the gap */
};

/*
 * The first time after after_ms; INT64_MAX when there is none.  A time that
 * comes twice, when the clocks are set back, counts once: the first.
 */
int64_t	calendar_next(const struct calendar *c, int64_t after_ms,
	    enum calendar_gap gap);

#endif
