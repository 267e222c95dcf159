/* Constants of the language: strings, characters, numbers. */
#include <errno.h>
#include <stdlib.h>

#include "core/utf8.h"
#include "tmpl/internal.h"

/* \x41 \101 \u00e9 \U0001F600: digits of a base; 0 when they are not. */
static bool
unquote_digits(struct str s, size_t *at, unsigned n, unsigned base,
    uint32_t *c)
{
	unsigned d;

	for (*c = 0; n > 0; n--, (*at)++) {
		if (*at >= s.n)
			return false;
		d = (unsigned char)s.p[*at];
		d = d >= '0' && d <= '9' ? d - '0' :
		    (d | 32) >= 'a' && (d | 32) <= 'f' ? (d | 32) - 'a' + 10 :
		    99;
		if (d >= base)
			return false;
		*c = *c * base + d;
	}
	return true;
}

static bool
unquote_escape(struct str s, size_t *at, struct buf *out, char quote)
{
	static const char from[] = "abfnrtv\\", to[] = "\a\b\f\n\r\t\v\\";
	char c = s.p[(*at)++];
	const char *hit;
	uint32_t u;

	if (c == quote)
		return buf_putc(out, c) == 0;
	if ((hit = strchr(from, c)) != NULL && c != '\0')
		return buf_putc(out, to[hit - from]) == 0;
	switch (c) {
	case 'x':
		return unquote_digits(s, at, 2, 16, &u) &&
		    buf_putc(out, (char)u) == 0;
	case 'u':
		return unquote_digits(s, at, 4, 16, &u) &&
		    (u < 0xd800 || u > 0xdfff) && utf8_put(out, u) == 0;
	case 'U':
		return unquote_digits(s, at, 8, 16, &u) && u <= 0x10ffff &&
		    (u < 0xd800 || u > 0xdfff) && utf8_put(out, u) == 0;
	default:
		(*at)--;
		return unquote_digits(s, at, 3, 8, &u) && u < 256 &&
		    buf_putc(out, (char)u) == 0;
	}
}

/* Go's strconv.Unquote of a token with its quotes. */
bool
literal_unquote(struct str s, struct arena *a, struct str *out)
{
	struct buf b = { 0 };
	char quote = s.p[0];
	size_t at = 1;
	bool ok = true;

	if (quote == '`') {
		while (at < s.n - 1)
			if (s.p[at++] != '\r')
				(void)buf_putc(&b, s.p[at - 1]);
	}
	while (ok && at < s.n - 1) {
		if (s.p[at] != '\\') {
			(void)buf_putc(&b, s.p[at++]);
			continue;
		}
		at++;
		ok = at < s.n - 1 && unquote_escape(s, &at, &b, quote);
	}
	*out = arena_str(a, buf_str(&b));
	buf_release(&b);
	return ok;
}

/* The digits without their underscores, NUL-terminated. */
char *
literal_digits(struct str s, struct arena *a)
{
	char *t = arena_cstr(a, s);
	size_t i, n = 0;

	for (i = 0; i < s.n; i++)
		if (s.p[i] != '_')
			t[n++] = s.p[i];
	t[n] = '\0';
	return t;
}

/* Go's base prefixes: 0x, 0b, 0o, and 0 alone for octal. */
static int
number_base(const char **t)
{
	const char *s = *t;

	if (s[0] != '0' || s[1] == '\0')
		return 10;
	switch (s[1] | 32) {
	case 'x':
		*t = s + 2;
		return 16;
	case 'b':
		*t = s + 2;
		return 2;
	case 'o':
		*t = s + 2;
		return 8;
	}
	return 8;
}

static void
number_integer(struct number *num, const char *t)
{
	bool negative = *t == '-';
	unsigned long long u;
	char *end;
	int base;

	if (*t == '-' || *t == '+')
		t++;
	base = number_base(&t);
	if (*t == '\0' || *t == '-' || *t == '+')
		return;
	errno = 0;
	u = strtoull(t, &end, base);
	if (*end != '\0' || errno != 0)
		return;
	if (!negative) {
		num->is_uint = true;
		num->u = u;
	}
	if (u <= INT64_MAX || (negative && u == (uint64_t)INT64_MAX + 1)) {
		num->is_int = true;
		num->i = (int64_t)(negative ? 0 - u : u);
	}
}

static void
number_float(struct number *num, const char *t)
{
	char *end;

	if (num->is_int) {
		num->is_float = true;
		num->f = (double)num->i;
		return;
	}
	if (num->is_uint) {
		num->is_float = true;
		num->f = (double)num->u;
		return;
	}
	/* Without '.', 'e' or 'p' it was meant as an integer: overflow. */
	if (strpbrk(t, ".eEpP") == NULL || strpbrk(t, "iInN") != NULL)
		return;
	num->f = strtod(t, &end);
	if (*end != '\0')
		return;
	num->is_float = true;
	if (num->f >= -9007199254740992.0 && num->f <= 9007199254740992.0 &&
	    num->f == (double)(int64_t)num->f) {
		num->is_int = true;
		num->i = (int64_t)num->f;
		num->is_uint = num->i >= 0;
		num->u = (uint64_t)num->i;
	}
}

bool
literal_number(const char *digits, struct number *out)
{
	number_integer(out, digits);
	number_float(out, digits);
	return out->is_int || out->is_uint || out->is_float;
}

bool
literal_char(struct str token, struct arena *a, struct number *out)
{
	struct str s;
	size_t at = 0;

	if (!literal_unquote(token, a, &s) || s.n == 0)
		return false;
	*out = (struct number){ .is_int = true, .is_uint = true,
	    .is_float = true, .is_char = true };
	out->i = (int64_t)utf8_next(s, &at);
	out->u = (uint64_t)out->i;
	out->f = (double)out->i;
	return at == s.n;
}
