#include "net/sigv4.h"

#include <stdlib.h>

#include "core/dur.h"
#include "core/hash.h"
#include "core/vec.h"
#include "net/url.h"

struct str
sigv4_stamp(int64_t ms, struct arena *a)
{
	struct buf b = { 0 };
	struct str s;
	size_t i, n = 0;

	time_print_rfc3339(&b, ms / 1000 * 1000);
	for (i = 0; i < b.n; i++)
		if (b.p[i] != '-' && b.p[i] != ':')
			b.p[n++] = b.p[i];
	s = arena_str(a, (struct str){ b.p, n });
	buf_release(&b);
	return s;
}

static struct str
hex(const unsigned char *bytes, size_t n, struct arena *a)
{
	struct buf b = { 0 };
	struct str s;

	(void)hash_hex(&b, bytes, n);
	s = arena_str(a, buf_str(&b));
	buf_release(&b);
	return s;
}

struct str
sigv4_sha256(struct str bytes, struct arena *a)
{
	unsigned char d[HASH_SHA256_BYTES];

	hash_sha256(bytes, d);
	return hex(d, sizeof(d), a);
}

void
sigv4_put_encoded(struct buf *out, struct str s, bool slash)
{
	size_t i;

	for (i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
		    (c >= '0' && c <= '9') || c == '-' || c == '_' ||
		    c == '.' || c == '~' || (slash && c == '/'))
			(void)buf_putc(out, (char)c);
		else
			(void)buf_printf(out, "%%%02X", c);
	}
}

/* ---- the canonical request ---- */

/* %2F may be spelt %2f on the way; both count as the same. */
static void
put_recoded(struct buf *out, struct str s, bool slash)
{
	struct buf plain = { 0 };

	url_decode(&plain, s);
	sigv4_put_encoded(out, buf_str(&plain), slash);
	buf_release(&plain);
}

/* A segment at a time, so that %2F inside of one stays what it is. */
static void
put_s3_path(struct buf *out, struct str path)
{
	struct str part;

	path = str_cut(path, '/', &part);
	put_recoded(out, part, false);
	while (path.p != NULL) {
		path = str_cut(path, '/', &part);
		(void)buf_putc(out, '/');
		put_recoded(out, part, false);
	}
}

static void
put_path(struct buf *out, struct str path)
{
	struct str part = STR_NONE;
	size_t from = out->n;

	while (path.p != NULL) {
		path = str_cut(path, '/', &part);
		if (str_eq(part, STR(".."))) {
			while (out->n > from && out->p[--out->n] != '/')
				continue;
		} else if (part.n && !str_eq(part, STR("."))) {
			(void)buf_putc(out, '/');
			sigv4_put_encoded(out, part, false);
		}
	}
	/* A slash at its end stays. */
	if (part.n == 0 || out->n == from || str_eq(part, STR(".")) ||
	    str_eq(part, STR("..")))
		(void)buf_putc(out, '/');
}

struct pair { struct str key, value; };

static int
pair_cmp(const void *x, const void *y)
{
	const struct pair *a = x, *b = y;
	int c = str_cmp(a->key, b->key);

	return c ? c : str_cmp(a->value, b->value);
}

static struct str
recoded(struct str s, struct arena *a)
{
	struct buf b = { 0 };

	put_recoded(&b, s, false);
	s = arena_str(a, buf_str(&b));
	buf_release(&b);
	return s;
}

static void
put_query(struct buf *out, struct str query, struct arena *a)
{
	VEC(struct pair) all = { 0 };
	struct str one;
	size_t i;

	while (query.n) {
		struct pair p;

		query = str_cut(query, '&', &one);
		if (one.n == 0)
			continue;
		p.value = str_cut(one, '=', &p.key);
		p.key = recoded(p.key, a);
		p.value = recoded(p.value, a);
		vec_push(&all, p);
	}
	if (all.n)
		qsort(all.p, all.n, sizeof(*all.p), pair_cmp);
	for (i = 0; i < all.n; i++)
		(void)buf_printf(out, "%s" STR_FMT "=" STR_FMT, i ? "&" : "",
		    STR_ARG(all.p[i].key), STR_ARG(all.p[i].value));
	vec_release(&all);
}

struct field { struct str name, value; size_t nth; };

static int
field_cmp(const void *x, const void *y)
{
	const struct field *a = x, *b = y;
	int c = str_cmp(a->name, b->name);

	return c ? c : (a->nth > b->nth) - (a->nth < b->nth);
}

