/*
 * verbs: the verbs of ts-health and the options that they share.
 */
#ifndef TS_HEALTH_VERBS_H
#define TS_HEALTH_VERBS_H

#include "health_yml.h"
#include "host.h"
#include "report.h"
#include "runner.h"
#include "tool/tool.h"

/* Exit statuses: those of monitoring plugins, in every verb. */
enum { HEALTH_OK, HEALTH_WARNING, HEALTH_CRITICAL, HEALTH_UNKNOWN };

#define HEALTH_SET_MAX	64

struct health {
	struct host host;
	struct str set[HEALTH_SET_MAX];	/* --set KEY=VALUE */
	size_t nset;
	int64_t history_ms;		/* --history; 0 = none */
	int64_t interval_ms;		/* --interval: of host -f */
	struct runner_limits limits;	/* -j */
	int64_t max_age_ms;		/* --max-age */
	int warning_status;		/* --http-warning */
	bool envelope;
	const char *textfile;
	const char *from, *to;		/* times of sla; services */
	double objective;		/* of sla: 0.999 */
	int64_t gap_ms;			/* of sla; 0 = not given */
	const char *url, *token_file, *username_file;	/* of export */
	bool create;
	const char *rid;		/* of beat */
};

#define HEALTH_DEFAULTS	{ .host = {					\
	.procfs = "/proc", .sysfs = "/sys", .rootfs = "/",		\
	.mount_timeout_ms = 5000, .processes = "truststram",	\
}, .limits = RUNNER_LIMITS, .max_age_ms = 30000, .warning_status = 200,	\
    .interval_ms = 15000,						\
    .objective = 0.999 }

extern const struct tool_option health_options[];
extern const size_t health_noptions;

/* A configuration to load into, with what the command line says. */
struct health_config	health_config_new(const struct health *self);

/* Run its checks, all or those named, and print them; an exit status. */
int	health_run(struct tool *t, struct health_config *h, int argc,
	    char **argv, const struct report_format *format);

int	verb_beat(struct tool *t, int argc, char **argv);
int	verb_check(struct tool *t, int argc, char **argv);
int	verb_export(struct tool *t, int argc, char **argv);
int	verb_host(struct tool *t, int argc, char **argv);
int	verb_import(struct tool *t, int argc, char **argv);
int	verb_kind(struct tool *t, int argc, char **argv);
int	verb_stats(struct tool *t, int argc, char **argv);
int	verb_run(struct tool *t, int argc, char **argv);
int	verb_sla(struct tool *t, int argc, char **argv);

#endif
