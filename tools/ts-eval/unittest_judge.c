/*
 * What a test expects, beside what the rules gave: both sides become sorted
 * lines of text, and the difference is shown as in a patch.
 */
#include <math.h>
#include <stdlib.h>

#include "core/dur.h"
#include "core/num.h"
#include "promql/series.h"
#include "unittest.h"

/* One alert or sample, with what is compared and how it reads. */
struct item {
	const struct labels *labels, *annotations;
	double value;
	const struct hist *hist;
	struct str text;
};

struct items {
	struct item *p;
	size_t n;
};

static int
item_cmp(const void *a, const void *b)
{
	const struct item *x = a, *y = b;
	int d = labels_cmp(x->labels, y->labels);

	if (d == 0 && x->annotations && y->annotations)
		d = labels_cmp(x->annotations, y->annotations);
	return d;
}

static void
items_sort(struct items *v)
{
	if (v->n)
		qsort(v->p, v->n, sizeof(*v->p), item_cmp);
}

static struct str
take_text(struct ut_run *r, struct buf *b)
{
	struct str s = arena_str(&r->arena, buf_str(b));

	buf_release(b);
	return s;
}

/* One ulp apart counts as equal. */
static bool
numbers_eq(double a, double b, bool fuzzy)
{
	if (a == b)
		return true;
	return fuzzy && (nextafter(a, INFINITY) == b ||
	    nextafter(a, -INFINITY) == b);
}

static bool
hists_eq(struct ut_run *r, const struct hist *a, const struct hist *b)
{
	struct hist *x, *y;

	if (a == NULL || b == NULL)
		return a == b;
	x = hist_copy(a, &r->arena);
	y = hist_copy(b, &r->arena);
	hist_compact(x, &r->arena);
	hist_compact(y, &r->arena);
	return x->hint == y->hint && hist_eq(x, y);
}

static bool
item_eq(struct ut_run *r, const struct item *a, const struct item *b)
{
	return a->labels == b->labels && a->annotations == b->annotations &&
	    hists_eq(r, a->hist, b->hist) &&
	    (a->hist || numbers_eq(a->value, b->value, r->file->fuzzy));
}

static bool
items_eq(struct ut_run *r, const struct items *a, const struct items *b)
{
	size_t i;

	if (a->n != b->n)
		return false;
	for (i = 0; i < a->n; i++)
		if (!item_eq(r, &a->p[i], &b->p[i]))
			return false;
	return true;
}

static void
put_line(struct ut_run *r, char sign, const struct item *it)
{
	(void)buf_printf(&r->text, "        %c " STR_FMT "\n", sign,
	    STR_ARG(it->text));
}

/* Both sides are sorted: equal lines once, others with - (expected) or +. */
static void
put_diff(struct ut_run *r, const struct items *want, const struct items *got)
{
	size_t i = 0, k = 0;
	int d;

	while (i < want->n || k < got->n) {
		if (i < want->n && k < got->n &&
		    item_eq(r, &want->p[i], &got->p[k])) {
			put_line(r, ' ', &want->p[i++]);
			k++;
			continue;
		}
		d = i == want->n ? 1 : k == got->n ? -1 :
		    item_cmp(&want->p[i], &got->p[k]);
		if (d <= 0)
			put_line(r, '-', &want->p[i++]);
		if (d >= 0)
			put_line(r, '+', &got->p[k++]);
	}
	if (want->n == 0 && got->n == 0)
		(void)buf_put(&r->text, STR("        (nothing)\n"));
}

static void
put_head(struct ut_run *r, const char *what, struct str name, int64_t ms,
    const struct ynode *n)
{
	if (r->test->name.n)
		(void)buf_printf(&r->text, "    name: " STR_FMT ",\n",
		    STR_ARG(r->test->name));
	(void)buf_printf(&r->text, "    %s: " STR_FMT ", time: ", what,
	    STR_ARG(name));
	dur_print(&r->text, ms);
	(void)buf_printf(&r->text, ", at %s:%u: (- expected, + got)\n",
	    r->file->path, n->line);
}

/* ---- alerts ---- */

static void
alert_text(struct ut_run *r, struct item *it)
{
	struct buf b = { 0 };

	(void)buf_put(&b, STR("Labels:"));
	labels_print(it->labels, &b);
	(void)buf_put(&b, STR(" Annotations:"));
	labels_print(it->annotations, &b);
	it->text = take_text(r, &b);
}

/* An empty value is one that is expected. */
static const struct labels *
pairs_of(struct labels_builder *b, struct labels_table *table,
    const struct ypairs *p)
{
	size_t i;

	labels_build(b, table, NULL);
	for (i = 0; i < p->n; i++)
		labels_put(b, p->p[i].key, p->p[i].value);
	return labels_done(b);
}

static struct items
expected_alerts(struct ut_run *r, const struct ut_alert_test *t)
{
	struct labels_table *table = r->ev->history.table;
	const struct ut_alert *x = t->expected.p;
	struct items v = { ARENA_ARRAY(&r->arena, t->expected.n,
	    struct item), t->expected.n };
	struct labels_builder b = { 0 };
	size_t i;

	for (i = 0; i < v.n; i++) {
		labels_build(&b, table, pairs_of(&b, table, &x[i].labels));
		labels_set(&b, STR("alertname"), t->alertname);
		v.p[i].labels = labels_done(&b);
		v.p[i].annotations = pairs_of(&b, table, &x[i].annotations);
		alert_text(r, &v.p[i]);
	}
	labels_builder_release(&b);
	items_sort(&v);
	return v;
}

