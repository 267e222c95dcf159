#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/num.h"
#include "model/hist.h"
#include "tsdb/head.h"

#define ROWS(a)	(int)(sizeof(a) / sizeof((a)[0]))

static struct labels_table *table;
static struct head *head;
static struct arena arena;

static void
setup(void)
{
	table = labels_table_new();
	head = head_new(table, 300000);
}

static void
teardown(void)
{
	head_free(head);
	labels_table_free(table);
	arena_free(&arena);
}

static int
put(const struct labels *l, int64_t ts, double v)
{
	struct sample x = { .labels = l, .ts = ts, .value = v };
	struct err e;

	return head_append(head, head_series(head, l), &x, &e);
}

static size_t
ask(const struct matcher *m, size_t nm, int64_t from, int64_t to,
    struct pseries **out)
{
	struct promql_source s = head_source(head);
	struct err e;
	size_t n;

	ck_assert_int_eq(s.select(s.self, m, nm, from, to, &arena, out, &n,
	    &e), 0);
	return n;
}

/* ---- what append takes ---- */

static const struct { int64_t ts; double v; int rc; } append_rows[] = {
	{ 1001, 2, 0 }, { 1000, 1, 1 }, { 1000, 2, -1 }, { 999, 1, -1 },
	{ 5000000, 1, 0 },
};

START_TEST(append_keeps_order)
{
	const struct labels *l = labels_of(table, "__name__", "up", NULL);

	ck_assert_int_eq(put(l, 1000, 1), 0);
	ck_assert_int_eq(put(l, append_rows[_i].ts, append_rows[_i].v),
	    append_rows[_i].rc);
	ck_assert_uint_eq(head_nsamples(head),
	    append_rows[_i].rc == 0 ? 2 : 1);
}
END_TEST

START_TEST(duplicates_compare_bits)
{
	const struct labels *l = labels_of(table, "__name__", "x", NULL);

	ck_assert_int_eq(put(l, 1, num_nan()), 0);
	ck_assert_int_eq(put(l, 1, num_nan()), 1);
	ck_assert_int_eq(put(l, 1, num_stale()), -1);
	ck_assert_int_eq(put(l, 2, 0.0), 0);
	ck_assert_int_eq(put(l, 2, -0.0), -1);
}
END_TEST

/* ---- the window ---- */

START_TEST(window_slides)
{
	const struct labels *l = labels_of(table, "__name__", "up", NULL);
	struct pseries *s;
	int64_t i, from;
	size_t k;

	for (i = 0; i < 5000; i++) {
		ck_assert_int_eq(put(l, i * 15000, (double)i), 0);
		from = i * 15000 - 299999;
		arena_reset(&arena);
		ck_assert_uint_eq(ask(NULL, 0, from, i * 15000, &s), 1);
		ck_assert_uint_eq(s->n, i < 20 ? (size_t)i + 1 : 20);
		for (k = 0; k < s->n; k++)
			if (s->v[k] * 15000 != (double)s->t[k])
				ck_abort_msg("sample %zu is wrong", k);
		ck_assert_int_eq(s->t[s->n - 1], i * 15000);
	}
	ck_assert_uint_le(head_nsamples(head), 32);
}
END_TEST

START_TEST(prune_forgets_series)
{
	const struct labels *a = labels_of(table, "__name__", "a", NULL);
	const struct labels *b = labels_of(table, "__name__", "b", NULL);
	uint64_t before = head_generation(head);
	struct pseries *s;

	put(a, 1000, 1);
	put(b, 400000, 1);
	head_prune(head, 400000);
	ck_assert_uint_eq(head_nseries(head), 1);
	ck_assert_uint_eq(head_nsamples(head), 1);
	ck_assert(head_generation(head) != before);
	ck_assert_uint_eq(ask(NULL, 0, 0, INT64_MAX - 1, &s), 1);
	ck_assert_ptr_eq(s->labels, b);
	ck_assert_int_eq(put(a, 1000, 1), 0);
}
END_TEST

START_TEST(stale_flag_follows_the_window)
{
	const struct labels *l = labels_of(table, "__name__", "up", NULL);
	struct pseries *s;
	int64_t i;

	put(l, 1, num_stale());
	ask(NULL, 0, 0, 10, &s);
	ck_assert(s->has_stale);
	for (i = 1; i < 200; i++)
		put(l, i * 15000, 1);
	ask(NULL, 0, 199 * 15000 - 300000, 200 * 15000, &s);
	ck_assert(!s->has_stale);
}
END_TEST

START_TEST(histograms_and_starts_move_along)
{
	const struct labels *l = labels_of(table, "__name__", "h", NULL);
	struct hist_span span = { 1, 2 };
	double buckets[2] = { 1, 2 };
	struct hist h = { .count = 3, .sum = 4, .pos_span = &span,
	    .npos_span = 1, .pos = buckets, .npos = 2 };
	struct sample x = { .labels = l, .hist = &h };
	struct pseries *s;
	struct err e;
	int64_t i;

	ck_assert_int_eq(put(l, 1, 7), 0);
	for (i = 1; i < 100; i++) {
		x.ts = i * 15000;
		x.start = i;
		buckets[0] = (double)i;
		ck_assert_int_eq(head_append(head, head_series(head, l), &x,
		    &e), 0);
		ck_assert_int_eq(head_append(head, head_series(head, l), &x,
		    &e), 1);
	}
	ask(NULL, 0, 80 * 15000, 99 * 15000, &s);
	ck_assert_uint_eq(s->n, 20);
	for (i = 0; i < 20; i++) {
		ck_assert_int_eq(s->st[i], 80 + i);
		ck_assert(s->h[i]->pos[0] == (double)(80 + i));
		ck_assert_uint_eq(s->h[i]->pos_span[0].length, 2);
	}
}
END_TEST

