/*
 * ts-notify: notification lines in, deliveries out.
 */
#include "notify.h"

#include "core/dur.h"

static struct notifier *
own(struct tool *t)
{
	return t->self;
}

static int
duration(const char *arg, int64_t *ms, struct err *e)
{
	if (dur_parse(str_of(arg), ms))
		return 0;
	return err_set(e, ERR_CONFIG, "'%s' is not a duration", arg);
}

static int
set_to(struct tool *t, const char *arg, struct err *e)
{
	if (strcmp(arg, "stdout") != 0)
		return err_set(e, ERR_CONFIG, "--to is stdout, not '%s'",
		    arg);
	own(t)->to = arg;
	return 0;
}

static int
set_max_wait(struct tool *t, const char *arg, struct err *e)
{
	return duration(arg, &own(t)->max_wait_ms, e);
}

static int
set_grace(struct tool *t, const char *arg, struct err *e)
{
	return duration(arg, &own(t)->grace_ms, e);
}

static int
set_lease(struct tool *t, const char *arg, struct err *e)
{
	if (duration(arg, &own(t)->lease_ms, e) == -1)
		return -1;
	if (own(t)->lease_ms < 100)
		return err_set(e, ERR_CONFIG, "--lease is at least 100ms");
	return 0;
}

static int
set_compat(struct tool *t, const char *arg, struct err *e)
{
	own(t)->compat_025 = strcmp(arg, "0.25") == 0;
	if (!own(t)->compat_025 && strcmp(arg, "0.34") != 0)
		return err_set(e, ERR_CONFIG, "--compat is 0.34 or 0.25");
	return 0;
}

static int
set_external_url(struct tool *t, const char *arg, struct err *e)
{
	(void)e;
	own(t)->external_url = str_of(arg);
	return 0;
}

static int
set_text(struct tool *t, const char *arg, struct err *e)
{
	(void)e;
	own(t)->text = arg;
	return 0;
}

static int
set_html(struct tool *t, const char *arg, struct err *e)
{
	(void)arg;
	(void)e;
	own(t)->html = true;
	return 0;
}

static int
set_retry_after(struct tool *t, const char *arg, struct err *e)
{
	(void)arg;
	(void)e;
	own(t)->retry_after = true;
	return 0;
}

static const struct tool_option options[] = {
	{ "to", 0, true, "show everything here instead: stdout", set_to },
	{ "max-wait", 0, true, "for deliveries after the end of input",
	    set_max_wait },
	{ "grace", 0, true, "for deliveries after a signal", set_grace },
	{ "lease", 0, true, "how long a silent replica is waited for",
	    set_lease },
	{ "compat", 0, true, "behave as this Alertmanager", set_compat },
	{ "external-url", 0, true, "of links back, instead of the line's",
	    set_external_url },
	{ "retry-after", 0, false, "come back after 429, when asked to",
	    set_retry_after },
	{ "text", 't', true, "the template to render", set_text },
	{ "html", 0, false, "escape for HTML", set_html },
};

static const struct tool_verb verbs[] = {
	{ "render", verb_render, "a template over data" },
	{ "send", verb_send, "a test message to a receiver" },
	{ "summary", verb_summary, "who was told how often" },
};

static const char usage[] =
"usage: ts-notify [-fnqvhV] [-c FILE] [-s URL] [--clock wall | input]\n"
"                 [--to stdout] [--max-wait DURATION] [--grace DURATION]\n"
"                 [--lease DURATION] [--retry-after] [--compat 0.34 | 0.25]\n"
"                 [--external-url URL] [FILE ...]\n"
"       ts-notify render [-c FILE] [--html] -t TEXT [DATA.json]\n"
"       ts-notify send [-n] -c FILE RECEIVER\n"
"       ts-notify summary [FILE ...]";

static int
run(struct tool *t, int argc, char **argv)
{
	struct notifier *nf = own(t);
	struct err e;
	int status;

	if (t->config == NULL && nf->to == NULL)
		return tool_usage(t, "-c or --to is missing");
	if (notifier_open(nf, true, &e) == -1) {
		diag_err(&e);
		status = e.kind == ERR_SYS || e.kind == ERR_NET ?
		    EXIT_TROUBLE : EXIT_USAGE;
		if (nf->setup == NULL)
			status = EXIT_USAGE;
	} else
		status = notify_run(nf, argc, argv);
	notifier_close(nf);
	return status;
}

int
main(int argc, char **argv)
{
	struct notifier nf = { .max_wait_ms = 30000, .grace_ms = 10000,
		.lease_ms = 15000 };
	struct tool t = {
		.name = "ts-notify",
		.usage = usage,
		.options = options,
		.noptions = sizeof(options) / sizeof(options[0]),
		.verbs = verbs,
		.nverbs = sizeof(verbs) / sizeof(verbs[0]),
		.run = run,
		.self = &nf,
	};

	nf.t = &t;
	return tool_main(&t, argc, argv);
}
