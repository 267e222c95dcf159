#include <ctype.h>
#include <stdio.h>

#include "core/dur.h"
#include "core/num.h"
#include "core/utf8.h"
#include "date.h"

enum token_kind {
	TOK_TEXT,	/* these bytes; a blank is one or more blanks */
	TOK_YEAR, TOK_WEEK_YEAR, TOK_MONTH, TOK_MONTH_NAME, TOK_DAY, TOK_DAY_OF_YEAR,
	TOK_HOUR, TOK_HOUR24, TOK_HOUR12, TOK_HOUR11, TOK_AMPM, TOK_MINUTE,
	TOK_SECOND,
	TOK_FRACTION, TOK_OFFSET, TOK_ZONE, TOK_DAY_NAME, TOK_WEEK,
	TOK_WEEKDAY
};

struct token {
	enum token_kind kind;
	size_t width;		/* letters in the pattern */
	struct str text;
	bool tight;		/* digits follow at once: not one too many */
};

struct names {
	struct str locale;
	const char *const month[12];	/* lower case */
	const char *const day[7];	/* from Monday */
};

static const struct names names[] = {
	{ STR("en"), { "january", "february", "march", "april", "may",
	    "june", "july", "august", "september", "october", "november",
	    "december" }, { "monday", "tuesday", "wednesday", "thursday",
	    "friday", "saturday", "sunday" } },
	{ STR("de"), { "januar", "februar", "märz", "april", "mai", "juni",
	    "juli", "august", "september", "oktober", "november",
	    "dezember" }, { "montag", "dienstag", "mittwoch", "donnerstag",
	    "freitag", "samstag", "sonntag" } },
	{ STR("fr"), { "janvier", "février", "mars", "avril", "mai", "juin",
	    "juillet", "août", "septembre", "octobre", "novembre",
	    "décembre" }, { "lundi", "mardi", "mercredi", "jeudi",
	    "vendredi", "samedi", "dimanche" } },
	{ STR("es"), { "enero", "febrero", "marzo", "abril", "mayo", "junio",
	    "julio", "agosto", "septiembre", "octubre", "noviembre",
	    "diciembre" }, { "lunes", "martes", "miércoles", "jueves",
	    "viernes", "sábado", "domingo" } },
	{ STR("it"), { "gennaio", "febbraio", "marzo", "aprile", "maggio",
	    "giugno", "luglio", "agosto", "settembre", "ottobre",
	    "novembre", "dicembre" }, { "lunedì", "martedì", "mercoledì",
	    "giovedì", "venerdì", "sabato", "domenica" } },
	{ STR("pt"), { "janeiro", "fevereiro", "março", "abril", "maio",
	    "junho", "julho", "agosto", "setembro", "outubro", "novembro",
	    "dezembro" }, { "segunda-feira", "terça-feira", "quarta-feira",
	    "quinta-feira", "sexta-feira", "sábado", "domingo" } },
	{ STR("nl"), { "januari", "februari", "maart", "april", "mei",
	    "juni", "juli", "augustus", "september", "oktober", "november",
	    "december" }, { "maandag", "dinsdag", "woensdag", "donderdag",
	    "vrijdag", "zaterdag", "zondag" } },
	{ STR("da"), { "januar", "februar", "marts", "april", "maj", "juni",
	    "juli", "august", "september", "oktober", "november",
	    "december" }, { "mandag", "tirsdag", "onsdag", "torsdag",
	    "fredag", "lørdag", "søndag" } },
	{ STR("nb"), { "januar", "februar", "mars", "april", "mai", "juni",
	    "juli", "august", "september", "oktober", "november",
	    "desember" }, { "mandag", "tirsdag", "onsdag", "torsdag",
	    "fredag", "lørdag", "søndag" } },
	{ STR("no"), { "januar", "februar", "mars", "april", "mai", "juni",
	    "juli", "august", "september", "oktober", "november",
	    "desember" }, { "mandag", "tirsdag", "onsdag", "torsdag",
	    "fredag", "lørdag", "søndag" } },
	{ STR("sv"), { "januari", "februari", "mars", "april", "maj",
	    "juni", "juli", "augusti", "september", "oktober", "november",
	    "december" }, { "måndag", "tisdag", "onsdag", "torsdag",
	    "fredag", "lördag", "söndag" } },
	{ STR("fi"), { "tammikuuta", "helmikuuta", "maaliskuuta",
	    "huhtikuuta", "toukokuuta", "kesäkuuta", "heinäkuuta",
	    "elokuuta", "syyskuuta", "lokakuuta", "marraskuuta",
	    "joulukuuta" }, { "maanantaina", "tiistaina",
	    "keskiviikkona", "torstaina", "perjantaina", "lauantaina",
	    "sunnuntaina" } },
	{ STR("pl"), { "stycznia", "lutego", "marca", "kwietnia", "maja",
	    "czerwca", "lipca", "sierpnia", "września", "października",
	    "listopada", "grudnia" }, { "poniedziałek", "wtorek", "środa",
	    "czwartek", "piątek", "sobota", "niedziela" } },
	{ STR("cs"), { "ledna", "února", "března", "dubna", "května",
	    "června", "července", "srpna", "září", "října", "listopadu",
	    "prosince" }, { "pondělí", "úterý", "středa", "čtvrtek",
	    "pátek", "sobota", "neděle" } },
	{ STR("ru"), { "января", "февраля", "марта", "апреля", "мая",
	    "июня", "июля", "августа", "сентября", "октября", "ноября",
	    "декабря" }, { "понедельник", "вторник", "среда", "четверг",
	    "пятница", "суббота", "воскресенье" } },
	{ STR("tr"), { "ocak", "şubat", "mart", "nisan", "mayıs", "haziran",
	    "temmuz", "ağustos", "eylül", "ekim", "kasım", "aralık" },
	  { "pazartesi", "salı", "çarşamba", "perşembe", "cuma",
	    "cumartesi", "pazar" } },
};

