/*
 * sample: one value of one series.
 */
#ifndef MODEL_SAMPLE_H
#define MODEL_SAMPLE_H

#include <stdint.h>

#include "model/labels.h"

struct hist;			/* native histogram, model/hist.h */

struct sample {
	const struct labels *labels;
	int64_t ts;		/* ms */
	double value;
	const struct hist *hist;	/* NULL for a float */
	int64_t start;		/* start time, ms; 0 = not known */
};

#endif
