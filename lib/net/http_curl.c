/* A request in curl's terms, and curl's answer. */
#include "net/http_call.h"

#include "core/mem.h"

static size_t
take_body(char *p, size_t size, size_t n, void *arg)
{
	struct err e;

	return call_take_body(arg, (struct str){ p, size * n }, &e) == 0 ?
	    size * n : 0;
}

static void
append(struct curl_slist **list, const char *line)
{
	struct curl_slist *l = curl_slist_append(*list, line);

	if (l == NULL)
		mem_exhausted();
	*list = l;
}

static void
put_header(struct http_call *h, struct str name, struct str value)
{
	struct buf *b = &h->scratch;

	buf_reset(b);
	(void)buf_printf(b, value.n ? STR_FMT ": " STR_FMT : STR_FMT ";"
	    STR_FMT, STR_ARG(name), STR_ARG(value));
	append(&h->headers, buf_cstr(b));
}

/* To the proxy itself, when a tunnel is asked of it. */
static int
set_proxy_headers(struct http_call *h, struct err *e)
{
	const struct http_config *conf = h->q.config;
	struct buf *b = &h->scratch;
	size_t i;

	for (i = 0; conf != NULL && i < conf->nproxy_headers; i++) {
		buf_reset(b);
		(void)buf_printf(b, STR_FMT ": " STR_FMT,
		    STR_ARG(conf->proxy_headers[i].name),
		    STR_ARG(conf->proxy_headers[i].value));
		if (strpbrk(buf_cstr(b), "\r\n") != NULL)
			return err_set(e, ERR_CONFIG, "a header for the proxy "
			    "holds a line break: '" STR_FMT "'",
			    STR_ARG(conf->proxy_headers[i].name));
		append(&h->proxy_headers, buf_cstr(b));
	}
	curl_easy_setopt(h->transfer.easy, CURLOPT_PROXYHEADER,
	    h->proxy_headers);
	return 0;
}

static bool
has_content_type(const struct http_request *q)
{
	size_t i;

	for (i = 0; i < q->nheaders; i++)
		if (str_eq_nocase(q->headers[i].name, STR("Content-Type")))
			return true;
	return false;
}

static int
set_headers(struct http_call *h, struct err *e)
{
	if (call_each_header(h, put_header, e) == -1)
		return -1;
	if (h->q.body.n) {
		/* No waiting for "100 Continue", no form by default. */
		append(&h->headers, "Expect:");
		if (!has_content_type(&h->q))
			append(&h->headers, "Content-Type:");
	}
	curl_easy_setopt(h->transfer.easy, CURLOPT_HTTPHEADER, h->headers);
	transfer_ask(&h->transfer, h->q.may_send, h->q.may_send_arg);
	return 0;
}

static void
set_method(struct http_call *h)
{
	CURL *easy = h->transfer.easy;
	struct str m = h->q.method;

	if (str_eq(m, STR("HEAD"))) {
		curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
		return;
	}
	/* Also without a body: "Content-Length: 0" must be there. */
	if (h->q.body.n || str_eq(m, STR("POST")) || str_eq(m, STR("PUT"))) {
		curl_easy_setopt(easy, CURLOPT_POST, 1L);
		curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE,
		    (curl_off_t)h->q.body.n);
		curl_easy_setopt(easy, CURLOPT_POSTFIELDS,
		    h->q.body.n ? h->q.body.p : "");
	}
	if (m.n && !str_eq(m, STR("GET")) && !str_eq(m, STR("POST")))
		curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST,
		    arena_cstr(&h->arena, m));
	else if (h->q.body.n && !str_eq(m, STR("POST")))
		curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, "GET");
}

/*
 * curl takes the name for SNI and verification from the URL.  With a
 * server_name the URL gets that name, and the connection the real address.
 */
static void
set_url(struct http_call *h)
{
	const struct http_config *conf = h->q.config;
	struct buf *b = &h->scratch;
	struct url u;

	(void)url_parse(h->q.url, &u);		/* it did before */
	h->transfer.shard = (unsigned)str_hash(u.host) + url_port(&u);
	buf_reset(b);
	if (conf == NULL || conf->server_name.n == 0 || h->other_host ||
	    str_eq_nocase(u.scheme, STR("http"))) {
		(void)buf_put(b, h->q.url);
		curl_easy_setopt(h->transfer.easy, CURLOPT_URL, buf_cstr(b));
		return;
	}
	(void)buf_printf(b, "::" STR_FMT ":%u", STR_ARG(u.host), url_port(&u));
	append(&h->connect_to, buf_cstr(b));
	curl_easy_setopt(h->transfer.easy, CURLOPT_CONNECT_TO, h->connect_to);
	buf_reset(b);
	(void)buf_printf(b, STR_FMT "%s" STR_FMT, STR_ARG(u.host),
	    u.port.n ? ":" : "", STR_ARG(u.port));
	put_header(h, STR("Host"), arena_str(&h->arena, buf_str(b)));
	buf_reset(b);
	(void)buf_printf(b, STR_FMT "://" STR_FMT ":%u" STR_FMT,
	    STR_ARG(u.scheme), STR_ARG(conf->server_name), url_port(&u),
	    STR_ARG(u.path));
	curl_easy_setopt(h->transfer.easy, CURLOPT_URL, buf_cstr(b));
}

