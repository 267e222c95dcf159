/*
 * ts-route: merging of alerts, ticks, and that a run that is cut off at any
 * place tells everything when it is taken up again.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "../../tools/ts-route/router.h"
#include "../../tools/ts-route/save.h"
#include "core/io.h"
#include "core/mem.h"

#define T	INT64_C(1790000000000)
#define MIN	INT64_C(60000)

/* ---- merging: times in minutes after T; 0 = not given ---- */

static const struct merge_case {
	const char *name;
	int start1, end1, at1;		/* the alert that is known */
	int start2, end2, at2;		/* the one that comes */
	int start, end;			/* the result; an end of -1: timeout */
} merges[] = {
	{ "the earlier start stays", 10, 30, 10, 12, 40, 13, 10, 40 },
	{ "an earlier start is taken", 10, 30, 10, 5, 20, 13, 5, 30 },
	{ "a later end that was said stays", 10, 60, 10, 12, 20, 13, 10, 60 },
	{ "a resolve ends it", 10, 60, 10, 10, 14, 15, 10, 14 },
	{ "the later of two resolves", 10, 20, 10, 10, 15, 25, 10, 20 },
	{ "a timeout gives way to an end", 10, 0, 10, 10, 12, 11, 10, 12 },
	{ "a timeout is put off", 10, 0, 10, 10, 0, 13, 10, -1 },
	{ "a timeout does not cut an end that was said", 10, 60, 10, 10, 0,
	    13, 10, 60 },
	{ "apart in time: the new one alone", 10, 20, 10, 30, 40, 31, 30, 40 },
	{ "behind at the very end: the new one alone", 10, 20, 10, 20, 40,
	    21, 20, 40 },
	{ "before and after: nothing inside, the new one alone", 10, 20, 10,
	    5, 40, 12, 5, 40 },
};

static int64_t
minute(int m)
{
	return m ? T + m * MIN : 0;
}

START_TEST(merge)
{
	const struct merge_case *c = &merges[_i];
	struct labels_table *t = labels_table_new();
	struct store s;
	struct alert a = { .labels = labels_of(t, "a", "b", (char *)NULL),
	    .starts_at = minute(c->start1), .ends_at = minute(c->end1) };
	struct entry *en;
	struct err e;
	bool is_new;

	store_init(&s, t, 5 * MIN);
	en = store_take(&s, &a, minute(c->at1), &is_new, &e);
	ck_assert_msg(en != NULL && is_new, "%s", c->name);
	a.starts_at = minute(c->start2);
	a.ends_at = minute(c->end2);
	en = store_take(&s, &a, minute(c->at2), &is_new, &e);
	ck_assert_msg(en != NULL && !is_new, "%s", c->name);
	ck_assert_msg(en->alert.starts_at == minute(c->start), "%s: starts "
	    "%lld", c->name, (long long)(en->alert.starts_at - T) / MIN);
	ck_assert_msg(en->alert.ends_at == (c->end == -1 ?
	    minute(c->at2 + 5) : minute(c->end)), "%s: ends %lld", c->name,
	    (long long)(en->alert.ends_at - T) / MIN);
	ck_assert_int_eq(en->alert.timeout, c->end2 == 0);
	store_release(&s);
	labels_table_free(t);
}
END_TEST

/* ---- a router that notes when it speaks, and of what ---- */

static const char config_text[] =
    "route: {receiver: r, group_by: [g], group_wait: 10s, "
    "group_interval: 1m}\n"
    "receivers: [{name: r}]\n";

struct bench {
	struct arena arena;
	struct am_config *config;
	struct labels_table *table;
	struct wire_reader *reader;
	struct router router;
	struct buf said;	/* a line for each: seconds, then alerts */
	struct buf lines;	/* each thing said once: LABELS STATE */
};

