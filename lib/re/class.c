#include "re/internal.h"

#include <stdio.h>

#include "core/utf8.h"

int
re_bad(struct err *e, size_t at, const char *code, struct str frag)
{
	return err_at(e, 1, (unsigned)at + 1,
	    "error parsing regexp: %s: `" STR_FMT "`", code, STR_ARG(frag));
}

static bool
is_alnum(uint32_t c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
	    (c >= 'A' && c <= 'Z');
}

static int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

void
re_put_char(struct buf *out, uint32_t c)
{
	if (c < 0x80 && !is_alnum(c) && c > ' ' && c != 0x7f)
		(void)buf_putc(out, '\\');
	if (c < 0x80)
		(void)buf_putc(out, (char)c);
	else
		(void)buf_printf(out, "\\x{%x}", (unsigned)c);
}

/* \x7F and \x{10FFFF}; *at stands behind the x. */
static int
escape_hex(struct str p, size_t *at, size_t start, uint32_t *c, struct err *e)
{
	size_t i = *at;
	uint32_t v = 0;
	bool brace = i < p.n && p.p[i] == '{';
	size_t digits = 0, max = brace ? 8 : 2;

	if (brace)
		i++;
	while (i < p.n && digits < max && hex_digit(p.p[i]) >= 0) {
		v = v * 16 + (uint32_t)hex_digit(p.p[i++]);
		digits++;
	}
	if ((brace && (digits == 0 || i >= p.n || p.p[i] != '}')) ||
	    (!brace && digits != 2) || v > 0x10ffff)
		return re_bad(e, start, "invalid escape sequence",
		    str_sub(p, start, i + 1));
	*at = i + brace;
	*c = v;
	return 1;
}

/* \012 and \12; *at stands on the first digit. */
static int
escape_octal(struct str p, size_t *at, size_t start, uint32_t *c,
    struct err *e)
{
	size_t i = *at;
	uint32_t v = 0;

	if (p.p[i] != '0' &&
	    (i + 1 >= p.n || p.p[i + 1] < '0' || p.p[i + 1] > '7'))
		return re_bad(e, start, "invalid escape sequence",
		    str_sub(p, start, i + 1));
	for (; i < p.n && i < *at + 3 && p.p[i] >= '0' && p.p[i] <= '7'; i++)
		v = v * 8 + (uint32_t)(p.p[i] - '0');
	*at = i;
	*c = v;
	return 1;
}

int
re_escape_char(struct str p, size_t *at, uint32_t *c, struct err *e)
{
	static const char letters[] = "aftnrv";
	static const char values[] = "\a\f\t\n\r\v";
	size_t start = *at, i = *at + 1;
	const char *l;
	char ch;

	if (i >= p.n)
		return re_bad(e, start,
		    "trailing backslash at end of expression", STR_NONE);
	ch = p.p[i];
	if (ch == 'x' || (ch >= '0' && ch <= '7')) {
		i += ch == 'x';
		if ((ch == 'x' ? escape_hex : escape_octal)(p, &i, start, c,
		    e) == -1)
			return -1;
		*at = i;
		return 1;
	}
	if (ch != '\0' && (l = strchr(letters, ch)) != NULL)
		*c = (unsigned char)values[l - letters];
	else if ((unsigned char)ch < 0x80 && !is_alnum((unsigned char)ch))
		*c = (unsigned char)ch;
	else
		return 0;
	*at = i + 1;
	return 1;
}

/* \pL \p{Greek} \p{^Greek} \PL */
static int
unicode_class(struct str p, size_t *at, struct buf *out, struct err *e)
{
	size_t i = *at + 2, end;
	bool negate = p.p[*at + 1] == 'P';
	struct str name;
	ptrdiff_t close;

	if (i < p.n && p.p[i] == '{') {
		close = str_find_char(str_sub(p, i, p.n), '}');
		if (close == -1)
			return re_bad(e, *at, "invalid character class range",
			    str_sub(p, *at, p.n));
		name = str_sub(p, i + 1, i + (size_t)close);
		end = i + (size_t)close + 1;
	} else {
		name = str_sub(p, i, i + 1);
		end = i + 1;
	}
	if (name.n > 0 && name.p[0] == '^') {
		negate = !negate;
		name = str_sub(name, 1, name.n);
	}
	for (i = 0; i < name.n; i++)
		if (!is_alnum((unsigned char)name.p[i]) && name.p[i] != '_')
			name.n = 0;
	if (name.n == 0)
		return re_bad(e, *at, "invalid character class range",
		    str_sub(p, *at, end));
	/* A script's name alone would mean its extensions to PCRE2. */
	(void)buf_printf(out, "\\%c{%s" STR_FMT "}", negate ? 'P' : 'p',
	    name.n > 2 && !str_eq(name, STR("Any")) ? "sc:" : "",
	    STR_ARG(name));
	*at = end;
	return 1;
}

