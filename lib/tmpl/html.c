#include "tmpl/html.h"

#include <ctype.h>

#include "core/utf8.h"

/*
 * Where in a page the writer stands, followed through the literal text of
 * the templates as it is written.  What actions print does not move it (an
 * action cannot open a tag), except that it begins an attribute's value.
 */
enum state {
	H_TEXT, H_TAG_OPEN, H_TAG_NAME, H_TAG, H_ATTR_NAME, H_AFTER_NAME,
	H_BEFORE_VALUE, H_VALUE, H_COMMENT, H_SPECIAL
};

enum element { E_PLAIN, E_SCRIPT, E_STYLE, E_TEXTAREA, E_TITLE };

static const struct {
	const char *name;
	enum element element;
} specials[] = {
	{ "script", E_SCRIPT }, { "style", E_STYLE },
	{ "textarea", E_TEXTAREA }, { "title", E_TITLE },
};

static const char *const url_attrs[] = {
	"action", "archive", "background", "cite", "classid", "codebase",
	"data", "formaction", "href", "icon", "longdesc", "manifest",
	"poster", "profile", "src", "srcset", "usemap", "xmlns"
};

static bool
blank(int c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';
}

static void
name_reset(struct html *h)
{
	h->name_n = 0;
}

/* Long names are none of those that matter; they are cut. */
static void
name_add(struct html *h, char c)
{
	if (h->name_n < sizeof(h->name))
		h->name[h->name_n++] = (char)tolower((unsigned char)c);
}

static struct str
name_of(const struct html *h)
{
	return (struct str){ h->name, h->name_n };
}

static enum html_attr
attr_kind(struct str name)
{
	ptrdiff_t colon;
	size_t i;

	if (str_starts(name, STR("data-")))
		name = str_sub(name, 5, name.n);
	else if ((colon = str_find_char(name, ':')) != -1) {
		if (str_eq(str_sub(name, 0, (size_t)colon), STR("xmlns")))
			return HTML_URL;
		name = str_sub(name, (size_t)colon + 1, name.n);
	}
	if (str_eq(name, STR("style")))
		return HTML_CSS;
	if (str_starts(name, STR("on")))
		return HTML_JS;
	for (i = 0; i < sizeof(url_attrs) / sizeof(url_attrs[0]); i++)
		if (str_eq(name, str_of(url_attrs[i])))
			return HTML_URL;
	/* Made-up names that sound like it. */
	if (str_find(name, STR("src")) != -1 ||
	    str_find(name, STR("uri")) != -1 ||
	    str_find(name, STR("url")) != -1)
		return HTML_URL;
	return HTML_PLAIN;
}

static void
begin_value(struct html *h, unsigned char delim)
{
	h->state = H_VALUE;
	h->delim = delim;
	h->attr = (unsigned char)attr_kind(name_of(h));
	h->url_part = 0;
	h->any = false;
	h->quote = 0;
}

static void
end_tag(struct html *h)
{
	h->state = h->element == E_PLAIN ? H_TEXT : H_SPECIAL;
	h->quote = 0;
	name_reset(h);
}

static void
end_tag_name(struct html *h)
{
	struct str name = name_of(h);
	size_t i;

	h->element = E_PLAIN;
	for (i = 0; i < sizeof(specials) / sizeof(specials[0]); i++)
		if (str_eq(name, str_of(specials[i].name)))
			h->element = (unsigned char)specials[i].element;
	h->state = H_TAG;
}

/* Quotes of scripts and styles, so that a value knows it is in a string. */
static void
track_quote(struct html *h, char c)
{
	if (h->quote == 0 && (c == '"' || c == '\'' || c == '`'))
		h->quote = (unsigned char)c;
	else if (h->quote != 0 && (unsigned char)c == h->quote)
		h->quote = 0;
}

static void
value_byte(struct html *h, char c)
{
	bool end = h->delim != 0 ? (unsigned char)c == h->delim :
	    blank(c) || c == '>';

	if (end) {
		h->state = H_TAG;
		if (h->delim == 0 && c == '>')
			end_tag(h);
		return;
	}
	h->any = true;
	if (h->attr == HTML_URL && (c == '?' || c == '#'))
		h->url_part = 2;
	else if (h->attr == HTML_URL && h->url_part == 0)
		h->url_part = 1;
	else if (h->attr == HTML_JS || h->attr == HTML_CSS)
		track_quote(h, c);
}

/* Inside of a tag, outside of values. */
static void
tag_byte(struct html *h, char c)
{
	if (c == '>') {
		end_tag(h);
		return;
	}
	switch (h->state) {
	case H_TAG:
		if (blank(c) || c == '/')
			return;
		name_reset(h);
		name_add(h, c);
		h->state = H_ATTR_NAME;
		return;
	case H_ATTR_NAME:
		if (c == '=')
			h->state = H_BEFORE_VALUE;
		else if (blank(c) || c == '/')
			h->state = H_AFTER_NAME;
		else
			name_add(h, c);
		return;
	case H_AFTER_NAME:
		if (c == '=')
			h->state = H_BEFORE_VALUE;
		else if (!blank(c)) {
			h->state = H_TAG;
			tag_byte(h, c);
		}
		return;
	default:	/* H_BEFORE_VALUE */
		if (blank(c))
			return;
		if (c == '"' || c == '\'') {
			begin_value(h, (unsigned char)c);
			return;
		}
		begin_value(h, 0);
		value_byte(h, c);
	}
}

