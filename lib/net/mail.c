#include "net/mail.h"

#include <sys/socket.h>

#include "core/mem.h"
#include "net/transfer.h"

#define REPLY_S	30L

struct mail {
	struct transfer transfer;
	struct http_client *client;
	struct str message;
	size_t at;			/* uploaded so far */
	bool written;			/* curl has asked for more than all */
	curl_socket_t fd;
	struct curl_slist *to;
	struct ltimer soon;		/* for a failure before the start */
	struct err err;
	mail_fn *fn;
	void *arg;
	bool started;
};

static void
mail_free(struct mail *m)
{
	loop_deadline_stop(http_client_loop(m->client), &m->soon);
	transfer_release(m->client, &m->transfer);
	if (m->to)
		curl_slist_free_all(m->to);
	mem_free(m);
}

static void
finish(struct mail *m, const struct mail_result *r)
{
	mail_fn *fn = m->fn;
	void *arg = m->arg;

	mail_free(m);
	fn(arg, r);
}

static void
on_done(struct transfer *t, CURLcode rc)
{
	struct mail *m = (struct mail *)(void *)t;
	struct mail_result r = { 0 };
	long status = 0;

	curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
	r.status = (int)status;
	if (rc != CURLE_OK)
		transfer_err(t, rc, &r.err);
	finish(m, &r);
}

static void
on_soon(struct loop *l, void *arg, unsigned events)
{
	struct mail *m = arg;
	struct mail_result r = { .err = m->err };

	(void)l;
	(void)events;
	loop_unhold(http_client_loop(m->client));
	finish(m, &r);
}

static size_t
upload(char *to, size_t size, size_t n, void *arg)
{
	struct mail *m = arg;
	size_t room = size * n, left = m->message.n - m->at;

	if (left > room)
		left = room;
	m->written = left == 0;
	if (left > 0)
		memcpy(to, m->message.p + m->at, left);
	m->at += left;
	return left;
}

static int
on_socket(void *arg, curl_socket_t fd, curlsocktype purpose)
{
	struct mail *m = arg;

	(void)purpose;
	m->fd = fd;
	return CURL_SOCKOPT_OK;
}

/*
 * curl ends a session with QUIT and waits for the answer, holding up the
 * whole loop.  When the message has been judged there is nothing more to
 * hear.  (A server that refuses a recipient and then ignores QUIT costs
 * REPLY_S.)
 */
static size_t
on_reply(char *line, size_t size, size_t n, void *arg)
{
	const struct mail *m = arg;

	if (m->written && n >= 4 && line[3] == ' ')
		(void)shutdown(m->fd, SHUT_RD);
	return size * n;
}

/* Options that curl copies, from a slice. */
static void
set_str(struct mail *m, CURLoption option, struct str s)
{
	struct buf z = { 0 };

	if (s.n == 0)
		return;
	(void)buf_put(&z, s);
	curl_easy_setopt(m->transfer.easy, option, buf_cstr(&z));
	buf_release(&z);
}

static void
set_addresses(struct mail *m, const struct mail_request *q)
{
	struct buf z = { 0 };
	size_t i;

	(void)buf_printf(&z, "<" STR_FMT ">", STR_ARG(q->from));
	curl_easy_setopt(m->transfer.easy, CURLOPT_MAIL_FROM, buf_cstr(&z));
	for (i = 0; i < q->nto; i++) {
		buf_reset(&z);
		(void)buf_printf(&z, "<" STR_FMT ">", STR_ARG(q->to[i]));
		m->to = curl_slist_append(m->to, buf_cstr(&z));
	}
	curl_easy_setopt(m->transfer.easy, CURLOPT_MAIL_RCPT, m->to);
	buf_release(&z);
}

