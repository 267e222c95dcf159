/*
 * A writer is killed with SIGKILL again and again, anywhere in appending,
 * sealing, merging and expiring.  What it had committed is there afterwards,
 * whole, once, and nothing needs repair.
 */
#include <check.h>
#include <dirent.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/clk.h"
#include "core/num.h"
#include "tsdb/tsdb.h"

#define KILLS		100
#define SERIES		25
#define START		INT64_C(1700000000000)
#define STEP		15000
#define KEEP_STEPS	4000

static char dir[64];

/* What the writer tells the test: the last step it has committed. */
static volatile int64_t *committed;

static const struct store_options options = {
	.block_ms = 12 * STEP, .window_ms = 20 * STEP,
	.keep_ms = (int64_t)KEEP_STEPS * STEP,
};

static double
value_of(int64_t series, int64_t step)
{
	return series % 3 ? (double)(series * 1000000 + step * series) :
	    1.0 / (double)(series + step);
}

static const struct labels *
labels_no(struct labels_table *t, int i)
{
	char id[16];

	(void)snprintf(id, sizeof(id), "%d", i);
	return labels_of(t, "__name__", "crash", "id", id, NULL);
}

/* The step of the newest sample, 0 for none; -1 when it cannot be opened. */
static int64_t
newest_step(struct store *s)
{
	struct store_info i;

	store_info(s, &i);
	return i.nsamples ? (i.newest - START) / STEP : 0;
}

/* ---- the writer ---- */

static _Noreturn void
write_on(void)
{
	struct labels_table *t = labels_table_new();
	struct sample x;
	struct store *s;
	struct err e;
	int64_t step;
	int i;

	if ((s = store_open(dir, t, &options, NULL, NULL, &e)) == NULL)
		_exit(1);
	for (step = newest_step(s) + 1;; step++) {
		for (i = 0; i < SERIES; i++) {
			x = (struct sample){ .labels = labels_no(t, i),
			    .ts = START + step * STEP,
			    .value = value_of(i, step) };
			if (store_append(s, &x, &e) == -1)
				_exit(2);
		}
		if (store_commit(s, &e) == -1)
			_exit(3);
		*committed = step;
	}
}

/* Wait, without sleeping, until the writer has got somewhere; then kill. */
static void
run_and_kill(unsigned how_far, unsigned spin)
{
	int64_t from = *committed, until = clk_mono_ms() + 20000;
	volatile unsigned i;
	int status;
	pid_t pid;

	if ((pid = fork()) == 0)
		write_on();
	while (*committed < from + how_far && clk_mono_ms() < until)
		(void)sched_yield();
	for (i = 0; i < spin; i++)
		continue;
	(void)kill(pid, SIGKILL);
	(void)waitpid(pid, &status, 0);
	ck_assert_msg(WIFSIGNALED(status), "the writer ended itself: %d",
	    WEXITSTATUS(status));
}

/* ---- what is left ---- */

static unsigned torn, other;
static char what[480];

static void
notice(void *arg, const struct err *e)
{
	(void)arg;
	if (strstr(e->msg, "torn tail")) {
		torn++;
		return;
	}
	other++;
	memcpy(what, e->msg, sizeof(what));
}

/* Every step in a row, from what is kept to what was committed. */
static void
check_series(const struct pseries *p, int64_t id, int64_t last)
{
	int64_t first = (p->t[0] - START) / STEP;
	size_t i;

	ck_assert_int_le(first, last <= KEEP_STEPS ? 1 :
	    last - KEEP_STEPS + 1);
	ck_assert_uint_eq(p->n, (size_t)(last - first + 1));
	for (i = 0; i < p->n; i++)
		if (p->t[i] != START + (first + (int64_t)i) * STEP ||
		    num_bits(p->v[i]) != num_bits(value_of(id, first +
		    (int64_t)i)))
			ck_abort_msg("series %lld, sample %zu is wrong",
			    (long long)id, i);
}

