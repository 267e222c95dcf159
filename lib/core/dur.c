#include "core/dur.h"

#include <math.h>

#include "core/num.h"

static const struct unit {
	const char *name;
	int64_t ms;
} units[] = {
	{ "y", DUR_YEAR }, { "w", DUR_WEEK }, { "d", DUR_DAY },
	{ "h", DUR_HOUR }, { "m", DUR_MINUTE }, { "s", DUR_SECOND },
	{ "ms", 1 },
};
#define NUNITS	(sizeof(units) / sizeof(units[0]))

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Take the leading digits off s. */
static struct str
take_digits(struct str *s)
{
	struct str d = { s->p, 0 };

	while (d.n < s->n && is_digit(s->p[d.n]))
		d.n++;
	*s = str_sub(*s, d.n, s->n);
	return d;
}

/* Take the leading letters (anything but digit, '.') off s. */
static struct str
take_unit(struct str *s)
{
	struct str u = { s->p, 0 };

	while (u.n < s->n && !is_digit(s->p[u.n]) && s->p[u.n] != '.')
		u.n++;
	*s = str_sub(*s, u.n, s->n);
	return u;
}

bool
dur_parse(struct str s, int64_t *ms)
{
	int64_t total = 0, part;
	size_t next = 0, i;
	struct str unit;

	if (str_eq(s, STR("0"))) {
		*ms = 0;
		return true;
	}
	if (s.n == 0)
		return false;
	while (s.n) {
		if (!num_parse_i64(take_digits(&s), 0, INT64_MAX, &part))
			return false;
		unit = take_unit(&s);
		for (i = next; i < NUNITS; i++)
			if (str_eq(unit, str_of(units[i].name)))
				break;
		if (i == NUNITS ||
		    __builtin_mul_overflow(part, units[i].ms, &part) ||
		    __builtin_add_overflow(total, part, &total))
			return false;
		next = i + 1;
	}
	/* upstream counts nanoseconds in 64 bits */
	if (total > INT64_MAX / 1000000)
		return false;
	*ms = total;
	return true;
}

void
dur_print(struct buf *out, int64_t ms)
{
	uint64_t left = ms < 0 ? 0 - (uint64_t)ms : (uint64_t)ms;
	size_t i;

	if (ms == 0) {
		(void)buf_put(out, STR("0s"));
		return;
	}
	if (ms < 0)
		(void)buf_putc(out, '-');
	for (i = 0; i < NUNITS; i++) {
		uint64_t size = (uint64_t)units[i].ms;
		bool whole = i < 2;	/* y, w: only when nothing is left */

		if (left < size || (whole && left % size))
			continue;
		num_print_i64(out, (int64_t)(left / size));
		(void)buf_put(out, str_of(units[i].name));
		left %= size;
	}
}

/* One "1.5h" of a Go duration, in nanoseconds. */
static bool
go_part(struct str *s, double *ns)
{
	static const struct {
		const char *name;
		double ns;
	} row[] = {
		{ "h", 3600e9 }, { "m", 60e9 }, { "s", 1e9 }, { "ms", 1e6 },
		{ "us", 1e3 }, { "\xc2\xb5s", 1e3 }, { "\xce\xbcs", 1e3 },
		{ "ns", 1 },
	};
	struct str number = { s->p, 0 }, unit;
	double v;
	size_t i;

	while (number.n < s->n && (is_digit(s->p[number.n]) ||
	    s->p[number.n] == '.'))
		number.n++;
	*s = str_sub(*s, number.n, s->n);
	if (!num_parse_double(number, &v))
		return false;
	unit = take_unit(s);
	for (i = 0; i < sizeof(row) / sizeof(row[0]); i++)
		if (str_eq(unit, str_of(row[i].name))) {
			*ns += v * row[i].ns;
			return true;
		}
	return false;
}

bool
dur_parse_go(struct str s, int64_t *ms)
{
	bool minus = s.n && s.p[0] == '-';
	double ns = 0;

	if (s.n && (s.p[0] == '-' || s.p[0] == '+'))
		s = str_sub(s, 1, s.n);
	if (str_eq(s, STR("0"))) {
		*ms = 0;
		return true;
	}
	if (s.n == 0)
		return false;
	while (s.n)
		if (!go_part(&s, &ns))
			return false;
	if (ns >= 9.2233720368547758e18)
		return false;
	*ms = (int64_t)floor(ns / 1e6);
	if (minus)
		*ms = -*ms;
	return true;
}

void
dur_print_go(struct buf *out, int64_t ms)
{
	uint64_t u = ms < 0 ? 0 - (uint64_t)ms : (uint64_t)ms;
	uint64_t h = u / DUR_HOUR, m = u / DUR_MINUTE % 60;

	if (u == 0) {
		(void)buf_put(out, STR("0s"));
		return;
	}
	if (ms < 0)
		(void)buf_putc(out, '-');
	if (u < 1000) {
		(void)buf_printf(out, "%llums", (unsigned long long)u);
		return;
	}
	if (h)
		(void)buf_printf(out, "%lluh", (unsigned long long)h);
	if (h || m)
		(void)buf_printf(out, "%llum", (unsigned long long)m);
	num_print(out, (double)(u % DUR_MINUTE) / 1e3, NUM_GO_F);
	(void)buf_putc(out, 's');
}

/* Days and civil dates: H. Hinnant, "chrono-Compatible Low-Level Date
 * Algorithms"; eras of 400 years that start on 1 March. */
