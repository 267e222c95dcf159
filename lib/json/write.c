#include "json/write.h"

#include "core/num.h"
#include "core/utf8.h"

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
	(void)buf_printf(w->out, "%lld", (long long)v);
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
 * How a byte is written inside a string: 0 as it is, 1 as \u00xx, 2 the first
 * of several (UTF-8), 3 as \u00xx under html only, else the letter behind the
 * backslash.
 */
enum { AS_IS, AS_U, AS_UTF8, AS_HTML };

static unsigned char
how(unsigned char c)
{
	switch (c) {
	case '"':
	case '\\':
		return c;
	case '\b':
		return 'b';
	case '\f':
		return 'f';
	case '\n':
		return 'n';
	case '\r':
		return 'r';
	case '\t':
		return 't';
	case '<':
	case '>':
	case '&':
		return AS_HTML;
	}
	return c < 0x20 ? AS_U : c < 0x80 ? AS_IS : AS_UTF8;
}

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

void
json_put_str(struct buf *out, struct str s, bool html)
{
	size_t i = 0, from = 0;
	unsigned char h;

	(void)buf_putc(out, '"');
	while (i < s.n) {
		h = how((unsigned char)s.p[i]);
		if (h == AS_IS || (h == AS_HTML && !html)) {
			i++;
			continue;
		}
		(void)buf_put(out, str_sub(s, from, i));
		if (h == AS_UTF8) {
			put_utf8(out, s, &i);
		} else if (h == AS_U || h == AS_HTML) {
			(void)buf_printf(out, "\\u%04x",
			    (unsigned char)s.p[i++]);
		} else {
			(void)buf_putc(out, '\\');
			(void)buf_putc(out, (char)h);
			i++;
		}
		from = i;
	}
	(void)buf_put(out, str_sub(s, from, i));
	(void)buf_putc(out, '"');
}
