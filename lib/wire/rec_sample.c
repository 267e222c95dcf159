#include <math.h>

#include "core/num.h"
#include "wire/hist.h"
#include "wire/internal.h"

#define VALUES		"},\"values\":["
#define TIMESTAMPS	"],\"timestamps\":["

/* ------------------------------------------------- our own form, read fast */

/* {"metric":{...},"values":[ : how many bytes; 0 when it begins otherwise. */
static size_t
prefix_length(struct str line)
{
	const char *at;

	if (!str_starts(line, STR("{\"metric\":{")))
		return 0;
	/*
	 * A quote inside a string is written \", so these bytes are never
	 * part of a label.
	 */
	at = memmem(line.p, line.n, VALUES, sizeof(VALUES) - 1);
	return at ? (size_t)(at - line.p) + sizeof(VALUES) - 1 : 0;
}

/* The object must end just where the prefix says. */
static bool
prefix_labels(const struct decode *d, struct str prefix,
    const struct labels **out)
{
	size_t head = sizeof("{\"metric\":") - 1;
	size_t tail = sizeof(VALUES) - 2;

	return labels_read(d, str_sub(prefix, head, prefix.n - tail), out) == 0;
}

static struct cached *
find_series(const struct decode *d)
{
	struct cache *c = &d->r->samples;
	const struct labels *l;
	struct cached *hit;
	struct str prefix;

	hit = cache_predict(c, d->line);
	if (hit != NULL)
		return hit;
	prefix = str_sub(d->line, 0, prefix_length(d->line));
	if (prefix.n == 0)
		return NULL;
	hit = cache_get(c, prefix);
	if (hit != NULL)
		return hit;
	if (!prefix_labels(d, prefix, &l))
		return NULL;
	hit = cache_put(c, 2 * d->r->series.n + WIRE_SPELLINGS_MAX, prefix);
	hit->series = wire_reader_get(d->r, l);
	return hit;
}

/* What we write where a number cannot say it. */
static const struct { struct str text; uint64_t bits; } words[] = {
	{ STR("null"), NUM_STALE_BITS },
	{ STR("\"NaN\""), NUM_NAN_BITS },
	{ STR("\"Infinity\""), 0x7ff0000000000000ULL },
	{ STR("\"-Infinity\""), 0xfff0000000000000ULL },
};

static const char *
scan_word(const char *p, const char *end, double *out)
{
	struct str rest = { p, (size_t)(end - p) };
	size_t i;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (!str_starts(rest, words[i].text))
			continue;
		*out = num_from_bits(words[i].bits);
		return p + words[i].text.n;
	}
	return NULL;
}

static const char *
scan_values(const char *p, const char *end, struct wire_reader *r)
{
	const char *next;
	double v;

	for (;;) {
		next = num_scan(p, end, &v);
		if (next == NULL && (next = scan_word(p, end, &v)) == NULL)
			return NULL;
		vec_push(&r->value, v);
		p = next;
		if (p == end || *p != ',')
			return p;
		p++;
	}
}

/* -?digits of at most 18 digits, without leading zeros. */
static const char *
scan_ms(const char *p, const char *end, int64_t *out)
{
	bool minus = p < end && *p == '-';
	const char *from = p += minus;
	int64_t v = 0;

	for (; p < end && *p >= '0' && *p <= '9' && p - from < 18; p++)
		v = v * 10 + (*p - '0');
	if (p == from || (*from == '0' && (minus || p > from + 1)) ||
	    v > WIRE_MS_MAX)
		return NULL;
	*out = minus ? -v : v;
	return p;
}

static const char *
scan_timestamps(const char *p, const char *end, struct wire_reader *r)
{
	int64_t ms;

	for (;;) {
		p = scan_ms(p, end, &ms);
		if (p == NULL)
			return NULL;
		vec_push(&r->ts, ms);
		if (p == end || *p != ',')
			return p;
		p++;
	}
}

/* Copy the columns to where the record lives. */
static void
set_columns(const struct decode *d, struct wire_sample *s)
{
	struct wire_reader *r = d->r;
	int64_t *ts = arena_raw(d->a, r->ts.n * sizeof(*ts));
	double *value = arena_raw(d->a, r->ts.n * sizeof(*value));

	memcpy(ts, r->ts.p, r->ts.n * sizeof(*ts));
	memcpy(value, r->value.p, r->ts.n * sizeof(*value));
	s->ts = ts;
	s->value = value;
	s->n = r->ts.n;
	s->hist = NULL;
}

bool
sample_read_fast(const struct decode *d, struct wire_rec *out)
{
	const char *p, *end = d->line.p + d->line.n;
	struct wire_reader *r = d->r;
	struct cached *hit = find_series(d);

	if (hit == NULL)
		return false;
	vec_reset(&r->value);
	vec_reset(&r->ts);
	p = scan_values(d->line.p + hit->bytes.n, end, r);
	if (p == NULL || (size_t)(end - p) < sizeof(TIMESTAMPS) - 1 ||
	    memcmp(p, TIMESTAMPS, sizeof(TIMESTAMPS) - 1) != 0)
		return false;
	p = scan_timestamps(p + sizeof(TIMESTAMPS) - 1, end, r);
	if (p == NULL || end - p != 2 || p[0] != ']' || p[1] != '}' ||
	    r->ts.n != r->value.n)
		return false;
	out->kind = WIRE_SAMPLE;
	out->u.sample.series = hit->series;
	set_columns(d, &out->u.sample);
	return true;
}

