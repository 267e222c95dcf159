#include "date.h"

#include "core/dur.h"
#include "core/num.h"

#define DAY_S		INT64_C(86400)
#define WEEK_MS		(7 * DUR_DAY)

static bool
is_leap(int64_t y)
{
	return y % 4 == 0 && (y % 100 != 0 || y % 400 == 0);
}

static bool
day_exists(int64_t year, int32_t month, int32_t day)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31,
	    30, 31 };

	return month >= 1 && month <= 12 && day >= 1 && (day <=
	    days[month - 1] || (month == 2 && day == 29 && is_leap(year)));
}

/* Seconds since the epoch as if in UTC. */
static int64_t
wall_seconds(const struct civil *c, int64_t year)
{
	int64_t days = c->month == DATE_MISSING ?
	    time_days_from_civil(year, 1, 1) + c->day - 1 :
	    time_days_from_civil(year, (unsigned)c->month, (unsigned)c->day);

	return days * DAY_S + c->hour * 3600 + c->minute * 60 + c->second;
}

/* Local seconds to UTC; false in the gap of a forward change. */
static bool
to_utc(struct dates *d, int64_t local, int64_t *out)
{
	int64_t before, after;

	if (d->zone == NULL) {
		*out = local;
		return true;
	}
	/* Offsets change at full quarters of hours. */
	if (d->cached && local / 900 == d->hour) {
		*out = local - d->offset;
		return true;
	}
	before = tz_offset(d->zone, local - DAY_S);
	after = tz_offset(d->zone, local - before);
	if (tz_offset(d->zone, local - after) == after &&
	    tz_offset(d->zone, local - before) != before)
		before = after;
	if (tz_offset(d->zone, local - before) != before)
		return false;
	d->cached = true;
	d->hour = local / 900;
	d->offset = before;
	*out = local - before;
	return true;
}

static bool
resolve_year(struct dates *d, const struct civil *c, int64_t year,
    int64_t *out)
{
	int64_t local;

	if (c->month == DATE_MISSING ? c->day > 365 + is_leap(year) ||
	    c->day < 1 : !day_exists(year, c->month, c->day))
		return false;
	local = wall_seconds(c, year);
	if (c->offset != DATE_MISSING)
		*out = local - c->offset;
	else if (!to_utc(d, local, out))
		return false;
	return true;
}

static int64_t
year_of(int64_t ms)
{
	int64_t y;
	unsigned m, day;

	time_civil_from_days(ms / DUR_DAY - (ms % DUR_DAY < 0), &y, &m, &day);
	return y;
}

/* February 29 may be up to eight years back. */
#define YEARS_BACK	8

static int64_t
this_year(const struct dates *d, const struct civil *c)
{
	int64_t y;
	unsigned month, day;

	time_civil_from_days(d->now_ms / DUR_DAY, &y, &month, &day);
	if (month == 1 && c->month == 12)
		return y - 1;
	return month == 12 && c->month == 1 ? y + 1 : y;
}

static bool
guess_year(struct dates *d, const struct civil *c, int64_t *out)
{
	int64_t year = year_of(d->now_ms + WEEK_MS), y, s;
	bool feb29 = c->month == 2 && c->day == 29;

	if (d->this_year && !(feb29 && !is_leap(this_year(d, c))))
		return resolve_year(d, c, this_year(d, c), out);

	for (y = year; y > year - YEARS_BACK; y--) {
		if (feb29 && !is_leap(y))
			continue;
		if (!resolve_year(d, c, y, &s))
			return false;
		if (s * 1000 <= d->now_ms + WEEK_MS) {
			*out = s;
			return true;
		}
	}
	return false;
}

/* Two digits at s[*at], which moves behind them. */
static bool
two(struct str s, size_t *at, int64_t most, int64_t *out)
{
	if (*at + 2 > s.n || s.p[*at] < '0' || s.p[*at] > '9' ||
	    s.p[*at + 1] < '0' || s.p[*at + 1] > '9')
		return false;
	*out = (s.p[*at] - '0') * 10 + s.p[*at + 1] - '0';
	*at += 2;
	return *out <= most;
}

int
date_zone(struct str name, struct arena *a, const struct tz **out,
    struct err *e)
{
	int64_t hours, minutes = 0;
	size_t at = 1;

	if (name.n > 0 && (name.p[0] == '+' || name.p[0] == '-') &&
	    two(name, &at, 23, &hours)) {
		at += at < name.n && name.p[at] == ':';
		if (at == name.n ||
		    (two(name, &at, 59, &minutes) && at == name.n)) {
			*out = tz_fixed((name.p[0] == '-' ? -1 : 1) *
			    (hours * 3600 + minutes * 60), a);
			return 0;
		}
	}
	return tz_load(name, a, out, e);
}

