/*
 * fn_misc: what changes the shape of a value: absent, scalar, vector, sort.
 */
#include <math.h>
#include <stdlib.h>

#include "promql/internal.h"

/* ---- absent ---- */

static bool
matched_twice(const struct pexpr *sel, size_t at)
{
	size_t i;

	for (i = 0; i < sel->u.selector.nm; i++)
		if (i != at && str_eq(sel->u.selector.m[i].name,
		    sel->u.selector.m[at].name))
			return true;
	return false;
}

const struct labels *
plabels_of_absent(struct peval *ev, const struct pexpr *x)
{
	const struct matcher *m;
	size_t i;

	if (x->kind == PX_MATRIX)
		x = x->u.matrix.selector;
	if (x->kind != PX_SELECTOR)
		return labels_empty(ev->table);
	labels_build(&ev->lb, ev->table, NULL);
	for (i = 0; i < x->u.selector.nm; i++) {
		m = &x->u.selector.m[i];
		if (m->op == MATCH_EQ && !matched_twice(x, i) &&
		    !str_eq(m->name, STR("__name__")))
			labels_set(&ev->lb, m->name, m->value);
	}
	return labels_done(&ev->lb);
}

int
fn_absent(struct pcall *c, struct pcols *arg, size_t nargs,
    struct pcols *out)
{
	bool *seen = ARENA_ARRAY(c->ev->a, c->g->n, bool);
	size_t i, k;

	(void)nargs;
	for (i = 0; i < arg->nrows; i++)
		for (k = 0; k < c->g->n; k++)
			seen[k] |= !pv_gone(arg->row[i].v[k]);
	if (pcols_new(c->ev, c->g, 1, out) == -1)
		return -1;
	out->row[0].labels = plabels_of_absent(c->ev, pcall_arg(c, 0));
	for (k = 0; k < c->g->n; k++)
		if (!seen[k])
			out->row[0].v[k] = 1;
	pcols_drop_empty(out);
	return 0;
}

/* ---- scalar, vector ---- */

/* The number when there is exactly one, else NaN. */
int
fn_scalar(struct pcall *c, struct pcols *arg, size_t nargs,
    struct pcols *out)
{
	size_t *n = ARENA_ARRAY(c->ev->a, c->g->n, size_t);
	const struct prow *r;
	size_t i, k;

	(void)nargs;
	if (pcols_new(c->ev, c->g, 1, out) == -1)
		return -1;
	out->type = P_SCALAR;
	out->row[0].labels = labels_empty(c->ev->table);
	for (i = 0; i < arg->nrows; i++) {
		r = &arg->row[i];
		for (k = 0; k < c->g->n; k++) {
			if (pv_gone(r->v[k]) || (r->h && r->h[k]))
				continue;
			n[k]++;
			out->row[0].v[k] = r->v[k];
		}
	}
	for (k = 0; k < c->g->n; k++)
		if (n[k] != 1)
			out->row[0].v[k] = NAN;
	return 0;
}

int
fn_vector(struct pcall *c, struct pcols *arg, size_t nargs,
    struct pcols *out)
{
	(void)c, (void)nargs;
	*out = arg[0];
	out->type = P_VECTOR;
	return 0;
}

/* ---- sort: NaN last both ways; ranges are ordered by labels anyway ---- */

static int
value_cmp(const struct prow *a, const struct prow *b, int sign)
{
	double x = a->v[0], y = b->v[0];

	if (isnan(x) || isnan(y))
		return isnan(x) - isnan(y);
	return x < y ? -sign : x > y ? sign : 0;
}

/* Stable, so that equal values keep the order of the labels. */
static void
sort_rows(struct peval *ev, struct pcols *v,
    int (*cmp)(const struct prow *, const struct prow *, const void *),
    const void *arg)
{
	struct prow *a = v->row, *b, *t;
	size_t width, i, l, r, mid, end, at, n = v->nrows;

	b = ARENA_ARRAY(ev->a, n, struct prow);
	for (width = 1; width < n; width *= 2) {
		for (i = at = 0; i < n; i += 2 * width) {
			mid = i + width < n ? i + width : n;
			end = i + 2 * width < n ? i + 2 * width : n;
			for (l = i, r = mid; l < mid || r < end;)
				b[at++] = r == end || (l < mid &&
				    cmp(&a[l], &a[r], arg) <= 0) ?
				    a[l++] : a[r++];
		}
		t = a;
		a = b;
		b = t;
	}
	v->row = a;
}

