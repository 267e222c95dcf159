/*
 * gather: the samples of series from several files, put together in order of
 * time.  Files are given oldest first; what is not newer than what a series
 * has already is left out, so an overlap is never counted twice.
 */
#ifndef TSDB_GATHER_H
#define TSDB_GATHER_H

#include "tsdb/block.h"
#include "tsdb/log.h"
#include "tsdb/tsdb.h"

struct gather_row {
	const struct labels *labels;
	int64_t *t, *st;
	double *v;
	const struct hist **h;		/* st, h: NULL when there are none */
	size_t n, cap;
	uint64_t samples;		/* GATHER_COUNT: at most so many */
	bool has_stale;
};

enum gather_mode {
	GATHER_SELECT,	/* series that match, their samples */
	GATHER_COUNT,	/* series that match, how many samples */
	GATHER_FILL	/* samples of the rows [lo, hi) that are there */
};

struct gather {
	/* filled by the caller */
	struct labels_table *table;
	const struct matcher *m;
	size_t nm;
	int64_t from, to;
	enum gather_mode mode;
	size_t lo, hi;
	struct arena *arena;		/* of the samples */
	store_notice *notice;
	void *notice_arg;
	/* the result */
	VEC(struct gather_row) row;
	uint64_t samples;		/* GATHER_COUNT: of all rows */
	bool damaged;			/* something was not readable */
	/* its own */
	VEC(uint32_t) by_id;		/* labels->id: row + 1 */
	struct labels_builder builder;
};

void	gather_block(struct gather *g, struct block *b);

/* -1 with *e when the log cannot be read; errno ENOENT: it is gone. */
int	gather_log(struct gather *g, const char *path, struct err *e);

/* The samples of a head that are newer than what was gathered. */
void	gather_series(struct gather *g, const struct pseries *s);

/* Put the rows into the order of labels_cmp. */
void	gather_sort(struct gather *g);

/* Row i in [from, to]; false when that is empty. */
bool	gather_slice(const struct gather *g, size_t i, struct pseries *out);

/* After a count: the end of the rows from lo on with `most` samples in all,
 * at least one row. */
size_t	gather_pass_end(const struct gather *g, size_t lo, uint64_t most);

/* Empty rows [lo, hi) again; the caller resets the arena. */
void	gather_forget(struct gather *g);
void	gather_release(struct gather *g);

#endif
