#include "net/plain.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <unistd.h>

#include "core/clk.h"
#include "core/map.h"
#include "core/mem.h"

#define READ_BYTES	((size_t)64 << 10)
#define IDLE_MAX	8192		/* connections kept; then the oldest go */

struct plain_conn {
	struct plain *plain;
	struct plain_call *call;	/* NULL: waits for the next */
	struct plain_conn *peer_next;	/* of those that wait, same address */
	struct plain_conn *older, *newer;	/* of all that wait */
	struct plain_address to;
	int fd;
	bool used;			/* has carried an answer */
};

struct plain {
	struct loop *loop;
	struct map idle;		/* address -> the last that waits */
	struct plain_conn *oldest, *newest;
	size_t nidle;
	char *room;			/* READ_BYTES to receive into */
};

bool
plain_resolve(const struct url *u, struct plain_address *out)
{
	struct sockaddr_in *v4 = (struct sockaddr_in *)&out->addr;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&out->addr;
	struct str host = u->host;
	char z[INET6_ADDRSTRLEN + 1];
	bool brackets = host.n > 2 && host.p[0] == '[';

	if (brackets)
		host = str_sub(host, 1, host.n - 1);
	if (host.n >= sizeof(z))
		return false;
	memcpy(z, host.p, host.n);
	z[host.n] = '\0';
	memset(out, 0, sizeof(*out));
	if (!brackets && inet_pton(AF_INET, z, &v4->sin_addr) == 1) {
		v4->sin_family = AF_INET;
		v4->sin_port = htons((uint16_t)url_port(u));
		out->n = sizeof(*v4);
		return true;
	}
	if (!brackets || inet_pton(AF_INET6, z, &v6->sin6_addr) != 1)
		return false;
	v6->sin6_family = AF_INET6;
	v6->sin6_port = htons((uint16_t)url_port(u));
	out->n = sizeof(*v6);
	return true;
}

struct plain *
plain_new(struct loop *l)
{
	struct plain *p = mem_zalloc(sizeof(*p));

	p->loop = l;
	p->room = mem_alloc(READ_BYTES);
	return p;
}

/* Connections that wait, by address and by age. */

static struct str
key_of(const struct plain_conn *c)
{
	return (struct str){ (const char *)&c->to.addr, c->to.n };
}

static void
idle_set(struct plain *p, struct plain_conn *c, struct plain_conn *head)
{
	if (head)
		(void)map_put(&p->idle, key_of(head), head);
	else
		(void)map_del(&p->idle, key_of(c));
}

static void
idle_leave(struct plain *p, struct plain_conn *c)
{
	struct plain_conn *head = map_get(&p->idle, key_of(c)), **at = &head;

	while (*at != c)
		at = &(*at)->peer_next;
	*at = c->peer_next;
	idle_set(p, c, head);
	*(c->older ? &c->older->newer : &p->oldest) = c->newer;
	*(c->newer ? &c->newer->older : &p->newest) = c->older;
	c->peer_next = c->older = c->newer = NULL;
	p->nidle--;
}

static void
idle_enter(struct plain *p, struct plain_conn *c)
{
	c->peer_next = map_get(&p->idle, key_of(c));
	idle_set(p, c, c);
	c->older = p->newest;
	*(p->newest ? &p->newest->newer : &p->oldest) = c;
	p->newest = c;
	p->nidle++;
}

static void
conn_free(struct plain_conn *c)
{
	loop_fd(c->plain->loop, c->fd, 0, NULL, NULL);
	(void)close(c->fd);
	mem_free(c);
}

void
plain_free(struct plain *p)
{
	if (p == NULL)
		return;
	while (p->oldest) {
		struct plain_conn *c = p->oldest;

		idle_leave(p, c);
		conn_free(c);
	}
	map_release(&p->idle);
	mem_free(p->room);
	mem_free(p);
}

/* The life of a call. */

static void	on_conn(struct loop *l, void *arg, unsigned events);
static void	begin(struct plain_call *c);

static void
watch(struct plain_conn *c, unsigned events)
{
	loop_fd(c->plain->loop, c->fd, events, on_conn, c);
}

/* Part call and connection; the connection waits for the next, or goes. */
static void
detach(struct plain_call *c, bool keep)
{
	struct plain_conn *conn = c->conn;
	struct plain *p = c->plain;

	loop_deadline_stop(p->loop, &c->timer);
	c->conn = NULL;
	if (conn == NULL)
		return;
	conn->call = NULL;
	conn->used = true;
	if (!keep || c->fresh) {
		conn_free(conn);
		return;
	}
	idle_enter(p, conn);
	watch(conn, LOOP_READ | LOOP_IDLE);
	if (p->nidle > IDLE_MAX) {
		conn = p->oldest;
		idle_leave(p, conn);
		conn_free(conn);
	}
}

static void
fail(struct plain_call *c, struct err *e)
{
	/* Only a request that changes nothing comes here: say it again. */
	if (c->again && c->answer.head.n == 0 && c->answer.status == 0) {
		detach(c, false);
		begin(c);
		return;
	}
	detach(c, false);
	c->done(c, e);
}

/* what, the host, how: strerror */
static void
fail_errno(struct plain_call *c, const char *what, const char *how, int error)
{
	struct err e;

	(void)err_set(&e, ERR_NET, "%s '" STR_FMT "'%s: %s", what,
	    STR_ARG(c->host), how, strerror(error));
	fail(c, &e);
}

static void
broken(struct plain_call *c, int error)
{
	fail_errno(c, "connection to", " broke", error);
}

