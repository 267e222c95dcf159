/*
 * plugin: what a monitoring plugin prints: text, long text, performance data.
 */
#ifndef TS_HEALTH_PLUGIN_H
#define TS_HEALTH_PLUGIN_H

#include "check_status.h"
#include "core/arena.h"
#include "core/vec.h"

/* A value with its thresholds, as plugins write one. */
struct perf {
	struct str label;
	double value;		/* NaN: not known ("U") */
	struct str uom;
	struct str warn, crit;	/* ranges; p NULL: none */
	double min, max;	/* NaN: none */
};

struct plugin_output {
	struct str text;
	VEC(struct str) long_text;
	VEC(struct perf) perf;
	unsigned bad_perf;	/* items that are no performance data */
};

/* Everything is copied into a, as valid UTF-8. */
void	plugin_parse(struct str out, struct arena *a, struct plugin_output *p);
void	plugin_release(struct plugin_output *p);

/* An exit status outside of 0..3 and a death by signal are unknown. */
enum check_status	plugin_status(int status, int signal);

#endif
