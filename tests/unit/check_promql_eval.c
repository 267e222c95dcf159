#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "../promqltest/script.h"
#include "core/clk.h"
#include "core/num.h"
#include "promql/promql.h"
#include "promql/series.h"
#include "promql/store.h"

/* ---- the scripts of tests/data/promql ---- */

static const char *const scripts[] = {
	"extended", "matching", "special", "start_times", "subqueries",
};

static void
report(void *arg, const struct case_result *r)
{
	(void)arg;
	(void)printf("%s:%u: " STR_FMT " %s\n\texpected: " STR_FMT
	    "\n\tgot: " STR_FMT "\n", r->file, r->line, STR_ARG(r->expr),
	    r->how, STR_ARG(r->expected), STR_ARG(r->got));
}

START_TEST(test_script)
{
	struct script_options o = { .reruns = true, .report = report };
	struct script_counts n = { 0 };
	char path[4096];

	(void)snprintf(path, sizeof(path), "tests/data/promql/%s.test",
	    scripts[_i]);
	ck_assert_int_eq(script_run(path, &o, &n), 0);
	ck_assert_uint_eq(n.failed, 0);
	ck_assert_uint_gt(n.passed, 0);
}
END_TEST

/* ---- one query over literal series ---- */

static struct labels_table *table;
static struct pstore *store;
static struct arena arena, kept;

static void
setup(void)
{
	static const char *const lines[] = {
		"a_total{x=\"1\"} 0 10 20 30 40",
		"a_total{x=\"2\"} 0 20 40 60 80",
		"b_total{x=\"1\"} 5 5 5 stale",
		"g{x=\"1\",le=\"1\"} 1+1x10",
		"g{x=\"1\",le=\"+Inf\"} 2+2x10",
	};
	struct pnotation p;
	struct err e;
	size_t i, k;

	table = labels_table_new();
	store = pstore_new(table);
	for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		ck_assert_int_eq(pnotation_parse(str_of(lines[i]), table,
		    &kept, &p, &e), 0);
		for (k = 0; k < p.n; k++)
			ck_assert_int_eq(pstore_add(store, p.labels,
			    (int64_t)k * 60000, p.value[k].v, NULL, 0, &e),
			    0);
	}
}

static void
teardown(void)
{
	pstore_free(store);
	labels_table_free(table);
	arena_free(&arena);
	arena_free(&kept);
}

static int
query(const char *text, struct promql_ctx *c, struct pcols *v, struct err *e)
{
	static const struct promql_features all = { true, true, true, false };
	struct promql_source src = pstore_source(store);
	const struct pexpr *x = promql_parse(str_of(text), &all, &arena, e);
	int rc;

	if (!x)
		return -1;
	c->arena = &arena;
	c->source = &src;
	rc = promql_eval(x, c, v, e);
	promql_release(x);
	return rc;
}

/* Every row as "labels v v _ …", joined by "; ". */
static void
print_value(const struct pcols *v, struct buf *out)
{
	size_t i, k;

	for (i = 0; i < v->nrows; i++) {
		buf_put(out, i ? STR("; ") : STR(""));
		labels_print(v->row[i].labels, out);
		for (k = 0; k < v->nsteps; k++) {
			buf_putc(out, ' ');
			if (pv_absent(v->row[i].v[k]))
				buf_putc(out, '_');
			else
				num_print(out, v->row[i].v[k], NUM_GO_G);
		}
	}
}

