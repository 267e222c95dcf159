#include <math.h>
#include <stdarg.h>
#include <stdio.h>

#include "core/dur.h"
#include "core/num.h"
#include "wire/internal.h"

/* Go's zero time, which means "none". */
#define YEAR_ONE_MS	INT64_C(-62135596800000)

int
wrong(const struct decode *d, struct str at, const char *fmt, ...)
{
	char msg[sizeof(d->e->msg)];
	va_list ap;

	va_start(ap, fmt);
	/* a longer message is cut */
	(void)vsnprintf(msg, sizeof(msg), fmt, ap);
	va_end(ap);
	return err_at(d->e, 1, (unsigned)(at.p - d->line.p) + 1, "%s", msg);
}

static void
member_push(struct arena *a, struct members *m, struct member one)
{
	struct member *wider;

	/* full at 8, 16, 32 … */
	if (m->n % 8 == 0 && (m->n & (m->n - 1)) == 0) {
		wider = arena_raw(a, sizeof(*wider) * (m->n ? 2 * m->n : 8));
		if (m->n)
			memcpy(wider, m->m, sizeof(*wider) * m->n);
		m->m = wider;
	}
	m->m[m->n++] = one;
}

/* The text of the key just read: its quotes stand before the colon. */
static struct str
key_text(const struct jr *r)
{
	return str_trim(str_sub(r->text, r->start, r->at - 1));
}

int
members_read(const struct decode *d, struct jr *r, struct members *out)
{
	struct member one;
	enum jr_tok tok;

	*out = (struct members){ 0 };
	while ((tok = jr_next(r)) == JR_KEY) {
		one.key = r->str;
		one.key_text = key_text(r);
		if (jr_raw(r, &one.value) == -1)
			return jr_err(r, "a value", d->e);
		member_push(d->a, out, one);
	}
	return tok == JR_OBJ_END ? 0 : jr_err(r, "a key", d->e);
}

int
members_scan(const struct decode *d, struct str text, struct members *out,
    struct str *bare)
{
	struct jr r;

	jr_init(&r, text, d->a);
	r.bare_nonfinite = true;
	if (jr_next(&r) != JR_OBJ)
		return jr_err(&r, "a JSON object", d->e);
	if (members_read(d, &r, out) == -1)
		return -1;
	if (jr_next(&r) != JR_END)
		return jr_err(&r, "the end of the line", d->e);
	*bare = r.bare_at ? str_sub(text, r.bare_at - 1, text.n) : STR_NONE;
	return 0;
}

const struct member *
members_find(const struct members *m, struct str key)
{
	size_t i;

	for (i = m->n; i-- > 0; )
		if (str_eq(m->m[i].key, key))
			return &m->m[i];
	return NULL;
}

int
string_read(const struct decode *d, struct str text, struct str *out)
{
	struct jr r;

	jr_init(&r, text, d->a);
	if (jr_next(&r) != JR_STR)
		return wrong(d, text, "expected a string");
	*out = r.str;
	return 0;
}

int
labels_read(const struct decode *d, struct str text, const struct labels **out)
{
	struct labels_builder *b = &d->r->builder;
	struct str name;
	enum jr_tok tok;
	struct jr r;

	labels_build(b, d->r->table, NULL);
	jr_init(&r, text, d->a);
	if (jr_next(&r) != JR_OBJ)
		return wrong(d, text, "expected an object of strings");
	while (jr_next(&r) == JR_KEY) {
		name = r.str;
		tok = jr_next(&r);
		if (tok != JR_STR)
			return wrong(d, str_sub(text, r.start, text.n),
			    "label '" STR_FMT "' is not a string",
			    STR_ARG(name));
		labels_set(b, name, r.str);
	}
	if (jr_next(&r) != JR_END)
		return jr_err(&r, "the end of the object", d->e);
	*out = labels_done(b);
	return 0;
}

/* s stands at *at, which moves behind it. */
static bool
passes(struct str text, size_t *at, struct str s)
{
	if (!str_starts(str_sub(text, *at, text.n), s))
		return false;
	*at += s.n;
	return true;
}

/* A string of JSON that means s; one with escapes is not looked at. */
static bool
passes_string(struct str text, size_t *at, struct str s)
{
	return passes(text, at, STR("\"")) && passes(text, at, s) &&
	    passes(text, at, STR("\"")) && str_find_char(s, '"') == -1 &&
	    str_find_char(s, '\\') == -1;
}

/* text is l as we write it ourselves. */
static bool
is_text_of(struct str text, const struct labels *l)
{
	size_t at = 0;
	uint32_t i;

	for (i = 0; i < l->n; i++)
		if (!passes(text, &at, i ? STR(",") : STR("{")) ||
		    !passes_string(text, &at, l->v[i].name->s) ||
		    !passes(text, &at, STR(":")) ||
		    !passes_string(text, &at, l->v[i].value->s))
			return false;
	return l->n && passes(text, &at, STR("}")) && at == text.n;
}

