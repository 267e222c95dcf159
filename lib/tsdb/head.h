/*
 * head: the recent window of all series in memory.  Per series one column of
 * times and one of values, so that a window is a slice of them; an index from
 * metric names to series, and from (label, value) pairs once a name has many.
 */
#ifndef TSDB_HEAD_H
#define TSDB_HEAD_H

#include "core/err.h"
#include "model/labels.h"
#include "model/sample.h"
#include "promql/promql.h"

struct head;
struct head_series;

/*
 * Series of labels from table t.  keep_ms bounds each series: samples at or
 * before its newest - keep_ms are dropped as room is needed.  0 = everything
 * stays until head_prune.
 */
struct head	*head_new(struct labels_table *t, int64_t keep_ms);
void		 head_free(struct head *h);
void		 head_set_keep(struct head *h, int64_t keep_ms);

/*
 * The series of a label set; made when it is new.  Stays valid until a
 * head_prune that finds it empty, so who keeps it asks head_generation.
 */
struct head_series	*head_series(struct head *h, const struct labels *l);
const struct labels	*head_series_labels(const struct head_series *s);

/* Changes whenever a prune has freed series. */
uint64_t		 head_generation(const struct head *h);

/*
 * x->labels is not looked at.  0; 1 for a duplicate (the time and the bits of
 * the newest), which is ignored; -1 with *e (ERR_LIMIT) for any other sample
 * that is not newer than the newest of its series.  A histogram is copied.
 */
int	head_append(struct head *h, struct head_series *s,
	    const struct sample *x, struct err *e);

/*
 * Drop samples at or before now - keep, and series that have none left.
 * Cheap to call often: it works when an eighth of keep has passed.
 */
void	head_prune(struct head *h, int64_t now_ms);

size_t	head_nseries(const struct head *h);	/* incl. empty ones */
size_t	head_nsamples(const struct head *h);
int64_t	head_newest(const struct head *h);	/* INT64_MIN: no sample yet */

/* Samples at or before this may have been dropped; INT64_MIN: none were. */
int64_t	head_floor(const struct head *h);

/*
 * The slices are borrowed until the next append or prune.  Series without a
 * sample in the range are left out.
 */
struct promql_source	head_source(struct head *h);

#endif
