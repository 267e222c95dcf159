/*
 * hist: native histograms (float counts), as Prometheus' FloatHistogram.
 * schema -4..8: exponential buckets; -53: custom bounds (NHCB).
 */
#ifndef MODEL_HIST_H
#define MODEL_HIST_H

#include <stddef.h>
#include <stdint.h>

#define HIST_CUSTOM_SCHEMA	(-53)

enum hist_hint { HIST_UNKNOWN, HIST_RESET, HIST_NO_RESET, HIST_GAUGE };

struct hist_span { int32_t offset; uint32_t length; };

struct hist {
	int32_t schema;
	enum hist_hint hint;
	double zero_threshold, zero_count, count, sum;
	struct hist_span *pos_span, *neg_span;
	size_t npos_span, nneg_span;
	double *pos, *neg;		/* absolute bucket counts */
	size_t npos, nneg;
	double *custom;			/* upper bounds without +Inf */
	size_t ncustom;
};

#endif
