#include <stdio.h>

#include "core/dur.h"
#include "core/num.h"
#include "core/utf8.h"
#include "tmpl/internal.h"

/*
 * Go's time.Time and time.Duration as templates use them: layouts written
 * as the reference time Mon Jan 2 15:04:05 MST 2006, methods.
 */
enum chunk {
	C_NONE, C_LONG_MONTH, C_MONTH, C_NUM_MONTH, C_ZERO_MONTH,
	C_LONG_WEEKDAY, C_WEEKDAY, C_DAY, C_UNDER_DAY, C_ZERO_DAY,
	C_UNDER_YDAY, C_ZERO_YDAY, C_HOUR, C_HOUR12, C_ZERO_HOUR12,
	C_MINUTE, C_ZERO_MINUTE, C_SECOND, C_ZERO_SECOND, C_LONG_YEAR,
	C_YEAR, C_PM, C_LOWER_PM, C_TZ, C_ISO, C_ISO_COLON, C_ISO_SHORT,
	C_NUM, C_NUM_COLON, C_NUM_SHORT, C_FRACTION
};

/* Longer ones stand before their prefixes. */
static const struct {
	const char *text;
	enum chunk chunk;
} chunks[] = {
	{ "January", C_LONG_MONTH }, { "Jan", C_MONTH },
	{ "Monday", C_LONG_WEEKDAY }, { "Mon", C_WEEKDAY }, { "MST", C_TZ },
	{ "002", C_ZERO_YDAY }, { "01", C_ZERO_MONTH }, { "02", C_ZERO_DAY },
	{ "03", C_ZERO_HOUR12 }, { "04", C_ZERO_MINUTE },
	{ "05", C_ZERO_SECOND }, { "06", C_YEAR }, { "15", C_HOUR },
	{ "1", C_NUM_MONTH }, { "2006", C_LONG_YEAR }, { "2", C_DAY },
	{ "__2", C_UNDER_YDAY }, { "_2", C_UNDER_DAY }, { "3", C_HOUR12 },
	{ "4", C_MINUTE }, { "5", C_SECOND }, { "PM", C_PM },
	{ "pm", C_LOWER_PM }, { "-07:00", C_NUM_COLON }, { "-0700", C_NUM },
	{ "-07", C_NUM_SHORT }, { "Z07:00", C_ISO_COLON }, { "Z0700", C_ISO },
	{ "Z07", C_ISO_SHORT },
};

static const char *const months[] = {
	"January", "February", "March", "April", "May", "June", "July",
	"August", "September", "October", "November", "December"
};
static const char *const weekdays[] = {
	"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday",
	"Saturday"
};

/* A time taken apart, in its zone. */
struct civil {
	int64_t year;
	unsigned month, day, hour, minute, second, ms, weekday, yday;
	int32_t offset;
	struct str zone;
};

static void
civil_of(const struct tval *t, struct civil *c)
{
	int64_t ms = t->u.time.ms, days, rest;

	*c = (struct civil){ .zone = STR("UTC") };
	if (t->u.time.zone != NULL) {
		c->offset = t->u.time.zone->offset_s;
		c->zone = t->u.time.zone->name;
		ms += (int64_t)c->offset * 1000;
	}
	days = ms / DUR_DAY;
	rest = ms % DUR_DAY;
	if (rest < 0) {
		rest += DUR_DAY;
		days--;
	}
	time_civil_from_days(days, &c->year, &c->month, &c->day);
	c->hour = (unsigned)(rest / DUR_HOUR);
	c->minute = (unsigned)(rest / DUR_MINUTE % 60);
	c->second = (unsigned)(rest / 1000 % 60);
	c->ms = (unsigned)(rest % 1000);
	c->weekday = (unsigned)(((days % 7) + 11) % 7);
	c->yday = (unsigned)(days - time_days_from_civil(c->year, 1, 1)) + 1;
}

