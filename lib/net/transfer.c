/* curl's multi handles in the loop: sockets, timers, transfers. */
#include "net/transfer.h"

#include <errno.h>

#include "core/mem.h"
#include "core/vec.h"
#include "net/client.h"
#include "net/plain.h"
#include "net/tls_text.h"

#define SPARE_MAX	256		/* easy handles kept for the next use */
#define CONNECTS_MAX	4096L		/* kept open, per shard */

static void	reap(struct shard *s);

/* Let curl look at a socket, then see what is finished. */
static void
drive(struct shard *s, curl_socket_t fd, int events)
{
	int running;

	(void)curl_multi_socket_action(s->multi, fd, events, &running);
	reap(s);
}

static void
on_socket(struct loop *l, void *arg, unsigned events)
{
	struct curl_socket *s = arg;

	(void)l;
	drive(s->shard, s->fd, ((events & LOOP_READ) ? CURL_CSELECT_IN : 0) |
	    ((events & LOOP_WRITE) ? CURL_CSELECT_OUT : 0));
}

static void
on_timer(struct loop *l, void *arg, unsigned events)
{
	(void)l;
	(void)events;
	drive(arg, CURL_SOCKET_TIMEOUT, 0);
}

static struct curl_socket *
socket_of(struct shard *s, curl_socket_t fd)
{
	struct http_client *c = s->client;

	while (c->sockets.n <= (size_t)fd)
		vec_push(&c->sockets, NULL);
	if (c->sockets.p[fd] == NULL)
		c->sockets.p[fd] = mem_zalloc(sizeof(struct curl_socket));
	c->sockets.p[fd]->shard = s;
	c->sockets.p[fd]->fd = fd;
	return c->sockets.p[fd];
}

static int
want_socket(CURL *easy, curl_socket_t fd, int what, void *arg, void *unused)
{
	static const unsigned events[] = {
		[CURL_POLL_NONE] = 0, [CURL_POLL_IN] = LOOP_READ,
		[CURL_POLL_OUT] = LOOP_WRITE,
		[CURL_POLL_INOUT] = LOOP_READ | LOOP_WRITE,
		[CURL_POLL_REMOVE] = 0,
	};
	struct shard *s = arg;

	(void)easy;
	(void)unused;
	loop_fd(s->client->loop, fd, events[what], on_socket,
	    socket_of(s, fd));
	return 0;
}

static int
want_timer(CURLM *multi, long after_ms, void *arg)
{
	struct shard *s = arg;

	(void)multi;
	if (after_ms < 0)
		loop_deadline_stop(s->client->loop, &s->timer);
	else
		loop_deadline(s->client->loop, &s->timer, after_ms);
	return 0;
}

struct http_client *
http_client_new(struct loop *l, unsigned max_parallel)
{
	struct http_client *c = mem_zalloc(sizeof(*c));

	c->loop = l;
	c->max_parallel = max_parallel;
	c->waiting_end = &c->waiting;
	c->plain = plain_new(l);
	return c;
}

static struct shard *
shard_of(struct http_client *c, const struct transfer *t)
{
	struct shard *s = &c->shard[t->shard % CLIENT_SHARDS];

	if (s->multi)
		return s;
	s->client = c;
	s->timer.fn = on_timer;
	s->timer.arg = s;
	s->multi = curl_multi_init();
	if (s->multi == NULL)
		mem_exhausted();
	curl_multi_setopt(s->multi, CURLMOPT_SOCKETFUNCTION, want_socket);
	curl_multi_setopt(s->multi, CURLMOPT_SOCKETDATA, s);
	curl_multi_setopt(s->multi, CURLMOPT_TIMERFUNCTION, want_timer);
	curl_multi_setopt(s->multi, CURLMOPT_TIMERDATA, s);
	curl_multi_setopt(s->multi, CURLMOPT_MAXCONNECTS, CONNECTS_MAX);
	return s;
}

static void
link_in(struct transfer **list, struct transfer *t)
{
	t->next = *list;
	t->prev = list;
	if (t->next)
		t->next->prev = &t->next;
	*list = t;
}

static void
link_out(struct http_client *c, struct transfer *t)
{
	if (t->prev == NULL)
		return;
	*t->prev = t->next;
	if (t->next)
		t->next->prev = t->prev;
	else if (c->waiting_end == &t->next)
		c->waiting_end = t->prev;
	t->next = NULL;
	t->prev = NULL;
}

