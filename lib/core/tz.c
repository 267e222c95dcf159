#include "core/tz.h"

#include <ctype.h>
#include <stdlib.h>

#include "core/dur.h"
#include "core/io.h"

#define TZ_DIR		"/usr/share/zoneinfo"
#define TZ_FILE_MAX	((size_t)256 << 10)

struct tz_type {
	int32_t offset;
	struct str name;
};

/* When a half of the year begins: Mm.w.d, Jn or n, at a second of the day. */
struct tz_day {
	char kind;			/* 'M', 'J' or 'n' */
	int month, week, day;
	int64_t second;
};

/* The rule of the last line, for times behind the last transition. */
struct tz_rule {
	bool set, dst;
	struct tz_type std, alt;
	struct tz_day start, end;
};

struct tz {
	const int64_t *at;		/* sorted */
	const uint8_t *type;
	size_t n;
	const struct tz_type *types;
	size_t ntypes;
	struct tz_rule rule;
};

static int64_t
big_endian(const char *p, unsigned bytes)
{
	uint64_t v = 0;
	unsigned i;

	for (i = 0; i < bytes; i++)
		v = v << 8 | (unsigned char)p[i];
	return bytes == 4 ? (int32_t)(uint32_t)v : (int64_t)v;
}

/* The six counts of a block's header. */
struct counts {
	size_t isut, isstd, leap, time, type, chars;
};

static bool
read_header(struct str s, struct counts *c)
{
	const char *p = s.p + 20;

	if (s.n < 44 || memcmp(s.p, "TZif", 4) != 0)
		return false;
	c->isut = (size_t)(uint32_t)big_endian(p, 4);
	c->isstd = (size_t)(uint32_t)big_endian(p + 4, 4);
	c->leap = (size_t)(uint32_t)big_endian(p + 8, 4);
	c->time = (size_t)(uint32_t)big_endian(p + 12, 4);
	c->type = (size_t)(uint32_t)big_endian(p + 16, 4);
	c->chars = (size_t)(uint32_t)big_endian(p + 20, 4);
	return true;
}

static size_t
block_size(const struct counts *c, size_t time_size)
{
	return c->time * (time_size + 1) + c->type * 6 + c->chars +
	    c->leap * (time_size + 4) + c->isstd + c->isut;
}

static bool
read_types(struct tz *z, struct str types, struct str names, struct arena *a)
{
	struct tz_type *t = ARENA_ARRAY(a, z->ntypes, struct tz_type);
	size_t i, at;

	for (i = 0; i < z->ntypes; i++) {
		t[i].offset = (int32_t)big_endian(types.p + i * 6, 4);
		at = (unsigned char)types.p[i * 6 + 5];
		if (at >= names.n)
			return false;
		t[i].name = arena_str(a, (struct str){ names.p + at,
		    strnlen(names.p + at, names.n - at) });
	}
	z->types = t;
	return true;
}

static bool
read_block(struct tz *z, struct str s, const struct counts *c,
    struct arena *a)
{
	int64_t *at = ARENA_ARRAY(a, c->time, int64_t);
	uint8_t *type = ARENA_ARRAY(a, c->time, uint8_t);
	size_t i;

	for (i = 0; i < c->time; i++) {
		at[i] = big_endian(s.p + i * 8, 8);
		type[i] = (uint8_t)s.p[c->time * 8 + i];
		if (type[i] >= c->type || (i > 0 && at[i] <= at[i - 1]))
			return false;
	}
	z->at = at;
	z->type = type;
	z->n = c->time;
	z->ntypes = c->type;
	s = str_sub(s, c->time * 9, s.n);
	return read_types(z, s, str_sub(s, c->type * 6, c->type * 6 +
	    c->chars), a);
}

/* "CET" or "<+03>". */
static bool
rule_name(struct str *s, struct str *name)
{
	size_t n = 0;

	if (s->n > 0 && s->p[0] == '<') {
		ptrdiff_t end = str_find_char(*s, '>');

		if (end == -1)
			return false;
		*name = str_sub(*s, 1, (size_t)end);
		*s = str_sub(*s, (size_t)end + 1, s->n);
		return true;
	}
	while (n < s->n && isalpha((unsigned char)s->p[n]))
		n++;
	*name = str_sub(*s, 0, n);
	*s = str_sub(*s, n, s->n);
	return n >= 3;
}

