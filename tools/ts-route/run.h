/*
 * run: the filter; and what its verbs share with it.
 */
#ifndef TS_ROUTE_RUN_H
#define TS_ROUTE_RUN_H

#include "config/alertmanagers.h"
#include "router.h"
#include "tool/tool.h"
#include "wire/wire.h"

/* The tool's own: options, and the configuration when it is loaded. */
struct route_tool {
	bool compat_025;
	const char *external_url;
	struct alertmanager_options alertmanager;
	const char *expect;		/* test --expect */
	const char *comment, *author, *duration, *start, *end;	/* silence */
	const char *interval;		/* silence add */
	const char *within;		/* silence list */
	const char *receiver;		/* alert list */
	bool active, silenced, inhibited, muted;	/* alert list */
	bool expired;			/* silence list --expired */
	bool draw;			/* test --tree */
	VEC(const char *) rules;	/* check -r */
	bool lint_fatal;		/* check --lint-fatal */
	const char *junit;		/* test --junit */

	struct am_config *config;
	struct arena config_arena;
};

/* Load -c into rt->config, its warnings to stderr.  0, or -1 after a message. */
int	route_config(struct tool *t, struct route_tool *rt);
void	route_tool_release(struct route_tool *rt);

int	run_filter(struct tool *t, int argc, char **argv);

#endif
