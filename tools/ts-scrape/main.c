#include "core/dur.h"
#include "core/num.h"
#include "parse.h"
#include "pool.h"
#include "verbs.h"

static const char usage[] =
"usage: ts-scrape [-fnqvhV] [-c FILE] [-s DIR] [-o samples | text]\n"
"                 [-j JOB] [--grace DURATION] [--shift DURATION] [URL ...]\n"
"       ts-scrape parse [-qvhV] [-F auto | text | openmetrics]\n"
"                 [-l NAME=VALUE] [--time TIME] [--shift DURATION]\n"
"                 [FILE ...]\n"
"       ts-scrape targets [-o text | json] [-j JOB] -c FILE\n"
"       ts-scrape relabel [--metric] -j JOB -c FILE\n"
"       ts-scrape check FILE ...";

struct options options = { .pool.grace_ms = 10 * DUR_SECOND };

static int
set_job(struct tool *t, const char *arg, struct err *e)
{
	(void)t;
	(void)e;
	options.pool.job = arg;
	return 0;
}

static int
set_grace(struct tool *t, const char *arg, struct err *e)
{
	(void)t;
	if (!dur_parse(str_of(arg), &options.pool.grace_ms))
		return err_set(e, ERR_CONFIG, "not a duration: '%s'", arg);
	return 0;
}

static int
set_shift(struct tool *t, const char *arg, struct err *e)
{
	(void)t;
	if (!dur_parse(str_of(arg), &options.pool.shift_ms))
		return err_set(e, ERR_CONFIG, "not a duration: '%s'", arg);
	return 0;
}

static int
set_metric(struct tool *t, const char *arg, struct err *e)
{
	(void)t;
	(void)arg;
	(void)e;
	options.metric = true;
	return 0;
}

static const struct tool_option rows[] = {
	{ "format", 'F', true, "auto, text or openmetrics", parse_set_format },
	{ "job", 'j', true, "only this job", set_job },
	{ "label", 'l', true, "NAME=VALUE to add to every sample",
	    parse_set_label },
	{ "grace", 0, true, "how long to wait for scrapes when stopping",
	    set_grace },
	{ "metric", 0, false, "metric_relabel_configs, not relabel_configs",
	    set_metric },
	{ "shift", 0, true, "stamp samples as if taken so much later",
	    set_shift },
	{ "time", 0, true, "the time of samples without one",
	    parse_set_time },
};

static const struct tool_verb verbs[] = {
	{ "check", verb_check, "check configuration files" },
	{ "parse", verb_parse, "exposition text into sample lines" },
	{ "relabel", verb_relabel, "label sets through a job's rules" },
	{ "targets", verb_targets, "what discovery and relabelling give" },
};

static int
run(struct tool *t, int argc, char **argv)
{
	static const char *const formats[] = { "samples", "text" };
	int format = tool_output(t, formats, 2);

	if (format == -1)
		return EXIT_USAGE;
	if (t->config == NULL && argc == 0)
		return tool_usage(t, "a configuration (-c) or a URL is "
		    "missing");
	if (t->follow && options.pool.shift_ms)
		return tool_usage(t, "--shift works without -f only");
	if (t->state && format == LINE_TEXT)
		return tool_usage(t, "-s works with -o samples only");
	options.pool.config = t->config;
	options.pool.state = t->state;
	options.pool.operand = argv;
	options.pool.noperands = argc;
	options.pool.format = (enum line_format)format;
	return pool_run(t, &options.pool);
}

int
main(int argc, char **argv)
{
	struct tool t = {
		.name = "ts-scrape",
		.usage = usage,
		.options = rows,
		.noptions = sizeof(rows) / sizeof(rows[0]),
		.verbs = verbs,
		.nverbs = sizeof(verbs) / sizeof(verbs[0]),
		.run = run,
	};

	return tool_main(&t, argc, argv);
}
