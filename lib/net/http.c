#include "net/http_call.h"

#include "core/mem.h"

#define BODY_MAX	((size_t)16 << 20)
#define BODY_KEEP	((size_t)1 << 20)	/* a spare call keeps so much */
#define REDIRECTS_MAX	10
#define SPARE_CALLS_MAX	256

static void	begin(struct http_call *h);

int
call_take_body(struct http_call *h, struct str bytes, struct err *e)
{
	h->body_bytes += bytes.n;
	if (h->body_bytes <= h->body.max && buf_put(&h->body, bytes) == 0)
		return 0;
	h->over = true;
	return err_set(e, ERR_LIMIT, "the body is over %zu bytes",
	    h->body.max);
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
	buf_release(&h->request);
	answer_release(&h->plain.answer);
	mem_free(h);
}

/* Forget what this try used: the next one may go another way. */
static void
clean_up(struct http_call *h)
{
	curl_clean_up(h);
	plain_clean_up(h);
	if (h->body.cap > BODY_KEEP)
		buf_release(&h->body);
	buf_reset(&h->body);
	h->body_bytes = 0;
}

static void
call_reset(struct http_call *h)
{
	struct http_call keep = { .arena = h->arena, .body = h->body,
	    .scratch = h->scratch, .request = h->request };

	keep.plain.answer = h->plain.answer;
	*h = keep;
	arena_reset(&h->arena);
}

static void
call_done(struct http_call *h)
{
	struct http_client *c = h->client;
	struct http_call *p;
	unsigned n = 0;

	clean_up(h);
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

/* The end of a request. */

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
	clean_up(h);
	begin(h);
}

/* Where a redirect goes; empty when r is none that is followed. */
static struct str
redirect_to(struct http_call *h, const struct http_response *r)
{
	if (!is_redirect(r->status) || r->location.n == 0 ||
	    (h->q.config && h->q.config->no_redirects) ||
	    !url_resolve(&h->scratch, h->q.url, r->location))
		return STR_NONE;
	return arena_str(&h->arena, buf_str(&h->scratch));
}

static void
add_times(struct http_times *before, const struct http_response *r)
{
	before->dns_s += r->dns_s;
	before->connect_s += r->connect_s;
	before->tls_s += r->tls_s;
	before->first_byte_s += r->first_byte_s;
	before->total_s = r->total_s;
}

void
call_answered(struct http_call *h, struct http_response *r)
{
	struct str to = STR_NONE;

	r->body_bytes = h->body_bytes;
	r->before = h->before;
	r->total_s += h->before.total_s;
	r->redirects = h->redirects;
	if (h->over)
		(void)call_take_body(h, STR_NONE, &r->err);
	if (r->err.kind == ERR_NONE)
		to = redirect_to(h, r);
	if (to.n && h->redirects == REDIRECTS_MAX) {
		(void)err_set(&r->err, ERR_NET, "stopped after %d redirects",
		    REDIRECTS_MAX);
	} else if (to.n) {
		add_times(&h->before, r);
		next_hop(h, r->status, to);
		return;
	}
	if (r->status == 401 && h->q.config &&
	    h->q.config->auth == HTTP_OAUTH2)
		oauth2_refused(h->client, h->q.config);
	if (r->err.kind == ERR_NONE)
		r->body = buf_str(&h->body);
	else
		r->status = 0;
	call_back(h, r);
}

/* The start of a request. */

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

/* Where a server sends us is its fault, not ours. */
static int
refuse_url(const struct http_call *h, struct err *e)
{
	struct buf shown = { 0 };

	url_put_shown(&shown, h->q.url);
	(void)err_set(e, h->redirects ? ERR_NET : ERR_CONFIG, "not an http "
	    "or https URL: '%s'", buf_cstr(&shown));
	buf_release(&shown);
	return -1;
}

static int
check(struct http_call *h, struct err *e)
{
	struct url u;

	if (!url_parse(h->q.url, &u) ||
	    (!str_eq_nocase(u.scheme, STR("http")) &&
	    !str_eq_nocase(u.scheme, STR("https"))))
		return refuse_url(h, e);
	h->body.max = h->q.body_max ? h->q.body_max : BODY_MAX;
	h->left_ms = h->q.timeout_ms - (int64_t)(h->before.total_s * 1000);
	if (h->q.timeout_ms && h->left_ms <= 0)
		return err_set(e, ERR_NET, "no complete answer in time");
	if (h->q.timeout_ms == 0)
		h->left_ms = 0;
	return 0;
}

/* Ask for a token first when one is needed; then run. */
static void
begin(struct http_call *h)
{
	const struct http_config *conf = h->q.config;
	struct plain_address to;
	struct err e = { 0 };
	struct str token;
	int rc = 1;

	if (conf && conf->auth == HTTP_OAUTH2 && !h->other_host)
		rc = oauth2_token(h->client, conf, &token, on_token, h, &e);
	if (rc == 0)
		return;
	if (rc == 1)
		rc = check(h, &e);
	if (rc == 0)
		rc = plain_fits(h, &to) ? plain_set_up(h, &to, &e) :
		    curl_set_up(h, &e);
	if (rc == -1)
		fail_later(h, &e);
	else
		transfer_start(h->client, &h->transfer);
}

static void
copy_request(struct http_call *h, const struct http_request *q)
{
	struct http_header *v;
	struct str *resolve;
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
	h->q.interface = arena_str(&h->arena, q->interface);
	resolve = ARENA_ARRAY(&h->arena, q->nresolve, struct str);
	for (i = 0; i < q->nresolve; i++)
		resolve[i] = arena_str(&h->arena, q->resolve[i]);
	h->q.resolve = resolve;
}

void
http_send(struct http_client *c, const struct http_request *q, http_fn *fn,
    void *arg)
{
	struct http_call *h = call_new(c);

	h->fn = fn;
	h->arg = arg;
	copy_request(h, q);
	begin(h);
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
		clean_up(h);
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