/* A fraction ".000" or ",999": its length, or 0. */
static size_t
fraction_at(struct str s)
{
	size_t n = 2;

	if (s.n < 2 || (s.p[0] != '.' && s.p[0] != ',') ||
	    (s.p[1] != '0' && s.p[1] != '9'))
		return 0;
	while (n < s.n && s.p[n] == s.p[1])
		n++;
	return n < s.n && s.p[n] >= '0' && s.p[n] <= '9' ? 0 : n;
}

/* The chunk that s starts with; *len its length. */
static enum chunk
chunk_at(struct str s, size_t *len)
{
	size_t i, n;

	if ((*len = fraction_at(s)) > 0)
		return C_FRACTION;
	if (str_starts(s, STR("_2006")))
		return C_NONE;
	for (i = 0; i < sizeof(chunks) / sizeof(chunks[0]); i++) {
		n = strlen(chunks[i].text);
		if (!str_starts(s, (struct str){ chunks[i].text, n }))
			continue;
		/* "Month" holds no "Mon". */
		if ((chunks[i].chunk == C_MONTH ||
		    chunks[i].chunk == C_WEEKDAY) && s.n > n &&
		    s.p[n] >= 'a' && s.p[n] <= 'z')
			continue;
		*len = n;
		return chunks[i].chunk;
	}
	return C_NONE;
}

static void
put_offset(struct buf *out, int32_t offset, const char *sep, bool minutes)
{
	unsigned m = (unsigned)(offset < 0 ? -offset : offset) / 60;

	(void)buf_printf(out, "%c%02u", offset < 0 ? '-' : '+', m / 60);
	if (minutes)
		(void)buf_printf(out, "%s%02u", sep, m % 60);
}

static void
put_zone(struct buf *out, const struct civil *c)
{
	if (c->zone.n > 0)
		(void)buf_put(out, c->zone);
	else
		put_offset(out, c->offset, "", true);
}

static void
put_fraction(struct buf *out, struct str form, unsigned ms)
{
	size_t n = form.n - 1;
	char digits[16];

	(void)snprintf(digits, sizeof(digits), "%03u000000", ms);
	if (n > 9)
		n = 9;
	while (form.p[1] == '9' && n > 0 && digits[n - 1] == '0')
		n--;
	if (n == 0)
		return;
	(void)buf_putc(out, form.p[0]);
	(void)buf_put(out, (struct str){ digits, n });
}

static void
put_text_chunk(struct buf *out, enum chunk k, const struct civil *c)
{
	switch (k) {
	case C_LONG_MONTH:
		(void)buf_put(out, str_of(months[c->month - 1]));
		break;
	case C_MONTH:
		(void)buf_printf(out, "%.3s", months[c->month - 1]);
		break;
	case C_LONG_WEEKDAY:
		(void)buf_put(out, str_of(weekdays[c->weekday]));
		break;
	case C_WEEKDAY:
		(void)buf_printf(out, "%.3s", weekdays[c->weekday]);
		break;
	case C_PM:
		(void)buf_put(out, c->hour >= 12 ? STR("PM") : STR("AM"));
		break;
	case C_LOWER_PM:
		(void)buf_put(out, c->hour >= 12 ? STR("pm") : STR("am"));
		break;
	case C_TZ:
		put_zone(out, c);
		break;
	case C_ISO:
	case C_ISO_COLON:
	case C_ISO_SHORT:
		if (c->offset == 0) {
			(void)buf_putc(out, 'Z');
			break;
		}
		/* FALLTHROUGH */
	default:
		put_offset(out, c->offset,
		    k == C_ISO_COLON || k == C_NUM_COLON ? ":" : "",
		    k != C_ISO_SHORT && k != C_NUM_SHORT);
	}
}

static void
put_padded(struct buf *out, unsigned v, size_t width, char pad)
{
	struct buf b = { 0 };

	(void)buf_printf(&b, "%u", v);
	for (; width > b.n; width--)
		(void)buf_putc(out, pad);
	(void)buf_put(out, buf_str(&b));
	buf_release(&b);
}

