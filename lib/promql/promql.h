/*
 * promql: text to a checked tree, and the tree over a source of series to
 * columns.  Semantics of Prometheus 3.14 (reference/prometheus.md 4).
 */
#ifndef PROMQL_PROMQL_H
#define PROMQL_PROMQL_H

#include <stdbool.h>

#include "core/arena.h"
#include "core/err.h"
#include "model/hist.h"
#include "model/labels.h"
#include "model/matcher.h"

enum ptype { P_NONE, P_SCALAR, P_VECTOR, P_MATRIX, P_STRING };

/* "scalar", "instant vector", "range vector", "string" */
const char	*ptype_text(enum ptype t);

/* --enable-feature: what the grammar and the functions allow. */
struct promql_features {
	bool experimental_functions;
	bool extended_range_selectors;	/* anchored, smoothed */
	bool fill_modifiers;		/* fill(), fill_left(), fill_right() */
	bool no_duration_expr;		/* off = allowed, as 3.14 */
};

struct pexpr;			/* promql/ast.h */

/*
 * Parse and check.  The tree and its regexes live in the arena (released by
 * promql_release before the arena is reset).  NULL with *e: line, col and
 * upstream's text after "parse error: ".
 */
const struct pexpr	*promql_parse(struct str text,
			    const struct promql_features *f, struct arena *a,
			    struct err *e);
void			 promql_release(const struct pexpr *x);

/* The canonical text, as Prometheus' Expr.String. */
void	promql_print(const struct pexpr *x, struct buf *out);

/* Indented over several lines, as `promtool promql format`. */
void	promql_print_pretty(const struct pexpr *x, struct buf *out);

/* A node a line with its type, indented below the one that it is for. */
void	promql_print_tree(const struct pexpr *x, struct buf *out);

enum ptype	promql_type(const struct pexpr *x);

/* How far back from the evaluation time it reads: range, offset, lookback. */
int64_t	promql_lookbehind_ms(const struct pexpr *x, int64_t lookback_ms);

/* ---- what storage offers ---- */

/*
 * The samples of one series in (from, to], oldest first, borrowed until the
 * end of the query.  v of a histogram sample is meaningless; h is NULL when
 * the series has no histograms; st (start times) is NULL when there are none.
 * Stale markers are included; has_stale tells.
 */
struct pseries {
	const struct labels *labels;
	const int64_t *t;
	const double *v;
	const struct hist *const *h;
	const int64_t *st;
	size_t n;
	bool has_stale;
};

struct promql_source {
	void *self;
	struct labels_table *table;
	/*
	 * Series that match all of m[0..nm), sorted by labels_cmp, with their
	 * samples in [from, to].  0, or -1 with *e.  Memory from a.
	 */
	int	(*select)(void *self, const struct matcher *m, size_t nm,
		    int64_t from, int64_t to, struct arena *a,
		    struct pseries **out, size_t *n, struct err *e);
};

/* ---- evaluation ---- */

/*
 * A value over all steps.  Vector: rows with nsteps points each, v[i] absent
 * where pv_absent, h != NULL and h[i] != NULL where the point is a histogram.
 * Scalar: one row without labels.  String: text.
 */
struct prow {
	const struct labels *labels;
	double *v;
	const struct hist **h;		/* NULL: floats only */
	bool drop_name;			/* delayed name removal */
};

struct pcols {
	enum ptype type;
	struct prow *row;
	size_t nrows, nsteps;
	int64_t start, step;		/* ms; step 0 for one step */
	struct str text;		/* P_STRING */
	/* P_MATRIX of an instant query: the raw points of each row */
	struct pseries *series;
	size_t nseries;
};

/* The marker of "no point here": a NaN that no arithmetic yields. */
#define PV_ABSENT_BITS	0x7ff000000000dead
double	pv_absent_value(void);
bool	pv_absent(double v);

enum pnote_kind { PNOTE_WARNING, PNOTE_INFO };

struct pnote {
	enum pnote_kind kind;
	struct str text;	/* "PromQL warning: … (1:10)" */
	struct pnote *next;
};

struct promql_ctx {
	/* filled by the caller */
	struct arena *arena;		/* results and scratch; caller resets */
	const struct promql_source *source;
	int64_t start, end, step;	/* ms; instant: start == end, step 0 */
	int64_t lookback;		/* 0 = 5m */
	int64_t default_step;		/* of subqueries; 0 = 1m */
	uint64_t max_samples;		/* 0 = 50,000,000 */
	int64_t deadline_mono_ms;	/* 0 = none */
	bool delayed_name_removal;
	struct pexplain *explain;	/* promql/explain.h; NULL */
	/* filled by the evaluation */
	struct pnote *notes;
	uint64_t samples;
};

int	promql_eval(const struct pexpr *x, struct promql_ctx *c,
	    struct pcols *out, struct err *e);

#endif
