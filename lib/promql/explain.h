/*
 * explain: what each node of a tree has read and made in a query, and how
 * long it took.  A query without a struct pexplain measures nothing.
 */
#ifndef PROMQL_EXPLAIN_H
#define PROMQL_EXPLAIN_H

#include "promql/promql.h"

/* Series and samples, over all steps of the query. */
struct pexplain_count {
	uint64_t series, samples;
};

/*
 * A node.  Parentheses, and the selector inside of a range, are none of their
 * own.  A node inside of a subquery counts the subquery's steps.
 */
struct pexplain_node {
	const struct pexpr *x;
	unsigned depth;			/* 0 = the root */
	size_t parent;			/* index; the root's is its own */
	struct pexplain_count read;	/* from the source, or of its children */
	struct pexplain_count made;
	double seconds;			/* by itself, without its children */
	double total_seconds;
};

/* Nodes in the order of the text, each before its children. */
struct pexplain {
	struct pexplain_node *node;
	size_t n;
};

/*
 * For one promql_eval of x; after it the counts are filled, as far as the
 * query came.  Memory of a.
 */
struct pexplain	*promql_explain(const struct pexpr *x, struct arena *a);

/* A table, a node a line; times in ms. */
void	promql_explain_print(const struct pexplain *p, struct buf *out);

#endif