static bool
rule_int(struct str *s, int64_t *v)
{
	size_t n = 0;

	for (*v = 0; n < s->n && n < 4 && isdigit((unsigned char)s->p[n]); n++)
		*v = *v * 10 + (s->p[n] - '0');
	*s = str_sub(*s, n, s->n);
	return n > 0;
}

/* [+-]hh[:mm[:ss]] in seconds. */
static bool
rule_time(struct str *s, int64_t *out)
{
	bool minus = s->n > 0 && s->p[0] == '-';
	int64_t v, unit = 3600;

	if (s->n > 0 && (s->p[0] == '-' || s->p[0] == '+'))
		*s = str_sub(*s, 1, s->n);
	*out = 0;
	for (;;) {
		if (!rule_int(s, &v))
			return false;
		*out += v * unit;
		unit /= 60;
		if (s->n == 0 || s->p[0] != ':' || unit == 0)
			break;
		*s = str_sub(*s, 1, s->n);
	}
	if (minus)
		*out = -*out;
	return true;
}

static bool
rule_day(struct str *s, struct tz_day *d)
{
	int64_t m, w = 0, day = 0;

	if (s->n < 2 || s->p[0] != ',')
		return false;
	*s = str_sub(*s, 1, s->n);
	d->kind = isdigit((unsigned char)s->p[0]) ? 'n' : s->p[0];
	if (d->kind != 'n')
		*s = str_sub(*s, 1, s->n);
	if (!rule_int(s, &m))
		return false;
	if (d->kind == 'M') {
		if (s->n == 0 || s->p[0] != '.')
			return false;
		*s = str_sub(*s, 1, s->n);
		if (!rule_int(s, &w) || s->n == 0 || s->p[0] != '.')
			return false;
		*s = str_sub(*s, 1, s->n);
		if (!rule_int(s, &day) || m < 1 || m > 12 || day > 6)
			return false;
		d->month = (int)m;
		d->week = (int)w;
		d->day = (int)day;
	} else
		d->day = (int)m;
	d->second = 2 * 3600;
	if (s->n > 0 && s->p[0] == '/') {
		*s = str_sub(*s, 1, s->n);
		return rule_time(s, &d->second);
	}
	return true;
}

/* The POSIX TZ text of the last line: CET-1CEST,M3.5.0,M10.5.0/3 */
static void
read_rule(struct tz_rule *r, struct str s, struct arena *a)
{
	int64_t v;

	s = arena_str(a, s);
	if (!rule_name(&s, &r->std.name) || !rule_time(&s, &v))
		return;
	r->std.offset = (int32_t)-v;
	r->set = true;
	if (s.n == 0)
		return;
	r->alt.offset = r->std.offset + 3600;
	if (!rule_name(&s, &r->alt.name))
		return;
	if (s.n > 0 && s.p[0] != ',' && rule_time(&s, &v))
		r->alt.offset = (int32_t)-v;
	r->dst = rule_day(&s, &r->start) && rule_day(&s, &r->end);
}

static bool
parse_file(struct tz *z, struct str s, struct arena *a)
{
	struct counts c;
	size_t skip;

	/* The first block has 32-bit times; all files have a second one. */
	if (!read_header(s, &c) || s.p[4] < '2')
		return false;
	skip = 44 + block_size(&c, 4);
	if (skip > s.n)
		return false;
	s = str_sub(s, skip, s.n);
	if (!read_header(s, &c) || block_size(&c, 8) > s.n - 44 ||
	    c.type == 0)
		return false;
	s = str_sub(s, 44, s.n);
	if (!read_block(z, s, &c, a))
		return false;
	read_rule(&z->rule, str_trim(str_sub(s, block_size(&c, 8), s.n)), a);
	return true;
}

/* Names only: no way out of the directory. */
static bool
name_is_sane(struct str s)
{
	size_t i;

	if (s.n == 0 || s.n > 64 || s.p[0] == '/')
		return false;
	for (i = 0; i < s.n; i++)
		if (!isalnum((unsigned char)s.p[i]) &&
		    strchr("/_+-", s.p[i]) == NULL)
			return false;
	return true;
}