bool
date_resolve(struct dates *d, const struct civil *c, struct instant *out)
{
	int64_t s;

	/* A leap second is the first of the next minute; 24:00 the next day. */
	if (c->hour < 0 || c->hour > 24 || c->minute < 0 || c->minute > 59 ||
	    c->second < 0 || c->second > 60 ||
	    (c->hour == 24 && (c->minute > 0 || c->second > 0)))
		return false;
	if (c->year == DATE_MISSING && d->year == 0) {
		if (!guess_year(d, c, &s))
			return false;
	} else if (!resolve_year(d, c, c->year == DATE_MISSING ? d->year :
	    c->year, &s)) {
		return false;
	}
	out->ms = s * 1000 + c->ns / 1000000;
	out->ns = c->ns % 1000000;
	return true;
}

/* ---- scanners of the usual forms ---- */

static bool
digit(struct str s, size_t i)
{
	return i < s.n && s.p[i] >= '0' && s.p[i] <= '9';
}

/* Exactly n digits at s[at]. */
static bool
fixed(struct str s, size_t at, size_t n, int32_t *out)
{
	int32_t v = 0;
	size_t i;

	for (i = at; i < at + n; i++) {
		if (!digit(s, i))
			return false;
		v = v * 10 + (s.p[i] - '0');
	}
	*out = v;
	return true;
}

/* Digits behind the point at s[*at]; to ns, the rest is cut. */
static void
fraction(struct str s, size_t *at, uint32_t *ns)
{
	uint32_t scale = 100000000;

	for (*ns = 0; digit(s, *at); (*at)++) {
		*ns += (uint32_t)(s.p[*at] - '0') * scale;
		scale /= 10;
	}
}

static bool
is_at(struct str s, size_t i, char c)
{
	return i < s.n && s.p[i] == c;
}

/* hh:mm:ss at s[*at]; with_fraction: .,: and digits may follow. */
static bool
scan_clock(struct str s, size_t *at, struct civil *c)
{
	if (!fixed(s, *at, 2, &c->hour) || !is_at(s, *at + 2, ':') ||
	    !fixed(s, *at + 3, 2, &c->minute) || !is_at(s, *at + 5, ':') ||
	    !fixed(s, *at + 6, 2, &c->second))
		return false;
	*at += 8;
	c->ns = 0;
	if ((is_at(s, *at, '.') || is_at(s, *at, ',')) && digit(s, *at + 1)) {
		(*at)++;
		fraction(s, at, &c->ns);
	}
	return true;
}

/* Z, +hh, +hhmm, +hh:mm at s[*at]. */
static bool
scan_offset(struct str s, size_t *at, struct civil *c)
{
	int32_t h, m = 0, sign;

	if (is_at(s, *at, 'Z') || is_at(s, *at, 'z')) {
		c->offset = 0;
		(*at)++;
		return true;
	}
	if (!is_at(s, *at, '+') && !is_at(s, *at, '-'))
		return false;
	sign = s.p[*at] == '-' ? -1 : 1;
	if (!fixed(s, *at + 1, 2, &h))
		return false;
	*at += 3;
	if (is_at(s, *at, ':') && fixed(s, *at + 1, 2, &m))
		*at += 3;
	else if (fixed(s, *at, 2, &m))
		*at += 2;
	c->offset = sign * (h * 3600 + m * 60);
	return h <= 23 && m <= 59;
}

static const struct civil nothing = {
	DATE_MISSING, DATE_MISSING, 1, 0, 0, 0, 0, DATE_MISSING
};

/* yyyy-mm-dd or yyyy-ddd */
static size_t
scan_iso_date(struct str s, struct civil *c)
{
	if (!fixed(s, 0, 4, &c->year) || s.n < 8 ||
	    (s.p[4] != '-' && s.p[4] != '/'))
		return 0;
	if (fixed(s, 5, 2, &c->month) && is_at(s, 7, s.p[4]) &&
	    fixed(s, 8, 2, &c->day))
		return 10;
	c->month = DATE_MISSING;
	return s.p[4] == '-' && fixed(s, 5, 3, &c->day) ? 8 : 0;
}

size_t
date_scan_iso(struct str s, struct civil *c)
{
	size_t at, end;

	*c = nothing;
	at = end = scan_iso_date(s, c);
	if (at == 0 || (!is_at(s, at, 'T') && !is_at(s, at, ' ') &&
	    !is_at(s, at, 't')))
		return at;
	at++;
	if (!scan_clock(s, &at, c)) {
		/* Without seconds; or it was the date alone. */
		if (!fixed(s, at, 2, &c->hour) || !is_at(s, at + 2, ':') ||
		    !fixed(s, at + 3, 2, &c->minute)) {
			c->hour = c->minute = c->second = 0;
			return end;
		}
		c->second = 0;
		at += 5;
	}
	end = at;
	if (!scan_offset(s, &at, c))
		return end;
	return at;
}

static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

static bool
scan_month(struct str s, size_t at, struct civil *c)
{
	int i;

	if (at + 3 > s.n)
		return false;
	for (i = 0; i < 12; i++) {
		if (memcmp(months + 3 * i, s.p + at, 3) == 0) {
			c->month = i + 1;
			return true;
		}
	}
	return false;
}

