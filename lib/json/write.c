#include "json/write.h"

#include "core/num.h"
#include "core/utf8.h"
#include "json/plain.h"

/* A buffer that reached its maximum stays short; its owner looks at that. */

static void
put(struct jw *w, struct str s)
{
	(void)buf_put(w->out, s);
}

/* The comma before a value or a key that follows another. */
static void
comma(struct jw *w)
{
	if (w->comma)
		(void)buf_putc(w->out, ',');
	w->comma = true;
}

void
jw_obj(struct jw *w)
{
	comma(w);
	w->comma = false;
	(void)buf_putc(w->out, '{');
}

void
jw_obj_end(struct jw *w)
{
	w->comma = true;
	(void)buf_putc(w->out, '}');
}

void
jw_arr(struct jw *w)
{
	comma(w);
	w->comma = false;
	(void)buf_putc(w->out, '[');
}

void
jw_arr_end(struct jw *w)
{
	w->comma = true;
	(void)buf_putc(w->out, ']');
}

void
jw_key(struct jw *w, struct str k)
{
	comma(w);
	w->comma = false;
	json_put_str(w->out, k, w->html);
	(void)buf_putc(w->out, ':');
}

void
jw_str(struct jw *w, struct str s)
{
	comma(w);
	json_put_str(w->out, s, w->html);
}

void
jw_num(struct jw *w, double v)
{
	comma(w);
	if (v - v == 0)
		num_print(w->out, v, NUM_JSON);
	else
		put(w, STR("null"));
}

void
jw_int(struct jw *w, int64_t v)
{
	comma(w);
	num_print_i64(w->out, v);
}

void
jw_bool(struct jw *w, bool b)
{
	comma(w);
	put(w, b ? STR("true") : STR("false"));
}

void
jw_null(struct jw *w)
{
	comma(w);
	put(w, STR("null"));
}

void
jw_raw(struct jw *w, struct str json)
{
	comma(w);
	put(w, json);
}

/*
 * How a byte is written inside a string: as it is; as \u00xx, always or only
 * under html; as the first of several (UTF-8); else the letter behind the
 * backslash.
 */
enum { AS_IS, AS_U, AS_HTML, AS_UTF8 };

static const unsigned char how[256] = {
	[0x00 ... 0x07] = AS_U, ['\b'] = 'b', ['\t'] = 't', ['\n'] = 'n',
	[0x0b] = AS_U, ['\f'] = 'f', ['\r'] = 'r', [0x0e ... 0x1f] = AS_U,
	['"'] = '"', ['\\'] = '\\',
	['<'] = AS_HTML, ['>'] = AS_HTML, ['&'] = AS_HTML,
	[0x80 ... 0xff] = AS_UTF8,
};

/*
 * The character at s.p[*at], which is not ASCII: as it is, but what browsers
 * take for line ends (U+2028, U+2029) and bad bytes as escapes.
 */
static void
put_utf8(struct buf *out, struct str s, size_t *at)
{
	size_t from = *at;
	uint32_t c = utf8_next(s, at);

	if (c == UTF8_BAD && *at == from + 1)
		(void)buf_put(out, STR("\\ufffd"));
	else if (c == 0x2028 || c == 0x2029)
		(void)buf_printf(out, "\\u%04x", (unsigned)c);
	else
		(void)buf_put(out, str_sub(s, from, *at));
}

/* The byte at s.p[*at], which is not written as it is. */
static void
put_escaped(struct buf *out, struct str s, size_t *at)
{
	unsigned char c = (unsigned char)s.p[*at];

	switch (how[c]) {
	case AS_UTF8:
		put_utf8(out, s, at);
		return;
	case AS_U:
	case AS_HTML:
		(void)buf_printf(out, "\\u%04x", c);
		break;
	default:
		(void)buf_putc(out, '\\');
		(void)buf_putc(out, (char)how[c]);
	}
	++*at;
}

/* Most strings stand as they are and have room: one look, one copy. */
static bool
put_plain(struct buf *out, struct str s, bool html)
{
	char *p;

	if (plain_run(s.p, s.n, html) < s.n || out->cap - out->n < s.n + 2 ||
	    (out->max && out->max - out->n < s.n + 2))
		return false;
	p = out->p + out->n;
	p[0] = '"';
	if (s.n)
		memcpy(p + 1, s.p, s.n);
	p[s.n + 1] = '"';
	out->n += s.n + 2;
	return true;
}

void
json_put_str(struct buf *out, struct str s, bool html)
{
	size_t i = 0, from;

	if (put_plain(out, s, html))
		return;
	(void)buf_putc(out, '"');
	while (i < s.n) {
		from = i;
		i += plain_run(s.p + i, s.n - i, html);
		(void)buf_put(out, (struct str){ s.p + from, i - from });
		if (i < s.n)
			put_escaped(out, s, &i);
	}
	(void)buf_putc(out, '"');
}
