#include "index_name.h"

#include <time.h>

#include "core/vec.h"

#define NAME_MAX_BYTES	255

enum part_kind { PART_TEXT, PART_TIME, PART_FIELD };

struct part {
	enum part_kind kind;
	struct str text;	/* literal, units as strftime's, or name */
};

struct index_name {
	VEC(struct part) part;
};

/* Letters of Joda time, the longest first, and strftime's. */
static const struct { struct str joda, c; } letters[] = {
	{ STR("YYYY"), STR("%Y") }, { STR("yyyy"), STR("%Y") },
	{ STR("xxxx"), STR("%G") }, { STR("DDD"), STR("%j") },
	{ STR("MM"), STR("%m") }, { STR("dd"), STR("%d") },
	{ STR("HH"), STR("%H") }, { STR("mm"), STR("%M") },
	{ STR("ss"), STR("%S") }, { STR("ww"), STR("%V") },
};
#define NLETTERS	(sizeof(letters) / sizeof(letters[0]))

/* Bytes that no name of an index may have. */
static bool
allowed(char c)
{
	return (unsigned char)c > ' ' && strchr("\\/*?\"<>|,#:", c) == NULL &&
	    !(c >= 'A' && c <= 'Z') && c != 0x7f;
}

static int
parse_time(struct str s, struct arena *a, struct part *out, struct err *e)
{
	struct buf b = { 0 };
	size_t i;
	int rc = 0;

	while (s.n > 0 && rc == 0) {
		for (i = 0; i < NLETTERS; i++)
			if (str_starts(s, letters[i].joda))
				break;
		if (i < NLETTERS) {
			(void)buf_put(&b, letters[i].c);
			s = str_sub(s, letters[i].joda.n, s.n);
		} else if (allowed(s.p[0]) && strchr("%'", s.p[0]) == NULL &&
		    !(s.p[0] >= 'a' && s.p[0] <= 'z')) {
			(void)buf_putc(&b, s.p[0]);
			s = str_sub(s, 1, s.n);
		} else {
			rc = err_set(e, ERR_CONFIG, "a time in the name of "
			    "an index has no '%c'; it is like "
			    "%%{+YYYY.MM.dd}", s.p[0]);
		}
	}
	out->kind = PART_TIME;
	out->text = (struct str){ arena_cstr(a, buf_str(&b)), b.n };
	buf_release(&b);
	return rc;
}

/* [a][b] is a.b */
static struct str
field_name(struct str s, struct arena *a)
{
	struct buf b = { 0 };
	struct str out;
	size_t i;

	for (i = 0; i < s.n; i++)
		if (s.p[i] == ']' && i + 1 < s.n && s.p[i + 1] == '[')
			(void)buf_putc(&b, '.');
		else if (s.p[i] != '[' && s.p[i] != ']')
			(void)buf_putc(&b, s.p[i]);
	out = arena_str(a, buf_str(&b));
	buf_release(&b);
	return out;
}

static int
check_text(struct str s, bool first, struct err *e)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		if (!allowed(s.p[i]))
			return err_set(e, ERR_CONFIG, "the name of an index "
			    "has no '%c'", s.p[i]);
	if (first && s.n > 0 && strchr("-_+.", s.p[0]) != NULL)
		return err_set(e, ERR_CONFIG, "the name of an index does not "
		    "begin with '%c'", s.p[0]);
	return 0;
}

static int
parse(struct str s, struct arena *a, struct index_name *x, struct err *e)
{
	struct part p;
	ptrdiff_t at;

	while (s.n > 0) {
		if (!str_starts(s, STR("%{"))) {
			at = str_find(s, STR("%{"));
			p.kind = PART_TEXT;
			p.text = str_sub(s, 0, at < 0 ? s.n : (size_t)at);
			if (check_text(p.text, x->part.n == 0, e) == -1)
				return -1;
			s = str_sub(s, p.text.n, s.n);
		} else {
			if ((at = str_find_char(s, '}')) < 0)
				return err_set(e, ERR_CONFIG,
				    "'%%{' without its '}'");
			p.kind = PART_FIELD;
			p.text = str_sub(s, 2, (size_t)at);
			s = str_sub(s, (size_t)at + 1, s.n);
			if (str_starts(p.text, STR("+"))) {
				if (parse_time(str_sub(p.text, 1, p.text.n),
				    a, &p, e) == -1)
					return -1;
			} else {
				p.text = field_name(p.text, a);
			}
		}
		vec_push(&x->part, p);
	}
	return x->part.n > 0 ? 0 : err_set(e, ERR_CONFIG,
	    "the name of an index is empty");
}