static void
on_timer(struct loop *l, void *arg, unsigned events)
{
	struct plain_call *c = arg;
	struct err e = c->early;

	(void)l;
	(void)events;
	if (e.kind == ERR_NONE)
		(void)err_set(&e, ERR_NET, "no complete answer from '"
		    STR_FMT "' in time", STR_ARG(c->host));
	c->again = false;
	fail(c, &e);
}

/* Trouble before anything could happen is told from the loop. */
static void
fail_soon(struct plain_call *c, int error)
{
	(void)err_set(&c->early, ERR_NET, "cannot connect to '" STR_FMT
	    "': %s", STR_ARG(c->host), strerror(error));
	loop_deadline(c->plain->loop, &c->timer, 0);
}

static void
send_request(struct plain_call *c)
{
	struct str rest = str_sub(c->request, c->sent, c->request.n);
	ssize_t n;

	while (rest.n) {
		n = send(c->conn->fd, rest.p, rest.n, MSG_NOSIGNAL);
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1 && errno == EAGAIN) {
			watch(c->conn, LOOP_READ | LOOP_WRITE);
			return;
		}
		if (n == -1) {
			broken(c, errno);
			return;
		}
		c->sent += (size_t)n;
		rest = str_sub(rest, (size_t)n, rest.n);
	}
	watch(c->conn, LOOP_READ);
}

static void
connected(struct plain_call *c)
{
	int error = 0;
	socklen_t n = sizeof(error);

	(void)getsockopt(c->conn->fd, SOL_SOCKET, SO_ERROR, &error, &n);
	if (error) {
		fail_errno(c, "cannot connect to", "", error);
		return;
	}
	c->connect_s = clk_mono_s();
	send_request(c);
}

static void
whole(struct plain_call *c)
{
	detach(c, c->answer.keep && c->sent == c->request.n);
	c->done(c, NULL);
}

static void
take(struct plain_call *c, struct str bytes)
{
	struct err e;

	if (c->first_byte_s == 0)
		c->first_byte_s = clk_mono_s();
	c->again = false;
	switch (answer_feed(&c->answer, bytes, c->body, c->arg, &e)) {
	case ANSWER_MORE:
		break;
	case ANSWER_DONE:
		whole(c);
		break;
	case ANSWER_BAD:
		fail(c, &e);
		break;
	}
}

/* The peer has closed. */
static void
take_end(struct plain_call *c)
{
	struct err e;

	if (answer_end(&c->answer, &e) == ANSWER_DONE) {
		whole(c);
		return;
	}
	(void)err_prefix(&e, "'" STR_FMT "'", STR_ARG(c->host));
	fail(c, &e);
}

/* One read a turn: a fast peer does not keep the others waiting. */
static void
receive(struct plain_call *c)
{
	ssize_t n = recv(c->conn->fd, c->plain->room, READ_BYTES, 0);

	if (n > 0)
		take(c, (struct str){ c->plain->room, (size_t)n });
	else if (n == 0)
		take_end(c);
	else if (errno != EAGAIN && errno != EINTR)
		broken(c, errno);
}

static void
on_conn(struct loop *l, void *arg, unsigned events)
{
	struct plain_conn *conn = arg;
	struct plain_call *c = conn->call;

	(void)l;
	if (c == NULL) {
		/* Closed by the peer, or it says what nobody asked for. */
		idle_leave(conn->plain, conn);
		conn_free(conn);
	} else if (c->connect_s == 0 && !conn->used) {
		connected(c);
	} else if (events & LOOP_READ) {
		receive(c);
	} else {
		send_request(c);
	}
}

static struct plain_conn *
take_idle(struct plain *p, const struct plain_address *to)
{
	struct plain_conn *c = map_get(&p->idle, (struct str){
	    (const char *)&to->addr, to->n });

	if (c)
		idle_leave(p, c);
	return c;
}

static struct plain_conn *
conn_new(struct plain *p, const struct plain_address *to)
{
	int fd = socket(to->addr.ss_family, SOCK_STREAM | SOCK_NONBLOCK |
	    SOCK_CLOEXEC, 0), on = 1;
	struct plain_conn *c;

	if (fd == -1)
		return NULL;
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	if (connect(fd, (const struct sockaddr *)&to->addr, to->n) == -1 &&
	    errno != EINPROGRESS) {
		int error = errno;

		(void)close(fd);
		errno = error;
		return NULL;
	}
	c = mem_zalloc(sizeof(*c));
	c->plain = p;
	c->to = *to;
	c->fd = fd;
	return c;
}

/* On a connection that waits, or a new one. */
static void
begin(struct plain_call *c)
{
	struct plain *p = c->plain;

	c->conn = c->fresh || c->again ? NULL : take_idle(p, &c->to);
	c->again = c->conn != NULL;
	c->sent = 0;
	if (c->conn == NULL)
		c->conn = conn_new(p, &c->to);
	if (c->conn == NULL) {
		fail_soon(c, errno);
		return;
	}
	c->conn->call = c;
	if (!c->timer.set && c->timeout_ms)
		loop_deadline(p->loop, &c->timer, c->timeout_ms);
	if (c->conn->used)
		send_request(c);
	else
		watch(c->conn, LOOP_WRITE);
}

void
plain_start(struct plain *p, struct plain_call *c)
{
	c->plain = p;
	c->timer.fn = on_timer;
	c->timer.arg = c;
	c->start_s = clk_mono_s();
	c->connect_s = c->first_byte_s = 0;
	c->again = false;
	c->early = (struct err){ 0 };
	begin(c);
}

void
plain_abort(struct plain_call *c)
{
	detach(c, false);
}