/* ---- select ---- */

/* 3 jobs x 40 instances x 10 codes: enough for postings */
static void
fill(int64_t ts)
{
	char job[8], instance[16], code[8];
	int i;

	for (i = 1199; i >= 0; i--) {
		(void)snprintf(job, sizeof(job), "j%d", i % 3);
		(void)snprintf(instance, sizeof(instance), "i%02d", i / 30);
		(void)snprintf(code, sizeof(code), "%d", i / 3 % 10);
		put(labels_of(table, "__name__", "m", "job", job, "instance",
		    instance, i % 7 ? "code" : "x", code, NULL), ts, i);
	}
	put(labels_of(table, "__name__", "n", "job", "j1", NULL), ts, 1);
	put(labels_of(table, "job", "j1", NULL), ts, 1);
}

static const struct {
	struct { const char *name; enum match_op op; const char *value; } m[3];
} select_rows[] = {
	{ { { NULL, MATCH_EQ, NULL } } },
	{ { { "__name__", MATCH_EQ, "m" } } },
	{ { { "__name__", MATCH_EQ, "m" }, { "job", MATCH_EQ, "j1" } } },
	{ { { "__name__", MATCH_EQ, "m" }, { "instance", MATCH_EQ, "i07" },
	    { "code", MATCH_NE, "3" } } },
	{ { { "__name__", MATCH_EQ, "m" },
	    { "instance", MATCH_RE, "i0[1-3]" } } },
	{ { { "__name__", MATCH_EQ, "m" }, { "instance", MATCH_RE, "i0.|" },
	    { "job", MATCH_NRE, "j[01]" } } },
	{ { { "__name__", MATCH_EQ, "m" }, { "code", MATCH_EQ, "" } } },
	{ { { "__name__", MATCH_EQ, "m" }, { "code", MATCH_NE, "" },
	    { "instance", MATCH_RE, "i39" } } },
	{ { { "__name__", MATCH_RE, "m|n" }, { "job", MATCH_EQ, "j1" } } },
	{ { { "__name__", MATCH_NE, "m" }, { "job", MATCH_EQ, "j1" } } },
	{ { { "__name__", MATCH_EQ, "" } } },
	{ { { "__name__", MATCH_EQ, "m" }, { "nowhere", MATCH_EQ, "x" } } },
	{ { { "__name__", MATCH_EQ, "m" }, { "nowhere", MATCH_NRE, "x.*" },
	    { "instance", MATCH_EQ, "i11" } } },
	{ { { "__name__", MATCH_EQ, "nothing" } } },
};

static size_t
matchers_of(int row, struct matcher *m)
{
	struct err e;
	size_t n;

	for (n = 0; n < 3 && select_rows[row].m[n].name; n++)
		ck_assert_int_eq(matcher_init(&m[n], select_rows[row].m[n].op,
		    str_of(select_rows[row].m[n].name),
		    str_of(select_rows[row].m[n].value), 0, &e), 0);
	return n;
}

/* Every series that matches, none that does not, in order. */
static void
check_select(const struct matcher *m, size_t nm)
{
	struct pseries *all, *some;
	size_t i, k = 0, nall, n;

	nall = ask(NULL, 0, 0, 99, &all);
	n = ask(m, nm, 0, 99, &some);
	for (i = 0; i < nall; i++) {
		if (i)
			ck_assert_int_lt(labels_cmp(all[i - 1].labels,
			    all[i].labels), 0);
		if (!matchers_ok(m, nm, all[i].labels))
			continue;
		ck_assert_uint_lt(k, n);
		ck_assert_ptr_eq(all[i].labels, some[k].labels);
		k++;
	}
	ck_assert_uint_eq(k, n);
}

START_TEST(select_finds_what_matches)
{
	struct matcher m[3];
	size_t nm = matchers_of(_i, m);

	fill(1);
	check_select(m, nm);
	put(labels_of(table, "__name__", "m", "job", "j1", "instance", "i07",
	    "a", "b", NULL), 5, 1);
	put(labels_of(table, "__name__", "m", "job", "j0", "instance", "i11",
	    "zz", "b", NULL), 5, 1);
	check_select(m, nm);
	matchers_release(m, nm);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("tsdb_head");
	TCase *c = tcase_create("head");
	SRunner *r;
	int bad;

	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_loop_test(c, append_keeps_order, 0, ROWS(append_rows));
	tcase_add_test(c, duplicates_compare_bits);
	tcase_add_test(c, window_slides);
	tcase_add_test(c, prune_forgets_series);
	tcase_add_test(c, stale_flag_follows_the_window);
	tcase_add_test(c, histograms_and_starts_move_along);
	tcase_add_loop_test(c, select_finds_what_matches, 0,
	    ROWS(select_rows));
	suite_add_tcase(s, c);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	bad = srunner_ntests_failed(r);
	srunner_free(r);
	return bad != 0;
}