/* One or two digits, a blank may stand for the first. */
static bool
scan_day(struct str s, size_t *at, struct civil *c)
{
	if (fixed(s, *at, 2, &c->day)) {
		*at += 2;
		return true;
	}
	if (is_at(s, *at, ' '))
		(*at)++;
	if (!fixed(s, *at, 1, &c->day))
		return false;
	(*at)++;
	return true;
}

size_t
date_scan_syslog(struct str s, struct civil *c)
{
	size_t at = 4;
	int32_t year;

	*c = nothing;
	if (s.n < 14 || !scan_month(s, 0, c) || s.p[3] != ' ' ||
	    !scan_day(s, &at, c) || !is_at(s, at, ' '))
		return 0;
	at++;
	/* Cisco and some appliances put the year before the time. */
	if (fixed(s, at, 4, &year) && is_at(s, at + 4, ' ')) {
		c->year = year;
		at += 5;
	}
	if (!scan_clock(s, &at, c))
		return 0;
	return at;
}

size_t
date_scan_clf(struct str s, struct civil *c)
{
	size_t at = 11, end;

	*c = nothing;
	if (s.n < 20 || !fixed(s, 0, 2, &c->day) || s.p[2] != '/' ||
	    !scan_month(s, 3, c) || s.p[6] != '/' ||
	    !fixed(s, 7, 4, &c->year) || s.p[at] != ':')
		return 0;
	at++;
	if (!scan_clock(s, &at, c))
		return 0;
	end = at;
	if (is_at(s, at, ' ')) {
		at++;
		if (scan_offset(s, &at, c))
			return at;
	}
	return end;
}

size_t
date_scan_ctime(struct str s, struct civil *c)
{
	size_t at = 0;

	*c = nothing;
	if (s.n > 4 && s.p[3] == ' ' && !scan_month(s, 0, c))
		at = 4;
	if (!scan_month(s, at, c) || !is_at(s, at + 3, ' '))
		return 0;
	at += 4;
	if (!scan_day(s, &at, c) || !is_at(s, at, ' '))
		return 0;
	at++;
	if (!scan_clock(s, &at, c) || !is_at(s, at, ' ') ||
	    !fixed(s, at + 1, 4, &c->year))
		return 0;
	return at + 5;
}

static bool
hex(struct str s, uint64_t *out)
{
	size_t i;
	int d;

	*out = 0;
	for (i = 0; i < s.n; i++) {
		d = s.p[i];
		d = d >= '0' && d <= '9' ? d - '0' : d >= 'a' && d <= 'f' ?
		    d - 'a' + 10 : d >= 'A' && d <= 'F' ? d - 'A' + 10 : -1;
		if (d == -1)
			return false;
		*out = *out << 4 | (unsigned)d;
	}
	return true;
}

/* D. J. Bernstein's labels; ten seconds were between TAI and UTC in 1972. */
#define TAI_EPOCH	(UINT64_C(1) << 62)
#define TAI_SECONDS	10

size_t
date_scan_tai64n(struct str s, struct instant *out)
{
	size_t at = s.n > 0 && s.p[0] == '@';
	uint64_t sec, ns;

	if (s.n < at + 24 || !hex(str_sub(s, at, at + 16), &sec) ||
	    !hex(str_sub(s, at + 16, at + 24), &ns) || ns > 999999999 ||
	    sec < TAI_EPOCH || sec - TAI_EPOCH > UINT64_C(1) << 38)
		return 0;
	out->ms = ((int64_t)(sec - TAI_EPOCH) - TAI_SECONDS) * 1000 +
	    (int64_t)ns / 1000000;
	out->ns = (uint32_t)ns % 1000000;
	return at + 24;
}

bool
date_epoch(struct str s, struct instant *out)
{
	ptrdiff_t dot = str_find_char(s, '.');
	struct str whole = dot == -1 ? s : str_sub(s, 0, (size_t)dot);
	uint32_t ns = 0;
	size_t at;
	int64_t v;

	if (!num_parse_i64(whole, -INT64_C(9999999999999999),
	    INT64_MAX, &v) || whole.n < 9)
		return false;
	if (dot != -1) {
		at = (size_t)dot + 1;
		fraction(s, &at, &ns);
		if (at != s.n || whole.n > 11)
			return false;
	}
	if (whole.n <= 11) {
		out->ms = v * 1000 + ns / 1000000;
		out->ns = ns % 1000000;
	} else if (whole.n <= 14) {
		out->ms = v;
		out->ns = 0;
	} else if (whole.n <= 17) {
		out->ms = v / 1000;
		out->ns = (uint32_t)(v % 1000) * 1000;
	} else {
		out->ms = v / 1000000;
		out->ns = (uint32_t)(v % 1000000);
	}
	return out->ms >= 0;
}