enum whole { WHOLE_NONE, WHOLE_ISO, WHOLE_UNIX, WHOLE_UNIX_MS, WHOLE_TAI };

#define TOKENS_MAX	64

struct date_format {
	enum whole whole;
	const struct names *names;
	struct token token[TOKENS_MAX];
	size_t n;
};

/* Of ISO 8601 what no log line begins with. */
static const char *const iso_rest[] = {
	"yyyy", "yyyy-MM", "yyyy-MM-dd'T'HH", "xxxx-'W'ww", "xxxx-'W'ww-e"
};

/* ---- compiling ---- */

static int
kind_of(char c, size_t width)
{
	switch (c) {
	case 'y': case 'Y': case 'u': return TOK_YEAR;
	case 'x': return TOK_WEEK_YEAR;
	case 'M': case 'L': return width >= 3 ? TOK_MONTH_NAME : TOK_MONTH;
	case 'd': return TOK_DAY;
	case 'D': return TOK_DAY_OF_YEAR;
	case 'H': return TOK_HOUR;
	case 'k': return TOK_HOUR24;
	case 'h': return TOK_HOUR12;
	case 'K': return TOK_HOUR11;
	case 'a': return TOK_AMPM;
	case 'm': return TOK_MINUTE;
	case 's': return TOK_SECOND;
	case 'S': return TOK_FRACTION;
	case 'Z': return width >= 3 ? TOK_ZONE : TOK_OFFSET;
	case 'X': return TOK_OFFSET;
	case 'E': return TOK_DAY_NAME;
	case 'e': return TOK_WEEKDAY;
	case 'w': return TOK_WEEK;
	default: return -1;
	}
}

