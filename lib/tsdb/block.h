/*
 * block: an immutable file with the samples of one or more log segments,
 * mapped into memory.
 *
 *	"tsblk 1\n", the fields of enum block_field as u64, u32 CRC-32C of
 *	all that, u32 0
 *	chunks		body, u32 CRC-32C of it; those of a series in order of
 *			time, one behind the other; the series in order
 *	times		columns of integers (column.h), each with a CRC-32C
 *	the index, under one checksum:
 *	columns		u64 offset in the file, u32 bytes, u32 samples, i64
 *			oldest, i64 newest, of each column of times
 *	symbol ends	u32 each: where symbol i ends in
 *	symbols		the strings, sorted
 *	series ends	u32 each, as symbol ends
 *	series		sorted by labels: varint labels, as many times (varint
 *			symbol of the name, of the value); varint chunks,
 *			varint offset of the first, as many times (varint
 *			column of its times, varint bytes of its body)
 *	pairs		u32 name, u32 value, u32 end of its postings, u32 0;
 *			sorted
 *	postings	varint distance from the series number before (the
 *			first: number)
 *	8 zero bytes
 *
 * A chunk body is u8 flags (1 = holds a stale marker, 2 = histograms, 4 =
 * start times), [integers: start times], and doubles (column.h) or
 * histograms (internal.h), each beside the one before.  Series that were
 * scraped together share their column of times, so it costs next to nothing,
 * jitter and all.
 */
#ifndef TSDB_BLOCK_H
#define TSDB_BLOCK_H

#include "tsdb/column.h"
#include "tsdb/internal.h"

#define BLOCK_MAGIC		"tsblk 1\n"
#define CHUNK_SAMPLES		512	/* as written */
#define CHUNK_SAMPLES_MAX	4096	/* as read */
#define CHUNK_STALE		1
#define CHUNK_HISTOGRAMS	2
#define CHUNK_STARTS		4

enum block_field {
	BLOCK_FIRST, BLOCK_LAST,	/* log segments that it stands for */
	BLOCK_OLDEST, BLOCK_NEWEST,	/* times */
	BLOCK_NSAMPLES, BLOCK_NSERIES, BLOCK_NSYMBOLS, BLOCK_NPAIRS,
	BLOCK_NCOLUMNS,
	/* where the sections begin, in order */
	BLOCK_TIMES, BLOCK_COLUMNS, BLOCK_SYMBOL_ENDS, BLOCK_SYMBOLS,
	BLOCK_SERIES_ENDS, BLOCK_SERIES, BLOCK_PAIRS, BLOCK_POSTINGS,
	BLOCK_SLACK,
	BLOCK_INDEX_CRC,
	BLOCK_NFIELDS
};

#define BLOCK_HEADER	(8 + BLOCK_NFIELDS * 8 + 8)

/* ---- reading ---- */

struct block {
	char *path;
	const unsigned char *p;		/* the file */
	size_t bytes;
	uint64_t field[BLOCK_NFIELDS];
	bool index_ok;			/* its checksum was compared */
	bool complained;		/* its damage was reported */
};

/*
 * Maps the file and checks the header.  NULL with *e; errno is ENOENT when
 * the file is gone.
 */
struct block	*block_open(const char *path, struct err *e);
void		 block_close(struct block *b);	/* NULL does nothing */

/*
 * The checksum of the index, at the first call: before anything below.  A
 * query that needs nothing of a block does not read it.
 */
bool		 block_index_ok(struct block *b);

static inline int64_t
block_oldest(const struct block *b)
{
	return (int64_t)b->field[BLOCK_OLDEST];
}

static inline int64_t
block_newest(const struct block *b)
{
	return (int64_t)b->field[BLOCK_NEWEST];
}

/* A series of a block: its labels, and a walk over its chunks. */
struct block_series {
	uint32_t nlabels;
	struct rd labels;		/* symbol pairs */
	uint32_t nchunks;		/* left */
	struct rd chunks;
	uint64_t at;			/* offset of the next */
};

struct block_chunk {
	uint32_t column, samples;
	int64_t oldest, newest;
	const unsigned char *body;
	size_t bytes;
};

/* False when the index makes no sense there. */
bool	block_series(const struct block *b, uint32_t number,
	    struct block_series *out);

/* 1, 0 at the end, -1 for nonsense. */
int	block_next_chunk(const struct block *b, struct block_series *s,
	    struct block_chunk *out);

/*
 * The label set, interned in t; NULL for nonsense.  sym remembers symbols of
 * t between calls: BLOCK_NSYMBOLS pointers, NULL at first.
 */
const struct labels	*block_labels(const struct block *b,
			    const struct block_series *s,
			    struct labels_table *t, const struct sym **sym,
			    struct labels_builder *lb);

/* The numbers of the series that match, ascending.  False for nonsense. */
bool	block_match(const struct block *b, const struct matcher *m, size_t nm,
	    struct arena *a, uint32_t **number, size_t *n);

/* As the chunk or the column says so many; false when damaged. */
bool	block_times(const struct block *b, const struct block_chunk *c,
	    int64_t *t);

/*
 * v[0..samples); when *flags says so h and st are filled instead of v and
 * beside it, with memory from a; else they are left alone.
 */
bool	block_values(const struct block *b, const struct block_chunk *c,
	    unsigned *flags, double *v, const struct hist **h, int64_t *st,
	    struct arena *a);

/* The flags without the rest; the checksum is not looked at. */
unsigned	block_chunk_flags(const struct block_chunk *c);

/* ---- writing ---- */

struct block_writer;

/* Writes to path, which is a temporary name; NULL with *e. */
struct block_writer	*block_create(const char *path, struct err *e);

/* In the order of labels_cmp; times ascend. */
int	block_add(struct block_writer *w, const struct pseries *s,
	    struct err *e);

/* Index, header, fsync. */
int	block_finish(struct block_writer *w, uint32_t first, uint32_t last,
	    struct err *e);
void	block_writer_free(struct block_writer *w);

#endif
