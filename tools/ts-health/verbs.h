/*
 * verbs: the verbs of ts-health and the options that they share.
 */
#ifndef TS_HEALTH_VERBS_H
#define TS_HEALTH_VERBS_H

#include "host.h"
#include "runner.h"
#include "tool/tool.h"

/* Exit statuses: those of monitoring plugins, in every verb. */
enum { HEALTH_OK, HEALTH_WARNING, HEALTH_CRITICAL, HEALTH_UNKNOWN };

#define HEALTH_SET_MAX	64

struct health {
	struct host host;
	struct str set[HEALTH_SET_MAX];	/* --set KEY=VALUE */
	size_t nset;
	struct runner_limits limits;	/* -j */
};

#define HEALTH_DEFAULTS	{ .host = {					\
	.procfs = "/proc", .sysfs = "/sys", .rootfs = "/",		\
	.mount_timeout_ms = 5000,					\
}, .limits = RUNNER_LIMITS }

extern const struct tool_option health_options[];
extern const size_t health_noptions;

int	verb_check(struct tool *t, int argc, char **argv);
int	verb_host(struct tool *t, int argc, char **argv);
int	verb_kind(struct tool *t, int argc, char **argv);
int	verb_run(struct tool *t, int argc, char **argv);

#endif
