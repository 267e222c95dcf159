/*
 * sd: discovery.  A kind is one file and one row in sd.c.  A provider runs
 * one item of a `<kind>_sd_configs` list; what it has found stands in
 * sources, each replaced as a whole, so a source that breaks keeps what it
 * found before.
 */
#ifndef TS_SCRAPE_SD_H
#define TS_SCRAPE_SD_H

#include "config/sd.h"
#include "core/vec.h"
#include "net/http.h"

struct sd_label { struct str name, value; };

struct sd_target {
	struct sd_label *label;
	size_t n;
};

/* Targets that share labels; a target's own label wins. */
struct sd_group {
	struct sd_label *label;
	size_t n;
	struct sd_target *target;
	size_t ntargets;
};

/* Groups of one file, URL or name; all of it in one arena. */
struct sd_source {
	char *name;
	struct arena arena;
	struct sd_group *group;
	size_t n;
	bool marked;			/* for the kind */
};

struct sd;

/* What all providers of a pool use. */
struct sd_env {
	struct loop *loop;
	bool follow;			/* refresh; else look once */
	void	(*changed)(void *arg);	/* what a provider has found, has */
};

struct sd_kind {
	const char *name;		/* "file" of file_sd_configs */
	/* look once or, with follow, from now on; ends in sd_ready */
	void	(*start)(struct sd *sd);
	void	(*stop)(struct sd *sd);	/* NULL: nothing to stop */
};

struct sd {
	const struct sd_kind *kind;
	const struct sd_env *env;
	const struct sd_config *config;
	void *arg;			/* for env->changed */
	void *self;			/* the kind's own */
	VEC(struct sd_source *) source;
	bool ready;			/* the first look is over */
	bool failed;			/* the last look: some is missing */
};

/* NULL when this kind is not built in. */
const struct sd_kind	*sd_kind_find(struct str name);

struct sd	*sd_new(const struct sd_kind *k, const struct sd_config *c,
		    const struct sd_env *env, void *arg);
void		 sd_free(struct sd *sd);

/* For the kinds. */

/* Put n groups in place of what name had; takes the arena and clears *a. */
void	sd_put(struct sd *sd, const char *name, struct arena *a,
	    struct sd_group *group, size_t n);
void	sd_drop(struct sd *sd, size_t at);

/* The look is over, with or without success; tells env->changed. */
void	sd_ready(struct sd *sd);

/* Decoded groups as discovery groups, with one label more for all. */
struct sd_group	*sd_groups_of(const struct static_config *c, size_t n,
		    struct str extra_name, struct str extra_value,
		    struct arena *a);

extern const struct sd_kind	sd_dns, sd_file, sd_http, sd_static;

#endif
