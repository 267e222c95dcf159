/*
 * ts-health host
 */
#include "verbs.h"

static const struct host_format *const formats[] = {
	&host_text, &host_samples,
};
static const char *const format_names[] = { "text", "samples" };

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
	if (host_collect(h) == 0)
		return tool_finish(t, HEALTH_UNKNOWN);
	return tool_finish(t, HEALTH_OK);
}
