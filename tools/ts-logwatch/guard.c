#include "guard.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/io.h"
#include "core/num.h"

#define PARENTS_MAX	32
#define ENVIRON_MAX	((size_t)1 << 20)

static const struct {
	const char *net, *what;
} everywhere[] = {
	{ "127.0.0.0/8", "is this host itself" },
	{ "::1", "is this host itself" },
	{ "0.0.0.0/8", "is no address of a sender" },
	{ "::", "is no address of a sender" },
	{ "169.254.0.0/16", "is link-local" },
	{ "fe80::/10", "is link-local" },
	{ "224.0.0.0/4", "is multicast" },
	{ "ff00::/8", "is multicast" },
	{ "255.255.255.255", "is broadcast" },
};

static const char *const private_nets[] = {
	"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7",
};
#define COUNT(a)	(sizeof(a) / sizeof((a)[0]))

static const char own[] = "is this host's own";
static const char gateway[] = "is a gateway of this host";
static const char resolver[] = "is a resolver of this host";
static const char peer[] = "is the peer of this SSH session";

void
guard_add(struct guard *g, struct str address, const char *what)
{
	struct cidr c;

	if (cidr_parse(address, &c))
		vec_push(&g->all, (struct guarded){ c, what });
}

void
guard_init(struct guard *g)
{
	size_t i;

	*g = (struct guard){ .min_v4 = 24, .min_v6 = 48 };
	for (i = 0; i < COUNT(everywhere); i++)
		guard_add(g, str_of(everywhere[i].net), everywhere[i].what);
}

void
guard_allow(struct guard *g, const struct cidr_list *l)
{
	size_t i;

	for (i = 0; i < l->cidrs.n; i++)
		vec_push(&g->all, (struct guarded){ l->cidrs.p[i],
		    "is on the list of what is allowed" });
}

void
guard_release(struct guard *g)
{
	vec_release(&g->all);
}

/* ---- this host ---- */

static void
own_addresses(struct guard *g)
{
	struct cidr_list l = { 0 };
	size_t i;

	cidr_list_self(&l);
	for (i = 0; i < l.cidrs.n; i++)
		vec_push(&g->all, (struct guarded){ l.cidrs.p[i], own });
	vec_release(&l.cidrs);
}

/* Lines of a file; fn gets each. */
static void
each_line(const char *path, struct guard *g,
    void (*fn)(struct guard *g, struct str line))
{
	struct buf text = { 0 };
	struct str rest, line;
	struct err e;

	if (io_read_file(path, ENVIRON_MAX, &text, &e) == 0)
		for (rest = buf_str(&text); rest.p != NULL; ) {
			rest = str_cut(rest, '\n', &line);
			fn(g, str_trim(line));
		}
	buf_release(&text);
}

static struct str
word(struct str s, size_t n)
{
	struct str head;
	size_t i, j;

	for (i = 0; ; i++) {
		for (j = 0; j < s.n && s.p[j] != ' ' && s.p[j] != '\t'; j++)
			;
		head = str_sub(s, 0, j);
		if (i == n)
			return head;
		s = str_trim(str_sub(s, j, s.n));
		if (s.n == 0)
			return STR_NONE;
	}
}

static bool
hex_bytes(struct str s, unsigned char *out, size_t n)
{
	char two[3] = { 0 };
	size_t i;

	if (s.n != 2 * n)
		return false;
	for (i = 0; i < n; i++) {
		memcpy(two, s.p + 2 * i, 2);
		out[i] = (unsigned char)strtoul(two, NULL, 16);
	}
	return true;
}

