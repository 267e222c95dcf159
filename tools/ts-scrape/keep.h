/*
 * keep: the series of each target between runs (-s), so that the next run
 * knows what vanished.  A record a target, under its identity:
 *	{"job":"node","report":[{"__name__":"up",...},...],"series":[...]}
 * report: those about the scrape itself, which a failed scrape has, too.
 */
#ifndef TS_SCRAPE_KEEP_H
#define TS_SCRAPE_KEEP_H

#include "core/map.h"
#include "scrape.h"
#include "state/state.h"

struct keep;

/* All records of the state at url.  NULL with *e. */
struct keep	*keep_open(const char *url, struct err *e);
void		 keep_close(struct keep *k);	/* NULL does nothing */

/* The series that t had in the last run go into its cache. */
void	keep_load(struct keep *k, struct target *t);

/* t was scraped: write it down when its series changed. */
int	keep_save(struct keep *k, const struct target *t, struct err *e);

/* t is no target any more and its markers are out. */
int	keep_drop(struct keep *k, struct str key, struct err *e);

/*
 * Targets of the last run that no keep_load asked for: their markers, stamped
 * at_ms, and the end of their records.  Only of jobs that gone() says can
 * have lost a target.
 */
typedef bool keep_gone_fn(void *arg, struct str job);
int	keep_vanish(struct keep *k, struct scraper *s, int64_t at_ms,
	    keep_gone_fn *gone, void *arg, struct err *e);
int	keep_commit(struct keep *k, struct err *e);

#endif
