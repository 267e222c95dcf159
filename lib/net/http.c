#include "net/client.h"

#include "core/mem.h"

#define BODY_MAX	((size_t)16 << 20)
#define BODY_KEEP	((size_t)1 << 20)	/* a spare call keeps so much */
#define REDIRECTS_MAX	10
#define SPARE_CALLS_MAX	256

/* One request from http_send to its callback; memory is used again. */
struct http_call {
	struct transfer transfer;	/* first: done() gets it */
	struct http_client *client;
	struct http_call *next, **prev;
	http_fn *fn;
	void *arg;
	struct arena arena;		/* copies of what q points to */
	struct http_request q;
	struct curl_slist *headers, *connect_to;
	struct buf body, scratch;
	size_t body_bytes;
	bool over;			/* the body passed its maximum */
	bool other_host;		/* after a redirect: no credentials */
	unsigned redirects;
	double spent_s;			/* in redirects */
	struct ltimer later;		/* a failure before curl was asked */
	struct err early;
};

static void begin(struct http_call *h);

static size_t
take_body(char *p, size_t size, size_t n, void *arg)
{
	struct http_call *h = arg;

	n *= size;
	h->body_bytes += n;
	if (h->body_bytes > h->body.max || buf_put(&h->body,
	    (struct str){ p, n }) == -1) {
		h->over = true;
		return 0;
	}
	return n;
}

/* Calls: made, kept, given back. */

static struct http_call *
call_new(struct http_client *c)
{
	struct http_call *h = c->spare_calls;

	if (h)
		c->spare_calls = h->next;
	else
		h = mem_zalloc(sizeof(*h));
	h->client = c;
	h->next = c->calls;
	h->prev = &c->calls;
	if (h->next)
		h->next->prev = &h->next;
	c->calls = h;
	return h;
}

static void
call_free(struct http_call *h)
{
	arena_free(&h->arena);
	buf_release(&h->body);
	buf_release(&h->scratch);
	mem_free(h);
}

static void
free_lists(struct http_call *h)
{
	if (h->headers)
		curl_slist_free_all(h->headers);
	if (h->connect_to)
		curl_slist_free_all(h->connect_to);
	h->headers = h->connect_to = NULL;
}

static void
call_reset(struct http_call *h)
{
	struct http_call keep = { .arena = h->arena, .body = h->body,
	    .scratch = h->scratch };

	free_lists(h);
	*h = keep;
	arena_reset(&h->arena);
	if (h->body.cap > BODY_KEEP)
		buf_release(&h->body);
	buf_reset(&h->body);
}

static void
call_done(struct http_call *h)
{
	struct http_client *c = h->client;
	struct http_call *p;
	unsigned n = 0;

	transfer_release(c, &h->transfer);
	*h->prev = h->next;
	if (h->next)
		h->next->prev = h->prev;
	call_reset(h);
	for (p = c->spare_calls; p && n < SPARE_CALLS_MAX; p = p->next)
		n++;
	if (p) {
		call_free(h);
		return;
	}
	h->next = c->spare_calls;
	c->spare_calls = h;
}

/* The request in curl's terms. */

static void
put_header(struct http_call *h, struct str name, struct str value)
{
	struct buf *b = &h->scratch;
	struct curl_slist *l;

	buf_reset(b);
	(void)buf_printf(b, value.n ? STR_FMT ": " STR_FMT : STR_FMT ";"
	    STR_FMT, STR_ARG(name), STR_ARG(value));
	l = curl_slist_append(h->headers, buf_cstr(b));
	if (l == NULL)
		mem_exhausted();
	h->headers = l;
}

static bool
has_break(struct str s)
{
	return s.n && (memchr(s.p, '\n', s.n) || memchr(s.p, '\r', s.n) ||
	    memchr(s.p, '\0', s.n));
}

