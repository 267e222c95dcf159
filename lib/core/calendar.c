#include "core/calendar.h"

#include <string.h>

#include "core/dur.h"
#include "core/num.h"
#include "core/vec.h"

#define YEAR_MIN	1970
#define YEAR_MAX	2199
#define SECOND_US	1000000
#define ITEMS_MAX	240	/* of one part, as systemd */

/* start, start + repeat, … up to stop. */
struct item {
	int64_t start, stop;	/* stop -1 = none */
	int64_t repeat;		/* 0 = once */
};

struct part {
	struct item *item;
	size_t n;		/* 0 = any */
};

enum { YEAR, MONTH, DAY, HOUR, MINUTE, SECOND, NPARTS };

struct calendar {
	unsigned weekdays;	/* bit 0 = Monday; 0 = any */
	struct part part[NPARTS];	/* seconds in us */
	bool from_end;		/* days count from the month's end */
	struct str zone;	/* as written; empty = the system's */
	const struct tz *tz;
};

static const struct { int64_t min, max; } limits[NPARTS] = {
	[YEAR] = { 0, YEAR_MAX }, [MONTH] = { 1, 12 }, [DAY] = { 1, 31 },
	[HOUR] = { 0, 23 }, [MINUTE] = { 0, 59 },
	[SECOND] = { 0, 60 * SECOND_US - 1 },
};

/* ---- reading ---- */

static const char *const days[] = { "Monday", "Tuesday", "Wednesday",
    "Thursday", "Friday", "Saturday", "Sunday" };

static const struct { const char *word, *means; } shorthands[] = {
	{ "minutely", "*-*-* *:*:00" }, { "hourly", "*-*-* *:00:00" },
	{ "daily", "*-*-* 00:00:00" }, { "weekly", "Mon *-*-* 00:00:00" },
	{ "monthly", "*-*-01 00:00:00" },
	{ "quarterly", "*-01,04,07,10-01 00:00:00" },
	{ "semiannually", "*-01,07-01 00:00:00" },
	{ "semi-annually", "*-01,07-01 00:00:00" },
	{ "biannually", "*-01,07-01 00:00:00" },
	{ "bi-annually", "*-01,07-01 00:00:00" },
	{ "yearly", "*-01-01 00:00:00" }, { "annually", "*-01-01 00:00:00" },
	{ "anually", "*-01-01 00:00:00" },
};

static int
bad(struct str s, const char *why, struct err *e)
{
	return err_set(e, ERR_SYNTAX, "'" STR_FMT "': %s", STR_ARG(s), why);
}

/* digits, for seconds with a fraction */
static bool
take_number(struct str *s, int which, int64_t *out)
{
	size_t n = 0, at;
	int64_t v, unit = SECOND_US;

	while (n < s->n && s->p[n] >= '0' && s->p[n] <= '9')
		n++;
	if (!num_parse_i64(str_sub(*s, 0, n), 0, INT64_C(1) << 40, &v))
		return false;
	if (which == SECOND) {
		v *= SECOND_US;
		if (n + 1 < s->n && s->p[n] == '.' && s->p[n + 1] != '.') {
			for (at = n + 1; at < s->n && s->p[at] >= '0' &&
			    s->p[at] <= '9'; at++) {
				unit /= 10;
				v += (s->p[at] - '0') * unit;
			}
			if (at == n + 1 || at > n + 7)
				return false;
			n = at;
		}
	}
	*s = str_sub(*s, n, s->n);
	*out = v;
	return true;
}

/* Of two digits: 1970 to 2069. */
static int64_t
full_year(int64_t year)
{
	return year < 70 ? year + 2000 : year < 100 ? year + 1900 : year;
}

/* item -> number [ '..' number ] [ '/' number ] */
static bool
take_item(struct str *s, int which, struct item *out)
{
	bool range;

	*out = (struct item){ .stop = -1 };
	if (!take_number(s, which, &out->start))
		return false;
	if (which == YEAR)
		out->start = full_year(out->start);
	if ((range = str_starts(*s, STR("..")))) {
		*s = str_sub(*s, 2, s->n);
		if (!take_number(s, which, &out->stop))
			return false;
		if (which == YEAR)
			out->stop = full_year(out->stop);
		out->repeat = which == SECOND ? SECOND_US : 1;
	}
	if (s->n && s->p[0] == '/') {
		*s = str_sub(*s, 1, s->n);
		if (!take_number(s, which, &out->repeat) || out->repeat == 0)
			return false;
	}
	if (range && out->stop < out->start)
		return false;
	if (range)	/* 00..23/2 ends at 22 */
		out->stop -= (out->stop - out->start) % out->repeat;
	if (range && out->stop == out->start)
		*out = (struct item){ .start = out->start, .stop = -1 };
	return true;
}

