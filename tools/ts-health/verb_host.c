/*
 * ts-health host
 */
#include "verbs.h"

#include "core/clk.h"
#include "follow.h"

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
	struct health *self = t->self;
	struct host *h = &self->host;
	int64_t due = clk_mono_ms(), now;
	int format;
	bool ok;

	if (argc > 0)
		return tool_usage(t, "unexpected operand '%s'", argv[0]);
	if ((format = tool_output(t, format_names, 2)) == -1)
		return HEALTH_UNKNOWN;
	h->format = formats[format];
	h->out = io_writer_buf(t->out);
	if (t->follow)
		follow_start();
	do {
		now = clk_mono_ms();
		h->now_ms = clk_now(&t->clk);
		ok = collect(h);
		due = follow_next(due, now, self->interval_ms);
	} while (t->follow && follow_until(t, due) != FOLLOW_STOP);
	return tool_finish(t, ok ? HEALTH_OK : HEALTH_UNKNOWN);
}
