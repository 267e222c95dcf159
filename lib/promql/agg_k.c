/*
 * agg_k: the aggregations that look at a whole group at a step: topk,
 * bottomk, limitk, limit_ratio, quantile and count_values.
 */
#include <math.h>
#include <stdlib.h>

#include "core/hash.h"
#include "core/num.h"
#include "core/utf8.h"
#include "promql/internal.h"

/* ---- parameters ---- */

static void
param_span(const struct pagg_in *in, double *min, double *max, bool *nan)
{
	size_t i;

	*min = INFINITY;
	*max = -INFINITY;
	*nan = false;
	for (i = 0; i < in->g->n; i++) {
		*nan |= isnan(in->param[i]);
		*min = fmin(*min, in->param[i]);
		*max = fmax(*max, in->param[i]);
	}
}

/* ---- quantile ---- */

static void
note_quantile(struct pagg_in *in, double q)
{
	struct str text = pgo_g(in->ev, q);

	peval_note(in->ev, PNOTE_WARNING, pexpr_bare(in->x->u.agg.param),
	    "quantile value should be between 0 and 1, got " STR_FMT,
	    STR_ARG(text));
}

static size_t
gather(struct pagg_in *in, uint32_t group, size_t step, double *v)
{
	const struct prow *r;
	uint32_t i;
	size_t n = 0;

	for (i = in->at[group]; i < in->at[group + 1]; i++) {
		r = &in->v.row[in->row[i]];
		if (pv_gone(r->v[step]))
			continue;
		if (r->h && r->h[step])
			peval_note(in->ev, PNOTE_INFO, in->arg,
			    "ignored histogram in quantile aggregation");
		else
			v[n++] = r->v[step];
	}
	return n;
}

static bool
group_drops_name(const struct pagg_in *in, uint32_t group)
{
	uint32_t i;

	for (i = in->at[group]; i < in->at[group + 1]; i++)
		if (in->v.row[in->row[i]].drop_name)
			return true;
	return false;
}

int
pagg_quantile(struct pagg_in *in, struct pcols *out)
{
	double min, max, *v;
	struct prow *r;
	uint32_t i;
	size_t k, n;
	bool nan;

	param_span(in, &min, &max, &nan);
	if (nan)
		note_quantile(in, NAN);
	if (max > 1)
		note_quantile(in, max);
	if (min < 0)
		note_quantile(in, min);
	if (pcols_new(in->ev, in->g, in->groups.n, out) == -1)
		return -1;
	v = arena_raw(in->ev->a, in->v.nrows * sizeof(*v));
	for (i = 0; i < in->groups.n; i++) {
		r = &out->row[i];
		r->labels = psig_labels(in->ev, &in->groups.sig,
		    in->groups.first[i]);
		r->drop_name = group_drops_name(in, i);
		for (k = 0; k < in->g->n; k++)
			if ((n = gather(in, i, k, v)) > 0)
				r->v[k] = pquantile(in->param[k], v, n);
	}
	pcols_drop_empty(out);
	return 0;
}

/* ---- topk, bottomk ---- */

struct item {
	double v;
	uint32_t row;
};

/* The k best so far, the worst of them on top. */
struct best {
	struct item *at;
	size_t n, k;
	bool bottom;
};

static bool
worse(const struct best *b, double x, double y)
{
	if (isnan(x))
		return true;
	return b->bottom ? x > y : x < y;
}

static void
best_swap(struct best *b, size_t i, size_t k)
{
	struct item t = b->at[i];

	b->at[i] = b->at[k];
	b->at[k] = t;
}

static void
best_up(struct best *b, size_t i)
{
	size_t parent;

	while (i > 0) {
		parent = (i - 1) / 2;
		if (!worse(b, b->at[i].v, b->at[parent].v))
			return;
		best_swap(b, i, parent);
		i = parent;
	}
}

static void
best_down(struct best *b)
{
	size_t i = 0, child;

	while ((child = 2 * i + 1) < b->n) {
		if (child + 1 < b->n &&
		    worse(b, b->at[child + 1].v, b->at[child].v))
			child++;
		if (!worse(b, b->at[child].v, b->at[i].v))
			return;
		best_swap(b, i, child);
		i = child;
	}
}

