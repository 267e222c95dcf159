/*
 * match: arithmetic and comparisons between two vectors.
 *
 * The rows of the many side are walked one by one (of one-to-one, that is the
 * left side), and become the rows of the result.  Duplicates depend on who
 * has a point at a step, so they are looked for on the way, as Prometheus
 * does; of several failures the earliest step's is reported.
 */
#include "promql/binop.h"

#define NO_ROW	UINT32_MAX

struct match {
	struct binop *b;
	const struct pgrid *g;
	struct meeting *m;
	struct side *many, *one;
	bool swap;		/* one-to-many: the left side is the one */
	const double *many_fill, *one_fill;	/* NULL: no fill() */
	/* Of the group at hand, per step: */
	uint32_t *one_row;	/* the row of the one side, or NO_ROW */
	bool *matched;		/* somebody of the many side had a partner */
	/* Rows that are not one of the many side's. */
	struct prow *extra;
	uint32_t *extra_group;
	size_t nextra, cap;
	size_t fail_step;	/* SIZE_MAX: none */
	struct err fail;
};

/*
 * What a comparison has filtered still counts when grouping labels must be
 * unique; it becomes absent at the end.
 */
#define FILTERED_BITS	0x7ff000000000deaf

static double
filtered(void)
{
	const uint64_t bits = FILTERED_BITS;
	double v;

	memcpy(&v, &bits, sizeof(v));
	return v;
}

static bool
is_filtered(double v)
{
	uint64_t bits;

	memcpy(&bits, &v, sizeof(bits));
	return bits == FILTERED_BITS;
}

/* ---- failures ---- */

/* Labels as Go's labels.Labels.String: the name is a label like others. */
static void
print_all_labels(const struct labels *l, struct buf *out)
{
	uint32_t i;

	buf_putc(out, '{');
	for (i = 0; i < l->n; i++) {
		if (i > 0)
			buf_put(out, STR(", "));
		if (label_name_is_legacy(l->v[i].name->s))
			buf_put(out, l->v[i].name->s);
		else
			go_quote(out, l->v[i].name->s);
		buf_putc(out, '=');
		go_quote(out, l->v[i].value->s);
	}
	buf_putc(out, '}');
}

static void
match_fail(struct match *t, size_t step, const char *text)
{
	if (step >= t->fail_step)
		return;
	t->fail_step = step;
	err_set(&t->fail, ERR_CONFIG, "%s", text);
}

static void
fail_duplicate(struct match *t, size_t step, const struct labels *first,
    const struct labels *second)
{
	const struct psig *sig = &t->m->groups.sig;
	struct buf text = { 0 };

	if (step >= t->fail_step)
		return;
	buf_put(&text, STR("found duplicate series for the match group "));
	print_all_labels(psig_labels(t->b->ev, sig, second), &text);
	buf_printf(&text, " on the %s hand-side of the operation: [",
	    t->swap ? "left" : "right");
	if (labels_cmp(first, second) < 0) {
		print_all_labels(first, &text);
		buf_put(&text, STR(", "));
		print_all_labels(second, &text);
	} else {
		print_all_labels(second, &text);
		buf_put(&text, STR(", "));
		print_all_labels(first, &text);
	}
	buf_put(&text, STR("];many-to-many matching not allowed: matching "
	    "labels must be unique on one side"));
	match_fail(t, step, buf_cstr(&text));
	buf_release(&text);
}

/* ---- the one side ---- */

static bool
side_has(const struct side *s, size_t step)
{
	size_t i;

	for (i = 0; i < s->v.nrows; i++)
		if (!pv_gone(s->v.row[i].v[step]))
			return true;
	return false;
}

