#include "tsdb/head.h"

#include "core/num.h"
#include "model/hist.h"
#include "tsdb/internal.h"

#define CAP_FIRST	4

struct head {
	struct labels_table *table;
	struct head_index *index;
	VEC(struct head_series *) by_id;	/* labels->id; NULL = none */
	int64_t keep_ms, newest, pruned_at;
	int64_t floor;				/* of prunes */
	size_t nseries, nsamples;
	uint64_t generation;
	head_list picked;			/* scratch of select */
};

struct head *
head_new(struct labels_table *t, int64_t keep_ms)
{
	struct head *h = mem_zalloc(sizeof(*h));

	h->table = t;
	h->keep_ms = keep_ms;
	h->newest = h->pruned_at = h->floor = INT64_MIN;
	h->index = head_index_new(t);
	return h;
}

static void
free_histograms(const struct head_series *s, uint32_t from, uint32_t to)
{
	for (; s->extra && s->extra->h && from < to; from++)
		mem_free((void *)(uintptr_t)s->extra->h[from]);
}

static void
free_series(struct head_series *s)
{
	if (s->extra) {
		free_histograms(s, s->at, s->at + s->n);
		mem_free(s->extra->h);
		mem_free(s->extra->start);
		mem_free(s->extra);
	}
	mem_free(s->t);
	mem_free(s);
}

void
head_free(struct head *h)
{
	size_t i;

	if (h == NULL)
		return;
	for (i = 0; i < h->by_id.n; i++)
		if (h->by_id.p[i])
			free_series(h->by_id.p[i]);
	head_index_free(h->index);
	vec_release(&h->by_id);
	vec_release(&h->picked);
	mem_free(h);
}

/* What appends may have dropped so far under the keep of now. */
static int64_t
dropped_by_appends(const struct head *h)
{
	return h->keep_ms > 0 && h->newest > INT64_MIN + h->keep_ms ?
	    h->newest - h->keep_ms : INT64_MIN;
}

int64_t
head_floor(const struct head *h)
{
	int64_t by_appends = dropped_by_appends(h);

	return by_appends > h->floor ? by_appends : h->floor;
}

void
head_set_keep(struct head *h, int64_t keep_ms)
{
	h->floor = head_floor(h);
	h->keep_ms = keep_ms;
	h->pruned_at = INT64_MIN;
}

/* by_id grows by an eighth: it is as long as the table has label sets. */
static void
room_for_id(struct head *h, uint32_t id)
{
	size_t cap;

	if (id >= h->by_id.cap) {
		cap = (size_t)id + id / 8 + 64;
		h->by_id.p = mem_resize(h->by_id.p, cap, sizeof(*h->by_id.p));
		h->by_id.cap = cap;
	}
	while (h->by_id.n <= id)
		h->by_id.p[h->by_id.n++] = NULL;
}

struct head_series *
head_series(struct head *h, const struct labels *l)
{
	struct head_series *s;

	if (l->id < h->by_id.n && h->by_id.p[l->id])
		return h->by_id.p[l->id];
	room_for_id(h, l->id);
	s = mem_zalloc(sizeof(*s));
	s->labels = l;
	h->by_id.p[l->id] = s;
	h->nseries++;
	head_index_add(h->index, s);
	return s;
}

const struct labels *
head_series_labels(const struct head_series *s)
{
	return s->labels;
}

uint64_t
head_generation(const struct head *h)
{
	return h->generation;
}

/* ---- the columns of a series ---- */

/* Move the live part of a column into to (which may be the column itself). */
static void *
move_column(void *to, const void *from, const struct head_series *s,
    size_t size)
{
	return memmove(to, (const char *)from + s->at * size, s->n * size);
}

static void *
new_column(void *from, const struct head_series *s, uint32_t cap)
{
	void *to = mem_array(cap, 8);

	if (from)
		move_column(to, from, s, 8);
	mem_free(from);
	return to;
}

static void
resize(struct head_series *s, uint32_t cap)
{
	int64_t *t = mem_alloc(cap * (size_t)16);

	if (s->n) {
		move_column(t, s->t, s, sizeof(*t));
		move_column(t + cap, head_values(s), s, sizeof(double));
	}
	mem_free(s->t);
	if (s->extra && s->extra->h)
		s->extra->h = new_column(s->extra->h, s, cap);
	if (s->extra && s->extra->start)
		s->extra->start = new_column(s->extra->start, s, cap);
	s->t = t;
	s->cap = cap;
	s->at = 0;
}

/* Move what lives to the front; has_stale is found out again. */
static void
compact(struct head_series *s)
{
	const double *v;
	uint32_t i;

	move_column(s->t, s->t, s, sizeof(*s->t));
	move_column(head_values(s), head_values(s), s, sizeof(double));
	if (s->extra && s->extra->h)
		move_column(s->extra->h, s->extra->h, s, sizeof(*s->extra->h));
	if (s->extra && s->extra->start)
		move_column(s->extra->start, s->extra->start, s,
		    sizeof(*s->extra->start));
	s->at = 0;
	if (!s->has_stale)
		return;
	s->has_stale = false;
	for (v = head_values(s), i = 0; i < s->n && !s->has_stale; i++)
		s->has_stale = num_is_stale(v[i]);
}

/* Drop the samples at or before limit. */
static void
expire(struct head *h, struct head_series *s, int64_t limit)
{
	uint32_t from = s->at, end = s->at + s->n;

	while (s->at < end && s->t[s->at] <= limit)
		s->at++;
	free_histograms(s, from, s->at);
	s->n -= s->at - from;
	h->nsamples -= s->at - from;
}

/*
 * Room for one more.  Space at the front is used again when that moves at
 * most 32 samples for each that is appended; else the columns grow by a
 * quarter, so that a window of 20 samples stays near 20.
 */
