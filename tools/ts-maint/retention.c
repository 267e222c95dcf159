#include "retention.h"

#include <stdlib.h>

#include "core/dur.h"
#include "core/mem.h"
#include "core/num.h"

#define AT(f)	offsetof(struct retention, f)
static const struct yfield rows[] = {
	YROW("last", YT_INT, AT(last)),
	YROW("hourly", YT_INT, AT(hourly)),
	YROW("daily", YT_INT, AT(daily)),
	YROW("weekly", YT_INT, AT(weekly)),
	YROW("monthly", YT_INT, AT(monthly)),
	YROW("yearly", YT_INT, AT(yearly)),
	YROW("within", YT_STR, AT(within_text)),
	YROW("min", YT_INT, AT(min), .dflt = "1"),
};
#undef AT

static const struct yfields fields = {
	.name = "keep", .size = sizeof(struct retention), .row = rows,
	.n = sizeof(rows) / sizeof(rows[0]),
};

/* 1y5m7d2h, as restic: m are months */
static bool
parse_within(struct retention *r)
{
	struct str s = r->within_text;
	size_t n;
	int64_t v, *to;

	while (s.n) {
		for (n = 0; n < s.n && s.p[n] >= '0' && s.p[n] <= '9'; n++)
			continue;
		if (n == s.n || !num_parse_i64(str_sub(s, 0, n), 0, 100000,
		    &v))
			return false;
		to = s.p[n] == 'y' ? &r->within.years :
		    s.p[n] == 'm' ? &r->within.months :
		    s.p[n] == 'd' ? &r->within.days :
		    s.p[n] == 'h' ? &r->within.hours : NULL;
		if (to == NULL)
			return false;
		*to = v;
		s = str_sub(s, n + 1, s.n);
	}
	return true;
}

int
retention_decode(const struct ynode *n, void *field, struct arena *a,
    struct err *e)
{
	struct retention *r = field;
	const int64_t *count = &r->last;
	size_t i;

	if (yaml_decode(n, &fields, r, a, e) == -1)
		return -1;
	if (!parse_within(r))
		return ynode_err(n, e, "'within' is like 1y5m7d2h (m are "
		    "months), not '" STR_FMT "'", STR_ARG(r->within_text));
	for (i = 0; i < 6; i++)
		if (count[i] < -1)
			return ynode_err(n, e, "a count must be at least 0, "
			    "or -1 for all");
	if (r->min < 1)
		return ynode_err(n, e, "'min' must be at least 1");
	r->set = r->last || r->hourly || r->daily || r->weekly ||
	    r->monthly || r->yearly || r->within_text.n;
	if (!r->set)
		return ynode_err(n, e, "nothing says what to keep");
	return 0;
}

/* ---- applying ---- */

struct civil {
	int64_t year, day;	/* day: since the epoch */
	unsigned month, mday;
	int64_t second;		/* of the day */
};

static struct civil
civil(int64_t ms, const struct tz *zone)
{
	int64_t s = ms / 1000 - (ms % 1000 < 0);
	struct civil c;

	s += tz_offset(zone, s);
	c.day = s / 86400 - (s % 86400 < 0);
	c.second = s - c.day * 86400;
	time_civil_from_days(c.day, &c.year, &c.month, &c.mday);
	return c;
}

/* The Thursday of a week decides which year's it is. */
static int64_t
iso_week(const struct civil *c)
{
	int64_t monday = c->day - ((c->day % 7 + 7 + 3) % 7), year;
	unsigned month, mday;

	time_civil_from_days(monday + 3, &year, &month, &mday);
	return year * 100 + (monday + 3 - time_days_from_civil(year, 1, 1)) /
	    7;
}

enum { LAST, HOURLY, DAILY, WEEKLY, MONTHLY, YEARLY, NBUCKETS };

static int64_t
bucket(int which, const struct civil *c, size_t nth)
{
	switch (which) {
	case LAST:
		return (int64_t)nth;
	case HOURLY:
		return c->day * 24 + c->second / 3600;
	case DAILY:
		return c->day;
	case WEEKLY:
		return iso_week(c);
	case MONTHLY:
		return c->year * 12 + c->month;
	default:
		return c->year;
	}
}

/* Go's AddDate: a day beyond the month's end goes on into the next. */
static int64_t
within_from(const struct retention *r, int64_t newest, const struct tz *zone)
{
	struct civil c = civil(newest, zone);
	int64_t months = c.year * 12 + c.month - 1 - r->within.years * 12 -
	    r->within.months;
	int64_t day = time_days_from_civil(months / 12,
	    (unsigned)(months % 12) + 1, 1) + c.mday - 1 - r->within.days;

	return newest + (day - c.day) * DUR_DAY - r->within.hours * DUR_HOUR;
}

struct timed {
	int64_t ms;
	size_t at;
};

static int
newest_first(const void *a, const void *b)
{
	const struct timed *x = a, *y = b;

	if (x->ms != y->ms)
		return x->ms < y->ms ? 1 : -1;
	return (x->at > y->at) - (x->at < y->at);
}

void
retention_apply(const struct retention *r, const int64_t *times, size_t n,
    const struct tz *zone, bool *keep)
{
	int64_t left[NBUCKETS] = { r->last, r->hourly, r->daily, r->weekly,
	    r->monthly, r->yearly }, seen[NBUCKETS], value, from = INT64_MAX;
	struct timed *t = mem_array(n + 1, sizeof(*t));
	struct civil c;
	size_t i;
	int b;

	for (b = 0; b < NBUCKETS; b++)
		seen[b] = INT64_MIN;
	for (i = 0; i < n; i++)
		t[i] = (struct timed){ times[i], i };
	qsort(t, n, sizeof(*t), newest_first);
	if (n && r->within_text.n)
		from = within_from(r, t[0].ms, zone);
	for (i = 0; i < n; i++) {
		c = civil(t[i].ms, zone);
		keep[t[i].at] = !r->set || (int64_t)i < r->min ||
		    t[i].ms > from;
		for (b = 0; b < NBUCKETS; b++) {
			value = bucket(b, &c, i);
			if (left[b] == 0 || value == seen[b])
				continue;
			keep[t[i].at] = true;
			seen[b] = value;
			if (left[b] > 0)
				left[b]--;
		}
	}
	mem_free(t);
}