/* Which row of the one side has the group's point at each step. */
static void
find_one(struct match *t, uint32_t group)
{
	const struct side *s = t->one;
	uint32_t i, row;
	size_t k;

	for (k = 0; k < t->g->n; k++) {
		t->one_row[k] = NO_ROW;
		t->matched[k] = false;
	}
	for (i = s->at[group]; i < s->at[group + 1]; i++) {
		row = s->row[i];
		for (k = 0; k < t->g->n; k++) {
			if (pv_gone(s->v.row[row].v[k]))
				continue;
			/* Upstream does not look when a side is empty. */
			if (t->one_row[k] != NO_ROW && (t->many_fill ||
			    side_has(t->many, k)))
				fail_duplicate(t, k,
				    s->v.row[t->one_row[k]].labels,
				    s->v.row[row].labels);
			t->one_row[k] = row;
		}
	}
}

/* ---- the result ---- */

/* As resultMetric of Prometheus 3.14. */
static const struct labels *
result_labels(struct match *t, const struct labels *many,
    const struct labels *one)
{
	struct peval *ev = t->b->ev;
	const struct pexpr *x = t->b->x;
	const struct labels *l = many;
	struct str name;
	size_t i;

	if (t->b->changes_name || (t->b->return_bool &&
	    !ev->c->delayed_name_removal))
		l = labels_without_meta(ev, l);
	if (x->u.binary.card == PCARD_ONE_TO_ONE && x->u.binary.on) {
		l = psig_labels(ev, &t->m->groups.sig, l);
	} else if (x->u.binary.card == PCARD_ONE_TO_ONE &&
	    x->u.binary.nmatch > 0) {
		labels_build(&ev->lb, ev->table, l);
		for (i = 0; i < x->u.binary.nmatch; i++)
			labels_del(&ev->lb, x->u.binary.match[i]);
		l = labels_done(&ev->lb);
	}
	if (x->u.binary.ninclude == 0)
		return l;
	labels_build(&ev->lb, ev->table, l);
	for (i = 0; i < x->u.binary.ninclude; i++) {
		name = x->u.binary.include[i];
		labels_set(&ev->lb, name, labels_get(one, name));
	}
	return labels_done(&ev->lb);
}

static struct prow *
extra_row(struct match *t, const struct labels *l, uint32_t group, bool drop)
{
	struct peval *ev = t->b->ev;
	struct prow *r, *more;
	uint32_t *groups;
	size_t k;

	if (t->nextra == t->cap) {
		t->cap = t->cap ? t->cap * 2 : 8;
		more = ARENA_ARRAY(ev->a, t->cap, struct prow);
		groups = ARENA_ARRAY(ev->a, t->cap, uint32_t);
		if (t->nextra) {
			memcpy(more, t->extra, t->nextra * sizeof(*more));
			memcpy(groups, t->extra_group,
			    t->nextra * sizeof(*groups));
		}
		t->extra = more;
		t->extra_group = groups;
	}
	t->extra_group[t->nextra] = group;
	r = &t->extra[t->nextra++];
	*r = (struct prow){ .labels = l, .drop_name = drop };
	r->v = arena_raw(ev->a, t->g->n * sizeof(*r->v));
	for (k = 0; k < t->g->n; k++)
		r->v[k] = pv_none();
	return r;
}

/* The two elements in the order of the text; false: no point. */
static bool
meet_elems(struct match *t, struct elem many, struct elem one,
    struct elem *out)
{
	enum verdict v;

	v = t->swap ? pelem_binop(t->b, one, many, out) :
	    pelem_binop(t->b, many, one, out);
	if (v == INCOMPATIBLE)
		return false;
	if (t->b->return_bool)
		*out = (struct elem){ .v = v == KEEP };
	else if (v == FILTERED)
		*out = (struct elem){ .v = filtered() };
	return true;
}

/* A row of the many side against its partners. */
struct walk {
	struct prow *base;	/* becomes the first row of the result */
	const struct labels *labels;	/* as it was */
	bool drop, base_used;
	uint32_t group, partner;	/* of the row at hand */
	struct prow *row;
	size_t first_extra;
};