static int
put_headers(struct http_call *h, const struct http_header *v, size_t n,
    struct err *e)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (has_break(v[i].name) || has_break(v[i].value))
			return err_set(e, ERR_CONFIG, "a header holds a line "
			    "break: '" STR_FMT "'", STR_ARG(v[i].name));
		if (h->other_host && http_header_is_secret(v[i].name))
			continue;
		put_header(h, v[i].name, v[i].value);
	}
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
	const struct http_config *conf = h->q.config;

	if (put_headers(h, h->q.headers, h->q.nheaders, e) == -1)
		return -1;
	if (conf && !h->other_host &&
	    put_headers(h, conf->headers, conf->nheaders, e) == -1)
		return -1;
	if (h->q.body.n) {
		/* No waiting for "100 Continue", no form by default. */
		h->headers = curl_slist_append(h->headers, "Expect:");
		if (!has_content_type(&h->q))
			h->headers = curl_slist_append(h->headers,
			    "Content-Type:");
	}
	return 0;
}

static int
set_basic(struct http_call *h, const struct http_config *conf, struct err *e)
{
	struct buf user = { 0 }, password = { 0 };
	int rc = -1;

	if (secret_read(conf->username, conf->username_file, &user,
	    e) == 0 && secret_read(conf->password, conf->password_file,
	    &password, e) == 0) {
		curl_easy_setopt(h->transfer.easy, CURLOPT_HTTPAUTH,
		    (long)CURLAUTH_BASIC);
		curl_easy_setopt(h->transfer.easy, CURLOPT_USERNAME,
		    buf_cstr(&user));
		curl_easy_setopt(h->transfer.easy, CURLOPT_PASSWORD,
		    buf_cstr(&password));
		rc = 0;
	}
	buf_release(&user);
	buf_release(&password);
	return rc;
}

static int
set_credentials(struct http_call *h, struct str type, struct str value,
    struct str file, struct err *e)
{
	struct buf v = { 0 };
	int rc = 0;

	(void)buf_put(&v, type.n ? type : STR("Bearer"));
	(void)buf_putc(&v, ' ');
	if (secret_read(value, file, &v, e) == -1)
		rc = -1;
	else if (has_break(buf_str(&v)))
		rc = err_set(e, ERR_CONFIG, "the credentials hold a line "
		    "break");
	else
		put_header(h, STR("Authorization"), buf_str(&v));
	buf_release(&v);
	return rc;
}

static int
set_auth(struct http_call *h, struct err *e)
{
	const struct http_config *conf = h->q.config;
	struct str token;

	if (conf == NULL || h->other_host)
		return 0;
	switch (conf->auth) {
	case HTTP_NO_AUTH:
		return 0;
	case HTTP_BASIC:
		return set_basic(h, conf, e);
	case HTTP_BEARER:
		return set_credentials(h, conf->auth_type, conf->credentials,
		    conf->credentials_file, e);
	case HTTP_OAUTH2:
		if (oauth2_token(h->client, conf, &token, NULL, NULL, e) != 1)
			return -1;
		return set_credentials(h, STR("Bearer"), token, STR_NONE, e);
	}
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
	if (h->q.body.n || str_eq(m, STR("POST"))) {
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
static int
set_url(struct http_call *h, struct err *e)
{
	const struct http_config *conf = h->q.config;
	struct buf *b = &h->scratch;
	struct url u;

	if (!url_parse(h->q.url, &u) ||
	    (!str_eq_nocase(u.scheme, STR("http")) &&
	    !str_eq_nocase(u.scheme, STR("https"))))
		return err_set(e, ERR_CONFIG, "not an http or https URL: '"
		    STR_FMT "'", STR_ARG(h->q.url));
	h->transfer.shard = (unsigned)str_hash(u.host) + url_port(&u);
	buf_reset(b);
	if (conf == NULL || conf->server_name.n == 0 || h->other_host ||
	    str_eq_nocase(u.scheme, STR("http"))) {
		(void)buf_put(b, h->q.url);
		curl_easy_setopt(h->transfer.easy, CURLOPT_URL, buf_cstr(b));
		return 0;
	}
	(void)buf_printf(b, "::" STR_FMT ":%u", STR_ARG(u.host), url_port(&u));
	h->connect_to = curl_slist_append(NULL, buf_cstr(b));
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
	return 0;
}

static int
set_limits(struct http_call *h, struct err *e)
{
	CURL *easy = h->transfer.easy;
	int64_t left = h->q.timeout_ms - (int64_t)(h->spent_s * 1000);

	h->body.max = h->q.body_max ? h->q.body_max : BODY_MAX;
	if (h->q.timeout_ms == 0)
		return 0;
	if (left <= 0)
		return err_set(e, ERR_NET, "no complete answer in time");
	curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)left);
	curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)left);
	return 0;
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
	curl_easy_setopt(easy, CURLOPT_HTTPHEADER, h->headers);
}

