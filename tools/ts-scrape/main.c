/*
 * ts-scrape: samples of targets, as lines.
 */
#include "parse.h"

static const struct tool_verb verbs[] = {
	{ "parse", verb_parse, "exposition text into sample lines" },
};

static const struct tool_option options[] = {
	{ "format", 'F', true, "auto, text or openmetrics", parse_set_format },
	{ "label", 'l', true, "NAME=VALUE to add to every sample",
	    parse_set_label },
	{ "time", 0, true, "the time of samples without one",
	    parse_set_time },
};

static const char usage[] =
"usage: ts-scrape parse [-qvhV] [-F auto | text | openmetrics]\n"
"                 [-l NAME=VALUE] [--time TIME] [FILE ...]";

int
main(int argc, char **argv)
{
	struct tool t = {
		.name = "ts-scrape",
		.usage = usage,
		.options = options,
		.noptions = sizeof(options) / sizeof(options[0]),
		.verbs = verbs,
		.nverbs = sizeof(verbs) / sizeof(verbs[0]),
	};

	return tool_main(&t, argc, argv);
}
