/* iptables: a rule for each address, in a chain of their own. */
#include "backend.h"

#define PROGRAM_OF(b)	((b)->v6 ? "ip6tables" : "iptables")

static void
chain(struct commands *c, const char *iptables)
{
	command_add(c, iptables, "-w", "-N", "TS", NULL)->unless =
	    command_argv(c->arena, iptables, "-w", "-n", "-L", "TS", NULL);
	command_add(c, iptables, "-w", "-I", "INPUT", "-j", "TS",
	    NULL)->unless = command_argv(c->arena, iptables, "-w", "-C",
	    "INPUT", "-j", "TS", NULL);
}

static void
setup(struct commands *c)
{
	chain(c, "iptables");
	chain(c, "ip6tables");
}

static const char **
is_there(struct commands *c, const struct ban *b)
{
	return command_argv(c->arena, PROGRAM_OF(b), "-w", "-C", "TS", "-s",
	    b->net, "-j", "DROP", NULL);
}

static void
add(struct commands *c, const struct ban *b, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		command_add(c, PROGRAM_OF(b + i), "-w", "-I", "TS", "-s",
		    b[i].net, "-j", "DROP", NULL)->unless =
		    is_there(c, b + i);
}

static void
remove_bans(struct commands *c, const struct ban *b, size_t n)
{
	struct command *one;
	size_t i;

	for (i = 0; i < n; i++) {
		one = command_add(c, PROGRAM_OF(b + i), "-w", "-D", "TS",
		    "-s", b[i].net, "-j", "DROP", NULL);
		one->fine[0] = "Bad rule";	/* not there */
		one->fine[1] = "No chain";
	}
}

const struct backend backend_iptables = {
	.name = "iptables",
	.max = 2000,		/* every packet is held against every rule */
	.setup = setup, .add = add, .remove = remove_bans,
};
