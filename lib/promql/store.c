/*
 * store: series in memory, found by trying them all.
 */
#include "promql/store.h"

#include <stdlib.h>

#include "core/num.h"
#include "core/vec.h"

struct stored {
	const struct labels *labels;
	VEC(int64_t) t;
	VEC(double) v;
	VEC(const struct hist *) h;	/* as long as t once there is one */
	VEC(int64_t) st;		/* likewise */
	bool has_stale;
};

struct pstore {
	struct labels_table *table;
	VEC(struct stored *) series;	/* sorted when clean */
	VEC(struct stored *) by_id;	/* labels id -> series */
	bool clean;
};

struct pstore *
pstore_new(struct labels_table *t)
{
	struct pstore *s = mem_zalloc(sizeof(*s));

	s->table = t;
	return s;
}

void
pstore_free(struct pstore *s)
{
	size_t i;

	if (!s)
		return;
	for (i = 0; i < s->series.n; i++) {
		vec_release(&s->series.p[i]->t);
		vec_release(&s->series.p[i]->v);
		vec_release(&s->series.p[i]->h);
		vec_release(&s->series.p[i]->st);
		mem_free(s->series.p[i]);
	}
	vec_release(&s->series);
	vec_release(&s->by_id);
	mem_free(s);
}

static struct stored *
series_of(struct pstore *s, const struct labels *l)
{
	struct stored *x;

	while (s->by_id.n <= l->id)
		vec_push(&s->by_id, NULL);
	if ((x = s->by_id.p[l->id]))
		return x;
	x = mem_zalloc(sizeof(*x));
	x->labels = l;
	s->by_id.p[l->id] = x;
	vec_push(&s->series, x);
	s->clean = false;
	return x;
}

static void
put_hist(struct stored *x, size_t at, const struct hist *h)
{
	if (!h && x->h.n == 0)
		return;
	while (x->h.n <= at)
		vec_push(&x->h, NULL);
	x->h.p[at] = h;
}

static void
put_start(struct stored *x, size_t at, int64_t st)
{
	if (!st && x->st.n == 0)
		return;
	while (x->st.n <= at)
		vec_push(&x->st, 0);
	x->st.p[at] = st;
}

int
pstore_add(struct pstore *s, const struct labels *l, int64_t t, double v,
    const struct hist *h, int64_t st, struct err *e)
{
	struct stored *x = series_of(s, l);
	size_t at = x->t.n;

	if (at > 0 && t < x->t.p[at - 1])
		return err_set(e, ERR_CONFIG, "out of order sample");
	if (at > 0 && t == x->t.p[at - 1]) {
		at--;
		x->v.p[at] = v;
	} else {
		vec_push(&x->t, t);
		vec_push(&x->v, v);
	}
	put_hist(x, at, h);
	put_start(x, at, st);
	x->has_stale |= h ? num_is_stale(h->sum) : num_is_stale(v);
	return 0;
}

static int
stored_cmp(const void *a, const void *b)
{
	const struct stored *const *x = a, *const *y = b;

	return labels_cmp((*x)->labels, (*y)->labels);
}

static size_t
index_of(const struct stored *x, int64_t t, bool behind)
{
	size_t lo = 0, hi = x->t.n, mid;

	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		if (behind ? x->t.p[mid] <= t : x->t.p[mid] < t)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static bool
cut(const struct stored *x, int64_t from, int64_t to, struct pseries *out)
{
	size_t lo = index_of(x, from, false), hi = index_of(x, to, true);

	if (lo >= hi)
		return false;
	*out = (struct pseries){ .labels = x->labels, .t = x->t.p + lo,
	    .v = x->v.p + lo, .n = hi - lo, .has_stale = x->has_stale };
	if (x->h.n)
		out->h = x->h.p + lo;
	if (x->st.n)
		out->st = x->st.p + lo;
	return true;
}

static int
store_select(void *self, const struct matcher *m, size_t nm, int64_t from,
    int64_t to, struct arena *a, struct pseries **out, size_t *n,
    struct err *e)
{
	struct pstore *s = self;
	struct stored *x;
	size_t i;

	(void)e;
	if (!s->clean && s->series.n)
		qsort(s->series.p, s->series.n, sizeof(*s->series.p),
		    stored_cmp);
	s->clean = true;
	*n = 0;
	*out = ARENA_ARRAY(a, s->series.n, struct pseries);
	for (i = 0; i < s->series.n; i++) {
		x = s->series.p[i];
		if (matchers_ok(m, nm, x->labels) &&
		    cut(x, from, to, &(*out)[*n]))
			(*n)++;
	}
	return 0;
}

struct promql_source
pstore_source(struct pstore *s)
{
	return (struct promql_source){ .self = s, .table = s->table,
	    .select = store_select };
}
