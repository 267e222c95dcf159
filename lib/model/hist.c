/*
 * hist: copies, bounds, buckets in order, text, comparison.
 */
#include "model/hist.h"

#include <math.h>
#include <float.h>
#include <string.h>

#include "core/num.h"

static void *
dup(struct arena *a, const void *p, size_t n, size_t size)
{
	void *c = arena_array(a, n, size);

	if (n)
		memcpy(c, p, n * size);
	return c;
}

struct hist *
hist_copy(const struct hist *h, struct arena *a)
{
	struct hist *c = ARENA_NEW(a, struct hist);

	*c = *h;
	c->pos_span = dup(a, h->pos_span, h->npos_span, sizeof(*h->pos_span));
	c->neg_span = dup(a, h->neg_span, h->nneg_span, sizeof(*h->neg_span));
	c->pos = dup(a, h->pos, h->npos, sizeof(*h->pos));
	c->neg = dup(a, h->neg, h->nneg, sizeof(*h->neg));
	c->custom = dup(a, h->custom, h->ncustom, sizeof(*h->custom));
	return c;
}

/* ---- bounds ---- */

/* 2^(i/256) / 2 for i in 0..255, correctly rounded: the finest schema's. */
static double
fraction(size_t i)
{
	static double table[1 << HIST_SCHEMA_MAX];
	size_t k;

	if (table[0] == 0)
		for (k = 0; k < 1 << HIST_SCHEMA_MAX; k++)
			table[k] = (double)(exp2l((long double)k /
			    (1 << HIST_SCHEMA_MAX)) / 2);
	return table[i];
}

/*
 * The upper bound of bucket i.  The last bucket of regular numbers ends at
 * the largest of them; infinities are counted in the one behind it.
 */
static double
bound_exponential(int32_t i, int32_t schema)
{
	int64_t exp;
	double frac;

	if (schema < 0) {
		exp = (int64_t)i * (1 << -schema);
		if (exp == 1024)
			return DBL_MAX;
		return exp > 2000 ? INFINITY : exp < -2000 ? 0 :
		    ldexp(1, (int)exp);
	}
	frac = fraction((size_t)(i & ((1 << schema) - 1)) <<
	    (HIST_SCHEMA_MAX - schema));
	exp = (i >> schema) + 1;
	if (frac == 0.5 && exp == 1025)
		return DBL_MAX;
	return exp > 2000 ? INFINITY : exp < -2000 ? 0 : ldexp(frac, (int)exp);
}

double
hist_bound(int32_t schema, int32_t i)
{
	return bound_exponential(i, schema);
}

static double
bound(const struct hist *h, int32_t i)
{
	if (!hist_is_custom(h))
		return bound_exponential(i, h->schema);
	if (i < 0)
		return -INFINITY;
	return (size_t)i < h->ncustom ? h->custom[i] : INFINITY;
}

/* ---- iteration ---- */

static void
fill_bucket(const struct hist *h, bool positive, int32_t index, double count,
    struct hist_bucket *b)
{
	b->index = index;
	b->count = count;
	if (positive) {
		b->upper = bound(h, index);
		b->lower = bound(h, index - 1);
	} else {
		b->lower = -bound(h, index);
		b->upper = -bound(h, index - 1);
	}
	if (hist_is_custom(h)) {
		b->lower_inclusive = index == 0;
		b->upper_inclusive = true;
	} else {
		b->lower_inclusive = b->lower < 0;
		b->upper_inclusive = b->upper > 0;
	}
}

struct side {
	const struct hist_span *span;
	size_t nspan;
	const double *v;
	size_t n;
};

static struct side
side_of(const struct hist *h, bool positive)
{
	if (positive)
		return (struct side){ h->pos_span, h->npos_span, h->pos,
		    h->npos };
	return (struct side){ h->neg_span, h->nneg_span, h->neg, h->nneg };
}

/* To the first bucket of a side, by rising index. */
static void
side_first(struct hist_iter *it, const struct side *s)
{
	it->bucket = it->span = it->in_span = 0;
	it->index = s->nspan ? s->span[0].offset : 0;
	it->begun = true;
}

/* Behind the last bucket of a side. */
static void
side_last(struct hist_iter *it, const struct side *s)
{
	size_t i;

	it->bucket = s->n;
	it->span = s->nspan;
	it->in_span = 0;
	it->index = 0;
	for (i = 0; i < s->nspan; i++)
		it->index += s->span[i].offset + (int32_t)s->span[i].length;
	it->begun = true;
}

static bool
side_up(struct hist_iter *it, const struct side *s, int32_t *index,
    double *count)
{
	while (it->span < s->nspan && it->in_span == s->span[it->span].length) {
		it->in_span = 0;
		if (++it->span < s->nspan)
			it->index += s->span[it->span].offset;
	}
	if (it->span >= s->nspan || it->bucket >= s->n)
		return false;
	*index = it->index++;
	*count = s->v[it->bucket++];
	it->in_span++;
	return true;
}

