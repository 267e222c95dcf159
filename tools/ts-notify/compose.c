#include "integration.h"

#include "config/secret.h"
#include "core/utf8.h"
#include "net/url.h"
#include "texts.h"

#define RENDERED_MAX	((size_t)1 << 20)

static struct tval
data_of(struct attempt *a)
{
	if (!a->has_data)
		tmpl_data_of(&a->n, &a->arena, &a->data);
	a->has_data = true;
	return tval_data(&a->data);
}

static struct str
render(struct attempt *a, struct str template, bool html)
{
	struct buf b = { .max = RENDERED_MAX };
	struct str out = STR("");
	struct err e;

	if (!attempt_ok(a))
		return out;
	if (str_find(template, STR("{{")) == -1 &&
	    template.n <= RENDERED_MAX)
		return template;
	if (texts_render(a->setup->texts, template, html, data_of(a), &a->ctx,
	    &b, &e) == -1)
		(void)attempt_fail(a, "%s", e.msg);
	else
		out = arena_str(&a->arena, buf_str(&b));
	buf_release(&b);
	return out;
}

struct str
text(struct attempt *a, struct str template)
{
	return render(a, template, false);
}

struct str
text_html(struct attempt *a, struct str template)
{
	return render(a, template, true);
}

void
secret_add(struct attempt *a, struct str value)
{
	if (value.n > 0)
		vec_push(&a->secrets, value);
}

struct str
secret(struct attempt *a, struct str value, struct str file)
{
	struct str out = STR("");
	struct err e;

	if (secret_get(value, file, &a->arena, &out, &e) == -1)
		(void)attempt_fail(a, "%s", e.msg);
	secret_add(a, out);
	return out;
}

struct str
secret_url(struct attempt *a, struct str value, struct str file)
{
	struct str url = secret(a, value, file);
	struct url u;

	/* In messages and dry runs the parts stand apart. */
	if (url_parse(url, &u) && u.path.n > 1)
		secret_add(a, u.path);
	return url;
}

struct str
cut_runes(struct attempt *a, struct str s, size_t n)
{
	if (utf8_count(s) <= n)
		return s;
	if (n <= 3)
		return utf8_prefix(s, n);
	return arena_printf(&a->arena, STR_FMT "\xe2\x80\xa6",
	    STR_ARG(utf8_prefix(s, n - 1)));
}

struct str
cut_bytes(struct attempt *a, struct str s, size_t n)
{
	if (s.n <= n)
		return s;
	s.n = n - 3;
	/* Not inside of a character. */
	while (s.n > 0 && ((unsigned char)s.p[s.n] & 0xc0) == 0x80)
		s.n--;
	return arena_printf(&a->arena, STR_FMT "\xe2\x80\xa6", STR_ARG(s));
}

struct jw
json_begin(struct attempt *a)
{
	buf_reset(&a->body);
	return (struct jw){ .out = &a->body, .html = true };
}

int
json_post(struct attempt *a, struct str url)
{
	(void)buf_putc(&a->body, '\n');
	a->request.method = STR("POST");
	a->request.url = url;
	a->request.body = buf_str(&a->body);
	add_header(a, "Content-Type", STR("application/json"));
	return attempt_ok(a) ? 1 : -1;
}

void
add_header(struct attempt *a, const char *name, struct str value)
{
	if (a->request.nheaders < sizeof(a->header) / sizeof(a->header[0]))
		a->header[a->request.nheaders++] = (struct http_header){
		    str_of(name), value };
}

void
put_members(struct jw *w, struct member *m, size_t n)
{
	struct member one;
	size_t i, j;

	/* By insertion: stable, and there are few. */
	for (i = 1; i < n; i++) {
		one = m[i];
		for (j = i; j > 0 && str_cmp(m[j - 1].key, one.key) > 0; j--)
			m[j] = m[j - 1];
		m[j] = one;
	}
	jw_obj(w);
	for (i = 0; i < n; i++)
		if (i + 1 == n || !str_eq(m[i].key, m[i + 1].key)) {
			jw_key(w, m[i].key);
			jw_str(w, m[i].value);
		}
	jw_obj_end(w);
}

struct str
url_join(struct attempt *a, struct str url, const char *path)
{
	while (url.n > 0 && url.p[url.n - 1] == '/')
		url.n--;
	return arena_printf(&a->arena, STR_FMT "/%s", STR_ARG(url), path);
}

/* The pairs of l that every other alert has too. */
static const struct labels *
common(struct attempt *a, bool annotations)
{
	const struct alert *v = a->n.alerts;
	const struct labels *first, *l;
	struct labels_builder b = { 0 };
	uint32_t i;
	size_t k;

	if (a->n.nalerts == 0)
		return labels_empty(a->nf->table);
	first = annotations ? v[0].annotations : v[0].labels;
	labels_build(&b, a->nf->table, first);
	for (i = 0; first != NULL && i < first->n; i++)
		for (k = 1; k < a->n.nalerts; k++) {
			l = annotations ? v[k].annotations : v[k].labels;
			if (l != NULL && labels_get_sym(l,
			    first->v[i].name) == first->v[i].value)
				continue;
			labels_del(&b, first->v[i].name->s);
			break;
		}
	first = labels_done(&b);
	labels_builder_release(&b);
	return first;
}

void
commons_of(struct attempt *a)
{
	a->n.common_labels = common(a, false);
	a->n.common_annotations = common(a, true);
	a->has_data = false;
}

void
put_webhook(struct attempt *a, const char *version)
{
	static const struct str four = { "\"version\":\"4\"", 13 };
	ptrdiff_t at;

	buf_reset(&a->body);
	wire_put_webhook(&a->body, &a->n);
	/* Label values cannot hold it: their quotes are escaped. */
	at = str_find(buf_str(&a->body), four);
	if (at != -1)
		a->body.p[(size_t)at + four.n - 2] = version[0];
}
