/* A request as text over plain TCP, and its answer. */
#include "net/http_call.h"

#include <arpa/inet.h>
#include <netdb.h>

#include "core/clk.h"

static void
put_header(struct http_call *h, struct str name, struct str value)
{
	(void)buf_printf(&h->request, STR_FMT ": " STR_FMT "\r\n",
	    STR_ARG(name), STR_ARG(value));
}

/*
 * A proxy, a socket file, a method with a body, an answer with all headers:
 * curl's.  A name, too: it would have to be resolved.
 */
bool
plain_fits(const struct http_call *h, struct plain_address *to)
{
	const struct http_request *q = &h->q;
	const struct http_config *c = q->config;
	struct url u;

	if (q->body.n || q->unix_socket.n || q->want_headers || q->may_send ||
	    q->nresolve || q->interface.n || q->ip_version ||
	    (q->method.n && !str_eq(q->method, STR("GET")) &&
	    !str_eq(q->method, STR("HEAD"))))
		return false;
	if (c && (c->proxy_url.n || c->proxy_from_environment))
		return false;
	return url_parse(q->url, &u) && u.userinfo.n == 0 &&
	    str_eq_nocase(u.scheme, STR("http")) && plain_resolve(&u, to);
}

static int
take_inflated(void *arg, struct str bytes, struct err *e)
{
	return call_take_body(arg, bytes, e);
}

/* The first piece of a body shows how it is coded. */
static int
take_body(void *arg, struct str bytes, struct err *e)
{
	struct http_call *h = arg;
	struct str coding = h->plain.answer.content_encoding;

	if (coding.n == 0 || str_eq_nocase(coding, STR("identity")))
		return call_take_body(h, bytes, e);
	if (!str_eq_nocase(coding, STR("gzip")))
		return err_set(e, ERR_NET, "unknown Content-Encoding '"
		    STR_FMT "'", STR_ARG(coding));
	if (h->gunzip == NULL && (h->gunzip = gunzip_new(e)) == NULL)
		return -1;
	return gunzip_feed(h->gunzip, bytes, take_inflated, h, e);
}

static double
phase(double from, double to)
{
	return from > 0 && to > from ? to - from : 0;
}

static struct str
address_text(const struct plain_address *to, struct arena *a)
{
	char text[INET6_ADDRSTRLEN];

	if (getnameinfo((const struct sockaddr *)&to->addr, to->n, text,
	    sizeof(text), NULL, 0, NI_NUMERICHOST) != 0)
		return STR_NONE;
	return arena_str(a, str_of(text));
}

static void
fill_response(struct http_call *h, struct http_response *r)
{
	const struct plain_call *p = &h->plain;
	double sent = p->connect_s > 0 ? p->connect_s : p->start_s;

	r->status = p->answer.status;
	r->content_type = p->answer.content_type;
	r->retry_after = p->answer.retry_after;
	r->location = p->answer.location;
	r->last_modified = p->answer.last_modified;
	r->version = p->answer.minor == 0 ? 1.0 : 1.1;
	r->length = p->answer.length;
	r->ip = address_text(&p->to, &h->arena);
	r->ipv6 = p->to.addr.ss_family == AF_INET6;
	r->connect_s = phase(p->start_s, p->connect_s);
	r->first_byte_s = phase(sent, p->first_byte_s);
	r->total_s = clk_mono_s() - p->start_s;
}

static void
on_done(struct plain_call *p, struct err *e)
{
	struct http_call *h = p->arg;
	struct http_client *c = h->client;
	struct http_response r = { 0 };

	fill_response(h, &r);
	if (e)
		r.err = *e;
	else if (h->gunzip && !gunzip_complete(h->gunzip))
		(void)err_set(&r.err, ERR_NET, "the gzip stream is cut short");
	transfer_left(c, &h->transfer);
	call_answered(h, &r);
	transfers_start(c);
}

/* GET /metrics HTTP/1.1 */
static void
put_request_line(struct http_call *h, const struct url *u)
{
	struct buf *b = &h->request;

	(void)buf_printf(b, STR_FMT " %s" STR_FMT " HTTP/1.1\r\nHost: "
	    STR_FMT "%s" STR_FMT "\r\n",
	    STR_ARG(h->q.method.n ? h->q.method : STR("GET")),
	    u->path.n && u->path.p[0] == '/' ? "" : "/", STR_ARG(u->path),
	    STR_ARG(u->host), u->port.n ? ":" : "", STR_ARG(u->port));
}

int
plain_set_up(struct http_call *h, const struct plain_address *to,
    struct err *e)
{
	struct plain_call *p = &h->plain;
	struct url u;

	(void)url_parse(h->q.url, &u);		/* it did before */
	buf_reset(&h->request);
	put_request_line(h, &u);
	if (call_each_header(h, put_header, e) == -1)
		return -1;
	(void)buf_printf(&h->request, "%s%s\r\n",
	    h->q.compression ? "Accept-Encoding: gzip\r\n" : "",
	    h->q.fresh ? "Connection: close\r\n" : "");
	p->to = *to;
	p->host = (struct str){ u.host.p, u.host.n + (u.port.n ?
	    u.port.n + 1 : 0) };
	p->request = buf_str(&h->request);
	p->timeout_ms = h->left_ms;
	p->fresh = h->q.fresh;
	p->body = take_body;
	p->done = on_done;
	p->arg = h;
	answer_init(&p->answer, str_eq(h->q.method, STR("HEAD")));
	h->transfer.plain = p;
	return 0;
}

void
plain_clean_up(struct http_call *h)
{
	gunzip_free(h->gunzip);
	h->gunzip = NULL;
	h->transfer.plain = NULL;
}
