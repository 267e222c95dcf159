/*
 * hist_arith: what is added, subtracted, scaled and compared bucket by bucket
 * is first laid out flat (index and count), and put into spans afterwards.
 */
#include <math.h>
#include <string.h>

#include "core/kahan.h"
#include "model/hist.h"

struct flat {
	struct hist_flat *b;
	size_t n;
};

/* ---- flat and back ---- */

static struct flat
flatten(const struct hist *h, bool positive, struct arena *a)
{
	struct flat f = { .b = ARENA_ARRAY(a, positive ? h->npos : h->nneg,
	    struct hist_flat) };
	struct hist_iter it;
	struct hist_bucket b;

	hist_side_init(&it, h, positive);
	while (hist_side_next(&it, &b))
		f.b[f.n++] = (struct hist_flat){ b.index, b.count };
	return f;
}

/* Spans over rising indices; room for n spans. */
static size_t
spans_of(const struct hist_flat *f, size_t n, struct hist_span *span)
{
	int32_t end = 0;
	size_t i, ns = 0;

	for (i = 0; i < n; i++) {
		if (ns == 0 || f[i].index != end)
			span[ns++] = (struct hist_span){
			    .offset = f[i].index - end };
		span[ns - 1].length++;
		end = f[i].index + 1;
	}
	return ns;
}

void
hist_set_side(struct hist *h, bool positive, const struct hist_flat *f,
    size_t n, struct arena *a)
{
	struct hist_span *span = ARENA_ARRAY(a, n, struct hist_span);
	double *v = ARENA_ARRAY(a, n, double);
	size_t i, ns = spans_of(f, n, span);

	for (i = 0; i < n; i++)
		v[i] = f[i].count;
	if (positive) {
		h->pos_span = span;
		h->npos_span = ns;
		h->pos = v;
		h->npos = n;
	} else {
		h->neg_span = span;
		h->nneg_span = ns;
		h->neg = v;
		h->nneg = n;
	}
}

/* ---- scaling ---- */

static void
each_number(struct hist *h, double (*op)(double, double), double by)
{
	size_t i;

	h->zero_count = op(h->zero_count, by);
	h->count = op(h->count, by);
	h->sum = op(h->sum, by);
	for (i = 0; i < h->npos; i++)
		h->pos[i] = op(h->pos[i], by);
	for (i = 0; i < h->nneg; i++)
		h->neg[i] = op(h->neg[i], by);
	if (by < 0)
		h->hint = HIST_GAUGE;
}

static double
times(double a, double b)
{
	return a * b;
}

static double
over(double a, double b)
{
	return a / b;
}

void
hist_mul(struct hist *h, double factor)
{
	each_number(h, times, factor);
}

/* By zero, the buckets are gone: nothing can be said of them. */
void
hist_div(struct hist *h, double divisor)
{
	each_number(h, over, divisor);
	if (divisor != 0)
		return;
	h->npos = h->nneg = h->npos_span = h->nneg_span = 0;
}

struct hist *
hist_scaled(const struct hist *h, double factor, struct arena *a)
{
	struct hist *c = hist_copy(h, a);

	hist_mul(c, factor);
	return c;
}

/* ---- one layout for two ---- */

static void
compact_side(struct hist *h, bool positive, struct arena *a)
{
	struct flat f = flatten(h, positive, a);
	size_t i, n = 0;

	for (i = 0; i < f.n; i++)
		if (f.b[i].count != 0)
			f.b[n++] = f.b[i];
	hist_set_side(h, positive, f.b, n, a);
}

void
hist_compact(struct hist *h, struct arena *a)
{
	compact_side(h, true, a);
	compact_side(h, false, a);
}

static void
reduce_side(struct hist *h, bool positive, unsigned by, struct arena *a)
{
	struct flat f = flatten(h, positive, a);
	size_t i, n = 0;
	int32_t index;

	for (i = 0; i < f.n; i++) {
		index = ((f.b[i].index - 1) >> by) + 1;
		if (n > 0 && f.b[n - 1].index == index)
			f.b[n - 1].count += f.b[i].count;
		else
			f.b[n++] = (struct hist_flat){ index, f.b[i].count };
	}
	hist_set_side(h, positive, f.b, n, a);
}

void
hist_reduce(struct hist *h, int32_t schema, struct arena *a)
{
	if (hist_is_custom(h) || schema >= h->schema)
		return;
	reduce_side(h, true, (unsigned)(h->schema - schema), a);
	reduce_side(h, false, (unsigned)(h->schema - schema), a);
	h->schema = schema;
}