/* ------------------------------------------------------- any form, general */

static int
value_token(const struct decode *d, const struct jr *r, enum jr_tok tok,
    double *out)
{
	struct str at = str_sub(r->text, r->start, r->text.n);

	switch (tok) {
	case JR_NUM:
		*out = r->num;
		return 0;
	case JR_NULL:
		*out = num_stale();
		return 0;
	case JR_STR:
		if (num_parse_prom(r->str, out))
			return 0;
		break;
	default:
		break;
	}
	return wrong(d, at, "'values': expected a number");
}

static int
values_read(const struct decode *d, struct str text)
{
	enum jr_tok tok;
	struct jr r;
	double v;

	jr_init(&r, text, d->a);
	r.bare_nonfinite = true;
	if (jr_next(&r) != JR_ARR)
		return wrong(d, text, "'values': expected an array");
	while ((tok = jr_next(&r)) != JR_ARR_END) {
		if (value_token(d, &r, tok, &v) == -1)
			return -1;
		vec_push(&d->r->value, v);
	}
	return 0;
}

/* 1.7e12 is a whole number too. */
static bool
ms_of(const struct jr *r, int64_t *ms)
{
	if (num_parse_i64(r->str, -WIRE_MS_MAX, WIRE_MS_MAX, ms))
		return true;
	if (!(fabs(r->num) <= (double)WIRE_MS_MAX))
		return false;
	*ms = (int64_t)r->num;
	return (double)*ms == r->num;
}

static int
timestamps_read(const struct decode *d, struct str text)
{
	enum jr_tok tok;
	struct jr r;
	int64_t ms;

	jr_init(&r, text, d->a);
	r.bare_nonfinite = true;
	if (jr_next(&r) != JR_ARR)
		return wrong(d, text, "'timestamps': expected an array");
	while ((tok = jr_next(&r)) != JR_ARR_END) {
		if (tok != JR_NUM || !ms_of(&r, &ms))
			return wrong(d, str_sub(text, r.start, text.n),
			    "'timestamps': expected milliseconds");
		vec_push(&d->r->ts, ms);
	}
	return 0;
}

/* Floats stand before n0, histograms from there on: both by time. */
static void
merge_columns(const struct decode *d, size_t n0, struct wire_sample *s)
{
	const struct wire_reader *r = d->r;
	int64_t *ts = ARENA_ARRAY(d->a, r->ts.n, int64_t);
	double *value = ARENA_ARRAY(d->a, r->ts.n, double);
	const struct hist **hist = (const struct hist **)arena_array(d->a,
	    r->ts.n, sizeof(*hist));
	size_t i = 0, k = n0, n, from;

	for (n = 0; n < r->ts.n; n++) {
		from = k == r->ts.n || (i < n0 && r->ts.p[i] <= r->ts.p[k]) ?
		    i++ : k++;
		ts[n] = r->ts.p[from];
		value[n] = r->value.p[from];
		hist[n] = from < n0 ? NULL : r->hist.p[from - n0];
	}
	s->ts = ts;
	s->value = value;
	s->hist = hist;
	s->n = n;
}

/* "values" and "timestamps"; beside histograms both may be absent. */
static int
floats_read(const struct decode *d, const struct members *m, bool needed)
{
	const struct member *values = members_find(m, STR("values"));
	const struct member *times = members_find(m, STR("timestamps"));

	if (values == NULL && times == NULL && !needed)
		return 0;
	if (values == NULL || times == NULL)
		return wrong(d, d->line, "a sample without '%s'",
		    values ? "timestamps" : "values");
	if (values_read(d, values->value) == -1 ||
	    timestamps_read(d, times->value) == -1)
		return -1;
	if ((d->r->ts.n == 0 && needed) || d->r->ts.n != d->r->value.n)
		return wrong(d, times->value, "%zu values with %zu timestamps",
		    d->r->value.n, d->r->ts.n);
	return 0;
}

int
sample_read(const struct decode *d, const struct members *m,
    struct wire_rec *out)
{
	const struct member *metric = members_find(m, STR("metric"));
	const struct member *hists = members_find(m, STR("histograms"));
	const struct labels *l;
	size_t nfloats;

	vec_reset(&d->r->value);
	vec_reset(&d->r->ts);
	vec_reset(&d->r->hist);
	if (labels_read(d, metric->value, &l) == -1)
		return err_prefix(d->e, "'metric'");
	if (floats_read(d, m, hists == NULL) == -1)
		return -1;
	nfloats = d->r->ts.n;
	if (hists && hists_read(d, hists->value) == -1)
		return -1;
	if (d->r->ts.n == 0)
		return wrong(d, hists->value, "a sample without a value");
	out->u.sample.series = wire_reader_get(d->r, l);
	if (d->r->ts.n == nfloats)
		set_columns(d, &out->u.sample);
	else
		merge_columns(d, nfloats, &out->u.sample);
	return 0;
}

