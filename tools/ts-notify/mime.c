#include "mime.h"

#include "core/vec.h"

#define LINE_MAX_QP	76
#define WORD_MAX	75

static bool
is_plain(struct str s)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] < ' ' ||
		    (unsigned char)s.p[i] > '~')
			return false;
	return true;
}

/* Bytes of the character at s[at]. */
static size_t
char_len(struct str s, size_t at)
{
	size_t n = 1;

	while (at + n < s.n && ((unsigned char)s.p[at + n] & 0xc0) == 0x80)
		n++;
	return n;
}

/* A character inside of an encoded word. */
static void
put_word_char(struct buf *out, struct str c)
{
	size_t i;

	for (i = 0; i < c.n; i++) {
		unsigned char b = (unsigned char)c.p[i];

		if (b == ' ')
			(void)buf_putc(out, '_');
		else if (b >= '!' && b <= '~' && b != '=' && b != '?' &&
		    b != '_')
			(void)buf_putc(out, (char)b);
		else
			(void)buf_printf(out, "=%02X", b);
	}
}

void
mime_put_header(struct buf *out, struct str value)
{
	struct buf c = { 0 };
	size_t at = 0, n, room = 0;

	if (is_plain(value)) {
		(void)buf_put(out, value);
		return;
	}
	for (; at < value.n; at += n) {
		n = char_len(value, at);
		buf_reset(&c);
		put_word_char(&c, str_sub(value, at, at + n));
		if (c.n > room) {
			/* A long value is several words on lines of theirs. */
			(void)buf_put(out, at > 0 ? STR("?=\r\n ") :
			    STR_NONE);
			(void)buf_put(out, STR("=?utf-8?q?"));
			room = WORD_MAX - 12;
		}
		(void)buf_put(out, buf_str(&c));
		room -= c.n;
	}
	(void)buf_put(out, STR("?="));
	buf_release(&c);
}

void
mime_put_quoted(struct buf *out, struct str text)
{
	size_t i, line = 0;
	char piece[4];

	for (i = 0; i < text.n; i++) {
		unsigned char b = (unsigned char)text.p[i];
		bool last = i + 1 == text.n || text.p[i + 1] == '\n' ||
		    (text.p[i + 1] == '\r' && i + 2 < text.n &&
		    text.p[i + 2] == '\n');
		size_t n = 1;

		if (b == '\r' && i + 1 < text.n && text.p[i + 1] == '\n')
			continue;
		if (b == '\n') {
			(void)buf_put(out, STR("\r\n"));
			line = 0;
			continue;
		}
		piece[0] = (char)b;
		/* Blanks at the end of a line would be lost on the way. */
		if ((b < ' ' && b != '\t') || b > '~' || b == '=' ||
		    ((b == ' ' || b == '\t') && last)) {
			static const char hex[] = "0123456789ABCDEF";

			piece[0] = '=';
			piece[1] = hex[b >> 4];
			piece[2] = hex[b & 15];
			n = 3;
		}
		/* Room for the "=" of a soft break stays. */
		if (line + n > LINE_MAX_QP - 1) {
			(void)buf_put(out, STR("=\r\n"));
			line = 0;
		}
		(void)buf_put(out, (struct str){ piece, n });
		line += n;
	}
}

static bool
address_ok(struct str s)
{
	ptrdiff_t at = str_find_char(s, '@');
	size_t i;

	for (i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] <= ' ' || s.p[i] == '<' ||
		    s.p[i] == '>' || s.p[i] == 0x7f)
			return false;
	return at > 0 && (size_t)at + 1 < s.n;
}

/* One of the list: what stands in <>, else the whole. */
static bool
one_address(struct str s, struct str *out)
{
	ptrdiff_t open, close;

	s = str_trim(s);
	if (str_find_char(s, '\n') != -1 || str_find_char(s, '\r') != -1)
		return false;
	open = str_find_char(s, '<');
	*out = s;
	if (open != -1) {
		*out = str_sub(s, (size_t)open + 1, s.n);
		close = str_find_char(*out, '>');
		if (close == -1)
			return false;
		*out = str_sub(*out, 0, (size_t)close);
	}
	return address_ok(*out);
}

size_t
mime_addresses(struct str list, struct arena *a, struct str **out)
{
	VEC(struct str) v = { 0 };
	size_t i, from = 0, n;
	bool quoted = false;
	struct str one;

	for (i = 0; i <= list.n; i++) {
		if (i < list.n && list.p[i] == '"')
			quoted = !quoted;
		if (i < list.n && (list.p[i] != ',' || quoted))
			continue;
		if (!one_address(str_sub(list, from, i), &one)) {
			vec_release(&v);
			return 0;
		}
		vec_push(&v, one);
		from = i + 1;
	}
	n = v.n;
	*out = ARENA_ARRAY(a, n, struct str);
	memcpy(*out, v.p, n * sizeof(one));
	vec_release(&v);
	return n;
}
