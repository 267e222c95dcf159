/*
 * check_http: a web server answers, in time, with the right status and body.
 */
#include <math.h>

#include "core/clk.h"
#include "core/dur.h"
#include "core/io.h"
#include "core/num.h"
#include "json/write.h"
#include "kinds.h"
#include "net/url.h"
#include "probe.h"
#include "re/re.h"

#define BODY_MAX	((size_t)1 << 20)	/* to send */

/* A header that must match, or with not must not. */
struct header_rule {
	struct str header, regex;
	bool allow_missing;
	struct re *re;
};

struct http_check {
	struct check check;
	struct str url, method, body, unix_socket;
	struct ypairs headers;
	struct ystrs valid_status;
	bool follow_redirects, compression, insecure;
	bool fail_if_ssl, fail_if_not_ssl;
	struct str contains, not_contains, regex, not_regex;
	struct str username, password, bearer, ca_file, server_name;
	struct str cert_file, key_file, min_version, proxy, no_proxy;
	struct str user_agent, expect_redirect, body_file;
	struct ylist header_regex, header_not_regex;
	bool http2;
	int64_t save_body;
	int64_t body_limit, cert_warn_ms, cert_crit_ms;

	struct re *re, *not_re, *redirect_re;
	struct http_header *header;
	size_t nheaders;
	int min_tls;
};

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

#define T	struct http_check
#define AT(f)	offsetof(struct http_check, f)
static const struct yfield rows[] = {
	CHECK_ROWS,
	YROW("url", YT_STR, AT(url), .flags = YF_REQUIRED),
	YROW("method", YT_STR, AT(method), .dflt = "GET"),
	YROW("body", YT_STR, AT(body)),
	YROW("body_file", YT_STR, AT(body_file)),
	YROW("user_agent", YT_STR, AT(user_agent)),
	YROW("http2", YT_BOOL, AT(http2), .dflt = "true"),
	YROW("proxy", YT_STR, AT(proxy), .flags = YF_SECRET),
	YROW("no_proxy", YT_STR, AT(no_proxy)),
	YROW("expect_redirect", YT_STR, AT(expect_redirect)),
	YROW("header_regex", YT_LIST, AT(header_regex),
	    .sub = &header_fields),
	YROW("header_not_regex", YT_LIST, AT(header_not_regex),
	    .sub = &header_fields),
	YROW("save_body_on_failure", YT_SIZE, AT(save_body)),
	YROW("headers", YT_STRMAP, AT(headers)),
	YROW("unix_socket", YT_STR, AT(unix_socket)),
	YROW("valid_status", YT_STRLIST, AT(valid_status)),
	YROW("follow_redirects", YT_BOOL, AT(follow_redirects),
	    .dflt = "true"),
	YROW("compression", YT_BOOL, AT(compression)),
	YROW("contains", YT_STR, AT(contains)),
	YROW("not_contains", YT_STR, AT(not_contains)),
	YROW("regex", YT_STR, AT(regex)),
	YROW("not_regex", YT_STR, AT(not_regex)),
	YROW("username", YT_STR, AT(username)),
	YROW("password", YT_STR, AT(password), .flags = YF_SECRET),
	YROW("bearer", YT_STR, AT(bearer), .flags = YF_SECRET),
	YROW("ca_file", YT_STR, AT(ca_file)),
	YROW("server_name", YT_STR, AT(server_name)),
	YROW("cert_file", YT_STR, AT(cert_file)),
	YROW("key_file", YT_STR, AT(key_file)),
	YROW("min_version", YT_STR, AT(min_version)),
	YROW("insecure", YT_BOOL, AT(insecure)),
	YROW("fail_if_ssl", YT_BOOL, AT(fail_if_ssl)),
	YROW("fail_if_not_ssl", YT_BOOL, AT(fail_if_not_ssl)),
	YROW("body_limit", YT_SIZE, AT(body_limit), .dflt = "1MiB"),
	YROW("cert_warn", YT_DURATION, AT(cert_warn_ms), .dflt = "30d"),
	YROW("cert_crit", YT_DURATION, AT(cert_crit_ms), .dflt = "7d"),
};
KIND_FIELDS(http, T);
#undef AT
#undef T

/* 200, or 2xx */
static bool
status_word(struct str s, int status)
{
	int64_t v;

	if (s.n == 3 && str_eq(str_sub(s, 1, 3), STR("xx")))
		return status / 100 == s.p[0] - '0';
	return num_parse_i64(s, 100, 599, &v) && v == status;
}

