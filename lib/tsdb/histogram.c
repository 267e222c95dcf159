#include "model/hist.h"

#include "core/mem.h"
#include "tsdb/code.h"
#include "tsdb/internal.h"

/* Copy n bytes to *at, move *at behind them, return where they stand. */
static void *
place(char **at, const void *from, size_t n)
{
	char *p = *at;

	if (n)
		memcpy(p, from, n);
	*at += n;
	return p;
}

/* Doubles first, then spans: every part stays aligned. */
struct hist *
histogram_copy(const struct hist *h)
{
	size_t bytes = sizeof(*h) + sizeof(struct hist_span) *
	    (h->npos_span + h->nneg_span) +
	    sizeof(double) * (h->npos + h->nneg + h->ncustom);
	struct hist *c = mem_alloc(bytes);
	char *at = (char *)(c + 1);

	*c = *h;
	c->pos = place(&at, h->pos, h->npos * sizeof(double));
	c->neg = place(&at, h->neg, h->nneg * sizeof(double));
	c->custom = place(&at, h->custom, h->ncustom * sizeof(double));
	c->pos_span = place(&at, h->pos_span,
	    h->npos_span * sizeof(struct hist_span));
	c->neg_span = place(&at, h->neg_span,
	    h->nneg_span * sizeof(struct hist_span));
	return c;
}

static bool
same_bytes(const void *a, size_t na, const void *b, size_t nb, size_t size)
{
	return na == nb && (na == 0 || memcmp(a, b, na * size) == 0);
}

bool
histogram_eq(const struct hist *a, const struct hist *b)
{
	return a->schema == b->schema && a->hint == b->hint &&
	    memcmp(&a->zero_threshold, &b->zero_threshold,
	    sizeof(double)) == 0 &&
	    memcmp(&a->zero_count, &b->zero_count, sizeof(double)) == 0 &&
	    memcmp(&a->count, &b->count, sizeof(double)) == 0 &&
	    memcmp(&a->sum, &b->sum, sizeof(double)) == 0 &&
	    same_bytes(a->pos_span, a->npos_span, b->pos_span, b->npos_span,
	    sizeof(struct hist_span)) &&
	    same_bytes(a->neg_span, a->nneg_span, b->neg_span, b->nneg_span,
	    sizeof(struct hist_span)) &&
	    same_bytes(a->pos, a->npos, b->pos, b->npos, sizeof(double)) &&
	    same_bytes(a->neg, a->nneg, b->neg, b->nneg, sizeof(double)) &&
	    same_bytes(a->custom, a->ncustom, b->custom, b->ncustom,
	    sizeof(double));
}

/* ---- in the files ---- */

static bool
same_layout(const struct hist *a, const struct hist *b)
{
	return a->schema == b->schema && num_bits(a->zero_threshold) ==
	    num_bits(b->zero_threshold) &&
	    same_bytes(a->pos_span, a->npos_span, b->pos_span, b->npos_span,
	    sizeof(struct hist_span)) &&
	    same_bytes(a->neg_span, a->nneg_span, b->neg_span, b->nneg_span,
	    sizeof(struct hist_span)) && a->npos == b->npos &&
	    a->nneg == b->nneg && same_bytes(a->custom, a->ncustom, b->custom,
	    b->ncustom, sizeof(double));
}

static void
put_values(struct buf *out, const double *v, size_t n, const double *before)
{
	size_t i;

	put_varint(out, n);
	for (i = 0; i < n; i++)
		put_value(out, v[i], before ? before[i] : 0);
}

static void
put_spans(struct buf *out, const struct hist_span *s, size_t n)
{
	size_t i;

	put_varint(out, n);
	for (i = 0; i < n; i++) {
		put_signed(out, s[i].offset);
		put_varint(out, s[i].length);
	}
}

void
histogram_put(struct buf *out, const struct hist *h,
    const struct hist *before)
{
	if (before && !same_layout(h, before))
		before = NULL;
	put_u8(out, before != NULL);
	put_u8(out, h->hint);
	if (before == NULL) {
		put_signed(out, h->schema);
		put_u64(out, num_bits(h->zero_threshold));
		put_values(out, h->custom, h->ncustom, NULL);
		put_spans(out, h->pos_span, h->npos_span);
		put_spans(out, h->neg_span, h->nneg_span);
	}
	put_value(out, h->count, before ? before->count : 0);
	put_value(out, h->zero_count, before ? before->zero_count : 0);
	put_value(out, h->sum, before ? before->sum : 0);
	put_values(out, h->pos, h->npos, before ? before->pos : NULL);
	put_values(out, h->neg, h->nneg, before ? before->neg : NULL);
}

/* Every value takes a byte at least, so the bytes left bound the count. */
static double *
get_values(struct rd *r, size_t *n, const double *before, size_t nbefore,
    struct arena *a)
{
	uint64_t count = rd_varint(r), i;
	double *v;

	if (count > rd_left(r) || (before && count != nbefore)) {
		r->bad = true;
		return NULL;
	}
	v = ARENA_ARRAY(a, count + 1, double);
	for (i = 0; i < count; i++)
		v[i] = rd_value(r, before ? before[i] : 0);
	*n = count;
	return v;
}

static struct hist_span *
get_spans(struct rd *r, size_t *n, struct arena *a)
{
	uint64_t count = rd_varint(r), i;
	struct hist_span *s;

	if (count > rd_left(r)) {
		r->bad = true;
		return NULL;
	}
	s = ARENA_ARRAY(a, count + 1, struct hist_span);
	for (i = 0; i < count; i++) {
		s[i].offset = (int32_t)rd_signed(r);
		s[i].length = (uint32_t)rd_varint(r);
	}
	*n = count;
	return s;
}

static void
get_layout(struct rd *r, struct hist *h, struct arena *a)
{
	h->schema = (int32_t)rd_signed(r);
	h->zero_threshold = num_from_bits(rd_u64(r));
	h->custom = get_values(r, &h->ncustom, NULL, 0, a);
	h->pos_span = get_spans(r, &h->npos_span, a);
	h->neg_span = get_spans(r, &h->nneg_span, a);
}

struct hist *
histogram_get(struct rd *r, const struct hist *before, struct arena *a)
{
	struct hist *h = ARENA_NEW(a, struct hist);
	unsigned same = rd_u8(r), hint = rd_u8(r);

	if (r->bad || same > 1 || hint > HIST_GAUGE || (same && !before))
		return NULL;
	if (same)
		*h = *before;
	else
		get_layout(r, h, a);
	if (!same)
		before = NULL;
	h->hint = (enum hist_hint)hint;
	h->count = rd_value(r, before ? before->count : 0);
	h->zero_count = rd_value(r, before ? before->zero_count : 0);
	h->sum = rd_value(r, before ? before->sum : 0);
	h->pos = get_values(r, &h->npos, before ? before->pos : NULL,
	    before ? before->npos : 0, a);
	h->neg = get_values(r, &h->nneg, before ? before->neg : NULL,
	    before ? before->nneg : 0, a);
	return r->bad ? NULL : h;
}
