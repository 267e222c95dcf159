/*
 * check_icmp: does a host answer echo requests, how many of them, how fast.
 * The kernel's own echo sockets are tried first, raw ones second; neither
 * may be allowed.
 */
#include <errno.h>
#include <math.h>
#include <netdb.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/ip_icmp.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/rand.h>

#include "core/clk.h"
#include "kinds.h"

#define COUNT_MAX	100
#define PAYLOAD_MAX	65000
#define COOKIE		16	/* bytes of each packet that tell it is ours */
#define GRACE_MS	10

struct icmp_check {
	struct check check;
	struct str host, ip;
	int64_t count, size, ttl, gap_ms;
	bool df;
	struct range loss_warn, loss_crit, rtt_warn, rtt_crit;
};

#define T	struct icmp_check
static const struct yfield rows[] = {
	CHECK_ROWS,
	YROW("host", YT_STR, offsetof(T, host), .flags = YF_REQUIRED),
	YROW("ip", YT_STR, offsetof(T, ip), .dflt = "any"),
	YROW("count", YT_INT, offsetof(T, count), .dflt = "3"),
	YROW("packet_interval", YT_DURATION, offsetof(T, gap_ms),
	    .dflt = "200ms"),
	YROW("size", YT_INT, offsetof(T, size), .dflt = "56"),
	YROW("ttl", YT_INT, offsetof(T, ttl)),
	YROW("df", YT_BOOL, offsetof(T, df)),
	RANGE_ROW("loss_warn", T, loss_warn),
	RANGE_ROW("loss_crit", T, loss_crit),
	RANGE_ROW("rtt_warn", T, rtt_warn),
	RANGE_ROW("rtt_crit", T, rtt_crit),
};
KIND_FIELDS(icmp, T);
#undef T

static int
icmp_configure(struct check *c, struct arena *a, struct err *e)
{
	struct icmp_check *p = (struct icmp_check *)c;

	(void)a;
	if (p->host.n == 0 || p->host.n > 255)
		return ynode_err(c->node, e, "'host' is no name of a host");
	if (p->count < 1 || p->count > COUNT_MAX)
		return ynode_err(c->node, e, "'count' must be from 1 to %d",
		    COUNT_MAX);
	if (p->size < COOKIE || p->size > PAYLOAD_MAX)
		return ynode_err(c->node, e, "'size' must be from %d to %d",
		    COOKIE, PAYLOAD_MAX);
	if (p->ttl < 0 || p->ttl > 255)
		return ynode_err(c->node, e, "'ttl' must be from 1 to 255");
	if (!str_eq(p->ip, STR("4")) && !str_eq(p->ip, STR("6")) &&
	    !str_eq(p->ip, STR("any")))
		return ynode_err(c->node, e, "'ip' must be 4, 6 or any");
	if ((p->count - 1) * p->gap_ms >= c->timeout_ms)
		return ynode_err(c->node, e, "'count' packets, one each "
		    "'packet_interval', take longer than the timeout");
	/* Nothing came back: that is no small loss. */
	if (!p->loss_warn.set && !p->loss_crit.set &&
	    (range_parse(STR("0"), &p->loss_warn, e) == -1 ||
	    range_parse(STR("~:99"), &p->loss_crit, e) == -1))
		return -1;
	c->target = p->host;
	return 0;
}

struct pinger {
	const struct icmp_check *conf;
	struct check_result *r;
	int fd;
	bool six, raw;
	struct sockaddr_storage to;
	socklen_t tolen;
	unsigned char cookie[COOKIE - 4];	/* then the sequence number */
	double sent[COUNT_MAX], rtt[COUNT_MAX];	/* s; NaN: none yet */
	int64_t nsent, nreceived;
	int hops;				/* left, of the last reply */
	struct str unreachable;
};

/* ---- set-up ---- */

static bool
resolve(struct pinger *p)
{
	const struct icmp_check *c = p->conf;
	struct addrinfo hints = { .ai_socktype = SOCK_RAW,
	    .ai_family = str_eq(c->ip, STR("4")) ? AF_INET :
	    str_eq(c->ip, STR("6")) ? AF_INET6 : AF_UNSPEC }, *all;
	double start = clk_mono_s();
	int rc = getaddrinfo(arena_cstr(p->r->arena, c->host), NULL, &hints,
	    &all);
	char ip[64] = "";

	check_phase(p->r, "resolve", clk_mono_s() - start);
	check_metric(p->r, "probe_dns_lookup_time_seconds", clk_mono_s() -
	    start);
	check_metric1(p->r, "probe_icmp_duration_seconds", "phase",
	    STR("resolve"), clk_mono_s() - start);
	if (rc != 0) {
		check_say(p->r, CHECK_FAIL, "cannot resolve '" STR_FMT
		    "': %s", STR_ARG(c->host), gai_strerror(rc));
		return false;
	}
	memcpy(&p->to, all->ai_addr, all->ai_addrlen);
	p->tolen = all->ai_addrlen;
	p->six = all->ai_family == AF_INET6;
	(void)getnameinfo(all->ai_addr, all->ai_addrlen, ip, sizeof(ip), NULL,
	    0, NI_NUMERICHOST);
	p->r->facts.ip = arena_str(p->r->arena, str_of(ip));
	check_metric(p->r, "probe_ip_protocol", p->six ? 6 : 4);
	freeaddrinfo(all);
	return true;
}