/* A step must be able to happen at least once; what counts from the month's
 * end stays within the shortest month. */
static bool
in_limits(const struct item *it, int which, bool from_end)
{
	int64_t min = limits[which].min, max = limits[which].max;

	if (which == YEAR)
		min = YEAR_MIN;
	if (from_end)
		max -= 3;
	if (it->start < min || it->start > max || it->repeat > max - min)
		return false;
	if (it->stop >= 0)
		return it->stop <= max && it->start + it->repeat <= it->stop;
	return from_end ? it->start - it->repeat >= min :
	    it->start + it->repeat <= max;
}

/* In order, each once. */
static void
add_item(struct part *p, struct item it)
{
	size_t i, at;

	for (at = 0; at < p->n; at++) {
		if (memcmp(&p->item[at], &it, sizeof(it)) == 0)
			return;
		if (p->item[at].start > it.start)
			break;
	}
	for (i = p->n; i > at; i--)
		p->item[i] = p->item[i - 1];
	p->item[at] = it;
	p->n++;
}

static int
take_part(struct calendar *c, struct str text, int which, struct arena *a,
    struct err *e)
{
	struct part *p = &c->part[which];
	struct str s = text;
	struct item it;

	p->item = ARENA_ARRAY(a, ITEMS_MAX + 1, struct item);
	p->n = 0;
	if (str_eq(s, STR("*")))
		return 0;
	/* A star with a step: from the first one on. */
	if (str_starts(s, STR("*/"))) {
		it = (struct item){ .start = limits[which].min, .stop = -1 };
		s = str_sub(s, 2, s.n);
		if (which == YEAR || !take_number(&s, which, &it.repeat) ||
		    it.repeat == 0 || s.n || !in_limits(&it, which,
		    which == DAY && c->from_end))
			return bad(text, "a step is a number above 0", e);
		add_item(p, it);
		return 0;
	}
	for (;;) {
		if (!take_item(&s, which, &it))
			return bad(text, "expected a number, a range 1..5 or "
			    "a step 0/5", e);
		if (!in_limits(&it, which, which == DAY && c->from_end))
			return bad(text, "out of range", e);
		if (p->n == ITEMS_MAX)
			return bad(text, "too many of them", e);
		add_item(p, it);
		if (s.n == 0)
			return 0;
		if (s.p[0] != ',')
			return bad(text, "expected a comma", e);
		s = str_sub(s, 1, s.n);
	}
}

/* 0..6, or -1; the word is taken off s. */
static int
take_day(struct str *s)
{
	size_t i, n = 0;
	struct str word;

	while (n < s->n && ((s->p[n] >= 'a' && s->p[n] <= 'z') ||
	    (s->p[n] >= 'A' && s->p[n] <= 'Z')))
		n++;
	word = str_sub(*s, 0, n);
	for (i = 0; i < 7; i++)
		if (str_eq_nocase(word, str_of(days[i])) ||
		    (word.n == 3 && str_eq_nocase(word, str_sub(
		    str_of(days[i]), 0, 3)))) {
			*s = str_sub(*s, n, s->n);
			return (int)i;
		}
	return -1;
}

static int
take_weekdays(struct calendar *c, struct str text, struct err *e)
{
	struct str s = text;
	int from, to;

	for (;;) {
		if ((from = to = take_day(&s)) == -1)
			return bad(text, "no day of the week", e);
		if (str_starts(s, STR("..")) || str_starts(s, STR("-"))) {
			s = str_sub(s, s.p[0] == '.' ? 2 : 1, s.n);
			if ((to = take_day(&s)) == -1 || to < from)
				return bad(text, "no range of days", e);
		}
		for (; from <= to; from++)
			c->weekdays |= 1u << from;
		if (s.n == 0)
			break;
		if (s.p[0] != ',')
			return bad(text, "expected a comma", e);
		s = str_sub(s, 1, s.n);
		if (s.n == 0)
			break;
	}
	if (c->weekdays == 0x7f)
		c->weekdays = 0;
	return 0;
}

