/*
 * internal: what the files of the evaluator share.
 *
 * An expression is evaluated once for all steps of a grid: a value is a set
 * of rows (series), each with one number per step (struct pcols).  A value
 * belongs to whoever asked for it, so operators change rows in place.  All
 * memory is of the query's arena.
 */
#ifndef PROMQL_INTERNAL_H
#define PROMQL_INTERNAL_H

#include <string.h>

#include "core/kahan.h"
#include "promql/ast.h"
#include "promql/explain.h"
#include "promql/functions.h"
#include "promql/promql.h"

#define PROMQL_LOOKBACK_MS	INT64_C(300000)
#define PROMQL_SUBQUERY_STEP_MS	INT64_C(60000)
#define PROMQL_MAX_SAMPLES	UINT64_C(50000000)
#define PROMQL_MAX_NOTES	1000
/* Times and durations stay within it, so that their sums cannot overflow. */
#define PROMQL_TIME_MAX		(INT64_MAX / 8)

/* The times at which an expression is evaluated; n >= 1. */
struct pgrid {
	int64_t start, step;
	size_t n;
};

static inline int64_t
pgrid_at(const struct pgrid *g, size_t i)
{
	return g->start + (int64_t)i * g->step;
}

/* One query. */
struct peval {
	struct promql_ctx *c;
	struct arena *a;
	struct arena tmp;		/* of one window, for its kernel */
	struct err *e;
	struct labels_table *table;
	struct labels_builder lb;	/* free between two uses */
	int64_t lookback;
	uint64_t max_samples;
	unsigned depth;
	/*
	 * Inside histogram_count, _sum or _avg, and in nothing that needs
	 * whole histograms or their true hints: resets are then looked for
	 * as samples are read (Prometheus' HistogramStatsIterator).
	 */
	bool stats;
	unsigned no_stats;	/* subqueries, quantiles, fractions around */
	size_t nnotes;
	const struct sym *name, *type, *unit;	/* __name__ … */
};

/* pv_absent(), where it is hot. */
static inline bool
pv_gone(double v)
{
	uint64_t bits;

	memcpy(&bits, &v, sizeof(bits));
	return bits == PV_ABSENT_BITS;
}

static inline double
pv_none(void)
{
	const uint64_t bits = PV_ABSENT_BITS;
	double v;

	memcpy(&v, &bits, sizeof(v));
	return v;
}

/* ---- eval.c ---- */

int	peval_expr(struct peval *ev, const struct pexpr *x,
	    const struct pgrid *g, struct pcols *out);

/* A scalar expression: g->n numbers. */
int	peval_scalar(struct peval *ev, const struct pexpr *x,
	    const struct pgrid *g, double **out);

/* Set the query's error; returns -1. */
int	peval_fail(struct peval *ev, const char *fmt, ...)
	    __attribute__((format(printf, 2, 3)));

/* h is held in memory, too. */
int	peval_charge_hist(struct peval *ev, const struct hist *h);

/* n more samples are held in memory; -1 when that is too many. */
int	peval_charge(struct peval *ev, uint64_t n);

/* -1 when the deadline has passed. */
int	peval_alive(struct peval *ev);

/* An annotation at the position of x; said once. */
void	peval_note(struct peval *ev, enum pnote_kind kind,
	    const struct pexpr *x, const char *fmt, ...)
	    __attribute__((format(printf, 4, 5)));

/* A duration of the query's text, in ms. */
int	peval_duration(struct peval *ev, const struct pdur *d, bool positive,
	    const struct pexpr *x, int64_t *ms);

/* ---- explain.c ---- */

struct pexplain_node	*pexplain_enter_node(struct peval *ev,
			    const struct pexpr *x);
void	pexplain_leave_node(struct peval *ev, struct pexplain_node *around,
	    const struct pcols *made);
void	pexplain_read_source(struct peval *ev, uint64_t series,
	    uint64_t samples);
void	pexplain_count(const struct pcols *v, struct pexplain_count *c);
void	pexplain_finish(struct peval *ev);

