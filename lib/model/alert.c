#include "model/alert.h"

#include <stdlib.h>

/* What decides first is looked up once for each alert. */
struct place {
	struct str job, instance;
	const struct alert *alert;
};

static struct place
place_of(const struct alert *a)
{
	return (struct place){ labels_get(a->labels, STR("job")),
	    labels_get(a->labels, STR("instance")), a };
}

/*
 * By the value of one label: alerts that have it come first; equal or both
 * missing decides nothing.
 */
static int
cmp_value(struct str a, struct str b)
{
	if (a.n == 0 || b.n == 0)
		return (a.n == 0) - (b.n == 0);
	return a.p == b.p && a.n == b.n ? 0 : str_cmp(a, b);
}

/* Equal strings of one table are one symbol. */
static int
cmp_syms(const struct sym *a, const struct sym *b)
{
	return a == b ? 0 : str_cmp(a->s, b->s);
}

/*
 * model.LabelSet.Before: fewer labels first, then the union of names in
 * order; where a name is missing on one side, that side is first.
 */
static int
cmp_sets(const struct labels *a, const struct labels *b)
{
	size_t i;
	int c;

	if (a->n != b->n)
		return a->n < b->n ? -1 : 1;
	for (i = 0; i < a->n; i++) {
		c = cmp_syms(a->v[i].name, b->v[i].name);
		if (c != 0)	/* the smaller name is missing in the other */
			return c < 0 ? 1 : -1;
		c = cmp_syms(a->v[i].value, b->v[i].value);
		if (c != 0)
			return c;
	}
	return 0;
}

static int
cmp_places(const void *va, const void *vb)
{
	const struct place *a = va, *b = vb;
	int c = cmp_value(a->job, b->job);

	if (c == 0)
		c = cmp_value(a->instance, b->instance);
	if (c == 0)
		c = cmp_sets(a->alert->labels, b->alert->labels);
	return c;
}

int
alert_cmp(const struct alert *a, const struct alert *b)
{
	struct place x = place_of(a), y = place_of(b);

	return cmp_places(&x, &y);
}

void
alert_sort(struct alert *v, size_t n, struct arena *a)
{
	struct place *p;
	struct alert *from;
	size_t i;

	if (n < 2)
		return;
	p = ARENA_ARRAY(a, n, struct place);
	from = ARENA_ARRAY(a, n, struct alert);
	memcpy(from, v, n * sizeof(*v));
	for (i = 0; i < n; i++)
		p[i] = place_of(&from[i]);
	qsort(p, n, sizeof(*p), cmp_places);
	for (i = 0; i < n; i++)
		v[i] = *p[i].alert;
}
