/*
 * ufw: `prepend`, as `insert 1` fails without rules and for IPv6 (0.36.2).
 * It keeps its rules over a reboot.
 */
#include "backend.h"

static void
setup(struct commands *c)
{
	command_add(c, "ufw", "status", NULL)->expect = "Status: active";
}

static void
add(struct commands *c, const struct ban *b, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		(void)command_add(c, "ufw", "prepend", "deny", "from",
		    b[i].net, "comment", arena_printf(c->arena, "ts-%s",
		    b[i].rule).p, NULL);
}

static void
remove_bans(struct commands *c, const struct ban *b, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		(void)command_add(c, "ufw", "delete", "deny", "from",
		    b[i].net, NULL);
}

const struct backend backend_ufw = {
	.name = "ufw", .persists = true,
	.setup = setup, .add = add, .remove = remove_bans,
};