/* Where from, and to which address. */
static void
set_route(struct http_call *h)
{
	CURL *easy = h->transfer.easy;
	const struct http_request *q = &h->q;
	size_t i;

	for (i = 0; i < q->nresolve; i++)
		append(&h->resolve, arena_cstr(&h->arena, q->resolve[i]));
	curl_easy_setopt(easy, CURLOPT_RESOLVE, h->resolve);
	if (q->interface.n)
		curl_easy_setopt(easy, CURLOPT_INTERFACE,
		    arena_cstr(&h->arena, q->interface));
	if (q->ip_version)
		curl_easy_setopt(easy, CURLOPT_IPRESOLVE, q->ip_version == 4 ?
		    (long)CURL_IPRESOLVE_V4 : (long)CURL_IPRESOLVE_V6);
}

static void
set_limits(struct http_call *h)
{
	CURL *easy = h->transfer.easy;

	if (h->left_ms == 0)
		return;
	curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)h->left_ms);
	curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)h->left_ms);
}

static void
set_rest(struct http_call *h)
{
	CURL *easy = h->transfer.easy;
	const struct http_config *conf = h->q.config;

	curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_body);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, h);
	curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, conf && conf->no_http2 ?
	    (long)CURL_HTTP_VERSION_1_1 : (long)CURL_HTTP_VERSION_2TLS);
	if (h->q.compression)
		curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "gzip");
	if (h->q.unix_socket.n)
		curl_easy_setopt(easy, CURLOPT_UNIX_SOCKET_PATH,
		    arena_cstr(&h->arena, h->q.unix_socket));
	if (h->q.fresh) {
		curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
		curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L);
		/* A resumed session shows no certificate. */
		curl_easy_setopt(easy, CURLOPT_SSL_SESSIONID_CACHE, 0L);
	}
	if (h->q.want_cert)
		curl_easy_setopt(easy, CURLOPT_CERTINFO, 1L);
}

/* The response. */

static struct str
response_header(struct http_call *h, const char *name)
{
	struct curl_header *v;

	if (curl_easy_header(h->transfer.easy, name, 0, CURLH_HEADER, -1,
	    &v) != CURLHE_OK)
		return STR_NONE;
	return arena_str(&h->arena, str_of(v->value));
}

static void
list_headers(struct http_call *h, struct http_response *r)
{
	struct curl_header *v = NULL;
	struct http_header *all;
	size_t n = 0, i = 0;

	while ((v = curl_easy_nextheader(h->transfer.easy, CURLH_HEADER, -1,
	    v)) != NULL)
		n++;
	all = ARENA_ARRAY(&h->arena, n, struct http_header);
	while ((v = curl_easy_nextheader(h->transfer.easy, CURLH_HEADER, -1,
	    v)) != NULL && i < n) {
		all[i].name = arena_str(&h->arena, str_of(v->name));
		all[i++].value = arena_str(&h->arena, str_of(v->value));
	}
	r->headers = all;
	r->nheaders = i;
}

static double
info_s(struct http_call *h, CURLINFO what)
{
	curl_off_t us = 0;

	curl_easy_getinfo(h->transfer.easy, what, &us);
	return (double)us / 1e6;
}

static double
phase(double from, double to)
{
	return to > from ? to - from : 0;
}

/* curl counts each time from the start; 0 when a phase did not happen. */
static void
read_times(struct http_call *h, struct http_response *r)
{
	double dns = info_s(h, CURLINFO_NAMELOOKUP_TIME_T);
	double connect = info_s(h, CURLINFO_CONNECT_TIME_T);
	double tls = info_s(h, CURLINFO_APPCONNECT_TIME_T);
	double sent = info_s(h, CURLINFO_PRETRANSFER_TIME_T);
	long fresh = 0;

	curl_easy_getinfo(h->transfer.easy, CURLINFO_NUM_CONNECTS, &fresh);
	if (fresh) {
		r->dns_s = dns;
		r->connect_s = phase(dns, connect);
		r->tls_s = phase(connect, tls);
	}
	r->first_byte_s = phase(sent,
	    info_s(h, CURLINFO_STARTTRANSFER_TIME_T));
	r->total_s = info_s(h, CURLINFO_TOTAL_TIME_T);
}

