/*
 * tsdb: history.  A recent window in columnar memory (head), on disk an
 * append-only log sealed every 2 h into immutable blocks (XOR-compressed
 * chunks per series, label index, mmap).  One writer, any number of
 * concurrent readers.  Crash safe: a torn tail of the log is reported and
 * dropped; a block with a bad checksum is named and the rest stays readable.
 */
#ifndef TSDB_TSDB_H
#define TSDB_TSDB_H

#include "tsdb/head.h"

/* ---- store: head + log + blocks in a directory ---- */

struct store;

struct store_options {
	int64_t keep_ms;	/* retention by age; 0 = none */
	int64_t keep_bytes;	/* by size; 0 = none */
	int64_t block_ms;	/* 0 = 2 h */
	int64_t window_ms;	/* of memory: what the rules look back to */
	bool read_only;		/* no lock; sees what is committed */
	bool one_shot;		/* do not load the window into memory: queries
				 * read from disk what they need */
};

/* What was dropped on opening (torn tails, bad blocks), a line each. */
typedef void store_notice(void *arg, const struct err *e);

struct store	*store_open(const char *dir, struct labels_table *t,
		    const struct store_options *o, store_notice *notice,
		    void *arg, struct err *e);

/* As head_append, and remembered for the next commit. */
int		 store_append(struct store *s, const struct sample *x,
		    struct err *e);

/* One write for all appends since the last commit; seals what is due. */
int		 store_commit(struct store *s, struct err *e);
struct promql_source	 store_source(struct store *s);
struct head	*store_head(struct store *s);

struct store_info {
	size_t nseries, nblocks;
	uint64_t nsamples, block_samples, block_bytes, log_samples, log_bytes;
	int64_t oldest, newest;
};
void		 store_info(const struct store *s, struct store_info *out);

/* Read everything and check every checksum; notice per finding. */
int		 store_verify(const char *dir, store_notice *notice,
		    void *arg, struct err *e);
void		 store_close(struct store *s);	/* does not commit */

#endif
