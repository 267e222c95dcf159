/*
 * ts-route: alert lines in, notification lines out.
 */
#include "session.h"

static struct route_tool *
own(struct tool *t)
{
	return t->self;
}

#define SETTER(name, field)						\
	static int							\
	set_##name(struct tool *t, const char *arg, struct err *e)	\
	{								\
		(void)e;						\
		own(t)->field = arg;					\
		return 0;						\
	}

SETTER(alertmanager_config, alertmanager.config)
SETTER(external_url, external_url)
SETTER(expect, expect)
SETTER(comment, comment)
SETTER(author, author)
SETTER(duration, duration)
SETTER(start, start)
SETTER(end, end)
SETTER(within, within)
SETTER(interval, interval)
SETTER(receiver, receiver)
SETTER(junit, junit)

static int
set_compat(struct tool *t, const char *arg, struct err *e)
{
	own(t)->compat_025 = strcmp(arg, "0.25") == 0;
	if (!own(t)->compat_025 && strcmp(arg, "0.34") != 0)
		return err_set(e, ERR_CONFIG, "--compat is 0.34 or 0.25");
	return 0;
}

static int
add_alertmanager(struct tool *t, const char *arg, struct err *e)
{
	(void)e;
	vec_push(&own(t)->alertmanager.url, arg);
	return 0;
}

#define FLAG(name, field)						\
	static int							\
	set_##name(struct tool *t, const char *arg, struct err *e)	\
	{								\
		(void)arg;						\
		(void)e;						\
		own(t)->field = true;					\
		return 0;						\
	}

FLAG(active, active)
FLAG(expired, expired)
FLAG(inhibited, inhibited)
FLAG(lint_fatal, lint_fatal)
FLAG(muted, muted)
FLAG(silenced, silenced)
FLAG(tree, draw)

static int
add_rules(struct tool *t, const char *arg, struct err *e)
{
	(void)e;
	vec_push(&own(t)->rules, arg);
	return 0;
}

static const struct tool_option options[] = {
	{ "active", 0, false, "alerts that go out", set_active },
	{ "alertmanager", 0, true, "post alerts to this one, too",
	    add_alertmanager },
	{ "alertmanager-config", 0, true, "a file with its http_config",
	    set_alertmanager_config },
	{ "author", 'a', true, "who silences", set_author },
	{ "comment", 0, true, "why it is silenced", set_comment },
	{ "compat", 0, true, "behave as this Alertmanager", set_compat },
	{ "duration", 'd', true, "how long it is silenced", set_duration },
	{ "end", 0, true, "until when it is silenced", set_end },
	{ "expect", 0, true, "the receivers that must result", set_expect },
	{ "expired", 0, false, "expired silences, too", set_expired },
	{ "external-url", 0, true, "where links in notifications lead",
	    set_external_url },
	{ "inhibited", 0, false, "alerts that are inhibited", set_inhibited },
	{ "interval", 0, true, "silence within this time interval only",
	    set_interval },
	{ "junit", 0, true, "a JUnit report of the tests", set_junit },
	{ "lint-fatal", 0, false, "a lint's warning is the answer no",
	    set_lint_fatal },
	{ "muted", 0, false, "alerts outside of their time intervals",
	    set_muted },
	{ "receiver", 0, true, "alerts of receivers that match", set_receiver },
	{ "rules", 'r', true, "rule files that alerts come from", add_rules },
	{ "silenced", 0, false, "alerts that are silenced", set_silenced },
	{ "start", 0, true, "from when on it is silenced", set_start },
	{ "tree", 0, false, "draw the routes taken", set_tree },
	{ "within", 0, true, "silences that end within a duration",
	    set_within },
};

static const struct tool_verb verbs[] = {
	{ "alert", verb_alert, "list the alerts in the state" },
	{ "check", verb_check, "errors of configuration files" },
	{ "explain", verb_explain, "the way of each alert, and why" },
	{ "routes", verb_routes, "draw the route tree" },
	{ "silence", verb_silence, "add, expire, import, list, update silences" },
	{ "status", verb_status, "groups, alerts, why they go out or not" },
	{ "test", verb_test, "the receivers of a label set" },
};

static const char usage[] =
"usage: ts-route [-fqvhV] [-c FILE] [-s URL] [--clock wall | input]\n"
"                [--compat 0.34 | 0.25] [--external-url URL]\n"
"                [--alertmanager URL] [--alertmanager-config FILE] [FILE ...]\n"
"       ts-route check [-q] [-o text | json | sarif] [-r RULES ...]\n"
"                [--lint-fatal] FILE ...\n"
"       ts-route routes -c FILE\n"
"       ts-route test -c FILE [--expect RECEIVER,...] [--tree]\n"
"                [NAME=VALUE ...]\n"
"       ts-route test -c FILE -f [--junit FILE] TESTS ...\n"
"       ts-route explain -c FILE [-s URL] [FILE ...]\n"
"       ts-route status -c FILE -s URL\n"
"       ts-route alert list -c FILE -s URL [-q]\n"
"                [-o table | extended | json]\n"
"                [--active] [--inhibited] [--muted] [--silenced]\n"
"                [--receiver REGEX] [MATCHER ...]\n"
"       ts-route silence add -s URL --comment TEXT [-a AUTHOR]\n"
"                [-d DURATION] [--start TIME] [--end TIME]\n"
"                [--interval NAME] MATCHER ...\n"
"       ts-route silence expire -s URL ID ...\n"
"       ts-route silence list -s URL [-q] [-o table | extended | json]\n"
"                [--expired] [--within DURATION] [MATCHER ...]\n"
"       ts-route silence update -s URL [--comment TEXT] [-d DURATION]\n"
"                [--start TIME] [--end TIME] ID ...\n"
"       ts-route silence import -s URL [FILE]";

int
main(int argc, char **argv)
{
	struct route_tool self = { .author = NULL };
	struct tool t = {
		.name = "ts-route",
		.usage = usage,
		.options = options,
		.noptions = sizeof(options) / sizeof(options[0]),
		.verbs = verbs,
		.nverbs = sizeof(verbs) / sizeof(verbs[0]),
		.run = run_filter,
		.self = &self,
	};
	int status = tool_main(&t, argc, argv);

	route_tool_release(&self);
	vec_release(&self.rules);
	alertmanager_options_release(&self.alertmanager);
	return status;
}