/* An equal value does not displace one that came first. */
static void
best_add(struct best *b, struct item it)
{
	if (b->n < b->k) {
		b->at[b->n] = it;
		best_up(b, b->n++);
		return;
	}
	if ((isnan(b->at[0].v) && !isnan(it.v)) ||
	    (b->bottom ? it.v < b->at[0].v : it.v > b->at[0].v)) {
		b->at[0] = it;
		best_down(b);
	}
}

/* Best first; a small, stable sort, as k is small. */
static void
best_sort(struct best *b)
{
	struct item it;
	size_t i, k;

	for (i = 1; i < b->n; i++) {
		it = b->at[i];
		for (k = i; k > 0 && worse(b, b->at[k - 1].v, it.v) &&
		    !(isnan(b->at[k - 1].v) && isnan(it.v)); k--)
			b->at[k] = b->at[k - 1];
		b->at[k] = it;
	}
}

static int
item_cmp_row(const void *a, const void *b)
{
	const struct item *x = a, *y = b;

	return x->row < y->row ? -1 : x->row > y->row;
}

/* Large k: n log n, rows breaking ties, then best first. */
static int
item_cmp_top(const void *a, const void *b)
{
	const struct item *x = a, *y = b;

	if (isnan(x->v) || isnan(y->v)) {
		if (isnan(x->v) != isnan(y->v))
			return isnan(x->v) ? 1 : -1;
		return item_cmp_row(a, b);
	}
	if (x->v != y->v)
		return x->v > y->v ? -1 : 1;
	return item_cmp_row(a, b);
}

static int
item_cmp_bottom(const void *a, const void *b)
{
	const struct item *x = a, *y = b;

	if (isnan(x->v) || isnan(y->v) || x->v == y->v)
		return item_cmp_top(a, b);
	return x->v < y->v ? -1 : 1;
}

static void
best_order(struct best *b)
{
	if (b->n <= 12)
		best_sort(b);
	else
		qsort(b->at, b->n, sizeof(*b->at),
		    b->bottom ? item_cmp_bottom : item_cmp_top);
}

/* ---- the k of each group ---- */

/* XXH64 over length-prefixed names and values, as labels.Hash of 3.14. */
static double
ratio_offset(const struct labels *l)
{
	struct buf b = { 0 };
	const struct str *part[2];
	double at;
	uint32_t i;
	size_t k, n;

	for (i = 0; i < l->n; i++) {
		part[0] = &l->v[i].name->s;
		part[1] = &l->v[i].value->s;
		for (k = 0; k < 2; k++) {
			n = part[k]->n;
			if (n < 255) {
				buf_putc(&b, (char)n);
			} else {
				buf_putc(&b, (char)0xff);
				buf_putc(&b, (char)(n & 0xff));
				buf_putc(&b, (char)(n >> 8 & 0xff));
				buf_putc(&b, (char)(n >> 16 & 0xff));
			}
			buf_put(&b, *part[k]);
		}
	}
	at = (double)hash_xx64(buf_str(&b)) / 18446744073709551615.0;
	buf_release(&b);
	return at;
}

/* Where the chosen points of each row go: rows in the order of choice. */
struct chosen {
	struct pcols *out;
	uint32_t *row_of;	/* of an input row in out, or NO_ROW */
};

#define NO_ROW	UINT32_MAX

static void
choose(struct pagg_in *in, struct chosen *c, uint32_t row, size_t step)
{
	const struct prow *from = &in->v.row[row];
	struct prow *r;

	if (c->row_of[row] == NO_ROW) {
		c->row_of[row] = (uint32_t)c->out->nrows;
		r = &c->out->row[c->out->nrows++];
		r->labels = from->labels;
		r->drop_name = from->drop_name;
	}
	r = &c->out->row[c->row_of[row]];
	r->v[step] = from->v[step];
	if (from->h && from->h[step])
		prow_hists(in->ev, r, in->g->n)[step] = from->h[step];
}