static void
release(void *arg)
{
	struct index_name *x = arg;

	vec_release(&x->part);
}

struct index_name *
index_name_parse(struct str pattern, struct arena *a, struct err *e)
{
	struct index_name *x = ARENA_NEW(a, struct index_name);

	arena_own(a, release, x);
	return parse(arena_str(a, pattern), a, x, e) == 0 ? x : NULL;
}

static void
put_field(struct str v, bool first, struct buf *out)
{
	size_t i;

	if (v.n == 0)
		v = STR("unknown");
	for (i = 0; i < v.n; i++) {
		char c = v.p[i];

		if (c >= 'A' && c <= 'Z')
			c = (char)(c - 'A' + 'a');
		if (!allowed(c))
			c = '-';
		if (first && i == 0 && strchr("-_+.", c) != NULL)
			c = 'x';
		(void)buf_putc(out, c);
	}
}

static void
put_unit(char unit, const struct tm *tm, struct buf *out)
{
	char text[16];
	size_t n = 0;

	switch (unit) {
	case 'Y': n = strftime(text, sizeof(text), "%Y", tm); break;
	case 'G': n = strftime(text, sizeof(text), "%G", tm); break;
	case 'j': n = strftime(text, sizeof(text), "%j", tm); break;
	case 'V': n = strftime(text, sizeof(text), "%V", tm); break;
	case 'm': n = strftime(text, sizeof(text), "%m", tm); break;
	case 'd': n = strftime(text, sizeof(text), "%d", tm); break;
	case 'H': n = strftime(text, sizeof(text), "%H", tm); break;
	case 'M': n = strftime(text, sizeof(text), "%M", tm); break;
	case 'S': n = strftime(text, sizeof(text), "%S", tm); break;
	}
	(void)buf_put(out, (struct str){ text, n });
}

static void
put_time(struct str format, int64_t ms, struct buf *out)
{
	time_t t = (time_t)(ms / 1000 - (ms % 1000 < 0));
	struct tm tm;
	size_t i;

	if (gmtime_r(&t, &tm) == NULL)
		return;
	for (i = 0; i < format.n; i++)
		if (format.p[i] == '%')
			put_unit(format.p[++i], &tm, out);
		else
			(void)buf_putc(out, format.p[i]);
}

void
index_name_put(const struct index_name *x, const struct event *ev,
    struct buf *out)
{
	size_t i, from = out->n;

	for (i = 0; i < x->part.n; i++) {
		const struct part *p = &x->part.p[i];

		if (p->kind == PART_TEXT)
			(void)buf_put(out, p->text);
		else if (p->kind == PART_TIME)
			put_time(p->text, ev->time, out);
		else
			put_field(value_text(event_get(ev, p->text)),
			    out->n == from, out);
	}
	/* A cut character would be no UTF-8. */
	if (out->n - from > NAME_MAX_BYTES)
		for (out->n = from + NAME_MAX_BYTES; out->n > from &&
		    ((unsigned char)out->p[out->n] & 0xc0) == 0x80; )
			out->n--;
}

void
index_name_put_wildcard(const struct index_name *x, struct buf *out)
{
	size_t i;

	for (i = 0; i < x->part.n; i++)
		if (x->part.p[i].kind == PART_TEXT)
			(void)buf_put(out, x->part.p[i].text);
		else if (out->n == 0 || out->p[out->n - 1] != '*')
			(void)buf_putc(out, '*');
}