static bool
status_word_ok(struct str s)
{
	int64_t v;

	return num_parse_i64(s, 100, 599, &v) || (s.n == 3 &&
	    s.p[0] >= '1' && s.p[0] <= '5' &&
	    str_eq(str_sub(s, 1, 3), STR("xx")));
}

/* The URL without what stands before the '@'. */
static struct str
shown_url(struct str s, const struct url *u, struct arena *a)
{
	size_t at;

	if (u->userinfo.n == 0)
		return s;
	at = (size_t)(u->userinfo.p - s.p);
	return arena_printf(a, STR_FMT "***" STR_FMT, (int)at, s.p,
	    STR_ARG(str_sub(s, at + u->userinfo.n, s.n)));
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
configure_more(struct http_check *h, struct arena *a, struct err *e)
{
	const struct check *c = &h->check;
	struct buf b = { 0 };
	double version;
	int rc = 0;

	if (compile(c, "expect_redirect", h->expect_redirect,
	    &h->redirect_re, a, e) == -1 ||
	    compile_headers(c, &h->header_regex, a, e) == -1 ||
	    compile_headers(c, &h->header_not_regex, a, e) == -1)
		return -1;
	if (h->min_version.n && (!num_parse_double(h->min_version,
	    &version) || version < 1 || version > 1.3))
		return ynode_err(ynode_get(c->node, "min_version"), e,
		    "'min_version' must be from 1.0 to 1.3");
	h->min_tls = h->min_version.n ? (int)lround(version * 10) : 0;
	if (h->body_file.n) {
		rc = io_read_file(arena_cstr(a, h->body_file), BODY_MAX, &b,
		    e);
		h->body = arena_str(a, buf_str(&b));
		buf_release(&b);
	}
	return rc;
}

static int
http_configure(struct check *c, struct arena *a, struct err *e)
{
	struct http_check *h = (struct http_check *)c;
	struct url u;
	size_t i;

	if (!url_parse(h->url, &u) || (!str_eq(u.scheme, STR("http")) &&
	    !str_eq(u.scheme, STR("https"))))
		return ynode_err(c->node, e, "'url' must be http://… or "
		    "https://…");
	c->target = shown_url(h->url, &u, a);
	for (i = 0; i < h->valid_status.n; i++)
		if (!status_word_ok(h->valid_status.p[i]))
			return ynode_err(ynode_get(c->node, "valid_status"),
			    e, "'" STR_FMT "' is no status (200, 2xx)",
			    STR_ARG(h->valid_status.p[i]));
	if (compile(c, "regex", h->regex, &h->re, a, e) == -1 ||
	    compile(c, "not_regex", h->not_regex, &h->not_re, a, e) == -1)
		return -1;
	h->header = ARENA_ARRAY(a, h->headers.n + 2, struct http_header);
	for (i = 0; i < h->headers.n; i++)
		h->header[i] = (struct http_header){ h->headers.p[i].key,
		    h->headers.p[i].value };
	h->nheaders = h->headers.n;
	if (h->user_agent.n)
		h->header[h->nheaders++] = (struct http_header){
		    STR("User-Agent"), h->user_agent };
	return configure_more(h, a, e);
}

struct exchange {
	struct probe *probe;
	struct http_config config;
};

static void
check_status_line(const struct http_check *h, const struct http_response *p,
    struct check_result *r)
{
	const struct check *c = &h->check;
	bool ok = h->valid_status.n == 0 && p->status / 100 ==
	    (h->redirect_re != NULL ? 3 : 2);
	size_t i;

	/* Conditions that ask for the status are the verdict on it. */
	for (i = 0; i < c->conditions.n && h->valid_status.n == 0; i++)
		ok |= str_find(c->conditions.p[i], STR("[STATUS]")) >= 0;
	for (i = 0; i < h->valid_status.n; i++)
		ok |= status_word(h->valid_status.p[i], p->status);
	if (!ok)
		check_say(r, CHECK_FAIL, "HTTP status %d", p->status);
}

static void
check_body(const struct http_check *h, struct str body,
    struct check_result *r)
{
	bool before = r->status == CHECK_FAIL;

	if (h->contains.n && str_find(body, h->contains) < 0)
		check_say(r, CHECK_FAIL, "the body does not contain '" STR_FMT
		    "'", STR_ARG(h->contains));
	if (h->not_contains.n && str_find(body, h->not_contains) >= 0)
		check_say(r, CHECK_FAIL, "the body contains '" STR_FMT "'",
		    STR_ARG(h->not_contains));
	if (h->re != NULL && !re_match(h->re, body))
		check_say(r, CHECK_FAIL, "the body does not match '" STR_FMT
		    "'", STR_ARG(h->regex));
	if (h->not_re != NULL && re_match(h->not_re, body))
		check_say(r, CHECK_FAIL, "the body matches '" STR_FMT "'",
		    STR_ARG(h->not_regex));
	check_metric(r, "probe_failed_due_to_regex",
	    !before && r->status == CHECK_FAIL && r->error.p != NULL);
}

static struct str
header_value(const struct http_response *p, struct str name)
{
	size_t i;

	for (i = 0; i < p->nheaders; i++)
		if (str_eq_nocase(p->headers[i].name, name))
			return p->headers[i].value;
	return STR_NONE;
}

static void
check_header_list(const struct ylist *list, bool wanted,
    const struct http_response *p, struct check_result *r)
{
	const struct header_rule *h = list->p;
	struct str v;
	size_t i;

	for (i = 0; i < list->n; i++) {
		v = header_value(p, h[i].header);
		if (v.p == NULL && h[i].allow_missing)
			continue;
		if (v.p == NULL)
			check_say(r, CHECK_FAIL, "no header '" STR_FMT "'",
			    STR_ARG(h[i].header));
		else if (re_match(h[i].re, v) != wanted)
			check_say(r, CHECK_FAIL, "header '" STR_FMT "' %s '"
			    STR_FMT "'", STR_ARG(h[i].header), wanted ?
			    "does not match" : "matches",
			    STR_ARG(h[i].regex));
	}
}

static void
check_headers(const struct http_check *h, const struct http_response *p,
    struct check_result *r)
{
	struct str to = header_value(p, STR("Location"));

	check_header_list(&h->header_regex, true, p, r);
	check_header_list(&h->header_not_regex, false, p, r);
	if (h->redirect_re != NULL && !re_match(h->redirect_re, to))
		check_say(r, CHECK_FAIL, "redirected to '" STR_FMT "', not to "
		    "'" STR_FMT "'", STR_ARG(to),
		    STR_ARG(h->expect_redirect));
}

/* The beginning of what came, for whoever looks into a failure. */
static void
save_body(const struct http_check *h, struct str body,
    struct check_result *r)
{
	struct buf b = { 0 };
	struct jw w = { .out = &b };

	if (h->save_body <= 0 || r->status != CHECK_FAIL)
		return;
	jw_obj(&w);
	jw_key(&w, STR("body"));
	jw_str(&w, str_sub(body, 0, (size_t)h->save_body));
	jw_obj_end(&w);
	r->data = arena_str(r->arena, buf_str(&b));
	buf_release(&b);
}

/* What the conditions may ask for. */
static void
put_facts(const struct check *c, const struct http_response *p,
    int64_t cert_ms, struct check_result *r)
{
	r->facts.status = p->status;
	r->facts.duration_ms = (int64_t)(p->total_s * 1000);
	r->facts.connected = true;
	if (c->conditions.n)
		r->facts.body = arena_str(r->arena, p->body);
	r->facts.cert_ms = cert_ms;
}

/* What is left of the certificate, in ms; 0 without one. */
static int64_t
cert_left(const struct http_check *h, const struct http_response *p,
    struct check_result *r)
{
	struct clk wall = { .kind = CLK_WALL };
	int64_t left;

	if (p->cert_not_after == 0)
		return 0;
	left = p->cert_not_after * 1000 - clk_now(&wall);
	check_metric(r, "probe_ssl_earliest_cert_expiry",
	    (double)p->cert_not_after);
	if (left < h->cert_warn_ms)
		check_say(r, left < h->cert_crit_ms ? CHECK_FAIL : CHECK_WARN,
		    "the certificate ends in %.1f days",
		    (double)left / (double)DUR_DAY);
	return left;
}

static double
micros(double s)
{
	return s > 0 ? round(s * 1e6) / 1e6 : 0;
}

static void
put_phases(const struct http_response *p, struct check_result *r)
{
	const struct { const char *name; double s; } phases[] = {
		{ "resolve", p->dns_s }, { "connect", p->connect_s },
		{ "tls", p->tls_s }, { "processing", p->first_byte_s },
		{ "transfer", p->total_s - p->dns_s - p->connect_s -
		    p->tls_s - p->first_byte_s },
	};
	size_t i;

	for (i = 0; i < sizeof(phases) / sizeof(phases[0]); i++) {
		check_phase(r, phases[i].name, micros(phases[i].s));
		check_metric1(r, "probe_http_duration_seconds", "phase",
		    str_of(phases[i].name), micros(phases[i].s));
	}
	check_metric(r, "probe_dns_lookup_time_seconds", micros(p->dns_s));
}

/* What blackbox_exporter tells of an answer. */
static void
put_metrics(const struct http_response *p, bool tls, struct check_result *r)
{
	int64_t modified = http_date(p->last_modified);
	const struct { const char *name; double v; } metrics[] = {
		{ "probe_http_status_code", p->status },
		{ "probe_http_ssl", tls },
		{ "probe_http_version", p->version },
		{ "probe_http_redirects", p->redirects },
		{ "probe_http_content_length", (double)p->length },
		{ "probe_http_uncompressed_body_length",
		    (double)p->body_bytes },
		{ "probe_ip_protocol", p->ipv6 ? 6 : 4 },
		{ "probe_http_last_modified_timestamp_seconds",
		    modified == -1 ? NAN : (double)modified },
	};
	size_t i;

	put_phases(p, r);
	for (i = 0; i < sizeof(metrics) / sizeof(metrics[0]); i++)
		check_metric(r, metrics[i].name, metrics[i].v);
}

static void
look_at(const struct http_check *h, const struct http_response *p,
    struct check_result *r)
{
	bool tls = str_starts(h->url, STR("https:"));

	r->seconds = p->total_s;
	if (p->err.kind != ERR_NONE) {
		check_say(r, CHECK_FAIL, strstr(p->err.msg,
		    "wrong version number") ? "the server does not speak TLS "
		    "(%s)" : "%s", p->err.msg);
		check_metric(r, "probe_http_status_code", p->status);
		return;
	}
	put_metrics(p, tls, r);
	check_status_line(h, p, r);
	check_headers(h, p, r);
	check_body(h, p->body, r);
	put_facts(&h->check, p, cert_left(h, p, r), r);
	if (tls ? h->fail_if_ssl : h->fail_if_not_ssl)
		check_say(r, CHECK_FAIL, tls ? "TLS is in use" :
		    "TLS is not in use");
	save_body(h, p->body, r);
	check_slow(&h->check, r, "HTTP");
	check_note(r, "HTTP status %d in %.3fs", p->status, p->total_s);
}

static void
answered(void *arg, const struct http_response *p)
{
	const struct exchange *x = arg;

	look_at((const struct http_check *)x->probe->check, p,
	    x->probe->result);
	x->probe->done(x->probe);
}

/* A connection of its own each time: what it takes is what is measured. */
static void
http_start(struct probe *p)
{
	const struct http_check *h = (const struct http_check *)p->check;
	struct exchange *x = ARENA_NEW(p->result->arena, struct exchange);
	struct http_request q = { .method = h->method, .url = h->url,
	    .body = h->body, .headers = h->header,
	    .nheaders = h->nheaders, .config = &x->config,
	    .unix_socket = h->unix_socket, .fresh = true,
	    .timeout_ms = p->check->timeout_ms,
	    .body_max = (size_t)h->body_limit,
	    .compression = h->compression, .want_cert = true,
	    .want_headers = h->header_regex.n || h->header_not_regex.n ||
	    h->redirect_re != NULL };

	x->probe = p;
	x->config = (struct http_config){ .username = h->username,
	    .password = h->password, .credentials = h->bearer,
	    .ca_file = h->ca_file, .server_name = h->server_name,
	    .insecure_skip_verify = h->insecure,
	    .cert_file = h->cert_file, .key_file = h->key_file,
	    .min_tls = h->min_tls, .proxy_url = h->proxy,
	    .no_proxy = h->no_proxy, .no_http2 = !h->http2,
	    .no_redirects = !h->follow_redirects || h->redirect_re != NULL,
	    .auth = h->bearer.n ? HTTP_BEARER : h->username.n ? HTTP_BASIC :
	    HTTP_NO_AUTH };
	http_send(p->client, &q, answered, x);
}

const struct check_kind check_http = {
	.name = "http", .operand = "url", .fields = &http_fields,
	.network = true, .configure = http_configure, .start = http_start,
};