int
re_escape_class(struct str p, size_t *at, bool in_class, struct buf *out,
    struct err *e)
{
	/* RE2's \s is without the vertical tab, which PCRE2's has. */
	static const char *const space[2][2] = {
		{ "[\\t\\n\\f\\r ]", "[^\\t\\n\\f\\r ]" },
		{ "\\t\\n\\f\\r ",
		  "\\x00-\\x08\\x0b\\x0e-\\x1f\\x21-\\x{10ffff}" }
	};
	char ch = *at + 1 < p.n ? p.p[*at + 1] : '\0';

	switch (ch) {
	case 'd': case 'w':
		(void)buf_put(out, str_sub(p, *at, *at + 2));
		break;
	case 'D': case 'W':
		/* Alone, PCRE2 10.42's compiled code fails at what is not
		 * ASCII. */
		(void)buf_printf(out, in_class ? "\\%c" : "[\\%c]", ch);
		break;
	case 's': case 'S':
		(void)buf_put(out, str_of(space[in_class][ch == 'S']));
		break;
	case 'p': case 'P':
		return unicode_class(p, at, out, e);
	default:
		return 0;
	}
	*at += 2;
	return 1;
}

/* [:alpha:] and [:^alpha:] inside a class: 1, 0 when it is none, -1 bad. */
static int
posix_class(struct str p, size_t *at, struct buf *out, struct err *e)
{
	static const char *const names[] = {
		"alnum", "alpha", "ascii", "blank", "cntrl", "digit", "graph",
		"lower", "print", "punct", "space", "upper", "word", "xdigit"
	};
	struct str rest = str_sub(p, *at, p.n), name;
	ptrdiff_t end;
	size_t i;

	if (!str_starts(rest, STR("[:")) ||
	    (end = str_find(rest, STR(":]"))) < 2)
		return 0;
	name = str_sub(rest, 2, (size_t)end);
	if (name.n > 0 && name.p[0] == '^')
		name = str_sub(name, 1, name.n);
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (!str_eq(name, str_of(names[i])))
			continue;
		(void)buf_put(out, str_sub(rest, 0, (size_t)end + 2));
		*at += (size_t)end + 2;
		return 1;
	}
	return re_bad(e, *at, "invalid character class range",
	    str_sub(rest, 0, (size_t)end + 2));
}

/* One character of a class, plain or escaped. */
static int
class_char(struct str p, size_t *at, uint32_t *c, struct err *e)
{
	size_t start = *at, next;
	int r;

	if (p.p[*at] != '\\') {
		*c = utf8_next(p, at);
		return 0;
	}
	if ((r = re_escape_char(p, at, c, e)) == 1)
		return 0;
	if (r == -1)
		return -1;
	next = start + 1;
	(void)utf8_next(p, &next);
	return re_bad(e, start, "invalid escape sequence",
	    str_sub(p, start, next));
}

/* lo or lo-hi */
static int
class_range(struct str p, size_t *at, struct buf *out, struct err *e)
{
	size_t start = *at;
	uint32_t lo, hi;

	if (class_char(p, at, &lo, e) == -1)
		return -1;
	re_put_char(out, lo);
	if (*at + 1 >= p.n || p.p[*at] != '-' || p.p[*at + 1] == ']')
		return 0;
	(*at)++;
	if (class_char(p, at, &hi, e) == -1)
		return -1;
	if (hi < lo)
		return re_bad(e, start, "invalid character class range",
		    str_sub(p, start, *at));
	(void)buf_putc(out, '-');
	re_put_char(out, hi);
	return 0;
}

int
re_class(struct str p, size_t *at, struct buf *out, struct err *e)
{
	size_t start = *at, i = *at + 1;
	bool first = true;
	int r;

	(void)buf_putc(out, '[');
	if (i < p.n && p.p[i] == '^') {
		(void)buf_putc(out, '^');
		i++;
	}
	for (; i < p.n && (first || p.p[i] != ']'); first = false) {
		if ((r = posix_class(p, &i, out, e)) == 0 && p.p[i] == '\\')
			r = re_escape_class(p, &i, true, out, e);
		if (r == 0)
			r = class_range(p, &i, out, e);
		if (r == -1)
			return -1;
	}
	if (i >= p.n)
		return re_bad(e, start, "missing closing ]",
		    str_sub(p, start, p.n));
	(void)buf_putc(out, ']');
	*at = i + 1;
	return 0;
}