/* [year-]month-day, or month~day */
static int
take_date(struct calendar *c, struct str text, struct arena *a, struct err *e)
{
	struct str s = text, field[3];
	char sep[3] = "";
	size_t n = 0, i;

	while (n < 3) {
		for (i = 0; i < s.n && s.p[i] != '-' && s.p[i] != '~'; i++)
			continue;
		field[n] = str_sub(s, 0, i);
		if (i == s.n) {
			n++;
			break;
		}
		if (n == 2)
			return bad(text, "no date", e);
		sep[n++] = s.p[i];
		s = str_sub(s, i + 1, s.n);
	}
	if (n < 2 || (n == 3 && sep[0] == '~'))
		return bad(text, "no date", e);
	c->from_end = sep[n - 2] == '~' && !str_eq(field[n - 1], STR("*"));
	if (n == 3 && take_part(c, field[0], YEAR, a, e) == -1)
		return -1;
	if (take_part(c, field[n - 2], MONTH, a, e) == -1)
		return -1;
	return take_part(c, field[n - 1], DAY, a, e);
}

static int
take_time(struct calendar *c, struct str text, struct arena *a, struct err *e)
{
	struct str s = text, field;
	int which = HOUR;

	for (; s.p != NULL && which <= SECOND; which++) {
		s = str_cut(s, ':', &field);
		if (take_part(c, field, which, a, e) == -1)
			return -1;
	}
	if (s.p != NULL || which < MINUTE + 1)
		return bad(text, "no time of day", e);
	if (which == SECOND)
		return take_part(c, STR("0"), SECOND, a, e);
	return 0;
}

static int
midnight(struct calendar *c, struct arena *a, struct err *e)
{
	if (take_part(c, STR("0"), HOUR, a, e) == -1 ||
	    take_part(c, STR("0"), MINUTE, a, e) == -1)
		return -1;
	return take_part(c, STR("0"), SECOND, a, e);
}

