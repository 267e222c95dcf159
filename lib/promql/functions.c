/*
 * functions: the table of all functions of Prometheus 3.14, sorted by name.
 */
#include "promql/functions.h"

#include <stdlib.h>

#include "promql/internal.h"

/* A row's name, result and kernel; fn_NAME is in one of the fn_*.c files. */
#define ROW(f, type, k)	.name = #f, .ret = (type), .kernel = PK_##k
#define RANGE(f)	ROW(f, P_VECTOR, RANGE), .fn.range = fn_##f
#define MAP(f)		ROW(f, P_VECTOR, MAP), .fn.map = fn_##f
#define HIST(f)		ROW(f, P_VECTOR, HIST), .fn.hist = fn_##f
#define COLS(f)		ROW(f, P_VECTOR, COLS), .fn.cols = fn_##f
#define REDUCE(f)	ROW(f, P_SCALAR, COLS), .fn.cols = fn_##f
#define SCALAR(f)	ROW(f, P_SCALAR, SCALAR), .fn.scalar = fn_##f
#define ENGINE(f)	ROW(f, P_VECTOR, ENGINE), .fn.engine = fn_##f

#define ARGS(n, ...)	.nargs = (n), .arg = { __VA_ARGS__ }
#define OPT(n)		.nopt = (n)
#define ANY		.variadic = true
#define KEEP		.keeps_name = true
#define EXPERIMENTAL	.experimental = true

#define S	P_SCALAR
#define V	P_VECTOR
#define M	P_MATRIX
#define G	P_STRING

