/*
 * kahan: sums that keep what rounding loses (Kahan-Neumaier), step by step as
 * util/kahansum of Prometheus 3.14: *sum + *c is the running total.
 */
#ifndef CORE_KAHAN_H
#define CORE_KAHAN_H

static inline void
kahan_inc(double x, double *sum, double *c)
{
	double s = *sum, t = s + x;

	if (__builtin_isinf(t))
		*c = 0;
	else if (__builtin_fabs(s) >= __builtin_fabs(x))
		*c += (s - t) + x;
	else
		*c += (x - t) + s;
	*sum = t;
}

#endif
