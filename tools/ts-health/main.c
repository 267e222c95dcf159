/*
 * ts-health: is it well?
 */
#include "tool/tool.h"

#include "verbs.h"

static const struct tool_verb verbs[] = {
	{ "host", verb_host, "this machine's metrics" },
};

static const char usage[] =
"usage: ts-health host [-qvhV] [-o text | samples] [-l NAME=VALUE]\n"
"                 [--procfs DIR] [--sysfs DIR] [--rootfs DIR]\n"
"                 [--mount-timeout DURATION]";

int
main(int argc, char **argv)
{
	struct health self = HEALTH_DEFAULTS;
	struct tool t = {
		.name = "ts-health",
		.usage = usage,
		.options = health_options,
		.noptions = health_noptions,
		.verbs = verbs,
		.nverbs = sizeof(verbs) / sizeof(verbs[0]),
		.self = &self,
		.usage_status = HEALTH_UNKNOWN,
	};

	return tool_main(&t, argc, argv);
}
