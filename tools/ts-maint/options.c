/*
 * options: what the command line sets.
 */
#include "verbs.h"

#include "core/dur.h"

static int
set_yes(struct tool *t, const char *arg, struct err *e)
{
	(void)arg;
	(void)e;
	((struct maint *)t->self)->yes = true;
	return 0;
}

static int
set_verify(struct tool *t, const char *arg, struct err *e)
{
	(void)arg;
	(void)e;
	((struct maint *)t->self)->verify = true;
	return 0;
}

static int
set_force(struct tool *t, const char *arg, struct err *e)
{
	(void)arg;
	(void)e;
	((struct maint *)t->self)->force = true;
	return 0;
}

static int
set_due(struct tool *t, const char *arg, struct err *e)
{
	(void)arg;
	(void)e;
	((struct maint *)t->self)->due = true;
	return 0;
}

static int
set_to(struct tool *t, const char *arg, struct err *e)
{
	(void)e;
	((struct maint *)t->self)->to = arg;
	return 0;
}

/* From here on it is that time: for tests, and to ask about others. */
static int
set_now(struct tool *t, const char *arg, struct err *e)
{
	int64_t ms;

	if (!time_parse(str_of(arg), &ms))
		return err_set(e, ERR_CONFIG, "'%s' is no time", arg);
	t->clk = (struct clk){ .kind = CLK_INPUT, .now_ms = ms };
	return 0;
}

const struct tool_option maint_options[] = {
	{ "yes", 0, false, "what wants to be confirmed is", set_yes },
	{ "force", 0, false, "conditions between tasks do not matter",
	    set_force },
	{ "due", 0, false, "run what is due", set_due },
	{ "to", 0, true, "the directory that units are written to", set_to },
	{ "verify", 0, false, "follow the chain of the audit log",
	    set_verify },
	{ "now", 0, true, "what time it is", set_now },
};
const size_t maint_noptions =
    sizeof(maint_options) / sizeof(maint_options[0]);
