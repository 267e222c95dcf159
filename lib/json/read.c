#include "json/read.h"

#include "core/num.h"
#include "core/utf8.h"
#include "json/plain.h"

/* What may come next. */
enum state {
	VALUE,			/* a value: at the start, behind ':' or ',' */
	FIRST_KEY,		/* behind '{': a key or '}' */
	FIRST_ELEMENT,		/* behind '[': a value or ']' */
	AFTER,			/* behind a value: ',' or the closing one */
	BAD
};

void
jr_init(struct jr *r, struct str text, struct arena *a)
{
	*r = (struct jr){ .text = text, .arena = a, .state = VALUE };
}

static enum jr_tok
bad(struct jr *r, size_t at, const char *why)
{
	r->start = at;
	r->why = why;
	r->state = BAD;
	return JR_BAD;
}

static bool
in_object(const struct jr *r)
{
	return r->depth && (r->in_object >> (r->depth - 1) & 1);
}

static void
skip_blanks(struct jr *r)
{
	for (; r->at < r->text.n; r->at++) {
		switch (r->text.p[r->at]) {
		case ' ':
		case '\t':
		case '\n':
		case '\r':
			continue;
		}
		return;
	}
}

/* Four hexadecimal digits at p[0..4). */
static bool
hex4(const char *p, uint32_t *out)
{
	uint32_t v = 0;
	int i;

	for (i = 0; i < 4; i++) {
		char c = p[i];

		v <<= 4;
		if (c >= '0' && c <= '9')
			v |= (uint32_t)(c - '0');
		else if (c >= 'a' && c <= 'f')
			v |= (uint32_t)(c - 'a' + 10);
		else if (c >= 'A' && c <= 'F')
			v |= (uint32_t)(c - 'A' + 10);
		else
			return false;
	}
	*out = v;
	return true;
}

/* c as UTF-8 at p, which has room for 4; how many bytes. */
static size_t
encode(char *p, uint32_t c)
{
	if (c < 0x80) {
		p[0] = (char)c;
		return 1;
	}
	if (c < 0x800) {
		p[0] = (char)(0xc0 | c >> 6);
		p[1] = (char)(0x80 | (c & 0x3f));
		return 2;
	}
	if (c < 0x10000) {
		p[0] = (char)(0xe0 | c >> 12);
		p[1] = (char)(0x80 | (c >> 6 & 0x3f));
		p[2] = (char)(0x80 | (c & 0x3f));
		return 3;
	}
	p[0] = (char)(0xf0 | c >> 18);
	p[1] = (char)(0x80 | (c >> 12 & 0x3f));
	p[2] = (char)(0x80 | (c >> 6 & 0x3f));
	p[3] = (char)(0x80 | (c & 0x3f));
	return 4;
}

/*
 * \uXXXX at raw[at] (the backslash), or a pair of them for a character above
 * U+FFFF.  Returns the bytes passed, 0 when it is none.
 */
static size_t
unescape_u(struct str raw, size_t at, uint32_t *c)
{
	uint32_t low;

	if (raw.n - at < 6 || !hex4(raw.p + at + 2, c))
		return 0;
	if (*c < 0xd800 || *c > 0xdfff)
		return 6;
	if (*c > 0xdbff || raw.n - at < 12 || raw.p[at + 6] != '\\' ||
	    raw.p[at + 7] != 'u' || !hex4(raw.p + at + 8, &low) ||
	    low < 0xdc00 || low > 0xdfff)
		return 0;
	*c = 0x10000 + ((*c - 0xd800) << 10) + (low - 0xdc00);
	return 12;
}

static char
simple_escape(char c)
{
	switch (c) {
	case '"':
	case '\\':
	case '/':
		return c;
	case 'b':
		return '\b';
	case 'f':
		return '\f';
	case 'n':
		return '\n';
	case 'r':
		return '\r';
	case 't':
		return '\t';
	}
	return 0;
}

