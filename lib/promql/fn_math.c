/*
 * fn_math: number to number.  Histograms never come here.
 */
#include <math.h>

#include "promql/internal.h"

/* The functions that C has under another name, or the same. */
#define SAME(name, c) \
double \
fn_##name(double v, const double *arg) \
{ \
	(void)arg; \
	return c(v); \
}
SAME(abs, fabs)
SAME(acos, acos)
SAME(acosh, acosh)
SAME(asin, asin)
SAME(asinh, asinh)
SAME(atan, atan)
SAME(atanh, atanh)
SAME(ceil, ceil)
SAME(cos, cos)
SAME(cosh, cosh)
SAME(exp, exp)
SAME(floor, floor)
SAME(ln, log)
SAME(log10, log10)
SAME(log2, log2)
SAME(sin, sin)
SAME(sinh, sinh)
SAME(sqrt, sqrt)
SAME(tan, tan)
SAME(tanh, tanh)

double
fn_deg(double v, const double *arg)
{
	(void)arg;
	return v * 180 / M_PI;
}

double
fn_rad(double v, const double *arg)
{
	(void)arg;
	return v * M_PI / 180;
}

double
fn_sgn(double v, const double *arg)
{
	(void)arg;
	return v < 0 ? -1 : v > 0 ? 1 : v;
}

/* Ties go up; the inverse is what upstream multiplies with. */
double
fn_round(double v, const double *arg)
{
	double inverse = 1.0 / arg[0];

	return floor(v * inverse + 0.5) / inverse;
}

/* Go's math.Min and Max: the infinity that settles it, else any NaN wins. */
static double
go_min(double a, double b)
{
	if (a == -INFINITY || b == -INFINITY)
		return -INFINITY;
	return isnan(a) || isnan(b) ? NAN : fmin(a, b);
}

static double
go_max(double a, double b)
{
	if (a == INFINITY || b == INFINITY)
		return INFINITY;
	return isnan(a) || isnan(b) ? NAN : fmax(a, b);
}

static double
clamp(double v, double min, double max)
{
	if (max < min)
		return pv_none();
	return go_max(min, go_min(max, v));
}

double
fn_clamp(double v, const double *arg)
{
	return clamp(v, arg[0], arg[1]);
}

double
fn_clamp_max(double v, const double *arg)
{
	return clamp(v, -INFINITY, arg[0]);
}

double
fn_clamp_min(double v, const double *arg)
{
	return clamp(v, arg[0], INFINITY);
}

double
fn_pi(const struct pcall *c, int64_t ts, const double *arg)
{
	(void)c, (void)ts, (void)arg;
	return M_PI;
}

double
fn_max_of(const struct pcall *c, int64_t ts, const double *arg)
{
	(void)c, (void)ts;
	return go_max(arg[0], arg[1]);
}

double
fn_min_of(const struct pcall *c, int64_t ts, const double *arg)
{
	(void)c, (void)ts;
	return go_min(arg[0], arg[1]);
}