static bool
side_down(struct hist_iter *it, const struct side *s, int32_t *index,
    double *count)
{
	while (it->in_span == 0) {
		if (it->span < s->nspan)
			it->index -= s->span[it->span].offset;
		if (it->span == 0)
			return false;
		it->span--;
		it->in_span = s->span[it->span].length;
	}
	if (it->bucket == 0)
		return false;
	it->in_span--;
	*index = --it->index;
	*count = s->v[--it->bucket];
	return true;
}

void
hist_side_init(struct hist_iter *it, const struct hist *h, bool positive)
{
	struct side s = side_of(h, positive);

	*it = (struct hist_iter){ .h = h, .stage = positive ? 2 : 0 };
	side_first(it, &s);
}

bool
hist_side_next(struct hist_iter *it, struct hist_bucket *b)
{
	struct side s = side_of(it->h, it->stage == 2);
	int32_t index;
	double count;

	if (!side_up(it, &s, &index, &count))
		return false;
	fill_bucket(it->h, it->stage == 2, index, count, b);
	return true;
}

void
hist_iter_init(struct hist_iter *it, const struct hist *h, bool reverse)
{
	*it = (struct hist_iter){ .h = h, .reverse = reverse,
	    .stage = reverse ? 2 : 0 };
}

static bool
zero_bucket(const struct hist *h, struct hist_bucket *b)
{
	if (h->zero_count == 0)
		return false;
	*b = (struct hist_bucket){ .lower = -h->zero_threshold,
	    .upper = h->zero_threshold, .count = h->zero_count,
	    .lower_inclusive = true, .upper_inclusive = true };
	return true;
}

/* Of the stage at hand; negative buckets rise with falling index. */
static bool
stage_next(struct hist_iter *it, struct hist_bucket *b)
{
	bool positive = it->stage == 2, up = positive != it->reverse, more;
	struct side s = side_of(it->h, positive);
	int32_t index;
	double count;

	if (it->stage == 1) {
		more = !it->begun && zero_bucket(it->h, b);
		it->begun = true;
		return more;
	}
	if (!it->begun && up)
		side_first(it, &s);
	else if (!it->begun)
		side_last(it, &s);
	if (!(up ? side_up(it, &s, &index, &count) :
	    side_down(it, &s, &index, &count)))
		return false;
	fill_bucket(it->h, positive, index, count, b);
	return true;
}

bool
hist_iter_next(struct hist_iter *it, struct hist_bucket *b)
{
	while (it->stage >= 0 && it->stage <= 2) {
		if (stage_next(it, b))
			return true;
		it->stage += it->reverse ? -1 : 1;
		it->begun = false;
	}
	return false;
}

/* ---- text ---- */

static void
print_bucket(const struct hist_bucket *b, struct buf *out)
{
	buf_put(out, STR(", "));
	buf_putc(out, b->lower_inclusive ? '[' : '(');
	num_print(out, b->lower, NUM_GO_G);
	buf_putc(out, ',');
	num_print(out, b->upper, NUM_GO_G);
	buf_putc(out, b->upper_inclusive ? ']' : ')');
	buf_putc(out, ':');
	num_print(out, b->count, NUM_GO_G);
}

void
hist_print(const struct hist *h, struct buf *out)
{
	struct hist_iter it;
	struct hist_bucket b;

	buf_put(out, STR("{count:"));
	num_print(out, h->count, NUM_GO_G);
	buf_put(out, STR(", sum:"));
	num_print(out, h->sum, NUM_GO_G);
	hist_iter_init(&it, h, false);
	while (hist_iter_next(&it, &b))
		if (b.count != 0)
			print_bucket(&b, out);
	buf_putc(out, '}');
}

/* ---- comparison ---- */

/* Numbers by their bits, so that NaN equals itself. */
static bool
same(double a, double b)
{
	return a == b || num_bits(a) == num_bits(b);
}

static bool
sides_eq(const struct hist *a, const struct hist *b, bool positive)
{
	struct side sa = side_of(a, positive), sb = side_of(b, positive);
	struct hist_iter ia, ib;
	int32_t xa, xb;
	double va, vb;

	if (sa.n != sb.n)
		return false;
	hist_side_init(&ia, a, positive);
	hist_side_init(&ib, b, positive);
	while (side_up(&ia, &sa, &xa, &va)) {
		if (!side_up(&ib, &sb, &xb, &vb) || xa != xb || !same(va, vb))
			return false;
	}
	return true;
}

bool
hist_eq(const struct hist *a, const struct hist *b)
{
	size_t i;

	if (a->schema != b->schema || !same(a->count, b->count) ||
	    !same(a->sum, b->sum) || a->ncustom != b->ncustom)
		return false;
	for (i = 0; i < a->ncustom; i++)
		if (a->custom[i] != b->custom[i])
			return false;
	if (!hist_is_custom(a) && (a->zero_threshold != b->zero_threshold ||
	    !same(a->zero_count, b->zero_count)))
		return false;
	return sides_eq(a, b, true) && sides_eq(a, b, false);
}
