/* nft: two sets with timeouts, a table of their own (nft(8)). */
#include <inttypes.h>

#include "backend.h"
#include "core/buf.h"

/*
 * Before the conntrack rules of a firewall, so that open connections end,
 * too.  Doing it again changes nothing: the rules are replaced at once.
 */
static const char set_up[] =
    "add table inet ts\n"
    "add set inet ts ts4 { type ipv4_addr; flags interval, timeout; }\n"
    "add set inet ts ts6 { type ipv6_addr; flags interval, timeout; }\n"
    "add chain inet ts input { type filter hook input priority -10; "
    "policy accept; }\n"
    "flush chain inet ts input\n"
    "add rule inet ts input ip saddr @ts4 counter drop\n"
    "add rule inet ts input ip6 saddr @ts6 counter drop\n";

#define SET_OF(b)	((b)->v6 ? "ts6" : "ts4")

static void
setup(struct commands *c)
{
	command_add(c, "nft", "-f", "-", NULL)->input = STR(set_up);
}

static const char *
timeout_of(struct commands *c, const struct ban *b)
{
	return arena_printf(c->arena, "%" PRId64 "s", b->seconds).p;
}

static const char **
delete_argv(struct commands *c, const struct ban *b)
{
	return command_argv(c->arena, "nft", "delete", "element", "inet",
	    "ts", SET_OF(b), "{", b->net, "}", NULL);
}

static void
add_one(struct commands *c, const struct ban *b)
{
	struct command *one;

	if (b->seconds > 0)
		one = command_add(c, "nft", "add", "element", "inet", "ts",
		    SET_OF(b), "{", b->net, "timeout", timeout_of(c, b), "}",
		    NULL);
	else
		one = command_add(c, "nft", "add", "element", "inet", "ts",
		    SET_OF(b), "{", b->net, "}", NULL);
	/* To add what is there changes nothing, its end neither. */
	if (b->again)
		one->before = delete_argv(c, b);
}

/*
 * Many in one transaction.  Added, deleted, added: whether it was there or
 * not, it then is there with this timeout.
 */
static void
add(struct commands *c, const struct ban *b, size_t n)
{
	struct buf text = { 0 };
	size_t i;

	if (n == 1) {
		add_one(c, b);
		return;
	}
	for (i = 0; i < n; i++) {
		(void)buf_printf(&text, "add element inet ts %s { %s }\n"
		    "delete element inet ts %s { %s }\n"
		    "add element inet ts %s { %s", SET_OF(b + i), b[i].net,
		    SET_OF(b + i), b[i].net, SET_OF(b + i), b[i].net);
		if (b[i].seconds > 0)
			(void)buf_printf(&text, " timeout %" PRId64 "s",
			    b[i].seconds);
		(void)buf_put(&text, STR(" }\n"));
	}
	command_add(c, "nft", "-f", "-", NULL)->input = arena_str(c->arena,
	    buf_str(&text));
	buf_release(&text);
}

static void
remove_bans(struct commands *c, const struct ban *b, size_t n)
{
	/* The table; the element. */
	struct command one = { .fine = { "No such file or directory",
	    "does not exist" } };
	size_t i;

	for (i = 0; i < n; i++) {
		one.argv = delete_argv(c, b + i);
		vec_push(&c->all, one);
	}
}

const struct backend backend_nft = {
	.name = "nft", .expires = true,
	.setup = setup, .add = add, .remove = remove_bans,
};
