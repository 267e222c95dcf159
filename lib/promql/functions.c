/*
 * functions: the table of all functions of Prometheus 3.14, sorted by name.
 */
#include "promql/functions.h"

#include <stdlib.h>

#define S	P_SCALAR
#define V	P_VECTOR
#define M	P_MATRIX
#define G	P_STRING

static const struct pfunc functions[] = {
	{ "abs", V, { V }, 1, .kernel = PK_MAP },
	{ "absent", V, { V }, 1, .kernel = PK_COLS },
	{ "absent_over_time", V, { M }, 1, .kernel = PK_COLS },
	{ "acos", V, { V }, 1, .kernel = PK_MAP },
	{ "acosh", V, { V }, 1, .kernel = PK_MAP },
	{ "asin", V, { V }, 1, .kernel = PK_MAP },
	{ "asinh", V, { V }, 1, .kernel = PK_MAP },
	{ "atan", V, { V }, 1, .kernel = PK_MAP },
	{ "atanh", V, { V }, 1, .kernel = PK_MAP },
	{ "avg_over_time", V, { M }, 1, .kernel = PK_RANGE },
	{ "ceil", V, { V }, 1, .kernel = PK_MAP },
	{ "changes", V, { M }, 1, .kernel = PK_RANGE },
	{ "clamp", V, { V, S, S }, 3, .kernel = PK_MAP },
	{ "clamp_max", V, { V, S }, 2, .kernel = PK_MAP },
	{ "clamp_min", V, { V, S }, 2, .kernel = PK_MAP },
	{ "cos", V, { V }, 1, .kernel = PK_MAP },
	{ "cosh", V, { V }, 1, .kernel = PK_MAP },
	{ "count_over_time", V, { M }, 1, .kernel = PK_RANGE },
	{ "day_of_month", V, { V }, 0, .kernel = PK_MAP, .nopt = 1 },
	{ "day_of_week", V, { V }, 0, .kernel = PK_MAP, .nopt = 1 },
	{ "day_of_year", V, { V }, 0, .kernel = PK_MAP, .nopt = 1 },
	{ "days_in_month", V, { V }, 0, .kernel = PK_MAP, .nopt = 1 },
	{ "deg", V, { V }, 1, .kernel = PK_MAP },
	{ "delta", V, { M }, 1, .kernel = PK_RANGE },
	{ "deriv", V, { M }, 1, .kernel = PK_RANGE },
	{ "double_exponential_smoothing", V, { M, S, S }, 3, .kernel = PK_RANGE, .experimental = true },
	{ "end", S, { P_NONE }, 0, .kernel = PK_SCALAR, .experimental = true },
	{ "exp", V, { V }, 1, .kernel = PK_MAP },
	{ "first_over_time", V, { M }, 1, .kernel = PK_RANGE, .keeps_name = true, .experimental = true },
	{ "floor", V, { V }, 1, .kernel = PK_MAP },
	{ "histogram_avg", V, { V }, 1, .kernel = PK_COLS },
	{ "histogram_count", V, { V }, 1, .kernel = PK_COLS },
	{ "histogram_fraction", V, { S, S, V }, 3, .kernel = PK_COLS },
	{ "histogram_quantile", V, { S, V }, 2, .kernel = PK_COLS },
	{ "histogram_quantiles", V, { V, G, S }, 3, .kernel = PK_COLS, .nopt = 9, .experimental = true },
	{ "histogram_stddev", V, { V }, 1, .kernel = PK_COLS },
	{ "histogram_stdvar", V, { V }, 1, .kernel = PK_COLS },
	{ "histogram_sum", V, { V }, 1, .kernel = PK_COLS },
	{ "hour", V, { V }, 0, .kernel = PK_MAP, .nopt = 1 },
	{ "idelta", V, { M }, 1, .kernel = PK_RANGE },
	{ "increase", V, { M }, 1, .kernel = PK_RANGE },
	{ "info", V, { V, V }, 1, .kernel = PK_ENGINE, .nopt = 1, .keeps_name = true, .experimental = true },
	{ "irate", V, { M }, 1, .kernel = PK_RANGE },
	{ "label_join", V, { V, G, G, G }, 3, .kernel = PK_COLS, .variadic = true, .keeps_name = true },
	{ "label_replace", V, { V, G, G, G, G }, 5, .kernel = PK_COLS, .keeps_name = true },
	{ "last_over_time", V, { M }, 1, .kernel = PK_RANGE, .keeps_name = true },
	{ "ln", V, { V }, 1, .kernel = PK_MAP },
	{ "log10", V, { V }, 1, .kernel = PK_MAP },
	{ "log2", V, { V }, 1, .kernel = PK_MAP },
	{ "mad_over_time", V, { M }, 1, .kernel = PK_RANGE, .experimental = true },
	{ "max_of", S, { S, S }, 2, .kernel = PK_SCALAR, .experimental = true },
	{ "max_over_time", V, { M }, 1, .kernel = PK_RANGE },
	{ "min_of", S, { S, S }, 2, .kernel = PK_SCALAR, .experimental = true },
	{ "min_over_time", V, { M }, 1, .kernel = PK_RANGE },
	{ "minute", V, { V }, 0, .kernel = PK_MAP, .nopt = 1 },
	{ "month", V, { V }, 0, .kernel = PK_MAP, .nopt = 1 },
	{ "pi", S, { P_NONE }, 0, .kernel = PK_SCALAR },
	{ "predict_linear", V, { M, S }, 2, .kernel = PK_RANGE },
	{ "present_over_time", V, { M }, 1, .kernel = PK_RANGE },
	{ "quantile_over_time", V, { S, M }, 2, .kernel = PK_RANGE },
	{ "rad", V, { V }, 1, .kernel = PK_MAP },
	{ "range", S, { P_NONE }, 0, .kernel = PK_SCALAR, .experimental = true },
	{ "rate", V, { M }, 1, .kernel = PK_RANGE },
	{ "resets", V, { M }, 1, .kernel = PK_RANGE },
	{ "round", V, { V, S }, 1, .kernel = PK_MAP, .nopt = 1 },
	{ "scalar", S, { V }, 1, .kernel = PK_ENGINE },
	{ "sgn", V, { V }, 1, .kernel = PK_MAP },
	{ "sin", V, { V }, 1, .kernel = PK_MAP },
	{ "sinh", V, { V }, 1, .kernel = PK_MAP },
	{ "sort", V, { V }, 1, .kernel = PK_COLS, .keeps_name = true },
	{ "sort_by_label", V, { V, G }, 1, .kernel = PK_COLS, .variadic = true, .keeps_name = true, .experimental = true },
	{ "sort_by_label_desc", V, { V, G }, 1, .kernel = PK_COLS, .variadic = true, .keeps_name = true, .experimental = true },
	{ "sort_desc", V, { V }, 1, .kernel = PK_COLS, .keeps_name = true },
	{ "sqrt", V, { V }, 1, .kernel = PK_MAP },
	{ "start", S, { P_NONE }, 0, .kernel = PK_SCALAR, .experimental = true },
	{ "start_timestamp", V, { V }, 1, .kernel = PK_ENGINE, .experimental = true },
	{ "stddev_over_time", V, { M }, 1, .kernel = PK_RANGE },
	{ "stdvar_over_time", V, { M }, 1, .kernel = PK_RANGE },
	{ "step", S, { P_NONE }, 0, .kernel = PK_SCALAR, .experimental = true },
	{ "sum_over_time", V, { M }, 1, .kernel = PK_RANGE },
	{ "tan", V, { V }, 1, .kernel = PK_MAP },
	{ "tanh", V, { V }, 1, .kernel = PK_MAP },
	{ "time", S, { P_NONE }, 0, .kernel = PK_SCALAR },
	{ "timestamp", V, { V }, 1, .kernel = PK_ENGINE },
	{ "ts_of_first_over_time", V, { M }, 1, .kernel = PK_RANGE, .experimental = true },
	{ "ts_of_last_over_time", V, { M }, 1, .kernel = PK_RANGE, .experimental = true },
	{ "ts_of_max_over_time", V, { M }, 1, .kernel = PK_RANGE, .experimental = true },
	{ "ts_of_min_over_time", V, { M }, 1, .kernel = PK_RANGE, .experimental = true },
	{ "vector", V, { S }, 1, .kernel = PK_ENGINE },
	{ "year", V, { V }, 0, .kernel = PK_MAP, .nopt = 1 },
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