static void
put_text(struct date_format *f, struct str text)
{
	struct token *last = f->n ? &f->token[f->n - 1] : NULL;

	/* Adjacent bytes of the pattern are one text. */
	if (last != NULL && last->kind == TOK_TEXT &&
	    last->text.p + last->text.n == text.p)
		last->text.n += text.n;
	else if (f->n < TOKENS_MAX)
		f->token[f->n++] = (struct token){ TOK_TEXT, 0, text, false };
}

/* 'T' is text, '' a quote, also inside of text. */
static int
quoted(struct date_format *f, struct str s, size_t *at, struct err *e)
{
	size_t from = *at + 1, i = from;

	if (i < s.n && s.p[i] == '\'') {
		put_text(f, str_sub(s, i, i + 1));
		*at = i + 1;
		return 0;
	}
	for (; i < s.n; i++) {
		if (s.p[i] != '\'')
			continue;
		put_text(f, str_sub(s, from, i));
		from = i + 1;
		if (from == s.n || s.p[from] != '\'')
			break;
		i++;
	}
	if (i >= s.n)
		return err_at(e, 1, (unsigned)*at + 1, "quote is not closed "
		    "in date format '" STR_FMT "'", STR_ARG(s));
	*at = i + 1;
	return 0;
}

static bool
is_number(const struct token *t)
{
	switch (t->kind) {
	case TOK_TEXT: case TOK_MONTH_NAME: case TOK_DAY_NAME:
	case TOK_AMPM: case TOK_OFFSET: case TOK_ZONE:
		return false;
	default:
		return true;
	}
}

static int
compile(struct date_format *f, struct str s, struct err *e)
{
	size_t at = 0, from;
	int kind;

	while (at < s.n) {
		if (s.p[at] == '\'') {
			if (quoted(f, s, &at, e) == -1)
				return -1;
			continue;
		}
		from = at++;
		if (!isalpha((unsigned char)s.p[from])) {
			put_text(f, str_sub(s, from, at));
			continue;
		}
		while (at < s.n && s.p[at] == s.p[from])
			at++;
		kind = kind_of(s.p[from], at - from);
		if (kind == -1)
			return err_at(e, 1, (unsigned)from + 1, "'%c' is no "
			    "letter of a date format in '" STR_FMT "'%s",
			    s.p[from], STR_ARG(s), s.p[from] == 'z' ?
			    ": names of zones cannot be read, use ZZZ" : "");
		if (f->n == TOKENS_MAX)
			return err_at(e, 1, 1, "date format is too long");
		f->token[f->n++] = (struct token){ (enum token_kind)kind,
		    at - from, STR_NONE, false };
		if (f->n > 1 && is_number(&f->token[f->n - 1]) &&
		    is_number(&f->token[f->n - 2]))
			f->token[f->n - 2].tight = true;
	}
	return 0;
}

static const struct { struct str word; enum whole whole; } wholes[] = {
	{ STR("ISO8601"), WHOLE_ISO }, { STR("UNIX"), WHOLE_UNIX },
	{ STR("UNIX_MS"), WHOLE_UNIX_MS }, { STR("TAI64N"), WHOLE_TAI },
};

struct date_format *
date_format_compile(struct str pattern, struct str locale, struct arena *a,
    struct err *e)
{
	struct date_format *f = ARENA_NEW(a, struct date_format);
	size_t i;

	f->names = &names[0];
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (locale.n >= 2 && str_eq_nocase(str_sub(locale, 0, 2),
		    names[i].locale))
			f->names = &names[i];
	for (i = 0; i < sizeof(wholes) / sizeof(wholes[0]); i++) {
		if (str_eq(pattern, wholes[i].word)) {
			f->whole = wholes[i].whole;
			return f;
		}
	}
	return compile(f, pattern, e) == -1 ? NULL : f;
}

/* ---- reading ---- */

