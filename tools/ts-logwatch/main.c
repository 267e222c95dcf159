/*
 * ts-logwatch: log lines in; events, alerts, samples and statistics out.
 */
#include <limits.h>

#include "core/dur.h"
#include "core/num.h"
#include "date.h"
#include "watch.h"
#include "yaml/fields.h"

static struct options *
own(struct tool *t)
{
	return &((struct watch *)t->self)->opt;
}

#define SETTER(name, field)						\
	static int							\
	set_##name(struct tool *t, const char *arg, struct err *e)	\
	{								\
		(void)e;						\
		own(t)->field = arg;					\
		return 0;						\
	}

#define FLAG(name)							\
	static int							\
	set_##name(struct tool *t, const char *arg, struct err *e)	\
	{								\
		(void)arg;						\
		(void)e;						\
		own(t)->name = true;					\
		return 0;						\
	}

SETTER(format, format)
SETTER(since, since)
SETTER(until, until)
SETTER(where, where)
SETTER(reason, reason)
SETTER(by, by)
SETTER(sort, sort)
SETTER(percentile, percentile)
FLAG(act)
FLAG(all)
FLAG(block)
FLAG(flat)
FLAG(legacy)
FLAG(no_redact)
FLAG(keep_cr)
FLAG(keep_empty)
FLAG(raw)

static int
set_timezone(struct tool *t, const char *arg, struct err *e)
{
	struct arena a = { 0 };
	const struct tz *zone;
	int rc = date_zone(str_of(arg), &a, &zone, e);

	own(t)->timezone = arg;
	arena_free(&a);
	return rc;
}

static int
add_rules(struct tool *t, const char *arg, struct err *e)
{
	(void)e;
	vec_push(&own(t)->rules, arg);
	return 0;
}

static int
set_from(struct tool *t, const char *arg, struct err *e)
{
	static const char *const words[] = { [FROM_START] = "start",
	    [FROM_END] = "end", [FROM_CHECKPOINT] = "checkpoint" };
	size_t i;

	for (i = FROM_START; i <= FROM_CHECKPOINT; i++)
		if (strcmp(arg, words[i]) == 0) {
			own(t)->from = (enum from)i;
			return 0;
		}
	return err_set(e, ERR_CONFIG, "--from is start, end or checkpoint");
}

static int
set_year(struct tool *t, const char *arg, struct err *e)
{
	if (num_parse_i64(str_of(arg), 1900, 9999, &own(t)->year))
		return 0;
	return err_set(e, ERR_CONFIG, "--year is a year, not '%s'", arg);
}

static int
set_max_line(struct tool *t, const char *arg, struct err *e)
{
	int64_t n;

	if (!yaml_size_parse(str_of(arg), &n) &&
	    !num_parse_i64(str_of(arg), 0, INT64_MAX, &n))
		return err_set(e, ERR_CONFIG, "--max-line is a size like "
		    "1MiB, not '%s'", arg);
	if (n < 64 || n > 64 << 20)
		return err_set(e, ERR_CONFIG, "--max-line is from 64 bytes "
		    "to 64MiB");
	own(t)->max_line = n;
	return 0;
}

static int
set_duration(const char *arg, const char *option, int64_t *out,
    struct err *e)
{
	if (dur_parse(str_of(arg), out))
		return 0;
	return err_set(e, ERR_CONFIG, "%s is a duration like 10s, not '%s'",
	    option, arg);
}

static int
set_interval(struct tool *t, const char *arg, struct err *e)
{
	return set_duration(arg, "--interval", &own(t)->interval_ms, e);
}

static int
set_slow(struct tool *t, const char *arg, struct err *e)
{
	return set_duration(arg, "--slow", &own(t)->slow_ms, e);
}

static int
set_time(struct tool *t, const char *arg, struct err *e)
{
	return set_duration(arg, "--time", &own(t)->time_ms, e);
}

static int
set_top(struct tool *t, const char *arg, struct err *e)
{
	if (num_parse_i64(str_of(arg), 1, 100000, &own(t)->top))
		return 0;
	return err_set(e, ERR_CONFIG, "--top is a number of rows, not '%s'",
	    arg);
}

static int
set_to(struct tool *t, const char *arg, struct err *e)
{
	(void)e;
	vec_push(&own(t)->to, arg);
	return 0;
}

static int
set_grace(struct tool *t, const char *arg, struct err *e)
{
	return set_duration(arg, "--grace", &own(t)->grace_ms, e);
}

static int
set_max_wait(struct tool *t, const char *arg, struct err *e)
{
	return set_duration(arg, "--max-wait", &own(t)->max_wait_ms, e);
}

static int
set_discover(struct tool *t, const char *arg, struct err *e)
{
	return set_duration(arg, "--discover", &own(t)->discover_ms, e);
}

static int
set_partial_after(struct tool *t, const char *arg, struct err *e)
{
	return set_duration(arg, "--partial-after", &own(t)->partial_after_ms,
	    e);
}

static int
set_rotate_wait(struct tool *t, const char *arg, struct err *e)
{
	return set_duration(arg, "--rotate-wait", &own(t)->rotate_wait_ms, e);
}