/* raw is what stands between the quotes; an escape never makes it longer. */
static int
unescape(struct jr *r, struct str raw, size_t raw_at)
{
	char *out = arena_raw(r->arena, raw.n);
	size_t i = 0, n = 0, len;
	uint32_t c;

	while (i < raw.n) {
		if (raw.p[i] != '\\') {
			out[n++] = raw.p[i++];
			continue;
		}
		if (raw.p[i + 1] == 'u') {
			len = unescape_u(raw, i, &c);
			if (len == 0) {
				(void)bad(r, raw_at + i,
				    "a bad \\u escape in a string");
				return -1;
			}
			n += encode(out + n, c);
			i += len;
			continue;
		}
		out[n] = simple_escape(raw.p[i + 1]);
		if (out[n++] == 0) {
			(void)bad(r, raw_at + i,
			    "an unknown escape in a string");
			return -1;
		}
		i += 2;
	}
	r->str = (struct str){ out, n };
	return 0;
}

static size_t
first_bad_utf8(struct str s)
{
	size_t at = 0, before = 0;

	while (at < s.n) {
		before = at;
		if (utf8_next(s, &at) == UTF8_BAD && at == before + 1)
			break;
	}
	return before;
}

/* The string whose opening quote stands at r->at. */
static int
read_string(struct jr *r)
{
	const unsigned char *p = (const unsigned char *)r->text.p;
	size_t from = r->at + 1, i = from, n = r->text.n;
	bool escaped = false, high = false;
	struct str raw;

	while (i < n) {
		i += plain_run(r->text.p + i, n - i, false);
		if (i == n || p[i] == '"')
			break;
		if (p[i] < 0x20) {
			(void)bad(r, i, "a control byte in a string");
			return -1;
		}
		if (p[i] == '\\') {
			escaped = true;
			i += 2;
			continue;
		}
		high = true;
		while (i < n && p[i] >= 0x80)
			i++;
	}
	if (i >= n) {
		(void)bad(r, n, "the end inside a string");
		return -1;
	}
	raw = (struct str){ r->text.p + from, i - from };
	if (high && !utf8_valid(raw)) {
		(void)bad(r, from + first_bad_utf8(raw), "invalid UTF-8");
		return -1;
	}
	r->at = i + 1;
	r->str = raw;
	return escaped ? unescape(r, raw, from) : 0;
}

static char
at_or_nul(const struct jr *r, size_t i)
{
	return i < r->text.n ? r->text.p[i] : '\0';
}

static enum jr_tok
read_number(struct jr *r)
{
	const char *p = r->text.p + r->at;
	const char *behind = num_scan(p, r->text.p + r->text.n, &r->num);

	if (behind == NULL)
		return bad(r, r->at, "a wrong number");
	r->str = (struct str){ p, (size_t)(behind - p) };
	r->at += r->str.n;
	r->state = AFTER;
	return JR_NUM;
}

static enum jr_tok
read_word(struct jr *r)
{
	static const struct { struct str word; enum jr_tok tok; } words[] = {
		{ STR("true"), JR_TRUE },
		{ STR("false"), JR_FALSE },
		{ STR("null"), JR_NULL },
	};
	size_t i, end = r->at;
	char c;

	if (at_or_nul(r, end) == '+' || at_or_nul(r, end) == '-')
		end++;
	for (; (c = at_or_nul(r, end) | 0x20) >= 'a' && c <= 'z'; end++)
		continue;
	r->str = str_sub(r->text, r->at, end);
	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (!str_eq(r->str, words[i].word))
			continue;
		r->at = end;
		r->state = AFTER;
		return words[i].tok;
	}
	if (r->bare_nonfinite && num_parse_prom(r->str, &r->num)) {
		if (r->bare_at == 0)
			r->bare_at = r->start + 1;
		r->at = end;
		r->state = AFTER;
		return JR_NUM;
	}
	return bad(r, r->at, "no value");
}