int
tz_load(struct str name, struct arena *a, const struct tz **out,
    struct err *e)
{
	bool local = str_eq(name, STR("Local"));
	struct buf b = { .max = TZ_FILE_MAX };
	const char *path;
	struct tz *z;
	struct err why;
	int rc = -1;

	*out = NULL;
	if (name.n == 0 || str_eq(name, STR("UTC")))
		return 0;
	if (!name_is_sane(name))
		return err_set(e, ERR_CONFIG, "unknown time zone " STR_FMT,
		    STR_ARG(name));
	path = local ? "/etc/localtime" :
	    arena_printf(a, "%s/" STR_FMT, TZ_DIR, STR_ARG(name)).p;
	z = ARENA_NEW(a, struct tz);
	if (io_read_file(path, TZ_FILE_MAX, &b, &why) == -1) {
		if (local)
			rc = 0;		/* none: UTC */
		else
			(void)err_set(e, ERR_CONFIG, "unknown time zone "
			    STR_FMT, STR_ARG(name));
	} else if (!parse_file(z, buf_str(&b), a))
		(void)err_set(e, ERR_CONFIG, "malformed time zone file '%s'",
		    path);
	else {
		*out = z;
		rc = 0;
	}
	buf_release(&b);
	return rc;
}

const struct tz *
tz_fixed(int64_t offset, struct arena *a)
{
	int64_t minutes = (offset < 0 ? -offset : offset) / 60;
	struct tz_type *type = ARENA_NEW(a, struct tz_type);
	struct tz *z = ARENA_NEW(a, struct tz);

	type->offset = (int32_t)offset;
	type->name = arena_printf(a, "%c%02lld:%02lld", offset < 0 ? '-' :
	    '+', (long long)minutes / 60, (long long)minutes % 60);
	z->types = type;
	z->ntypes = 1;
	return z;
}

static bool
leap(int64_t year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

/* The instant, in local standard of `offset`, when the rule's day begins. */
static int64_t
day_at(const struct tz_day *d, int64_t year, int64_t offset)
{
	int64_t days, first, last;

	if (d->kind == 'J') {
		days = time_days_from_civil(year, 1, 1) + d->day - 1;
		if (leap(year) && d->day >= 60)
			days++;
	} else if (d->kind == 'n') {
		days = time_days_from_civil(year, 1, 1) + d->day;
	} else {
		first = time_days_from_civil(year, (unsigned)d->month, 1);
		last = d->month == 12 ?
		    time_days_from_civil(year + 1, 1, 1) :
		    time_days_from_civil(year, (unsigned)d->month + 1, 1);
		/* 1970-01-01 was a Thursday. */
		days = first + (d->day - (first % 7 + 11) % 7 + 7) % 7 +
		    (d->week - 1) * 7;
		while (days >= last)
			days -= 7;
	}
	return days * 86400 + d->second - offset;
}

static const struct tz_type *
by_rule(const struct tz_rule *r, int64_t at)
{
	int64_t year, start, end;
	unsigned month, day;
	bool dst;

	if (!r->dst)
		return &r->std;
	time_civil_from_days((at + r->std.offset) / 86400 -
	    ((at + r->std.offset) % 86400 < 0), &year, &month, &day);
	start = day_at(&r->start, year, r->std.offset);
	end = day_at(&r->end, year, r->alt.offset);
	dst = start < end ? at >= start && at < end :
	    at >= start || at < end;
	return dst ? &r->alt : &r->std;
}

static const struct tz_type *
type_at(const struct tz *z, int64_t at)
{
	size_t lo = 0, hi = z->n;

	if (z->rule.set && (z->n == 0 || at >= z->at[z->n - 1]))
		return by_rule(&z->rule, at);
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (z->at[mid] <= at)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo == 0 ? &z->types[0] : &z->types[z->type[lo - 1]];
}

int64_t
tz_offset(const struct tz *z, int64_t unix_s)
{
	return z == NULL ? 0 : type_at(z, unix_s)->offset;
}

struct str
tz_abbreviation(const struct tz *z, int64_t unix_s)
{
	return z == NULL ? STR("UTC") : type_at(z, unix_s)->name;
}
