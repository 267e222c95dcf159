#include "config/interval.h"

#include "core/dur.h"
#include "core/num.h"

typedef int range_fn(const struct ynode *n, struct str text,
	    struct interval_range *out, struct err *e);

static const char *const weekday_names[] = {
	"sunday", "monday", "tuesday", "wednesday", "thursday", "friday",
	"saturday"
};

static const char *const month_names[] = {
	"january", "february", "march", "april", "may", "june", "july",
	"august", "september", "october", "november", "december"
};

static bool
find_word(struct str s, const char *const *words, size_t n, int64_t *out)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (!str_eq_nocase(s, str_of(words[i])))
			continue;
		*out = (int64_t)i;
		return true;
	}
	return false;
}

/* "a" or "a:b" */
static void
split_range(struct str text, struct str *begin, struct str *end)
{
	struct str rest = str_cut(text, ':', begin);

	*end = rest.p == NULL ? *begin : rest;
}

static int
weekday_range(const struct ynode *n, struct str text,
    struct interval_range *r, struct err *e)
{
	struct str part[2];
	int64_t *out[] = { &r->begin, &r->end };
	int i;

	split_range(text, &part[0], &part[1]);
	for (i = 0; i < 2; i++)
		if (!find_word(part[i], weekday_names, 7, out[i]))
			return ynode_err(n, e, STR_FMT " is not a valid "
			    "weekday", STR_ARG(part[i]));
	if (r->begin > r->end)
		return ynode_err(n, e, "start day cannot be before end day");
	return 0;
}

static int
month_range(const struct ynode *n, struct str text,
    struct interval_range *r, struct err *e)
{
	struct str part[2];
	int64_t *out[] = { &r->begin, &r->end };
	int i;

	split_range(text, &part[0], &part[1]);
	for (i = 0; i < 2; i++) {
		if (find_word(part[i], month_names, 12, out[i]))
			++*out[i];
		else if (!num_parse_i64(part[i], INT32_MIN, INT32_MAX,
		    out[i]))
			return ynode_err(n, e, STR_FMT " is not a valid month",
			    STR_ARG(part[i]));
	}
	if (r->begin > r->end)
		return ynode_err(n, e, "end month " STR_FMT " is before start "
		    "month " STR_FMT, STR_ARG(part[1]), STR_ARG(part[0]));
	return 0;
}

static int
number_range(const struct ynode *n, struct str text, const char *what,
    struct interval_range *r, struct err *e)
{
	struct str part[2];
	int64_t *out[] = { &r->begin, &r->end };
	int i;

	split_range(text, &part[0], &part[1]);
	for (i = 0; i < 2; i++)
		if (!num_parse_i64(part[i], INT32_MIN, INT32_MAX, out[i]))
			return ynode_err(n, e, STR_FMT " is not a valid %s",
			    STR_ARG(part[i]), what);
	return 0;
}

static int
day_range(const struct ynode *n, struct str text, struct interval_range *r,
    struct err *e)
{
	int64_t v[2];
	int i;

	if (number_range(n, text, "day of the month", r, e) == -1)
		return -1;
	v[0] = r->begin;
	v[1] = r->end;
	for (i = 0; i < 2; i++)
		if (v[i] == 0 || v[i] < -31 || v[i] > 31)
			return ynode_err(n, e, "%lld is not a valid day of "
			    "the month: out of range", (long long)v[i]);
	if (v[0] < 0 && v[1] > 0)
		return ynode_err(n, e,
		    "end day must be negative if start day is negative");
	/* Days from the end are compared as in the shortest month. */
	if ((v[0] < 0 ? 28 + v[0] : v[0]) > (v[1] < 0 ? 28 + v[1] : v[1]))
		return ynode_err(n, e, "end day %lld is always before start "
		    "day %lld", (long long)v[1], (long long)v[0]);
	return 0;
}

static int
year_range(const struct ynode *n, struct str text, struct interval_range *r,
    struct err *e)
{
	if (number_range(n, text, "year", r, e) == -1)
		return -1;
	if (r->begin > r->end)
		return ynode_err(n, e, "end year %lld is before start year "
		    "%lld", (long long)r->end, (long long)r->begin);
	return 0;
}

