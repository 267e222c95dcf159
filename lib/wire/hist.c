/*
 * Histograms as the HTTP API writes them:
 *	{"count":"6","sum":"3.2","buckets":[[rule,"lower","upper","count"],…]}
 * The rule says which bounds belong to a bucket: 0 the upper, 1 the lower, 2
 * none, 3 both.  Only buckets that hold something are written, so the layout
 * cannot always be told from them; our lines add what is missing:
 *	"schema":0,"zero_threshold":"0.001","custom_values":["1","2"],
 *	"counter_reset_hint":"gauge"
 * Without these the coarsest schema is taken that has all of the bounds, and
 * custom buckets when there is none.
 */
#include "wire/hist.h"

#include <math.h>

#include "core/num.h"

static const struct str hints[] = { STR(""), STR("reset"),
    STR("not_reset"), STR("gauge") };

/* ----------------------------------------------------------------- reading */

struct bucket { double lower, upper, count; };

/* A histogram object while it is read. */
struct parts {
	const struct decode *d;
	struct str text;		/* of the whole array, for messages */
	struct jr *r;
	struct bucket *bucket;
	size_t n, cap;
	bool has_schema, has_count, has_sum;
	struct hist *h;
};

static int
bad(const struct parts *p, const char *what)
{
	return wrong(p->d, str_sub(p->text, p->r->start, p->text.n),
	    "'histograms': expected %s", what);
}

/* A number, as a string or as one. */
static int
take_number(struct parts *p, enum jr_tok tok, double *out)
{
	if (tok == JR_NUM) {
		*out = p->r->num;
		return 0;
	}
	return tok == JR_STR && num_parse_prom(p->r->str, out) ? 0 :
	    bad(p, "a number");
}

static int
take_next(struct parts *p, double *out)
{
	return take_number(p, jr_next(p->r), out);
}

static int
take_end(struct parts *p)
{
	return jr_next(p->r) == JR_ARR_END ? 0 : bad(p, "the end of the array");
}

static void
grow(void **v, size_t *cap, size_t n, size_t size, struct arena *a)
{
	void *wider;

	if (n < *cap)
		return;
	*cap = *cap ? 2 * *cap : 16;
	wider = arena_array(a, *cap, size);
	if (n)
		memcpy(wider, *v, n * size);
	*v = wider;
}

static int
take_bucket(struct parts *p)
{
	struct bucket *b;
	void *v = p->bucket;
	double rule;

	grow(&v, &p->cap, p->n, sizeof(*b), p->d->a);
	p->bucket = v;
	b = &p->bucket[p->n++];
	if (take_next(p, &rule) == -1 || take_next(p, &b->lower) == -1 ||
	    take_next(p, &b->upper) == -1 || take_next(p, &b->count) == -1)
		return -1;
	return b->lower <= b->upper ? take_end(p) : bad(p, "rising bounds");
}

static int
take_buckets(struct parts *p)
{
	enum jr_tok tok;

	if (jr_next(p->r) != JR_ARR)
		return bad(p, "an array of buckets");
	while ((tok = jr_next(p->r)) == JR_ARR)
		if (take_bucket(p) == -1)
			return -1;
	return tok == JR_ARR_END ? 0 : bad(p, "a bucket");
}

static int
take_schema(struct parts *p)
{
	double v;

	if (take_next(p, &v) == -1)
		return -1;
	if (!(v == HIST_CUSTOM_SCHEMA ||
	    (v >= HIST_SCHEMA_MIN && v <= HIST_SCHEMA_MAX && v == floor(v))))
		return bad(p, "a schema from -4 to 8, or -53");
	p->h->schema = (int32_t)v;
	p->has_schema = true;
	return 0;
}

