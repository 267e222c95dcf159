/*
 * Quantiles of ts-logwatch: the formulas against values made by hand, the
 * sketch against sorted values, its bound on errors and on memory.
 */
#include <check.h>
#include <float.h>
#include <math.h>
#include <stdlib.h>

#include "../../tools/ts-logwatch/sketch.h"

#define COUNT(a)	((int)(sizeof(a) / sizeof((a)[0])))

/* Of the values 1 .. n: seed, nearest, linear. */
static const struct { int n, p; double want[3]; } formulas[] = {
	{ 100, 95, { 96, 95, 95.05 } },
	{ 100, 99, { 100, 99, 99.01 } },
	{ 100, 100, { 100, 100, 100 } },
	{ 100, 0, { 1, 1, 1 } },
	{ 100, 50, { 51, 50, 50.5 } },
	{ 20, 95, { 20, 19, 19.05 } },
	{ 20, 99, { 20, 20, 19.81 } },
	{ 1, 95, { 1, 1, 1 } },
	{ 1, 0, { 1, 1, 1 } },
	{ 2, 50, { 2, 1, 1.5 } },
	{ 5, 50, { 3, 3, 3 } },
	{ 10, 90, { 10, 9, 9.1 } },
	{ 1000, 95, { 951, 950, 950.05 } },
	{ 1000, 99, { 991, 990, 990.01 } },
};

/* 1 .. n, not in their order. */
static void
add_numbers(struct sketch *s, int n)
{
	int i, at = 0;

	/* Steps of a prime walk over all of them. */
	for (i = 0; i < n; i++) {
		at = (at + 7919) % n;
		sketch_add(s, at + 1);
	}
}

START_TEST(by_hand)
{
	struct sketch s = { 0 };
	int how;

	add_numbers(&s, formulas[_i].n);
	ck_assert(sketch_is_exact(&s));
	for (how = 0; how < 3; how++)
		ck_assert_double_eq_tol(sketch_quantile(&s,
		    (enum quantile)how, formulas[_i].p),
		    formulas[_i].want[how], 1e-9);
	ck_assert_double_eq(sketch_median(&s), (formulas[_i].n + 1) / 2.0);
	ck_assert_double_eq(sketch_mean(&s), (formulas[_i].n + 1) / 2.0);
	ck_assert_double_eq(s.min, 1);
	ck_assert_double_eq(s.max, formulas[_i].n);
	sketch_release(&s);
}
END_TEST

/* ---- distributions ---- */

static double
uniform(void)
{
	return ((double)random() + 1) / ((double)RAND_MAX + 2);
}

static double even(void) { return 1 + 999 * uniform(); }
static double waiting(void) { return -log(uniform()); }
static double wild(void) { return pow(uniform(), -1.2); }
static double microseconds(void) { return 80e-6 * exp(10 * uniform()); }
static double same(void) { return 0.153; }
static double two(void) { return random() % 2 ? 0.001 : 30; }
static double whole(void) { return (double)(random() % 50 + 1); }
static double zeros(void) { return random() % 3 ? 0 : waiting(); }
static double tiny(void) { return 1e-300 * (1 + uniform()); }
static double huge(void) { return 1e300 * (1 + uniform()); }

static double (*const shapes[])(void) = { even, waiting, wild, microseconds,
    same, two, whole, zeros, tiny, huge };

static int
by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

#define MANY	20000

