/*
 * job: a scrape_config with what is the same for all its scrapes made once.
 * Targets of an old configuration hold on to its generation until they are
 * gone.
 */
#ifndef TS_SCRAPE_JOB_H
#define TS_SCRAPE_JOB_H

#include "config/prom.h"
#include "core/vec.h"
#include "expfmt/expfmt.h"

struct discovery;
struct operands;
struct sd;

/* One loaded configuration, alive while anybody uses it. */
struct generation {
	struct arena arena;
	struct prom_config *config;
	struct job *job;
	size_t njobs;
	struct sd_config operands;	/* conf NULL: none */
	unsigned users;
};

struct job {
	struct generation *generation;
	const struct scrape_config *config;
	struct str accept;		/* the Accept header */
	struct str fallback;		/* as expfmt_content_type wants it */
	struct discovery *discovery;
	VEC(struct sd *) sd;
	bool all_ready;			/* each sd has looked once */
	bool changed;			/* and has found something new since */
	bool partial;			/* a part of it cannot be discovered */
	size_t ntargets;		/* against target_limit */
};

/* NULL with *e when path does not load. */
struct generation	*generation_load(const char *path, struct err *e);

/* One job 'ts-scrape', for targets given as operands. */
struct generation	*generation_of_operands(const struct operands *o,
			    struct err *e);
void			 generation_hold(struct generation *g);
void			 generation_drop(struct generation *g);

#endif
