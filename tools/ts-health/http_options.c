/*
 * http_options: reading a check of kind http.
 */
#include "http_check.h"

#include <math.h>

#include "config/common.h"
#include "core/io.h"
#include "core/num.h"
#include "kinds.h"
#include "net/url.h"

#define BODY_MAX	((size_t)1 << 20)	/* to send */
#define USER_AGENT	"ts-health/" TS_VERSION

#define AT(f)	offsetof(struct header_rule, f)
static const struct yfield header_rows[] = {
	YROW("header", YT_STR, AT(header), .flags = YF_REQUIRED),
	YROW("regex", YT_STR, AT(regex), .flags = YF_REQUIRED),
	YROW("allow_missing", YT_BOOL, AT(allow_missing)),
};
#undef AT

static const struct yfields header_fields = {
	.name = "header rule", .size = sizeof(struct header_rule),
	.row = header_rows, .n = sizeof(header_rows) / sizeof(*header_rows),
};

/* ---- options that more than one key sets ---- */

/* "1.2", or as prometheus.yml has it "TLS12": 12 */
static bool
tls_version(struct str s, int *out)
{
	double v;

	if (str_starts(s, STR("TLS1")) && s.n == 5)
		v = 1 + (s.p[4] - '0') / 10.0;
	else if (!num_parse_double(s, &v))
		return false;
	*out = (int)lround(v * 10);
	return v >= 1 && *out <= 13;
}

static int
decode_min_version(const struct ynode *n, void *field, struct arena *a,
    struct err *e)
{
	struct http_config *h = field;

	(void)a;
	if (n->kind == Y_SCALAR && tls_version(n->scalar, &h->min_tls))
		return 0;
	return ynode_err(n, e, "'min_version' must be from 1.0 to 1.3");
}

#define AT(f)	offsetof(struct http_config, f)
static const struct yfield tls_rows[] = {
	YROW("ca", YT_STR, AT(ca)),
	YROW("ca_file", YT_STR, AT(ca_file)),
	YROW("cert", YT_STR, AT(cert)),
	YROW("cert_file", YT_STR, AT(cert_file)),
	YROW("key", YT_STR, AT(key), .flags = YF_SECRET),
	YROW("key_file", YT_STR, AT(key_file)),
	YROW("server_name", YT_STR, AT(server_name)),
	YROW("insecure", YT_BOOL, AT(insecure_skip_verify)),
	YROW("min_version", YT_CUSTOM, 0, .decode = decode_min_version),
};
#undef AT

static const struct yfields tls_fields = {
	.name = "tls", .size = sizeof(struct http_config), .row = tls_rows,
	.n = sizeof(tls_rows) / sizeof(tls_rows[0]),
};

/* The text itself, or the file that it stands in. */
static void
text_or_file(struct str given, struct str file_given, struct str *text,
    struct str *file)
{
	bool pem = str_starts(str_trim(given), STR("-----BEGIN"));

	if (pem)
		*text = given;
	else if (given.n || file_given.n)
		*file = given.n ? given : file_given;
}

static int
decode_tls(const struct ynode *n, void *field, struct arena *a,
    struct err *e)
{
	struct http_config *h = field, part;

	if (yaml_decode(n, &tls_fields, &part, a, e) == -1)
		return -1;
	text_or_file(part.ca, part.ca_file, &h->ca, &h->ca_file);
	text_or_file(part.cert, part.cert_file, &h->cert, &h->cert_file);
	text_or_file(part.key, part.key_file, &h->key, &h->key_file);
	h->server_name = part.server_name;
	h->insecure_skip_verify = part.insecure_skip_verify;
	h->min_tls = part.min_tls;
	return 0;
}

/* true, false, required */
static int
decode_http2(const struct ynode *n, void *field, struct arena *a,
    struct err *e)
{
	struct http_check *h = field;
	bool on = true;

