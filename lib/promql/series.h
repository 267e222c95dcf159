/*
 * series: the notation of literal series in rule unit tests and .test
 * scripts:  name{label="value"} 1 2.5 1+2x3 _ stale {{schema:0 count:3}}x2
 * The reference is 6.1 and 9.2 of Prometheus' test language.
 */
#ifndef PROMQL_SERIES_H
#define PROMQL_SERIES_H

#include "promql/promql.h"

#define PNOTATION_MAX_VALUES	1000000	/* of one line */

/* A value, a histogram (h), or nothing at that step. */
struct pvalue {
	double v;
	const struct hist *h;
	bool omitted;
	bool hint_set;		/* counter_reset_hint was written */
};

struct pnotation {
	const struct labels *labels;
	struct pvalue *value;
	size_t n;
};

/*
 * A whole line, and its parts: only the labels, only the values.  Positions of
 * errors are columns of the text given.  Memory of a.
 */
int	pnotation_parse(struct str line, struct labels_table *t,
	    struct arena *a, struct pnotation *out, struct err *e);

/* The labels at the start of text; *rest is what follows. */
int	pnotation_labels(struct str text, struct labels_table *t,
	    const struct labels **out, struct str *rest, struct err *e);

/* Blank-separated values; col is the column of text in its line, minus 1. */
int	pnotation_values(struct str text, size_t col, struct arena *a,
	    struct pvalue **out, size_t *n, struct err *e);

#endif