/* Every percentile is right to SKETCH_ERROR. */
START_TEST(bound)
{
	static double v[MANY];
	struct sketch s = { 0 };
	double want, got;
	int i, p;

	srandom((unsigned)_i + 1);
	for (i = 0; i < MANY; i++) {
		v[i] = shapes[_i]();
		sketch_add(&s, v[i]);
	}
	qsort(v, MANY, sizeof(v[0]), by_value);
	ck_assert(!sketch_is_exact(&s));
	ck_assert_ptr_null(s.exact.p);
	for (p = 0; p <= 100; p++) {
		want = v[p == 100 ? MANY - 1 : MANY * p / 100];
		got = sketch_quantile(&s, QUANTILE_SEED, p);
		ck_assert_msg(fabs(got - want) <= want * (SKETCH_ERROR +
		    1e-9), "p%d: %g, not %g", p, got, want);
		want = v[p == 0 ? 0 : (MANY * p + 99) / 100 - 1];
		got = sketch_quantile(&s, QUANTILE_NEAREST, p);
		ck_assert_msg(fabs(got - want) <= want * (SKETCH_ERROR +
		    1e-9), "p%d: %g, not %g", p, got, want);
	}
	ck_assert_double_eq(s.min, v[0]);
	ck_assert_double_eq(s.max, v[MANY - 1]);
	want = v[MANY / 2 - 1] / 2 + v[MANY / 2] / 2;
	ck_assert_double_le(fabs(sketch_median(&s) - want),
	    want * (SKETCH_ERROR + 1e-9));
	sketch_release(&s);
}
END_TEST

/* Between two values far apart stands the median, exact or not. */
START_TEST(apart)
{
	struct sketch s = { 0 };
	int i;

	for (i = 0; i < 1200; i++)
		sketch_add(&s, i % 2 ? 1 : 100);
	ck_assert(!sketch_is_exact(&s));
	ck_assert_double_eq_tol(sketch_median(&s), 50.5, 0.505);
	sketch_add(&s, 100);
	ck_assert_double_eq_tol(sketch_median(&s), 100, 1);
	sketch_release(&s);
}
END_TEST

/* A range that no table of buckets has: the highest stay right. */
START_TEST(folded)
{
	struct sketch s = { 0 };
	double v, got;
	int i;

	for (i = -3000; i < 3000; i++)
		sketch_add(&s, pow(10, i / 10.0));
	ck_assert(!sketch_is_exact(&s));
	for (i = 98; i < 100; i++) {
		v = pow(10, (6000 * i / 100 - 3000) / 10.0);
		got = sketch_quantile(&s, QUANTILE_SEED, i);
		ck_assert_msg(fabs(got - v) <= v * (SKETCH_ERROR + 1e-9),
		    "p%d: %g, not %g", i, got, v);
	}
	/* What was folded is neither below the least nor out of order. */
	for (i = 1, v = s.min; i <= 100; i++, v = got) {
		got = sketch_quantile(&s, QUANTILE_SEED, i);
		ck_assert(got >= v && got <= s.max);
	}
	sketch_release(&s);
}
END_TEST

/* From the least to the largest number there is, either way round. */
START_TEST(extremes)
{
	static const double v[] = { DBL_TRUE_MIN, DBL_MIN, 1, DBL_MAX };
	struct sketch s = { 0 };
	double got;
	int i, p;

	for (i = 0; i < 3000; i++)
		sketch_add(&s, v[_i ? i % 4 : 3 - i % 4]);
	for (p = 0; p <= 100; p++) {
		got = sketch_quantile(&s, QUANTILE_LINEAR, p);
		ck_assert(isfinite(got) && got >= s.min && got <= s.max);
	}
	ck_assert(isfinite(sketch_median(&s)));
	sketch_release(&s);
}
END_TEST

/* What cannot be: a duration below zero counts as the least. */
START_TEST(negative)
{
	struct sketch s = { 0 };
	int i;

	for (i = 0; i < 2000; i++)
		sketch_add(&s, i % 4 ? 2 : -1);
	ck_assert_double_eq(sketch_quantile(&s, QUANTILE_SEED, 10), -1);
	ck_assert_double_eq_tol(sketch_quantile(&s, QUANTILE_SEED, 50), 2,
	    0.02);
	ck_assert_double_eq(sketch_mean(&s), 1.25);
	sketch_release(&s);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("logwatch_sketch");
	TCase *tc = tcase_create("sketch");
	SRunner *sr;
	int failed;

	tcase_add_loop_test(tc, by_hand, 0, COUNT(formulas));
	tcase_add_loop_test(tc, bound, 0, COUNT(shapes));
	tcase_add_test(tc, apart);
	tcase_add_test(tc, folded);
	tcase_add_loop_test(tc, extremes, 0, 2);
	tcase_add_test(tc, negative);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed != 0;
}