	(void)a;
	h->http2_required = n->kind == Y_SCALAR &&
	    str_eq(n->scalar, STR("required"));
	if (!h->http2_required && !ynode_bool(n, &on))
		return ynode_err(n, e, "'http2' must be true, false or "
		    "required");
	h->config.no_http2 = !on;
	return 0;
}

static int
decode_ip(const struct ynode *n, void *field, struct arena *a, struct err *e)
{
	int *ip = field;

	(void)a;
	if (n->kind != Y_SCALAR || (!str_eq(n->scalar, STR("any")) &&
	    !str_eq(n->scalar, STR("4")) && !str_eq(n->scalar, STR("6"))))
		return ynode_err(n, e, "'ip' must be 4, 6 or any");
	*ip = str_eq(n->scalar, STR("any")) ? 0 : n->scalar.p[0] - '0';
	return 0;
}

#define AT(f)	offsetof(struct http_check, f)
static const struct yfield rows[] = {
	CHECK_ROWS,
	YROW("url", YT_STR, AT(url), .flags = YF_REQUIRED),
	YROW("method", YT_STR, AT(method), .dflt = "GET"),
	YROW("headers", YT_STRMAP, AT(headers)),
	YROW("body", YT_STR, AT(body)),
	YROW("body_file", YT_STR, AT(body_file)),
	YROW("user_agent", YT_STR, AT(user_agent)),
	YROW("compression", YT_BOOL, AT(compression)),
	YROW("http2", YT_CUSTOM, 0, .decode = decode_http2),
	YROW("follow_redirects", YT_BOOL, AT(follow_redirects),
	    .dflt = "true"),
	YROW("unix_socket", YT_STR, AT(unix_socket)),
	YROW("resolve", YT_CUSTOM, AT(resolve), .decode = words_decode),
	YROW("interface", YT_STR, AT(interface)),
	YROW("ip", YT_CUSTOM, AT(ip), .decode = decode_ip),
	YROW("proxy", YT_STR, AT(config.proxy_url), .flags = YF_SECRET),
	YROW("no_proxy", YT_STR, AT(config.no_proxy)),
	YROW("proxy_headers", YT_STRMAP, AT(proxy_headers)),
	YROW("username", YT_STR, AT(config.username)),
	YROW("password", YT_STR, AT(config.password), .flags = YF_SECRET),
	YROW("basic_auth", YT_CUSTOM, AT(config),
	    .decode = http_decode_basic),
	YROW("bearer", YT_STR, AT(config.credentials), .flags = YF_SECRET),
	YROW("authorization", YT_CUSTOM, AT(config),
	    .decode = http_decode_authorization),
	YROW("oauth2", YT_CUSTOM, AT(config), .decode = http_decode_oauth2),
	YROW("tls", YT_CUSTOM, AT(config), .decode = decode_tls),
	YROW("ca_file", YT_STR, AT(config.ca_file)),
	YROW("server_name", YT_STR, AT(config.server_name)),
	YROW("cert_file", YT_STR, AT(config.cert_file)),
	YROW("key_file", YT_STR, AT(config.key_file)),
	YROW("min_version", YT_CUSTOM, AT(config),
	    .decode = decode_min_version),
	YROW("insecure", YT_BOOL, AT(config.insecure_skip_verify)),
	YROW("fail_if_ssl", YT_BOOL, AT(fail_if_ssl)),
	YROW("fail_if_not_ssl", YT_BOOL, AT(fail_if_not_ssl)),
	YROW("valid_status", YT_CUSTOM, AT(valid_status),
	    .decode = words_decode),
	YROW("valid_http_versions", YT_CUSTOM, AT(valid_versions),
	    .decode = words_decode),
	YROW("expect_redirect", YT_STR, AT(expect_redirect)),
	YROW("header_regex", YT_LIST, AT(header_regex),
	    .sub = &header_fields),
	YROW("header_not_regex", YT_LIST, AT(header_not_regex),
	    .sub = &header_fields),
	YROW("contains", YT_STR, AT(contains)),
	YROW("not_contains", YT_STR, AT(not_contains)),
	YROW("regex", YT_STR, AT(regex)),
	YROW("not_regex", YT_STR, AT(not_regex)),
	YROW("json", YT_CUSTOM, AT(json), .decode = words_decode),
	YROW("body_limit", YT_SIZE, AT(body_limit), .dflt = "1MiB"),
	YROW("save_body_on_failure", YT_SIZE, AT(save_body), .dflt = "1KiB"),
	YROW("cert_warn", YT_DURATION, AT(cert_warn_ms), .dflt = "30d"),
	YROW("cert_crit", YT_DURATION, AT(cert_crit_ms), .dflt = "7d"),
};
#undef AT

