/*
 * target: from a discovered label set to what is scraped (Prometheus 3.14:
 * defaults, relabelling, checks, URL).  A target keeps its own copies; it
 * outlives the configuration that made it.
 */
#ifndef TS_SCRAPE_TARGET_H
#define TS_SCRAPE_TARGET_H

#include "cache.h"
#include "config/prom.h"
#include "sd.h"

struct job;

/* One label of the series, with its JSON made once. */
struct target_label {
	struct str name, value;
	struct str json;		/* ,"name":"value" */
};

struct target {
	struct job *job;
	char *room;			/* all strings and labels below */
	struct str key;			/* identity: a hash of job, labels, URL */
	struct str url, unix_socket;
	struct str name;		/* for messages: job 'x', instance y */
	struct target_label *label;	/* of its series, sorted by name */
	size_t nlabels, json_bytes;	/* of all json */
	int64_t interval_ms, timeout_ms;
	uint64_t offset;		/* of its schedule, before the modulus */

	/* the pool's */
	struct pool *pool;
	struct ltimer timer;		/* the next scrape, or the end */
	struct target *next;		/* of those in flight, oldest first */
	bool wanted;			/* discovery still has it */
	bool in_flight;
	int64_t at;			/* the scrape at hand or the last */

	/* the scraper's */
	struct scraper *scraper;
	struct generation *flight;	/* whose http_config is in use */
	double start_s;			/* clk_mono_s, of the flight */
	bool reported;			/* its synthetic series exist */
	bool dirty;			/* its series changed */
	size_t told_duplicates, told_future;	/* warned of so many */
	struct cache cache;
};

/* What became of a discovered label set. */
enum target_fate { TARGET_OK, TARGET_DROPPED, TARGET_BAD };

/*
 * group and t (its labels win) after job's rules.  TARGET_OK: *out is new.
 * TARGET_BAD: *e says why.  before and after, when not NULL, get the labels
 * as relabelling met and left them (Prometheus' "discovered labels").
 */
enum target_fate	target_make(struct job *job, struct labels_table *table,
			    const struct sd_group *group,
			    const struct sd_target *t, struct target **out,
			    const struct labels **before,
			    const struct labels **after, struct err *e);
void			 target_free(struct target *t);

/* The labels that relabel_configs see. */
void	target_defaults(const struct scrape_config *c,
	    struct labels_builder *b);

#endif
