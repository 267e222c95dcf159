/*
 * ts-eval: options and verbs.
 */
#include "core/dur.h"
#include "eval.h"
#include "remote.h"

static const char usage[] =
"usage: ts-eval [-fnqv] [-c CONFIG] [-r RULES] [-s STATE]\n"
"               [-o alerts|samples|all] [--clock wall|input] [--keep AGE]\n"
"               [--keep-size BYTES] [--interval TIME] [--lookback TIME]\n"
"               [--resend-delay TIME] [--external-url URL]\n"
"               [--alertmanager URL] [--alertmanager-config FILE]\n"
"               [--enable-feature LIST] [--max-samples N] [--timeout TIME]\n"
"               [--source URL] [--source-config FILE] [--source-timeout TIME]\n"
"               [-t TIME] [FILE ...]\n"
"       ts-eval query [-F] [-s STATE] [-t TIME]\n"
"               [-o table|text|json|samples|csv] [--unit UNIT] [--explain]\n"
"               [--source URL] [--source-config FILE] EXPR [FILE ...]\n"
"       ts-eval range [-F] [-s STATE] [-o table|text|json|samples|csv|plot]\n"
"               [--unit UNIT] [--explain] --start TIME [--end TIME] --step TIME\n"
"               [--source URL] [--source-config FILE] EXPR [FILE ...]\n"
"       ts-eval check [-c CONFIG] [-s STATE] [-o text|json|sarif] [--data FILE]\n"
"               [--policy FILE] [--keep AGE] [--lint-fatal] [--syntax-only]\n"
"               [--ignore-unknown-fields] [RULES ...]\n"
"       ts-eval test [--run REGEX] [--junit FILE] [--coverage] [--diff]\n"
"               [--ignore-unknown-fields] TESTS ...\n"
"       ts-eval parse [-v] [-o all|text|tree] EXPR\n"
"       ts-eval history -s STATE info|export [SELECTOR]|import [FILE ...]|verify";

static const struct tool_verb verbs[] = {
	{ "query", verb_query, "an expression at one time" },
	{ "range", verb_range, "an expression over a range of time" },
	{ "check", verb_check, "rule files for errors" },
	{ "test", verb_test, "unit tests of rules" },
	{ "parse", verb_parse, "an expression, formatted" },
	{ "history", verb_history, "what the state directory holds" },
};

/* A directory holds the history, too; other kinds of state do not. */
static const char *
history_dir(const struct tool *t)
{
	return t->state && str_find(str_of(t->state), STR("://")) < 0 ?
	    t->state : NULL;
}

static int
open_source(struct eval *ev, struct err *e)
{
	const struct options *o = &ev->opt;

	if (o->source == NULL)
		return 0;
	ev->remote = remote_new(o->source, o->source_config,
	    o->source_timeout_ms, e);
	return ev->remote ? 0 : -1;
}

static int
load(struct eval *ev, struct err *e)
{
	struct store_options o = { .keep_ms = ev->opt.keep_ms,
	    .keep_bytes = ev->opt.keep_bytes };
	struct labels_table *none = labels_table_new();

	/* The rules say how much history is wanted before it is opened. */
	ev->history.table = none;
	ev->rules = ruleset_load(ev, e);
	if (ev->rules == NULL)
		return EXIT_USAGE;
	rules_warn_none(ev->rules);
	if (open_source(ev, e) == -1)
		return EXIT_USAGE;
	o.window_ms = history_window(ev);
	if (o.keep_ms == 0 && o.keep_bytes == 0)
		o.keep_ms = o.window_ms;
	if (history_open(&ev->history, history_dir(ev->tool), &o, e) == -1)
		return EXIT_TROUBLE;
	ev->rules->external_labels = labels_copy(ev->history.table,
	    ev->rules->external_labels);
	labels_table_free(none);
	return save_load(ev, e) == -1 ? EXIT_TROUBLE : EXIT_YES;
}

static int
run(struct tool *t, int argc, char **argv)
{
	static const char *const words[] = { "alerts", "samples", "all" };
	struct eval *ev = t->self;
	struct err e = { 0 };
	int form = tool_output(t, words, 3), status;

	if (form == -1)
		return EXIT_USAGE;
	ev->opt.output = (enum eval_output)form;
	status = load(ev, &e);
	if (status != EXIT_YES)
		diag_err(&e);
	else if (!t->dry_run)
		status = input_run(ev, argc, argv);
	state_close(ev->state);
	ruleset_free(ev->rules);
	history_close(&ev->history);
	return status;
}

int
main(int argc, char **argv)
{
	static struct eval ev = { .opt = {
		.interval_ms = DUR_MINUTE, .lookback_ms = LOOKBACK_MS,
		.resend_ms = RESEND_DELAY_MS, .time = NO_TIME,
		.start = NO_TIME, .end = NO_TIME,
		.timeout_ms = QUERY_TIMEOUT_MS,
		.source_timeout_ms = 30 * DUR_SECOND,
		.external_url = "http://localhost:9090",
	} };
	struct tool t = {
		.name = "ts-eval", .usage = usage, .options = eval_options,
		.noptions = eval_noptions, .verbs = verbs,
		.nverbs = sizeof(verbs) / sizeof(verbs[0]), .run = run,
		.self = &ev,
	};
	int status;

	ev.tool = &t;
	status = tool_main(&t, argc, argv);
	remote_free(ev.remote);
	arena_free(&ev.arena);
	arena_free(&ev.query);
	labels_builder_release(&ev.builder);
	buf_release(&ev.scratch);
	mem_free(ev.blamed);
	vec_release(&ev.stamp);
	vec_release(&ev.opt.rules);
	vec_release(&ev.opt.run);
	vec_release(&ev.opt.data);
	alertmanager_options_release(&ev.opt.alertmanager);
	return status;
}