/* <script>, <style>, <textarea>, <title>: only their end tag counts. */
static void
special_byte(struct html *h, char c)
{
	struct str name;
	size_t i;

	/* name gathers "</title" as it is read. */
	if (c == '<') {
		name_reset(h);
		name_add(h, c);
		return;
	}
	if (h->name_n == 0 || (h->name_n == 1 && c != '/')) {
		name_reset(h);
		if (h->element == E_SCRIPT || h->element == E_STYLE)
			track_quote(h, c);
		return;
	}
	if (isalpha((unsigned char)c) || c == '/') {
		name_add(h, c);
		return;
	}
	name = str_sub(name_of(h), 2, h->name_n);
	for (i = 0; i < sizeof(specials) / sizeof(specials[0]); i++)
		if (h->element == specials[i].element &&
		    str_eq(name, str_of(specials[i].name))) {
			h->element = E_PLAIN;
			h->state = c == '>' ? H_TEXT : H_TAG;
			return;
		}
	name_reset(h);
}

static void
one_byte(struct html *h, char c)
{
	switch ((enum state)h->state) {
	case H_TEXT:
		if (c == '<')
			h->state = H_TAG_OPEN;
		break;
	case H_TAG_OPEN:
		name_reset(h);
		h->state = H_TEXT;
		if (isalpha((unsigned char)c) || c == '/' || c == '!')
			h->state = H_TAG_NAME;
		if (isalpha((unsigned char)c))
			name_add(h, c);
		break;
	case H_TAG_NAME:
		if (c == '>' || blank(c) || c == '/') {
			end_tag_name(h);
			if (c == '>')
				end_tag(h);
		} else
			name_add(h, c);
		break;
	case H_VALUE:
		value_byte(h, c);
		break;
	case H_SPECIAL:
		special_byte(h, c);
		break;
	case H_COMMENT:
		break;
	default:
		tag_byte(h, c);
	}
}

int
html_text(struct html *h, struct str text, struct buf *out)
{
	size_t at = 0, from = 0;
	ptrdiff_t end;

	while (at < text.n) {
		struct str rest = str_sub(text, at, text.n);

		if (h->state == H_TEXT && str_starts(rest, STR("<!--"))) {
			if (buf_put(out, str_sub(text, from, at)) == -1)
				return -1;
			h->state = H_COMMENT;
		}
		if (h->state == H_COMMENT) {
			if ((end = str_find(rest, STR("-->"))) == -1)
				return 0;
			from = at += (size_t)end + 3;
			h->state = H_TEXT;
			continue;
		}
		one_byte(h, text.p[at++]);
	}
	return buf_put(out, str_sub(text, from, at));
}

/* Escape a value that stands inside a tag's attribute. */
static void
put_attr_value(struct html *h, struct tmpl_ctx *c, const struct tval *v,
    struct buf *out)
{
	struct buf b = { .max = TMPL_OUTPUT_MAX };
	bool trusted = v->type == tmpl_type_html;

	switch ((enum html_attr)h->attr) {
	case HTML_URL:
		html_put_url(c, v, h->url_part == 2, !h->any, &b);
		trusted = false;
		break;
	case HTML_JS:
		html_put_js(c, v, h->quote, &b);
		break;
	case HTML_CSS:
		html_put_css(c, v, &b);
		break;
	case HTML_PLAIN:
		html_put_plain(c, v, &b);
		break;
	}
	html_put_attr(buf_str(&b), h->delim == 0, trusted, out);
	buf_release(&b);
	h->any = true;
	if (h->url_part == 0)
		h->url_part = 1;
}

int
html_value(struct html *h, struct tmpl_ctx *c, const struct tval *v,
    struct buf *out)
{
	struct buf b = { .max = TMPL_OUTPUT_MAX };
	size_t before = out->n;

	switch ((enum state)h->state) {
	case H_COMMENT:
		return 0;
	case H_BEFORE_VALUE:
		begin_value(h, 0);
		/* FALLTHROUGH */
	case H_VALUE:
		put_attr_value(h, c, v, out);
		break;
	case H_SPECIAL:
		if (h->element == E_SCRIPT)
			html_put_js(c, v, h->quote, out);
		else if (h->element == E_STYLE)
			html_put_css(c, v, out);
		else {
			html_put_plain(c, v, &b);
			html_put_attr(buf_str(&b), false,
			    v->type == tmpl_type_html, out);
		}
		break;
	case H_TAG_OPEN:
	case H_TAG_NAME:
	case H_TAG:
	case H_ATTR_NAME:
	case H_AFTER_NAME:
		html_put_name(c, v, out);
		break;
	case H_TEXT:
		html_put_plain(c, v, &b);
		if (v->type == tmpl_type_html)
			(void)buf_put(out, buf_str(&b));
		else
			html_put_attr(buf_str(&b), false, false, out);
		break;
	}
	buf_release(&b);
	return out->n - before > TMPL_OUTPUT_MAX ? -1 : 0;
}