const struct yfields http_fields = {
	.name = "http check", .size = sizeof(struct http_check), .row = rows,
	.n = sizeof(rows) / sizeof(rows[0]),
};

/* ---- after decoding ---- */

static bool
status_word_ok(struct str s)
{
	int64_t v;

	return num_parse_i64(s, 100, 599, &v) || (s.n == 3 &&
	    s.p[0] >= '1' && s.p[0] <= '5' &&
	    str_eq(str_sub(s, 1, 3), STR("xx")));
}

/* HTTP/1.1, 1.1, HTTP/2.0, 2 */
static int
check_versions(const struct http_check *h, struct err *e)
{
	struct str s;
	double v;
	size_t i;

	for (i = 0; i < h->valid_versions.n; i++) {
		s = h->valid_versions.p[i];
		if (str_starts(s, STR("HTTP/")))
			s = h->valid_versions.p[i] = str_sub(s, 5, s.n);
		if (!num_parse_double(s, &v) || v < 1 || v >= 3)
			return ynode_err(ynode_get(h->check.node,
			    "valid_http_versions"), e, "'" STR_FMT "' is no "
			    "version (HTTP/1.1, HTTP/2.0)", STR_ARG(s));
	}
	return 0;
}

/* HOST:PORT:ADDRESS, as `curl --resolve` has it */
static int
check_resolve(const struct http_check *h, struct err *e)
{
	struct str host, port, rest;
	int64_t v;
	size_t i;

	for (i = 0; i < h->resolve.n; i++) {
		rest = str_cut(h->resolve.p[i], ':', &host);
		rest = str_cut(rest, ':', &port);
		if (host.n == 0 || rest.n == 0 ||
		    !num_parse_i64(port, 1, 65535, &v))
			return ynode_err(ynode_get(h->check.node, "resolve"),
			    e, "'" STR_FMT "' is not HOST:PORT:ADDRESS",
			    STR_ARG(h->resolve.p[i]));
	}
	return 0;
}

/* "path op value" is the condition "[BODY].path op value". */
static int
compile_json(struct http_check *h, struct arena *a, struct err *e)
{
	struct condition *all = ARENA_ARRAY(a, h->json.n + 1,
	    struct condition);
	struct str s, fn, rest;
	struct err why;
	size_t i;

	for (i = 0; i < h->json.n; i++) {
		s = h->json.p[i];
		fn = STR_NONE;
		if (str_starts(s, STR("len(")) || str_starts(s, STR("has("))) {
			fn = str_sub(s, 0, 4);
			s = str_sub(s, 4, s.n);
		}
		rest = str_starts(s, STR("$")) ? str_sub(s, 1, s.n) : s;
		s = arena_printf(a, STR_FMT "[BODY]%s" STR_FMT, STR_ARG(fn),
		    rest.n && strchr(".[ )", rest.p[0]) ? "" : ".",
		    STR_ARG(rest));
		if (condition_parse(s, true, &all[i], &why) == -1)
			return ynode_err(ynode_get(h->check.node, "json"), e,
			    "json: %s", why.msg);
	}
	h->json_condition = all;
	return 0;
}

static int
compile(const struct check *c, const char *key, struct str pattern,
    struct re **out, struct arena *a, struct err *e)
{
	struct err why;

