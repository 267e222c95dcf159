#include "scan.h"

#include <arpa/inet.h>

#include "core/buf.h"
#include "core/utf8.h"

bool
scan_quoted(struct scan *c, struct str *out, bool *escaped)
{
	size_t i = c->at;
	const char *from, *end;

	if (i >= c->s.n || c->s.p[i] != '"')
		return false;
	from = c->s.p + i + 1;
	end = memchr(from, '"', c->s.n - i - 1);
	if (end == NULL)
		return false;
	if (memchr(from, '\\', (size_t)(end - from)) == NULL) {
		*out = (struct str){ from, (size_t)(end - from) };
		c->at += out->n + 2;
		return true;
	}
	for (i++; i < c->s.n && c->s.p[i] != '"'; i++) {
		if (c->s.p[i] == '\\') {
			*escaped = true;
			i++;
		}
	}
	if (i >= c->s.n)
		return false;
	*out = str_sub(c->s, c->at + 1, i);
	c->at = i + 1;
	return true;
}

static int
hex_digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ?
	    c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* n digits at s[at]; -1 when they are not there. */
static int32_t
hex_value(struct str s, size_t at, size_t n)
{
	int32_t v = 0;
	int d;

	for (; n > 0; n--, at++) {
		if (at >= s.n || (d = hex_digit(s.p[at])) == -1)
			return -1;
		v = v << 4 | d;
	}
	return v;
}

static size_t
unescape_one(struct str s, size_t at, struct buf *out)
{
	static const char from[] = "nrtbf", to[] = "\n\r\t\b\f";
	char c = s.p[at + 1];
	const char *simple = c ? strchr(from, c) : NULL;
	int32_t v;

	if (simple != NULL) {
		(void)buf_putc(out, to[simple - from]);
	} else if (c == 'x' && (v = hex_value(s, at + 2, 2)) >= 0) {
		(void)buf_putc(out, (char)v);
		return 4;
	} else if (c == 'u' && (v = hex_value(s, at + 2, 4)) >= 0) {
		(void)utf8_put(out, (uint32_t)v);
		return 6;
	} else if (strchr("\"\\/'", c) != NULL && c != '\0') {
		(void)buf_putc(out, c);
	} else {
		(void)buf_put(out, str_sub(s, at, at + 2));
	}
	return 2;
}

struct str
scan_unescape(struct str s, struct arena *a)
{
	struct buf b = { 0 };
	struct str out;
	size_t i = 0;

	while (i < s.n) {
		if (s.p[i] == '\\' && i + 1 < s.n)
			i += unescape_one(s, i, &b);
		else
			(void)buf_putc(&b, s.p[i++]);
	}
	out = arena_str(a, buf_str(&b));
	buf_release(&b);
	return out;
}

bool
scan_ipv4(struct str s, unsigned char out[4])
{
	const char *p = s.p, *end = s.p + s.n, *from;
	unsigned v;
	int i;

	for (i = 0; i < 4; i++, p++) {
		from = p;
		for (v = 0; p < end && *p >= '0' && *p <= '9' &&
		    p - from < 3; p++)
			v = v * 10 + (unsigned)(*p - '0');
		if (p == from || v > 255 || (*from == '0' && p - from > 1) ||
		    (i < 3 && (p == end || *p != '.')))
			return false;
		out[i] = (unsigned char)v;
	}
	return p - 1 == end;
}

bool
scan_is_address(struct str s)
{
	unsigned char bytes[16];
	char text[INET6_ADDRSTRLEN];

	if (scan_ipv4(s, bytes))
		return true;
	if (s.n < 2 || s.n >= sizeof(text) ||
	    str_find_char(s, ':') == -1)
		return false;
	memcpy(text, s.p, s.n);
	text[s.n] = '\0';
	return inet_pton(AF_INET6, text, bytes) == 1;
}
