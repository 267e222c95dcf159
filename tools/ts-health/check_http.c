/*
 * check_http: a web server answers, in time, with the right status and body.
 */
#include <math.h>

#include "core/clk.h"
#include "core/dur.h"
#include "core/num.h"
#include "http_check.h"
#include "json/write.h"
#include "net/url.h"
#include "probe.h"
#include "x509.h"

/* 200, or 2xx */
static bool
status_word(struct str s, int status)
{
	int64_t v;

	if (s.n == 3 && str_eq(str_sub(s, 1, 3), STR("xx")))
		return status / 100 == s.p[0] - '0';
	return num_parse_i64(s, 100, 599, &v) && v == status;
}

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

/* The conditions on a JSON body. */
static void
check_json(const struct http_check *h, struct str body,
    struct check_result *r)
{
	struct condition_facts facts = { .body = body };
	struct buf out = { 0 };
	size_t i;

	for (i = 0; i < h->json.n; i++) {
		buf_reset(&out);
		if (!condition_holds(&h->json_condition[i], &facts, true,
		    r->arena, &out))
			check_say(r, CHECK_FAIL, STR_FMT,
			    STR_ARG(buf_str(&out)));
	}
	buf_release(&out);
}

static void
check_version(const struct http_check *h, double version,
    struct check_result *r)
{
	bool ok = h->valid_versions.n == 0;
	double v;
	size_t i;

	for (i = 0; i < h->valid_versions.n; i++)
		ok |= num_parse_double(h->valid_versions.p[i], &v) &&
		    v == version;
	if (!ok || (h->http2_required && version < 2))
		check_say(r, CHECK_FAIL, "the server speaks HTTP/%.1f",
		    version);
}

static void
check_body(const struct http_check *h, struct str body,
    struct check_result *r)
{
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
	check_json(h, body, r);
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

/* Of a header that came several times any one will do. */
static bool
header_matches(const struct http_response *p, const struct header_rule *h)
{
	size_t i;

	for (i = 0; i < p->nheaders; i++)
		if (str_eq_nocase(p->headers[i].name, h->header) &&
		    re_match(h->re, p->headers[i].value))
			return true;
	return false;
}

static void
check_header_list(const struct ylist *list, bool wanted,
    const struct http_response *p, struct check_result *r)
{
	const struct header_rule *h = list->p;
	bool there;
	size_t i;

	for (i = 0; i < list->n; i++) {
		there = header_value(p, h[i].header).p != NULL;
		if (!there && h[i].allow_missing)
			continue;
		if (!there)
			check_say(r, CHECK_FAIL, "no header '" STR_FMT "'",
			    STR_ARG(h[i].header));
		else if (header_matches(p, &h[i]) != wanted)
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
		    "'" STR_FMT "'", STR_ARG(url_shown(to, r->arena)),
		    STR_ARG(h->expect_redirect));
}

/* The beginning of what came, for whoever looks into a failure. */
static void
save_body(const struct http_check *h, struct str body,
    struct check_result *r)
{
	struct buf b = { 0 };
	struct jw w = { .out = &b };

	if (h->save_body <= 0 || body.n == 0 || r->status != CHECK_FAIL)
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
	r->facts.ip = arena_str(r->arena, p->ip);
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
	struct certs own;
	struct err e;
	int64_t left;

	if (p->cert_not_after == 0)
		return 0;
	left = p->cert_not_after * 1000 - clk_now(&wall);
	check_metric(r, "probe_ssl_earliest_cert_expiry",
	    (double)p->cert_not_after);
	if (x509_read(p->cert, &own, r->arena, &e) == 0 && own.n)
		x509_tell(&own.p[0], r);
	/* Of a chain that nobody looked at nothing is known. */
	if (!h->config.insecure_skip_verify)
		check_metric(r, "probe_ssl_last_chain_expiry_timestamp_seconds",
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

/*
 * The phases are those of the last request, and what redirects took; in the
 * metric each has its part of theirs, as blackbox_exporter's.
 */
static void
put_phases(const struct http_response *p, struct check_result *r)
{
	const struct http_times *b = &p->before;
	double last = p->total_s - b->total_s;
	const struct { const char *name; double s, before; } phases[] = {
		{ "resolve", p->dns_s, b->dns_s },
		{ "connect", p->connect_s, b->connect_s },
		{ "tls", p->tls_s, b->tls_s },
		{ "processing", p->first_byte_s, b->first_byte_s },
		{ "transfer", last - p->dns_s - p->connect_s - p->tls_s -
		    p->first_byte_s, b->total_s - b->dns_s - b->connect_s -
		    b->tls_s - b->first_byte_s },
	};
	size_t i;

	for (i = 0; i < sizeof(phases) / sizeof(phases[0]); i++) {
		check_phase(r, phases[i].name, micros(phases[i].s));
		check_metric1(r, "probe_http_duration_seconds", "phase",
		    str_of(phases[i].name), micros(phases[i].s +
		    phases[i].before));
	}
	check_phase(r, "redirect", micros(b->total_s));
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

/* Whether it is the headers or the body that make it fail, and not before. */
static void
check_content(const struct http_check *h, const struct http_response *p,
    struct check_result *r)
{
	bool before = r->status == CHECK_FAIL;

	check_headers(h, p, r);
	check_body(h, p->body, r);
	check_metric(r, "probe_failed_due_to_regex",
	    !before && r->status == CHECK_FAIL);
}

static void
look_at(const struct http_check *h, const struct http_response *p,
    struct check_result *r)
{
	bool tls = str_starts(h->url, STR("https:"));

	r->seconds = p->total_s;
	if (p->err.kind != ERR_NONE) {
		check_failed(r, &p->err);
		check_metric(r, "probe_http_status_code", p->status);
		return;
	}
	put_metrics(p, tls, r);
	check_version(h, p->version, r);
	check_status_line(h, p, r);
	check_content(h, p, r);
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
	struct probe *probe = arg;

	look_at((const struct http_check *)probe->check, p, probe->result);
	probe->done(probe);
}

/* A connection of its own each time: what it takes is what is measured. */
static void
http_start(struct probe *p)
{
	const struct http_check *h = (const struct http_check *)p->check;
	struct http_request q = { .method = h->method, .url = h->url,
	    .body = h->body, .headers = h->header,
	    .nheaders = h->nheaders, .config = &h->config,
	    .unix_socket = h->unix_socket, .fresh = true,
	    .resolve = h->resolve.p, .nresolve = h->resolve.n,
	    .interface = h->interface, .ip_version = h->ip,
	    .timeout_ms = p->check->timeout_ms,
	    .body_max = (size_t)h->body_limit,
	    .compression = h->compression, .want_cert = true,
	    .want_headers = h->header_regex.n || h->header_not_regex.n ||
	    h->redirect_re != NULL };

	http_send(p->client, &q, answered, p);
}

const struct check_kind check_http = {
	.name = "http", .operand = "url", .fields = &http_fields,
	.network = true, .configure = http_configure, .start = http_start,
};
