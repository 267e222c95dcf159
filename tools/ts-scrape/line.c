#include "line.h"

#include <stdlib.h>

#include "core/num.h"
#include "json/write.h"
#include "wire/wire.h"

#define HEAD	"{\"metric\":{\"__name__\":"

/* Stands for a label of the target's; JSON holds no such byte. */
#define OWN	'\1'

void
line_time_set(struct line_time *t, int64_t ms)
{
	uint64_t u = ms < 0 ? 0 - (uint64_t)ms : (uint64_t)ms;
	size_t at = sizeof(t->digits);

	do
		t->digits[--at] = (char)('0' + u % 10);
	while (u /= 10);
	if (ms < 0)
		t->digits[--at] = '-';
	t->ms = ms;
	t->n = sizeof(t->digits) - at;
	memmove(t->digits, t->digits + at, t->n);
}

static void
put_exposed(struct buf *out, const struct expfmt_label *l)
{
	if (l->value.n == 0)
		return;
	(void)buf_putc(out, ',');
	json_put_str(out, l->name, false);
	(void)buf_putc(out, ':');
	json_put_str(out, l->value, false);
}

/* Both lists are sorted: merge them. */
bool
line_put_plain(struct buf *out, const struct target *t,
    const struct expfmt *x)
{
	size_t start = out->n, i = 0, k = 0;
	int c;

	json_put_str(out, x->name, false);
	while (i < x->nlabels && k < t->nlabels) {
		c = str_cmp(x->label[i].name, t->label[k].name);
		if (c == 0) {
			out->n = start;
			return false;
		}
		if (c < 0)
			put_exposed(out, &x->label[i++]);
		else {
			k++;
			(void)buf_putc(out, OWN);
		}
	}
	while (i < x->nlabels)
		put_exposed(out, &x->label[i++]);
	while (k++ < t->nlabels)
		(void)buf_putc(out, OWN);
	(void)buf_putc(out, '}');
	return true;
}

struct str
line_kept(enum line_format f, struct str series)
{
	return f == LINE_SAMPLES ? str_sub(series, strlen(HEAD), series.n) :
	    series;
}

/* Appending where room was made before. */
static char *
add(char *p, const char *s, size_t n)
{
	memcpy(p, s, n);
	return p + n;
}

void
line_expand(struct buf *out, enum line_format f, const struct target *t,
    struct str kept)
{
	const char *own, *end = kept.p + kept.n;
	size_t k = 0;
	char *p;

	if (f == LINE_TEXT) {
		(void)buf_put(out, kept);
		return;
	}
	if (buf_reserve(out, strlen(HEAD) + kept.n + t->json_bytes) == -1)
		return;
	p = add(out->p + out->n, HEAD, strlen(HEAD));
	while (k < t->nlabels && (own = memchr(kept.p, OWN,
	    (size_t)(end - kept.p))) != NULL) {
		p = add(p, kept.p, (size_t)(own - kept.p));
		p = add(p, t->label[k].json.p, t->label[k].json.n);
		kept.p = own + 1;
		k++;
	}
	p = add(p, kept.p, (size_t)(end - kept.p));
	out->n = (size_t)(p - out->p);
}

static bool
exposes(const struct expfmt *x, struct str name)
{
	size_t i;

	for (i = 0; i < x->nlabels; i++)
		if (str_eq(x->label[i].name, name))
			return true;
	return false;
}

struct conflict {
	const struct target_label *label;
	struct str value;		/* the exposed one */
};

static int
by_length(const void *a, const void *b)
{
	const struct conflict *x = a, *y = b;

	if (x->label->name.n != y->label->name.n)
		return x->label->name.n < y->label->name.n ? -1 : 1;
	return str_cmp(x->label->name, y->label->name);
}

/* exported_, as often as it takes to find a free name. */
static void
move_aside(struct labels_builder *b, const struct conflict *c)
{
	struct buf name = { 0 };

	(void)buf_put(&name, c->label->name);
	do {
		struct buf longer = { 0 };

		(void)buf_printf(&longer, "exported_" STR_FMT,
		    STR_ARG(buf_str(&name)));
		buf_release(&name);
		name = longer;
	} while (labels_peek(b, buf_str(&name)));
	labels_set(b, buf_str(&name), c->value);
	buf_release(&name);
}

