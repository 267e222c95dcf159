#include "net/dns.h"

#include <arpa/inet.h>
#include <arpa/nameser.h>
#include <ares.h>
#include <netdb.h>
#include <stdlib.h>

#include "core/arena.h"
#include "core/mem.h"
#include "core/vec.h"

#define TIMEOUT_MS	2000		/* of one try */
#define TRIES		3
#define RECORDS_MAX	4096

struct dns {
	struct loop *loop;
	ares_channel channel;
	struct ltimer timer;
	bool closing;
};

struct question {
	struct dns *dns;
	enum dns_type type;
	dns_fn *fn;
	void *arg;
	struct arena arena;
	VEC(struct dns_record) found;
};

static void
add(struct question *q, const char *text, unsigned port, unsigned priority,
    unsigned weight)
{
	if (q->found.n < RECORDS_MAX)
		vec_push(&q->found, (struct dns_record){
		    arena_str(&q->arena, str_of(text)), port, priority,
		    weight });
}

/* How each type is read: an ARES_ status. */

static int
read_a(struct question *q, const unsigned char *p, int n)
{
	struct ares_addrttl a[256];
	char text[INET_ADDRSTRLEN];
	int got = 256, i, rc = ares_parse_a_reply(p, n, NULL, a, &got);

	for (i = 0; rc == ARES_SUCCESS && i < got; i++)
		if (inet_ntop(AF_INET, &a[i].ipaddr, text, sizeof(text)))
			add(q, text, 0, 0, 0);
	return rc;
}

static int
read_aaaa(struct question *q, const unsigned char *p, int n)
{
	struct ares_addr6ttl a[256];
	char text[INET6_ADDRSTRLEN];
	int got = 256, i, rc = ares_parse_aaaa_reply(p, n, NULL, a, &got);

	for (i = 0; rc == ARES_SUCCESS && i < got; i++)
		if (inet_ntop(AF_INET6, &a[i].ip6addr, text, sizeof(text)))
			add(q, text, 0, 0, 0);
	return rc;
}

static int
read_mx(struct question *q, const unsigned char *p, int n)
{
	struct ares_mx_reply *all = NULL, *r;
	int rc = ares_parse_mx_reply(p, n, &all);

	for (r = all; r; r = r->next)
		add(q, r->host, 0, r->priority, 0);
	ares_free_data(all);
	return rc;
}

static int
read_ns(struct question *q, const unsigned char *p, int n)
{
	struct hostent *h = NULL;
	int i, rc = ares_parse_ns_reply(p, n, &h);

	for (i = 0; rc == ARES_SUCCESS && h->h_aliases[i]; i++)
		add(q, h->h_aliases[i], 0, 0, 0);
	if (h)
		ares_free_hostent(h);
	return rc;
}

static int
read_srv(struct question *q, const unsigned char *p, int n)
{
	struct ares_srv_reply *all = NULL, *r;
	int rc = ares_parse_srv_reply(p, n, &all);

	for (r = all; r; r = r->next)
		add(q, r->host, r->port, r->priority, r->weight);
	ares_free_data(all);
	return rc;
}

static const struct {
	int code;
	int	(*read)(struct question *q, const unsigned char *p, int n);
} types[DNS_NTYPES] = {
	[DNS_A] = { ns_t_a, read_a },
	[DNS_AAAA] = { ns_t_aaaa, read_aaaa },
	[DNS_MX] = { ns_t_mx, read_mx },
	[DNS_NS] = { ns_t_ns, read_ns },
	[DNS_SRV] = { ns_t_srv, read_srv },
};

static void
on_answer(void *arg, int status, int timeouts, unsigned char *p, int n)
{
	struct question *q = arg;
	struct err e;

	(void)timeouts;
	loop_unhold(q->dns->loop);
	if (status == ARES_SUCCESS)
		status = types[q->type].read(q, p, n);
	if (q->dns->closing) {
		;			/* nobody waits any more */
	} else if (status == ARES_SUCCESS || status == ARES_ENOTFOUND ||
	    status == ARES_ENODATA) {
		q->fn(q->arg, q->found.p, q->found.n, NULL);
	} else {
		(void)err_set(&e, ERR_NET, "%s", ares_strerror(status));
		q->fn(q->arg, NULL, 0, &e);
	}
	arena_free(&q->arena);
	vec_release(&q->found);
	mem_free(q);
}

