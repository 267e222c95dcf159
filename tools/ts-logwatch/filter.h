/*
 * filter: steps that change events before rules see them: grok, date,
 * mutate, json, kv, drop, each with a condition (logwatch.yml(5)); the
 * filters of Logstash under their own names.
 */
#ifndef TS_LOGWATCH_FILTER_H
#define TS_LOGWATCH_FILTER_H

#include "config.h"
#include "date.h"
#include "event.h"
#include "grok_filter.h"

struct filters;

/* All steps of the configuration's files, in order.  NULL with *e. */
struct filters	*filters_new(const struct config *c, bool ecs,
		    struct err *e);
void		 filters_free(struct filters *f);
bool		 filters_any(const struct filters *f);
void		 filters_run(struct filters *f, struct event *ev);

/* A kind of step: one row in filter.c. */
struct step_kind {
	const char *name;
	/* What the mapping says; NULL with *e. */
	void	*(*open)(struct filters *f, const struct ynode *n,
		    struct err *e);
	void	(*run)(void *self, struct event *ev);
	void	(*close)(void *self);		/* or NULL */
};

extern const struct step_kind step_date, step_drop, step_grok, step_json,
    step_kv, step_mutate;

/* What steps share while they are read. */
struct arena	*filters_arena(struct filters *f);
bool		 filters_ecs(const struct filters *f);

#endif