static void
choose_best(struct pagg_in *in, struct chosen *c, struct best *b,
    uint32_t group, size_t step)
{
	const struct prow *r;
	uint32_t i;
	size_t k;

	b->n = 0;
	for (i = in->at[group]; i < in->at[group + 1]; i++) {
		r = &in->v.row[in->row[i]];
		if (pv_gone(r->v[step]))
			continue;
		if (r->h && r->h[step])
			peval_note(in->ev, PNOTE_INFO, in->x, "ignored "
			    "histogram in %s aggregation",
			    pagg_text(in->x->u.agg.op));
		else
			best_add(b, (struct item){ r->v[step], in->row[i] });
	}
	best_order(b);
	for (k = 0; k < b->n; k++)
		choose(in, c, b->at[k].row, step);
}

static void
choose_first(struct pagg_in *in, struct chosen *c, size_t k, uint32_t group,
    size_t step)
{
	uint32_t i;

	for (i = in->at[group]; i < in->at[group + 1] && k > 0; i++) {
		if (pv_gone(in->v.row[in->row[i]].v[step]))
			continue;
		choose(in, c, in->row[i], step);
		k--;
	}
}

static void
choose_ratio(struct pagg_in *in, struct chosen *c, const double *offset,
    uint32_t group, size_t step)
{
	double r = fmax(-1, fmin(1, in->param[step]));
	uint32_t i, row;

	for (i = in->at[group]; i < in->at[group + 1]; i++) {
		row = in->row[i];
		if (pv_gone(in->v.row[row].v[step]))
			continue;
		if (r >= 0 ? offset[row] < r : offset[row] >= 1 + r)
			choose(in, c, row, step);
	}
}

static void
note_ratio(struct pagg_in *in, double got, double to)
{
	struct str text = pgo_g(in->ev, got);

	peval_note(in->ev, PNOTE_WARNING, pexpr_bare(in->x->u.agg.param),
	    "ratio value should be between -1 and 1, got " STR_FMT
	    ", capping to %g", STR_ARG(text), to);
}

/* 1 to go on, 0 when nothing is chosen at all, -1 failed. */
static int
check_param(struct pagg_in *in)
{
	double min, max;
	struct str text;
	bool nan, ratio = in->x->u.agg.op == PAGG_LIMIT_RATIO;

	param_span(in, &min, &max, &nan);
	if (nan)
		return peval_fail(in->ev, "%s value is NaN",
		    ratio ? "Ratio" : "Parameter");
	if (ratio) {
		if (max > 1)
			note_ratio(in, max, 1);
		if (min < -1)
			note_ratio(in, min, -1);
		return min != 0 || max != 0;
	}
	if (max < 1)
		return 0;
	if (min <= -0x1p63) {
		text = pgo_g(in->ev, min);
		return peval_fail(in->ev, "Scalar value " STR_FMT
		    " underflows int64", STR_ARG(text));
	}
	if (max >= 0x1p63 - 1024) {
		text = pgo_g(in->ev, max);
		return peval_fail(in->ev, "Scalar value " STR_FMT
		    " overflows int64", STR_ARG(text));
	}
	return 1;
}

static size_t
k_at(const struct pagg_in *in, size_t step)
{
	double k = in->param[step];

	if (k < 1)
		return 0;
	return k < (double)in->v.nrows ? (size_t)k : in->v.nrows;
}

static void
choose_step(struct pagg_in *in, struct chosen *c, struct best *b,
    const double *offset, size_t step)
{
	enum pagg op = in->x->u.agg.op;
	uint32_t i;

	b->k = k_at(in, step);
	if (op != PAGG_LIMIT_RATIO && b->k == 0)
		return;
	for (i = 0; i < in->groups.n; i++) {
		if (op == PAGG_LIMIT_RATIO)
			choose_ratio(in, c, offset, i, step);
		else if (op == PAGG_LIMITK)
			choose_first(in, c, b->k, i, step);
		else
			choose_best(in, c, b, i, step);
	}
}

int
pagg_k(struct pagg_in *in, struct pcols *out)
{
	struct best b = { .bottom = in->x->u.agg.op == PAGG_BOTTOMK };
	struct chosen c = { .out = out };
	double *offset = NULL;
	size_t i, n = in->v.nrows;
	int rc;

	pcols_none(in->g, out);
	if ((rc = check_param(in)) <= 0)
		return rc;
	if (pcols_new(in->ev, in->g, n, out) == -1)
		return -1;
	out->nrows = 0;
	b.at = arena_raw(in->ev->a, n * sizeof(*b.at));
	c.row_of = arena_raw(in->ev->a, n * sizeof(*c.row_of));
	for (i = 0; i < n; i++)
		c.row_of[i] = NO_ROW;
	if (in->x->u.agg.op == PAGG_LIMIT_RATIO) {
		offset = arena_raw(in->ev->a, n * sizeof(*offset));
		for (i = 0; i < n; i++)
			offset[i] = ratio_offset(in->v.row[i].labels);
	}
	for (i = 0; i < in->g->n; i++)
		choose_step(in, &c, &b, offset, i);
	return 0;
}