/*
 * The zero count that a larger threshold gives.  *threshold grows when it
 * would end within a bucket that is not empty.
 */
static double
zero_count_at(const struct hist *h, double *threshold)
{
	struct hist_iter it;
	struct hist_bucket b;
	double n;

again:
	n = h->zero_count;
	hist_side_init(&it, h, true);
	while (hist_side_next(&it, &b) && b.lower < *threshold) {
		n += b.count;
		if (b.upper <= *threshold)
			continue;
		if (b.count != 0)
			*threshold = b.upper;
		break;
	}
	hist_side_init(&it, h, false);
	while (hist_side_next(&it, &b) && b.upper > -*threshold) {
		n += b.count;
		if (b.lower >= -*threshold)
			continue;
		if (b.count == 0)
			break;
		/* Positive buckets may be affected now. */
		*threshold = -b.lower;
		goto again;
	}
	return n;
}

/* Take what lies below the threshold out of a side. */
static void
cut_side(struct hist *h, bool positive, double threshold, struct arena *a)
{
	struct flat f = flatten(h, positive, a);
	struct hist_iter it;
	struct hist_bucket b;
	size_t i = 0;

	hist_side_init(&it, h, positive);
	while (hist_side_next(&it, &b) &&
	    (positive ? b.lower < threshold : b.upper > -threshold))
		i++;
	hist_set_side(h, positive, f.b + i, f.n - i, a);
}

static void
widen_zero(struct hist *h, double threshold, struct arena *a)
{
	if (h->zero_threshold >= threshold)
		return;
	h->zero_count = zero_count_at(h, &threshold);
	h->zero_threshold = threshold;
	cut_side(h, true, threshold, a);
	cut_side(h, false, threshold, a);
}

bool
hist_bounds_eq(const struct hist *a, const struct hist *b)
{
	size_t i;

	if (a->ncustom != b->ncustom)
		return false;
	for (i = 0; i < a->ncustom; i++)
		if (a->custom[i] != b->custom[i])
			return false;
	return true;
}

static size_t
common_bounds(const struct hist *x, const struct hist *y, double *out)
{
	size_t i = 0, k = 0, n = 0;

	while (i < x->ncustom && k < y->ncustom) {
		if (x->custom[i] == y->custom[k]) {
			out[n++] = x->custom[i];
			i++, k++;
		} else if (x->custom[i] < y->custom[k]) {
			i++;
		} else {
			k++;
		}
	}
	return n;
}

/* Move h's buckets to the first of the bounds that is not smaller. */
static void
rebound(struct hist *h, double *to, size_t nto, struct arena *a)
{
	struct flat f = flatten(h, true, a);
	size_t i, k = 0, n = 0;

	for (i = 0; i < f.n; i++) {
		size_t from = (size_t)f.b[i].index;

		while (k < nto && (from >= h->ncustom ||
		    to[k] < h->custom[from]))
			k++;
		if (n > 0 && f.b[n - 1].index == (int32_t)k)
			f.b[n - 1].count += f.b[i].count;
		else
			f.b[n++] = (struct hist_flat){ (int32_t)k,
			    f.b[i].count };
	}
	hist_set_side(h, true, f.b, n, a);
	h->custom = to;
	h->ncustom = nto;
}

/*
 * Bring x and y (both own their memory) to one layout; comp, which has x's,
 * follows.  Returns the flags.
 */
static unsigned
reconcile(struct hist *x, struct hist *comp, struct hist *y, struct arena *a)
{
	int32_t schema = x->schema < y->schema ? x->schema : y->schema;
	double *both;
	size_t n;

	if (hist_is_custom(x)) {
		if (hist_bounds_eq(x, y))
			return 0;
		both = ARENA_ARRAY(a, x->ncustom, double);
		n = common_bounds(x, y, both);
		if (comp)
			rebound(comp, both, n, a);
		rebound(x, both, n, a);
		rebound(y, both, n, a);
		return HIST_BOUNDS_RECONCILED;
	}
	while (x->zero_threshold != y->zero_threshold) {
		widen_zero(x, y->zero_threshold, a);
		widen_zero(y, x->zero_threshold, a);
	}
	if (comp)
		widen_zero(comp, x->zero_threshold, a);
	hist_reduce(x, schema, a);
	hist_reduce(y, schema, a);
	if (comp)
		hist_reduce(comp, schema, a);
	return 0;
}