/* The result row for a partner: rows with equal labels are one. */
static struct prow *
walk_row(struct match *t, struct walk *w, uint32_t partner)
{
	const struct labels *one, *l;
	size_t i;

	if (w->row && w->partner == partner)
		return w->row;
	w->partner = partner;
	one = partner == NO_ROW ? psig_labels(t->b->ev, &t->m->groups.sig,
	    w->labels) : t->one->v.row[partner].labels;
	l = result_labels(t, w->labels, one);
	if (!w->base_used || w->base->labels == l) {
		w->base_used = true;
		w->base->labels = l;
		w->base->drop_name = w->drop;
		return w->row = w->base;
	}
	for (i = w->first_extra; i < t->nextra; i++)
		if (t->extra[i].labels == l)
			return w->row = &t->extra[i];
	return w->row = extra_row(t, l, w->group, w->drop);
}

/* Upstream forgets what the operands were to lose. */
static bool
result_drops_name(const struct match *t)
{
	return t->b->return_bool && t->b->ev->c->delayed_name_removal;
}

static void
walk_many(struct match *t, uint32_t group, struct prow *r)
{
	bool one_to_one = t->b->x->u.binary.card == PCARD_ONE_TO_ONE;
	struct walk w = { .base = r, .labels = r->labels, .group = group,
	    .drop = result_drops_name(t),
	    .first_extra = t->nextra };
	struct elem many, one, e;
	struct prow *to;
	uint32_t p;
	size_t k;

	for (k = 0; k < t->g->n; k++) {
		if (pv_gone(r->v[k]))
			continue;
		many = pelem_of(r, k);
		r->v[k] = pv_none();
		if (r->h)
			r->h[k] = NULL;
		p = t->one_row[k];
		if (p == NO_ROW && !t->one_fill)
			continue;
		one = p == NO_ROW ? (struct elem){ .v = *t->one_fill } :
		    pelem_of(&t->one->v.row[p], k);
		if (!meet_elems(t, many, one, &e))
			continue;
		if (t->matched[k] && one_to_one)
			match_fail(t, k, "multiple matches for labels: "
			    "many-to-one matching must be explicit "
			    "(group_left/group_right)");
		t->matched[k] = true;
		to = walk_row(t, &w, p);
		pelem_put(t->b, to, k, t->g->n, e);
	}
}

/* Steps at which nobody of the many side met the one side's row. */
static void
fill_many(struct match *t, uint32_t group)
{
	struct elem many = { .v = *t->many_fill }, e;
	const struct labels *l, *rest;
	struct prow *to = NULL, *one;
	uint32_t row = NO_ROW;
	size_t k;

	for (k = 0; k < t->g->n; k++) {
		if (t->one_row[k] == NO_ROW || t->matched[k])
			continue;
		one = &t->one->v.row[t->one_row[k]];
		if (!meet_elems(t, many, pelem_of(one, k), &e))
			continue;
		if (!to || row != t->one_row[k]) {
			row = t->one_row[k];
			rest = psig_labels(t->b->ev, &t->m->groups.sig,
			    one->labels);
			l = result_labels(t, rest, one->labels);
			if (!to || to->labels != l)
				to = extra_row(t, l, group,
				    result_drops_name(t));
		}
		pelem_put(t->b, to, k, t->g->n, e);
	}
}

static void
match_group(struct match *t, uint32_t group)
{
	struct side *many = t->many, *one = t->one;
	uint32_t i, nmany = many->at[group + 1] - many->at[group];
	uint32_t none = one->at[group + 1] - one->at[group];

	if (nmany == 0 && none < 2 && !t->many_fill)
		return;
	find_one(t, group);
	for (i = many->at[group]; i < many->at[group + 1]; i++)
		walk_many(t, group, &many->v.row[many->row[i]]);
	if (t->many_fill)
		fill_many(t, group);
}

/* ---- putting it together ---- */