	if (pattern.n &&
	    (*out = re_compile_in(a, pattern, 0, &why)) == NULL)
		return ynode_err(ynode_get(c->node, key), e, "%s: %s", key,
		    why.msg);
	return 0;
}

static int
compile_headers(const struct check *c, const struct ylist *list,
    struct arena *a, struct err *e)
{
	struct header_rule *h = list->p;
	struct err why;
	size_t i;

	for (i = 0; i < list->n; i++)
		if ((h[i].re = re_compile_in(a, h[i].regex, 0,
		    &why)) == NULL)
			return ynode_err(c->node, e, "header '" STR_FMT
			    "': %s", STR_ARG(h[i].header), why.msg);
	return 0;
}

static int
compile_all(struct http_check *h, struct arena *a, struct err *e)
{
	const struct check *c = &h->check;

	if (compile(c, "regex", h->regex, &h->re, a, e) == -1 ||
	    compile(c, "not_regex", h->not_regex, &h->not_re, a, e) == -1 ||
	    compile(c, "expect_redirect", h->expect_redirect,
	    &h->redirect_re, a, e) == -1 ||
	    compile_headers(c, &h->header_regex, a, e) == -1 ||
	    compile_headers(c, &h->header_not_regex, a, e) == -1)
		return -1;
	return compile_json(h, a, e);
}

static struct http_header *
headers_of(const struct ypairs *p, struct arena *a)
{
	struct http_header *all = ARENA_ARRAY(a, p->n + 2,
	    struct http_header);
	size_t i;

	for (i = 0; i < p->n; i++)
		all[i] = (struct http_header){ p->p[i].key, p->p[i].value };
	return all;
}

static bool
names_header(const struct http_check *h, struct str name)
{
	size_t i;

	for (i = 0; i < h->headers.n; i++)
		if (str_eq_nocase(h->headers.p[i].key, name))
			return true;
	return false;
}

static void
fill_config(struct http_check *h, struct arena *a)
{
	struct http_config *c = &h->config;

	h->header = headers_of(&h->headers, a);
	h->nheaders = h->headers.n;
	if (h->user_agent.n || !names_header(h, STR("User-Agent")))
		h->header[h->nheaders++] = (struct http_header){
		    STR("User-Agent"), h->user_agent.n ? h->user_agent :
		    STR(USER_AGENT) };
	c->proxy_headers = headers_of(&h->proxy_headers, a);
	c->nproxy_headers = h->proxy_headers.n;
	c->no_redirects = !h->follow_redirects || h->redirect_re != NULL;
	if (c->auth == HTTP_NO_AUTH)
		c->auth = c->credentials.n ? HTTP_BEARER : c->username.n ?
		    HTTP_BASIC : HTTP_NO_AUTH;
}

static int
read_body(struct http_check *h, struct arena *a, struct err *e)
{
	struct buf b = { 0 };
	int rc;

	if (h->body_file.n == 0)
		return 0;
	rc = io_read_file(arena_cstr(a, h->body_file), BODY_MAX, &b, e);
	h->body = arena_str(a, buf_str(&b));
	buf_release(&b);
	return rc;
}

int
http_configure(struct check *c, struct arena *a, struct err *e)
{
	struct http_check *h = (struct http_check *)c;
	struct url u;
	size_t i;

	if (!url_parse(h->url, &u) || (!str_eq(u.scheme, STR("http")) &&
	    !str_eq(u.scheme, STR("https"))))
		return ynode_err(c->node, e, "'url' must be http://… or "
		    "https://…");
	c->target = url_shown(h->url, a);
	for (i = 0; i < h->valid_status.n; i++)
		if (!status_word_ok(h->valid_status.p[i]))
			return ynode_err(ynode_get(c->node, "valid_status"),
			    e, "'" STR_FMT "' is no status (200, 2xx)",
			    STR_ARG(h->valid_status.p[i]));
	if (check_versions(h, e) == -1 || check_resolve(h, e) == -1 ||
	    compile_all(h, a, e) == -1)
		return -1;
	fill_config(h, a);
	return read_body(h, a, e);
}
