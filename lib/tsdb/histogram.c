#include "model/hist.h"

#include "core/mem.h"
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
