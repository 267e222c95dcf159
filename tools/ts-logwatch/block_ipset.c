/* ipset: two sets with timeouts, and a rule of iptables for each. */
#include <inttypes.h>

#include "backend.h"
#include "core/buf.h"

#define SET_OF(b)	((b)->v6 ? "ts6" : "ts4")

static void
hook(struct commands *c, const char *iptables, const char *set)
{
	command_add(c, iptables, "-w", "-I", "INPUT", "-m", "set",
	    "--match-set", set, "src", "-j", "DROP", NULL)->unless =
	    command_argv(c->arena, iptables, "-w", "-C", "INPUT", "-m",
	    "set", "--match-set", set, "src", "-j", "DROP", NULL);
}

static void
setup(struct commands *c)
{
	(void)command_add(c, "ipset", "create", "ts4", "hash:net", "family",
	    "inet", "timeout", "0", "-exist", NULL);
	(void)command_add(c, "ipset", "create", "ts6", "hash:net", "family",
	    "inet6", "timeout", "0", "-exist", NULL);
	hook(c, "iptables", "ts4");
	hook(c, "ip6tables", "ts6");
}

static void
add(struct commands *c, const struct ban *b, size_t n)
{
	struct buf text = { 0 };
	size_t i;

	if (n == 1) {
		(void)command_add(c, "ipset", "add", SET_OF(b), b->net,
		    "timeout", arena_printf(c->arena, "%" PRId64,
		    b->seconds).p, "-exist", NULL);
		return;
	}
	for (i = 0; i < n; i++)
		(void)buf_printf(&text, "add %s %s timeout %" PRId64 "\n",
		    SET_OF(b + i), b[i].net, b[i].seconds);
	command_add(c, "ipset", "restore", "-exist", NULL)->input =
	    arena_str(c->arena, buf_str(&text));
	buf_release(&text);
}

static void
remove_bans(struct commands *c, const struct ban *b, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		/* -exist speaks of the address only. */
		command_add(c, "ipset", "del", SET_OF(b + i), b[i].net,
		    "-exist", NULL)->fine[0] = "name does not exist";
}

const struct backend backend_ipset = {
	.name = "ipset", .expires = true,
	.time_max = 2147483,		/* 32 bits of milliseconds */
	.max = 65536,
	.setup = setup, .add = add, .remove = remove_bans,
};
