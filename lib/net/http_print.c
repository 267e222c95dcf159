/* A request as text, for -n.  Knows nothing of curl. */
#include "net/http.h"

#include "core/num.h"
#include "core/secret_name.h"
#include "net/url.h"

#define MASK	"<secret>"

/* An idempotency key is an identifier. */
bool
http_header_is_secret(struct str name)
{
	return secret_name(name) || secret_name_like(STR("*auth*"), name) ||
	    secret_name_like(STR("*cookie*"), name);
}

/* The longest secret that s begins with, or NULL. */
static const struct str *
secret_at(const struct http_request *q, struct str s)
{
	const struct str *secret, *longest = NULL;
	size_t i;

	for (i = 0; i < q->nsecrets; i++) {
		secret = &q->secrets[i];
		if (secret->n && str_starts(s, *secret) &&
		    (longest == NULL || secret->n > longest->n))
			longest = secret;
	}
	return longest;
}

/* Bodies are large and hold none as a rule. */
static bool
has_secret(const struct http_request *q, struct str s)
{
	size_t i;

	for (i = 0; i < q->nsecrets; i++)
		if (q->secrets[i].n && str_find(s, q->secrets[i]) != -1)
			return true;
	return false;
}

/* s with each of the request's secrets replaced. */
static void
put_masked(const struct http_request *q, struct buf *out, struct str s)
{
	const struct str *secret;
	size_t from = 0, at = 0;

	if (!has_secret(q, s)) {
		(void)buf_put(out, s);
		return;
	}
	while (at < s.n) {
		secret = secret_at(q, str_sub(s, at, s.n));
		if (secret == NULL) {
			at++;
			continue;
		}
		(void)buf_put(out, str_sub(s, from, at));
		(void)buf_put(out, STR(MASK));
		from = at += secret->n;
	}
	(void)buf_put(out, str_sub(s, from, s.n));
}

/* A path and its query: also what the names of parameters tell. */
static void
put_path(const struct http_request *q, struct buf *out, struct str path)
{
	struct buf masked = { 0 };
	struct str rest, value;

	put_masked(q, &masked, path);
	path = rest = buf_str(&masked);
	while (url_next_secret(&rest, &value)) {
		(void)buf_put(out, str_sub(path, 0, (size_t)(value.p -
		    path.p)));
		(void)buf_put(out, STR(MASK));
		path = rest;
	}
	(void)buf_put(out, path);
	buf_release(&masked);
}

static void
put_request_line(const struct http_request *q, struct buf *out)
{
	struct str method = q->method;
	struct url u;

	if (method.n == 0)
		method = q->body.n ? STR("POST") : STR("GET");
	(void)buf_put(out, method);
	(void)buf_putc(out, ' ');
	if (url_parse(q->url, &u)) {
		(void)buf_put(out, u.scheme);
		(void)buf_put(out, STR("://"));
		(void)buf_put(out, u.userinfo.n ? STR(MASK "@") : STR_NONE);
		(void)buf_put(out, u.host);
		(void)buf_put(out, u.port.n ? STR(":") : STR_NONE);
		(void)buf_put(out, u.port);
		put_path(q, out, u.path.n ? u.path : STR("/"));
	} else {
		put_masked(q, out, q->url);
	}
	(void)buf_put(out, STR(" HTTP/1.1\n"));
}

static void
put_auth(const struct http_config *c, struct buf *out)
{
	if (c == NULL || c->auth == HTTP_NO_AUTH)
		return;
	if (c->auth == HTTP_BASIC)
		(void)buf_put(out, STR("Authorization: Basic " MASK "\n"));
	else if (c->auth == HTTP_OAUTH2 || c->auth_type.n == 0)
		(void)buf_put(out, STR("Authorization: Bearer " MASK "\n"));
	else
		(void)buf_printf(out, "Authorization: " STR_FMT " " MASK "\n",
		    STR_ARG(c->auth_type));
}

static void
put_headers(const struct http_request *q, const struct http_header *v,
    size_t n, struct buf *out, bool all_secret)
{
	size_t i;

	for (i = 0; i < n; i++) {
		(void)buf_put(out, v[i].name);
		(void)buf_put(out, STR(": "));
		if (all_secret || http_header_is_secret(v[i].name))
			(void)buf_put(out, STR(MASK));
		else
			put_masked(q, out, v[i].value);
		(void)buf_putc(out, '\n');
	}
}

/* http_headers of a configuration are shown by name: any may be a secret. */
void
http_print(const struct http_request *q, struct buf *out)
{
	put_request_line(q, out);
	put_auth(q->config, out);
	put_headers(q, q->headers, q->nheaders, out, false);
	if (q->config)
		put_headers(q, q->config->headers, q->config->nheaders, out,
		    true);
	if (q->compression)
		(void)buf_put(out, STR("Accept-Encoding: gzip\n"));
	if (q->body.n) {
		(void)buf_put(out, STR("Content-Length: "));
		num_print_i64(out, (int64_t)q->body.n);
		(void)buf_putc(out, '\n');
	}
	(void)buf_putc(out, '\n');
	put_masked(q, out, q->body);
	if (q->body.n && q->body.p[q->body.n - 1] != '\n')
		(void)buf_putc(out, '\n');
}