static int
take_custom(struct parts *p)
{
	enum jr_tok tok;
	size_t cap = 0;
	struct hist *h = p->h;

	if (jr_next(p->r) != JR_ARR)
		return bad(p, "an array of bounds");
	while ((tok = jr_next(p->r)) != JR_ARR_END) {
		void *v = h->custom;

		grow(&v, &cap, h->ncustom, sizeof(double), p->d->a);
		h->custom = v;
		if (take_number(p, tok, &h->custom[h->ncustom]) == -1)
			return -1;
		h->ncustom++;
		if (h->ncustom > 1 && !(h->custom[h->ncustom - 1] >
		    h->custom[h->ncustom - 2]))
			return bad(p, "rising bounds");
	}
	return 0;
}

static int
take_hint(struct parts *p)
{
	size_t i;

	if (jr_next(p->r) == JR_STR)
		for (i = 0; i < sizeof(hints) / sizeof(hints[0]); i++)
			if (str_eq(p->r->str, hints[i])) {
				p->h->hint = (enum hist_hint)i;
				return 0;
			}
	return bad(p, "reset, not_reset or gauge");
}

static int
take_count(struct parts *p)
{
	p->has_count = true;
	return take_next(p, &p->h->count);
}

static int
take_sum(struct parts *p)
{
	p->has_sum = true;
	return take_next(p, &p->h->sum);
}

static int
take_threshold(struct parts *p)
{
	if (take_next(p, &p->h->zero_threshold) == -1)
		return -1;
	return p->h->zero_threshold >= 0 ? 0 : bad(p, "no negative number");
}

static const struct {
	struct str key;
	int	(*take)(struct parts *p);
} hist_members[] = {
	{ STR("buckets"), take_buckets },
	{ STR("count"), take_count },
	{ STR("counter_reset_hint"), take_hint },
	{ STR("custom_values"), take_custom },
	{ STR("schema"), take_schema },
	{ STR("sum"), take_sum },
	{ STR("zero_threshold"), take_threshold },
};

static int
take_member(struct parts *p)
{
	size_t i;

	for (i = 0; i < sizeof(hist_members) / sizeof(hist_members[0]); i++)
		if (str_eq(p->r->str, hist_members[i].key))
			return hist_members[i].take(p);
	return jr_skip(p->r, JR_KEY);
}

/* ---- from bounds to indices ---- */

static bool
is_zero(const struct bucket *b)
{
	return b->upper >= 0 && b->lower == -b->upper;
}

/* The bucket of that schema with exactly these bounds. */
static bool
index_of(const struct bucket *b, int32_t schema, int32_t *index)
{
	bool positive = b->upper > 0;
	double upper = positive ? b->upper : -b->lower;
	double lower = positive ? b->lower : -b->upper, at;

	if (!(lower >= 0 && upper > 0))
		return false;
	at = isinf(upper) ? ldexp(1024, schema) + 1 :
	    rint(ldexp(log2(upper), schema));
	*index = (int32_t)at;
	return hist_bound(schema, *index) == upper &&
	    hist_bound(schema, *index - 1) == lower;
}

static bool
schema_fits(const struct parts *p, int32_t schema)
{
	int32_t index;
	size_t i;

	for (i = 0; i < p->n; i++)
		if (!is_zero(&p->bucket[i]) &&
		    !index_of(&p->bucket[i], schema, &index))
			return false;
	return true;
}

/* Bounds of custom buckets, as far as the buckets show them. */
static void
guess_custom(struct parts *p)
{
	struct hist *h = p->h;
	size_t i;

	h->schema = HIST_CUSTOM_SCHEMA;
	h->custom = ARENA_ARRAY(p->d->a, 2 * p->n, double);
	for (i = 0; i < p->n; i++) {
		const struct bucket *b = &p->bucket[i];
		double last = h->ncustom ? h->custom[h->ncustom - 1] :
		    -INFINITY;

		if (b->lower > last)
			h->custom[h->ncustom++] = last = b->lower;
		if (b->upper > last && !isinf(b->upper))
			h->custom[h->ncustom++] = b->upper;
	}
}

