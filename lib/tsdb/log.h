/*
 * log: an append-only file of what was committed since the last seal.
 *
 *	"tslog 1\n", then records: "TSL", a type byte, u32 length of the body,
 *	u32 CRC-32C of type byte and body, body
 * 'S', series that later records use:
 *	varint first symbol id, varint count, count times (varint length, bytes)
 *	varint first ref, varint count, count times (varint labels, as many
 *	times (varint symbol id of the name, of the value))
 * 'F', samples:
 *	u8 flags (1 = key), i64 oldest, i64 newest time, varint count, and runs
 *	until count is reached: consecutive refs at one time
 *		signed	ref - (last ref of the run before + 1); at first, ref
 *		varint	length
 *		signed	time - time of the run before; at first, time
 *		bits	one per sample, 1 = differs from the value before of
 *			its series; whole bytes
 *		value	per bit set: beside the value before (code.h)
 * 'X', samples that are more than a time and a value:
 *	flags, oldest, newest and count as in 'F'; per sample varint ref,
 *	signed time, u8 (1 = has a start time, 2 = is a histogram),
 *	[signed start], value beside 0 or a histogram (histogram.c)
 *
 * The value before is 0 at the first sample of a series and again after a key
 * record.  So a reader that met damage goes on at the next key record, and
 * one that wants only new samples begins at the last one that is old enough.
 */
#ifndef TSDB_LOG_H
#define TSDB_LOG_H

#include "tsdb/code.h"
#include "tsdb/internal.h"

#define LOG_MAGIC		"tslog 1\n"
#define LOG_MAGIC_BYTES		8
#define LOG_RECORD_HEADER	12
#define LOG_RECORD_MAX		((size_t)256 << 20)
#define LOG_FILE_MAX		((size_t)2 << 30)
#define LOG_KEY			1	/* flag of 'F' */
#define LOG_HAS_START		1	/* of a sample of 'X' */
#define LOG_HAS_HISTOGRAM	2

struct log_series {
	const struct label *v;	/* sorted; NULL: its definition is lost */
	uint32_t n;
	uint32_t key;		/* last is of this stretch between keys */
	double last;
	bool skip;		/* the sink wants no samples of it */
};

/* What reader and writer know at the same place of a file. */
struct log_state {
	struct labels_table *table;		/* for symbols */
	VEC(const struct sym *) symbols;	/* NULL: lost */
	VEC(struct log_series) series;		/* by ref */
	struct arena arena;
	uint32_t key;
	uint64_t since_key;			/* samples */
	bool lost;				/* nothing until the next key */
};

void	log_state_init(struct log_state *st, struct labels_table *t);
void	log_state_release(struct log_state *st);

/* ---- reading ---- */

struct log_sink {
	void *arg;
	/* A new series; its labels live as long as the state.  Are its
	 * samples wanted?  Those of others are passed over. */
	bool	(*series)(void *arg, uint32_t ref, const struct label *v,
		    uint32_t n);
	/* Refs from ref on, all known and wanted, at one time. */
	void	(*run)(void *arg, uint32_t ref, size_t n, int64_t ts,
		    const double *v);
	/* x->labels is NULL; x->hist lives for the call. */
	void	(*odd)(void *arg, uint32_t ref, const struct sample *x);
};

struct log_result {
	uint64_t bytes;		/* of the file */
	uint64_t good;		/* up to here, whole records */
	uint64_t samples, records;
	int64_t oldest, newest;
	unsigned damaged;	/* places inside that could not be read */
	struct err first;	/* the first of them */
};

/*
 * Read a log.  Samples before from may be left out.  A torn tail (a record
 * at the end that is not whole) is bytes > good, not damage.  -1 with *e when
 * the file cannot be read at all; errno is ENOENT when it is gone.
 */
int	log_read(const char *path, int64_t from, struct log_state *st,
	    const struct log_sink *sink, struct log_result *out,
	    struct err *e);

/* The newest time in a log, from the heads of its records alone. */
bool	log_newest(const char *path, int64_t *newest);

/* ---- writing ---- */

struct log_writer;

/* A new segment.  The file is made with the first flush. */
struct log_writer	*log_create(const char *path, struct labels_table *t);

/* Go on where log_read has ended; takes what st holds. */
struct log_writer	*log_append(const char *path, struct log_state *st,
			    uint64_t good, struct err *e);

uint32_t	log_define(struct log_writer *w, const struct labels *l);
void		log_put(struct log_writer *w, uint32_t ref,
		    const struct sample *x);

/*
 * One write of all since the last flush, and fsync when sync.  -1 with *e:
 * the file is as it was before, the writer is of no more use.
 */
int		log_flush(struct log_writer *w, bool sync, struct err *e);
uint64_t	log_bytes(const struct log_writer *w);
void		log_close(struct log_writer *w);	/* NULL does nothing */

#endif
