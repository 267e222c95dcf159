#include <check.h>
#include <math.h>
#include <stdlib.h>

#include "model/hist.h"
#include "promql/series.h"

static struct labels_table *table;
static struct arena arena;

static void
setup(void)
{
	table = labels_table_new();
}

static void
teardown(void)
{
	labels_table_free(table);
	arena_free(&arena);
}

/* {{text}} */
static struct hist *
hist(const char *text)
{
	struct buf b = { 0 };
	struct pvalue *v;
	struct err e;
	size_t n;

	buf_printf(&b, "{{%s}}", text);
	ck_assert_msg(pnotation_values(buf_str(&b), 0, &arena, &v, &n,
	    &e) == 0, "%s", e.msg);
	buf_release(&b);
	return hist_copy(v[0].h, &arena);
}

static void
check_text(struct hist *h, const char *want)
{
	struct buf b = { 0 };

	hist_compact(h, &arena);
	hist_print(h, &b);
	ck_assert_str_eq(buf_cstr(&b), want);
	buf_release(&b);
}

/* ---- a + b ---- */

static const struct {
	const char *a, *b, *want;
	unsigned flags;
} sums[] = {
	{ "count:3 sum:2 buckets:[1 2]", "count:4 sum:5 buckets:[1 0 3]",
	    "{count:7, sum:7, (0.5,1]:2, (1,2]:2, (2,4]:3}", 0 },
	{ "count:1 buckets:[1] offset:-3", "count:1 buckets:[1] offset:3",
	    "{count:2, sum:0, (0.0625,0.125]:1, (4,8]:1}", 0 },
	{ "count:1 n_buckets:[1]", "count:2 n_buckets:[0 2]",
	    "{count:3, sum:0, [-2,-1):2, [-1,-0.5):1}", 0 },
	/* To the coarser schema. */
	{ "schema:1 count:4 buckets:[1 1 1 1]", "count:1 buckets:[1]",
	    "{count:5, sum:0, (0.5,1]:2, (1,2]:2, (2,4]:1}", 0 },
	/* To the larger zero bucket, and to the end of a bucket in it. */
	{ "count:3 z_bucket:1 z_bucket_w:0.5 buckets:[2]",
	    "count:3 z_bucket:1 z_bucket_w:0.75 buckets:[2]",
	    "{count:6, sum:0, [-1,1]:6}", 0 },
	/* To the bounds that both have. */
	{ "schema:-53 count:6 custom_values:[1 2 3] buckets:[1 1 1 3]",
	    "schema:-53 count:4 custom_values:[2 4] buckets:[1 1 2]",
	    "{count:10, sum:0, [-Inf,2]:3, (2,+Inf]:7}",
	    HIST_BOUNDS_RECONCILED },
	{ "count:1 buckets:[1]", "schema:-53 count:1 custom_values:[1] "
	    "buckets:[1]", "{count:1, sum:0, (0.5,1]:1}", HIST_INCOMPATIBLE },
	{ "count:1 counter_reset_hint:reset buckets:[1]",
	    "count:1 counter_reset_hint:not_reset buckets:[1]",
	    "{count:2, sum:0, (0.5,1]:2}", HIST_HINTS_COLLIDE },
};

START_TEST(test_sum)
{
	struct hist *a = hist(sums[_i].a), *b = hist(sums[_i].b);
	struct hist *copy = hist_copy(b, &arena);

	ck_assert_uint_eq(hist_add(a, b, &arena), sums[_i].flags);
	ck_assert(hist_eq(b, copy));
	check_text(a, sums[_i].want);
}
END_TEST

/* a + b - b is a, when nothing had to be made coarser. */
START_TEST(test_difference)
{
	struct hist *a = hist(sums[_i].a), *b = hist(sums[_i].b);
	struct hist *was = hist_copy(a, &arena);

	hist_add(a, b, &arena);
	hist_sub(a, b, &arena);
	hist_compact(a, &arena);
	hist_compact(was, &arena);
	ck_assert(hist_eq(a, was));
}
END_TEST

/* ---- resets ---- */

