/*
 * hists: what range functions do with histograms (hists.c), with extended
 * selectors (extended.c), and what both say about it.
 */
#ifndef PROMQL_HISTS_H
#define PROMQL_HISTS_H

#include "promql/internal.h"

/* Annotations on the series at hand, at the position of the range. */
void	pnote_mixed(struct pcall *c);
void	pnote_mixed_at(struct pcall *c, const struct pexpr *x);
void	pnote_ignored_hists(struct pcall *c);
void	pnote_ignored_hists_at(struct pcall *c, const struct pexpr *x);

/*
 * A sum of histograms, compensated; or their mean: the plain sum as long as
 * nothing overflows, else a running mean.  { 0 } is nothing yet.  The adding
 * functions return the flags of hist_add.
 */
struct phist_total {
	struct hist *sum, *comp;
	double n;
	bool incremental;
};
unsigned	phist_total_add(struct phist_total *t, const struct hist *h,
		    struct arena *a);
unsigned	phist_mean_add(struct phist_total *t, const struct hist *h,
		    struct arena *a);
/* The result; once. */
const struct hist	*phist_total(struct phist_total *t, struct arena *a);
const struct hist	*phist_mean(struct phist_total *t, struct arena *a);

bool	phist_sum(struct pcall *c, const struct pwin *w,
	    const struct hist **out);
bool	phist_avg(struct pcall *c, const struct pwin *w,
	    const struct hist **out);

/*
 * Last minus first, resets of a counter added; from_zero: the first one is
 * not taken away.  NULL: no answer.
 */
struct hist	*phist_change(struct pcall *c, const struct pwin *w,
		    bool counter, bool from_zero);

/* b - a, or b alone after a reset; per second when it is a rate. */
bool	phist_instant(struct pcall *c, const struct hist *a,
	    const struct hist *b, bool rate, bool reset, double seconds,
	    const struct hist **out);

/* Do start times say that counting began anew?  Do they contradict? */
bool	pst_reset(int64_t prev_st, int64_t prev_t, int64_t st, int64_t t);
bool	pst_overlaps(int64_t prev_st, int64_t prev_t, int64_t st);
void	pnote_overlap(struct pcall *c);

/* The change over a window with extended edges. */
bool	pextended_change(struct pcall *c, const struct pwin *w, bool counter,
	    double per_s, double *v);
bool	pextended_hist_change(struct pcall *c, const struct pwin *w,
	    bool counter, double per_s, const struct hist **out);

/* anchored: the sample that stands for the left edge; false: none. */
bool	pextended_first(const int64_t *t, size_t n, int64_t from,
	    size_t *first);

/* Notes on what hist_add and hist_sub have said; false: incompatible. */
bool	pnote_hist_op(struct pcall *c, unsigned what, const char *doing);
void	pnote_not(struct pcall *c, bool counter);

#endif
