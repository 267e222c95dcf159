/*
 * series: literal series to labels and values.
 */
#include "promql/series.h"

#include <math.h>

#include "core/num.h"
#include "core/vec.h"
#include "promql/lex.h"

typedef VEC(struct pvalue) values;

/* ---- labels ---- */

struct reader {
	struct plex lex;
	struct ptoken tok;
	struct labels_builder b;
	struct err *e;
};

static void
advance(struct reader *r)
{
	lex_next(&r->lex, &r->tok);
}

static int
unexpected(struct reader *r, const char *wanted)
{
	struct buf what = { 0 };

	ptoken_describe(&r->tok, &what);
	err_at(r->e, 1, r->tok.from + 1, "unexpected " STR_FMT
	    " in series description, expected %s", STR_ARG(what), wanted);
	buf_release(&what);
	return -1;
}

/* An identifier or a quoted string; appended to b. */
static int
name_or_string(struct reader *r, struct buf *b)
{
	struct str t = r->tok.text;

	if (r->tok.kind != T_STRING)
		return buf_put(b, t);
	if (t.p[0] == '`')
		return buf_put(b, str_sub(t, 1, t.n - 1));
	(void)go_unquote(b, str_sub(t, 1, t.n - 1), t.p[0]);
	return 0;
}

/* NAME = STRING | STRING, the latter being the metric's name */
static int
read_pair(struct reader *r)
{
	bool quoted = r->tok.kind == T_STRING;
	struct buf name = { 0 }, value = { 0 };
	int rc = -1;

	if (!quoted && r->tok.kind != T_IDENT) {
		unexpected(r, "a label");
		goto out;
	}
	name_or_string(r, &name);
	advance(r);
	if (quoted && r->tok.kind != T_EQL) {
		labels_set(&r->b, STR("__name__"), buf_str(&name));
		rc = 0;
		goto out;
	}
	if (r->tok.kind != T_EQL) {
		unexpected(r, "\"=\"");
		goto out;
	}
	advance(r);
	if (r->tok.kind != T_STRING) {
		unexpected(r, "a string");
		goto out;
	}
	name_or_string(r, &value);
	labels_set(&r->b, buf_str(&name), buf_str(&value));
	advance(r);
	rc = 0;
out:
	buf_release(&name);
	buf_release(&value);
	return rc;
}

/* "{" [ pair { "," pair } [ "," ] ] "}" */
static int
read_braces(struct reader *r)
{
	advance(r);
	while (r->tok.kind != T_RBRACE) {
		if (read_pair(r) == -1)
			return -1;
		if (r->tok.kind == T_COMMA)
			advance(r);
		else if (r->tok.kind != T_RBRACE)
			return unexpected(r, "\",\" or \"}\"");
	}
	return 0;
}

int
pnotation_labels(struct str text, struct labels_table *t,
    const struct labels **out, struct str *rest, struct err *e)
{
	struct reader r = { .lex = { .text = text }, .e = e };
	struct str behind;
	int rc = -1;

	labels_build(&r.b, t, NULL);
	advance(&r);
	if (r.tok.kind == T_IDENT || r.tok.kind == T_METRIC_IDENT ||
	    r.tok.metric) {
		labels_set(&r.b, STR("__name__"), r.tok.text);
		/* Two braces begin a histogram, not labels. */
		behind = str_trim(str_sub(text, r.tok.to, text.n));
		if (str_starts(behind, STR("{")) &&
		    !str_starts(behind, STR("{{")))
			advance(&r);
	} else if (r.tok.kind != T_LBRACE) {
		unexpected(&r, "a metric name or \"{\"");
		goto out;
	}
	if (r.tok.kind == T_LBRACE && read_braces(&r) == -1)
		goto out;
	*out = labels_done(&r.b);
	*rest = str_sub(text, r.tok.to, text.n);
	rc = 0;
out:
	labels_builder_release(&r.b);
	return rc;
}

/* ---- values ---- */

