#include "wire/internal.h"

struct wire_reader *
wire_reader_new(struct labels_table *t)
{
	struct wire_reader *r = mem_zalloc(sizeof(*r));

	r->table = t;
	return r;
}

void
wire_reader_reset(struct wire_reader *r, struct labels_table *t)
{
	cache_clear(&r->samples);
	r->recent[0] = r->recent[1] = NULL;
	vec_release(&r->second);
	vec_release(&r->series);
	vec_release(&r->by_labels);
	arena_free(&r->mem);
	r->table = t;
}

void
wire_reader_free(struct wire_reader *r)
{
	if (r == NULL)
		return;
	wire_reader_reset(r, NULL);
	labels_builder_release(&r->builder);
	vec_release(&r->ts);
	vec_release(&r->value);
	vec_release(&r->hist);
	mem_free(r);
}

size_t
wire_reader_count(const struct wire_reader *r)
{
	return r->series.n;
}

struct wire_series *
wire_reader_series(struct wire_reader *r, size_t i)
{
	return r->series.p[i];
}

struct wire_series *
wire_reader_get(struct wire_reader *r, const struct labels *l)
{
	struct wire_series *s;

	while (r->by_labels.n <= l->id)
		vec_push(&r->by_labels, NULL);
	s = r->by_labels.p[l->id];
	if (s == NULL) {
		s = ARENA_NEW(&r->mem, struct wire_series);
		s->labels = l;
		r->by_labels.p[l->id] = s;
		vec_push(&r->series, s);
	}
	return s;
}