static const struct {
	const char *prev, *h;
	bool reset;
} resets[] = {
	{ "count:2 buckets:[2]", "count:3 buckets:[3]", false },
	{ "count:3 buckets:[3]", "count:2 buckets:[2]", true },
	{ "count:3 buckets:[3]", "count:3 buckets:[2 1]", true },
	{ "count:3 buckets:[3]", "count:3 buckets:[3] offset:1", true },
	{ "count:3 buckets:[0 3]", "count:3 buckets:[3] offset:1", false },
	{ "schema:1 count:2 buckets:[0 2]", "count:2 buckets:[0 2]", false },
	{ "count:2 buckets:[2]", "schema:1 count:2 buckets:[2]", true },
	{ "count:2 z_bucket:2 z_bucket_w:0.1", "count:2 z_bucket:1 "
	    "z_bucket_w:0.1 buckets:[1]", true },
	{ "count:2 buckets:[2]", "count:2 z_bucket:2 z_bucket_w:1", false },
	{ "count:2 buckets:[2]", "count:2 z_bucket:2 z_bucket_w:0.7", true },
	{ "count:9 buckets:[9]", "count:1 buckets:[1] "
	    "counter_reset_hint:not_reset", false },
	{ "count:1 buckets:[1]", "count:9 buckets:[9] "
	    "counter_reset_hint:reset", true },
	{ "schema:-53 count:2 custom_values:[1 2] buckets:[1 1]",
	    "schema:-53 count:3 custom_values:[2] buckets:[3]", false },
	{ "schema:-53 count:2 custom_values:[1 2] buckets:[1 1]",
	    "schema:-53 count:3 custom_values:[2] buckets:[1 2]", true },
};

START_TEST(test_reset)
{
	ck_assert_int_eq(hist_is_reset(hist(resets[_i].h),
	    hist(resets[_i].prev)), resets[_i].reset);
}
END_TEST

/* ---- one histogram ---- */

START_TEST(test_walk)
{
	struct hist *h = hist("count:10 z_bucket:1 z_bucket_w:0.01 "
	    "buckets:[1 0 2] n_buckets:[3 3]");
	static const double lower[] = { -2, -1, -0.01, 0.5, 1, 2 };
	struct hist_iter it;
	struct hist_bucket b;
	size_t n = 0;

	hist_iter_init(&it, h, false);
	for (; hist_iter_next(&it, &b); n++)
		ck_assert_double_eq(b.lower, lower[n]);
	ck_assert_uint_eq(n, 6);
	hist_iter_init(&it, h, true);
	while (hist_iter_next(&it, &b))
		ck_assert_double_eq(b.lower, lower[--n]);
	ck_assert_uint_eq(n, 0);
}
END_TEST

START_TEST(test_compact)
{
	struct hist *h = hist("count:3 buckets:[0 1 0 0 2 0]");

	hist_compact(h, &arena);
	ck_assert_uint_eq(h->npos, 2);
	ck_assert_uint_eq(h->npos_span, 2);
	ck_assert_int_eq(h->pos_span[0].offset, 1);
	ck_assert_int_eq(h->pos_span[1].offset, 2);
	check_text(h, "{count:3, sum:0, (1,2]:1, (8,16]:2}");
}
END_TEST

START_TEST(test_scale)
{
	struct hist *h = hist("count:3 sum:6 buckets:[1 2]");

	hist_mul(h, -2);
	ck_assert_int_eq(h->hint, HIST_GAUGE);
	check_text(h, "{count:-6, sum:-12, (0.5,1]:-2, (1,2]:-4}");
	hist_div(h, 0);
	ck_assert(isinf(h->count) && isinf(h->sum));
	ck_assert_uint_eq(h->npos, 0);
}
END_TEST

/* 1e100 + 1 - 1e100 is 1 when nothing gets lost. */
START_TEST(test_kahan)
{
	struct hist *h = hist("count:1e100 sum:1e100 buckets:[1e100]");
	struct hist *comp = NULL;

	hist_kahan_add(h, &comp, hist("count:1 sum:1 buckets:[1]"), &arena);
	hist_kahan_add(h, &comp, hist("count:-1e100 sum:-1e100 "
	    "buckets:[-1e100 7]"), &arena);
	hist_add_comp(h, comp, &arena);
	check_text(h, "{count:1, sum:1, (0.5,1]:1, (1,2]:7}");
}
END_TEST

#define ADD(tc, test, rows) \
	tcase_add_loop_test(tc, test, 0, sizeof(rows) / sizeof((rows)[0]))

int
main(void)
{
	Suite *s = suite_create("hist");
	TCase *t = tcase_create("hist");
	SRunner *r;
	int failed;

	tcase_add_checked_fixture(t, setup, teardown);
	ADD(t, test_sum, sums);
	tcase_add_loop_test(t, test_difference, 0, 3);
	ADD(t, test_reset, resets);
	tcase_add_test(t, test_walk);
	tcase_add_test(t, test_compact);
	tcase_add_test(t, test_scale);
	tcase_add_test(t, test_kahan);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed > 0;
}