struct scan {
	struct str text;
	size_t at, col;
	struct arena *a;
	struct err *e;
};

static int
bad(struct scan *s, const char *what)
{
	return err_at(s->e, 1, (unsigned)(s->col + s->at + 1), "%s", what);
}

static bool
at_char(const struct scan *s, char c)
{
	return s->at < s->text.n && s->text.p[s->at] == c;
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static void
skip_blanks(struct scan *s)
{
	while (s->at < s->text.n && is_blank(s->text.p[s->at]))
		s->at++;
}

static bool
take(struct scan *s, struct str word)
{
	if (!str_starts(str_sub(s->text, s->at, s->text.n), word))
		return false;
	s->at += word.n;
	return true;
}

static bool
is_number_char(const struct scan *s, size_t from, size_t i)
{
	char c = s->text.p[i], before = i > from ? s->text.p[i - 1] : 0;

	if ((c >= '0' && c <= '9') || c == '.')
		return true;
	if (c == '+' || c == '-')
		return i == from || before == 'e' || before == 'E';
	return (c | 0x20) != 'x' && ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
}

static int
read_number(struct scan *s, double *out)
{
	size_t from = s->at, to = from;

	while (to < s->text.n && is_number_char(s, from, to))
		to++;
	if (!num_parse_prom(str_sub(s->text, from, to), out))
		return bad(s, "a number was expected");
	s->at = to;
	return 0;
}

/* xN: how many more; 0 when there is no x. */
static int
read_times(struct scan *s, size_t *n)
{
	size_t from;
	int64_t v;

	*n = 0;
	if (!take(s, STR("x")))
		return 0;
	from = s->at;
	while (s->at < s->text.n && s->text.p[s->at] >= '0' &&
	    s->text.p[s->at] <= '9')
		s->at++;
	if (!num_parse_i64(str_sub(s->text, from, s->at), 0,
	    PNOTATION_MAX_VALUES, &v))
		return bad(s, "a number of repetitions was expected");
	*n = (size_t)v;
	return 0;
}

static int
put(struct scan *s, values *out, struct pvalue v)
{
	if (out->n >= PNOTATION_MAX_VALUES)
		return bad(s, "too many values");
	vec_push(out, v);
	return 0;
}

/* ---- histograms ---- */

static int
read_array(struct scan *s, double **v, size_t *n)
{
	VEC(double) list = { 0 };
	double x;
	int rc = -1;

	if (!take(s, STR("["))) {
		bad(s, "\"[\" was expected");
		goto out;
	}
	for (skip_blanks(s); !at_char(s, ']'); skip_blanks(s)) {
		if (read_number(s, &x) == -1)
			goto out;
		vec_push(&list, x);
	}
	s->at++;
	*n = list.n;
	*v = ARENA_ARRAY(s->a, list.n, double);
	if (list.n)
		memcpy(*v, list.p, list.n * sizeof(double));
	rc = 0;
out:
	vec_release(&list);
	return rc;
}

static int
read_hint(struct scan *s, enum hist_hint *hint)
{
	static const struct { struct str word; enum hist_hint hint; } hints[] = {
		{ { "unknown", 7 }, HIST_UNKNOWN },
		{ { "reset", 5 }, HIST_RESET },
		{ { "not_reset", 9 }, HIST_NO_RESET },
		{ { "gauge", 5 }, HIST_GAUGE },
	};
	size_t i;

	for (i = 0; i < sizeof(hints) / sizeof(hints[0]); i++)
		if (take(s, hints[i].word)) {
			*hint = hints[i].hint;
			return 0;
		}
	return bad(s, "unknown counter_reset_hint");
}

/* What is written between {{ and }}. */
struct hist_text {
	struct hist h;
	int32_t offset, n_offset;
	bool hint_set;
};

enum field_kind { F_NUMBER, F_INT, F_ARRAY, F_HINT };

static const struct hist_field {
	struct str name;
	enum field_kind kind;
	size_t offset, count;
} hist_fields[] = {
#define FIELD(name, kind, member) \
	{ { name, sizeof(name) - 1 }, kind, \
	    offsetof(struct hist_text, member), 0 }
#define ARRAY(name, member, count) \
	{ { name, sizeof(name) - 1 }, F_ARRAY, \
	    offsetof(struct hist_text, member), \
	    offsetof(struct hist_text, count) }
	FIELD("schema:", F_INT, h.schema),
	FIELD("sum:", F_NUMBER, h.sum),
	FIELD("count:", F_NUMBER, h.count),
	FIELD("z_bucket:", F_NUMBER, h.zero_count),
	FIELD("z_bucket_w:", F_NUMBER, h.zero_threshold),
	ARRAY("custom_values:", h.custom, h.ncustom),
	ARRAY("buckets:", h.pos, h.npos),
	FIELD("offset:", F_INT, offset),
	ARRAY("n_buckets:", h.neg, h.nneg),
	FIELD("n_offset:", F_INT, n_offset),
	FIELD("counter_reset_hint:", F_HINT, h.hint),
#undef FIELD
#undef ARRAY
};

static int
read_field(struct scan *s, const struct hist_field *f, struct hist_text *t)
{
	char *at = (char *)t + f->offset;
	double v;

	switch (f->kind) {
	case F_NUMBER:
		return read_number(s, (double *)(void *)at);
	case F_ARRAY:
		return read_array(s, (double **)(void *)at,
		    (size_t *)(void *)((char *)t + f->count));
	case F_HINT:
		t->hint_set = true;
		return read_hint(s, &t->h.hint);
	case F_INT:
		if (read_number(s, &v) == -1)
			return -1;
		if (v != floor(v) || fabs(v) > INT32_MAX / 2)
			return bad(s, "an integer was expected");
		*(int32_t *)(void *)at = (int32_t)v;
		return 0;
	}
	return -1;
}

static struct hist_span *
one_span(struct scan *s, int32_t offset, size_t n, size_t *nspans)
{
	struct hist_span *span;

	*nspans = n > 0;
	if (n == 0)
		return NULL;
	span = ARENA_NEW(s->a, struct hist_span);
	*span = (struct hist_span){ offset, (uint32_t)n };
	return span;
}

static int
check_hist(struct scan *s, const struct hist *h)
{
	if (h->schema != HIST_CUSTOM_SCHEMA && (h->schema < HIST_SCHEMA_MIN ||
	    h->schema > HIST_SCHEMA_MAX))
		return bad(s, "unknown schema of a histogram");
	if (hist_is_custom(h) && h->npos > h->ncustom + 1)
		return bad(s, "more buckets than custom values allow");
	return 0;
}

/* "{{" { name ":" value } "}}"; the opening braces are taken */
static int
read_hist(struct scan *s, struct pvalue *out)
{
	struct hist_text t = { 0 };
	struct hist *h;
	size_t i, n = sizeof(hist_fields) / sizeof(hist_fields[0]);

	for (skip_blanks(s); !take(s, STR("}}")); skip_blanks(s)) {
		for (i = 0; i < n && !take(s, hist_fields[i].name); i++)
			continue;
		if (i == n)
			return bad(s, "unknown property of a histogram");
		if (read_field(s, &hist_fields[i], &t) == -1)
			return -1;
	}
	t.h.pos_span = one_span(s, t.offset, t.h.npos, &t.h.npos_span);
	t.h.neg_span = one_span(s, t.n_offset, t.h.nneg, &t.h.nneg_span);
	if (check_hist(s, &t.h) == -1)
		return -1;
	h = ARENA_NEW(s->a, struct hist);
	*h = t.h;
	*out = (struct pvalue){ .h = h, .hint_set = t.hint_set };
	return 0;
}

/* {{a}}+{{b}}xN: a, a+b, …; without a hint of their own, as upstream. */
static int
hist_series(struct scan *s, values *out)
{
	struct pvalue first, step = { 0 };
	struct hist *h, *next;
	size_t i, n;
	char op = 0;
	unsigned bad_op = 0;

	if (read_hist(s, &first) == -1)
		return -1;
	if (take(s, STR("+{{")) || take(s, STR("-{{"))) {
		op = s->text.p[s->at - 3];
		if (read_hist(s, &step) == -1)
			return -1;
	}
	if (op && !at_char(s, 'x'))
		return bad(s, "\"x\" was expected");
	if (read_times(s, &n) == -1 || put(s, out, first) == -1)
		return -1;
	h = hist_copy(first.h, s->a);
	for (i = 0; i < n; i++) {
		next = hist_copy(h, s->a);
		if (op == '+')
			bad_op = hist_add(next, step.h, s->a);
		else if (op == '-')
			bad_op = hist_sub(next, step.h, s->a);
		if (bad_op & HIST_INCOMPATIBLE)
			return bad(s, "incompatible histograms");
		if (op)
			hist_compact(next, s->a);
		h = next;
		if (put(s, out, (struct pvalue){ .h = h,
		    .hint_set = first.hint_set }) == -1)
			return -1;
	}
	return 0;
}

/* ---- items ---- */

/* a, axN, a+bxN, a-bxN */
static int
number_series(struct scan *s, values *out)
{
	double v, step = 0;
	size_t i, n;
	bool stepped = false;

	if (read_number(s, &v) == -1)
		return -1;
	if (at_char(s, '+') || at_char(s, '-')) {
		stepped = true;
		if (read_number(s, &step) == -1)
			return -1;
	}
	if (stepped && !at_char(s, 'x'))
		return bad(s, "\"x\" was expected");
	if (read_times(s, &n) == -1)
		return -1;
	for (i = 0; i <= n; i++) {
		if (put(s, out, (struct pvalue){ .v = v }) == -1)
			return -1;
		v += step;
	}
	return 0;
}

static int
gap_series(struct scan *s, values *out)
{
	size_t i, n;

	if (read_times(s, &n) == -1)
		return -1;
	for (i = 0; i < (n ? n : 1); i++)
		if (put(s, out, (struct pvalue){ .omitted = true }) == -1)
			return -1;
	return 0;
}

static int
read_item(struct scan *s, values *out)
{
	int rc;

	if (take(s, STR("_")))
		rc = gap_series(s, out);
	else if (take(s, STR("stale")))
		rc = put(s, out, (struct pvalue){ .v = num_stale() });
	else if (take(s, STR("{{")))
		rc = hist_series(s, out);
	else
		rc = number_series(s, out);
	if (rc == 0 && s->at < s->text.n && !is_blank(s->text.p[s->at]))
		return bad(s, "a blank was expected behind the value");
	return rc;
}

int
pnotation_values(struct str text, size_t col, struct arena *a,
    struct pvalue **out, size_t *n, struct err *e)
{
	struct scan s = { .text = text, .col = col, .a = a, .e = e };
	values all = { 0 };
	int rc = 0;

	for (skip_blanks(&s); s.at < text.n && rc == 0; skip_blanks(&s))
		rc = read_item(&s, &all);
	*n = all.n;
	*out = ARENA_ARRAY(a, all.n, struct pvalue);
	if (all.n)
		memcpy(*out, all.p, all.n * sizeof(**out));
	vec_release(&all);
	return rc;
}

int
pnotation_parse(struct str line, struct labels_table *t, struct arena *a,
    struct pnotation *out, struct err *e)
{
	struct str rest;

	*out = (struct pnotation){ 0 };
	if (pnotation_labels(line, t, &out->labels, &rest, e) == -1)
		return -1;
	if (rest.n > 0 && !is_blank(rest.p[0]))
		return err_at(e, 1, (unsigned)(line.n - rest.n + 1),
		    "a blank was expected behind the series");
	return pnotation_values(rest, line.n - rest.n, a, &out->value,
	    &out->n, e);
}
