/*
 * value: rows and columns, label sets that lose their names, and the two
 * hash tables that matching and grouping need.
 */
#include "promql/value.h"

#include "core/num.h"
#include "promql/internal.h"

double
pv_absent_value(void)
{
	return pv_none();
}

bool
pv_absent(double v)
{
	return pv_gone(v);
}

int
pcols_new(struct peval *ev, const struct pgrid *g, size_t nrows,
    struct pcols *out)
{
	size_t cells, i;
	double *v;

	pcols_none(g, out);
	if (nrows == 0)
		return 0;
	if (__builtin_mul_overflow(nrows, g->n, &cells))
		return peval_charge(ev, UINT64_MAX);
	if (peval_charge(ev, cells) == -1)
		return -1;
	out->row = ARENA_ARRAY(ev->a, nrows, struct prow);
	out->nrows = nrows;
	v = arena_raw(ev->a, cells * sizeof(*v));
	for (i = 0; i < cells; i++)
		v[i] = pv_none();
	for (i = 0; i < nrows; i++)
		out->row[i].v = v + i * g->n;
	return 0;
}

void
pcols_none(const struct pgrid *g, struct pcols *out)
{
	*out = (struct pcols){ .type = P_VECTOR, .nsteps = g->n,
	    .start = g->start, .step = g->step };
}

const struct hist **
prow_hists(struct peval *ev, struct prow *r, size_t nsteps)
{
	if (!r->h)
		r->h = ARENA_ARRAY(ev->a, nsteps, const struct hist *);
	return r->h;
}

static bool
row_is_empty(const struct prow *r, size_t nsteps)
{
	size_t i;

	for (i = 0; i < nsteps; i++)
		if (!pv_gone(r->v[i]))
			return false;
	return true;
}

void
pcols_drop_empty(struct pcols *v)
{
	size_t i, n = 0;

	for (i = 0; i < v->nrows; i++)
		if (!row_is_empty(&v->row[i], v->nsteps))
			v->row[n++] = v->row[i];
	v->nrows = n;
}

void
pcols_drop_hists(struct pcols *v)
{
	struct prow *r;
	size_t i, k;

	for (i = 0; i < v->nrows; i++) {
		r = &v->row[i];
		if (!r->h)
			continue;
		for (k = 0; k < v->nsteps; k++)
			if (r->h[k])
				r->v[k] = pv_none();
		r->h = NULL;
	}
}

const struct labels *
labels_without_meta(struct peval *ev, const struct labels *l)
{
	if (!labels_get_sym(l, ev->type) && !labels_get_sym(l, ev->unit))
		return labels_without_name(ev->table, l);
	labels_build(&ev->lb, ev->table, l);
	labels_del(&ev->lb, STR("__name__"));
	labels_del(&ev->lb, STR("__type__"));
	labels_del(&ev->lb, STR("__unit__"));
	return labels_done(&ev->lb);
}

void
prow_drop_name(struct peval *ev, struct prow *r)
{
	if (ev->c->delayed_name_removal)
		r->drop_name = true;
	else
		r->labels = labels_without_meta(ev, r->labels);
}

static int
merge_row(struct peval *ev, struct prow *to, const struct prow *from,
    size_t nsteps)
{
	size_t k;

	for (k = 0; k < nsteps; k++) {
		if (pv_gone(from->v[k]))
			continue;
		if (!pv_gone(to->v[k]))
			return peval_fail(ev, "vector cannot contain metrics "
			    "with the same labelset");
		to->v[k] = from->v[k];
		if (from->h && from->h[k])
			prow_hists(ev, to, nsteps)[k] = from->h[k];
	}
	return 0;
}

int
pcols_merge(struct peval *ev, struct pcols *v)
{
	struct pmap seen;
	uint32_t *at;
	size_t i, n = 0;
	bool fresh;

	if (v->nrows < 2)
		return 0;
	pmap_init(&seen, ev->a, v->nrows);
	for (i = 0; i < v->nrows; i++) {
		at = pmap_at(&seen, v->row[i].labels, &fresh);
		if (fresh) {
			*at = (uint32_t)n;
			v->row[n++] = v->row[i];
		} else if (merge_row(ev, &v->row[*at], &v->row[i],
		    v->nsteps) == -1)
			return -1;
	}
	v->nrows = n;
	return 0;
}

void
pcols_append(struct peval *ev, struct pcols *v, const struct pcols *more)
{
	struct prow *row;

	if (more->nrows == 0)
		return;
	row = ARENA_ARRAY(ev->a, v->nrows + more->nrows, struct prow);
	if (v->nrows)
		memcpy(row, v->row, v->nrows * sizeof(*row));
	memcpy(row + v->nrows, more->row, more->nrows * sizeof(*row));
	v->row = row;
	v->nrows += more->nrows;
}

void
prow_print_value(const struct prow *r, size_t i, struct buf *out)
{
	if (r->h && r->h[i])
		hist_print(r->h[i], out);
	else
		num_print(out, r->v[i], NUM_GO_F);
}

/* ---- tables ---- */

static uint64_t
mix(uint64_t h, const void *p)
{
	h = (h ^ (uint64_t)(uintptr_t)p) * 0x9e3779b97f4a7c15ULL;
	return h ^ h >> 29;
}

static size_t
table_size(size_t n)
{
	size_t size = 8;

	while (size < n * 2)
		size *= 2;
	return size;
}

void
pmap_init(struct pmap *m, struct arena *a, size_t n)
{
	size_t size = table_size(n);

	m->key = ARENA_ARRAY(a, size, const void *);
	m->val = ARENA_ARRAY(a, size, uint32_t);
	m->mask = size - 1;
}