static void
set_options(struct pinger *p)
{
	int level = p->six ? IPPROTO_IPV6 : IPPROTO_IP, one = 1;
	int ttl = (int)p->conf->ttl, df = IP_PMTUDISC_DO;

	(void)setsockopt(p->fd, level, p->six ? IPV6_RECVHOPLIMIT :
	    IP_RECVTTL, &one, sizeof(one));
	if (ttl)
		(void)setsockopt(p->fd, level, p->six ? IPV6_UNICAST_HOPS :
		    IP_TTL, &ttl, sizeof(ttl));
	if (p->conf->df)
		(void)setsockopt(p->fd, level, p->six ? IPV6_MTU_DISCOVER :
		    IP_MTU_DISCOVER, &df, sizeof(df));
}

static bool
open_socket(struct pinger *p)
{
	int family = p->six ? AF_INET6 : AF_INET;
	int protocol = p->six ? IPPROTO_ICMPV6 : IPPROTO_ICMP;
	int flags = SOCK_CLOEXEC | SOCK_NONBLOCK;

	p->fd = socket(family, SOCK_DGRAM | flags, protocol);
	if (p->fd == -1) {
		p->raw = true;
		p->fd = socket(family, SOCK_RAW | flags, protocol);
	}
	if (p->fd == -1) {
		check_say(p->r, CHECK_UNKNOWN, errno == EPERM ||
		    errno == EACCES ? "not allowed to send echo requests: "
		    "widen the sysctl net.ipv4.ping_group_range, or give "
		    "cap_net_raw (%s)" : "cannot make a socket: %s",
		    strerror(errno));
		return false;
	}
	set_options(p);
	return true;
}

/* ---- packets ---- */