static const struct pfunc functions[] = {
	{ MAP(abs), ARGS(1, V) },
	{ COLS(absent), ARGS(1, V) },
	{ ENGINE(absent_over_time), ARGS(1, M) },
	{ MAP(acos), ARGS(1, V) },
	{ MAP(acosh), ARGS(1, V) },
	{ MAP(asin), ARGS(1, V) },
	{ MAP(asinh), ARGS(1, V) },
	{ MAP(atan), ARGS(1, V) },
	{ MAP(atanh), ARGS(1, V) },
	{ RANGE(avg_over_time), ARGS(1, M) },
	{ MAP(ceil), ARGS(1, V) },
	{ RANGE(changes), ARGS(1, M) },
	{ MAP(clamp), ARGS(3, V, S, S) },
	{ MAP(clamp_max), ARGS(2, V, S) },
	{ MAP(clamp_min), ARGS(2, V, S) },
	{ MAP(cos), ARGS(1, V) },
	{ MAP(cosh), ARGS(1, V) },
	{ RANGE(count_over_time), ARGS(1, M) },
	{ MAP(day_of_month), ARGS(0, V), OPT(1) },
	{ MAP(day_of_week), ARGS(0, V), OPT(1) },
	{ MAP(day_of_year), ARGS(0, V), OPT(1) },
	{ MAP(days_in_month), ARGS(0, V), OPT(1) },
	{ MAP(deg), ARGS(1, V) },
	{ RANGE(delta), ARGS(1, M) },
	{ RANGE(deriv), ARGS(1, M) },
	{ RANGE(double_exponential_smoothing), ARGS(3, M, S, S), EXPERIMENTAL },
	{ SCALAR(end), .nargs = 0, EXPERIMENTAL },
	{ MAP(exp), ARGS(1, V) },
	{ RANGE(first_over_time), ARGS(1, M), KEEP, EXPERIMENTAL },
	{ MAP(floor), ARGS(1, V) },
	{ HIST(histogram_avg), ARGS(1, V) },
	{ HIST(histogram_count), ARGS(1, V) },
	{ COLS(histogram_fraction), ARGS(3, S, S, V) },
	{ COLS(histogram_quantile), ARGS(2, S, V) },
	{ COLS(histogram_quantiles), ARGS(3, V, G, S), OPT(9), EXPERIMENTAL },
	{ HIST(histogram_stddev), ARGS(1, V) },
	{ HIST(histogram_stdvar), ARGS(1, V) },
	{ HIST(histogram_sum), ARGS(1, V) },
	{ MAP(hour), ARGS(0, V), OPT(1) },
	{ RANGE(idelta), ARGS(1, M) },
	{ RANGE(increase), ARGS(1, M) },
	{ ENGINE(info), ARGS(1, V, V), OPT(1), KEEP, EXPERIMENTAL },
	{ RANGE(irate), ARGS(1, M) },
	{ COLS(label_join), ARGS(3, V, G, G, G), ANY, KEEP },
	{ COLS(label_replace), ARGS(5, V, G, G, G, G), KEEP },
	{ RANGE(last_over_time), ARGS(1, M), KEEP },
	{ MAP(ln), ARGS(1, V) },
	{ MAP(log10), ARGS(1, V) },
	{ MAP(log2), ARGS(1, V) },
	{ RANGE(mad_over_time), ARGS(1, M), EXPERIMENTAL },
	{ SCALAR(max_of), ARGS(2, S, S), EXPERIMENTAL },
	{ RANGE(max_over_time), ARGS(1, M) },
	{ SCALAR(min_of), ARGS(2, S, S), EXPERIMENTAL },
	{ RANGE(min_over_time), ARGS(1, M) },
	{ MAP(minute), ARGS(0, V), OPT(1) },
	{ MAP(month), ARGS(0, V), OPT(1) },
	{ SCALAR(pi), .nargs = 0 },
	{ RANGE(predict_linear), ARGS(2, M, S) },
	{ RANGE(present_over_time), ARGS(1, M) },
	{ RANGE(quantile_over_time), ARGS(2, S, M) },
	{ MAP(rad), ARGS(1, V) },
	{ SCALAR(range), .nargs = 0, EXPERIMENTAL },
	{ RANGE(rate), ARGS(1, M) },
	{ RANGE(resets), ARGS(1, M) },
	{ MAP(round), ARGS(1, V, S), OPT(1) },
	{ REDUCE(scalar), ARGS(1, V) },
	{ MAP(sgn), ARGS(1, V) },
	{ MAP(sin), ARGS(1, V) },
	{ MAP(sinh), ARGS(1, V) },
	{ COLS(sort), ARGS(1, V), KEEP },
	{ COLS(sort_by_label), ARGS(1, V, G), ANY, KEEP, EXPERIMENTAL },
	{ COLS(sort_by_label_desc), ARGS(1, V, G), ANY, KEEP, EXPERIMENTAL },
	{ COLS(sort_desc), ARGS(1, V), KEEP },
	{ MAP(sqrt), ARGS(1, V) },
	{ SCALAR(start), .nargs = 0, EXPERIMENTAL },
	{ ENGINE(start_timestamp), ARGS(1, V), EXPERIMENTAL },
	{ RANGE(stddev_over_time), ARGS(1, M) },
	{ RANGE(stdvar_over_time), ARGS(1, M) },
	{ SCALAR(step), .nargs = 0, EXPERIMENTAL },
	{ RANGE(sum_over_time), ARGS(1, M) },
	{ MAP(tan), ARGS(1, V) },
	{ MAP(tanh), ARGS(1, V) },
	{ SCALAR(time), .nargs = 0 },
	{ ENGINE(timestamp), ARGS(1, V) },
	{ RANGE(ts_of_first_over_time), ARGS(1, M), EXPERIMENTAL },
	{ RANGE(ts_of_last_over_time), ARGS(1, M), EXPERIMENTAL },
	{ RANGE(ts_of_max_over_time), ARGS(1, M), EXPERIMENTAL },
	{ RANGE(ts_of_min_over_time), ARGS(1, M), EXPERIMENTAL },
	{ COLS(vector), ARGS(1, S) },
	{ MAP(year), ARGS(0, V), OPT(1) },
};

#undef S
#undef V
#undef M
#undef G

#define NFUNCTIONS	(sizeof(functions) / sizeof(functions[0]))

static int
name_cmp(const void *key, const void *row)
{
	const struct str *name = key;
	const struct pfunc *f = row;

	return str_cmp(*name, str_of(f->name));
}

const struct pfunc *
pfunc_find(struct str name)
{
	return bsearch(&name, functions, NFUNCTIONS, sizeof(functions[0]),
	    name_cmp);
}

const struct pfunc *
pfunc_all(size_t *n)
{
	*n = NFUNCTIONS;
	return functions;
}
