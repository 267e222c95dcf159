/*
 * value: the evaluator's values (struct pcols) outside of the evaluator.
 */
#ifndef PROMQL_VALUE_H
#define PROMQL_VALUE_H

#include "promql/promql.h"

/* Does the row have a point at step i? */
static inline bool
prow_has(const struct prow *r, size_t i)
{
	return !pv_absent(r->v[i]);
}

/*
 * One vector element as the API and promtool print a value: the shortest
 * decimal, or the histogram's text.
 */
void	prow_print_value(const struct prow *r, size_t i, struct buf *out);

#endif
