/*
 * functions: THE table.  A row per function; the parser and the checks read
 * names and types, the evaluator calls the kernel.
 */
#ifndef PROMQL_FUNCTIONS_H
#define PROMQL_FUNCTIONS_H

#include "promql/promql.h"

/* A window of one series: samples in (from, to], no stale markers. */
struct pwin {
	const int64_t *t;
	const double *v;
	const struct hist *const *h;	/* NULL: floats only */
	const int64_t *st;
	size_t n;
	int64_t from, to;		/* ms */
	int64_t eval_time;
	double lookahead;		/* reserved to the kernels' owner */
};

struct pcall;		/* promql/internal.h: what a kernel may ask for */

enum pkernel {
	PK_RANGE,	/* window -> point */
	PK_MAP,		/* point -> point, each row */
	PK_COLS,	/* whole values -> whole value */
	PK_SCALAR,	/* time -> number */
	PK_ENGINE	/* the evaluator itself: scalar, vector, timestamp, info … */
};

struct pfunc {
	const char *name;
	enum ptype ret;
	enum ptype arg[5];	/* the last one repeats when there are more */
	unsigned nargs;		/* required */
	unsigned nopt;		/* optional behind them */
	bool variadic;		/* any number behind them */
	bool keeps_name;
	bool experimental;
	enum pkernel kernel;
	union {
		/* false: no point */
		bool	(*range)(struct pcall *c, const struct pwin *w,
			    double *v, const struct hist **h);
		double	(*map)(double v, const double *arg);
		int	(*cols)(struct pcall *c, const struct pcols *arg,
			    size_t nargs, struct pcols *out, struct err *e);
		double	(*scalar)(struct pcall *c, int64_t ts);
	} fn;
};

/* NULL when there is no such function. */
const struct pfunc	*pfunc_find(struct str name);
const struct pfunc	*pfunc_all(size_t *n);

#endif
