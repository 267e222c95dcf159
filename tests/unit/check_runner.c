/*
 * ts-health: checks that hang or crash cost themselves, whoever shares a
 * process with them.
 */
#include <check.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "../../tools/ts-health/probe.h"
#include "../../tools/ts-health/runner.h"
#include "core/clk.h"

#define MANY	300

static void
hang(void)
{
	for (;;)
		(void)pause();
}

static void
start_well(struct probe *p)
{
	check_note(p->result, "process %d", (int)getpid());
	p->done(p);
}

static void
start_hang(struct probe *p)
{
	(void)p;
	hang();
}

static void
start_crash(struct probe *p)
{
	(void)p;
	_exit(7);
}

/* It waits for something that never comes, and the loop goes on. */
static void
start_never(struct probe *p)
{
	(void)p;
}

static void
run_well(const struct check *c, struct check_result *r)
{
	(void)c;
	check_note(r, "process %d", (int)getpid());
}

static void
run_bad(const struct check *c, struct check_result *r)
{
	(void)c;
	check_say(r, CHECK_WARN, "bad");
}

static void
run_hang(const struct check *c, struct check_result *r)
{
	(void)c;
	(void)r;
	hang();
}

static void
run_kill(const struct check *c, struct check_result *r)
{
	(void)c;
	(void)r;
	(void)kill(getpid(), SIGKILL);
}

static const struct check_kind well = { .name = "well", .start = start_well },
    hangs = { .name = "hangs", .start = start_hang },
    crashes = { .name = "crashes", .start = start_crash },
    never = { .name = "never", .start = start_never },
    alone = { .name = "alone", .run = run_well },
    bad = { .name = "bad", .run = run_bad },
    stuck = { .name = "stuck", .run = run_hang },
    killed = { .name = "killed", .run = run_kill };

static const struct {
	const struct check_kind *kind;
	enum check_status status;
	const char *text;
} rows[] = {
	{ &well, CHECK_OK, "process" },
	{ &hangs, CHECK_FAIL, "no answer within 0.1s" },
	{ &well, CHECK_OK, "process" },
	{ &crashes, CHECK_UNKNOWN, "ended without a result" },
	{ &never, CHECK_FAIL, "no answer within 0.1s" },
	{ &alone, CHECK_OK, "process" },
	{ &bad, CHECK_WARN, "bad" },
	{ &stuck, CHECK_FAIL, "no answer within 0.1s" },
	{ &killed, CHECK_UNKNOWN, "signal 9" },
	{ &well, CHECK_OK, "process" },
};
#define ROWS	(sizeof(rows) / sizeof(rows[0]))

static const struct runner_limits limits = { .children = 4, .shared = 8,
    .life_ms = 300 };

static void
job_init(struct job *j, struct check *c, const struct check_kind *kind,
    struct arena *a)
{
	*c = (struct check){ .kind = kind, .name = str_of(kind->name),
	    .timeout_ms = 100 };
	*j = (struct job){ .check = c, .result = { .arena = a } };
}

/* Each of them first in the queue, so that all of the others follow it. */
START_TEST(faults)
{
	struct arena a = { 0 };
	struct check check[ROWS];
	struct job job[ROWS];
	struct str text;
	struct err e;
	size_t i, at;

	for (i = 0; i < ROWS; i++)
		job_init(&job[i], &check[i],
		    rows[(i + (size_t)_i) % ROWS].kind, &a);
	ck_assert_int_eq(runner_run(job, ROWS, &limits, &e), 0);
	for (i = 0; i < ROWS; i++) {
		at = (i + (size_t)_i) % ROWS;
		text = job[i].result.error.p ? job[i].result.error :
		    job[i].result.message;
		ck_assert_msg(job[i].done, "%s", rows[at].kind->name);
		ck_assert_msg(job[i].result.status == rows[at].status,
		    "%s: %d", rows[at].kind->name, job[i].result.status);
		ck_assert_msg(str_find(text, str_of(rows[at].text)) >= 0,
		    "%s: '" STR_FMT "'", rows[at].kind->name, STR_ARG(text));
	}
	arena_free(&a);
}
END_TEST