static bool
is_letter(char ch)
{
	return (ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z');
}

/* The last word when it is a zone: UTC, Europe/Berlin. */
static struct str
take_zone(struct calendar *c, struct str s, struct arena *a)
{
	struct err none;
	size_t at = s.n;
	struct str word;

	while (at > 0 && s.p[at - 1] != ' ')
		at--;
	word = str_sub(s, at, s.n);
	if (at == 0 || word.n == 0 || !is_letter(word.p[0]) ||
	    str_eq(word, STR("Local")) ||
	    tz_load(word, a, &c->tz, &none) == -1)
		return s;
	c->zone = arena_str(a, word);
	return str_trim(str_sub(s, 0, at));
}

static int
take_words(struct calendar *c, struct str s, struct arena *a, struct err *e)
{
	struct str word, rest;
	bool date = false, time = false;

	rest = str_trim(str_cut(s, ' ', &word));
	if (word.n && is_letter(word.p[0])) {
		if (take_weekdays(c, word, e) == -1)
			return -1;
		rest = str_trim(str_cut(rest, ' ', &word));
		if (word.n == 0)
			return midnight(c, a, e);
	}
	if (word.n && (str_find_char(word, '-') >= 0 ||
	    str_find_char(word, '~') >= 0)) {
		if (take_date(c, word, a, e) == -1)
			return -1;
		date = true;
		rest = str_trim(str_cut(rest, ' ', &word));
	}
	if (word.n && str_find_char(word, ':') >= 0) {
		if (take_time(c, word, a, e) == -1)
			return -1;
		time = true;
		(void)str_cut(rest, ' ', &word);
	}
	if (word.n || (!date && !time))
		return bad(word, "neither a day, a date, a time nor a zone",
		    e);
	return time ? 0 : midnight(c, a, e);
}

struct calendar *
calendar_parse(struct str s, struct arena *a, struct err *e)
{
	struct calendar *c = ARENA_NEW(a, struct calendar);
	struct str whole = s;
	size_t i;

	s = take_zone(c, str_trim(s), a);
	for (i = 0; i < sizeof(shorthands) / sizeof(shorthands[0]); i++)
		if (str_eq_nocase(s, str_of(shorthands[i].word)))
			s = str_of(shorthands[i].means);
	if (s.n == 0) {
		(void)bad(whole, "no time", e);
		return NULL;
	}
	if (take_words(c, s, a, e) == -1)
		return NULL;
	if (c->zone.n == 0 && tz_load(STR("Local"), a, &c->tz, e) == -1)
		return NULL;
	return c;
}

/* ---- cron(5) ---- */

static const char *const cron_months[] = { "jan", "feb", "mar", "apr", "may",
    "jun", "jul", "aug", "sep", "oct", "nov", "dec" };

static bool
cron_number(struct str s, bool month, bool dow, int64_t *out)
{
	size_t i;

	for (i = 0; month && i < 12; i++)
		if (str_eq_nocase(s, str_of(cron_months[i]))) {
			*out = (int64_t)i + 1;
			return true;
		}
	for (i = 0; dow && i < 7; i++)	/* 0 = Sunday */
		if (str_eq_nocase(s, str_sub(str_of(days[i]), 0, 3))) {
			*out = (int64_t)(i + 1) % 7;
			return true;
		}
	return num_parse_i64(s, 0, 59, out);
}

/* One field as a bit each; *star: it restricts nothing. */
static bool
cron_field(struct str s, int64_t min, int64_t max, bool month, bool dow,
    uint64_t *bits, bool *star)
{
	struct str piece, from, to, step;
	int64_t lo, hi, by, v;

	*bits = 0;
	if (s.n == 0)
		return false;
	*star = s.p[0] == '*';
	while (s.p != NULL) {
		s = str_cut(s, ',', &piece);
		step = str_cut(piece, '/', &piece);
		to = str_cut(piece, '-', &from);
		by = 1;
		if (step.p != NULL && !num_parse_i64(step, 1, 59, &by))
			return false;
		if (str_eq(from, STR("*")) && to.p == NULL) {
			lo = min;
			hi = max;
		} else {
			if (!cron_number(from, month, dow, &lo))
				return false;
			hi = step.p != NULL ? max : lo;
			if (to.p != NULL && !cron_number(to, month, dow, &hi))
				return false;
		}
		if (lo < min || hi > max || lo > hi)
			return false;
		for (v = lo; v <= hi; v += by)
			*bits |= UINT64_C(1) << v;
	}
	return true;
}

static void
from_bits(struct calendar *c, int which, uint64_t bits, bool star,
    struct arena *a)
{
	int64_t v;

	c->part[which].item = ARENA_ARRAY(a, 64, struct item);
	c->part[which].n = 0;
	for (v = 0; !star && v < 64; v++)
		if (bits & UINT64_C(1) << v)
			add_item(&c->part[which], (struct item){ .start = v,
			    .stop = -1 });
}

int
calendar_parse_cron(struct str s, struct calendar **out, struct arena *a,
    struct err *e)
{
	static const struct { int64_t min, max; } range[5] = { { 0, 59 },
	    { 0, 23 }, { 1, 31 }, { 1, 12 }, { 0, 7 } };
	struct str rest = str_trim(s), word;
	uint64_t bits[5];
	bool star[5];
	struct calendar c = { 0 };
	int i;

	for (i = 0; i < 5; i++) {
		rest = str_trim(str_cut(rest, ' ', &word));
		if (!cron_field(word, range[i].min, range[i].max, i == 3,
		    i == 4, &bits[i], &star[i]))
			return bad(s, "no five fields of cron(5)", e);
	}
	if (rest.n)
		return bad(s, "more than the five fields of cron(5)", e);
	if (tz_load(STR("Local"), a, &c.tz, e) == -1)
		return -1;
	/* A star with a step restricts, but is a star for the two days. */
	from_bits(&c, MINUTE, bits[0], false, a);
	from_bits(&c, HOUR, bits[1], false, a);
	from_bits(&c, MONTH, bits[3], false, a);
	from_bits(&c, SECOND, 1, false, a);
	out[0] = ARENA_NEW(a, struct calendar);
	*out[0] = c;
	from_bits(out[0], DAY, bits[2], false, a);
	/* bit 0 and 7 are Sunday; ours begin on Monday */
	c.weekdays = (unsigned)((bits[4] >> 1 & 0x3f) |
	    ((bits[4] & 1) | (bits[4] >> 7 & 1)) << 6);
	if (c.weekdays == 0x7f)
		c.weekdays = 0;
	if (!star[2] && !star[4]) {
		out[1] = ARENA_NEW(a, struct calendar);
		*out[1] = c;
		return 2;
	}
	out[0]->weekdays = c.weekdays;
	return 1;
}

static size_t
count_words(struct str s)
{
	struct str word;
	size_t n = 0;

	while (s.p != NULL) {
		s = str_cut(s, ' ', &word);
		n += word.n > 0;
	}
	return n;
}

int
calendar_parse_any(struct str s, struct str zone,
    struct calendar *out[CALENDAR_ANY_MAX], struct arena *a, struct err *e)
{
	int i, n;

	if (count_words(s) != 5) {
		if (zone.n)
			s = arena_printf(a, STR_FMT " " STR_FMT, STR_ARG(s),
			    STR_ARG(zone));
		out[0] = calendar_parse(s, a, e);
		return out[0] == NULL ? -1 : 1;
	}
	n = calendar_parse_cron(s, out, a, e);
	for (i = 0; zone.n && i < n; i++)
		if (tz_load(zone, a, &out[i]->tz, e) == -1)
			return -1;
	return n;
}

/* ---- printing ---- */

static void
print_number(struct buf *out, int which, int64_t v)
{
	int64_t us = v % SECOND_US;

	if (which != SECOND) {
		(void)buf_printf(out, which == YEAR ? "%lld" : "%02lld",
		    (long long)v);
		return;
	}
	(void)buf_printf(out, "%02lld", (long long)(v / SECOND_US));
	if (us)
		(void)buf_printf(out, ".%06lld", (long long)us);
}

static void
print_step(struct buf *out, int which, int64_t v)
{
	if (which != SECOND)
		(void)buf_printf(out, "/%lld", (long long)v);
	else if (v % SECOND_US)
		(void)buf_printf(out, "/%lld.%06lld",
		    (long long)(v / SECOND_US), (long long)(v % SECOND_US));
	else
		(void)buf_printf(out, "/%lld", (long long)(v / SECOND_US));
}

static void
print_part(const struct calendar *c, struct buf *out, int which)
{
	const struct part *p = &c->part[which];
	int64_t unit = which == SECOND ? SECOND_US : 1;
	size_t i;

	if (p->n == 0)
		(void)buf_putc(out, '*');
	for (i = 0; i < p->n; i++) {
		const struct item *it = &p->item[i];

		if (i)
			(void)buf_putc(out, ',');
		print_number(out, which, it->start);
		if (it->stop >= 0) {
			(void)buf_put(out, STR(".."));
			print_number(out, which, it->stop);
		}
		if (it->repeat > 0 && !(it->stop >= 0 && it->repeat == unit))
			print_step(out, which, it->repeat);
	}
}

static void
print_weekdays(const struct calendar *c, struct buf *out)
{
	int d, from = -1;
	bool any = false;

	for (d = 0; d <= 7; d++) {
		if (d < 7 && c->weekdays & 1u << d) {
			if (from >= 0)
				continue;
			(void)buf_printf(out, "%s%.3s", any ? "," : "",
			    days[d]);
			any = true;
			from = d;
		} else if (from >= 0) {
			if (d > from + 1)
				(void)buf_printf(out, "%s%.3s",
				    d > from + 2 ? ".." : ",", days[d - 1]);
			from = -1;
		}
	}
	(void)buf_putc(out, ' ');
}

void
calendar_print(const struct calendar *c, struct buf *out)
{
	static const char before[NPARTS] = { 0, '-', '-', ' ', ':', ':' };
	int i;

	if (c->weekdays)
		print_weekdays(c, out);
	for (i = 0; i < NPARTS; i++) {
		if (i == DAY && c->from_end)
			(void)buf_putc(out, '~');
		else if (before[i])
			(void)buf_putc(out, before[i]);
		print_part(c, out, i);
	}
	if (c->zone.n)
		(void)buf_printf(out, " " STR_FMT, STR_ARG(c->zone));
}

/* ---- the next time ---- */

struct local {
	int64_t v[NPARTS];
};

static int64_t
days_in(int64_t year, int64_t month)
{
	return time_days_from_civil(month == 12 ? year + 1 : year,
	    month == 12 ? 1 : (unsigned)month + 1, 1) -
	    time_days_from_civil(year, (unsigned)month, 1);
}

/* The smallest value >= v that the item has, -1 = none. */
static int64_t
item_next(const struct item *given, int64_t v, int64_t from_end)
{
	struct item it = *given;
	int64_t k;

	if (from_end) {
		it.start = from_end + 1 - given->start;
		it.stop = given->stop < 0 ? -1 : from_end + 1 - given->stop;
		if (it.stop >= 0) {
			k = it.start;
			it.start = it.stop;
			it.stop = k;
		}
		if (it.start < 1)
			return -1;
	}
	if (v <= it.start)
		return it.start;
	if (it.repeat == 0)
		return -1;
	k = it.start + (v - it.start + it.repeat - 1) / it.repeat * it.repeat;
	return it.stop >= 0 && k > it.stop ? -1 : k;
}

static int64_t
part_next(const struct calendar *c, const struct local *l, int which)
{
	const struct part *p = &c->part[which];
	int64_t best = -1, k, dim, max = limits[which].max;
	size_t i;

	dim = which == DAY ? days_in(l->v[YEAR], l->v[MONTH]) : 0;
	if (which == DAY)
		max = dim;
	if (p->n == 0 && which == SECOND) {
		/* whole seconds only */
		k = (l->v[SECOND] + SECOND_US - 1) / SECOND_US * SECOND_US;
		return k > max ? -1 : k;
	}
	if (p->n == 0)
		return l->v[which] > max ? -1 : l->v[which];
	for (i = 0; i < p->n; i++) {
		k = item_next(&p->item[i], l->v[which],
		    which == DAY && c->from_end ? dim : 0);
		if (k >= 0 && k <= max && (best < 0 || k < best))
			best = k;
	}
	return best;
}

static void
reset_below(struct local *l, int which)
{
	int i;

	for (i = which + 1; i < NPARTS; i++)
		l->v[i] = limits[i].min;
}

static bool
weekday_ok(const struct calendar *c, const struct local *l)
{
	int64_t d = time_days_from_civil(l->v[YEAR], (unsigned)l->v[MONTH],
	    (unsigned)l->v[DAY]);

	/* 1970-01-01 was a Thursday */
	return c->weekdays == 0 ||
	    c->weekdays & 1u << ((d % 7 + 7 + 3) % 7);
}

/* The smallest local time >= *l; false when there is none. */
static bool
local_next(const struct calendar *c, struct local *l)
{
	int i = YEAR;
	int64_t k;

	while (i < NPARTS) {
		k = part_next(c, l, i);
		if (k < 0 || (i == YEAR && k > YEAR_MAX)) {
			if (i == YEAR)
				return false;
			l->v[--i]++;
			reset_below(l, i);
			continue;
		}
		if (k > l->v[i])
			reset_below(l, i);
		l->v[i] = k;
		if (i == DAY && !weekday_ok(c, l)) {
			l->v[DAY]++;
			reset_below(l, DAY);
			continue;
		}
		i++;
	}
	return true;
}

static int64_t
local_seconds(const struct local *l)
{
	return time_days_from_civil(l->v[YEAR], (unsigned)l->v[MONTH],
	    (unsigned)l->v[DAY]) * 86400 + l->v[HOUR] * 3600 +
	    l->v[MINUTE] * 60 + l->v[SECOND] / SECOND_US;
}

static struct local
local_of(const struct calendar *c, int64_t us)
{
	int64_t s = us / SECOND_US - (us % SECOND_US < 0), year;
	int64_t at = s + tz_offset(c->tz, s), day = at / 86400 - (at % 86400 <
	    0);
	unsigned month, mday;
	struct local l;

	time_civil_from_days(day, &year, &month, &mday);
	at -= day * 86400;
	l = (struct local){ { year, month, mday, at / 3600, at / 60 % 60,
	    at % 60 * SECOND_US + us - s * SECOND_US } };
	return l;
}

/* UTC of a local time: the first one when it comes twice.  false: it does not
 * come at all, and *s is the first moment behind the gap. */
static bool
to_utc(const struct calendar *c, int64_t local, int64_t *s)
{
	int64_t before = tz_offset(c->tz, local - 86400 * 2),
	    after = tz_offset(c->tz, local + 86400 * 2), lo, hi, mid;

	*s = local - before;
	if (tz_offset(c->tz, *s) == before)
		return true;
	*s = local - after;
	if (tz_offset(c->tz, *s) == after)
		return true;
	lo = local - before - 2 * 86400;
	hi = local - before;
	while (hi - lo > 1) {
		mid = lo + (hi - lo) / 2;
		if (tz_offset(c->tz, mid) == before)
			lo = mid;
		else
			hi = mid;
	}
	*s = hi;
	return false;
}

int64_t
calendar_next(const struct calendar *c, int64_t after_ms,
    enum calendar_gap gap)
{
	int64_t after_us = after_ms * 1000, s, us;
	struct local l = local_of(c, after_us + 1);
	bool comes;

	while (local_next(c, &l)) {
		comes = to_utc(c, local_seconds(&l), &s);
		us = s * SECOND_US + (comes ? l.v[SECOND] % SECOND_US : 0);
		if (us > after_us && (comes || gap == CALENDAR_GAP_AFTER))
			/* rounded up, never before its time */
			return (us + 999) / 1000;
		l.v[SECOND]++;
	}
	return INT64_MAX;
}