static const struct {
	const char *expr;
	int64_t start, end, step;	/* s */
	bool delayed;
	const char *want;		/* or the error */
} queries[] = {
	{ "a_total", 120, 120, 0, false,
	    "a_total{x=\"1\"} 20; a_total{x=\"2\"} 40" },
	{ "b_total", 180, 180, 0, false, "" },
	{ "sort_desc(a_total)", 120, 120, 0, false,
	    "a_total{x=\"2\"} 40; a_total{x=\"1\"} 20" },
	{ "a_total", 0, 120, 60, false,
	    "a_total{x=\"1\"} 0 10 20; a_total{x=\"2\"} 0 20 40" },
	{ "b_total", 60, 180, 60, false, "b_total{x=\"1\"} 5 5 _" },
	{ "rate(a_total[2m])", 240, 240, 0, false,
	    "{x=\"1\"} 0.16666666666666666; {x=\"2\"} 0.3333333333333333" },
	{ "sum(rate(a_total[2m]))", 180, 240, 60, false, "{} 0.5 0.5" },
	/* Names go at once, or at the end. */
	{ "rate({x=\"1\",le=\"\"}[2m])", 120, 120, 0, false,
	    "vector cannot contain metrics with the same labelset" },
	{ "sum(rate({x=\"1\",le=\"\"}[2m]))", 60, 120, 60, false,
	    "vector cannot contain metrics with the same labelset" },
	{ "count by (__name__) (rate({x=\"1\",le=\"\"}[2m]))", 120, 120, 0,
	    true, "vector cannot contain metrics with the same labelset" },
	{ "count(rate({x=\"1\",le=\"\"}[2m]))", 120, 120, 0, true, "{} 2" },
	{ "label_replace(rate(a_total{x=\"1\"}[2m]), \"y\", \"$1\", "
	    "\"__name__\", \"(.*)\")", 240, 240, 0, false,
	    "{x=\"1\"} 0.16666666666666666" },
	{ "label_replace(rate(a_total{x=\"1\"}[2m]), \"y\", \"$1\", "
	    "\"__name__\", \"(.*)\")", 240, 240, 0, true,
	    "{x=\"1\", y=\"a_total\"} 0.16666666666666666" },
	{ "histogram_quantile(0.25, g)", 60, 60, 0, false, "{x=\"1\"} 0.5" },
	{ "absent(nothing{x=\"1\",y=~\"z\"})", 60, 60, 0, false,
	    "{x=\"1\"} 1" },
	{ "a_total[1m]", 0, 120, 60, false, "invalid expression type "
	    "\"range vector\" for range query, must be Scalar or instant "
	    "Vector" },
	{ "\"text\"", 0, 120, 60, false, "invalid expression type "
	    "\"string\" for range query, must be Scalar or instant Vector" },
	{ "a_total + on () a_total", 120, 120, 0, false, "found duplicate "
	    "series for the match group {} on the right hand-side of the "
	    "operation: [{__name__=\"a_total\", x=\"1\"}, "
	    "{__name__=\"a_total\", x=\"2\"}];many-to-many matching not "
	    "allowed: matching labels must be unique on one side" },
	{ "1 + 1", 0, 60, 60, false, "{} 2 2" },
	{ "time()", 60, 120, 60, false, "{} 60 120" },
	{ "day_of_year(vector(-1)) * 100 + hour(vector(-1))", 0, 0, 0, false,
	    "{} 36523" },
	{ "year(vector(1e12)) + day_of_week(vector(-86400 * 4))", 0, 0, 0,
	    false, "{} 33658" },
};

START_TEST(test_query)
{
	struct promql_ctx c = { .start = queries[_i].start * 1000,
	    .end = queries[_i].end * 1000, .step = queries[_i].step * 1000,
	    .delayed_name_removal = queries[_i].delayed };
	struct buf got = { 0 };
	struct pcols v;
	struct err e;

	if (query(queries[_i].expr, &c, &v, &e) == -1)
		buf_put(&got, str_of(e.msg));
	else
		print_value(&v, &got);
	ck_assert_str_eq(buf_cstr(&got), queries[_i].want);
	buf_release(&got);
}
END_TEST

/* ---- limits ---- */

static const struct {
	const char *expr;
	uint64_t max;
	bool late;
	const char *want;
} limits[] = {
	{ "a_total[5m]", 5, false, "query processing would load too many "
	    "samples into memory in query execution" },
	{ "a_total[5m]", 0, false, "" },
	{ "count_over_time(a_total[1y:1ms])", 0, false, "query processing "
	    "would load too many samples into memory in query execution" },
	{ "count_over_time(vector(1)[100000h:1s])", 1000, false, "query "
	    "processing would load too many samples into memory in query "
	    "execution" },
	{ "sum(a_total)", 0, true,
	    "query timed out in expression evaluation" },
};