struct read {
	struct str s;
	size_t at;
	struct civil c;
	int32_t hour12;		/* -1: not given */
	int32_t week, weekday;	/* of the year x; 0: not given */
	bool pm, has_ampm;
	const struct date_format *f;
};

static bool
number(struct read *r, size_t most, int32_t *out)
{
	size_t from = r->at;
	int32_t v = 0;

	while (r->at < r->s.n && r->at - from < most &&
	    r->s.p[r->at] >= '0' && r->s.p[r->at] <= '9')
		v = v * 10 + (r->s.p[r->at++] - '0');
	*out = v;
	return r->at > from;
}

/* Two digits of a year lie within 30 years before and 69 behind now. */
#define PIVOT_BEFORE	30

static bool
read_year(struct read *r, const struct token *t, const struct dates *d)
{
	int64_t now_year;
	unsigned month, day;
	size_t from = r->at;
	int32_t v;

	if (!number(r, t->tight ? t->width : t->width == 2 ? 4 : 9, &v))
		return false;
	if (t->width == 2 && r->at - from == 2) {
		time_civil_from_days(d->now_ms / DUR_DAY, &now_year, &month,
		    &day);
		now_year -= PIVOT_BEFORE;
		v += (int32_t)(now_year - now_year % 100);
		if (v < now_year)
			v += 100;
	}
	r->c.year = v;
	return true;
}

/* How much of the text is the name, in any case; 0 = it is not. */
static size_t
name_length(struct str s, const char *name, bool whole)
{
	struct str n = str_of(name);
	size_t i = 0, j = 0;

	while (i < s.n && j < n.n) {
		size_t a = i, b = j;

		if (utf8_lower(utf8_next(s, &a)) != utf8_next(n, &b))
			break;
		i = a;
		j = b;
	}
	if (j == n.n)
		return i;
	return !whole && utf8_count(str_sub(n, 0, j)) >= 3 ? i : 0;
}

/* The longest of n names that the text begins with, or its first letters. */
static bool
read_name(struct read *r, const char *const *name, int n, bool whole,
    int *index)
{
	struct str rest = str_sub(r->s, r->at, r->s.n);
	size_t best = 0, len;
	int i;

	for (i = 0; i < n; i++) {
		len = name_length(rest, name[i], whole);
		if (len > best) {
			best = len;
			*index = i;
		}
	}
	r->at += best;
	/* "Sept." and "janv." end in a point in some languages. */
	if (best > 0 && !whole && r->at < r->s.n && r->s.p[r->at] == '.')
		r->at++;
	return best > 0;
}

static bool
read_month_name(struct read *r)
{
	int i;

	if (!read_name(r, r->f->names->month, 12, false, &i) &&
	    !read_name(r, names[0].month, 12, false, &i))
		return false;
	r->c.month = i + 1;
	return true;
}

static bool
read_day_name(struct read *r)
{
	int i;

	return read_name(r, r->f->names->day, 7, false, &i) ||
	    read_name(r, names[0].day, 7, false, &i);
}

static bool
read_fraction(struct read *r, size_t most)
{
	uint32_t scale = 100000000;
	size_t from = r->at;

	for (r->c.ns = 0; r->at < r->s.n && r->at - from < most &&
	    r->s.p[r->at] >= '0' && r->s.p[r->at] <= '9'; r->at++) {
		r->c.ns += (uint32_t)(r->s.p[r->at] - '0') * scale;
		scale /= 10;
	}
	return r->at > from;
}

static bool
read_offset(struct read *r)
{
	int32_t sign, h, m = 0;

	if (r->at < r->s.n && r->s.p[r->at] == 'Z') {
		r->at++;
		r->c.offset = 0;
		return true;
	}
	if (r->at >= r->s.n ||
	    (r->s.p[r->at] != '+' && r->s.p[r->at] != '-'))
		return false;
	sign = r->s.p[r->at++] == '-' ? -1 : 1;
	if (!number(r, 2, &h))
		return false;
	if (r->at < r->s.n && r->s.p[r->at] == ':')
		r->at++;
	(void)number(r, 2, &m);
	r->c.offset = sign * (h * 3600 + m * 60);
	return h < 24 && m < 60;
}

