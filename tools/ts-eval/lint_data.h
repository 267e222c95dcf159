/*
 * lint_data: samples that the lints may look at: files of lines (--data), or
 * the history of a state directory (-s).  Meta lines among them say what
 * type a metric has.
 */
#ifndef TS_EVAL_LINT_DATA_H
#define TS_EVAL_LINT_DATA_H

#include "eval.h"

/* At most so many steps of a range are looked at. */
#define LINT_STEPS_MAX	120

struct lint_data {
	struct eval *ev;		/* its history holds the samples */
	struct map types;		/* metric to its type, a C string */
	struct map recorded;		/* what recording rules will make */
	struct arena arena;		/* names and types */
	struct arena query;		/* of the question at hand */
	int64_t oldest, newest;		/* NO_TIME: no samples at all */
};

/* dir: a state directory, or NULL; then n files.  -1 after a message. */
int	lint_data_load(struct lint_data *d, struct eval *ev, const char *dir,
	    const char *const *files, size_t n);
void	lint_data_release(struct lint_data *d);

/* Does a series match all of m? */
bool	lint_data_has(struct lint_data *d, const struct matcher *m, size_t nm);

/* How many do. */
size_t	lint_data_count(struct lint_data *d, const struct matcher *m,
	    size_t nm);

/*
 * x over the whole time of the samples.  false when it cannot be evaluated.
 * *out holds until the next lint_data_reset.
 */
bool	lint_data_eval(struct lint_data *d, const struct pexpr *x,
	    struct pcols *out);
/* The same at steps of so many ms. */
bool	lint_data_steps(struct lint_data *d, const struct pexpr *x,
	    int64_t step, struct pcols *out);
void	lint_data_reset(struct lint_data *d);

enum metric_type { METRIC_UNKNOWN, METRIC_COUNTER, METRIC_GAUGE };

/*
 * As a meta line has it; series of histograms and summaries that end in
 * _bucket, _count and _sum are counters.
 */
enum metric_type	lint_data_type(const struct lint_data *d,
			    struct str metric);

#endif