START_TEST(test_limit)
{
	struct promql_ctx c = { .start = 240000, .end = 240000,
	    .max_samples = limits[_i].max };
	struct pcols v;
	struct err e = { .kind = ERR_NONE };

	if (limits[_i].late)
		c.deadline_mono_ms = clk_mono_ms() - 1;
	if (query(limits[_i].expr, &c, &v, &e) == -1) {
		ck_assert_int_eq(e.kind, ERR_LIMIT);
		ck_assert_str_eq(e.msg, limits[_i].want);
	} else {
		ck_assert_str_eq("", limits[_i].want);
	}
}
END_TEST

/* ---- the notation of series ---- */

static const struct {
	const char *text, *want;
} notations[] = {
	{ "m 1 2.5 -3", "m{} 1 2.5 -3" },
	{ "m{a=\"b\"} 1+2x3", "m{a=\"b\"} 1 3 5 7" },
	{ "{a=\"b\"} 5-2x2", "{a=\"b\"} 5 3 1" },
	{ "{\"a.b\", \"c d\"='x'} 1x2", "{\"a.b\", \"c d\"=\"x\"} 1 1 1" },
	{ "m _ 1 _x3 stale", "m{} _ 1 _ _ _ stale" },
	{ "m NaN Inf -Inf 1e3", "m{} NaN +Inf -Inf 1000" },
	{ "m {{count:2 sum:3 buckets:[1 1]}}x1",
	    "m{} {count:2, sum:3, (0.5,1]:1, (1,2]:1} "
	    "{count:2, sum:3, (0.5,1]:1, (1,2]:1}" },
	{ "m {{count:1}}+{{count:2}}x1", "m{} {count:1, sum:0} "
	    "{count:3, sum:0}" },
	{ "m{a=1} 1", "1:5: unexpected \"1\" in series description, "
	    "expected a string" },
	{ "m 0x2", "m{} 0 0 0" },	/* nothing is hexadecimal here */
	{ "m 1+2", "1:6: \"x\" was expected" },
	{ "m 1;2", "1:4: a blank was expected behind the value" },
	{ "m {{schema:9}}", "1:15: unknown schema of a histogram" },
	{ "m {{sums:9}}", "1:5: unknown property of a histogram" },
	{ "m 1x99999999", "1:13: a number of repetitions was expected" },
};

static void
print_notation(const struct pnotation *p, struct buf *out)
{
	size_t i;

	labels_print(p->labels, out);
	if (p->labels->n == 1 && labels_get(p->labels, STR("__name__")).p)
		buf_put(out, STR("{}"));
	for (i = 0; i < p->n; i++) {
		buf_putc(out, ' ');
		if (p->value[i].omitted)
			buf_putc(out, '_');
		else if (p->value[i].h)
			hist_print(p->value[i].h, out);
		else if (num_is_stale(p->value[i].v))
			buf_put(out, STR("stale"));
		else
			num_print(out, p->value[i].v, NUM_GO_G);
	}
}

START_TEST(test_notation)
{
	struct buf got = { 0 };
	struct pnotation p;
	struct err e;

	if (pnotation_parse(str_of(notations[_i].text), table, &arena, &p,
	    &e) == -1)
		buf_printf(&got, "%u:%u: %s", e.line, e.col, e.msg);
	else
		print_notation(&p, &got);
	ck_assert_str_eq(buf_cstr(&got), notations[_i].want);
	buf_release(&got);
}
END_TEST

#define ADD(tc, test, rows) \
	tcase_add_loop_test(tc, test, 0, sizeof(rows) / sizeof((rows)[0]))

int
main(void)
{
	Suite *s = suite_create("promql evaluation");
	TCase *files = tcase_create("scripts"), *t = tcase_create("queries");
	SRunner *r;
	int failed;

	ADD(files, test_script, scripts);
	tcase_add_checked_fixture(t, setup, teardown);
	ADD(t, test_query, queries);
	ADD(t, test_limit, limits);
	ADD(t, test_notation, notations);
	suite_add_tcase(s, files);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed > 0;
}