/* A zone's name: its offset is asked for once the time is known. */
static bool
read_zone(struct read *r, struct str *zone)
{
	size_t from = r->at;

	while (r->at < r->s.n && (isalnum((unsigned char)r->s.p[r->at]) ||
	    strchr("/_+-", r->s.p[r->at]) != NULL))
		r->at++;
	*zone = str_sub(r->s, from, r->at);
	return r->at > from;
}

static bool
read_text(struct read *r, struct str text)
{
	size_t i;

	for (i = 0; i < text.n; i++) {
		if (r->at >= r->s.n || r->s.p[r->at] != text.p[i])
			return false;
		r->at++;
		if (text.p[i] != ' ')
			continue;
		/* "Jan  2" is "MMM d" too, and "Jan 12" is "MMM  d". */
		while (i + 1 < text.n && text.p[i + 1] == ' ')
			i++;
		while (r->at < r->s.n && r->s.p[r->at] == ' ')
			r->at++;
	}
	return true;
}

static bool
read_ampm(struct read *r)
{
	struct str word = str_sub(r->s, r->at, r->at + 2);

	r->has_ampm = true;
	r->pm = str_eq_nocase(word, STR("pm"));
	r->at += 2;
	return r->pm || str_eq_nocase(word, STR("am"));
}

static bool
read_token(struct read *r, const struct token *t, const struct dates *d,
    struct str *zone)
{
	size_t two = t->tight && t->width < 2 ? t->width : 2;

	switch (t->kind) {
	case TOK_TEXT: return read_text(r, t->text);
	case TOK_YEAR: case TOK_WEEK_YEAR: return read_year(r, t, d);
	case TOK_MONTH: return number(r, two, &r->c.month);
	case TOK_MONTH_NAME: return read_month_name(r);
	case TOK_DAY: return number(r, two, &r->c.day);
	case TOK_DAY_OF_YEAR:
		r->c.month = DATE_MISSING;
		return number(r, 3, &r->c.day);
	case TOK_HOUR: return number(r, two, &r->c.hour);
	case TOK_HOUR24:
		if (!number(r, two, &r->c.hour))
			return false;
		r->c.hour %= 24;
		return true;
	case TOK_HOUR12: case TOK_HOUR11:
		return number(r, two, &r->hour12);
	case TOK_AMPM: return read_ampm(r);
	case TOK_MINUTE: return number(r, two, &r->c.minute);
	case TOK_SECOND: return number(r, two, &r->c.second);
	case TOK_FRACTION: return read_fraction(r, t->tight ? t->width :
	    SIZE_MAX);
	case TOK_OFFSET: return read_offset(r);
	case TOK_ZONE: return read_zone(r, zone);
	case TOK_DAY_NAME: return read_day_name(r);
	case TOK_WEEK: return number(r, 2, &r->week) && r->week >= 1 &&
	    r->week <= 53;
	case TOK_WEEKDAY: return number(r, 1, &r->weekday) &&
	    r->weekday >= 1 && r->weekday <= 7;
	}
	return false;
}

/* Week 1 is that of January 4. */
static bool
week_to_day(struct read *r)
{
	int64_t jan4, day, year;
	unsigned month, mday;

	if (r->week == 0)
		return true;
	if (r->c.year == DATE_MISSING)
		return false;
	jan4 = time_days_from_civil(r->c.year, 1, 4);
	day = jan4 - ((jan4 + 3) % 7 + 7) % 7 + 7 * (r->week - 1) +
	    (r->weekday ? r->weekday - 1 : 0);
	time_civil_from_days(day, &year, &month, &mday);
	r->c.year = (int32_t)year;
	r->c.month = (int32_t)month;
	r->c.day = (int32_t)mday;
	return true;
}