static void
check_history(bool read_only)
{
	struct labels_table *t = labels_table_new();
	struct store_options o = options;
	struct promql_source src;
	struct arena a = { 0 };
	struct err e = { 0 };
	struct pseries *p;
	struct store *s;
	int64_t last, id;
	size_t n, i;

	o.read_only = read_only;
	s = store_open(dir, t, &o, notice, NULL, &e);
	ck_assert_msg(s != NULL, "%s", e.msg);
	last = newest_step(s);
	ck_assert_int_ge(last, *committed);
	ck_assert_int_le(last, *committed + 1);
	src = store_source(s);
	ck_assert_int_eq(src.select(src.self, NULL, 0, INT64_MIN + 1,
	    INT64_MAX - 1, &a, &p, &n, &e), 0);
	ck_assert_uint_eq(n, SERIES);
	for (i = 0; i < n; i++) {
		ck_assert(num_parse_i64(labels_get(p[i].labels, STR("id")), 0,
		    SERIES, &id));
		check_series(&p[i], id, last);
	}
	store_close(s);
	arena_free(&a);
	labels_table_free(t);
}

static void
remove_dir(void)
{
	struct dirent *de;
	DIR *d = opendir(dir);

	while ((de = readdir(d)) != NULL)
		(void)unlinkat(dirfd(d), de->d_name, 0);
	(void)closedir(d);
	(void)rmdir(dir);
}

START_TEST(killed_writers_lose_nothing)
{
	struct err e = { 0 };
	unsigned seed = 11;
	int i;

	(void)snprintf(dir, sizeof(dir), "/tmp/check_crash.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	committed = mmap(NULL, sizeof(*committed), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	for (i = 0; i < KILLS; i++) {
		run_and_kill(1 + (unsigned)rand_r(&seed) % 60,
		    (unsigned)rand_r(&seed) % 100000);
		check_history(true);
		if (i % 2)
			check_history(false);	/* drops a torn tail */
		torn = 0;
		ck_assert_int_eq(store_verify(dir, notice, NULL, &e),
		    (int)torn);
		ck_assert_msg(other == 0, "%s", what);
	}
	check_history(false);
	ck_assert_int_eq(store_verify(dir, notice, NULL, &e), 0);
	remove_dir();
}
END_TEST

/* ---- readers beside a writer at full speed ---- */

#define ROUNDS		400

/* Every commit that was there when the question began, as a whole. */
static void
check_live(struct store *s, int64_t known)
{
	struct promql_source src = store_source(s);
	struct arena a = { 0 };
	struct err e = { 0 };
	struct pseries *p;
	int64_t last, id;
	size_t n, i;

	ck_assert_msg(src.select(src.self, NULL, 0, START + STEP,
	    INT64_MAX - 1, &a, &p, &n, &e) == 0, "%s", e.msg);
	ck_assert_uint_eq(n, SERIES);
	last = (p[0].t[p[0].n - 1] - START) / STEP;
	if (last < known)
		ck_abort_msg("step %lld is missing after %lld",
		    (long long)known, (long long)last);
	for (i = 0; i < n; i++) {
		ck_assert(num_parse_i64(labels_get(p[i].labels, STR("id")), 0,
		    SERIES, &id));
		check_series(&p[i], id, last);
	}
	arena_free(&a);
}

START_TEST(readers_follow_a_live_writer)
{
	struct labels_table *t = labels_table_new();
	struct store_options o = { .read_only = true };
	struct store *old = NULL, *s;
	struct err e = { 0 };
	int64_t known, until = clk_mono_ms() + 20000;
	pid_t pid;
	int i;

	(void)snprintf(dir, sizeof(dir), "/tmp/check_live.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	committed = mmap(NULL, sizeof(*committed), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if ((pid = fork()) == 0)
		write_on();
	while (*committed == 0 && clk_mono_ms() < until)
		(void)sched_yield();
	for (i = 0; i < ROUNDS; i++) {
		known = *committed;
		s = store_open(dir, t, &o, notice, NULL, &e);
		ck_assert_msg(s != NULL, "%s", e.msg);
		check_live(s, known);
		if (old)
			check_live(old, known);
		if (i % 20 == 0) {
			store_close(old);
			old = s;
		} else {
			store_close(s);
		}
	}
	(void)kill(pid, SIGKILL);
	(void)waitpid(pid, &i, 0);
	ck_assert_msg(other == 0, "%s", what);
	store_close(old);
	labels_table_free(t);
	remove_dir();
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("tsdb_crash");
	TCase *c = tcase_create("crash");
	SRunner *r;
	int bad;

	tcase_set_timeout(c, 900);
	tcase_add_test(c, killed_writers_lose_nothing);
	tcase_add_test(c, readers_follow_a_live_writer);
	suite_add_tcase(s, c);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	bad = srunner_ntests_failed(r);
	srunner_free(r);
	return bad != 0;
}