static const struct tool_option options[] = {
	{ "act", 0, false, "block as records on standard input say",
	    set_act },
	{ "all", 0, false, "remove all blocks", set_all },
	{ "block", 0, false, "shut out whom rules say to", set_block },
	{ "by", 0, true, "fields that figures are grouped by", set_by },
	{ "discover", 0, true, "how often to look for new files",
	    set_discover },
	{ "flat", 0, false, "dotted names instead of nested objects",
	    set_flat },
	{ "format", 'F', true, "the format of the lines", set_format },
	{ "from", 0, true, "where to begin in a file", set_from },
	{ "grace", 0, true, "for deliveries after a signal", set_grace },
	{ "interval", 0, true, "how often to write samples", set_interval },
	{ "keep-cr", 0, false, "a CR at a line's end stays", set_keep_cr },
	{ "keep-empty", 0, false, "empty lines are records",
	    set_keep_empty },
	{ "legacy", 0, false, "the older names of grok's fields",
	    set_legacy },
	{ "max-line", 0, true, "bytes of a line, the rest is cut",
	    set_max_line },
	{ "max-wait", 0, true, "for a server that takes nothing",
	    set_max_wait },
	{ "no-redact", 0, false, "secrets stay in the events",
	    set_no_redact },
	{ "partial-after", 0, true, "how long a line without its end is held",
	    set_partial_after },
	{ "percentile", 0, true, "how percentiles are read off",
	    set_percentile },
	{ "raw", 0, false, "the bytes of lines that are not UTF-8", set_raw },
	{ "reason", 0, true, "why an address is blocked", set_reason },
	{ "rotate-wait", 0, true, "how long a rotated file is read on",
	    set_rotate_wait },
	{ "rules", 'r', true, "rules to apply", add_rules },
	{ "since", 0, true, "only records from this time on", set_since },
	{ "slow", 0, true, "means over this are slow", set_slow },
	{ "sort", 0, true, "the figure that rows are sorted by", set_sort },
	{ "time", 0, true, "for how long to block", set_time },
	{ "timezone", 0, true, "the zone of times without one",
	    set_timezone },
	{ "to", 0, true, "a server that gets the events", set_to },
	{ "top", 0, true, "so many rows", set_top },
	{ "until", 0, true, "only records up to this time", set_until },
	{ "where", 0, true, "only records of which this is true",
	    set_where },
	{ "year", 0, true, "the year of times without one", set_year },
};

static const struct tool_verb verbs[] = {
	{ "blocks", verb_blocks, "who is blocked" },
	{ "check", verb_check, "errors of configuration and rule files" },
	{ "grok", verb_grok, "what a pattern does with lines" },
	{ "stats", verb_stats, "a table of figures by endpoint" },
};

static const char usage[] =
"usage: ts-logwatch [-fnqvhV] [-c FILE] [-r RULES ...] [-s URL]\n"
"                   [-o events | text | alerts | blocks | samples |\n"
"                   stats]\n"
"                   [--to URL ...] [--max-wait DURATION]\n"
"                   [--grace DURATION] [-F FORMAT]\n"
"                   [--from start | end | checkpoint] [--since TIME]\n"
"                   [--until TIME] [--where CONDITION]\n"
"                   [--timezone ZONE] [--year YEAR] [--interval DURATION]\n"
"                   [--flat] [--no-redact] [--keep-cr] [--keep-empty]\n"
"                   [--max-line SIZE] [--discover DURATION]\n"
"                   [--rotate-wait DURATION] [--partial-after DURATION]\n"
"                   [--raw] [--block] [--clock wall | input]\n"
"                   [FILE ...]\n"
"       ts-logwatch --act [-fnqv] [-c FILE] [-r RULES ...] [-s URL]\n"
"                   [-o alerts | blocks] [--clock wall | input] [FILE ...]\n"
"       ts-logwatch stats [-f] [-o table | json] [--by FIELD,...]\n"
"                   [--sort FIGURE] [--top N] [--slow DURATION]\n"
"                   [--percentile seed | nearest | linear] [FILE ...]\n"
"       ts-logwatch grok [-q] [--legacy] [-r RULES ...] PATTERN [FILE ...]\n"
"       ts-logwatch blocks list -s URL [-o table | json]\n"
"       ts-logwatch blocks add -s URL [-n] [-c FILE] [--time DURATION]\n"
"                   [--reason TEXT] ADDRESS ...\n"
"       ts-logwatch blocks remove -s URL [-n] [-c FILE] [--all]\n"
"                   [ADDRESS ...]\n"
"       ts-logwatch check FILE ...";

int
main(int argc, char **argv)
{
	struct watch self = { .opt = { .max_line = 1 << 20, .time_ms = -1,
	    .slow_ms = DUR_SECOND,
	    .interval_ms = 15 * DUR_SECOND,
	    .discover_ms = 10 * DUR_SECOND,
	    .rotate_wait_ms = 30 * DUR_SECOND,
	    .grace_ms = 10 * DUR_SECOND, .max_wait_ms = 30 * DUR_SECOND } };
	struct tool t = {
		.name = "ts-logwatch",
		.usage = usage,
		.options = options,
		.noptions = sizeof(options) / sizeof(options[0]),
		.verbs = verbs,
		.nverbs = sizeof(verbs) / sizeof(verbs[0]),
		.run = run_watch,
		.self = &self,
	};
	int status = tool_main(&t, argc, argv);

	watch_close(&self);
	return status;
}