static void
target_wins(struct labels_builder *b, const struct target *t)
{
	VEC(struct conflict) all = { 0 };
	const struct sym *was;
	size_t i;

	for (i = 0; i < t->nlabels; i++) {
		was = labels_peek(b, t->label[i].name);
		if (was)
			vec_push(&all, (struct conflict){ &t->label[i],
			    was->s });
		labels_set(b, t->label[i].name, t->label[i].value);
	}
	if (all.n > 1)
		qsort(all.p, all.n, sizeof(*all.p), by_length);
	for (i = 0; i < all.n; i++)
		move_aside(b, &all.p[i]);
	vec_release(&all);
}

void
line_labels(struct labels_builder *b, struct labels_table *table,
    const struct target *t, const struct expfmt *x, bool honor)
{
	size_t i;

	labels_build(b, table, NULL);
	labels_set(b, STR("__name__"), x->name);
	for (i = 0; i < x->nlabels; i++)
		labels_set(b, x->label[i].name, x->label[i].value);
	if (!honor) {
		target_wins(b, t);
		return;
	}
	/* An exposed label wins also when it is empty: it deletes. */
	for (i = 0; i < t->nlabels; i++)
		if (!exposes(x, t->label[i].name))
			labels_set(b, t->label[i].name, t->label[i].value);
}

/* Without the value and the timestamp that the writer puts behind it. */
static void
put_text_series(struct buf *out, const struct labels *l)
{
	expfmt_put_sample(out, l, 0, 0);
	while (out->n && out->p[out->n - 1] != ' ')
		out->n--;
	out->n -= strlen(" 0 ");
}

void
line_put_series(struct buf *out, enum line_format f, const struct labels *l)
{
	if (f == LINE_TEXT)
		put_text_series(out, l);
	else
		wire_put_metric(out, l);
}

void
line_put_report(struct buf *out, enum line_format f, const struct target *t,
    struct str name)
{
	struct expfmt x = { .name = name };
	struct labels_table *table;
	struct labels_builder b = { 0 };
	size_t i;

	if (f == LINE_SAMPLES) {
		(void)buf_put(out, STR(HEAD));
		json_put_str(out, name, false);
		for (i = 0; i < t->nlabels; i++)
			(void)buf_put(out, t->label[i].json);
		(void)buf_putc(out, '}');
		return;
	}
	table = labels_table_new();
	line_labels(&b, table, t, &x, false);
	put_text_series(out, labels_done(&b));
	labels_builder_release(&b);
	labels_table_free(table);
}

static size_t
count_digits(struct str s, size_t from)
{
	size_t i = from;

	while (i < s.n && s.p[i] >= '0' && s.p[i] <= '9')
		i++;
	return i - from;
}

/*
 * The text is what the number printer would write: a number below 1e15 with
 * no needless zero, no exponent (which it uses below 1e-6), and at most 15
 * digits: so few always read back as they were.
 */
static bool
is_canonical(struct str s)
{
	size_t at = s.n && s.p[0] == '-', whole, zeros = 0, rest;
	bool zero;

	whole = count_digits(s, at);
	zero = whole && s.p[at] == '0';
	if (whole == 0 || whole > 15 || (zero && whole > 1))
		return false;
	if (at + whole == s.n)
		return !(zero && at);		/* "-0" */
	if (s.p[at + whole] != '.')
		return false;
	at += whole + 1;
	while (zero && at + zeros < s.n && s.p[at + zeros] == '0')
		zeros++;
	rest = count_digits(s, at);
	return at + rest == s.n && rest > 0 && s.p[s.n - 1] != '0' &&
	    zeros <= 5 && (zero ? rest - zeros : whole + rest) <= 15;
}

struct str
line_canonical(struct str text)
{
	return is_canonical(text) ? text : STR_NONE;
}

static void
put_sample_point(struct buf *out, struct str text, double value,
    struct str ts)
{
	(void)buf_put(out, STR(",\"values\":["));
	if (text.n)
		(void)buf_put(out, text);
	else
		wire_put_value(out, value);
	(void)buf_put(out, STR("],\"timestamps\":["));
	(void)buf_put(out, ts);
	(void)buf_put(out, STR("]}\n"));
}

void
line_put_point(struct buf *out, enum line_format f, struct str text,
    double value, const struct line_time *t)
{
	struct str ts = { t->digits, t->n };

	if (f == LINE_SAMPLES) {
		put_sample_point(out, text, value, ts);
		return;
	}
	(void)buf_putc(out, ' ');
	num_print(out, value, NUM_GO_G);
	(void)buf_putc(out, ' ');
	(void)buf_put(out, ts);
	(void)buf_putc(out, '\n');
}
