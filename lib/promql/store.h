/*
 * store: series in memory as a source for the evaluator: literal ones of
 * tests, and whatever a one-shot query has read.
 */
#ifndef PROMQL_STORE_H
#define PROMQL_STORE_H

#include "promql/promql.h"

struct pstore;

/* The table stays with the caller and outlives the store. */
struct pstore	*pstore_new(struct labels_table *t);
void		 pstore_free(struct pstore *s);

/*
 * Append a sample; h (NULL for a float) is borrowed as long as the store
 * lives; st is its start time, 0 = unknown.  A sample at the time of the
 * series' last one replaces it; -1 with *e when it is older.
 */
int	pstore_add(struct pstore *s, const struct labels *l, int64_t t,
	    double v, const struct hist *h, int64_t st, struct err *e);

struct promql_source	pstore_source(struct pstore *s);

#endif
