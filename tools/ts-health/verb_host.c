/*
 * ts-health host
 */
#include "verbs.h"

static const struct host_format *const formats[] = {
	&host_text, &host_samples,
};
static const char *const format_names[] = { "text", "samples" };

static bool
collect(struct host *h)
{
	struct err e;
	int rc;

	if (!h->seed_names)
		return host_collect(h) > 0;
	if ((rc = host_seed(h, &e)) != 1)
		diag_err(&e);
	arena_free(&h->arena);
	return rc == 1;
}

int
verb_host(struct tool *t, int argc, char **argv)
{
	struct host *h = &((struct health *)t->self)->host;
	int format;

	if (argc > 0)
		return tool_usage(t, "unexpected operand '%s'", argv[0]);
	if ((format = tool_output(t, format_names, 2)) == -1)
		return HEALTH_UNKNOWN;
	h->format = formats[format];
	h->now_ms = clk_now(&t->clk);
	h->out = io_writer_buf(t->out);
	return tool_finish(t, collect(h) ? HEALTH_OK : HEALTH_UNKNOWN);
}
