/* Ours: a program that is given the notification. */
#include "config/recv.h"

#define F(member)	offsetof(struct exec_config, member)

static const struct yfield rows[] = {
	RECV_ROWS,
	YROW("command", YT_STRLIST, F(command), .flags = YF_REQUIRED),
	YROW("timeout", YT_GO_DURATION, F(timeout_ms))
};

static int
check(const struct ynode *n, void *out, struct arena *a, struct err *e)
{
	const struct exec_config *c = out;

	(void)a;
	if (c->command.n == 0 || c->command.p[0].n == 0)
		return ynode_err(n, e, "'command' names no program");
	return 0;
}

static const struct yfields fields = RECV_TABLE("exec_config",
    struct exec_config, rows, check);

const struct recv_kind recv_exec = {
	.key = "exec_configs", .name = "exec", .fields = &fields,
	.send_resolved = true, .ours = true
};