int64_t
time_days_from_civil(int64_t year, unsigned month, unsigned day)
{
	int64_t y = year - (month <= 2);
	int64_t era = (y >= 0 ? y : y - 399) / 400;
	int64_t yoe = y - era * 400;
	int64_t doy = (153 * ((int64_t)month + (month > 2 ? -3 : 9)) + 2) / 5 +
	    (int64_t)day - 1;
	int64_t doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;

	return era * 146097 + doe - 719468;
}

void
time_civil_from_days(int64_t days, int64_t *year, unsigned *month,
    unsigned *day)
{
	int64_t z = days + 719468;
	int64_t era = (z >= 0 ? z : z - 146096) / 146097;
	int64_t doe = z - era * 146097;
	int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	int64_t mp = (5 * doy + 2) / 153;

	*day = (unsigned)(doy - (153 * mp + 2) / 5 + 1);
	*month = (unsigned)(mp < 10 ? mp + 3 : mp - 9);
	*year = yoe + era * 400 + (*month <= 2);
}

/* Exactly n digits at s[at..], as a number; -1 when they are not there. */
static int
fixed(struct str s, size_t at, size_t n)
{
	int v = 0;
	size_t i;

	if (at + n > s.n)
		return -1;
	for (i = at; i < at + n; i++) {
		if (!is_digit(s.p[i]))
			return -1;
		v = v * 10 + (s.p[i] - '0');
	}
	return v;
}

static int
days_in_month(int year, int month)
{
	static const int days[] = {
		31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31
	};
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return month == 2 && leap ? 29 : days[month - 1];
}

/* "Z" or "+hh:mm"; minutes east of UTC. */
static bool
zone(struct str s, int *east_min)
{
	int h, m;

	if (s.n == 1 && (s.p[0] == 'Z' || s.p[0] == 'z')) {
		*east_min = 0;
		return true;
	}
	if (s.n != 6 || (s.p[0] != '+' && s.p[0] != '-') || s.p[3] != ':')
		return false;
	h = fixed(s, 1, 2);
	m = fixed(s, 4, 2);
	if (h < 0 || h > 23 || m < 0 || m > 59)
		return false;
	*east_min = (h * 60 + m) * (s.p[0] == '-' ? -1 : 1);
	return true;
}

bool
time_parse_rfc3339(struct str s, int64_t *ms)
{
	int y = fixed(s, 0, 4), mo = fixed(s, 5, 2), d = fixed(s, 8, 2);
	int h = fixed(s, 11, 2), mi = fixed(s, 14, 2), se = fixed(s, 17, 2);
	int frac = 0, scale = 100, east;
	size_t at = 19;

	if (y < 0 || mo < 1 || mo > 12 || d < 1 || d > days_in_month(y, mo) ||
	    h < 0 || h > 23 || mi < 0 || mi > 59 || se < 0 || se > 59)
		return false;
	if (s.p[4] != '-' || s.p[7] != '-' || s.p[13] != ':' ||
	    s.p[16] != ':' || (s.p[10] != 'T' && s.p[10] != 't' &&
	    s.p[10] != ' '))
		return false;
	if (at < s.n && s.p[at] == '.') {
		if (++at == s.n || !is_digit(s.p[at]))
			return false;
		for (; at < s.n && is_digit(s.p[at]); at++, scale /= 10)
			frac += (s.p[at] - '0') * scale;
	}
	if (!zone(str_sub(s, at, s.n), &east))
		return false;
	*ms = time_days_from_civil(y, (unsigned)mo, (unsigned)d) * DUR_DAY +
	    (h * 60 + mi - east) * DUR_MINUTE + se * DUR_SECOND + frac;
	return true;
}

bool
time_parse(struct str s, int64_t *ms)
{
	double v;

	if (time_parse_rfc3339(s, ms))
		return true;
	if (!num_parse_double(s, &v) || !(fabs(v) < 9.2e15))
		return false;
	*ms = (int64_t)llround(v * 1000);
	return true;
}

/* v with n digits, then c. */
static char *
digits(char *p, unsigned v, size_t n, char c)
{
	size_t i;

	for (i = n; i > 0; v /= 10)
		p[--i] = (char)('0' + v % 10);
	p[n] = c;
	return p + n + 1;
}

void
time_print_rfc3339(struct buf *out, int64_t ms)
{
	int64_t days = ms / DUR_DAY, left = ms % DUR_DAY, year;
	unsigned month, day, in_day, frac, n = 3;
	char text[sizeof("0000-00-00T00:00:00.000Z")], *p = text;

	if (left < 0) {
		days--;
		left += DUR_DAY;
	}
	time_civil_from_days(days, &year, &month, &day);
	if (year >= 0 && year <= 9999)
		p = digits(p, (unsigned)year, 4, '-');
	else
		(void)buf_printf(out, "%04lld-", (long long)year);
	in_day = (unsigned)(left / DUR_SECOND);
	frac = (unsigned)(left % DUR_SECOND);
	p = digits(p, month, 2, '-');
	p = digits(p, day, 2, 'T');
	p = digits(p, in_day / 3600, 2, ':');
	p = digits(p, in_day / 60 % 60, 2, ':');
	p = digits(p, in_day % 60, 2, frac ? '.' : 'Z');
	if (frac) {
		for (; frac % 10 == 0; frac /= 10)
			n--;
		p = digits(p, frac, n, 'Z');
	}
	(void)buf_put(out, (struct str){ text, (size_t)(p - text) });
}
