/*
 * What the files of tsdb share.
 */
#ifndef TSDB_INTERNAL_H
#define TSDB_INTERNAL_H

#include "core/buf.h"
#include "core/vec.h"
#include "tsdb/head.h"

/* ---- head.c ---- */

/* Columns that few series have; as long as t and v, either may be NULL. */
struct head_extra {
	const struct hist **h;
	int64_t *start;
};

/* 40 bytes: there may be 100,000s. */
struct head_series {
	const struct labels *labels;
	int64_t *t;		/* t[cap], and v[cap] behind it */
	struct head_extra *extra;	/* NULL: floats only */
	uint32_t at, n, cap;	/* live are [at, at + n) */
	uint32_t rank : 31;	/* place in the order of its metric */
	uint32_t has_stale : 1;
};

static inline double *
head_values(const struct head_series *s)
{
	return (double *)(s->t + s->cap);
}

typedef VEC(struct head_series *) head_list;

/* The first index in t[0..n), ascending, with a time >= ts; n: none. */
size_t	times_lower(const int64_t *t, size_t n, int64_t ts);

/* ---- histogram.c ---- */

/* A copy in one piece of memory, for mem_free. */
struct hist	*histogram_copy(const struct hist *h);

/* Equal bit for bit. */
bool		 histogram_eq(const struct hist *a, const struct hist *b);

struct rd;

/*
 * The bytes of a histogram in the files; before (NULL = none) is the one
 * before it of the same series.
 *	u8	1 = schema, threshold, bounds and spans are those of before
 *	u8	hint
 *	[signed schema, u64 zero threshold, doubles bounds, spans positive,
 *	spans negative]; spans: varint count, count times (signed offset,
 *	varint length)
 *	value	count, zero count, sum (code.h), each beside that of before
 *	values	varint count, positive, then negative; beside before or 0
 */
void		 histogram_put(struct buf *out, const struct hist *h,
		    const struct hist *before);
struct hist	*histogram_get(struct rd *r, const struct hist *before,
		    struct arena *a);	/* NULL: the bytes are not one */

/* ---- match.c: matchers made ready for a labels table ---- */

#define WANT_MEMO	64

/*
 * Label values are symbols, so = compares pointers and a regex runs once per
 * value, mostly.
 */
struct want {
	const struct matcher *m;
	const struct sym *name, *value;
	bool missing_ok;
	struct { const struct sym *value; bool ok; } memo[WANT_MEMO];
};

struct want	*wants_new(const struct matcher *m, size_t n,
		    struct labels_table *t, struct arena *a);
bool		 want_ok_value(struct want *w, const struct sym *value);
bool		 wants_ok(struct want *w, size_t n, const struct labels *l);
bool		 wants_ok_pairs(struct want *w, size_t n,
		    const struct label *v, size_t nlabels);

/* The value an = matcher pins __name__ to; p NULL when there is none. */
struct str	 matchers_name(const struct matcher *m, size_t n);

/* ---- index.c: from matchers to series of the head ---- */

struct head_index;

struct head_index	*head_index_new(struct labels_table *t);
void			 head_index_free(struct head_index *x);
void			 head_index_add(struct head_index *x,
			    struct head_series *s);

/* Forget the series that have no samples; the caller frees them. */
void			 head_index_sweep(struct head_index *x);

/* Appends to out, in labels_cmp order; memory for the work from a. */
void			 head_index_select(struct head_index *x,
			    const struct matcher *m, size_t nm,
			    struct arena *a, head_list *out);

#endif
