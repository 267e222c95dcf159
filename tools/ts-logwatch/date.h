/*
 * date: times as logs write them.  A compiled format reads one text; formats
 * without a year or a zone are completed from what struct dates says.
 */
#ifndef TS_LOGWATCH_DATE_H
#define TS_LOGWATCH_DATE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/arena.h"
#include "core/buf.h"
#include "core/err.h"
#include "core/tz.h"

/* What completes a time; owned by the caller. */
struct dates {
	const struct tz *zone;	/* of times without one; NULL = UTC */
	int64_t now_ms;		/* that years are guessed from */
	int64_t year;		/* of times without one; 0 = guess */
	/* Guess as Logstash does: this year, but December is last year's in
	   January, and January next year's in December. */
	bool this_year;
	/* The last local day that was resolved, and its offset. */
	int64_t hour, offset;
	bool cached;
};

/* A time as it was written; what is missing is DATE_MISSING. */
#define DATE_MISSING	INT32_MIN

struct civil {
	int32_t year;		/* DATE_MISSING: guess */
	int32_t month, day;	/* from 1; month DATE_MISSING: day of year */
	int32_t hour, minute, second;
	uint32_t ns;		/* 0 .. 999999999 */
	int32_t offset;		/* s east of UTC; DATE_MISSING: d->zone */
};

struct instant {
	int64_t ms;
	uint32_t ns;		/* behind the ms */
};

/*
 * A zone by its name, or as "+01:00", "-0500", "+02".  -1 with *e.
 */
int	date_zone(struct str name, struct arena *a, const struct tz **out,
	    struct err *e);

/*
 * The instant of c.  A time in the hour that daylight saving skips does not
 * exist: false; one that comes twice is the first.  Without a year it is the
 * latest year that puts it at most a week after now; February 29 goes back
 * to a leap year.
 */
bool	date_resolve(struct dates *d, const struct civil *c,
	    struct instant *out);

/*
 * ISO 8601: 2026-01-21[T ]09:00[:00[.,fraction]][Z|+01[:00]], the date alone,
 * 2026-021.  Returns the bytes read, 0 when text begins otherwise.
 */
size_t	date_scan_iso(struct str text, struct civil *c);

/* RFC 3164: "Jan 21 09:00:00", with a fraction or a year behind. */
size_t	date_scan_syslog(struct str text, struct civil *c);

/* Access logs: 21/Jan/2026:09:00:00 +0100 */
size_t	date_scan_clf(struct str text, struct civil *c);

/* Apache errors, ctime: [Wed ]Jan 21 09:00:00[.123456] 2026 */
size_t	date_scan_ctime(struct str text, struct civil *c);

/* TAI64N, with or without '@'. */
size_t	date_scan_tai64n(struct str text, struct instant *out);

/* Seconds since the epoch with a fraction; ms when there are 13 digits,
 * us when 16, ns when 19. */
bool	date_epoch(struct str text, struct instant *out);

/*
 * A format of the Logstash date filter: ISO8601, UNIX, UNIX_MS, TAI64N, or
 * Joda letters.  locale: names of months and days (en, cs, da, de, es, fi, fr,
 * it, nb, nl, no, pl, pt, ru, sv, tr), then English.
 */
struct date_format;

struct date_format	*date_format_compile(struct str pattern,
			    struct str locale, struct arena *a,
			    struct err *e);

/* All of text by one format; false when it does not read so. */
bool	date_parse(const struct date_format *f, struct dates *d,
	    struct str text, struct instant *out);

/* Joda letters printed in UTC: YYYY.MM.dd; %{+%s} as "%s". */
int	date_print(struct buf *out, struct str pattern, int64_t ms);

#endif