/* In the loop. */

static void
set_timer(struct dns *d)
{
	struct timeval room, *tv = ares_timeout(d->channel, NULL, &room);

	if (tv)
		loop_deadline(d->loop, &d->timer, (int64_t)tv->tv_sec * 1000 +
		    tv->tv_usec / 1000 + 1);
	else
		loop_deadline_stop(d->loop, &d->timer);
}

static void
on_timer(struct loop *l, void *arg, unsigned events)
{
	struct dns *d = arg;

	(void)l;
	(void)events;
	ares_process_fd(d->channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
	set_timer(d);
}

/*
 * Whichever woke us: c-ares has a few sockets at most, and none blocks.  Its
 * own macros shift into the sign at the last socket.
 */
static void
on_socket(struct loop *l, void *arg, unsigned events)
{
	struct dns *d = arg;
	ares_socket_t fd[ARES_GETSOCK_MAXNUM];
	unsigned bits = (unsigned)ares_getsock(d->channel, fd,
	    ARES_GETSOCK_MAXNUM);
	unsigned readable, writable, i;

	(void)l;
	(void)events;
	for (i = 0; i < ARES_GETSOCK_MAXNUM; i++) {
		readable = bits >> i & 1;
		writable = bits >> (i + ARES_GETSOCK_MAXNUM) & 1;
		if (readable || writable)
			ares_process_fd(d->channel,
			    readable ? fd[i] : ARES_SOCKET_BAD,
			    writable ? fd[i] : ARES_SOCKET_BAD);
	}
	set_timer(d);
}

static void
want_socket(void *arg, ares_socket_t fd, int readable, int writable)
{
	struct dns *d = arg;

	loop_fd(d->loop, fd, (readable ? LOOP_READ : 0) |
	    (writable ? LOOP_WRITE : 0), on_socket, d);
}

struct dns *
dns_new(struct loop *l, struct err *e)
{
	struct dns *d = mem_zalloc(sizeof(*d));
	struct ares_options o = { .timeout = TIMEOUT_MS, .tries = TRIES,
	    .sock_state_cb = want_socket, .sock_state_cb_data = d };
	const char *servers = getenv("TS_NAMESERVERS");
	int rc;

	(void)ares_library_init(ARES_LIB_INIT_ALL);
	rc = ares_init_options(&d->channel, &o, ARES_OPT_TIMEOUTMS |
	    ARES_OPT_TRIES | ARES_OPT_SOCK_STATE_CB);
	if (rc == ARES_SUCCESS && servers &&
	    (rc = ares_set_servers_ports_csv(d->channel, servers)) !=
	    ARES_SUCCESS)
		ares_destroy(d->channel);
	if (rc != ARES_SUCCESS) {
		(void)err_set(e, ERR_SYS, "cannot set up name resolution: %s",
		    ares_strerror(rc));
		mem_free(d);
		return NULL;
	}
	d->loop = l;
	d->timer.fn = on_timer;
	d->timer.arg = d;
	return d;
}

void
dns_free(struct dns *d)
{
	if (d == NULL)
		return;
	d->closing = true;
	ares_destroy(d->channel);
	loop_deadline_stop(d->loop, &d->timer);
	mem_free(d);
}

void
dns_ask(struct dns *d, struct str name, enum dns_type type, dns_fn *fn,
    void *arg)
{
	struct question *q = mem_zalloc(sizeof(*q));

	q->dns = d;
	q->type = type;
	q->fn = fn;
	q->arg = arg;
	loop_hold(d->loop);
	ares_search(d->channel, arena_cstr(&q->arena, name), ns_c_in,
	    types[type].code, on_answer, q);
	set_timer(d);
}
