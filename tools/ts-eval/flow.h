/*
 * flow: which labels the result of an expression can have, from its text
 * alone.  A selector may have any label but those it demands to be empty;
 * an aggregation closes the set.
 */
#ifndef TS_EVAL_FLOW_H
#define TS_EVAL_FLOW_H

#include "promql/ast.h"

struct names {
	struct str *p;
	size_t n;
};

struct flow {
	bool open;		/* any label, but those in never */
	struct names may;	/* closed: these and no others */
	struct names never;	/* open: surely not these */
};

/* Of a vector or matrix expression; memory from a. */
struct flow	flow_of(const struct pexpr *x, struct arena *a);

bool	flow_can_have(const struct flow *f, struct str name);
bool	names_have(const struct names *n, struct str name);

#endif