static int
set_up(struct http_call *h, struct err *e)
{
	if (set_url(h, e) == -1 || set_limits(h, e) == -1)
		return -1;
	set_method(h);
	if (set_headers(h, e) == -1 || set_auth(h, e) == -1 ||
	    transfer_config(&h->transfer, h->q.config, e) == -1)
		return -1;
	set_rest(h);
	return 0;
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
	r->total_s = h->spent_s + info_s(h, CURLINFO_TOTAL_TIME_T);
}

static int64_t
cert_expiry(struct http_call *h)
{
	struct curl_certinfo *all = NULL;
	const struct curl_slist *l;

	curl_easy_getinfo(h->transfer.easy, CURLINFO_CERTINFO, &all);
	if (all == NULL || all->num_of_certs < 1)
		return 0;
	for (l = all->certinfo[0]; l; l = l->next)
		if (str_starts(str_of(l->data), STR("Expire date:")))
			return (int64_t)curl_getdate(l->data +
			    strlen("Expire date:"), NULL);
	return 0;
}

static void
call_back(struct http_call *h, struct http_response *r)
{
	h->fn(h->arg, r);
	call_done(h);
}

static void
on_later(struct loop *l, void *arg, unsigned events)
{
	struct http_call *h = arg;
	struct http_response r = { .err = h->early };

	(void)events;
	loop_unhold(l);
	call_back(h, &r);
}

/* A callback never comes from inside http_send. */
static void
fail_later(struct http_call *h, const struct err *e)
{
	h->early = *e;
	h->later.fn = on_later;
	h->later.arg = h;
	loop_hold(h->client->loop);
	loop_deadline(h->client->loop, &h->later, 0);
}

static bool
is_redirect(int status)
{
	return status == 301 || status == 302 || status == 303 ||
	    status == 307 || status == 308;
}

/* Same place for credentials: the same host and port, or http made https. */
static bool
same_host(struct str from, struct str to)
{
	struct url a, b;

	if (!url_parse(from, &a) || !url_parse(to, &b) ||
	    !str_eq_nocase(a.host, b.host))
		return false;
	if (str_eq_nocase(a.scheme, b.scheme))
		return url_port(&a) == url_port(&b);
	return str_eq_nocase(b.scheme, STR("https")) && url_port(&a) == 80 &&
	    url_port(&b) == 443;
}

/* Forget everything of the last hop but the body's memory. */
static void
next_hop(struct http_call *h, int status, struct str to)
{
	bool see_other = status == 303 || ((status == 301 || status == 302) &&
	    str_eq(h->q.method, STR("POST")));

	if (!same_host(h->q.url, to))
		h->other_host = true;
	if (see_other && !str_eq(h->q.method, STR("HEAD"))) {
		h->q.method = STR_NONE;
		h->q.body = STR_NONE;
	}
	h->q.url = to;
	h->redirects++;
	h->spent_s += info_s(h, CURLINFO_TOTAL_TIME_T);
	transfer_release(h->client, &h->transfer);
	free_lists(h);
	buf_reset(&h->body);
	h->body_bytes = 0;
	begin(h);
}

/* True when another request was made instead of an answer. */
static bool
redirected(struct http_call *h, int status)
{
	char *to = NULL;

	if (!is_redirect(status) || (h->q.config && h->q.config->no_redirects))
		return false;
	curl_easy_getinfo(h->transfer.easy, CURLINFO_REDIRECT_URL, &to);
	if (to == NULL)
		return false;
	if (h->redirects == REDIRECTS_MAX) {
		struct http_response r = { 0 };

		err_set(&r.err, ERR_NET, "stopped after %d redirects",
		    REDIRECTS_MAX);
		call_back(h, &r);
		return true;
	}
	next_hop(h, status, arena_str(&h->arena, str_of(to)));
	return true;
}

