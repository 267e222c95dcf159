/*
 * functions: THE table.  A row per function; the parser and the checks read
 * names and types, the evaluator calls the kernel.
 */
#ifndef PROMQL_FUNCTIONS_H
#define PROMQL_FUNCTIONS_H

#include "promql/promql.h"

/*
 * A window of one series: samples in (from, to], oldest first, no stale
 * markers, floats and histograms apart; n + nh > 0.  st and hst are the start
 * times of the samples, NULL when there are none.
 * Of a selector that is anchored or smoothed the floats reach up to the
 * lookback beyond the window.
 */
struct pwin {
	const int64_t *t;
	const double *v;
	const int64_t *st;
	size_t n;
	const int64_t *ht;
	const struct hist *const *h;
	const int64_t *hst;
	size_t nh;
	int64_t from, to;		/* ms */
	int64_t eval_time;
	bool no_resets;			/* known: no float falls */
};

struct pcall;		/* promql/internal.h: what a kernel may ask for */

enum pkernel {
	PK_RANGE,	/* window -> point; false: no point */
	PK_MAP,		/* number -> number, in each row; absent: no point */
	PK_HIST,	/* histogram -> number, in each row */
	PK_COLS,	/* whole values -> whole value */
	PK_SCALAR,	/* time and scalars -> number */
	PK_ENGINE	/* evaluates its arguments itself */
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
		bool	(*range)(struct pcall *c, const struct pwin *w,
			    double *v, const struct hist **h);
		/* arg: the scalar arguments, in order */
		double	(*map)(double v, const double *arg);
		double	(*hist)(const struct hist *h);
		/* -1: the error is set in the query */
		int	(*cols)(struct pcall *c, struct pcols *arg,
			    size_t nargs, struct pcols *out);
		double	(*scalar)(const struct pcall *c, int64_t ts,
			    const double *arg);
		int	(*engine)(struct pcall *c, struct pcols *out);
	} fn;
};

/* NULL when there is no such function. */
const struct pfunc	*pfunc_find(struct str name);
const struct pfunc	*pfunc_all(size_t *n);

#endif
