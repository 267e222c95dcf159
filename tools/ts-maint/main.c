/*
 * ts-maint: maintenance that an operator can trust.
 */
#include "run.h"

static const struct tool_verb verbs[] = {
	{ "check", verb_check, "is a ts-maint.yml right?" },
	{ "due", verb_due, "which plans are due" },
	{ "list", verb_list, "plans, tasks and when they run" },
	{ "log", verb_log, "the audit log" },
	{ "plan", verb_plan, "what would happen" },
	{ "run", verb_run, "run plans" },
	{ "status", verb_status, "how the last runs ended" },
};

static const char usage[] =
"usage: ts-maint run -c FILE [-nqv] [-s URL] [-o json | table | alerts]\n"
"                [--yes] [--force] NAME[/TASK] ...\n"
"       ts-maint run --due -c FILE -s URL [-nqv] [-o FORMAT] [NAME ...]\n"
"       ts-maint due -c FILE -s URL [-o table | json] [NAME ...]\n"
"       ts-maint plan -c FILE [-s URL] [-o json | table] NAME[/TASK] ...\n"
"       ts-maint list -c FILE [-s URL] [-o table | json | systemd | cron] [--to DIR]\n"
"       ts-maint status -c FILE -s URL [-o table | json] [NAME ...]\n"
"       ts-maint log [--verify] [-c FILE] [-s URL] [LOG ...]\n"
"       ts-maint check FILE ...";

int
main(int argc, char **argv)
{
	struct maint self = { 0 };
	struct tool t = {
		.name = "ts-maint",
		.usage = usage,
		.options = maint_options,
		.noptions = maint_noptions,
		.verbs = verbs,
		.nverbs = sizeof(verbs) / sizeof(verbs[0]),
		.self = &self,
		.usage_status = MAINT_TROUBLE,
	};

	return tool_main(&t, argc, argv);
}
