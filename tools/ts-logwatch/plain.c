#include "plain.h"

#include "core/utf8.h"

#define SEPARATOR	0x1f	/* between the parts of a key */

size_t
plain_put(struct buf *out, struct str s, size_t columns)
{
	size_t at = 0, used = 0;
	uint32_t c;

	while (at < s.n && used < columns) {
		c = utf8_next(s, &at);
		if (c == SEPARATOR)
			c = ' ';
		else if (!utf8_printable(c))
			c = '?';
		used += (size_t)utf8_width(c);
		(void)utf8_put(out, c);
	}
	return used;
}

/* The bytes of U+007F to U+009F at p, 0: none. */
static size_t
control(struct str s, size_t at)
{
	const unsigned char *p = (const unsigned char *)s.p + at;

	if (p[0] == 0x7f)
		return 1;
	return at + 1 < s.n && p[0] == 0xc2 && p[1] >= 0x80 && p[1] < 0xa0 ?
	    2 : 0;
}

void
plain_json(struct buf *b, size_t from)
{
	struct str s = str_sub(buf_str(b), from, b->n);
	struct buf out = { 0 };
	size_t at = 0, n;

	while (at < s.n && control(s, at) == 0)
		at++;
	if (at == s.n)
		return;
	(void)buf_put(&out, str_sub(s, 0, at));
	for (; at < s.n; at += n ? n : 1)
		if ((n = control(s, at)) == 0)
			(void)buf_putc(&out, s.p[at]);
		else
			(void)buf_printf(&out, "\\u%04x",
			    (unsigned)(unsigned char)s.p[at + n - 1]);
	b->n = from;
	(void)buf_put(b, buf_str(&out));
	buf_release(&out);
}
