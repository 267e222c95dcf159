/*
 * What the files of the store share.
 */
#ifndef TSDB_STORE_H
#define TSDB_STORE_H

#include "tsdb/block.h"
#include "tsdb/files.h"
#include "tsdb/gather.h"
#include "tsdb/log.h"
#include "tsdb/tsdb.h"

#define STORE_BLOCK_MS	((int64_t)2 * 60 * 60 * 1000)

struct opened {
	struct history_file file;
	struct block *block;	/* NULL: a log, or a block that is unreadable */
};

typedef VEC(struct opened) opened_list;

/* What the writer knows of a series, by labels->id. */
struct written {
	int64_t last;		/* time; INT64_MIN: not known */
	uint64_t last_bits;
	uint32_t ref;		/* in the log of that segment */
	uint32_t segment;	/* 0: in none */
};

struct store {
	char *dir;
	struct labels_table *table;
	struct store_options o;
	store_notice *notice;
	void *notice_arg;
	opened_list file;		/* as last listed, oldest first */

	/* the writer's */
	int lock;			/* -1: read only */
	struct head *head;
	int64_t loaded_since;		/* of the head */
	struct log_writer *log;		/* NULL: made by the next commit */
	uint32_t segment;		/* the last one used */
	int64_t log_oldest, log_newest;
	int64_t newest;			/* of all that is stored */
	uint64_t log_samples;
	bool bulk;			/* the log goes back in time */
	int64_t retry_at;		/* newest, after upkeep that failed */
	VEC(struct written) written;
	VEC(struct sample) pending;
	size_t pending_weight;
};

/* Tell the caller of store_open. */
void	store_note(struct store *s, const struct err *e);

/* ---- store_files.c ---- */

/* List the directory again and open what is new. */
int	store_refresh(struct store *s, struct err *e);
void	store_close_files(struct store *s);

/*
 * Gather from all files, again from the start when one has gone meanwhile:
 * sealing and expiry never stop a reader, and never show it half a change.
 * g is as the caller filled it.
 */
int	store_gather(struct store *s, struct gather *g, struct err *e);

/* Gather the rows [g->lo, g->hi) or all from the files [from, from + n). */
int	store_gather_files(struct store *s, struct gather *g, size_t from,
	    size_t n, struct err *e);

/* ---- store_load.c: what the writer does at opening ---- */

int	store_load(struct store *s, struct err *e);
struct written	*store_written(struct store *s, const struct labels *l);

/* ---- rewrite.c ---- */

/*
 * Make one block of the files [from, from + n) and put it in their place.
 * Damaged input: -1 when strict, else it gets what is readable.
 */
int	store_rewrite(struct store *s, size_t from, size_t n, bool strict,
	    struct err *e);

/* ---- upkeep.c ---- */

/* Seal, merge, expire what is due. */
void	store_upkeep(struct store *s);

/* At the end: old data that were loaded become a block now. */
void	store_seal_bulk(struct store *s);

#endif