/* The evaluation of x begins; give the answer to pexplain_leave. */
static inline struct pexplain_node *
pexplain_enter(struct peval *ev, const struct pexpr *x)
{
	return ev->c->explain ? pexplain_enter_node(ev, x) : NULL;
}

/* It ends, and has made that (NULL: nothing). */
static inline void
pexplain_leave(struct peval *ev, struct pexplain_node *around,
    const struct pcols *made)
{
	if (ev->c->explain)
		pexplain_leave_node(ev, around, made);
}

/* The node at hand has got these from the source. */
static inline void
pexplain_read(struct peval *ev, uint64_t series, uint64_t samples)
{
	if (ev->c->explain)
		pexplain_read_source(ev, series, samples);
}

/* ---- value.c ---- */

/* n rows without points; -1 when the query becomes too large. */
int	pcols_new(struct peval *ev, const struct pgrid *g, size_t nrows,
	    struct pcols *out);
void	pcols_none(const struct pgrid *g, struct pcols *out);	/* no rows */

/* Room for one histogram a step, none set. */
const struct hist	**prow_hists(struct peval *ev, struct prow *r,
			    size_t nsteps);
void	pcols_drop_empty(struct pcols *v);
void	pcols_drop_hists(struct pcols *v);	/* histogram points go */

/* The row loses its name: now, or at the end of the query. */
void	prow_drop_name(struct peval *ev, struct prow *r);
const struct labels	*labels_without_meta(struct peval *ev,
			    const struct labels *l);

/*
 * Rows with equal labels become one; an error when two have a point at one
 * step ("vector cannot contain metrics with the same labelset").
 */
int	pcols_merge(struct peval *ev, struct pcols *v);

/* The rows of both, in v. */
void	pcols_append(struct peval *ev, struct pcols *v,
	    const struct pcols *more);

/* Pointers to small numbers. */
struct pmap {
	const void **key;
	uint32_t *val;
	size_t mask;
};
void	 pmap_init(struct pmap *m, struct arena *a, size_t n);
uint32_t	*pmap_find(const struct pmap *m, const void *key);	/* or NULL */
/* The slot of key; *fresh when it was not there (set it, at most n times). */
uint32_t	*pmap_at(struct pmap *m, const void *key, bool *fresh);

/*
 * What two label sets must agree in: `on` these names, or all others but the
 * metric's.  Groups are numbered 0, 1, … in the order of arrival;
 * pgroups_find answers UINT32_MAX when there is none.
 */
struct psig {
	bool on;
	const struct sym **name;
	size_t n;
};
struct pgroups {
	struct psig sig;
	uint32_t *slot;
	size_t mask;
	const struct labels **first;	/* a member of each group */
	uint64_t *hash;
	size_t n;
};
void	 psig_init(struct psig *s, struct peval *ev, bool on,
	    const struct str *name, size_t n);
void	 pgroups_init(struct pgroups *g, struct arena *a,
	    const struct psig *sig, size_t max);
uint32_t pgroups_add(struct pgroups *g, const struct labels *l);
uint32_t pgroups_find(const struct pgroups *g, const struct labels *l);
/* The labels that the members share by the signature. */
const struct labels	*psig_labels(struct peval *ev, const struct psig *s,
			    const struct labels *l);

/* ---- select.c ---- */

/* The series of a range vector, and where each step's window lies. */
struct pmatrix {
	struct pseries *s;
	size_t n;
	int64_t range, offset;
	bool fixed;		/* @: the same window at every step */
	int64_t at;
	bool anchored, smoothed;
	const bool *drop;	/* subqueries: the rows' drop_name; or NULL */
};

int	pselect_vector(struct peval *ev, const struct pexpr *x,
	    const struct pgrid *g, struct pcols *out);

/* Instead of values: sample times (in s), start times, or times in ms. */
enum pselect_what { PSELECT_VALUE, PSELECT_TIME, PSELECT_START,
    PSELECT_INFO };
int	pselect_vector_as(struct peval *ev, const struct pexpr *x,
	    const struct pgrid *g, enum pselect_what what, struct pcols *out);

