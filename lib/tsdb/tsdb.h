/*
 * tsdb: history.  A recent window in columnar memory (head.h); on disk an
 * append-only log (log.h) that is sealed every 2 h into immutable blocks
 * (block.h) of compressed columns, mapped into memory.  One writer, any
 * number of concurrent readers, which take no lock and stop nobody.  Crash
 * safe: at most the batch being written is lost; the torn tail of a log is
 * reported and dropped; what has a bad checksum is reported by its file name,
 * and the rest stays readable.
 */
#ifndef TSDB_TSDB_H
#define TSDB_TSDB_H

#include "tsdb/head.h"

struct store;

struct store_options {
	int64_t keep_ms;	/* retention by age; 0 = none */
	int64_t keep_bytes;	/* by size; 0 = none */
	int64_t block_ms;	/* 0 = 2 h, or keep_ms if that is less */
	int64_t window_ms;	/* of memory: what the rules look back to.
				 * More than 2 h is read from disk instead */
	bool read_only;		/* no lock; sees what is committed at each
				 * query, and reads what that needs */
	bool one_shot;		/* for a writer: no window either */
	bool sync;		/* fsync at each commit */
};

/*
 * What was found to be damaged, at opening or later, a line each; also when
 * a log cannot be sealed for now.
 */
typedef void store_notice(void *arg, const struct err *e);

/*
 * The writer makes dir when it is missing; it fails with ERR_LIMIT when there
 * is another one.  NULL with *e.
 */
struct store	*store_open(const char *dir, struct labels_table *t,
		    const struct store_options *o, store_notice *notice,
		    void *arg, struct err *e);

/*
 * As head_append, and remembered for the next commit.  Order and duplicates
 * are judged by all that is stored, not only by the window.
 */
int		 store_append(struct store *s, const struct sample *x,
		    struct err *e);

/*
 * One write for all appends since the last commit (more when there were over
 * 250,000); then seals, merges and expires what is due.  -1 with *e: what
 * was appended is kept for the next try, nothing before it is lost.
 */
int		 store_commit(struct store *s, struct err *e);

/* Also sees what is appended and not committed. */
struct promql_source	 store_source(struct store *s);
struct head	*store_head(struct store *s);	/* NULL: read only */

struct store_info {
	size_t nseries, nblocks, nlogs;
	uint64_t nsamples, block_samples, block_bytes, log_samples, log_bytes;
	int64_t oldest, newest;		/* when nsamples > 0 */
};

/* Of what is committed; reads the index of each block, and the logs. */
void		 store_info(struct store *s, struct store_info *out);

/*
 * Series by series, in the order of their labels, all samples in [from, to]
 * that are committed; memory is bounded by a part of the history.  each
 * returns 0 to go on; other values end the walk and are returned; -1 with *e.
 */
typedef int	 store_each_fn(void *arg, const struct pseries *s);
int		 store_each(struct store *s, const struct matcher *m,
		    size_t nm, int64_t from, int64_t to, store_each_fn *each,
		    void *arg, struct err *e);

/*
 * Read everything and check every checksum; a notice per finding, with the
 * name of the file.  The number of findings; -1 with *e.
 */
int		 store_verify(const char *dir, store_notice *notice,
		    void *arg, struct err *e);
void		 store_close(struct store *s);	/* does not commit */

#endif