static int64_t
cert_expiry(struct http_call *h)
{
	struct curl_certinfo *all = NULL;
	const struct curl_slist *l;
	int64_t end, first = 0;
	int i;

	curl_easy_getinfo(h->transfer.easy, CURLINFO_CERTINFO, &all);
	if (all == NULL)
		return 0;
	for (i = 0; i < all->num_of_certs; i++)
		for (l = all->certinfo[i]; l; l = l->next) {
			if (!str_starts(str_of(l->data), STR("Expire date:")))
				continue;
			end = (int64_t)curl_getdate(l->data +
			    strlen("Expire date:"), NULL);
			if (first == 0 || end < first)
				first = end;
		}
	return first;
}

/* The first of the chain, as PEM. */
static struct str
own_cert(struct http_call *h)
{
	struct curl_certinfo *all = NULL;
	const struct curl_slist *l;
	struct str s;

	curl_easy_getinfo(h->transfer.easy, CURLINFO_CERTINFO, &all);
	if (all == NULL || all->num_of_certs == 0)
		return STR_NONE;
	for (l = all->certinfo[0]; l; l = l->next) {
		s = str_of(l->data);
		if (str_starts(s, STR("Cert:")))
			return arena_str(&h->arena, str_sub(s, 5, s.n));
	}
	return STR_NONE;
}

static void
fill_connection(struct http_call *h, struct http_response *r)
{
	CURL *easy = h->transfer.easy;
	curl_off_t length = -1;
	char *ip = NULL;
	long version = 0;

	curl_easy_getinfo(easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
	curl_easy_getinfo(easy, CURLINFO_HTTP_VERSION, &version);
	curl_easy_getinfo(easy, CURLINFO_PRIMARY_IP, &ip);
	r->version = version == CURL_HTTP_VERSION_1_0 ? 1.0 :
	    version == CURL_HTTP_VERSION_1_1 ? 1.1 :
	    version == CURL_HTTP_VERSION_2_0 ? 2.0 : 0;
	r->length = (int64_t)length;
	r->ip = arena_str(&h->arena, str_of(ip != NULL ? ip : ""));
	r->ipv6 = str_find_char(r->ip, ':') >= 0;
}

static void
fill_response(struct http_call *h, long status, struct http_response *r)
{
	r->status = (int)status;
	r->content_type = response_header(h, "Content-Type");
	r->retry_after = response_header(h, "Retry-After");
	r->location = response_header(h, "Location");
	r->last_modified = response_header(h, "Last-Modified");
	fill_connection(h, r);
	if (h->q.want_headers)
		list_headers(h, r);
	if (h->q.want_cert) {
		r->cert_not_after = cert_expiry(h);
		r->cert = own_cert(h);
	}
}

static void
on_done(struct transfer *t, CURLcode rc)
{
	struct http_call *h = (struct http_call *)(void *)t;
	struct http_response r = { 0 };
	long status = 0;

	curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
	read_times(h, &r);
	if (rc == CURLE_OK)
		fill_response(h, status, &r);
	else
		transfer_err(t, rc, &r.err);
	call_answered(h, &r);
}

int
curl_set_up(struct http_call *h, struct err *e)
{
	if (http_client_check(h->client, e) == -1)
		return -1;
	transfer_init(h->client, &h->transfer);
	h->transfer.plain = NULL;
	h->transfer.done = on_done;
	set_url(h);
	set_route(h);
	set_limits(h);
	set_method(h);
	if (set_headers(h, e) == -1 || set_proxy_headers(h, e) == -1 ||
	    transfer_config(&h->transfer, h->q.config, e) == -1)
		return -1;
	set_rest(h);
	return 0;
}

void
curl_clean_up(struct http_call *h)
{
	transfer_release(h->client, &h->transfer);
	if (h->headers)
		curl_slist_free_all(h->headers);
	if (h->connect_to)
		curl_slist_free_all(h->connect_to);
	if (h->proxy_headers)
		curl_slist_free_all(h->proxy_headers);
	if (h->resolve)
		curl_slist_free_all(h->resolve);
	h->headers = h->connect_to = h->proxy_headers = h->resolve = NULL;
}