/* ---- addition ---- */

/* x + sign * y, index by index; comp (of x, may be empty) goes along. */
static void
merge_side(struct hist *x, struct hist *comp, const struct hist *y,
    double sign, bool positive, struct arena *a)
{
	struct flat fx = flatten(x, positive, a), fy, fc = { 0 };
	struct hist_flat *out, *outc;
	size_t i = 0, k = 0, c = 0, n = 0;

	fy = flatten(y, positive, a);
	if (comp)
		fc = flatten(comp, positive, a);
	out = ARENA_ARRAY(a, fx.n + fy.n, struct hist_flat);
	outc = ARENA_ARRAY(a, fx.n + fy.n, struct hist_flat);
	for (; i < fx.n || k < fy.n; n++) {
		bool has_x = i < fx.n && (k == fy.n ||
		    fx.b[i].index <= fy.b[k].index);
		bool has_y = k < fy.n && (i == fx.n ||
		    fy.b[k].index <= fx.b[i].index);

		out[n] = has_x ? fx.b[i] :
		    (struct hist_flat){ fy.b[k].index, 0 };
		outc[n] = (struct hist_flat){ out[n].index, 0 };
		while (c < fc.n && fc.b[c].index < out[n].index)
			c++;
		if (c < fc.n && fc.b[c].index == out[n].index)
			outc[n].count = fc.b[c].count;
		if (has_y && comp)
			kahan_inc(sign * fy.b[k].count, &out[n].count,
			    &outc[n].count);
		else if (has_y)
			out[n].count += sign * fy.b[k].count;
		i += has_x;
		k += has_y;
	}
	hist_set_side(x, positive, out, n, a);
	if (comp)
		hist_set_side(comp, positive, outc, n, a);
}

static void
merge_number(double *x, double *comp, double y)
{
	if (comp)
		kahan_inc(y, x, comp);
	else
		*x += y;
}

/* The hint of a sum; true when the two contradict each other. */
static bool
merge_hint(struct hist *h, const struct hist *other)
{
	if (h->hint == other->hint || h->hint == HIST_GAUGE)
		return false;
	if (other->hint == HIST_GAUGE) {
		h->hint = HIST_GAUGE;
		return false;
	}
	if (h->hint == HIST_UNKNOWN)
		return false;
	if (other->hint == HIST_UNKNOWN) {
		h->hint = HIST_UNKNOWN;
		return false;
	}
	h->hint = HIST_UNKNOWN;
	return true;
}

/* ---- equal layouts: in place ---- */

static bool
same_spans(const struct hist_span *a, size_t na, const struct hist_span *b,
    size_t nb)
{
	return na == nb && (na == 0 || memcmp(a, b, na * sizeof(*a)) == 0);
}

static bool
same_layout(const struct hist *a, const struct hist *b)
{
	return a->schema == b->schema && a->npos == b->npos &&
	    a->nneg == b->nneg && a->zero_threshold == b->zero_threshold &&
	    same_spans(a->pos_span, a->npos_span, b->pos_span,
	    b->npos_span) && same_spans(a->neg_span, a->nneg_span,
	    b->neg_span, b->nneg_span) && hist_bounds_eq(a, b);
}

static void
add_counts(double *x, double *comp, const double *y, size_t n, double sign)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (comp)
			kahan_inc(sign * y[i], &x[i], &comp[i]);
		else
			x[i] += sign * y[i];
	}
}

static void
add_numbers(struct hist *h, struct hist *comp, const struct hist *y,
    double sign)
{
	merge_number(&h->zero_count, comp ? &comp->zero_count : NULL,
	    sign * y->zero_count);
	merge_number(&h->count, comp ? &comp->count : NULL, sign * y->count);
	merge_number(&h->sum, comp ? &comp->sum : NULL, sign * y->sum);
}