static void
run(struct http_client *c, struct transfer *t)
{
	link_out(c, t);
	link_in(&c->active, t);
	t->running = true;
	c->nrunning++;
	if (t->plain)
		plain_start(c->plain, t->plain);
	else
		(void)curl_multi_add_handle(shard_of(c, t)->multi, t->easy);
}

static bool
has_room(const struct http_client *c)
{
	return c->max_parallel == 0 || c->nrunning < c->max_parallel;
}

void
transfer_start(struct http_client *c, struct transfer *t)
{
	loop_hold(c->loop);
	if (has_room(c)) {
		run(c, t);
		return;
	}
	t->next = NULL;
	t->prev = c->waiting_end;
	*c->waiting_end = t;
	c->waiting_end = &t->next;
}

/* Out of its list; the loop need not go on for it. */
void
transfer_left(struct http_client *c, struct transfer *t)
{
	c->nrunning -= t->running;
	t->running = false;
	link_out(c, t);
	loop_unhold(c->loop);
}

static void
leave(struct http_client *c, struct transfer *t)
{
	if (t->running && t->plain)
		plain_abort(t->plain);
	else if (t->running)
		(void)curl_multi_remove_handle(shard_of(c, t)->multi,
		    t->easy);
	transfer_left(c, t);
}

void
transfer_abort(struct http_client *c, struct transfer *t)
{
	leave(c, t);
}

void
transfers_start(struct http_client *c)
{
	while (c->waiting && has_room(c))
		run(c, c->waiting);
}

/* Call back for what is finished; start what waited. */
static void
reap(struct shard *s)
{
	struct http_client *c = s->client;
	const struct CURLMsg *m;
	struct transfer *t;
	int left;

	while ((m = curl_multi_info_read(s->multi, &left)) != NULL) {
		char *private = NULL;
		CURLcode rc = m->data.result;

		curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, &private);
		t = (struct transfer *)(void *)private;
		leave(c, t);
		t->done(t, rc);
		transfers_start(c);
	}
}

