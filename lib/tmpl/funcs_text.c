#include <ctype.h>
#include <math.h>

#include "core/num.h"
#include "core/utf8.h"
#include "re/re.h"
#include "tmpl/internal.h"

void
out_buf(struct tmpl_ctx *c, struct buf *b, struct tval *out)
{
	*out = tval_str(arena_str(c->arena, buf_str(b)));
	buf_release(b);
}

void
put_query(struct str s, struct buf *out)
{
	size_t i;

	for (i = 0; i < s.n; i++) {
		unsigned char b = (unsigned char)s.p[i];

		if (isalnum(b) || strchr("-_.~", b) != NULL)
			(void)buf_putc(out, b == '\0' ? '%' : (char)b);
		else if (b == ' ')
			(void)buf_putc(out, '+');
		else
			(void)buf_printf(out, "%%%02X", b);
		if (b == '\0')
			(void)buf_put(out, STR("00"));
	}
}

void
put_html(struct str s, struct buf *out)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		switch (s.p[i]) {
		case '\0':
			(void)utf8_put(out, UTF8_BAD);
			break;
		case '"':
			(void)buf_put(out, STR("&#34;"));
			break;
		case '\'':
			(void)buf_put(out, STR("&#39;"));
			break;
		case '&':
			(void)buf_put(out, STR("&amp;"));
			break;
		case '<':
			(void)buf_put(out, STR("&lt;"));
			break;
		case '>':
			(void)buf_put(out, STR("&gt;"));
			break;
		default:
			(void)buf_putc(out, s.p[i]);
		}
}

static int
map_case(struct tmpl_ctx *c, struct str s, uint32_t (*to)(uint32_t),
    struct tval *out)
{
	struct buf b = { .max = TMPL_OUTPUT_MAX };
	size_t at = 0;

	while (at < s.n)
		(void)utf8_put(&b, to(utf8_next(s, &at)));
	out_buf(c, &b, out);
	return 0;
}

int
fn_to_upper(struct tmpl_ctx *c, const struct tval *arg, size_t n,
    struct tval *out, struct err *e)
{
	(void)n;
	(void)e;
	return map_case(c, arg[0].u.s, utf8_upper, out);
}

int
fn_to_lower(struct tmpl_ctx *c, const struct tval *arg, size_t n,
    struct tval *out, struct err *e)
{
	(void)n;
	(void)e;
	return map_case(c, arg[0].u.s, utf8_lower, out);
}

int
fn_trim_space(struct tmpl_ctx *c, const struct tval *arg, size_t n,
    struct tval *out, struct err *e)
{
	(void)c;
	(void)n;
	(void)e;
	*out = tval_str(str_trim(arg[0].u.s));
	return 0;
}

int
fn_match(struct tmpl_ctx *c, const struct tval *arg, size_t n,
    struct tval *out, struct err *e)
{
	struct re *r = re_compile(arg[0].u.s, RE_NODOTALL, e);

	(void)c;
	(void)n;
	if (r == NULL)
		return -1;
	*out = tval_bool(re_match(r, arg[1].u.s));
	re_free(r);
	return 0;
}

int
fn_re_replace_all(struct tmpl_ctx *c, const struct tval *arg, size_t n,
    struct tval *out, struct err *e)
{
	struct re *r = re_compile(arg[0].u.s, RE_NODOTALL, e);
	struct buf b = { .max = TMPL_OUTPUT_MAX };
	int rc;

	(void)n;
	if (r == NULL)
		return -1;
	rc = re_replace_all(r, arg[2].u.s, arg[1].u.s, &b);
	re_free(r);
	if (rc == -1) {
		buf_release(&b);
		return err_set(e, ERR_LIMIT, "result is too long");
	}
	out_buf(c, &b, out);
	return 0;
}

int
fn_safe_html(struct tmpl_ctx *c, const struct tval *arg, size_t n,
    struct tval *out, struct err *e)
{
	(void)c;
	(void)n;
	(void)e;
	*out = arg[0];
	out->type = tmpl_type_html;
	return 0;
}

int
fn_url_query(struct tmpl_ctx *c, const struct tval *arg, size_t n,
    struct tval *out, struct err *e)
{
	struct buf b = { .max = TMPL_OUTPUT_MAX };

	(void)n;
	(void)e;
	put_query(arg[0].u.s, &b);
	out_buf(c, &b, out);
	return 0;
}