static void
on_notification(void *arg, const struct notification *n)
{
	struct bench *b = arg;
	struct buf one = { 0 };
	size_t i;

	(void)buf_printf(&b->said, "%lld:%zu ", (long long)(n->time - T) /
	    1000, n->nalerts);
	for (i = 0; i < n->nalerts; i++) {
		buf_reset(&one);
		labels_print_bare(n->alerts[i].labels, &one);
		(void)buf_put(&one, n->alerts[i].ends_at ?
		    STR(" resolved\n") : STR(" firing\n"));
		if (str_find(buf_str(&b->lines), buf_str(&one)) == -1)
			(void)buf_put(&b->lines, buf_str(&one));
	}
	buf_release(&one);
}

static void
bench_router(struct bench *b)
{
	struct router_options o = { .emit = on_notification, .arg = b };

	b->table = labels_table_new();
	b->reader = wire_reader_new(b->table);
	router_init(&b->router, b->config, b->table, &o);
}

static void
bench_drop(struct bench *b)
{
	router_release(&b->router);
	wire_reader_free(b->reader);
	labels_table_free(b->table);
}

static void
bench_init(struct bench *b)
{
	const struct ynode *root;
	struct err e;

	memset(b, 0, sizeof(*b));
	root = yaml_load(STR(config_text), "config", &b->arena, &e);
	ck_assert_ptr_nonnull(root);
	b->config = am_config_decode(root, NULL, &b->arena, &e);
	ck_assert_ptr_nonnull(b->config);
	bench_router(b);
}

static void
bench_release(struct bench *b)
{
	bench_drop(b);
	am_config_release(b->config);
	buf_release(&b->said);
	buf_release(&b->lines);
	arena_free(&b->arena);
}

static void
fire(struct bench *b, const char *name, int64_t at, int64_t start,
    int64_t end)
{
	struct alert a = { .labels = labels_of(b->table, "g", "1", "n", name,
	    (char *)NULL), .annotations = labels_empty(b->table),
	    .starts_at = start, .ends_at = end };
	struct err e;

	ck_assert_int_eq(router_take(&b->router, &a, at, &e), 0);
}

/* ---- ticks ---- */

static const struct tick_case {
	const char *name;
	bool at_own_time;
	int start;		/* of the alert, seconds before T */
	int flush[4];		/* seconds after T; 0 = no more */
	const char *said;	/* second:alerts … */
} ticks[] = {
	{ "group_wait, then group_interval", true, 0, { 200 },
	    "10:1 70:1 130:1 190:1 " },
	{ "an old alert waits no more", true, 60, { 61 }, "0:1 60:1 " },
	{ "as old as group_wait: it waits", true, 10, { 15 }, "10:1 " },
	{ "slept through on the wall clock: once, then in step from there",
	    false, 0, { 10, 400, 459, 460 }, "10:1 400:1 460:1 " },
	{ "a tick a little late keeps the cadence", false, 0,
	    { 11, 70, 131 }, "11:1 70:1 131:1 " },
	{ "before its time nothing", false, 0, { 9 }, "" },
};

START_TEST(tick)
{
	const struct tick_case *c = &ticks[_i];
	struct bench b;
	size_t i;

	bench_init(&b);
	fire(&b, "a", T, T - c->start * 1000, T + 1000000000);
	for (i = 0; i < 4 && c->flush[i]; i++)
		router_flush_due(&b.router, T + c->flush[i] * 1000,
		    c->at_own_time);
	ck_assert_msg(str_eq(buf_str(&b.said), str_of(c->said)),
	    "%s: '%s'", c->name, buf_cstr(&b.said));
	bench_release(&b);
}
END_TEST

/* ---- cut off between any two steps ---- */

static const struct {
	int at;			/* seconds */
	const char *name;	/* NULL: only time goes by */
	int end;		/* 0 = none yet */
} steps[] = {
	{ 0, "a", 100000 }, { 5, "b", 100000 }, { 12, NULL, 0 },
	{ 20, "c", 100000 }, { 40, "a", 40 }, { 75, NULL, 0 },
	{ 90, "b", 90 }, { 100, "d", 100000 }, { 140, NULL, 0 },
	{ 150, "c", 150 }, { 151, "d", 151 }, { 200, NULL, 0 },
	{ 260, NULL, 0 },
};
#define NSTEPS	((int)(sizeof(steps) / sizeof(steps[0])))

