/*
 * ts-health: is it well?
 */
#include "tool/tool.h"

#include "verbs.h"

static const struct tool_verb verbs[] = {
	{ "beat", verb_beat, "a job tells of its run" },
	{ "check", verb_check, "is a health.yml right?" },
	{ "export", verb_export, "checks to an uptime service" },
	{ "host", verb_host, "this machine's metrics" },
	{ "container-stats", verb_stats, "what containers use" },
	{ "postgres-stats", verb_stats, "what a PostgreSQL server tells" },
	{ "redis-stats", verb_stats, "what a Redis server tells" },
	{ "import", verb_import, "checks of an uptime service" },
	{ "sla", verb_sla, "availability from recorded results" },
	{ "cert", verb_kind, "how long certificates are good" },
	{ "command", verb_kind, "run a monitoring plugin" },
	{ "container", verb_kind, "is a container well?" },
	{ "cpu", verb_kind, "what the processors do" },
	{ "disk", verb_kind, "space of a file system" },
	{ "dns", verb_kind, "ask name servers" },
	{ "docker", verb_kind, "all containers of an engine" },
	{ "file", verb_kind, "age and size of files" },
	{ "heartbeat", verb_kind, "has a job run?" },
	{ "http", verb_kind, "ask a web server" },
	{ "icmp", verb_kind, "does a host answer?" },
	{ "load", verb_kind, "load averages" },
	{ "memory", verb_kind, "memory that is left" },
	{ "network", verb_kind, "are network devices up and fast?" },
	{ "postgres", verb_kind, "ask a PostgreSQL server" },
	{ "process", verb_kind, "are processes there?" },
	{ "redis", verb_kind, "ask a Redis server" },
	{ "system", verb_kind, "the machine as a whole" },
	{ "tcp", verb_kind, "connect to a port" },
	{ "unit", verb_kind, "are units of systemd active?" },
};

static const char usage[] =
"usage: ts-health -c FILE [-fnqvhV] [-j N] [-s URL]\n"
"                 [-o json | table | nagios | samples | text | alerts | http]\n"
"                 [--envelope] [--textfile FILE] [--max-age DURATION]\n"
"                 [--http-warning 200 | 429 | 503] [NAME | TAG ...]\n"
"       ts-health KIND [-n] [-o FORMAT] [--envelope] [--textfile FILE]\n"
"                 [--set KEY=VALUE] [TARGET ...]\n"
"       ts-health system -s URL --history DURATION [NAME]\n"
"       ts-health beat [-n] [-c FILE] [--rid ID] NAME\n"
"                 [start | success | fail | alive | STATUS]\n"
"       ts-health check FILE ...\n"
"       ts-health container-stats | postgres-stats | redis-stats\n"
"                 [-o table | json | samples | text] [--set KEY=VALUE]\n"
"                 [TARGET ...]\n"
"       ts-health host [-f] [-o text | samples] [-l NAME=VALUE]\n"
"                 [--names node | seed] [--interval DURATION]\n"
"                 [--collector NAME,...] [--processes NAME] [--procfs DIR]\n"
"                 [--sysfs DIR] [--rootfs DIR] [--mount-timeout DURATION]\n"
"       ts-health sla [-c FILE] [-o text | json | html] [--objective PERCENT]\n"
"                 [--from TIME] [--to TIME] [--gap DURATION] [RESULTS ...]\n"
"       ts-health import [--from pingdom | statuscake | statuscake-v1] [FILE ...]\n"
"       ts-health export --to pingdom | statuscake | statuscake-v1 -c FILE\n"
"                 [--token-file FILE] [--username-file FILE] [--url URL]\n"
"                 [--create] [NAME ...]";

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
		.run = verb_run,
		.self = &self,
		.usage_status = HEALTH_UNKNOWN,
		.unknown_output = "nagios",
	};

	return tool_main(&t, argc, argv);
}