static void
guess_schema(struct parts *p)
{
	int32_t s;

	for (s = HIST_SCHEMA_MIN; s <= HIST_SCHEMA_MAX; s++)
		if (schema_fits(p, s)) {
			p->h->schema = s;
			return;
		}
	guess_custom(p);
}

static bool
custom_index(const struct hist *h, double upper, int32_t *index)
{
	size_t i;

	for (i = 0; i < h->ncustom && h->custom[i] != upper; i++)
		;
	*index = (int32_t)i;
	return i < h->ncustom || (isinf(upper) && upper > 0);
}

/* Negative buckets come with falling indices, positive ones rising. */
static bool
is_rising(const struct hist_flat *f, size_t n)
{
	size_t i;

	for (i = 1; i < n; i++)
		if (f[i].index <= f[i - 1].index)
			return false;
	return true;
}

static int
place_custom(struct parts *p)
{
	struct hist_flat *f = ARENA_ARRAY(p->d->a, p->n, struct hist_flat);
	size_t i;

	for (i = 0; i < p->n; i++) {
		f[i].count = p->bucket[i].count;
		if (!custom_index(p->h, p->bucket[i].upper, &f[i].index))
			return bad(p, "bounds of custom_values");
	}
	if (!is_rising(f, p->n))
		return bad(p, "buckets in order");
	hist_set_side(p->h, true, f, p->n, p->d->a);
	return 0;
}

static int
place_exponential(struct parts *p)
{
	struct hist_flat *pos = ARENA_ARRAY(p->d->a, p->n, struct hist_flat);
	struct hist_flat *neg = ARENA_ARRAY(p->d->a, p->n, struct hist_flat);
	size_t i, npos = 0, nneg = p->n;

	for (i = 0; i < p->n; i++) {
		const struct bucket *b = &p->bucket[i];
		struct hist_flat f = { .count = b->count };

		if (is_zero(b)) {
			p->h->zero_threshold = b->upper;
			p->h->zero_count = b->count;
			continue;
		}
		if (!index_of(b, p->h->schema, &f.index))
			return bad(p, "bounds of the schema");
		if (b->upper > 0)
			pos[npos++] = f;
		else
			neg[--nneg] = f;
	}
	if (!is_rising(pos, npos) || !is_rising(neg + nneg, p->n - nneg))
		return bad(p, "buckets in order");
	hist_set_side(p->h, true, pos, npos, p->d->a);
	hist_set_side(p->h, false, neg + nneg, p->n - nneg, p->d->a);
	return 0;
}

static const struct hist *
take_hist(const struct decode *d, struct str text, struct jr *r)
{
	struct parts p = { .d = d, .text = text, .r = r,
	    .h = ARENA_NEW(d->a, struct hist) };
	enum jr_tok tok;

	if (jr_next(r) != JR_OBJ) {
		(void)bad(&p, "a histogram");
		return NULL;
	}
	while ((tok = jr_next(r)) == JR_KEY)
		if (take_member(&p) == -1)
			return NULL;
	if (tok != JR_OBJ_END || !p.has_count || !p.has_sum) {
		(void)bad(&p, "a histogram with count and sum");
		return NULL;
	}
	if (!p.has_schema)
		guess_schema(&p);
	return (hist_is_custom(p.h) ? place_custom(&p) :
	    place_exponential(&p)) == -1 ? NULL : p.h;
}

/* [seconds, {...}] */
static int
take_point(const struct decode *d, struct str text, struct jr *r)
{
	struct parts p = { .d = d, .text = text, .r = r };
	const struct hist *h;
	double s;

	if (take_next(&p, &s) == -1)
		return -1;
	if (!(s > -9e12 && s < 9e12))
		return bad(&p, "seconds since the epoch");
	if ((h = take_hist(d, text, r)) == NULL)
		return -1;
	vec_push(&d->r->ts, (int64_t)llround(s * 1000));
	vec_push(&d->r->value, 0);
	vec_push(&d->r->hist, h);
	return take_end(&p);
}