static void
make_room(struct head *h, struct head_series *s, int64_t ts)
{
	if (h->keep_ms > 0 && ts > INT64_MIN + h->keep_ms)
		expire(h, s, ts - h->keep_ms);
	if (s->at > s->cap / 32)
		compact(s);
	else
		resize(s, s->cap < CAP_FIRST * 4 ? s->cap + CAP_FIRST :
		    s->cap + s->cap / 4);
}

static void
put_extra(struct head_series *s, uint32_t i, const struct sample *x)
{
	struct head_extra *ex = s->extra;

	if (ex == NULL)
		ex = s->extra = mem_zalloc(sizeof(*ex));
	if (x->hist && ex->h == NULL)
		ex->h = mem_array(s->cap, sizeof(*ex->h));
	if (x->start && ex->start == NULL)
		ex->start = mem_array(s->cap, sizeof(*ex->start));
	if (ex->h)
		ex->h[i] = x->hist ? histogram_copy(x->hist) : NULL;
	if (ex->start)
		ex->start[i] = x->start;
}

static int
not_newer(const struct head_series *s, const struct sample *x, struct err *e)
{
	uint32_t last = s->at + s->n - 1;
	const struct hist *h = s->extra && s->extra->h ? s->extra->h[last] :
	    NULL;

	if (x->ts < s->t[last])
		return err_set(e, ERR_LIMIT, "out of order sample");
	if (h && x->hist ? histogram_eq(h, x->hist) : !h && !x->hist &&
	    num_bits(head_values(s)[last]) == num_bits(x->value))
		return 1;
	return err_set(e, ERR_LIMIT,
	    "duplicate sample for timestamp with another value");
}

int
head_append(struct head *h, struct head_series *s, const struct sample *x,
    struct err *e)
{
	double v = x->hist ? x->hist->sum : x->value;
	uint32_t i = s->at + s->n;

	if (s->n && x->ts <= s->t[i - 1])
		return not_newer(s, x, e);
	if (i == s->cap) {
		make_room(h, s, x->ts);
		i = s->at + s->n;
	}
	s->t[i] = x->ts;
	head_values(s)[i] = v;
	if (num_is_stale(v))
		s->has_stale = true;
	if (x->hist || x->start || s->extra)
		put_extra(s, i, x);
	s->n++;
	h->nsamples++;
	if (x->ts > h->newest)
		h->newest = x->ts;
	return 0;
}

/* ---- dropping ---- */

static void
free_empty(struct head *h)
{
	struct head_series *s;
	size_t i;

	head_index_sweep(h->index);
	for (i = 0; i < h->by_id.n; i++) {
		s = h->by_id.p[i];
		if (s == NULL || s->n > 0)
			continue;
		h->by_id.p[i] = NULL;
		h->nseries--;
		free_series(s);
	}
	h->generation++;
}

void
head_prune(struct head *h, int64_t now_ms)
{
	struct head_series *s;
	size_t i, empty = 0;

	if (now_ms < INT64_MIN + h->keep_ms)	/* no sample came yet */
		return;
	if (h->pruned_at != INT64_MIN && now_ms - h->pruned_at < h->keep_ms / 8)
		return;
	h->pruned_at = now_ms;
	if (now_ms - h->keep_ms > h->floor)
		h->floor = now_ms - h->keep_ms;
	for (i = 0; i < h->by_id.n; i++) {
		if ((s = h->by_id.p[i]) == NULL)
			continue;
		expire(h, s, now_ms - h->keep_ms);
		if (s->n == 0)
			empty++;
		else if (s->at > s->cap / 2)
			resize(s, s->n + s->n / 4 + 1);
	}
	if (empty)
		free_empty(h);
}

size_t
head_nseries(const struct head *h)
{
	return h->nseries;
}

size_t
head_nsamples(const struct head *h)
{
	return h->nsamples;
}

int64_t
head_newest(const struct head *h)
{
	return h->newest;
}

/* ---- the source ---- */

size_t
times_lower(const int64_t *t, size_t n, int64_t ts)
{
	size_t lo = 0, hi = n, mid;

	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		if (t[mid] < ts)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

/* Samples in [from, to]; false when there are none. */
static bool
slice(const struct head_series *s, int64_t from, int64_t to,
    struct pseries *out)
{
	const int64_t *t = s->t + s->at;
	size_t lo, hi;

	if (s->n == 0 || t[0] > to || t[s->n - 1] < from)
		return false;
	lo = t[0] >= from ? 0 : times_lower(t, s->n, from);
	hi = t[s->n - 1] <= to ? s->n : times_lower(t, s->n, to + 1);
	if (lo >= hi)
		return false;
	lo += s->at;
	hi += s->at;
	*out = (struct pseries){
		.labels = s->labels, .t = s->t + lo, .v = head_values(s) + lo,
		.n = hi - lo, .has_stale = s->has_stale,
	};
	if (s->extra && s->extra->h)
		out->h = s->extra->h + lo;
	if (s->extra && s->extra->start)
		out->st = s->extra->start + lo;
	return true;
}

static int
head_select(void *self, const struct matcher *m, size_t nm, int64_t from,
    int64_t to, struct arena *a, struct pseries **out, size_t *n,
    struct err *e)
{
	struct head *h = self;
	size_t i;

	(void)e;
	vec_reset(&h->picked);
	head_index_select(h->index, m, nm, a, &h->picked);
	*n = 0;
	*out = arena_raw(a, (h->picked.n + 1) * sizeof(**out));
	for (i = 0; i < h->picked.n; i++)
		if (slice(h->picked.p[i], from, to, *out + *n))
			++*n;
	return 0;
}

struct promql_source
head_source(struct head *h)
{
	return (struct promql_source){ h, h->table, head_select };
}
