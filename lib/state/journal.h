/*
 * journal: an append-only file of lines in transactions.
 *	{"k":"key","v":VALUE}		key has this value
 *	{"k":"key"}			key is deleted
 *	{"lease":"key","generation":N}	key was claimed for the N-th time
 *	{"commit":"1a2b3c4d"}		CRC-32C of the lines since the last one
 * Lines without their mark never happened; lines whose mark does not fit are
 * skipped.  So each transaction is all or nothing, whatever was cut or lost.
 */
#ifndef STATE_JOURNAL_H
#define STATE_JOURNAL_H

#include <stdbool.h>
#include <stdint.h>

#include "core/buf.h"
#include "core/err.h"
#include "core/str.h"

#define JOURNAL_MAX	((size_t)1 << 30)

/* One line: value p NULL = deleted; generation > 0 = a lease. */
struct journal_line {
	struct str key, value;
	int64_t generation;
};

void	journal_put(struct buf *out, const struct journal_line *l);

/* The mark behind the lines out[from..]. */
void	journal_put_mark(struct buf *out, size_t from);

/* What reading found besides lines. */
struct journal_report {
	size_t good;		/* bytes up to the end of the last good mark */
	size_t bad;		/* transactions that were skipped */
};

/* fn for every line of every whole transaction, in order. */
typedef void journal_fn(void *arg, const struct journal_line *l);
void	journal_read(struct str text, journal_fn *fn, void *arg,
	    struct journal_report *report);

#endif