static unsigned
combine(struct hist *h, struct hist *comp, const struct hist *other,
    double sign, struct arena *a)
{
	struct hist *y;
	unsigned what;

	if (hist_is_custom(h) != hist_is_custom(other))
		return HIST_INCOMPATIBLE;
	if (same_layout(h, other) && (!comp || same_layout(h, comp))) {
		what = merge_hint(h, other) ? HIST_HINTS_COLLIDE : 0;
		add_numbers(h, comp, other, sign);
		add_counts(h->pos, comp ? comp->pos : NULL, other->pos,
		    h->npos, sign);
		add_counts(h->neg, comp ? comp->neg : NULL, other->neg,
		    h->nneg, sign);
		return what;
	}
	y = hist_copy(other, a);
	what = reconcile(h, comp, y, a);
	if (merge_hint(h, other))
		what |= HIST_HINTS_COLLIDE;
	add_numbers(h, comp, y, sign);
	merge_side(h, comp, y, sign, true, a);
	merge_side(h, comp, y, sign, false, a);
	return what;
}

unsigned
hist_add(struct hist *h, const struct hist *other, struct arena *a)
{
	return combine(h, NULL, other, 1, a);
}

unsigned
hist_sub(struct hist *h, const struct hist *other, struct arena *a)
{
	return combine(h, NULL, other, -1, a);
}

/* A compensation of nothing, laid out as h. */
static struct hist *
comp_new(const struct hist *h, struct arena *a)
{
	struct hist *c = hist_copy(h, a);

	c->count = c->sum = c->zero_count = 0;
	if (c->npos)
		memset(c->pos, 0, c->npos * sizeof(*c->pos));
	if (c->nneg)
		memset(c->neg, 0, c->nneg * sizeof(*c->neg));
	return c;
}

unsigned
hist_kahan_add(struct hist *h, struct hist **comp, const struct hist *other,
    struct arena *a)
{
	if (!*comp)
		*comp = comp_new(h, a);
	return combine(h, *comp, other, 1, a);
}

void
hist_add_comp(struct hist *h, const struct hist *comp, struct arena *a)
{
	enum hist_hint hint = h->hint;

	if (!comp)
		return;
	combine(h, NULL, comp, 1, a);
	h->hint = hint;
}

bool
hist_overflows(const struct hist *h)
{
	size_t i;

	if (isinf(h->zero_count) || isinf(h->count) || isinf(h->sum))
		return true;
	for (i = 0; i < h->npos; i++)
		if (isinf(h->pos[i]))
			return true;
	for (i = 0; i < h->nneg; i++)
		if (isinf(h->neg[i]))
			return true;
	return false;
}

bool
hist_would_overflow(const struct hist *h, const struct hist *other)
{
	size_t i;

	if (!same_layout(h, other))
		return true;
	if (isinf(h->zero_count + other->zero_count) ||
	    isinf(h->count + other->count) || isinf(h->sum + other->sum))
		return true;
	for (i = 0; i < h->npos; i++)
		if (isinf(h->pos[i] + other->pos[i]))
			return true;
	for (i = 0; i < h->nneg; i++)
		if (isinf(h->neg[i] + other->neg[i]))
			return true;
	return false;
}

/* ---- resets ---- */

/* Has a bucket of prev become smaller, or is it gone? */
static bool
side_fell(const struct hist *h, const struct hist *prev, bool positive)
{
	struct hist_iter ih, ip;
	struct hist_bucket b, p;
	bool more;

	hist_side_init(&ih, h, positive);
	hist_side_init(&ip, prev, positive);
	more = hist_side_next(&ih, &b);
	while (hist_side_next(&ip, &p)) {
		while (more && b.index < p.index)
			more = hist_side_next(&ih, &b);
		if (more && b.index == p.index ? b.count < p.count :
		    p.count != 0)
			return true;
	}
	return false;
}

bool
hist_is_reset(const struct hist *h, const struct hist *prev)
{
	struct arena a = { 0 };
	struct hist *x, *p;
	double threshold;
	bool fell;

	if (h->hint == HIST_RESET || h->hint == HIST_NO_RESET)
		return h->hint == HIST_RESET;
	if (h->count < prev->count ||
	    hist_is_custom(h) != hist_is_custom(prev))
		return true;
	if (!hist_is_custom(h)) {
		if (h->schema > prev->schema ||
		    h->zero_threshold < prev->zero_threshold)
			return true;
		threshold = h->zero_threshold;
		if (h->zero_count < zero_count_at(prev, &threshold) ||
		    threshold != h->zero_threshold)
			return true;
	}
	if (same_layout(h, prev))
		return side_fell(h, prev, true) || side_fell(h, prev, false);
	x = hist_copy(h, &a);
	p = hist_copy(prev, &a);
	reconcile(x, NULL, p, &a);
	fell = side_fell(x, p, true) || side_fell(x, p, false);
	arena_free(&a);
	return fell;
}
