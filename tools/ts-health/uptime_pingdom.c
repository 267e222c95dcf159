/*
 * uptime_pingdom: api.pingdom.com, version 3.1.
 */
#include "uptime.h"

#include "json/write.h"
#include "net/url.h"

#define BASE	"https://api.pingdom.com/api/3.1"

static bool
is_pingdom(const struct ynode *n)
{
	return ynode_get(n, "host") != NULL || ynode_get(n, "hostname") !=
	    NULL;
}

static const char *const known[] = {
	"name", "host", "hostname", "type", "url", "encryption", "port",
	"requestheaders", "shouldcontain", "shouldnotcontain", "auth",
	"stringtosend", "stringtoexpect", "resolution", "tags", "paused",
	"sendnotificationwhendown", "responsetime_threshold",
	"verify_certificate", "id",
};

/* http, and { "http": { …fields… } } in what the API lists. */
static struct str
type_of(const struct ynode *n, const struct ynode **fields)
{
	const struct ynode *v = ynode_get(n, "type");

	*fields = n;
	if (v != NULL && v->kind == Y_MAP && v->child != NULL) {
		*fields = v->child->kind == Y_MAP ? v->child : n;
		return v->child->key->scalar;
	}
	return v != NULL && v->kind == Y_SCALAR ? v->scalar : STR("http");
}

static void
read_http(const struct ynode *n, struct uptime *u, struct arena *a)
{
	bool tls = uptime_flag(n, "encryption");
	int64_t port = uptime_number(n, "port");
	struct str path = uptime_text(n, "url");
	const struct ynode *v = ynode_get(n, "verify_certificate");
	struct str digits = STR_NONE;

	if (port && port != (tls ? 443 : 80))
		digits = arena_printf(a, ":%lld", (long long)port);
	u->url = arena_printf(a, "%s://" STR_FMT STR_FMT "%s" STR_FMT,
	    tls ? "https" : "http", STR_ARG(u->host), STR_ARG(digits),
	    str_starts(path, STR("/")) ? "" : "/", STR_ARG(path));
	u->insecure = v != NULL && !uptime_flag(n, "verify_certificate");
	uptime_headers(ynode_get(n, "requestheaders"), u);
	u->contains = uptime_text(n, "shouldcontain");
	u->not_contains = uptime_text(n, "shouldnotcontain");
	(void)str_cut(uptime_text(n, "auth"), ':', &u->username);
}

/* The type of ours, and of theirs. */
static const struct { const char *theirs, *ours; int port; } types[] = {
	{ "http", "http", 0 }, { "httpcustom", "http", 0 },
	{ "tcp", "tcp", 0 }, { "ping", "icmp", 0 }, { "dns", "dns", 0 },
	{ "smtp", "tcp", 25 }, { "pop3", "tcp", 110 },
	{ "imap", "tcp", 143 },
};

static int
read_check(const struct ynode *n, struct uptime *u, struct arena *a,
    struct err *e)
{
	const struct ynode *fields;
	struct str type = type_of(n, &fields);
	size_t i, ntypes = sizeof(types) / sizeof(types[0]);

	u->name = uptime_text(n, "name");
	u->host = uptime_text(n, "host");
	if (u->host.n == 0)
		u->host = uptime_text(n, "hostname");
	if (u->name.n == 0 || u->host.n == 0)
		return ynode_err(n, e, "a check of Pingdom needs a name and "
		    "a host");
	for (i = 0; i < ntypes; i++)
		if (str_eq(type, str_of(types[i].theirs)))
			break;
	if (i == ntypes)
		return ynode_err(n, e, "unknown type '" STR_FMT "'",
		    STR_ARG(type));
	u->kind = str_of(types[i].ours);
	u->port = uptime_number(fields, "port");
	if (u->port == 0)
		u->port = types[i].port;
	if (str_eq(u->kind, STR("http")))
		read_http(fields, u, a);
	u->send = uptime_text(fields, "stringtosend");
	u->expect = uptime_text(fields, "stringtoexpect");
	u->interval_ms = uptime_number(n, "resolution") * 60000;
	u->failures = uptime_number(n, "sendnotificationwhendown");
	u->slow_ms = uptime_number(n, "responsetime_threshold");
	u->paused = uptime_flag(n, "paused");
	uptime_tags(ynode_get(n, "tags"), u);
	uptime_note_rest(n, known, sizeof(known) / sizeof(known[0]), u, a);
	return 0;
}