static bool
resolve_zoned(struct dates *d, const struct civil *c, struct str zone,
    struct instant *out)
{
	struct dates there = *d;
	struct arena a = { 0 };
	struct err e;
	bool ok;

	there.cached = false;
	ok = date_zone(zone, &a, &there.zone, &e) == 0 &&
	    date_resolve(&there, c, out);
	arena_free(&a);
	return ok;
}

static bool
parse_tokens(const struct date_format *f, struct dates *d, struct str text,
    struct instant *out)
{
	struct read r = { .s = text, .hour12 = -1, .f = f, .c = {
	    DATE_MISSING, 1, 1, 0, 0, 0, 0, DATE_MISSING } };
	struct str zone = STR_NONE;
	size_t i;

	for (i = 0; i < f->n; i++)
		if (!read_token(&r, &f->token[i], d, &zone))
			return false;
	if (r.at != text.n || !week_to_day(&r))
		return false;
	if (r.hour12 != -1) {
		if (r.hour12 > 12)
			return false;
		r.c.hour = r.has_ampm ? r.hour12 % 12 + 12 * r.pm : r.hour12;
	}
	return zone.n > 0 ? resolve_zoned(d, &r.c, zone, out) :
	    date_resolve(d, &r.c, out);
}

static bool
parse_iso_rest(struct dates *d, struct str text, struct instant *out)
{
	struct err e;
	size_t i;

	for (i = 0; i < sizeof(iso_rest) / sizeof(iso_rest[0]); i++) {
		struct date_format f = { .names = &names[0] };

		if (compile(&f, str_of(iso_rest[i]), &e) == 0 &&
		    parse_tokens(&f, d, text, out))
			return true;
	}
	return false;
}

static bool
parse_unix(struct str text, int64_t max, struct instant *out)
{
	ptrdiff_t dot = str_find_char(text, '.');
	struct read r = { .s = text };
	int64_t s;

	if (dot != -1) {
		r.at = (size_t)dot + 1;
		if (!read_fraction(&r, SIZE_MAX) || r.at != text.n)
			return false;
	}
	if (!num_parse_i64(dot == -1 ? text : str_sub(text, 0, (size_t)dot),
	    -max - 1, max, &s))
		return false;
	out->ms = s * 1000 + r.c.ns / 1000000;
	out->ns = r.c.ns % 1000000;
	return true;
}

bool
date_parse(const struct date_format *f, struct dates *d, struct str text,
    struct instant *out)
{
	struct civil c;

	out->ns = 0;
	switch (f->whole) {
	case WHOLE_NONE:
		return parse_tokens(f, d, text, out);
	case WHOLE_ISO:
		return text.n > 0 && ((date_scan_iso(text, &c) == text.n &&
		    date_resolve(d, &c, out)) || parse_iso_rest(d, text,
		    out));
	case WHOLE_UNIX:
		return parse_unix(text, INT32_MAX, out);
	case WHOLE_UNIX_MS:
		return num_parse_i64(text, -INT64_C(99999999999999),
		    INT64_C(99999999999999), &out->ms);
	case WHOLE_TAI:
		return date_scan_tai64n(text, out) == text.n;
	}
	return false;
}

/* ---- printing ---- */

struct broken {
	int64_t year;
	unsigned month, day, yday, hour, minute, second, ms, week;
	int weekday;		/* 0 = Monday */
	int64_t week_year;	/* of week: that of its Thursday */
};