static void
take_step(struct bench *b, int i)
{
	int64_t now = T + steps[i].at * 1000;

	router_flush_due(&b->router, now - 1, true);
	if (steps[i].name)
		fire(b, steps[i].name, now, T + 1, T + steps[i].end * 1000);
	router_flush_due(&b->router, now, true);
}

/* All is lost but the state and what was said; lines since the last save
   come again. */
static void
run_killed(struct bench *b, struct state *st, int save_at, int kill_at)
{
	int64_t now;
	struct err e;
	int i;

	for (i = 0; i < kill_at; i++) {
		take_step(b, i);
		if (i + 1 == save_at)
			ck_assert_int_eq(save_put(&b->router, st, STR_NONE,
			    T + steps[i].at * 1000, &e), 0);
	}
	bench_drop(b);
	bench_router(b);
	ck_assert_msg(save_load(&b->router, b->reader, st, &now, &e) == 0,
	    "%s", e.msg);
	for (i = save_at; i < NSTEPS; i++)
		take_step(b, i);
}

static struct state *
open_state(char *dir)
{
	struct err e;
	struct state *st;

	ck_assert_ptr_nonnull(mkdtemp(dir));
	st = state_open(str_of(dir), "ts-route", 0, &e);
	ck_assert_ptr_nonnull(st);
	return st;
}

static void
remove_state(const char *dir)
{
	static const char *const names[] = { "ts-route.ndjson",
	    "ts-route.lock" };
	char path[96];
	size_t i;

	for (i = 0; i < 2; i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", dir, names[i]);
		(void)unlink(path);
	}
	ck_assert_int_eq(rmdir(dir), 0);
}

/* Killed at each step, the state saved at each step before that. */
START_TEST(killed)
{
	char dir[] = "/tmp/check_route.XXXXXX";
	struct bench whole, cut;
	struct state *st;
	struct str rest, line;
	int i, save_at;

	bench_init(&whole);
	for (i = 0; i < NSTEPS; i++)
		take_step(&whole, i);
	ck_assert_int_eq(whole.lines.n > 0, 1);
	for (save_at = 0; save_at <= _i; save_at++) {
		st = open_state(dir);
		bench_init(&cut);
		run_killed(&cut, st, save_at, _i);
		for (rest = buf_str(&whole.lines); rest.p; ) {
			rest = str_cut(rest, '\n', &line);
			ck_assert_msg(str_find(buf_str(&cut.lines), line) !=
			    -1, "saved at %d, killed at %d: lost " STR_FMT,
			    save_at, _i, STR_ARG(line));
		}
		bench_release(&cut);
		state_close(st);
		remove_state(dir);
		memcpy(dir + strlen(dir) - 6, "XXXXXX", 6);
	}
	bench_release(&whole);
}
END_TEST

/* Killed right behind a save, it says exactly what a whole run says. */
START_TEST(cut_at)
{
	char dir[] = "/tmp/check_route.XXXXXX";
	struct bench whole, cut;
	struct state *st = open_state(dir);
	int i;

	bench_init(&whole);
	for (i = 0; i < NSTEPS; i++)
		take_step(&whole, i);
	bench_init(&cut);
	run_killed(&cut, st, _i, _i);
	ck_assert_str_eq(buf_cstr(&cut.said), buf_cstr(&whole.said));
	bench_release(&cut);
	bench_release(&whole);
	state_close(st);
	remove_state(dir);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("route");
	TCase *t = tcase_create("route");
	SRunner *r;
	int failed;

	tcase_add_loop_test(t, merge, 0, sizeof(merges) / sizeof(merges[0]));
	tcase_add_loop_test(t, tick, 0, sizeof(ticks) / sizeof(ticks[0]));
	tcase_add_loop_test(t, killed, 0, NSTEPS + 1);
	tcase_add_loop_test(t, cut_at, 0, NSTEPS + 1);
	tcase_set_timeout(t, 60);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