static int
all_rows(struct match *t, struct pcols *out, uint32_t **group)
{
	struct side *many = t->many;
	size_t n = many->v.nrows;

	*out = many->v;
	*group = many->group;
	if (t->nextra == 0)
		return 0;
	out->row = ARENA_ARRAY(t->b->ev->a, n + t->nextra, struct prow);
	*group = ARENA_ARRAY(t->b->ev->a, n + t->nextra, uint32_t);
	if (n) {
		memcpy(out->row, many->v.row, n * sizeof(*out->row));
		memcpy(*group, many->group, n * sizeof(**group));
	}
	memcpy(out->row + n, t->extra, t->nextra * sizeof(*out->row));
	memcpy(*group + n, t->extra_group, t->nextra * sizeof(**group));
	out->nrows = n + t->nextra;
	return peval_charge(t->b->ev, t->nextra * t->g->n);
}

/* Within a group, no labels twice at one step. */
static void
check_unique(struct match *t, const struct pcols *v, const uint32_t *group)
{
	struct pmap seen;
	const struct prow *a, *b;
	uint32_t *at;
	size_t i, k;
	bool fresh;

	pmap_init(&seen, t->b->ev->a, v->nrows);
	for (i = 0; i < v->nrows; i++) {
		a = &v->row[i];
		at = pmap_at(&seen, a->labels, &fresh);
		if (fresh) {
			*at = (uint32_t)i;
			continue;
		}
		b = &v->row[*at];
		for (k = 0; k < v->nsteps && group[i] == group[*at]; k++)
			if (!pv_gone(a->v[k]) && !pv_gone(b->v[k]))
				match_fail(t, k, "multiple matches for "
				    "labels: grouping labels must ensure "
				    "unique matches");
	}
}

static void
forget_filtered(struct pcols *v)
{
	size_t i, k;

	for (i = 0; i < v->nrows; i++)
		for (k = 0; k < v->nsteps; k++)
			if (is_filtered(v->row[i].v[k]))
				v->row[i].v[k] = pv_none();
}

static void
match_init(struct match *t, struct binop *b, const struct pgrid *g,
    struct meeting *m)
{
	const struct pexpr *x = b->x;

	*t = (struct match){ .b = b, .g = g, .m = m, .fail_step = SIZE_MAX };
	t->swap = x->u.binary.card == PCARD_ONE_TO_MANY;
	t->many = t->swap ? &m->r : &m->l;
	t->one = t->swap ? &m->l : &m->r;
	/* With group_right, too: upstream swaps the sides, not the values. */
	if (x->u.binary.fill_left)
		t->many_fill = &x->u.binary.fill_left_v;
	if (x->u.binary.fill_right)
		t->one_fill = &x->u.binary.fill_right_v;
	t->one_row = arena_raw(b->ev->a, g->n * sizeof(*t->one_row));
	t->matched = arena_raw(b->ev->a, g->n * sizeof(*t->matched));
}

int
pmatch_eval(struct binop *b, const struct pgrid *g, struct pcols *out)
{
	struct meeting m = { 0 };
	struct match t;
	uint32_t *group, i;

	if (pmeet(b, g, &m) == -1)
		return -1;
	match_init(&t, b, g, &m);
	for (i = 0; i < m.groups.n; i++) {
		if (i % 1024 == 1023 && peval_alive(b->ev) == -1)
			return -1;
		match_group(&t, i);
	}
	if (b->ev->e->kind != ERR_NONE || all_rows(&t, out, &group) == -1)
		return -1;
	if (b->x->u.binary.card != PCARD_ONE_TO_ONE)
		check_unique(&t, out, group);
	if (t.fail_step != SIZE_MAX) {
		*b->ev->e = t.fail;
		return -1;
	}
	if (b->compares && !b->return_bool)
		forget_filtered(out);
	pcols_drop_empty(out);
	return b->ev->c->delayed_name_removal ? 0 : pcols_merge(b->ev, out);
}