static int
by_value(const struct prow *a, const struct prow *b, const void *arg)
{
	return value_cmp(a, b, *(const int *)arg);
}

static int
sort_by_value(struct pcall *c, struct pcols *arg, int sign,
    struct pcols *out)
{
	*out = arg[0];
	pcols_drop_hists(out);
	pcols_drop_empty(out);
	if (c->g->n == 1)
		sort_rows(c->ev, out, by_value, &sign);
	return 0;
}

int
fn_sort(struct pcall *c, struct pcols *arg, size_t nargs, struct pcols *out)
{
	(void)nargs;
	return sort_by_value(c, arg, 1, out);
}

int
fn_sort_desc(struct pcall *c, struct pcols *arg, size_t nargs,
    struct pcols *out)
{
	(void)nargs;
	return sort_by_value(c, arg, -1, out);
}

/* ---- by label ---- */

static bool
is_digit(char ch)
{
	return ch >= '0' && ch <= '9';
}

/* The next run of digits, or of anything else. */
static struct str
chunk(struct str *s)
{
	size_t n = 1;
	struct str head;

	while (n < s->n && is_digit(s->p[n]) == is_digit(s->p[0]))
		n++;
	head = str_sub(*s, 0, n);
	*s = str_sub(*s, n, s->n);
	return head;
}

static struct str
without_zeros(struct str s)
{
	while (s.n > 1 && s.p[0] == '0')
		s = str_sub(s, 1, s.n);
	return s;
}

static int
number_cmp(struct str a, struct str b)
{
	struct str x = without_zeros(a), y = without_zeros(b);

	if (x.n != y.n)
		return x.n < y.n ? -1 : 1;
	if (!str_eq(x, y))
		return str_cmp(x, y);
	/* Equal numbers: the longer spelling comes later. */
	return a.n < b.n ? -1 : a.n > b.n;
}

/* As people sort: runs of digits by their number. */
static int
natural_cmp(struct str a, struct str b)
{
	struct str x, y;
	int cmp;

	while (a.n > 0 && b.n > 0) {
		x = chunk(&a);
		y = chunk(&b);
		cmp = is_digit(x.p[0]) && is_digit(y.p[0]) ?
		    number_cmp(x, y) : str_cmp(x, y);
		if (cmp != 0)
			return cmp;
	}
	return a.n > 0 ? 1 : b.n > 0 ? -1 : 0;
}

struct by_labels {
	const struct pcols *name;
	size_t n;
	int sign;
};

static int
by_label(const struct prow *a, const struct prow *b, const void *arg)
{
	const struct by_labels *by = arg;
	struct str x, y;
	size_t i;

	for (i = 0; i < by->n; i++) {
		x = labels_get(a->labels, by->name[i].text);
		y = labels_get(b->labels, by->name[i].text);
		if (!str_eq(x, y))
			return by->sign * natural_cmp(x, y);
	}
	return by->sign * labels_cmp(a->labels, b->labels);
}

static int
sort_by_labels(struct pcall *c, struct pcols *arg, size_t nargs, int sign,
    struct pcols *out)
{
	struct by_labels by = { .name = arg + 1, .n = nargs - 1,
	    .sign = sign };

	*out = arg[0];
	pcols_drop_empty(out);
	sort_rows(c->ev, out, by_label, &by);
	return 0;
}

int
fn_sort_by_label(struct pcall *c, struct pcols *arg, size_t nargs,
    struct pcols *out)
{
	return sort_by_labels(c, arg, nargs, 1, out);
}

int
fn_sort_by_label_desc(struct pcall *c, struct pcols *arg, size_t nargs,
    struct pcols *out)
{
	return sort_by_labels(c, arg, nargs, -1, out);
}