/* ---- count_values ---- */

struct counted {
	struct pcols *out;
	struct pmap of;		/* labels -> row of out */
	size_t cap;
	struct str label;
	struct psig sig;
};

static int
counted_grow(struct pagg_in *in, struct counted *c)
{
	struct pcols more;
	struct pmap of;
	size_t i, n = c->out->nrows;
	bool fresh;

	if (n < c->cap)
		return 0;
	c->cap = c->cap ? c->cap * 2 : 64;
	if (pcols_new(in->ev, in->g, c->cap, &more) == -1)
		return -1;
	pmap_init(&of, in->ev->a, c->cap);
	for (i = 0; i < n; i++) {
		memcpy(more.row[i].v, c->out->row[i].v,
		    in->g->n * sizeof(double));
		more.row[i].labels = c->out->row[i].labels;
		*pmap_at(&of, more.row[i].labels, &fresh) = (uint32_t)i;
	}
	more.nrows = n;
	*c->out = more;
	c->of = of;
	return 0;
}

/* The labels that a value of the row is counted under. */
static const struct labels *
counted_labels(struct pagg_in *in, struct counted *c, const struct prow *r,
    size_t step)
{
	const struct labels *l;
	struct buf text = { 0 };

	if (r->h && r->h[step])
		hist_print(r->h[step], &text);
	else
		num_print(&text, r->v[step], NUM_GO_F);
	labels_build(&in->ev->lb, in->ev->table, r->labels);
	labels_set(&in->ev->lb, c->label, buf_str(&text));
	l = labels_done(&in->ev->lb);
	buf_release(&text);
	return psig_labels(in->ev, &c->sig, l);
}

static int
count_row(struct pagg_in *in, struct counted *c, const struct prow *r)
{
	const struct labels *l = NULL;
	uint64_t last = 0;
	uint32_t *at;
	double *v;
	size_t i;
	bool fresh;

	for (i = 0; i < in->g->n; i++) {
		if (pv_gone(r->v[i]))
			continue;
		if (!l || (r->h && r->h[i]) || num_bits(r->v[i]) != last)
			l = counted_labels(in, c, r, i);
		last = r->h && r->h[i] ? PV_ABSENT_BITS : num_bits(r->v[i]);
		if (counted_grow(in, c) == -1)
			return -1;
		at = pmap_at(&c->of, l, &fresh);
		if (fresh) {
			*at = (uint32_t)c->out->nrows++;
			c->out->row[*at].labels = l;
		}
		v = &c->out->row[*at].v[i];
		*v = pv_gone(*v) ? 1 : *v + 1;
	}
	return 0;
}

int
pagg_count_values(struct pagg_in *in, struct pcols *out)
{
	const struct pexpr *x = in->x, *p = pexpr_bare(x->u.agg.param);
	struct counted c = { .out = out, .label = p->u.string };
	struct buf text = { 0 };
	struct str *by;
	size_t i, n = x->u.agg.nby;

	if (!utf8_valid(c.label) || c.label.n == 0) {
		go_quote(&text, c.label);
		peval_fail(in->ev, "invalid label name " STR_FMT,
		    STR_ARG(text));
		buf_release(&text);
		return -1;
	}
	/* What is not known yet, the first value will intern. */
	(void)intern_str(labels_symbols(in->ev->table), c.label);
	by = ARENA_ARRAY(in->ev->a, n + 1, struct str);
	if (n)
		memcpy(by, x->u.agg.by, n * sizeof(*by));
	if (!x->u.agg.without)
		by[n++] = c.label;
	psig_init(&c.sig, in->ev, !x->u.agg.without, by, n);
	pcols_none(in->g, out);
	for (i = 0; i < in->v.nrows; i++)
		if (count_row(in, &c, &in->v.row[i]) == -1)
			return -1;
	return 0;
}