/* Those that share are all in one process, and that is not this one. */
START_TEST(shared)
{
	struct arena a = { 0 };
	struct check *check = calloc(MANY, sizeof(*check));
	struct job *job = calloc(MANY, sizeof(*job));
	struct err e;
	int i;

	for (i = 0; i < MANY; i++)
		job_init(&job[i], &check[i], &well, &a);
	ck_assert_int_eq(runner_run(job, MANY, &limits, &e), 0);
	for (i = 0; i < MANY; i++)
		ck_assert(str_eq(job[i].result.message,
		    job[0].result.message));
	ck_assert(!str_eq(job[0].result.message,
	    arena_printf(&a, "process %d", (int)getpid())));
	free(check);
	free(job);
	arena_free(&a);
}
END_TEST

static const struct runner_limits here = { .children = 4, .shared = 8,
    .life_ms = 300, .here = true };

/* n of a kind, where here is allowed: the text of the first. */
static struct str
first_of(const struct check_kind *kind, size_t n, int64_t retries,
    struct job *job, struct arena *a)
{
	struct check check[2];
	struct err e;
	size_t i;

	for (i = 0; i < n; i++) {
		job_init(&job[i], &check[i], kind, a);
		check[i].retries = retries;
	}
	ck_assert_int_eq(runner_run(job, n, &here, &e), 0);
	return job->result.error.p ? job->result.error : job->result.message;
}

/* A single one that only waits for the network is in this process. */
START_TEST(single)
{
	struct arena a = { 0 };
	struct job job[2];
	struct str us = arena_printf(&a, "process %d", (int)getpid());

	ck_assert(str_eq(first_of(&well, 1, 0, job, &a), us));
	ck_assert_int_gt(job->started_ms, 0);
	ck_assert(!str_eq(first_of(&well, 2, 0, job, &a), us));
	ck_assert(!str_eq(first_of(&alone, 1, 0, job, &a), us));
	ck_assert(str_eq(first_of(&never, 1, 1, job, &a),
	    STR("no answer within 0.1s")));
	ck_assert_int_eq(job->tries, 1);
	arena_free(&a);
}
END_TEST

/* It ends with 3, which the test expects. */
START_TEST(single_hangs)
{
	struct arena a = { 0 };
	struct job job[1];

	(void)first_of(&hangs, 1, 0, job, &a);
}
END_TEST

START_TEST(needs)
{
	struct arena a = { 0 };
	struct check check[3];
	struct job job[3];
	const struct job *on_well[] = { &job[1] }, *on_bad[] = { &job[0] };
	struct err e;

	job_init(&job[0], &check[0], &crashes, &a);
	job_init(&job[1], &check[1], &well, &a);
	job_init(&job[2], &check[2], &well, &a);
	check[0].retries = 2;
	job[0].depends = on_well;
	job[2].depends = on_bad;
	job[0].ndepends = job[2].ndepends = 1;
	ck_assert_int_eq(runner_run(job, 3, &limits, &e), 0);
	ck_assert_int_eq(job[0].result.status, CHECK_UNKNOWN);
	ck_assert_int_eq(job[0].tries, 2);
	ck_assert_int_eq(job[1].result.status, CHECK_OK);
	ck_assert_int_eq(job[2].result.status, CHECK_UNKNOWN);
	ck_assert(str_starts(job[2].result.error, STR("skipped")));
	arena_free(&a);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("runner");
	TCase *tc = tcase_create("runner");
	SRunner *sr = srunner_create(s);
	int bad_ones;

	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, faults, 0, ROWS);
	tcase_add_test(tc, shared);
	tcase_add_test(tc, single);
	tcase_add_exit_test(tc, single_hangs, 3);
	tcase_add_test(tc, needs);
	suite_add_tcase(s, tc);
	srunner_run_all(sr, CK_ENV);
	bad_ones = srunner_ntests_failed(sr);
	srunner_free(sr);
	return bad_ones != 0;
}
