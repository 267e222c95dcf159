#include <check.h>
#include <fcntl.h>
#include <unistd.h>

#include "core/num.h"
#include "fleet.h"
#include "model/hist.h"
#include "tsdb/block.h"

#define ROWS(a)		(int)(sizeof(a) / sizeof((a)[0]))

/* ---- what is written comes back ---- */

static const struct {
	struct store_options o;
	int64_t steps, reopen;
} history_rows[] = {
	{ { .block_ms = 0 }, 200, 0 },		/* the log alone */
	{ { .block_ms = 0 }, 200, 1 },		/* cron */
	{ { .block_ms = 30 * MINUTE, .window_ms = 10 * MINUTE }, 3000, 0 },
	{ { .block_ms = 30 * MINUTE, .window_ms = 45 * MINUTE }, 3000, 131 },
	{ { .block_ms = 5 * MINUTE, .one_shot = true }, 1500, 40 },
	{ { .block_ms = 3 * MINUTE, .sync = true }, 400, 7 },
};

START_TEST(history_comes_back)
{
	struct store_options o = history_rows[_i].o;
	uint64_t seed = (uint64_t)_i;
	struct store *s = fleet_open(o);
	struct store_info info;
	uint64_t n = 0;
	int64_t step;

	fleet_reset();
	for (step = 1; step <= history_rows[_i].steps; step++) {
		fleet_scrape(s, step, &seed);
		if (step % 97 == 0)
			fleet_check(s, step);	/* not committed yet */
		fleet_commit(s);
		if (history_rows[_i].reopen &&
		    step % history_rows[_i].reopen == 0) {
			store_close(s);
			s = fleet_open(o);
		}
		if (step % 211 == 0) {
			fleet_check(s, step);
			fleet_check_reader(step);
		}
	}
	fleet_check(s, step - 1);
	fleet_check_reader(step - 1);
	store_info(s, &info);
	for (int i = 0; i < SERIES; i++)
		n += fleet_known[i].t.n;
	ck_assert_uint_eq(info.nsamples, n);
	ck_assert_uint_eq(info.nblocks, fleet_count_files(".block"));
	if (o.block_ms)
		ck_assert_uint_ge(info.nblocks, 1);
	ck_assert_uint_le(info.nblocks, 16);
	store_close(s);
	ck_assert_int_eq(fleet_verify(), 0);
	ck_assert_uint_eq(fleet_noticed, 0);
	ck_assert_uint_eq(fleet_count_files(".tmp"), 0);
	fleet_forget();
}
END_TEST

/* A writer's window is as good as its disk, whatever is asked. */
START_TEST(readers_see_each_commit)
{
	struct store *s = fleet_open((struct store_options){
	    .block_ms = 4 * MINUTE }), *r;
	uint64_t seed = 5;
	int64_t step;

	fleet_reset();
	r = fleet_open((struct store_options){ .read_only = true });
	for (step = 1; step < 400; step++) {
		fleet_scrape(s, step, &seed);
		fleet_commit(s);
		fleet_check_range(r, NULL, 0, START + (step - 20) * STEP,
		    INT64_MAX - 1);
	}
	fleet_check(r, step - 1);
	store_close(r);
	store_close(s);
	fleet_forget();
}
END_TEST

/* ---- order ---- */

static const struct { int64_t ts; double v; int rc; } order_rows[] = {
	{ START, 1, 1 }, { START, 2, -1 }, { START - 1, 1, -1 },
	{ START + 1, 1, 0 },
};

/* Known from memory, from the log, or from a block. */
START_TEST(order_is_kept_over_restarts)
{
	const struct labels *l = labels_of(fleet_table, "__name__", "up", NULL);
	const struct labels *clock = labels_of(fleet_table, "__name__", "c", NULL);
	struct sample x = { .labels = l, .ts = START, .value = 1 };
	struct sample tick = { .labels = clock, .ts = START };
	struct store *s;
	struct err e = { 0 };
	int how;

	for (how = 0; how < 3; how++) {
		s = fleet_open((struct store_options){ .block_ms = MINUTE });
		x.ts = START;
		x.value = 1;
		ck_assert_int_ne(store_append(s, &x, &e), how == 0 ? -1 : 2);
		if (how == 2)
			tick.ts = START + 10 * MINUTE;
		(void)store_append(s, &tick, &e);
		fleet_commit(s);
		if (how) {
			store_close(s);
			s = fleet_open((struct store_options){
			    .block_ms = MINUTE });
		}
		if (how == 2)
			ck_assert_uint_eq(fleet_count_files(".block"), 1);
		x.ts = order_rows[_i].ts;
		x.value = order_rows[_i].v;
		if (order_rows[_i].rc != 0 || how == 0)
			ck_assert_int_eq(store_append(s, &x, &e),
			    order_rows[_i].rc);
		store_close(s);
	}
}
END_TEST

