/*
 * postings: for each (label, value) pair of a metric the series that have it.
 * Built once over a fixed set of series; borrows them.
 */
#ifndef TSDB_POSTINGS_H
#define TSDB_POSTINGS_H

#include "tsdb/internal.h"

struct postings;

/* skip is a label that all of them share (the name). */
struct postings	*postings_new(struct head_series *const *s, size_t n,
		    const struct sym *skip);
void		 postings_free(struct postings *p);

/*
 * Appends the series for which all wants hold, in no order, by way of the
 * want that leaves fewest.  False (nothing appended) when none of them leaves
 * at most `most`: then a walk over all series is better.
 */
bool		 postings_select(const struct postings *p, struct want *w,
		    size_t nw, size_t most, head_list *out);

#endif
