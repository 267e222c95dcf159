#include "model/alert.h"

/*
 * By one label: alerts that have it come first, then by its value; equal or
 * both missing decides nothing.
 */
static int
cmp_label(const struct labels *a, const struct labels *b, struct str name)
{
	struct str va = labels_get(a, name), vb = labels_get(b, name);

	if (va.n == 0 || vb.n == 0)
		return (va.n == 0) - (vb.n == 0);
	return str_cmp(va, vb);
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
		c = str_cmp(a->v[i].name->s, b->v[i].name->s);
		if (c != 0)	/* the smaller name is missing in the other */
			return c < 0 ? 1 : -1;
		c = str_cmp(a->v[i].value->s, b->v[i].value->s);
		if (c != 0)
			return c;
	}
	return 0;
}

int
alert_cmp(const struct alert *a, const struct alert *b)
{
	int c = cmp_label(a->labels, b->labels, STR("job"));

	if (c == 0)
		c = cmp_label(a->labels, b->labels, STR("instance"));
	if (c == 0)
		c = cmp_sets(a->labels, b->labels);
	return c;
}
