#include "tsdb/postings.h"

#define NONE	UINT32_MAX

struct pair {
	const struct sym *name, *value;
	uint32_t first, n;	/* of the series array */
	uint32_t next;		/* pair with the same name; NONE = last */
};

/* A label name and the newest of its pairs. */
struct pair_list {
	const struct sym *name;
	uint32_t last;
};

struct postings {
	VEC(struct pair) pair;
	uint32_t *slot;		/* pair + 1; 0 = free */
	size_t nslots;
	struct head_series **series;
	VEC(struct pair_list) names;
};

static size_t
slot_of(const struct postings *p, const struct sym *name,
    const struct sym *value)
{
	size_t i = (name->hash * 31 + value->hash) & (p->nslots - 1);
	const struct pair *q;

	while (p->slot[i]) {
		q = &p->pair.p[p->slot[i] - 1];
		if (q->name == name && q->value == value)
			break;
		i = (i + 1) & (p->nslots - 1);
	}
	return i;
}

static void
rehash(struct postings *p)
{
	size_t i;

	mem_free(p->slot);
	p->nslots = p->nslots ? p->nslots * 2 : 64;
	p->slot = mem_array(p->nslots, sizeof(*p->slot));
	for (i = 0; i < p->pair.n; i++)
		p->slot[slot_of(p, p->pair.p[i].name, p->pair.p[i].value)] =
		    (uint32_t)i + 1;
}

/* Chain the new pair to the others of its name. */
static uint32_t
chain(struct postings *p, const struct sym *name, uint32_t pair)
{
	uint32_t next;
	size_t i;

	for (i = 0; i < p->names.n; i++)
		if (p->names.p[i].name == name) {
			next = p->names.p[i].last;
			p->names.p[i].last = pair;
			return next;
		}
	vec_push(&p->names, (struct pair_list){ name, pair });
	return NONE;
}

static struct pair *
pair_of(struct postings *p, const struct label *l)
{
	size_t at = slot_of(p, l->name, l->value);
	uint32_t i;

	if (p->slot[at])
		return &p->pair.p[p->slot[at] - 1];
	i = (uint32_t)p->pair.n;
	vec_push(&p->pair, (struct pair){ .name = l->name, .value = l->value,
	    .next = chain(p, l->name, i) });
	p->slot[at] = i + 1;
	if (p->pair.n > p->nslots / 2)
		rehash(p);
	return &p->pair.p[i];
}

/* Count, then place: the lists stand one behind the other in one array. */
struct postings *
postings_new(struct head_series *const *s, size_t n, const struct sym *skip)
{
	struct postings *p = mem_zalloc(sizeof(*p));
	uint32_t total = 0;
	struct pair *q;
	size_t i, k;

	rehash(p);
	for (i = 0; i < n; i++)
		for (k = 0; k < s[i]->labels->n; k++)
			if (s[i]->labels->v[k].name != skip)
				pair_of(p, &s[i]->labels->v[k])->n++;
	for (i = 0; i < p->pair.n; i++) {
		p->pair.p[i].first = total;
		total += p->pair.p[i].n;
		p->pair.p[i].n = 0;
	}
	p->series = mem_array(total, sizeof(struct head_series *));
	for (i = 0; i < n; i++)
		for (k = 0; k < s[i]->labels->n; k++) {
			if (s[i]->labels->v[k].name == skip)
				continue;
			q = pair_of(p, &s[i]->labels->v[k]);
			p->series[q->first + q->n++] = s[i];
		}
	return p;
}

void
postings_free(struct postings *p)
{
	if (p == NULL)
		return;
	vec_release(&p->pair);
	vec_release(&p->names);
	mem_free(p->slot);
	mem_free(p->series);
	mem_free(p);
}

/* The newest pair of a name; NONE when no series has the label. */
static uint32_t
first_pair(const struct postings *p, const struct sym *name)
{
	size_t i;

	for (i = 0; i < p->names.n; i++)
		if (p->names.p[i].name == name)
			return p->names.p[i].last;
	return NONE;
}

/* How many series want w leaves, at most; SIZE_MAX: it cannot be asked. */
static size_t
leaves(const struct postings *p, struct want *w)
{
	uint32_t i = first_pair(p, w->name);
	size_t n = 0, at;

	if (w->missing_ok)
		return SIZE_MAX;
	if (w->m->op == MATCH_EQ) {
		at = slot_of(p, w->name, w->value);
		return p->slot[at] ? p->pair.p[p->slot[at] - 1].n : 0;
	}
	for (; i != NONE; i = p->pair.p[i].next)
		if (want_ok_value(w, p->pair.p[i].value))
			n += p->pair.p[i].n;
	return n;
}

static void
take(const struct postings *p, const struct pair *q, struct want *w,
    size_t nw, head_list *out)
{
	uint32_t i;

	for (i = q->first; i < q->first + q->n; i++)
		if (wants_ok(w, nw, p->series[i]->labels))
			vec_push(out, p->series[i]);
}

bool
postings_select(const struct postings *p, struct want *w, size_t nw,
    size_t most, head_list *out)
{
	size_t i, n, least = SIZE_MAX;
	struct want *best = NULL;
	uint32_t at;

	for (i = 0; i < nw; i++)
		if ((n = leaves(p, &w[i])) < least) {
			least = n;
			best = &w[i];
		}
	if (best == NULL || least > most)
		return false;
	if (least == 0)
		return true;
	if (best->m->op == MATCH_EQ) {
		at = p->slot[slot_of(p, best->name, best->value)] - 1;
		take(p, &p->pair.p[at], w, nw, out);
		return true;
	}
	for (at = first_pair(p, best->name); at != NONE;
	    at = p->pair.p[at].next)
		if (want_ok_value(best, p->pair.p[at].value))
			take(p, &p->pair.p[at], w, nw, out);
	return true;
}