int	pselect_matrix(struct peval *ev, const struct pexpr *x,
	    const struct pgrid *g, struct pmatrix *out);

static inline int64_t
pmatrix_to(const struct pmatrix *m, int64_t ts)
{
	return (m->fixed ? m->at : ts) - m->offset;
}

/*
 * anchored and smoothed: a point at each end of the window (from, to], taken
 * from the neighbours beyond it, in place of what lies outside.
 */
void	pwindow_extend(struct peval *ev, struct pseries *s, int64_t from,
	    int64_t to, bool smoothed);

/* All series of an instant query's range vector, cut to the window. */
int	pselect_top_matrix(struct peval *ev, const struct pexpr *x,
	    const struct pgrid *g, struct pcols *out);

/* ---- call.c ---- */

/* The most scalars that a function takes (histogram_quantiles). */
#define PFUNC_ARGS_MAX	12

/* How far rate and its like extrapolate (fn_rate.c); n 0: not known yet. */
struct preach {
	int64_t before_ms, span_ms, after_ms;	/* to, between, from samples */
	size_t n;				/* of them */
	double sampled, before, after;		/* seconds */
	double factor;		/* of a change, without the cut at zero */
};

/* What a kernel may ask for. */
struct pcall {
	struct peval *ev;
	const struct pexpr *x;		/* the call */
	const struct pgrid *g;
	double arg[PFUNC_ARGS_MAX];	/* PK_RANGE: scalars at this step */
	const struct labels *labels;	/* PK_RANGE: of the series at hand */
	int64_t range;			/* PK_RANGE: ms */
	double range_s;			/* the same in seconds */
	bool anchored, smoothed;
	struct preach reach;		/* of the window before */
	/* of this series: the extreme of the window before, and its end */
	const double *best, *seen;
	double *scratch;		/* PK_RANGE: kernels that sort */
	size_t scratch_n;
};

/* The i-th argument without parentheses. */
static inline const struct pexpr *
pcall_arg(const struct pcall *c, size_t i)
{
	return pexpr_bare(c->x->u.call.arg[i]);
}

/* What absent() answers with: the labels that the selector's = fix. */
const struct labels	*plabels_of_absent(struct peval *ev,
			    const struct pexpr *x);

/* The metric name of the series at hand, for messages. */
struct str	pcall_metric(const struct pcall *c);

/* The scalar arguments of a call, g->n numbers each. */
struct pscalars {
	double *v[PFUNC_ARGS_MAX];
	size_t n;
};
int	pscalars_eval(struct pcall *c, struct pscalars *s);
void	pscalars_at(const struct pscalars *s, size_t step, double *arg);

/* ---- range.c ---- */

int	prange_eval(struct pcall *c, struct pcols *out);

/*
 * The rows of a range function one by one, without keeping them all: *out is
 * NULL when x is none.  max: how many at most.
 * prange_rows_next: 1 with a row that lives until the next one, 0 at the end.
 * prange_rows_all: all at once instead, which must be when merged says that
 * some of them have the same labels.
 */
struct prange_rows;
int	prange_rows(struct peval *ev, const struct pexpr *x,
	    const struct pgrid *g, struct prange_rows **out, size_t *max,
	    bool *merged);
int	prange_rows_next(struct prange_rows *it, struct prow **out);
int	prange_rows_all(struct prange_rows *it, struct pcols *out);

int	pcall_eval(struct peval *ev, const struct pexpr *x,
	    const struct pgrid *g, struct pcols *out);

/* ---- binop.c, agg.c ---- */

int	pbinop_eval(struct peval *ev, const struct pexpr *x,
	    const struct pgrid *g, struct pcols *out);
double	pbinop_scalar(enum pop op, double l, double r);
int	pagg_eval(struct peval *ev, const struct pexpr *x,
	    const struct pgrid *g, struct pcols *out);