/* The set that was read two after l, the last time that l was. */
static const struct labels **
second_after(struct wire_reader *r, const struct labels *l)
{
	while (r->second.n <= l->id)
		vec_push(&r->second, NULL);
	return &r->second.p[l->id];
}

/*
 * The same, for objects that come again: an alert is said at every
 * evaluation, most often in the order of the last one.  Labels and annotations
 * take turns, hence the next but one.
 */
static int
labels_read_again(const struct decode *d, struct str text,
    const struct labels **out)
{
	struct wire_reader *r = d->r;
	const struct labels *before = r->recent[0];
	const struct labels *guess = before ? *second_after(r, before) : NULL;

	if (guess == NULL || !is_text_of(text, guess)) {
		if (labels_read(d, text, &guess) == -1)
			return -1;
		if (before != NULL)
			*second_after(r, before) = guess;
	}
	r->recent[0] = r->recent[1];
	r->recent[1] = guess;
	*out = guess;
	return 0;
}

/* Every NaN and infinity that a number cannot say comes as a string. */
static int
value_read(const struct decode *d, struct str text, struct str *out)
{
	double v;

	if (text.p[0] == '"') {
		if (string_read(d, text, out) == -1)
			return -1;
		if (!num_parse_prom(*out, &v))
			return wrong(d, text, "expected a number");
		return 0;
	}
	if (!num_parse_double(text, &v))
		return wrong(d, text, "expected a number");
	*out = text;
	return 0;
}

static int
time_read(const struct decode *d, struct str text, int64_t *ms)
{
	struct str s;

	if (string_read(d, text, &s) == -1)
		return -1;
	if (!time_parse_rfc3339(s, ms))
		return wrong(d, text, "expected a time like "
		    "2026-01-21T09:00:00Z");
	if (*ms == YEAR_ONE_MS)
		*ms = 0;
	return 0;
}

static int
duration_read(const struct decode *d, struct str text, int64_t *ms)
{
	struct str s;

	if (string_read(d, text, &s) == -1)
		return -1;
	if (!dur_parse(s, ms))
		return wrong(d, text, "expected a duration like 1h30m");
	return 0;
}

static int
bool_read(const struct decode *d, struct str text, int *out)
{
	*out = str_eq(text, STR("true"));
	if (!*out && !str_eq(text, STR("false")))
		return wrong(d, text, "expected true or false");
	return 0;
}

static int
field_read(const struct decode *d, const struct field *f, struct str text,
    void *at)
{
	switch (f->type) {
	case F_STR:
		return string_read(d, text, at);
	case F_TIME:
		return time_read(d, text, at);
	case F_MS:
		if (!num_parse_i64(text, -WIRE_MS_MAX, WIRE_MS_MAX, at))
			return wrong(d, text, "expected milliseconds");
		return 0;
	case F_DURATION:
		return duration_read(d, text, at);
	case F_NUM:
		if (!num_parse_double(text, at))
			return wrong(d, text, "expected a number");
		return 0;
	case F_COUNT:
		if (!num_parse_u64(text, INT64_MAX, at))
			return wrong(d, text, "expected a count");
		return 0;
	case F_BOOL:
		return bool_read(d, text, at);
	case F_RAW:
		*(struct str *)at = text;
		return 0;
	case F_VALUE:
		return value_read(d, text, at);
	case F_LABELS:
		return labels_read_again(d, text, at);
	case F_IGNORED:
		break;
	}
	return 0;
}

/* How an absent member stands in the struct. */
static void
field_absent(const struct decode *d, const struct field *f, void *at)
{
	switch (f->type) {
	case F_STR:
	case F_RAW:
	case F_VALUE:
		*(struct str *)at = STR_NONE;
		break;
	case F_TIME:
	case F_MS:
	case F_DURATION:
		*(int64_t *)at = 0;
		break;
	case F_NUM:
		*(double *)at = NAN;
		break;
	case F_COUNT:
		*(uint64_t *)at = 0;
		break;
	case F_BOOL:
		*(int *)at = -1;
		break;
	case F_LABELS:
		*(const struct labels **)at = labels_empty(d->r->table);
		break;
	case F_IGNORED:
		break;
	}
}

static const struct field *
field_find(struct fields f, struct str key)
{
	size_t i;

	for (i = 0; i < f.n; i++)
		if (str_eq(f.row[i].key, key))
			return &f.row[i];
	return NULL;
}