/* ---- times ---- */

static bool
is_digits(struct str s, size_t from, size_t to)
{
	for (; from < to; from++)
		if (s.p[from] < '0' || s.p[from] > '9')
			return false;
	return true;
}

/* HH:MM up to 24:00, in minutes */
static int
clock_time(const struct ynode *n, struct str s, int64_t *minutes,
    struct err *e)
{
	int h, m;

	if (s.n != 5 || s.p[2] != ':' || !is_digits(s, 0, 2) ||
	    !is_digits(s, 3, 5))
		goto bad;
	h = (s.p[0] - '0') * 10 + s.p[1] - '0';
	m = (s.p[3] - '0') * 10 + s.p[4] - '0';
	if (m > 59 || h > 24 || (h == 24 && m > 0))
		goto bad;
	*minutes = h * 60 + m;
	return 0;
bad:
	return ynode_err(n, e, "couldn't parse timestamp " STR_FMT
	    ", invalid format", STR_ARG(s));
}

struct time_range { struct str start, end; };

static int
decode_time(const struct ynode *n, struct interval_range *r, struct arena *a,
    struct err *e)
{
	static const struct yfield rows[] = {
		YROW("start_time", YT_STR, offsetof(struct time_range, start)),
		YROW("end_time", YT_STR, offsetof(struct time_range, end))
	};
	static const struct yfields fields = {
		.name = "time range", .size = sizeof(struct time_range),
		.row = rows, .n = 2
	};
	struct time_range t;

	if (yaml_decode(n, &fields, &t, a, e) == -1)
		return -1;
	if (t.start.n == 0 || t.end.n == 0)
		return ynode_err(n, e,
		    "both start and end times must be provided");
	if (clock_time(n, t.start, &r->begin, e) == -1 ||
	    clock_time(n, t.end, &r->end, e) == -1)
		return -1;
	if (r->begin >= r->end)
		return ynode_err(n, e, "start time cannot be equal or greater "
		    "than end time");
	return 0;
}

/* ---- fields ---- */

/* p stays NULL for an absent field, which asks for nothing. */
static int
start_list(const struct ynode *n, struct interval_ranges *out,
    struct arena *a, struct err *e)
{
	if (n->kind == Y_NULL)
		return 0;
	if (n->kind != Y_SEQ)
		return ynode_err(n, e, "'" STR_FMT "' must be a list",
		    STR_ARG(n->key->scalar));
	out->p = ARENA_ARRAY(a, n->n + 1, struct interval_range);
	return 0;
}

static int
decode_times(const struct ynode *n, void *field, struct arena *a,
    struct err *e)
{
	struct interval_ranges *out = field;
	const struct ynode *c;

	if (start_list(n, out, a, e) == -1)
		return -1;
	for (c = n->child; c != NULL; c = c->next)
		if (decode_time(c, &out->p[out->n++], a, e) == -1)
			return -1;
	return 0;
}

static int
decode_ranges(const struct ynode *n, struct interval_ranges *out,
    range_fn *range, struct arena *a, struct err *e)
{
	const struct ynode *c;

	if (start_list(n, out, a, e) == -1)
		return -1;
	for (c = n->child; c != NULL; c = c->next) {
		if (c->kind != Y_SCALAR)
			return ynode_err(c, e, "a range must be a string");
		if (range(c, c->scalar, &out->p[out->n++], e) == -1)
			return -1;
	}
	return 0;
}

#define DECODER(name, range)						\
static int								\
name(const struct ynode *n, void *field, struct arena *a, struct err *e)\
{									\
	return decode_ranges(n, field, range, a, e);			\
}

DECODER(decode_weekdays, weekday_range)
DECODER(decode_days, day_range)
DECODER(decode_months, month_range)
DECODER(decode_years, year_range)

#define T(member)	offsetof(struct time_interval, member)

static int
check_interval(const struct ynode *n, void *out, struct arena *a,
    struct err *e)
{
	struct time_interval *t = out;

	if (tz_load(t->location, a, &t->zone, e) == 0)
		return 0;
	return ynode_err(ynode_get(n, "location"), e,
	    "unknown time zone " STR_FMT, STR_ARG(t->location));
}

