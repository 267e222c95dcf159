#include "model/labels.h"

#include "core/utf8.h"

/* ---- Go string literals ---- */

static const char escape_letters[] = "abfnrtv";
static const char escape_bytes[] = "\a\b\f\n\r\t\v";

static void
quote_char(struct buf *out, uint32_t c)
{
	const char *at;

	if (c == '"' || c == '\\') {
		(void)buf_putc(out, '\\');
		(void)buf_putc(out, (char)c);
	} else if (utf8_printable(c)) {
		(void)utf8_put(out, c);
	} else if (c && c < 0x20 &&
	    (at = strchr(escape_bytes, (int)c)) != NULL) {
		(void)buf_putc(out, '\\');
		(void)buf_putc(out, escape_letters[at - escape_bytes]);
	} else if (c < 0x80) {
		(void)buf_printf(out, "\\x%02x", c);
	} else {
		(void)buf_printf(out, c < 0x10000 ? "\\u%04x" : "\\U%08x", c);
	}
}

void
go_quote(struct buf *out, struct str s)
{
	size_t at = 0, was;
	uint32_t c;

	(void)buf_putc(out, '"');
	while (at < s.n) {
		was = at;
		c = utf8_next(s, &at);
		if (c == UTF8_BAD && at - was == 1)
			(void)buf_printf(out, "\\x%02x",
			    (unsigned char)s.p[was]);
		else
			quote_char(out, c);
	}
	(void)buf_putc(out, '"');
}

static int
digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return 16;
}

/* n digits of the base at s[*at]. */
static int
digits(struct str s, size_t *at, unsigned n, unsigned base, uint32_t *out)
{
	unsigned v = 0;
	int d;

	if (s.n - *at < n)
		return -1;
	while (n--) {
		if ((d = digit_value(s.p[(*at)++])) >= (int)base)
			return -1;
		v = v * base + (unsigned)d;
	}
	*out = v;
	return 0;
}

/* The escape behind the backslash at s[*at - 1]. */
static int
unescape(struct buf *out, struct str s, size_t *at, char quote)
{
	const char *letter;
	uint32_t c;
	char e;

	if (*at == s.n)
		return -1;
	e = s.p[(*at)++];
	if (e == quote || e == '\\')
		return buf_putc(out, e);
	if (e && (letter = strchr(escape_letters, e)) != NULL)
		return buf_putc(out, escape_bytes[letter - escape_letters]);
	if (e >= '0' && e <= '7') {
		(*at)--;
		if (digits(s, at, 3, 8, &c) == -1 || c > 255)
			return -1;
		return buf_putc(out, (char)c);
	}
	if (e == 'x') {
		if (digits(s, at, 2, 16, &c) == -1)
			return -1;
		return buf_putc(out, (char)c);
	}
	if (e != 'u' && e != 'U')
		return -1;
	if (digits(s, at, e == 'u' ? 4 : 8, 16, &c) == -1 || c > 0x10ffff ||
	    (c >= 0xd800 && c <= 0xdfff))
		return -1;
	return utf8_put(out, c);
}

int
go_unquote(struct buf *out, struct str s, char quote)
{
	size_t at = 0, from;

	while (at < s.n) {
		from = at;
		while (at < s.n && s.p[at] != '\\' && s.p[at] != quote &&
		    s.p[at] != '\n')
			at++;
		if (buf_put(out, str_sub(s, from, at)) == -1)
			return -1;
		if (at == s.n)
			break;
		if (s.p[at++] != '\\' || unescape(out, s, &at, quote) == -1)
			return -1;
	}
	return 0;
}

/* ---- label sets ---- */

static void
put_pair(struct buf *out, const struct label *l, bool bare, bool *first)
{
	if (!*first)
		(void)buf_put(out, STR(", "));
	*first = false;
	if (bare || label_name_is_legacy(l->name->s))
		(void)buf_put(out, l->name->s);
	else
		go_quote(out, l->name->s);
	(void)buf_putc(out, '=');
	go_quote(out, l->value->s);
}

void
labels_print(const struct labels *l, struct buf *out)
{
	struct str name = labels_get(l, STR("__name__"));
	bool in_front = metric_name_is_legacy(name), first = true;
	size_t i;

	if (in_front)
		(void)buf_put(out, name);
	if (in_front && l->n == 1)
		return;
	(void)buf_putc(out, '{');
	if (name.n && !in_front) {
		go_quote(out, name);
		first = false;
	}
	for (i = 0; i < l->n; i++)
		if (!str_eq(l->v[i].name->s, STR("__name__")))
			put_pair(out, &l->v[i], false, &first);
	(void)buf_putc(out, '}');
}

void
labels_print_bare(const struct labels *l, struct buf *out)
{
	bool first = true;
	size_t i;

	(void)buf_putc(out, '{');
	for (i = 0; i < l->n; i++)
		put_pair(out, &l->v[i], true, &first);
	(void)buf_putc(out, '}');
}