static void
add_firing(struct ut_run *r, const struct rule_run *rule, int64_t ts,
    struct items *out)
{
	size_t i;

	for (i = 0; i < rule->order.n; i++) {
		struct active *a = rule->order.p[i];
		struct item *it;

		if (a->state != ALERT_FIRING)
			continue;
		it = &out->p[out->n++];
		it->labels = a->labels;
		it->annotations = annotations_render(r->ev, rule, a, ts);
		alert_text(r, it);
	}
}

static struct items
firing_alerts(struct ut_run *r, struct str name, int64_t ts)
{
	const struct ruleset *s = r->ev->rules;
	struct items v = { 0 };
	size_t pass, i, k, n = 0;

	for (pass = 0; pass < 2; pass++) {
		if (pass == 1)
			v.p = ARENA_ARRAY(&r->arena, n, struct item);
		for (i = 0; i < s->n; i++)
			for (k = 0; k < s->group[i].n; k++) {
				const struct rule_run *rule =
				    &s->group[i].rule[k];

				if (!rule->conf->alerting ||
				    !str_eq(rule->conf->name, name))
					continue;
				if (pass == 0)
					n += rule->order.n;
				else
					add_firing(r, rule, ts, &v);
			}
	}
	items_sort(&v);
	return v;
}

void
ut_judge_alerts(struct ut_run *r, const struct ut_alert_test *t, int64_t ts)
{
	struct items want = expected_alerts(r, t);
	struct items got = firing_alerts(r, t->alertname, ts);

	if (items_eq(r, &want, &got))
		return;
	put_head(r, "alertname", t->alertname, t->eval_time_ms, t->node);
	put_diff(r, &want, &got);
	ut_fail(r);
}

/* ---- expressions ---- */

static void
sample_text(struct ut_run *r, struct item *it)
{
	struct buf b = { 0 };

	labels_print(it->labels, &b);
	(void)buf_putc(&b, ' ');
	if (it->hist)
		hist_print(it->hist, &b);
	else
		num_print(&b, it->value, NUM_GO_G);
	it->text = take_text(r, &b);
}

static int
expected_sample(struct ut_run *r, const struct ut_sample *x, struct item *it,
    struct err *e)
{
	struct labels_table *t = r->ev->history.table;
	struct pvalue *v;
	struct str rest;
	size_t n;

	if (pnotation_labels(x->labels.n ? x->labels : STR("{}"), t,
	    &it->labels, &rest, e) == -1)
		return -1;
	if (str_trim(rest).n)
		return err_set(e, ERR_SYNTAX, "unexpected '" STR_FMT "' "
		    "behind the labels", STR_ARG(str_trim(rest)));
	it->value = x->value;
	if (x->histogram.n) {
		if (pnotation_values(x->histogram, 0, &r->arena, &v, &n,
		    e) == -1)
			return -1;
		if (n != 1 || v[0].h == NULL)
			return err_set(e, ERR_SYNTAX,
			    "expected exactly one histogram");
		it->hist = v[0].h;
	}
	sample_text(r, it);
	return 0;
}

static int
expected_samples(struct ut_run *r, const struct ut_expr_test *t,
    struct items *v, struct err *e)
{
	const struct ut_sample *x = t->expected.p;
	size_t i;

	*v = (struct items){ ARENA_ARRAY(&r->arena, t->expected.n,
	    struct item), t->expected.n };
	for (i = 0; i < v->n; i++)
		if (expected_sample(r, &x[i], &v->p[i], e) == -1)
			return -1;
	items_sort(v);
	return 0;
}

static int
got_samples(struct ut_run *r, const struct ut_expr_test *t, struct items *v,
    struct err *e)
{
	struct pcols out = { 0 };
	const struct pexpr *x;
	size_t i;
	int rc;

	x = promql_parse(t->expr, &r->ev->opt.features, &r->arena, e);
	if (x == NULL)
		return -1;
	rc = eval_query(r->ev, x, r->test->start_ms + t->eval_time_ms,
	    &r->arena, &out, e);
	promql_release(x);
	if (rc == -1)
		return -1;
	if (out.type != P_VECTOR && out.type != P_SCALAR)
		return err_set(e, ERR_CONFIG,
		    "rule result is not a vector or scalar");
	*v = (struct items){ ARENA_ARRAY(&r->arena, out.nrows, struct item),
	    0 };
	for (i = 0; i < out.nrows; i++) {
		const struct prow *row = &out.row[i];
		const struct hist *h = row->h ? row->h[0] : NULL;
		struct item *it = &v->p[v->n];

		if (h == NULL && pv_absent(row->v[0]))
			continue;
		it->labels = row->labels ? row->labels :
		    labels_empty(r->ev->history.table);
		it->value = row->v[0];
		it->hist = h;
		sample_text(r, it);
		v->n++;
	}
	items_sort(v);
	return 0;
}

void
ut_judge_expr(struct ut_run *r, const struct ut_expr_test *t)
{
	struct items want = { 0 }, got = { 0 };
	struct err e = { 0 };

	if (expected_samples(r, t, &want, &e) == -1 ||
	    got_samples(r, t, &got, &e) == -1) {
		put_head(r, "expr", t->expr, t->eval_time_ms, t->node);
		(void)buf_printf(&r->text, "        err: %s\n", e.msg);
		ut_fail(r);
		return;
	}
	if (items_eq(r, &want, &got))
		return;
	put_head(r, "expr", t->expr, t->eval_time_ms, t->node);
	put_diff(r, &want, &got);
	ut_fail(r);
}
