/*
 * carry: what is sure about the labels of a result: the matchers of its
 * selectors, as far as the expression passes these labels on, and the values
 * that label_replace() writes.
 */
#ifndef TS_EVAL_CARRY_H
#define TS_EVAL_CARRY_H

#include "promql/ast.h"

struct carry {
	const struct matcher **p;	/* each holds for every series */
	size_t n;
};

/* Of a vector or matrix expression; memory from a, which must outlive it. */
struct carry	carry_of(const struct pexpr *x, struct arena *a);

/* No longer about the label: something else sets it. */
void		carry_drop(struct carry *c, struct str label);

/*
 * Can a series of one result have the labels of a series of the other?  True
 * where a label has one value here and another there, or two patterns that
 * differ, which we take for two that do not overlap.
 */
bool		carry_apart(const struct carry *a, const struct carry *b);

#endif
