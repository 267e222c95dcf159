/*
 * sigv4: what is signed, and the signature.
 */
#include <string.h>

#include "conf.h"
#include "core/vec.h"
#include "json/tree.h"
#include "net/sigv4.h"
#include "net/url.h"

static struct arena arena;

static void
compare(struct conf *c, const char *name, const json_t *row,
    const char *const keys[3], const struct sigv4_signed *got)
{
	struct str parts[3] = { got->canonical, got->to_sign,
	    got->authorization };
	int i;

	for (i = 0; i < 2; i++)
		if (!str_eq(json_get_str(row, keys[i]), parts[i]))
			break;
	conf_expect(c, name, json_get_str(row, keys[i]), parts[i]);
}

static struct sigv4
keys_of(const json_t *row)
{
	return (struct sigv4){ json_get_str(row, "access_key"),
	    json_get_str(row, "secret_key"), json_get_str(row, "region"),
	    json_get_str(row, "service"), false };
}

/* ---- the suite of AWS: a request as it goes over the wire ---- */

static void
suite_row(struct conf *c, const json_t *row, const char *name, void *arg)
{
	static const char *const keys[3] = { "creq", "sts", "authz" };
	VEC(struct http_header) headers = { 0 };
	struct sigv4 s = keys_of(row);
	struct sigv4_signed out;
	struct str rest = json_get_str(row, "req"), line, token;
	struct sigv4_request q = { .stamp = json_get_str(row, "time") };
	struct http_header h;

	(void)arg;
	arena_reset(&arena);
	rest = str_cut(rest, '\n', &line);
	q.path = str_cut(line, ' ', &q.method);
	q.path = str_sub(q.path, 0, q.path.n - strlen(" HTTP/1.1"));
	q.query = str_cut(q.path, '?', &q.path);
	while (rest.n && rest.p[0] != '\n') {
		rest = str_cut(rest, '\n', &line);
		if (line.n && line.p[0] == ' ') {	/* it goes on */
			struct str *v = &headers.p[headers.n - 1].value;

			*v = arena_printf(&arena, STR_FMT "\n" STR_FMT,
			    STR_ARG(*v), STR_ARG(line));
			continue;
		}
		h.value = str_cut(line, ':', &h.name);
		vec_push(&headers, h);
	}
	(void)str_cut(rest, '\n', &line);
	rest = str_sub(rest, line.n + 1, rest.n);
	/* The token is added before signing, or behind it: not signed. */
	token = json_get_str(row, "sreq");
	if (str_find(token, STR("X-Amz-Security-Token:")) >= 0 &&
	    strstr(name, "header-after") == NULL) {
		token = str_sub(token, (size_t)str_find(token,
		    STR("X-Amz-Security-Token:")) +
		    strlen("X-Amz-Security-Token:"), token.n);
		(void)str_cut(token, '\n', &token);
		h = (struct http_header){ STR("X-Amz-Security-Token"), token };
		vec_push(&headers, h);
	}
	q.headers = headers.p;
	q.nheaders = headers.n;
	q.body_sha256 = sigv4_sha256(rest, &arena);
	sigv4_sign(&s, &q, &arena, &out);
	compare(c, name, row, keys, &out);
	vec_release(&headers);
}

/* ---- S3 ---- */

static void
s3_row(struct conf *c, const json_t *row, const char *name, void *arg)
{
	static const char *const keys[3] = { "canonical_request",
	    "string_to_sign", "authorization" };
	VEC(struct http_header) headers = { 0 };
	struct sigv4 s = keys_of(row);
	struct sigv4_signed out;
	struct sigv4_request q = { .method = json_get_str(row, "method"),
	    .stamp = json_get_str(row, "time"),
	    .body_sha256 = json_get_str(row, "x_amz_content_sha256") };
	struct str token = json_get_str(row, "session_token");
	const char *key;
	json_t *v;
	struct url u;

	(void)arg;
	arena_reset(&arena);
	s.s3 = true;
	if (!url_parse(json_get_str(row, "url"), &u)) {
		conf_fail(c, name, STR("a URL"), json_get_str(row, "url"));
		return;
	}
	q.query = str_cut(u.path, '?', &q.path);
	json_object_foreach((json_t *)(uintptr_t)json_object_get(row,
	    "headers"), key, v)
		vec_push(&headers, (struct http_header){ str_of(key),
		    str_of(json_string_value(v)) });
	vec_push(&headers, (struct http_header){ STR("Host"),
	    url_host_header(&u, &arena) });
	vec_push(&headers, (struct http_header){ STR("X-Amz-Date"), q.stamp });
	vec_push(&headers, (struct http_header){ STR("X-Amz-Content-Sha256"),
	    q.body_sha256 });
	if (token.n)
		vec_push(&headers, (struct http_header){
		    STR("X-Amz-Security-Token"), token });
	q.headers = headers.p;
	q.nheaders = headers.n;
	sigv4_sign(&s, &q, &arena, &out);
	compare(c, name, row, keys, &out);
	vec_release(&headers);
}

int
main(int argc, char **argv)
{
	struct conf c;

	conf_init(&c, argc, argv);
	conf_jsonl(&c, "health/sigv4/aws-suite.jsonl", suite_row, NULL);
	conf_jsonl(&c, "health/sigv4/s3.jsonl", s3_row, NULL);
	arena_free(&arena);
	return conf_finish(&c);
}