static void
set_auth(struct mail *m, const struct mail_request *q)
{
	if (q->auth == MAIL_AUTH_NONE)
		return;
	set_str(m, CURLOPT_USERNAME, q->user);
	set_str(m, CURLOPT_PASSWORD, q->password);
	set_str(m, CURLOPT_SASL_AUTHZID, q->identity);
	curl_easy_setopt(m->transfer.easy, CURLOPT_LOGIN_OPTIONS,
	    q->auth == MAIL_AUTH_SECRET ? "AUTH=CRAM-MD5" :
	    "AUTH=PLAIN;AUTH=LOGIN");
}

/* smtp://host:port/hello */
static void
set_url(struct mail *m, const struct mail_request *q)
{
	struct buf url = { 0 };

	(void)buf_printf(&url, "smtp%s://" STR_FMT ":" STR_FMT "/" STR_FMT,
	    q->implicit_tls ? "s" : "", STR_ARG(q->host), STR_ARG(q->port),
	    STR_ARG(q->hello));
	set_str(m, CURLOPT_URL, buf_str(&url));
	curl_easy_setopt(m->transfer.easy, CURLOPT_PROTOCOLS_STR,
	    "smtp,smtps");
	curl_easy_setopt(m->transfer.easy, CURLOPT_USE_SSL,
	    q->starttls || q->implicit_tls ? (long)CURLUSESSL_ALL :
	    (long)CURLUSESSL_NONE);
	buf_release(&url);
}

struct mail *
mail_send(struct http_client *c, const struct mail_request *q, mail_fn *fn,
    void *arg)
{
	struct mail *m = mem_zalloc(sizeof(*m));

	m->client = c;
	m->fn = fn;
	m->arg = arg;
	m->message = q->message;
	m->fd = CURL_SOCKET_BAD;
	m->soon = (struct ltimer){ .fn = on_soon, .arg = m };
	m->transfer.done = on_done;
	if (http_client_check(c, &m->err) == 0)
		transfer_init(c, &m->transfer);
	if (m->transfer.easy == NULL ||
	    transfer_config(&m->transfer, q->tls, &m->err) == -1) {
		loop_hold(http_client_loop(c));
		loop_deadline(http_client_loop(c), &m->soon, 0);
		return m;
	}
	set_url(m, q);
	set_addresses(m, q);
	set_auth(m, q);
	transfer_ask(&m->transfer, q->may_send, q->may_send_arg);
	curl_easy_setopt(m->transfer.easy, CURLOPT_UPLOAD, 1L);
	curl_easy_setopt(m->transfer.easy, CURLOPT_READFUNCTION, upload);
	curl_easy_setopt(m->transfer.easy, CURLOPT_READDATA, m);
	curl_easy_setopt(m->transfer.easy, CURLOPT_SOCKOPTFUNCTION,
	    on_socket);
	curl_easy_setopt(m->transfer.easy, CURLOPT_SOCKOPTDATA, m);
	curl_easy_setopt(m->transfer.easy, CURLOPT_HEADERFUNCTION, on_reply);
	curl_easy_setopt(m->transfer.easy, CURLOPT_HEADERDATA, m);
	curl_easy_setopt(m->transfer.easy, CURLOPT_SERVER_RESPONSE_TIMEOUT,
	    REPLY_S);
	/* A session is one message: the next one begins with its own EHLO. */
	curl_easy_setopt(m->transfer.easy, CURLOPT_FORBID_REUSE, 1L);
	curl_easy_setopt(m->transfer.easy, CURLOPT_FRESH_CONNECT, 1L);
	if (q->timeout_ms > 0)
		curl_easy_setopt(m->transfer.easy, CURLOPT_TIMEOUT_MS,
		    (long)q->timeout_ms);
	m->started = true;
	transfer_start(c, &m->transfer);
	return m;
}

void
mail_cancel(struct mail *m)
{
	if (m->fd != CURL_SOCKET_BAD)
		(void)shutdown(m->fd, SHUT_RDWR);	/* no QUIT, see above */
	if (m->started)
		transfer_abort(m->client, &m->transfer);
	else
		loop_unhold(http_client_loop(m->client));
	mail_free(m);
}
