#include <stdlib.h>

#include "core/map.h"
#include "tsdb/internal.h"
#include "tsdb/postings.h"

/* Below this a walk over the metric's series is as fast as an index. */
#define POSTINGS_FROM	256

/*
 * The series of one metric name.  The first nsorted stand in labels_cmp
 * order, those that came later behind them; select puts them in order.  The
 * same for postings: later ones wait in fresh until they are worth a rebuild.
 */
struct metric {
	const struct sym *name;		/* NULL: series without a name */
	head_list series;
	size_t nsorted;
	struct postings *postings;	/* NULL: not built */
	head_list fresh;		/* not in postings */
};

struct head_index {
	struct labels_table *table;
	struct map by_name;		/* name -> struct metric */
};

struct head_index *
head_index_new(struct labels_table *t)
{
	struct head_index *x = mem_zalloc(sizeof(*x));

	x->table = t;
	return x;
}

static void
metric_free(struct metric *m)
{
	postings_free(m->postings);
	vec_release(&m->series);
	vec_release(&m->fresh);
	mem_free(m);
}

void
head_index_free(struct head_index *x)
{
	struct map_entry *en;
	size_t at = 0;

	while ((en = map_next(&x->by_name, &at)) != NULL)
		metric_free(en->value);
	map_release(&x->by_name);
	mem_free(x);
}

void
head_index_add(struct head_index *x, struct head_series *s)
{
	const struct sym *name = labels_get_sym(s->labels,
	    labels_names(x->table)->name);
	struct str key = name ? name->s : STR("");
	struct metric *m = map_get(&x->by_name, key);

	if (m == NULL) {
		m = mem_zalloc(sizeof(*m));
		m->name = name;
		map_put(&x->by_name, key, m);
	}
	vec_push(&m->series, s);
	if (m->postings)
		vec_push(&m->fresh, s);
}

/* ---- the order of a metric's series ---- */

static int
cmp_series(const void *a, const void *b)
{
	const struct head_series *const *x = a, *const *y = b;

	return labels_cmp((*x)->labels, (*y)->labels);
}

static int
cmp_rank(const void *a, const void *b)
{
	const struct head_series *const *x = a, *const *y = b;

	return (*x)->rank < (*y)->rank ? -1 : (*x)->rank > (*y)->rank;
}

/* Sort the newcomers, then merge them in from the back. */
static void
metric_sort(struct metric *m)
{
	struct head_series **p = m->series.p, **late;
	size_t n = m->series.n, old = m->nsorted, nlate = n - old, i;

	if (nlate == 0)
		return;
	qsort(p + old, nlate, sizeof(struct head_series *), cmp_series);
	late = mem_array(nlate, sizeof(struct head_series *));
	memcpy(late, p + old, nlate * sizeof(struct head_series *));
	for (i = n; nlate > 0; i--)
		if (old > 0 && cmp_series(&p[old - 1], &late[nlate - 1]) > 0)
			p[i - 1] = p[--old];
		else
			p[i - 1] = late[--nlate];
	mem_free(late);
	m->nsorted = n;
	for (i = 0; i < n; i++)
		p[i]->rank = i & 0x7fffffff;
}

/* ---- select ---- */

static void
index_metric(struct metric *m, struct labels_table *t)
{
	if (m->series.n < POSTINGS_FROM)
		return;
	if (m->postings && m->fresh.n <= m->series.n / 16)
		return;
	postings_free(m->postings);
	m->postings = postings_new(m->series.p, m->series.n,
	    labels_names(t)->name);
	vec_release(&m->fresh);
}

static void
walk(struct head_series *const *p, size_t n, struct want *w, size_t nw,
    head_list *out)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (wants_ok(w, nw, p[i]->labels))
			vec_push(out, p[i]);
}

static void
metric_select(struct metric *m, struct labels_table *t, struct want *w,
    size_t nw, head_list *out)
{
	size_t from = out->n;

	metric_sort(m);
	index_metric(m, t);
	if (nw == 0 || m->postings == NULL ||
	    !postings_select(m->postings, w, nw, m->series.n / 4, out)) {
		walk(m->series.p, m->series.n, w, nw, out);
		return;
	}
	walk(m->fresh.p, m->fresh.n, w, nw, out);
	qsort(out->p + from, out->n - from, sizeof(struct head_series *),
	    cmp_rank);
}

/* The wants that a metric name does not decide, moved to the front. */
static size_t
split_name_wants(struct want *w, size_t n, const struct sym *name)
{
	struct want tmp;
	size_t i, k = 0;

	for (i = 0; i < n; i++) {
		if (w[i].name == name)
			continue;
		tmp = w[k];
		w[k++] = w[i];
		w[i] = tmp;
	}
	return k;
}

static bool
name_ok(struct want *w, size_t n, const struct metric *m)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (!want_ok_value(&w[i], m->name))
			return false;
	return true;
}

void
head_index_select(struct head_index *x, const struct matcher *m, size_t nm,
    struct arena *a, head_list *out)
{
	struct want *w = wants_new(m, nm, x->table, a);
	size_t k, at = 0, metrics = 0;
	struct str name = matchers_name(m, nm);
	struct metric *one;
	struct map_entry *en;

	k = split_name_wants(w, nm, labels_names(x->table)->name);
	if (name.p) {
		one = map_get(&x->by_name, name);
		if (one && name_ok(w + k, nm - k, one))
			metric_select(one, x->table, w, k, out);
		return;
	}
	while ((en = map_next(&x->by_name, &at)) != NULL)
		if (name_ok(w + k, nm - k, en->value)) {
			metric_select(en->value, x->table, w, k, out);
			metrics++;
		}
	if (metrics > 1)
		qsort(out->p, out->n, sizeof(struct head_series *),
		    cmp_series);
}

/* ---- dropping ---- */

static void
metric_sweep(struct metric *m)
{
	size_t i, k = 0, sorted = 0;

	for (i = 0; i < m->series.n; i++) {
		if (m->series.p[i]->n == 0)
			continue;
		if (i < m->nsorted)
			sorted++;
		m->series.p[k++] = m->series.p[i];
	}
	if (k == m->series.n)
		return;
	m->series.n = k;
	m->nsorted = sorted;
	postings_free(m->postings);
	m->postings = NULL;
	vec_release(&m->fresh);
}

void
head_index_sweep(struct head_index *x)
{
	struct map_entry *en;
	size_t at = 0;

	while ((en = map_next(&x->by_name, &at)) != NULL) {
		struct metric *m = en->value;

		metric_sweep(m);
		if (m->series.n == 0) {
			map_del(&x->by_name, en->key);
			metric_free(m);
		}
	}
}