static void
put_chunk(struct buf *out, enum chunk k, struct str form,
    const struct civil *c)
{
	static const struct {
		enum chunk chunk;
		size_t width;
		char pad;
	} numbers[] = {
		{ C_NUM_MONTH, 1, ' ' }, { C_ZERO_MONTH, 2, '0' },
		{ C_DAY, 1, ' ' }, { C_UNDER_DAY, 2, ' ' },
		{ C_ZERO_DAY, 2, '0' }, { C_UNDER_YDAY, 3, ' ' },
		{ C_ZERO_YDAY, 3, '0' }, { C_HOUR, 2, '0' },
		{ C_HOUR12, 1, ' ' }, { C_ZERO_HOUR12, 2, '0' },
		{ C_MINUTE, 1, ' ' }, { C_ZERO_MINUTE, 2, '0' },
		{ C_SECOND, 1, ' ' }, { C_ZERO_SECOND, 2, '0' },
		{ C_LONG_YEAR, 4, '0' }, { C_YEAR, 2, '0' },
	};
	unsigned hour12 = c->hour % 12 == 0 ? 12 : c->hour % 12;
	unsigned year = (unsigned)(c->year < 0 ? -c->year : c->year);
	const unsigned of[] = {
		[C_NUM_MONTH] = c->month, [C_ZERO_MONTH] = c->month,
		[C_DAY] = c->day, [C_UNDER_DAY] = c->day,
		[C_ZERO_DAY] = c->day, [C_UNDER_YDAY] = c->yday,
		[C_ZERO_YDAY] = c->yday, [C_HOUR] = c->hour,
		[C_HOUR12] = hour12, [C_ZERO_HOUR12] = hour12,
		[C_MINUTE] = c->minute, [C_ZERO_MINUTE] = c->minute,
		[C_SECOND] = c->second, [C_ZERO_SECOND] = c->second,
		[C_LONG_YEAR] = year, [C_YEAR] = year % 100,
	};
	size_t i;

	if (k == C_FRACTION) {
		put_fraction(out, form, c->ms);
		return;
	}
	for (i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		if (numbers[i].chunk == k) {
			put_padded(out, of[k], numbers[i].width,
			    numbers[i].pad);
			return;
		}
	put_text_chunk(out, k, c);
}

void
gotime_format(const struct tval *t, struct str layout, struct buf *out)
{
	struct civil c;
	enum chunk k;
	size_t len;

	civil_of(t, &c);
	while (layout.n > 0) {
		if ((k = chunk_at(layout, &len)) == C_NONE) {
			(void)buf_putc(out, layout.p[0]);
			len = 1;
		} else
			put_chunk(out, k, str_sub(layout, 0, len), &c);
		layout = str_sub(layout, len, layout.n);
	}
}

struct str
tval_format_time(const struct tval *t, struct str layout, struct arena *a)
{
	struct buf b = { .max = TMPL_OUTPUT_MAX };
	struct str s;

	gotime_format(t, layout, &b);
	s = arena_str(a, buf_str(&b));
	buf_release(&b);
	return s;
}

void
gotime_print(const struct tval *t, struct buf *out)
{
	gotime_format(t, STR("2006-01-02 15:04:05.999999999 -0700 MST"), out);
}

/* Up to max digits (at least min) off the front of *s. */
static bool
take_number(struct str *s, size_t min, size_t max, unsigned *out)
{
	size_t n = 0;

	for (*out = 0; n < s->n && n < max && s->p[n] >= '0' &&
	    s->p[n] <= '9'; n++)
		*out = *out * 10 + (unsigned)(s->p[n] - '0');
	*s = str_sub(*s, n, s->n);
	return n >= min;
}

static bool
take_name(struct str *s, const char *const *names, unsigned n, size_t len,
    unsigned *out)
{
	for (*out = 0; *out < n; (*out)++) {
		struct str name = str_of(names[*out]);

		if (len > 0)
			name.n = len;
		if (s->n >= name.n &&
		    str_eq_nocase(str_sub(*s, 0, name.n), name)) {
			*s = str_sub(*s, name.n, s->n);
			return true;
		}
	}
	return false;
}

static bool
take_offset(struct str *s, enum chunk k, int32_t *offset)
{
	bool iso = k == C_ISO || k == C_ISO_COLON || k == C_ISO_SHORT;
	bool colon = k == C_ISO_COLON || k == C_NUM_COLON;
	bool brief = k == C_ISO_SHORT || k == C_NUM_SHORT;
	unsigned h, m = 0;
	bool minus;

	*offset = 0;
	if (iso && s->n > 0 && s->p[0] == 'Z') {
		*s = str_sub(*s, 1, s->n);
		return true;
	}
	if (s->n == 0 || (s->p[0] != '+' && s->p[0] != '-'))
		return false;
	minus = s->p[0] == '-';
	*s = str_sub(*s, 1, s->n);
	if (!take_number(s, 2, 2, &h))
		return false;
	if (colon && (s->n == 0 || s->p[0] != ':'))
		return false;
	if (colon)
		*s = str_sub(*s, 1, s->n);
	if (!brief && !take_number(s, 2, 2, &m))
		return false;
	*offset = (int32_t)(h * 3600 + m * 60) * (minus ? -1 : 1);
	return h <= 24 && m < 60;
}

/* What a layout has told so far. */
struct parsed {
	struct civil c;
	bool pm, am, zone;
};

static bool
take_fraction(struct str *s, unsigned *ms)
{
	unsigned digit, scale = 100;

	*ms = 0;
	if (s->n == 0 || (s->p[0] != '.' && s->p[0] != ','))
		return true;
	*s = str_sub(*s, 1, s->n);
	while (s->n > 0 && s->p[0] >= '0' && s->p[0] <= '9') {
		(void)take_number(s, 1, 1, &digit);
		*ms += digit * scale;
		scale /= 10;
	}
	return true;
}

static bool
take_chunk(struct str *s, enum chunk k, struct parsed *p)
{
	unsigned u = 0;
	bool ok;

	switch (k) {
	case C_LONG_MONTH:
	case C_MONTH:
		ok = take_name(s, months, 12, k == C_MONTH ? 3 : 0, &u);
		p->c.month = u + 1;
		return ok;
	case C_LONG_WEEKDAY:
	case C_WEEKDAY:
		return take_name(s, weekdays, 7, k == C_WEEKDAY ? 3 : 0, &u);
	case C_NUM_MONTH:
		return take_number(s, 1, 2, &p->c.month);
	case C_ZERO_MONTH:
		return take_number(s, 2, 2, &p->c.month);
	case C_UNDER_DAY:
		if (s->n > 0 && s->p[0] == ' ')
			*s = str_sub(*s, 1, s->n);
		/* FALLTHROUGH */
	case C_DAY:
		return take_number(s, 1, 2, &p->c.day);
	case C_ZERO_DAY:
		return take_number(s, 2, 2, &p->c.day);
	case C_HOUR:
		return take_number(s, 2, 2, &p->c.hour) && p->c.hour < 24;
	case C_HOUR12:
	case C_ZERO_HOUR12:
		return take_number(s, k == C_HOUR12 ? 1 : 2, 2, &p->c.hour) &&
		    p->c.hour <= 12;
	case C_MINUTE:
	case C_ZERO_MINUTE:
		return take_number(s, k == C_MINUTE ? 1 : 2, 2,
		    &p->c.minute) && p->c.minute < 60;
	case C_SECOND:
	case C_ZERO_SECOND:
		return take_number(s, k == C_SECOND ? 1 : 2, 2,
		    &p->c.second) && p->c.second < 60 &&
		    take_fraction(s, &p->c.ms);
	case C_FRACTION:
		return take_fraction(s, &p->c.ms);
	case C_LONG_YEAR:
		ok = take_number(s, 4, 4, &u);
		p->c.year = u;
		return ok;
	case C_YEAR:
		ok = take_number(s, 2, 2, &u);
		p->c.year = u >= 69 ? 1900 + u : 2000 + u;
		return ok;
	case C_PM:
	case C_LOWER_PM:
		p->pm = str_starts(*s, k == C_PM ? STR("PM") : STR("pm"));
		p->am = str_starts(*s, k == C_PM ? STR("AM") : STR("am"));
		*s = str_sub(*s, 2, s->n);
		return p->pm || p->am;
	case C_TZ:
		ok = str_starts(*s, STR("UTC")) || str_starts(*s, STR("GMT"));
		*s = str_sub(*s, 3, s->n);
		return ok;
	case C_UNDER_YDAY:
	case C_ZERO_YDAY:
		return take_number(s, 1, 3, &p->c.yday);
	default:
		p->zone = true;
		return take_offset(s, k, &p->c.offset);
	}
}

static unsigned
days_in(int64_t year, unsigned month)
{
	unsigned next = month == 12 ? 1 : month + 1;

	return (unsigned)(time_days_from_civil(year + (month == 12), next,
	    1) - time_days_from_civil(year, month, 1));
}

bool
gotime_parse(struct str layout, struct str text, struct arena *a,
    struct tval *out)
{
	struct parsed p = { .c = { .month = 1, .day = 1 } };
	enum chunk k;
	size_t len;
	int64_t ms;

	while (layout.n > 0) {
		if ((k = chunk_at(layout, &len)) == C_NONE) {
			if (text.n == 0 || text.p[0] != layout.p[0])
				return false;
			text = str_sub(text, 1, text.n);
			len = 1;
		} else if (!take_chunk(&text, k, &p))
			return false;
		layout = str_sub(layout, len, layout.n);
	}
	if (text.n > 0 || p.c.month < 1 || p.c.month > 12 || p.c.day < 1 ||
	    p.c.day > days_in(p.c.year, p.c.month))
		return false;
	if (p.pm && p.c.hour < 12)
		p.c.hour += 12;
	else if (p.am && p.c.hour == 12)
		p.c.hour = 0;
	ms = time_days_from_civil(p.c.year, p.c.month, p.c.day) * DUR_DAY +
	    p.c.hour * DUR_HOUR + p.c.minute * DUR_MINUTE +
	    p.c.second * DUR_SECOND + p.c.ms - (int64_t)p.c.offset * 1000;
	*out = tval_time(ms);
	if (p.c.offset != 0) {
		struct tzone *z = ARENA_NEW(a, struct tzone);

		z->offset_s = p.c.offset;
		out->u.time.zone = z;
	}
	return true;
}

/* Go's Duration.String with its nanoseconds. */
void
godur_print(int64_t ns, struct buf *out)
{
	uint64_t u = ns < 0 ? 0 - (uint64_t)ns : (uint64_t)ns;
	static const struct {
		uint64_t ns;
		const char *unit;
	} small[] = { { 1000000, "ms" }, { 1000, "µs" }, { 1, "ns" } };
	struct buf b = { 0 };
	size_t i = 0;

	if (ns == 0) {
		(void)buf_put(out, STR("0s"));
		return;
	}
	(void)buf_put(out, ns < 0 ? STR("-") : STR_NONE);
	if (u < 1000000000) {
		while (u < small[i].ns)
			i++;
		num_print(&b, (double)u / (double)small[i].ns, NUM_GO_F);
		(void)buf_put(out, buf_str(&b));
		(void)buf_put(out, str_of(small[i].unit));
		buf_release(&b);
		return;
	}
	if (u >= 3600000000000)
		(void)buf_printf(out, "%lluh",
		    (unsigned long long)(u / 3600000000000));
	if (u >= 60000000000)
		(void)buf_printf(out, "%llum",
		    (unsigned long long)(u / 60000000000 % 60));
	(void)buf_printf(&b, "%llu.%09llu",
	    (unsigned long long)(u / 1000000000 % 60),
	    (unsigned long long)(u % 1000000000));
	while (b.p[b.n - 1] == '0')
		b.n--;
	if (b.p[b.n - 1] == '.')
		b.n--;
	(void)buf_printf(out, STR_FMT "s", STR_ARG(buf_str(&b)));
	buf_release(&b);
}