static struct str
lower(struct str s, struct arena *a)
{
	char *p = arena_cstr(a, s);
	size_t i;

	for (i = 0; i < s.n; i++)
		if (p[i] >= 'A' && p[i] <= 'Z')
			p[i] += 'a' - 'A';
	return (struct str){ p, s.n };
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Without blanks around it, runs of them inside as one. */
static void
put_value(struct buf *out, struct str s)
{
	size_t i;

	s = str_trim(s);
	for (i = 0; i < s.n; i++)
		if (!is_blank(s.p[i]))
			(void)buf_putc(out, s.p[i]);
		else if (!is_blank(s.p[i - 1]))
			(void)buf_putc(out, ' ');
}

/* The lines of the headers; their names into names, with semicolons. */
static void
put_headers(struct buf *out, struct buf *names, const struct sigv4_request *q,
    struct arena *a)
{
	struct field *f = ARENA_ARRAY(a, q->nheaders + 1, struct field);
	size_t i;

	for (i = 0; i < q->nheaders; i++)
		f[i] = (struct field){ lower(q->headers[i].name, a),
		    q->headers[i].value, i };
	qsort(f, q->nheaders, sizeof(*f), field_cmp);
	for (i = 0; i < q->nheaders; i++) {
		if (i && str_eq(f[i].name, f[i - 1].name)) {
			(void)buf_putc(out, ',');
		} else {
			(void)buf_printf(out, "%s" STR_FMT ":", i ? "\n" : "",
			    STR_ARG(f[i].name));
			(void)buf_printf(names, "%s" STR_FMT, i ? ";" : "",
			    STR_ARG(f[i].name));
		}
		put_value(out, f[i].value);
	}
	(void)buf_putc(out, '\n');
}

static struct str
canonical(const struct sigv4 *s, const struct sigv4_request *q,
    struct buf *names, struct arena *a)
{
	struct buf b = { 0 };
	struct str text;

	(void)buf_printf(&b, STR_FMT "\n", STR_ARG(q->method));
	if (s->s3)
		put_s3_path(&b, q->path.n ? q->path : STR("/"));
	else
		put_path(&b, q->path);
	(void)buf_putc(&b, '\n');
	put_query(&b, q->query, a);
	(void)buf_putc(&b, '\n');
	put_headers(&b, names, q, a);
	(void)buf_printf(&b, "\n" STR_FMT "\n" STR_FMT, STR_ARG(buf_str(names)),
	    STR_ARG(q->body_sha256));
	text = arena_str(a, buf_str(&b));
	buf_release(&b);
	return text;
}

/* ---- the signature ---- */

/* Each step's digest is the next one's key. */
static struct str
signature(const struct sigv4 *s, struct str day, struct str text,
    struct arena *a)
{
	unsigned char d[HASH_SHA256_BYTES];
	struct str steps[] = { day, s->region, s->service,
	    STR("aws4_request"), text };
	struct buf b = { 0 };
	size_t i;

	(void)buf_printf(&b, "AWS4" STR_FMT, STR_ARG(s->secret_key));
	hash_hmac_sha256(buf_str(&b), steps[0], d);
	memset(b.p, 0, b.n);
	buf_release(&b);
	for (i = 1; i < sizeof(steps) / sizeof(steps[0]); i++)
		hash_hmac_sha256((struct str){ (const char *)d, sizeof(d) },
		    steps[i], d);
	return hex(d, sizeof(d), a);
}

void
sigv4_sign(const struct sigv4 *s, const struct sigv4_request *q,
    struct arena *a, struct sigv4_signed *out)
{
	struct str day = str_sub(q->stamp, 0, 8), scope;
	struct buf names = { 0 };

	out->canonical = canonical(s, q, &names, a);
	scope = arena_printf(a, STR_FMT "/" STR_FMT "/" STR_FMT
	    "/aws4_request", STR_ARG(day), STR_ARG(s->region),
	    STR_ARG(s->service));
	out->to_sign = arena_printf(a, "AWS4-HMAC-SHA256\n" STR_FMT "\n"
	    STR_FMT "\n" STR_FMT, STR_ARG(q->stamp), STR_ARG(scope),
	    STR_ARG(sigv4_sha256(out->canonical, a)));
	out->authorization = arena_printf(a, "AWS4-HMAC-SHA256 Credential="
	    STR_FMT "/" STR_FMT ", SignedHeaders=" STR_FMT ", Signature="
	    STR_FMT, STR_ARG(s->access_key), STR_ARG(scope),
	    STR_ARG(buf_str(&names)), STR_ARG(signature(s, day, out->to_sign,
	    a)));
	buf_release(&names);
}