START_TEST(a_second_writer_is_refused)
{
	struct store *s = fleet_open((struct store_options){ 0 });
	struct store_options o = { 0 };
	struct err e = { 0 };

	ck_assert_ptr_null(store_open(fleet_dir, fleet_table, &o, NULL, NULL, &e));
	ck_assert_int_eq(e.kind, ERR_LIMIT);
	store_close(s);
	s = fleet_open(o);
	store_close(s);
}
END_TEST

START_TEST(a_missing_directory_is_an_error_for_readers)
{
	struct store_options o = { .read_only = true };
	struct err e = { 0 };

	ck_assert_ptr_null(store_open(fleet_path("no"), fleet_table, &o, NULL, NULL,
	    &e));
	ck_assert_int_eq(e.kind, ERR_SYS);
}
END_TEST

/* ---- retention ---- */

START_TEST(old_blocks_expire)
{
	struct store *s = fleet_open((struct store_options){
	    .block_ms = 10 * MINUTE, .keep_ms = 60 * MINUTE });
	struct store_info i;
	uint64_t seed = 1;
	int64_t step;

	fleet_reset();
	for (step = 1; step < 2000; step++) {
		fleet_scrape(s, step, &seed);
		fleet_commit(s);
	}
	store_info(s, &i);
	ck_assert_int_ge(i.newest - i.oldest, 60 * MINUTE);
	ck_assert_int_le(i.newest - i.oldest, 90 * MINUTE);
	store_close(s);
	fleet_forget();
}
END_TEST

START_TEST(size_is_kept)
{
	struct store *s = fleet_open((struct store_options){
	    .block_ms = 10 * MINUTE, .keep_bytes = 100000 });
	struct store_info i;
	uint64_t seed = 1;
	int64_t step;

	fleet_reset();
	for (step = 1; step < 2000; step++) {
		fleet_scrape(s, step, &seed);
		fleet_commit(s);
	}
	store_info(s, &i);
	ck_assert_uint_le(i.block_bytes, 100000);
	ck_assert_uint_ge(i.block_bytes, 10000);
	store_close(s);
	fleet_forget();
}
END_TEST

/* One sample of next year must not make all others look old. */
START_TEST(a_wrong_clock_expires_nothing)
{
	struct store *s = fleet_open((struct store_options){
	    .block_ms = 10 * MINUTE, .keep_ms = 600 * MINUTE });
	const struct labels *l = labels_of(fleet_table, "__name__", "wrong", NULL);
	struct sample x = { .labels = l, .ts = START + 525600 * MINUTE };
	struct store_info i;
	struct err e;
	uint64_t seed = 1;
	int64_t step;

	fleet_reset();
	for (step = 1; step < 800; step++) {
		fleet_scrape(s, step, &seed);
		if (step == 300)
			ck_assert_int_eq(store_append(s, &x, &e), 0);
		fleet_commit(s);
	}
	store_info(s, &i);
	ck_assert_int_le(i.oldest, START + STEP + 7);
	ck_assert_uint_le(i.nblocks, 16);
	ck_assert_int_eq(i.newest, x.ts);
	store_close(s);
	fleet_forget();
}
END_TEST

/* ---- histograms and start times ---- */

static struct hist *
some_histogram(struct arena *a, int64_t i)
{
	struct hist *h = ARENA_NEW(a, struct hist);
	size_t k;

	*h = (struct hist){ .schema = i % 40 < 20 ? 3 : HIST_CUSTOM_SCHEMA,
	    .hint = (enum hist_hint)(i % 4), .zero_threshold = 1e-128,
	    .zero_count = (double)i, .count = (double)(i * 10),
	    .sum = i % 17 == 0 ? num_stale() : (double)i / 3,
	    .npos_span = 2, .npos = 5, .nneg_span = 1, .nneg = 1,
	    .ncustom = 3 };
	h->pos_span = ARENA_ARRAY(a, 2, struct hist_span);
	h->neg_span = ARENA_ARRAY(a, 1, struct hist_span);
	h->pos = ARENA_ARRAY(a, 5, double);
	h->neg = ARENA_ARRAY(a, 1, double);
	h->custom = ARENA_ARRAY(a, 3, double);
	h->pos_span[0] = (struct hist_span){ -3, 2 };
	h->pos_span[1] = (struct hist_span){ 2, 3 };
	h->neg_span[0] = (struct hist_span){ 1, 1 };
	for (k = 0; k < 5; k++)
		h->pos[k] = (double)(i * (int64_t)k);
	h->neg[0] = 0.5;
	for (k = 0; k < 3; k++)
		h->custom[k] = (double)k * 0.1;
	return h;
}

