/*
 * histogram: the arithmetic of quantiles and fractions (histogram.c), used by
 * the functions in fn_histogram.c.
 */
#ifndef PROMQL_HISTOGRAM_H
#define PROMQL_HISTOGRAM_H

#include "promql/internal.h"

/* A bucket of a classic histogram: how many observations are at most le. */
struct pbucket {
	double le, count;
};

/* Counts that had to be raised, because they fell with rising le. */
struct pfixed {
	bool forced;
	double min, max;	/* the bounds of the first and the last one */
	double diff;		/* the most that was added */
};

/* b by rising le, no le twice, n > 0; counts are made monotone in place. */
double	pbucket_quantile(double q, struct pbucket *b, size_t n,
	    struct pfixed *fixed);
double	pbucket_fraction(double lower, double upper,
	    const struct pbucket *b, size_t n);

/* Observations of NaN are counted, but in no bucket. */
enum pnan_note { PNAN_NONE, PNAN_RESULT, PNAN_SKEW };

double	phist_quantile(double q, const struct hist *h, enum pnan_note *nan);
double	phist_fraction(double lower, double upper, const struct hist *h,
	    bool *nans);

#endif