/* The members without a row, joined as they are written. */
static struct str
join_extra(const struct decode *d, struct fields f, const struct members *m)
{
	size_t i, n = 0;
	char *p, *at;

	for (i = 0; i < m->n; i++)
		if (field_find(f, m->m[i].key) == NULL)
			n += m->m[i].key_text.n + m->m[i].value.n + 2;
	if (n == 0)
		return STR_NONE;
	p = at = arena_raw(d->a, n);
	for (i = 0; i < m->n; i++) {
		if (field_find(f, m->m[i].key) != NULL)
			continue;
		if (at > p)
			*at++ = ',';
		memcpy(at, m->m[i].key_text.p, m->m[i].key_text.n);
		at += m->m[i].key_text.n;
		*at++ = ':';
		memcpy(at, m->m[i].value.p, m->m[i].value.n);
		at += m->m[i].value.n;
	}
	return (struct str){ p, (size_t)(at - p) };
}

int
fields_read(const struct decode *d, struct fields f, const struct members *m,
    void *out, struct str *extra)
{
	const struct field *row;
	size_t i, unknown = 0;

	for (i = 0; i < f.n; i++)
		field_absent(d, &f.row[i], (char *)out + f.row[i].offset);
	for (i = 0; i < m->n; i++) {
		row = field_find(f, m->m[i].key);
		if (row == NULL)
			unknown++;
		else if (!str_eq(m->m[i].value, STR("null")) &&
		    field_read(d, row, m->m[i].value,
		    (char *)out + row->offset) == -1)
			return err_prefix(d->e, "'" STR_FMT "'",
			    STR_ARG(row->key));
	}
	if (extra != NULL)
		*extra = unknown ? join_extra(d, f, m) : STR_NONE;
	return 0;
}

static void
put_time(struct jw *w, int64_t ms)
{
	char text[48];
	struct buf b = { .p = text, .cap = sizeof(text), .max = sizeof(text) };

	time_print_rfc3339(&b, ms ? ms : YEAR_ONE_MS);
	jw_str(w, buf_str(&b));
}

static void
put_duration(struct jw *w, int64_t ms)
{
	char text[64];
	struct buf b = { .p = text, .cap = sizeof(text), .max = sizeof(text) };

	dur_print(&b, ms);
	jw_str(w, buf_str(&b));
}

/* A JSON number stays one; NaN and the infinities need quotes. */
static void
put_value_text(struct jw *w, struct str s)
{
	static const struct { struct str in, out; } words[] = {
		{ STR("+Inf"), STR("Infinity") },
		{ STR("-Inf"), STR("-Infinity") },
	};
	struct arena none = { 0 };
	struct jr r;
	size_t i;

	jr_init(&r, s, &none);
	if (s.p[0] != '"' && jr_next(&r) == JR_NUM && jr_next(&r) == JR_END) {
		jw_raw(w, s);
		return;
	}
	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (str_eq(s, words[i].in))
			s = words[i].out;
	jw_str(w, s);
}

static bool
is_absent(const struct field *f, const void *at)
{
	const struct labels *l;

	switch (f->type) {
	case F_STR:
	case F_RAW:
	case F_VALUE:
		return ((const struct str *)at)->n == 0;
	case F_TIME:
	case F_DURATION:
		return *(const int64_t *)at == 0;
	case F_MS:
		return false;
	case F_NUM:
		return isnan(*(const double *)at);
	case F_COUNT:
		return *(const uint64_t *)at == 0;
	case F_BOOL:
		return *(const int *)at == -1;
	case F_LABELS:
		l = *(const struct labels *const *)at;
		return l == NULL || l->n == 0;
	case F_IGNORED:
		break;
	}
	return true;
}

static void
field_write(struct jw *w, const struct field *f, const void *at)
{
	switch (f->type) {
	case F_STR:
		jw_str(w, *(const struct str *)at);
		break;
	case F_TIME:
		put_time(w, *(const int64_t *)at);
		break;
	case F_MS:
		jw_int(w, *(const int64_t *)at);
		break;
	case F_DURATION:
		put_duration(w, *(const int64_t *)at);
		break;
	case F_NUM:
		jw_num(w, *(const double *)at);
		break;
	case F_COUNT:
		jw_int(w, (int64_t)*(const uint64_t *)at);
		break;
	case F_BOOL:
		jw_bool(w, *(const int *)at == 1);
		break;
	case F_RAW:
		jw_raw(w, *(const struct str *)at);
		break;
	case F_VALUE:
		put_value_text(w, *(const struct str *)at);
		break;
	case F_LABELS:
		wire_put_labels(w, *(const struct labels *const *)at);
		break;
	case F_IGNORED:
		break;
	}
}

void
fields_write(struct jw *w, struct fields f, const void *in)
{
	const void *at;
	size_t i;

	for (i = 0; i < f.n; i++) {
		at = (const char *)in + f.row[i].offset;
		if (f.row[i].type == F_IGNORED ||
		    (!f.row[i].always && is_absent(&f.row[i], at)))
			continue;
		jw_key(w, f.row[i].key);
		field_write(w, &f.row[i], at);
	}
}

void
extra_write(struct jw *w, struct str extra)
{
	if (extra.n)
		jw_raw(w, extra);
}