void
transfer_init(struct http_client *c, struct transfer *t)
{
	t->easy = c->spare.n ? c->spare.p[--c->spare.n] : curl_easy_init();
	if (t->easy == NULL)
		mem_exhausted();
	curl_easy_setopt(t->easy, CURLOPT_PRIVATE, t);
	curl_easy_setopt(t->easy, CURLOPT_ERRORBUFFER, t->error);
	curl_easy_setopt(t->easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(t->easy, CURLOPT_QUICK_EXIT, 1L);
	/* Each transfer would walk the whole cache; and a name that moves is
	 * followed by the next connection. */
	curl_easy_setopt(t->easy, CURLOPT_DNS_CACHE_TIMEOUT, 0L);
}

static int
before_request(void *arg, char *ip, char *local_ip, int port, int local_port)
{
	const struct transfer *t = arg;

	(void)ip;
	(void)local_ip;
	(void)port;
	(void)local_port;
	return t->may_send(t->may_send_arg) ? CURL_PREREQFUNC_OK :
	    CURL_PREREQFUNC_ABORT;
}

void
transfer_ask(struct transfer *t, bool (*may_send)(void *arg), void *arg)
{
	if (may_send == NULL)
		return;
	t->may_send = may_send;
	t->may_send_arg = arg;
	curl_easy_setopt(t->easy, CURLOPT_PREREQFUNCTION, before_request);
	curl_easy_setopt(t->easy, CURLOPT_PREREQDATA, t);
}

void
transfer_release(struct http_client *c, struct transfer *t)
{
	if (t->easy == NULL)
		return;
	if (c->spare.n < SPARE_MAX) {
		curl_easy_reset(t->easy);
		vec_push(&c->spare, t->easy);
	} else {
		curl_easy_cleanup(t->easy);
	}
	t->easy = NULL;
}

struct loop *
http_client_loop(struct http_client *c)
{
	return c->loop;
}

void
transfers_free(struct http_client *c)
{
	size_t i;

	plain_free(c->plain);
	for (i = 0; i < c->spare.n; i++)
		curl_easy_cleanup(c->spare.p[i]);
	for (i = 0; i < CLIENT_SHARDS; i++) {
		if (c->shard[i].multi == NULL)
			continue;
		(void)curl_multi_cleanup(c->shard[i].multi);
		loop_deadline_stop(c->loop, &c->shard[i].timer);
	}
	for (i = 0; i < c->sockets.n; i++) {
		if (c->sockets.p[i])
			loop_fd(c->loop, (int)i, 0, NULL, NULL);
		mem_free(c->sockets.p[i]);
	}
	vec_release(&c->spare);
	vec_release(&c->sockets);
}

int
http_client_check(struct http_client *c, struct err *e)
{
	(void)c;
	return curl_load(e);
}

/* host:port of where it went, for messages; never userinfo or the path. */
static void
put_peer(struct transfer *t, struct buf *out)
{
	char *z = NULL;
	struct url u;

	curl_easy_getinfo(t->easy, CURLINFO_EFFECTIVE_URL, &z);
	if (z && url_parse(str_of(z), &u))
		(void)buf_printf(out, STR_FMT "%s" STR_FMT, STR_ARG(u.host),
		    u.port.n ? ":" : "", STR_ARG(u.port));
}

/*
 * Whom curl could not connect to ("Failed to connect to HOST port N after
 * …"), into peer when it is not the one asked for but the proxy on the way.
 */
static const char *
put_proxy(struct transfer *t, struct buf *peer)
{
	struct str host, port, rest = str_of(t->error);
	ptrdiff_t at = str_find(rest, STR(" port "));

	if (!str_starts(rest, STR("Failed to connect to ")) || at == -1)
		return "";
	host = str_sub(rest, sizeof("Failed to connect to ") - 1, (size_t)at);
	(void)str_cut(str_sub(rest, (size_t)at + 6, rest.n), ' ', &port);
	if (str_find(buf_str(peer), host) != -1 &&
	    (str_ends(buf_str(peer), port) || str_eq(port, STR("80")) ||
	    str_eq(port, STR("443"))))
		return "";
	buf_reset(peer);
	(void)buf_printf(peer, str_find_char(host, ':') == -1 ? STR_FMT ":"
	    STR_FMT : "[" STR_FMT "]:" STR_FMT, STR_ARG(host), STR_ARG(port));
	return "the proxy ";
}

void
transfer_err(struct transfer *t, CURLcode rc, struct err *e)
{
	struct buf peer = { 0 }, tls = { 0 }, said = { 0 };
	const char *proxy;
	long os = 0;

	put_peer(t, &peer);
	curl_easy_getinfo(t->easy, CURLINFO_OS_ERRNO, &os);
	/* A URL of a proxy may stand in it. */
	url_put_shown(&said, str_of(t->error));
	if (tls_text(str_of(t->error), &tls))
		err_set(e, ERR_NET, "'%s': TLS: %s", buf_cstr(&peer),
		    buf_cstr(&tls));
	else switch (rc) {
	case CURLE_COULDNT_CONNECT:
		proxy = put_proxy(t, &peer);
		err_set(e, ERR_NET, "cannot connect to %s'%s': %s", proxy,
		    buf_cstr(&peer), os ? strerror((int)os) :
		    said.n ? buf_cstr(&said) : "no address of that kind");
		break;
	case CURLE_COULDNT_RESOLVE_HOST:
		err_set(e, ERR_NET, "cannot resolve '%s'", buf_cstr(&peer));
		break;
	case CURLE_OPERATION_TIMEDOUT:
		err_set(e, ERR_NET, "no complete answer from '%s' in time",
		    buf_cstr(&peer));
		break;
	case CURLE_GOT_NOTHING:
		err_set(e, ERR_NET, "empty answer from '%s'",
		    buf_cstr(&peer));
		break;
	case CURLE_RECV_ERROR:
	case CURLE_SEND_ERROR:
		err_set(e, ERR_NET, "connection to '%s' broke: %s",
		    buf_cstr(&peer), os ? strerror((int)os) : buf_cstr(&said));
		break;
	case CURLE_SSL_CERTPROBLEM:
	case CURLE_SSL_CACERT_BADFILE:
	case CURLE_SSL_CIPHER:
		err_set(e, ERR_CONFIG, "'%s': %s", buf_cstr(&peer),
		    said.n ? buf_cstr(&said) : curl_easy_strerror(rc));
		break;
	default:
		err_set(e, ERR_NET, "'%s': %s", buf_cstr(&peer),
		    said.n ? buf_cstr(&said) : curl_easy_strerror(rc));
	}
	buf_release(&peer);
	buf_release(&tls);
	buf_release(&said);
}