/* ----------------------------------------------------------------- writing */

void
wire_put_value(struct buf *out, double value)
{
	size_t i;

	if (value - value == 0) {
		num_print(out, value, NUM_JSON);
		return;
	}
	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (words[i].bits == num_bits(value))
			break;
	/* any other NaN is an ordinary one */
	if (i == sizeof(words) / sizeof(words[0]))
		i = 1;
	(void)buf_put(out, words[i].text);
}

void
wire_put_metric(struct buf *out, const struct labels *l)
{
	static const struct str name = STR("__name__");
	struct jw w = { .out = out };
	uint32_t i, at = l->n;

	(void)buf_put(out, STR("{\"metric\":"));
	jw_obj(&w);
	for (i = 0; i < l->n && at == l->n; i++)
		if (str_eq(l->v[i].name->s, name))
			at = i;
	if (at < l->n) {
		jw_key(&w, name);
		jw_str(&w, l->v[at].value->s);
	}
	for (i = 0; i < l->n; i++) {
		if (i == at)
			continue;
		jw_key(&w, l->v[i].name->s);
		jw_str(&w, l->v[i].value->s);
	}
	jw_obj_end(&w);
}

/* The digits of a time stamp, two at a time. */
static void
put_ms(struct buf *out, int64_t ms)
{
	static const char pairs[] =
	    "00010203040506070809101112131415161718192021222324"
	    "25262728293031323334353637383940414243444546474849"
	    "50515253545556575859606162636465666768697071727374"
	    "75767778798081828384858687888990919293949596979899";
	char digits[22];
	uint64_t u = ms < 0 ? 0 - (uint64_t)ms : (uint64_t)ms;
	size_t at = sizeof(digits);

	do {
		at -= 2;
		memcpy(digits + at, pairs + u % 100 * 2, 2);
	} while (u /= 100);
	at += digits[at] == '0' && at < sizeof(digits) - 1;
	if (ms < 0)
		digits[--at] = '-';
	(void)buf_put(out, (struct str){ digits + at, sizeof(digits) - at });
}

void
wire_put_time(struct buf *out, int64_t ts)
{
	(void)buf_put(out, STR("],\"timestamps\":["));
	put_ms(out, ts);
	(void)buf_put(out, STR("]}\n"));
}

void
wire_put_point(struct buf *out, double value, int64_t ts)
{
	(void)buf_put(out, STR(",\"values\":["));
	wire_put_value(out, value);
	wire_put_time(out, ts);
}

void
wire_put_sample(struct buf *out, const struct labels *l, int64_t ts,
    double value)
{
	wire_put_metric(out, l);
	wire_put_point(out, value, ts);
}

void
wire_put_samples(struct buf *out, const struct labels *l, const int64_t *ts,
    const double *value, size_t n)
{
	size_t i;

	wire_put_metric(out, l);
	(void)buf_put(out, STR(",\"values\":"));
	for (i = 0; i < n; i++) {
		(void)buf_putc(out, i ? ',' : '[');
		wire_put_value(out, value[i]);
	}
	(void)buf_put(out, STR("],\"timestamps\":"));
	for (i = 0; i < n; i++) {
		(void)buf_putc(out, i ? ',' : '[');
		put_ms(out, ts[i]);
	}
	(void)buf_put(out, STR("]}\n"));
}

/* ,"values":[...],"timestamps":[...] of the floats among them. */
static void
put_floats(struct buf *out, const int64_t *ts, const double *value,
    const struct hist *const *hist, size_t n)
{
	bool any = false;
	size_t i;

	for (i = 0; i < n; i++)
		if (hist[i] == NULL) {
			(void)buf_put(out, any ? STR(",") : STR(",\"values\":["));
			wire_put_value(out, value[i]);
			any = true;
		}
	if (!any)
		return;
	(void)buf_put(out, STR("],\"timestamps\":["));
	for (i = 0, any = false; i < n; i++)
		if (hist[i] == NULL) {
			if (any)
				(void)buf_putc(out, ',');
			put_ms(out, ts[i]);
			any = true;
		}
	(void)buf_putc(out, ']');
}

void
wire_put_hists(struct buf *out, const struct labels *l, const int64_t *ts,
    const double *value, const struct hist *const *hist, size_t n)
{
	struct jw w = { .out = out };
	bool any = false;
	size_t i;

	for (i = 0; hist && i < n && !any; i++)
		any = hist[i] != NULL;
	if (!any) {
		wire_put_samples(out, l, ts, value, n);
		return;
	}
	wire_put_metric(out, l);
	put_floats(out, ts, value, hist, n);
	(void)buf_put(out, STR(",\"histograms\":"));
	jw_arr(&w);
	for (i = 0; i < n; i++)
		if (hist[i])
			wire_put_hist_point(&w, ts[i], hist[i], true);
	jw_arr_end(&w);
	(void)buf_put(out, STR("}\n"));
}