static size_t
pmap_slot(const struct pmap *m, const void *key)
{
	size_t i = mix(0, key) & m->mask;

	while (m->key[i] && m->key[i] != key)
		i = (i + 1) & m->mask;
	return i;
}

uint32_t *
pmap_find(const struct pmap *m, const void *key)
{
	size_t i = pmap_slot(m, key);

	return m->key[i] ? &m->val[i] : NULL;
}

uint32_t *
pmap_at(struct pmap *m, const void *key, bool *fresh)
{
	size_t i = pmap_slot(m, key);

	*fresh = !m->key[i];
	m->key[i] = key;
	return &m->val[i];
}

void
psig_init(struct psig *s, struct peval *ev, bool on, const struct str *name,
    size_t n)
{
	const struct intern *symbols = labels_symbols(ev->table);
	const struct sym *sym;
	size_t i;

	*s = (struct psig){ .on = on };
	s->name = ARENA_ARRAY(ev->a, n + 1, const struct sym *);
	if (!on)
		s->name[s->n++] = ev->name;
	for (i = 0; i < n; i++)
		/* What nobody has interned, no series has. */
		if ((sym = intern_find(symbols, name[i])))
			s->name[s->n++] = sym;
}

static bool
names_have(const struct psig *s, const struct sym *name)
{
	size_t i;

	for (i = 0; i < s->n; i++)
		if (s->name[i] == name)
			return true;
	return false;
}

static const struct sym *
value_of(const struct labels *l, const struct sym *name)
{
	uint32_t i;

	for (i = 0; i < l->n; i++)
		if (l->v[i].name == name)
			return l->v[i].value;
	return NULL;
}

static uint64_t
sig_hash(const struct psig *s, const struct labels *l)
{
	uint64_t h = 0;
	size_t i;

	if (s->on) {
		for (i = 0; i < s->n; i++)
			h = mix(h, value_of(l, s->name[i]));
		return h;
	}
	for (i = 0; i < l->n; i++)
		if (!names_have(s, l->v[i].name))
			h = mix(mix(h, l->v[i].name), l->v[i].value);
	return h;
}

static bool
sig_eq_on(const struct psig *s, const struct labels *a,
    const struct labels *b)
{
	size_t i;

	for (i = 0; i < s->n; i++)
		if (value_of(a, s->name[i]) != value_of(b, s->name[i]))
			return false;
	return true;
}

static bool
sig_eq(const struct psig *s, const struct labels *a, const struct labels *b)
{
	uint32_t i = 0, k = 0;

	if (a == b)
		return true;
	if (s->on)
		return sig_eq_on(s, a, b);
	for (;;) {
		while (i < a->n && names_have(s, a->v[i].name))
			i++;
		while (k < b->n && names_have(s, b->v[k].name))
			k++;
		if (i == a->n || k == b->n)
			return i == a->n && k == b->n;
		if (a->v[i].name != b->v[k].name ||
		    a->v[i].value != b->v[k].value)
			return false;
		i++, k++;
	}
}

void
pgroups_init(struct pgroups *g, struct arena *a, const struct psig *sig,
    size_t max)
{
	size_t size = table_size(max);

	*g = (struct pgroups){ .sig = *sig, .mask = size - 1 };
	g->slot = ARENA_ARRAY(a, size, uint32_t);
	g->first = ARENA_ARRAY(a, max, const struct labels *);
	g->hash = ARENA_ARRAY(a, max, uint64_t);
}

/* The slot where l's group is, or would be. */
static size_t
group_slot(const struct pgroups *g, const struct labels *l, uint64_t h)
{
	size_t i = h & g->mask;
	uint32_t id;

	for (; g->slot[i]; i = (i + 1) & g->mask) {
		id = g->slot[i] - 1;
		if (g->hash[id] == h && sig_eq(&g->sig, g->first[id], l))
			break;
	}
	return i;
}

uint32_t
pgroups_find(const struct pgroups *g, const struct labels *l)
{
	/* A free slot holds 0, and 0 - 1 is UINT32_MAX. */
	return g->slot[group_slot(g, l, sig_hash(&g->sig, l))] - 1;
}

uint32_t
pgroups_add(struct pgroups *g, const struct labels *l)
{
	uint64_t h = sig_hash(&g->sig, l);
	size_t i = group_slot(g, l, h);
	uint32_t id;

	if (g->slot[i])
		return g->slot[i] - 1;
	id = (uint32_t)g->n++;
	g->slot[i] = id + 1;
	g->hash[id] = h;
	g->first[id] = l;
	return id;
}

const struct labels *
psig_labels(struct peval *ev, const struct psig *s, const struct labels *l)
{
	uint32_t i;

	labels_build(&ev->lb, ev->table, NULL);
	for (i = 0; i < l->n; i++)
		if (names_have(s, l->v[i].name) == s->on)
			labels_set_sym(&ev->lb, l->v[i].name, l->v[i].value);
	return labels_done(&ev->lb);
}

void
pgroups_index(struct arena *a, const uint32_t *group, size_t n,
    size_t ngroups, uint32_t **at, uint32_t **row)
{
	uint32_t *fill;
	size_t i;

	*at = ARENA_ARRAY(a, ngroups + 1, uint32_t);
	*row = arena_raw(a, n * sizeof(**row));
	fill = arena_raw(a, (ngroups + 1) * sizeof(*fill));
	for (i = 0; i < n; i++)
		(*at)[group[i] + 1]++;
	for (i = 0; i < ngroups; i++)
		(*at)[i + 1] += (*at)[i];
	memcpy(fill, *at, (ngroups + 1) * sizeof(*fill));
	for (i = 0; i < n; i++)
		(*row)[fill[group[i]]++] = (uint32_t)i;
}
