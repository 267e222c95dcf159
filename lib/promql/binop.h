/*
 * binop: what operators between values share: one element with another
 * (binop.c), and which rows of two vectors meet (binop.c, match.c).
 */
#ifndef PROMQL_BINOP_H
#define PROMQL_BINOP_H

#include "promql/internal.h"

/* One operand: a number, or a histogram. */
struct elem {
	double v;
	const struct hist *h;
};

enum verdict {
	KEEP,		/* the result is a point */
	FILTERED,	/* a comparison said no */
	INCOMPATIBLE	/* no result for these types */
};

/* What the loops need of the expression. */
struct binop {
	struct peval *ev;
	const struct pexpr *x;
	enum pop op;
	bool compares, return_bool;
	bool changes_name;	/* arithmetic: the result is another metric */
};

/*
 * l op r, before `bool`.  A comparison's result is l.  pelem_put charges the
 * query for a histogram: look at its error afterwards.
 */
enum verdict	pelem_binop(const struct binop *b, struct elem l,
		    struct elem r, struct elem *out);
struct elem	pelem_of(const struct prow *r, size_t i);
void		pelem_put(const struct binop *b, struct prow *r, size_t i,
		    size_t nsteps, struct elem e);

/* Rows of both sides by group: row numbers of group i in [at[i], at[i+1]). */
struct side {
	struct pcols v;
	uint32_t *group;	/* of each row */
	uint32_t *at, *row;
};

struct meeting {
	struct pgroups groups;
	struct side l, r;
};

/* Evaluate both sides and group their rows. */
int	pmeet(struct binop *b, const struct pgrid *g, struct meeting *m);

/* Arithmetic and comparisons between two vectors (match.c). */
int	pmatch_eval(struct binop *b, const struct pgrid *g,
	    struct pcols *out);

#endif