int
hists_read(const struct decode *d, struct str text)
{
	struct parts p = { .d = d, .text = text };
	enum jr_tok tok;
	struct jr r;

	p.r = &r;
	jr_init(&r, text, d->a);
	r.bare_nonfinite = true;
	if (jr_next(&r) != JR_ARR)
		return bad(&p, "an array");
	while ((tok = jr_next(&r)) == JR_ARR)
		if (take_point(d, text, &r) == -1)
			return -1;
	return tok == JR_ARR_END ? 0 : bad(&p, "a time and a histogram");
}

/* ----------------------------------------------------------------- writing */

void
wire_put_api_number(struct buf *out, double v)
{
	double size = fabs(v);

	num_print(out, v, size != 0 && (size < 1e-6 || size >= 1e21) ?
	    NUM_GO_G : NUM_GO_F);
}

void
wire_put_api_time(struct buf *out, int64_t ms)
{
	uint64_t size = ms < 0 ? 0 - (uint64_t)ms : (uint64_t)ms;

	(void)buf_printf(out, "%s%llu", ms < 0 ? "-" : "",
	    (unsigned long long)(size / 1000));
	if (size % 1000)
		(void)buf_printf(out, ".%03u", (unsigned)(size % 1000));
}

static void
put_number(struct jw *w, double v)
{
	struct buf text = { 0 };

	wire_put_api_number(&text, v);
	jw_str(w, buf_str(&text));
	buf_release(&text);
}

static int
rule_of(const struct hist_bucket *b)
{
	if (b->lower_inclusive)
		return b->upper_inclusive ? 3 : 1;
	return b->upper_inclusive ? 0 : 2;
}

static void
put_bucket(struct jw *w, const struct hist_bucket *b)
{
	jw_arr(w);
	jw_int(w, rule_of(b));
	put_number(w, b->lower);
	put_number(w, b->upper);
	put_number(w, b->count);
	jw_arr_end(w);
}

static void
put_buckets(struct jw *w, const struct hist *h)
{
	struct hist_iter it;
	struct hist_bucket b;
	bool any = false;

	hist_iter_init(&it, h, false);
	while (hist_iter_next(&it, &b)) {
		if (b.count == 0)
			continue;
		if (!any) {
			jw_key(w, STR("buckets"));
			jw_arr(w);
			any = true;
		}
		put_bucket(w, &b);
	}
	if (any)
		jw_arr_end(w);
}

/* What the API leaves out. */
static void
put_layout(struct jw *w, const struct hist *h)
{
	size_t i;

	jw_key(w, STR("schema"));
	jw_int(w, h->schema);
	if (h->zero_threshold != 0) {
		jw_key(w, STR("zero_threshold"));
		put_number(w, h->zero_threshold);
	}
	if (h->ncustom) {
		jw_key(w, STR("custom_values"));
		jw_arr(w);
		for (i = 0; i < h->ncustom; i++)
			put_number(w, h->custom[i]);
		jw_arr_end(w);
	}
	if (h->hint != HIST_UNKNOWN) {
		jw_key(w, STR("counter_reset_hint"));
		jw_str(w, hints[h->hint]);
	}
}

void
wire_put_hist(struct jw *w, const struct hist *h, bool layout)
{
	jw_obj(w);
	jw_key(w, STR("count"));
	put_number(w, h->count);
	jw_key(w, STR("sum"));
	put_number(w, h->sum);
	put_buckets(w, h);
	if (layout)
		put_layout(w, h);
	jw_obj_end(w);
}

void
wire_put_hist_point(struct jw *w, int64_t ts, const struct hist *h,
    bool layout)
{
	struct buf time = { 0 };

	wire_put_api_time(&time, ts);
	jw_arr(w);
	jw_raw(w, buf_str(&time));
	wire_put_hist(w, h, layout);
	jw_arr_end(w);
	buf_release(&time);
}