static uint16_t
checksum(const unsigned char *p, size_t n)
{
	uint32_t sum = 0;
	size_t i;

	for (i = 0; i + 1 < n; i += 2)
		sum += (uint32_t)(p[i] << 8 | p[i + 1]);
	if (n & 1)
		sum += (uint32_t)(p[n - 1] << 8);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

/* The kernel sets the id of its own sockets, and the sum of version 6. */
static void
send_one(struct pinger *p)
{
	size_t n = 8 + (size_t)p->conf->size;
	unsigned char *b = arena_alloc(p->r->arena, n);
	uint16_t sum;

	b[0] = p->six ? ICMP6_ECHO_REQUEST : ICMP_ECHO;
	b[4] = p->cookie[0];
	b[5] = p->cookie[1];
	b[7] = (unsigned char)p->nsent;
	memcpy(b + 8, p->cookie, sizeof(p->cookie));
	b[8 + sizeof(p->cookie)] = (unsigned char)p->nsent;
	sum = checksum(b, n);
	if (!p->six) {
		b[2] = (unsigned char)(sum >> 8);
		b[3] = (unsigned char)(sum & 0xff);
	}
	p->sent[p->nsent] = clk_mono_s();
	p->rtt[p->nsent++] = NAN;
	if (sendto(p->fd, b, n, 0, (struct sockaddr *)&p->to, p->tolen) == -1)
		p->unreachable = arena_str(p->r->arena,
		    str_of(strerror(errno)));
}

static int
hops_of(struct msghdr *m)
{
	struct cmsghdr *c;
	int v = -1;

	for (c = CMSG_FIRSTHDR(m); c != NULL; c = CMSG_NXTHDR(m, c))
		if ((c->cmsg_level == IPPROTO_IP &&
		    c->cmsg_type == IP_TTL) ||
		    (c->cmsg_level == IPPROTO_IPV6 &&
		    c->cmsg_type == IPV6_HOPLIMIT))
			memcpy(&v, CMSG_DATA(c), sizeof(v));
	return v;
}

/* A raw socket hears everybody's replies, with their IPv4 header. */
static void
take_reply(struct pinger *p, const unsigned char *b, size_t n, int hops)
{
	size_t head = p->raw && !p->six && n > 0 ? (size_t)(b[0] & 0xf) * 4 :
	    0, seq;

	if (n < head + 8 + COOKIE)
		return;
	b += head;
	if (b[0] != (p->six ? ICMP6_ECHO_REPLY : ICMP_ECHOREPLY) ||
	    memcmp(b + 8, p->cookie, sizeof(p->cookie)) != 0)
		return;
	seq = b[8 + sizeof(p->cookie)];
	if (seq >= (size_t)p->nsent || !isnan(p->rtt[seq]))
		return;		/* nobody's, or a duplicate */
	p->rtt[seq] = clk_mono_s() - p->sent[seq];
	p->nreceived++;
	p->hops = hops;
}

static void
read_replies(struct pinger *p, unsigned char *room, size_t size)
{
	union { struct cmsghdr h; char room[256]; } control;
	struct iovec io = { room, size };
	struct msghdr m;
	ssize_t n;

	for (;;) {
		m = (struct msghdr){ .msg_iov = &io, .msg_iovlen = 1,
		    .msg_control = &control,
		    .msg_controllen = sizeof(control) };
		if ((n = recvmsg(p->fd, &m, 0)) == -1)
			break;
		take_reply(p, room, (size_t)n, hops_of(&m));
	}
	if (errno != EAGAIN && errno != EINTR)
		p->unreachable = arena_str(p->r->arena,
		    str_of(strerror(errno)));
}

static void
send_all(struct pinger *p)
{
	const struct icmp_check *c = p->conf;
	int64_t start = clk_mono_ms(), now, at;
	int64_t end = start + c->check.timeout_ms - GRACE_MS;
	size_t size = (size_t)c->size + 256;
	unsigned char *room = arena_raw(p->r->arena, size);
	struct pollfd fd = { p->fd, POLLIN, 0 };

	while (p->nreceived < c->count && (now = clk_mono_ms()) < end) {
		at = start + p->nsent * c->gap_ms;
		if (p->nsent < c->count && now >= at) {
			send_one(p);
			continue;
		}
		if (p->nsent == c->count || at > end)
			at = end;
		(void)poll(&fd, 1, (int)(at - now));
		read_replies(p, room, size);
	}
}

static void
report(struct pinger *p)
{
	const struct icmp_check *c = p->conf;
	double sum = 0, worst = 0, loss, mean;
	struct check_result *r = p->r;
	int64_t i;

	for (i = 0; i < p->nsent; i++)
		if (!isnan(p->rtt[i])) {
			sum += p->rtt[i];
			worst = fmax(worst, p->rtt[i]);
		}
	loss = 100.0 * (double)(c->count - p->nreceived) / (double)c->count;
	mean = sum / (double)p->nreceived;
	r->facts.connected = p->nreceived > 0;
	if (p->nreceived == 0)
		check_say(r, CHECK_FAIL, p->unreachable.n ? "no answer: " STR_FMT :
		    "no answer" STR_FMT, STR_ARG(p->unreachable));
	check_measure(r, STR("loss"), loss, "%", &c->loss_warn, &c->loss_crit,
	    "packet loss");
	if (p->nreceived == 0)
		return;
	r->seconds = mean;
	check_phase(r, "rtt", mean);
	check_metric1(r, "probe_icmp_duration_seconds", "phase", STR("rtt"),
	    mean);
	if (p->hops >= 0)
		check_metric(r, "probe_icmp_reply_hop_limit", p->hops);
	check_measure(r, STR("rtt"), mean * 1000, "ms", &c->rtt_warn,
	    &c->rtt_crit, "round trip time");
	check_note(r, "%lld of %lld answers, %.3f ms, at most %.3f ms",
	    (long long)p->nreceived, (long long)c->count, mean * 1000,
	    worst * 1000);
}

static void
icmp_run(const struct check *c, struct check_result *r)
{
	struct pinger p = { .conf = (const struct icmp_check *)c, .r = r,
	    .fd = -1, .hops = -1 };
	double start;

	start = clk_mono_s();
	if (!resolve(&p)) {
		r->seconds = clk_mono_s() - start;
		return;
	}
	start = clk_mono_s();
	if (!open_socket(&p))
		return;
	if (RAND_bytes(p.cookie, sizeof(p.cookie)) != 1) {
		check_say(r, CHECK_UNKNOWN, "no random numbers");
		return;
	}
	check_phase(r, "setup", clk_mono_s() - start);
	check_metric1(r, "probe_icmp_duration_seconds", "phase",
	    STR("setup"), clk_mono_s() - start);
	start = clk_mono_s();
	send_all(&p);
	r->seconds = clk_mono_s() - start;	/* until there is an answer */
	(void)close(p.fd);
	report(&p);
	check_slow(c, r, "ICMP");
}

const struct check_kind check_icmp = {
	.name = "icmp", .operand = "host", .fields = &icmp_fields,
	.network = true, .configure = icmp_configure, .run = icmp_run,
};