/* /proc/net/route: interface, destination, gateway; words of the host. */
static void
route_v4(struct guard *g, struct str line)
{
	struct guarded one = { .net.prefix = 32, .what = gateway };
	unsigned char b[4];
	uint32_t order;

	if (!hex_bytes(word(line, 2), b, 4) || !str_eq(word(line, 1),
	    STR("00000000")))
		return;
	order = (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 |
	    (uint32_t)b[2] << 8 | b[3];
	memcpy(one.net.address.bytes, &order, 4);
	if (order != 0)
		vec_push(&g->all, one);
}

/* /proc/net/ipv6_route: the fifth word is the next hop. */
static void
route_v6(struct guard *g, struct str line)
{
	static const unsigned char none[16];
	struct guarded one = { .net = { .address.v6 = true, .prefix = 128 },
	    .what = gateway };

	if (hex_bytes(word(line, 4), one.net.address.bytes, 16) &&
	    memcmp(one.net.address.bytes, none, 16) != 0)
		vec_push(&g->all, one);
}

static void
resolvers(struct guard *g, struct str line)
{
	if (str_eq(word(line, 0), STR("nameserver")))
		guard_add(g, word(line, 1), resolver);
}

static void
ssh_peer(struct guard *g, struct str value)
{
	guard_add(g, word(value, 0), peer);
}

/* sudo takes SSH_CONNECTION away; the shell above it still has it. */
static void
ssh_peers_above(struct guard *g)
{
	static const char name[] = "SSH_CONNECTION=";
	struct buf text = { 0 };
	struct str rest, one;
	char path[64];
	int64_t pid = getppid();
	struct err e;
	int i;

	for (i = 0; i < PARENTS_MAX && pid > 1; i++) {
		buf_reset(&text);
		(void)snprintf(path, sizeof(path), "/proc/%lld/environ",
		    (long long)pid);
		if (io_read_file(path, ENVIRON_MAX, &text, &e) == 0)
			for (rest = buf_str(&text); rest.p != NULL; ) {
				rest = str_cut(rest, '\0', &one);
				if (str_starts(one, STR(name)))
					ssh_peer(g, str_sub(one,
					    sizeof(name) - 1, one.n));
			}
		buf_reset(&text);
		(void)snprintf(path, sizeof(path), "/proc/%lld/status",
		    (long long)pid);
		pid = 0;
		if (io_read_file(path, ENVIRON_MAX, &text, &e) == -1)
			break;
		for (rest = buf_str(&text); rest.p != NULL && pid == 0; ) {
			rest = str_cut(rest, '\n', &one);
			if (str_starts(one, STR("PPid:")))
				(void)num_parse_i64(str_trim(str_sub(one, 5,
				    one.n)), 0, INT32_MAX, &pid);
		}
	}
	buf_release(&text);
}

static bool
is_of_host(const char *what)
{
	return what == own || what == gateway || what == resolver;
}

void
guard_look(struct guard *g)
{
	size_t i, n = 0;

	for (i = 0; i < g->all.n; i++)
		if (!is_of_host(g->all.p[i].what))
			g->all.p[n++] = g->all.p[i];
	g->all.n = n;
	own_addresses(g);
	each_line("/proc/net/route", g, route_v4);
	each_line("/proc/net/ipv6_route", g, route_v6);
	each_line("/etc/resolv.conf", g, resolvers);
	/* Those that systemd-resolved asks; the other file names itself. */
	each_line("/run/systemd/resolve/resolv.conf", g, resolvers);
	if (g->looked)
		return;
	g->looked = true;
	if (getenv("SSH_CONNECTION") != NULL)
		ssh_peer(g, str_of(getenv("SSH_CONNECTION")));
	if (getenv("SSH_CLIENT") != NULL)
		ssh_peer(g, str_of(getenv("SSH_CLIENT")));
	ssh_peers_above(g);
}

/* ---- the question ---- */

static bool
overlap(const struct cidr *a, const struct cidr *b)
{
	return a->prefix <= b->prefix ? cidr_has(a, &b->address) :
	    cidr_has(b, &a->address);
}

const char *
guard_refuses(const struct guard *g, const struct cidr *net)
{
	struct cidr c;
	size_t i;

	if (net->prefix < (net->address.v6 ? g->min_v6 : g->min_v4))
		return "is too large a network";
	for (i = 0; i < g->all.n; i++)
		if (overlap(&g->all.p[i].net, net))
			return g->all.p[i].what;
	for (i = 0; !g->allow_private && i < COUNT(private_nets); i++)
		if (cidr_parse(str_of(private_nets[i]), &c) &&
		    overlap(&c, net))
			return "is private, and allow_private is not set";
	return NULL;
}