static void
break_down(int64_t ms, struct broken *b)
{
	int64_t days = ms / DUR_DAY - (ms % DUR_DAY < 0);
	unsigned rest = (unsigned)(ms - days * DUR_DAY), month, day;

	time_civil_from_days(days, &b->year, &b->month, &b->day);
	b->yday = (unsigned)(days - time_days_from_civil(b->year, 1, 1)) + 1;
	b->weekday = (int)(((days + 3) % 7 + 7) % 7);
	time_civil_from_days(days - b->weekday + 3, &b->week_year, &month,
	    &day);
	b->week = (unsigned)(days - b->weekday + 3 -
	    time_days_from_civil(b->week_year, 1, 1)) / 7 + 1;
	b->hour = rest / 3600000;
	b->minute = rest / 60000 % 60;
	b->second = rest / 1000 % 60;
	b->ms = rest % 1000;
}

static void
put_name(struct buf *out, const char *name, size_t width)
{
	struct str s = str_of(name);

	if (width < 4)
		s = str_sub(s, 0, 3);
	(void)buf_putc(out, (char)toupper((unsigned char)s.p[0]));
	(void)buf_put(out, str_sub(s, 1, s.n));
}

static void
put_year(struct buf *out, int64_t year, int width)
{
	(void)buf_printf(out, "%0*lld", width, (long long)(width == 2 ?
	    year % 100 : year));
}

static void
put_token(struct buf *out, const struct token *t, const struct broken *b)
{
	int w = (int)t->width;

	switch (t->kind) {
	case TOK_TEXT: (void)buf_put(out, t->text); break;
	case TOK_YEAR: put_year(out, b->year, w); break;
	case TOK_WEEK_YEAR: put_year(out, b->week_year, w); break;
	case TOK_MONTH: (void)buf_printf(out, "%0*u", w, b->month); break;
	case TOK_MONTH_NAME:
		put_name(out, names[0].month[b->month - 1], t->width);
		break;
	case TOK_DAY: (void)buf_printf(out, "%0*u", w, b->day); break;
	case TOK_DAY_OF_YEAR: (void)buf_printf(out, "%0*u", w, b->yday); break;
	case TOK_HOUR: (void)buf_printf(out, "%0*u", w, b->hour); break;
	case TOK_HOUR24:
		(void)buf_printf(out, "%0*u", w, (b->hour + 23) % 24 + 1);
		break;
	case TOK_HOUR11: (void)buf_printf(out, "%0*u", w, b->hour % 12); break;
	case TOK_HOUR12:
		(void)buf_printf(out, "%0*u", w, (b->hour + 11) % 12 + 1);
		break;
	case TOK_AMPM: (void)buf_put(out, b->hour < 12 ? STR("AM") : STR("PM"));
		break;
	case TOK_MINUTE: (void)buf_printf(out, "%0*u", w, b->minute); break;
	case TOK_SECOND: (void)buf_printf(out, "%0*u", w, b->second); break;
	case TOK_FRACTION: {
		char text[16];

		(void)snprintf(text, sizeof(text), "%03u000000", b->ms);
		(void)buf_put(out, str_sub(str_of(text), 0, t->width));
		break;
	}
	case TOK_OFFSET:
		(void)buf_put(out, w == 1 ? STR("+0000") : STR("+00:00"));
		break;
	case TOK_ZONE: (void)buf_put(out, STR("UTC")); break;
	case TOK_DAY_NAME: put_name(out, names[0].day[b->weekday], t->width);
		break;
	case TOK_WEEK:
		(void)buf_printf(out, "%0*u", w, b->week);
		break;
	case TOK_WEEKDAY:
		(void)buf_printf(out, "%0*u", w, (unsigned)b->weekday + 1);
		break;
	}
}

int
date_print(struct buf *out, struct str pattern, int64_t ms)
{
	struct date_format f = { .whole = WHOLE_NONE };
	struct broken b;
	struct err e;
	size_t i;

	if (str_eq(pattern, STR("%s")))
		return buf_printf(out, "%lld", (long long)(ms / 1000));
	if (compile(&f, pattern, &e) == -1)
		return -1;
	break_down(ms, &b);
	for (i = 0; i < f.n; i++)
		put_token(out, &f.token[i], &b);
	return 0;
}