static const struct yfield rows[] = {
	YROW("times", YT_CUSTOM, T(times), .decode = decode_times),
	YROW("weekdays", YT_CUSTOM, T(weekdays), .decode = decode_weekdays),
	YROW("days_of_month", YT_CUSTOM, T(days_of_month),
	    .decode = decode_days),
	YROW("months", YT_CUSTOM, T(months), .decode = decode_months),
	YROW("years", YT_CUSTOM, T(years), .decode = decode_years),
	YROW("location", YT_STR, T(location))
};

static const struct yfields fields = {
	.name = "time_interval", .size = sizeof(struct time_interval),
	.row = rows, .n = sizeof(rows) / sizeof(rows[0]),
	.check = check_interval
};

int
time_intervals_decode(const struct ynode *n, struct time_intervals *out,
    struct arena *a, struct err *e)
{
	const struct ynode *c;

	*out = (struct time_intervals){ 0 };
	if (n == NULL || n->kind == Y_NULL)
		return 0;
	if (n->kind != Y_SEQ)
		return ynode_err(n, e, "'time_intervals' must be a list");
	out->p = ARENA_ARRAY(a, n->n, struct time_interval);
	for (c = n->child; c != NULL; c = c->next)
		if (yaml_decode(c, &fields, &out->p[out->n++], a, e) == -1)
			return -1;
	return 0;
}

/* ---- evaluation ---- */

struct civil { int64_t minute, year, weekday; unsigned month, day, days; };

static struct civil
civil_time(int64_t unix_s)
{
	struct civil c;
	int64_t days = unix_s / 86400, rest = unix_s % 86400, year;
	unsigned month, day;

	if (rest < 0) {
		rest += 86400;
		days--;
	}
	time_civil_from_days(days, &year, &month, &day);
	c.year = year;
	c.month = month;
	c.day = day;
	c.minute = rest / 60;
	c.weekday = ((days + 4) % 7 + 7) % 7;
	c.days = (unsigned)((month == 12 ?
	    time_days_from_civil(year + 1, 1, 1) :
	    time_days_from_civil(year, month + 1, 1)) -
	    time_days_from_civil(year, month, 1));
	return c;
}

static bool
in_ranges(const struct interval_ranges *r, int64_t v)
{
	size_t i;

	if (r->p == NULL)
		return true;
	for (i = 0; i < r->n; i++)
		if (v >= r->p[i].begin && v <= r->p[i].end)
			return true;
	return false;
}

static bool
in_times(const struct interval_ranges *r, int64_t minute)
{
	size_t i;

	if (r->p == NULL)
		return true;
	for (i = 0; i < r->n; i++)
		if (minute >= r->p[i].begin && minute < r->p[i].end)
			return true;
	return false;
}

static bool
in_days(const struct interval_ranges *r, const struct civil *c)
{
	int64_t begin, end, days = c->days, day = c->day;
	size_t i;

	if (r->p == NULL)
		return true;
	for (i = 0; i < r->n; i++) {
		begin = r->p[i].begin;
		end = r->p[i].end;
		if (begin < 0)
			begin += days + 1;
		if (end < 0)
			end += days + 1;
		if (begin > days)
			continue;
		if (end > days)
			end = days;
		if (day >= begin && day <= end)
			return true;
	}
	return false;
}

bool
time_interval_contains(const struct time_interval *t, int64_t unix_ms)
{
	int64_t s = unix_ms / 1000 - (unix_ms % 1000 < 0);
	struct civil c = civil_time(s + tz_offset(t->zone, s));

	return in_times(&t->times, c.minute) &&
	    in_days(&t->days_of_month, &c) &&
	    in_ranges(&t->months, c.month) &&
	    in_ranges(&t->weekdays, c.weekday) &&
	    in_ranges(&t->years, c.year);
}

bool
time_intervals_contain(const struct time_intervals *t, int64_t unix_ms)
{
	size_t i;

	for (i = 0; i < t->n; i++)
		if (time_interval_contains(&t->p[i], unix_ms))
			return true;
	return false;
}
