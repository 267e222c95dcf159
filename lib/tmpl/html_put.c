#include <ctype.h>

#include "core/utf8.h"
#include "json/write.h"
#include "tmpl/html.h"

void
html_put_plain(struct tmpl_ctx *c, const struct tval *v, struct buf *out)
{
	if (v->kind != TV_NIL)
		fmt_value(c, v, out);
}

void
html_put_attr(struct str s, bool bare, bool trusted, struct buf *out)
{
	size_t i;

	for (i = 0; i < s.n; i++) {
		unsigned char b = (unsigned char)s.p[i];

		if (b == '\0')
			(void)buf_put(out, bare ? STR("&#xfffd;") :
			    STR("\xef\xbf\xbd"));
		else if (b == '&' && !trusted)
			(void)buf_put(out, STR("&amp;"));
		else if (b == '<')
			(void)buf_put(out, STR("&lt;"));
		else if (b == '>')
			(void)buf_put(out, STR("&gt;"));
		else if (strchr("\"'+", b) != NULL ||
		    (bare && strchr("\t\n\v\f\r =`", b) != NULL))
			(void)buf_printf(out, "&#%u;", b);
		else
			(void)buf_putc(out, (char)b);
	}
}

/* A scheme that can run nothing, or none. */
static bool
scheme_is_safe(struct str s)
{
	static const char *const safe[] = { "http", "https", "mailto" };
	struct str scheme;
	size_t i;

	if (str_find_char(s, ':') == -1)
		return true;
	(void)str_cut(s, ':', &scheme);
	if (str_find_char(scheme, '/') != -1)
		return true;
	for (i = 0; i < sizeof(safe) / sizeof(safe[0]); i++)
		if (str_eq_nocase(scheme, str_of(safe[i])))
			return true;
	return false;
}

static bool
is_escape(struct str s, size_t at)
{
	return at + 2 < s.n && isxdigit((unsigned char)s.p[at + 1]) &&
	    isxdigit((unsigned char)s.p[at + 2]);
}

static void
put_url_bytes(struct str s, bool query, struct buf *out)
{
	size_t i;

	for (i = 0; i < s.n; i++) {
		unsigned char b = (unsigned char)s.p[i];
		bool keep = b != '\0' && (isalnum(b) ||
		    strchr("-._~", b) != NULL);

		if (!query && b != '\0')
			keep = keep || strchr("!#$&*+,/:;=?@[]", b) != NULL ||
			    (b == '%' && is_escape(s, i));
		if (keep)
			(void)buf_putc(out, (char)b);
		else
			(void)buf_printf(out, "%%%02x", b);
	}
}

void
html_put_url(struct tmpl_ctx *c, const struct tval *v, bool query,
    bool start, struct buf *out)
{
	struct buf b = { .max = TMPL_OUTPUT_MAX };

	html_put_plain(c, v, &b);
	if (start && v->type != tmpl_type_url &&
	    !scheme_is_safe(buf_str(&b)))
		(void)buf_put(out, STR("#" HTML_REFUSED));
	else
		put_url_bytes(buf_str(&b), query && v->type != tmpl_type_url,
		    out);
	buf_release(&b);
}

static void
put_js_string(struct str s, struct buf *out)
{
	size_t i;

	for (i = 0; i < s.n; i++) {
		unsigned char b = (unsigned char)s.p[i];

		if (b == '\t')
			(void)buf_put(out, STR("\\t"));
		else if (b == '\n')
			(void)buf_put(out, STR("\\n"));
		else if (b == '\r')
			(void)buf_put(out, STR("\\r"));
		else if (b == '\f')
			(void)buf_put(out, STR("\\f"));
		else if (b == '/' || b == '\\')
			(void)buf_printf(out, "\\%c", b);
		else if (b < ' ' || strchr("\"&'+<>`", b) != NULL)
			(void)buf_printf(out, "\\u%04x", b);
		else
			(void)buf_putc(out, (char)b);
	}
}

static bool
ident_byte(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '$';
}

void
html_put_js(struct tmpl_ctx *c, const struct tval *v, unsigned char quote,
    struct buf *out)
{
	struct buf b = { .max = TMPL_OUTPUT_MAX };
	struct jw w = { .out = &b, .html = true };
	bool pad;

	if (quote != 0) {
		html_put_plain(c, v, &b);
		put_js_string(buf_str(&b), out);
	} else {
		tval_json(c, v, &w);
		/* A bare word must not grow together with its neighbours. */
		pad = b.n > 0 && (ident_byte(b.p[0]) ||
		    ident_byte(b.p[b.n - 1]));
		(void)buf_put(out, pad ? STR(" ") : STR_NONE);
		(void)buf_put(out, buf_str(&b));
		(void)buf_put(out, pad ? STR(" ") : STR_NONE);
	}
	buf_release(&b);
}

void
html_put_css(struct tmpl_ctx *c, const struct tval *v, struct buf *out)
{
	struct buf b = { .max = TMPL_OUTPUT_MAX }, lower = { 0 };
	struct str s;
	bool safe = true;
	size_t i;

	html_put_plain(c, v, &b);
	s = buf_str(&b);
	for (i = 0; i < s.n; i++) {
		safe = safe && s.p[i] != '\0' &&
		    strchr("\"'()/;@[\\]`{}<>", s.p[i]) == NULL &&
		    !(s.p[i] == '-' && i > 0 && s.p[i - 1] == '-');
		if (isalpha((unsigned char)s.p[i]))
			(void)buf_putc(&lower,
			    (char)tolower((unsigned char)s.p[i]));
	}
	safe = safe && str_find(buf_str(&lower), STR("expression")) == -1 &&
	    str_find(buf_str(&lower), STR("mozbinding")) == -1;
	(void)buf_put(out, safe ? s : STR(HTML_REFUSED));
	buf_release(&b);
	buf_release(&lower);
}

void
html_put_name(struct tmpl_ctx *c, const struct tval *v, struct buf *out)
{
	struct buf b = { .max = TMPL_OUTPUT_MAX };
	struct str s;
	bool safe;
	size_t i;

	html_put_plain(c, v, &b);
	s = buf_str(&b);
	safe = s.n > 0 && !(s.n > 2 && str_eq_nocase(str_sub(s, 0, 2),
	    STR("on"))) && !str_eq_nocase(s, STR("style")) &&
	    !str_eq_nocase(s, STR("src")) && !str_eq_nocase(s, STR("href"));
	for (i = 0; i < s.n; i++)
		safe = safe && isalnum((unsigned char)s.p[i]);
	(void)buf_put(out, safe ? s : STR(HTML_REFUSED));
	buf_release(&b);
}