static bool
same_histogram(const struct hist *a, const struct hist *b)
{
	return a->schema == b->schema && a->hint == b->hint &&
	    a->count == b->count && a->zero_count == b->zero_count &&
	    num_bits(a->sum) == num_bits(b->sum) && a->npos == b->npos &&
	    memcmp(a->pos, b->pos, a->npos * 8) == 0 && a->nneg == b->nneg &&
	    memcmp(a->neg, b->neg, a->nneg * 8) == 0 &&
	    a->npos_span == b->npos_span && memcmp(a->pos_span, b->pos_span,
	    a->npos_span * 8) == 0 && a->ncustom == b->ncustom &&
	    memcmp(a->custom, b->custom, a->ncustom * 8) == 0;
}

static void
check_histograms(struct store *s, int64_t upto)
{
	struct promql_source src = store_source(s);
	struct arena a = { 0 };
	struct pseries *p;
	struct err e;
	size_t n;
	int64_t i;

	MUST(src.select(src.self, NULL, 0, START, INT64_MAX - 1, &a, &p, &n,
	    &e) == 0);
	MUST(n == 1);
	MUST((int64_t)p->n == upto);
	for (i = 0; i < upto; i++) {
		MUST(p->t[i] == START + i * STEP);
		MUST((p->st ? p->st[i] : 0) == (i % 90 > 60 ? i : 0));
		if (i % 100 < 30) {
			MUST(p->h == NULL || p->h[i] == NULL);
			MUST(p->v[i] == (double)i);
		} else {
			MUST(same_histogram(p->h[i],
			    some_histogram(&a, i)));
		}
	}
	arena_free(&a);
}

START_TEST(histograms_and_starts_come_back)
{
	struct store_options o = { .block_ms = 10 * MINUTE,
	    .window_ms = 2 * MINUTE };
	struct store *s = fleet_open(o);
	struct sample x = { .labels = labels_of(fleet_table, "__name__", "h",
	    NULL) };
	struct err e;
	int64_t i;

	for (i = 0; i < 500; i++) {
		x.ts = START + i * STEP;
		x.value = (double)i;
		x.start = i % 90 > 60 ? i : 0;
		x.hist = i % 100 < 30 ? NULL : some_histogram(&fleet_arena, i);
		ck_assert_int_eq(store_append(s, &x, &e), 0);
		if (i % 3 == 0)
			fleet_commit(s);
		if (i % 70 == 69) {
			fleet_commit(s);
			store_close(s);
			s = fleet_open(o);
			check_histograms(s, i + 1);
		}
	}
	fleet_commit(s);
	check_histograms(s, 500);
	store_close(s);
	ck_assert_int_eq(fleet_verify(), 0);
}
END_TEST

/* ---- a walk over everything ---- */

static int
count_each(void *arg, const struct pseries *s)
{
	size_t *n = arg;

	fleet_check_series(s, INT64_MIN, INT64_MAX);
	++*n;
	return 0;
}

START_TEST(each_gives_every_series_once)
{
	struct store *r;
	struct err e = { 0 };
	size_t n = 0;

	(void)fleet_write();
	r = fleet_open((struct store_options){ .read_only = true });
	ck_assert_int_eq(store_each(r, NULL, 0, INT64_MIN, INT64_MAX,
	    count_each, &n, &e), 0);
	ck_assert_uint_eq(n, SERIES - 1);	/* one has not begun */
	store_close(r);
	fleet_forget();
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("tsdb_store");
	TCase *c = tcase_create("store");
	SRunner *r;
	int bad;

	tcase_set_timeout(c, 120);
	tcase_add_checked_fixture(c, fleet_setup, fleet_teardown);
	tcase_add_loop_test(c, history_comes_back, 0, ROWS(history_rows));
	tcase_add_test(c, readers_see_each_commit);
	tcase_add_loop_test(c, order_is_kept_over_restarts, 0,
	    ROWS(order_rows));
	tcase_add_test(c, a_second_writer_is_refused);
	tcase_add_test(c, a_missing_directory_is_an_error_for_readers);
	tcase_add_test(c, old_blocks_expire);
	tcase_add_test(c, size_is_kept);
	tcase_add_test(c, a_wrong_clock_expires_nothing);
	tcase_add_test(c, histograms_and_starts_come_back);
	tcase_add_test(c, each_gives_every_series_once);
	suite_add_tcase(s, c);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	bad = srunner_ntests_failed(r);
	srunner_free(r);
	return bad != 0;
}
