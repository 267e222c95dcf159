/*
 * metrics: counters, gauges and histograms of events, by labels
 * (logwatch.yml(5)).
 */
#ifndef TS_LOGWATCH_METRICS_H
#define TS_LOGWATCH_METRICS_H

#include "config.h"
#include "selector.h"

struct metrics;

/* All metrics of the configuration's files.  NULL with *e. */
struct metrics	*metrics_new(const struct config *c, struct grok_set *set,
		    struct err *e);
void		 metrics_free(struct metrics *m);
size_t		 metrics_count(const struct metrics *m);
void		 metrics_event(struct metrics *m, const struct event *ev);

/* After a reload: metrics that are as they were in old count on. */
void		 metrics_take(struct metrics *m, struct metrics *old);

/* Every series as a sample line at ts; those not seen for long go. */
void		 metrics_print(struct metrics *m, int64_t ts, struct buf *out);

/* A sample of our own: a counter with at most one label. */
void		 metrics_put(struct metrics *m, const char *name,
		    const char *label, struct str value, double v,
		    int64_t ts, struct buf *out);

#endif