/* The rows of an aggregation's argument, grouped. */
struct pagg_in {
	struct peval *ev;
	const struct pexpr *x;		/* the aggregation */
	const struct pexpr *arg;	/* its argument, without parentheses */
	const struct pgrid *g;
	struct pcols v;
	const double *param;		/* per step; NULL: none */
	struct pgroups groups;
	uint32_t *group;		/* of each row */
	uint32_t *at, *row;		/* rows of group i: [at[i], at[i+1]) */
};

int	pagg_k(struct pagg_in *in, struct pcols *out);	/* topk … limit_ratio */
int	pagg_count_values(struct pagg_in *in, struct pcols *out);
int	pagg_quantile(struct pagg_in *in, struct pcols *out);

/* rows numbered by group: at (ngroups + 1) and row (n), of the arena. */
void	pgroups_index(struct arena *a, const uint32_t *group, size_t n,
	    size_t ngroups, uint32_t **at, uint32_t **row);

/* ---- kernels ---- */

#define RANGE_KERNELS(X) \
	X(rate) X(increase) X(delta) X(irate) X(idelta) X(deriv) \
	X(predict_linear) X(double_exponential_smoothing) X(changes) \
	X(resets) X(avg_over_time) X(min_over_time) X(max_over_time) \
	X(sum_over_time) X(count_over_time) X(quantile_over_time) \
	X(stddev_over_time) X(stdvar_over_time) X(last_over_time) \
	X(first_over_time) X(present_over_time) X(mad_over_time) \
	X(ts_of_min_over_time) X(ts_of_max_over_time) \
	X(ts_of_first_over_time) X(ts_of_last_over_time)
#define DECLARE_RANGE(name) \
	bool fn_##name(struct pcall *, const struct pwin *, double *, \
	    const struct hist **);
RANGE_KERNELS(DECLARE_RANGE)

#define MAP_KERNELS(X) \
	X(abs) X(acos) X(acosh) X(asin) X(asinh) X(atan) X(atanh) X(ceil) \
	X(clamp) X(clamp_max) X(clamp_min) X(cos) X(cosh) X(deg) X(exp) \
	X(floor) X(ln) X(log10) X(log2) X(rad) X(round) X(sgn) X(sin) X(sinh) \
	X(sqrt) X(tan) X(tanh) X(day_of_month) X(day_of_week) X(day_of_year) \
	X(days_in_month) X(hour) X(minute) X(month) X(year)
#define DECLARE_MAP(name)	double fn_##name(double, const double *);
MAP_KERNELS(DECLARE_MAP)

#define HIST_KERNELS(X) \
	X(histogram_avg) X(histogram_count) X(histogram_sum) \
	X(histogram_stddev) X(histogram_stdvar)
#define DECLARE_HIST(name)	double fn_##name(const struct hist *);
HIST_KERNELS(DECLARE_HIST)

#define SCALAR_KERNELS(X) \
	X(end) X(max_of) X(min_of) X(pi) X(range) X(start) X(step) X(time)
#define DECLARE_SCALAR(name) \
	double fn_##name(const struct pcall *, int64_t, const double *);
SCALAR_KERNELS(DECLARE_SCALAR)

#define COLS_KERNELS(X) \
	X(absent) X(histogram_fraction) X(histogram_quantile) \
	X(histogram_quantiles) X(label_join) X(label_replace) X(scalar) \
	X(sort) X(sort_by_label) X(sort_by_label_desc) X(sort_desc) X(vector)
#define DECLARE_COLS(name) \
	int fn_##name(struct pcall *, struct pcols *, size_t, struct pcols *);
COLS_KERNELS(DECLARE_COLS)

#define ENGINE_KERNELS(X) \
	X(absent_over_time) X(info) X(start_timestamp) X(timestamp)
#define DECLARE_ENGINE(name)	int fn_##name(struct pcall *, struct pcols *);
ENGINE_KERNELS(DECLARE_ENGINE)

/* Of sorted or unsorted values; sorts v.  As promql.quantile. */
double	pquantile(double q, double *v, size_t n);

/* Ascending, NaN first. */
void	psort_doubles(double *v, size_t n);

/* The text of v as fmt.Sprintf("%g"), in the arena. */
struct str	pgo_g(struct peval *ev, double v);

#endif