/* ---- to Pingdom ---- */

static void
put_http(struct jw *w, const struct uptime *u)
{
	struct url url = { 0 };
	bool tls;
	size_t i;

	(void)url_parse(u->url, &url);
	tls = str_eq(url.scheme, STR("https"));
	jw_member_some(w, "host", url.host);
	jw_member_some(w, "type", STR("http"));
	jw_member_some(w, "url", url.path.n ? url.path : STR("/"));
	jw_key(w, STR("encryption"));
	jw_bool(w, tls);
	jw_member_int_some(w, "port", url_port(&url));
	if (u->headers.n) {
		jw_key(w, STR("requestheaders"));
		jw_obj(w);
		for (i = 0; i < u->headers.n; i++) {
			jw_key(w, u->headers.p[i].name);
			jw_str(w, u->headers.p[i].value);
		}
		jw_obj_end(w);
	}
	jw_member_some(w, "shouldcontain", u->contains);
	jw_member_some(w, "shouldnotcontain", u->not_contains);
	if (tls) {
		jw_key(w, STR("verify_certificate"));
		jw_bool(w, !u->insecure);
	}
}

static void
put_other(struct jw *w, const struct uptime *u)
{
	jw_member_some(w, "host", u->host);
	jw_member_some(w, "type", str_eq(u->kind, STR("icmp")) ? STR("ping") :
	    u->kind);
	jw_member_int_some(w, "port", u->port);
	jw_member_some(w, "stringtosend", u->send);
	jw_member_some(w, "stringtoexpect", u->expect);
}

/* The resolutions there are. */
static int64_t
minutes(int64_t ms)
{
	static const int steps[] = { 1, 5, 15, 30, 60 };
	size_t i = sizeof(steps) / sizeof(steps[0]) - 1;

	while (i > 0 && steps[i] * INT64_C(60000) > ms)
		i--;
	return steps[i];
}

static void
put_tags(struct jw *w, const struct uptime *u)
{
	size_t i;

	if (u->tags.n == 0)
		return;
	jw_key(w, STR("tags"));
	jw_arr(w);
	for (i = 0; i < u->tags.n; i++)
		jw_str(w, u->tags.p[i]);
	jw_arr_end(w);
}

static void
write_check(const struct uptime *u, const struct uptime_keys *k,
    struct http_request *q, struct arena *a)
{
	struct http_header *h = ARENA_ARRAY(a, 2, struct http_header);
	struct buf body = { 0 };
	struct jw w = { .out = &body };

	jw_obj(&w);
	jw_member_some(&w, "name", u->name);
	if (str_eq(u->kind, STR("http")))
		put_http(&w, u);
	else
		put_other(&w, u);
	jw_member_int_some(&w, "sendnotificationwhendown", u->failures);
	jw_member_int_some(&w, "responsetime_threshold", u->slow_ms);
	jw_member_int_some(&w, "resolution", minutes(u->interval_ms));
	put_tags(&w, u);
	if (u->paused) {
		jw_key(&w, STR("paused"));
		jw_bool(&w, true);
	}
	jw_obj_end(&w);
	h[0] = (struct http_header){ STR("Authorization"),
	    arena_printf(a, "Bearer " STR_FMT, STR_ARG(k->token)) };
	h[1] = (struct http_header){ STR("Content-Type"),
	    STR("application/json") };
	*q = (struct http_request){ .method = STR("POST"),
	    .url = arena_printf(a, STR_FMT "/checks", STR_ARG(k->base.n ?
	    k->base : STR(BASE))), .headers = h, .nheaders = 2,
	    .body = arena_str(a, buf_str(&body)) };
	buf_release(&body);
}

const struct uptime_service uptime_pingdom = {
	.name = "pingdom", .domain = "pingdom.com", .is = is_pingdom,
	.read = read_check, .write = write_check,
};
