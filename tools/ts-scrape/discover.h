/*
 * discover: the providers of all jobs of a generation, and what they found
 * turned into targets.
 */
#ifndef TS_SCRAPE_DISCOVER_H
#define TS_SCRAPE_DISCOVER_H

#include "job.h"
#include "target.h"

struct discovery;

/*
 * ready is called, from the loop, when all providers of a job have looked
 * once, and again after each change.  only: the name of one job, or NULL.
 */
typedef void ready_fn(void *arg, struct job *job);
struct discovery	*discovery_new(struct loop *l, bool follow,
			    const char *only, ready_fn *ready, void *arg);

/*
 * Start the providers of a generation.  The number of blocks whose kind is
 * not built in; each was reported.
 */
size_t	discovery_start(struct discovery *d, struct generation *g);

/* Stop those of g; it is not called back any more. */
void	discovery_stop(struct discovery *d, struct generation *g);
void	discovery_free(struct discovery *d);

/* Jobs that count and have not been ready yet. */
size_t	discovery_waiting(const struct discovery *d);

/*
 * fn for every label set that the job's providers hold.  t, of TARGET_OK
 * only, is taken.
 */
typedef void found_fn(void *arg, struct job *job, enum target_fate fate,
    struct target *t, const struct labels *before, const struct labels *after,
    const struct err *e);
void	discovery_each(struct job *job, found_fn *fn, void *arg);

#endif