static void
fill_response(struct http_call *h, long status, struct http_response *r)
{
	r->status = (int)status;
	r->body = buf_str(&h->body);
	r->content_type = response_header(h, "Content-Type");
	r->retry_after = response_header(h, "Retry-After");
	r->location = response_header(h, "Location");
	if (h->q.want_headers)
		list_headers(h, r);
	if (h->q.want_cert)
		r->cert_not_after = cert_expiry(h);
}

static void
on_done(struct transfer *t, CURLcode rc)
{
	struct http_call *h = (struct http_call *)(void *)t;
	struct http_response r = { 0 };
	long status = 0;

	curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
	if (rc == CURLE_OK && redirected(h, (int)status))
		return;
	r.body_bytes = h->body_bytes;
	read_times(h, &r);
	if (h->over)
		err_set(&r.err, ERR_LIMIT, "the body is over %zu bytes",
		    h->body.max);
	else if (rc != CURLE_OK)
		transfer_err(t, rc, &r.err);
	else
		fill_response(h, status, &r);
	if (status == 401 && h->q.config &&
	    h->q.config->auth == HTTP_OAUTH2)
		oauth2_refused(h->client, h->q.config);
	call_back(h, &r);
}

/* The token came, or not: go on. */
static void
on_token(void *arg, const struct err *e)
{
	struct http_call *h = arg;

	if (e)
		fail_later(h, e);
	else
		begin(h);
}

/* Ask for a token first when one is needed; then run. */
static void
begin(struct http_call *h)
{
	const struct http_config *conf = h->q.config;
	struct err e = { 0 };
	struct str token;
	int rc = 1;

	if (conf && conf->auth == HTTP_OAUTH2 && !h->other_host)
		rc = oauth2_token(h->client, conf, &token, on_token, h, &e);
	if (rc == 0)
		return;
	h->transfer.done = on_done;
	if (rc == 1) {
		transfer_init(h->client, &h->transfer);
		rc = set_up(h, &e);
	}
	if (rc == -1)
		fail_later(h, &e);
	else
		transfer_start(h->client, &h->transfer);
}

static void
copy_request(struct http_call *h, const struct http_request *q)
{
	struct http_header *v;
	size_t i;

	h->q = *q;
	h->q.method = arena_str(&h->arena, q->method);
	h->q.url = arena_str(&h->arena, q->url);
	h->q.unix_socket = arena_str(&h->arena, q->unix_socket);
	v = ARENA_ARRAY(&h->arena, q->nheaders, struct http_header);
	for (i = 0; i < q->nheaders; i++) {
		v[i].name = arena_str(&h->arena, q->headers[i].name);
		v[i].value = arena_str(&h->arena, q->headers[i].value);
	}
	h->q.headers = v;
}

void
http_send(struct http_client *c, const struct http_request *q, http_fn *fn,
    void *arg)
{
	struct http_call *h = call_new(c);
	struct err e;

	h->fn = fn;
	h->arg = arg;
	copy_request(h, q);
	if (curl_load(&e) == 0)
		begin(h);
	else
		fail_later(h, &e);
}

void
http_client_free(struct http_client *c)
{
	struct http_call *h, *next;

	if (c == NULL)
		return;
	for (h = c->calls; h; h = next) {
		next = h->next;
		if (h->transfer.prev || h->transfer.running)
			transfer_abort(c, &h->transfer);
		if (h->later.set) {
			loop_deadline_stop(c->loop, &h->later);
			loop_unhold(c->loop);
		}
		transfer_release(c, &h->transfer);
		call_reset(h);
		call_free(h);
	}
	for (h = c->spare_calls; h; h = next) {
		next = h->next;
		call_free(h);
	}
	oauth2_free(c);
	transfers_free(c);
	mem_free(c);
}