static enum jr_tok
open_level(struct jr *r, bool object)
{
	if (r->depth == JR_DEPTH_MAX)
		return bad(r, r->at, "nested too deep");
	if (object)
		r->in_object |= UINT64_C(1) << r->depth;
	else
		r->in_object &= ~(UINT64_C(1) << r->depth);
	r->depth++;
	r->at++;
	r->state = object ? FIRST_KEY : FIRST_ELEMENT;
	return object ? JR_OBJ : JR_ARR;
}

static enum jr_tok
close_level(struct jr *r)
{
	bool object = in_object(r);

	r->depth--;
	r->at++;
	r->state = AFTER;
	return object ? JR_OBJ_END : JR_ARR_END;
}

static enum jr_tok
read_value(struct jr *r)
{
	char c = at_or_nul(r, r->at);
	char next;

	switch (c) {
	case '{':
		return open_level(r, true);
	case '[':
		return open_level(r, false);
	case '"':
		if (read_string(r) == -1)
			return JR_BAD;
		r->state = AFTER;
		return JR_STR;
	case '-':
		next = at_or_nul(r, r->at + 1);
		if (!r->bare_nonfinite || (next >= '0' && next <= '9'))
			return read_number(r);
		return read_word(r);
	}
	if (c >= '0' && c <= '9')
		return read_number(r);
	if (r->at == r->text.n)
		return bad(r, r->at, "the end instead of a value");
	return read_word(r);
}

/* string : */
static enum jr_tok
read_key(struct jr *r)
{
	if (at_or_nul(r, r->at) != '"')
		return bad(r, r->at, "no key");
	if (read_string(r) == -1)
		return JR_BAD;
	skip_blanks(r);
	if (at_or_nul(r, r->at) != ':')
		return bad(r, r->at, "no ':' behind a key");
	r->at++;
	r->state = VALUE;
	return JR_KEY;
}

/* Behind a value: the end, the closing byte, or ',' and what follows it. */
static enum jr_tok
read_after(struct jr *r)
{
	bool object = in_object(r);
	char c = at_or_nul(r, r->at);

	if (r->depth == 0) {
		if (r->at < r->text.n)
			return bad(r, r->at, "text behind the value");
		return JR_END;
	}
	if (c == (object ? '}' : ']'))
		return close_level(r);
	if (c != ',')
		return bad(r, r->at, r->at == r->text.n ?
		    "the end inside a value" : object ?
		    "no ',' or '}' in an object" : "no ',' or ']' in an array");
	r->at++;
	skip_blanks(r);
	r->start = r->at;
	return object ? read_key(r) : read_value(r);
}

enum jr_tok
jr_next(struct jr *r)
{
	if (r->state == BAD)
		return JR_BAD;
	skip_blanks(r);
	r->start = r->at;
	switch ((enum state)r->state) {
	case FIRST_KEY:
		if (at_or_nul(r, r->at) == '}')
			return close_level(r);
		return read_key(r);
	case FIRST_ELEMENT:
		if (at_or_nul(r, r->at) == ']')
			return close_level(r);
		return read_value(r);
	case AFTER:
		return read_after(r);
	case VALUE:
	case BAD:
		break;
	}
	return read_value(r);
}

int
jr_skip(struct jr *r, enum jr_tok tok)
{
	unsigned depth;

	if (tok == JR_KEY)
		tok = jr_next(r);
	if (tok == JR_BAD)
		return -1;
	if (tok != JR_OBJ && tok != JR_ARR)
		return 0;
	for (depth = r->depth - 1; r->depth > depth; )
		if (jr_next(r) == JR_BAD)
			return -1;
	return 0;
}

int
jr_raw(struct jr *r, struct str *raw)
{
	enum jr_tok tok = jr_next(r);
	size_t from = r->start;

	if (jr_skip(r, tok) == -1)
		return -1;
	*raw = str_sub(r->text, from, r->at);
	return 0;
}

int
jr_err(const struct jr *r, const char *expected, struct err *e)
{
	unsigned line, col;

	err_position(r->text, r->start, &line, &col);
	if (r->state == BAD)
		return err_at(e, line, col, "%s", r->why);
	return err_at(e, line, col, "expected %s", expected);
}
