#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/io.h"
#include "state/state.h"

static char dir[] = "/tmp/check_state.XXXXXX";

static void
make_dir(void)
{
	ck_assert_ptr_nonnull(mkdtemp(dir));
}

static void
remove_dir(void)
{
	char path[64];

	(void)snprintf(path, sizeof(path), "%s/t.ndjson", dir);
	(void)unlink(path);
	(void)snprintf(path, sizeof(path), "%s/t.lock", dir);
	(void)unlink(path);
	(void)rmdir(dir);
	memcpy(dir + strlen(dir) - 6, "XXXXXX", 6);
}

static struct state *
open_it(void)
{
	struct err e;
	struct state *s = state_open(str_of(dir), "t", 0, &e);

	ck_assert_msg(s != NULL, "%s", e.msg);
	return s;
}

static void
put(struct state *s, const char *key, const char *value)
{
	struct err e;

	ck_assert_int_eq(state_put(s, str_of(key), str_of(value), &e), 0);
}

static void
commit(struct state *s)
{
	struct err e;

	ck_assert_int_eq(state_commit(s, &e), 0);
}

/* value NULL: absent */
static void
expect(struct state *s, const char *key, const char *value)
{
	struct buf b = { 0 };
	struct err e;
	int rc = state_get(s, str_of(key), &b, &e);

	ck_assert_int_eq(rc, value != NULL);
	if (value)
		ck_assert_str_eq(buf_cstr(&b), value);
	buf_release(&b);
}

START_TEST(values_survive)
{
	struct state *s = open_it();
	struct err e;

	put(s, "a", "1");
	put(s, "b\n\"", "{\"x\":[1,2]}");
	put(s, "a", "2");
	expect(s, "a", "2");
	commit(s);
	put(s, "a", "3");
	ck_assert_int_eq(state_del(s, STR("b\n\""), &e), 0);
	expect(s, "b\n\"", NULL);
	state_rollback(s);
	expect(s, "a", "2");
	put(s, "lost", "1");
	state_close(s);

	s = open_it();
	expect(s, "a", "2");
	expect(s, "b\n\"", "{\"x\":[1,2]}");
	expect(s, "lost", NULL);
	ck_assert_uint_eq(state_notice(s).n, 0);
	ck_assert_int_eq(state_del(s, STR("a"), &e), 0);
	commit(s);
	state_close(s);

	s = open_it();
	expect(s, "a", NULL);
	state_close(s);
}
END_TEST

static int
gather(void *arg, struct str key, struct str value)
{
	return buf_printf(arg, STR_FMT "=" STR_FMT " ", STR_ARG(key),
	    STR_ARG(value));
}

START_TEST(walk_is_in_order)
{
	struct state *s = open_it();
	struct buf b = { 0 };
	struct err e;

	put(s, "g/2", "2");
	put(s, "g/10", "10");
	commit(s);
	put(s, "g/1", "1");
	put(s, "h/1", "0");
	ck_assert_int_eq(state_each(s, STR("g/"), gather, &b, &e), 0);
	ck_assert_str_eq(buf_cstr(&b), "g/1=1 g/10=10 g/2=2 ");
	buf_release(&b);
	state_close(s);
}
END_TEST

START_TEST(one_writer_many_readers)
{
	struct state *s = open_it(), *r;
	struct err e;

	put(s, "a", "1");
	commit(s);
	ck_assert_ptr_null(state_open(str_of(dir), "t", 0, &e));
	ck_assert_int_eq(e.kind, ERR_LIMIT);
	put(s, "a", "2");
	r = state_open_read(str_of(dir), "t", &e);
	ck_assert_ptr_nonnull(r);
	expect(r, "a", "1");
	ck_assert_int_eq(state_put(r, STR("a"), STR("9"), &e), -1);
	state_close(r);
	state_close(s);
}
END_TEST

START_TEST(leases_count_up)
{
	struct state *s = open_it();
	struct err e;

	put(s, "open", "1");
	ck_assert_int_eq(state_lease(s, STR("k"), 1000, &e), 1);
	state_close(s);
	s = open_it();
	ck_assert_int_eq(state_lease(s, STR("k"), 1000, &e), 2);
	expect(s, "k", NULL);
	expect(s, "open", NULL);
	state_close(s);
}
END_TEST

/* Rewriting one key for long keeps the file within a bound of what lives. */
START_TEST(journal_is_compacted)
{
	char path[64], value[64];
	struct state *s = open_it();
	struct stat st;
	struct err e;
	int i;

	for (i = 0; i < 90000; i++) {
		(void)snprintf(value, sizeof(value), "%d", i);
		put(s, "a", value);
		put(s, value, value);
		if (i % 100 != 99) {
			ck_assert_int_eq(state_del(s, str_of(value), &e), 0);
			continue;
		}
		if (i % 1000 == 999)
			commit(s);
	}
	(void)snprintf(path, sizeof(path), "%s/t.ndjson", dir);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_int_lt(st.st_size, 1 << 20);
	state_close(s);
	s = open_it();
	expect(s, "a", "89999");
	expect(s, "89999", "89999");
	expect(s, "89998", NULL);
	state_close(s);
}
END_TEST

static void
read_journal(struct buf *out)
{
	char path[64];
	struct err e;

	(void)snprintf(path, sizeof(path), "%s/t.ndjson", dir);
	ck_assert_int_eq(io_read_file(path, 1 << 20, out, &e), 0);
}

static void
write_journal(struct str text)
{
	char path[64];
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s/t.ndjson", dir);
	f = fopen(path, "w");
	ck_assert_ptr_nonnull(f);
	ck_assert_uint_eq(fwrite(text.p, 1, text.n, f), text.n);
	ck_assert_int_eq(fclose(f), 0);
}

/* Two keys always change together, so they must be equal whatever is cut. */
static void
write_pairs(int n)
{
	struct state *s = open_it();
	char value[16];
	int i;

	for (i = 1; i <= n; i++) {
		(void)snprintf(value, sizeof(value), "%d", i);
		put(s, "a", value);
		put(s, "b", value);
		commit(s);
	}
	state_close(s);
}

static int
equal_pair(void)
{
	struct state *s = open_it();
	struct buf a = { 0 }, b = { 0 };
	struct err e;
	int n = 0;

	if (state_get(s, STR("a"), &a, &e) == 1) {
		ck_assert_int_eq(state_get(s, STR("b"), &b, &e), 1);
		ck_assert_str_eq(buf_cstr(&a), buf_cstr(&b));
		n = (int)strtol(buf_cstr(&a), NULL, 10);
	} else {
		ck_assert_int_eq(state_get(s, STR("b"), &b, &e), 0);
	}
	buf_release(&a);
	buf_release(&b);
	state_close(s);
	return n;
}

START_TEST(cut_anywhere)
{
	struct buf whole = { 0 };
	int last = 0, n;
	size_t cut;

	write_pairs(5);
	read_journal(&whole);
	for (cut = 0; cut <= whole.n; cut++) {
		write_journal((struct str){ whole.p, cut });
		n = equal_pair();
		ck_assert_int_ge(n, last);
		last = n;
		write_pairs(1);		/* what follows a cut is kept */
		ck_assert_int_eq(equal_pair(), 1);
	}
	ck_assert_int_eq(last, 5);
	buf_release(&whole);
}
END_TEST

/* One bad byte costs its transaction, and the next when it hit the mark. */
START_TEST(damaged_anywhere)
{
	struct buf whole = { 0 };
	size_t at;

	write_pairs(4);
	read_journal(&whole);
	for (at = 0; at < whole.n; at++) {
		whole.p[at] ^= 1;
		write_journal(buf_str(&whole));
		ck_assert_int_ge(equal_pair(), 2);
		whole.p[at] ^= 1;
	}
	buf_release(&whole);
}
END_TEST

/* Commit pairs for ever, telling each one that is durable. */
static _Noreturn void
write_until_killed(int from, int tell)
{
	struct state *s = open_it();
	char value[16];
	int i;

	for (i = from;; i++) {
		(void)snprintf(value, sizeof(value), "%d", i);
		put(s, "a", value);
		put(s, "b", value);
		commit(s);
		if (write(tell, &i, sizeof(i)) != sizeof(i))
			_exit(1);
	}
}

START_TEST(killed_anywhere)
{
	int round, told = 0, p[2], i, status, got;
	pid_t pid;

	srand(7);
	for (round = 0; round < 60; round++) {
		ck_assert_int_eq(pipe(p), 0);
		if ((pid = fork()) == 0)
			write_until_killed(told + 1, p[1]);
		(void)close(p[1]);
		for (i = rand() % 40; i >= 0; i--)
			ck_assert_int_eq(read(p[0], &told, sizeof(told)),
			    sizeof(told));
		(void)kill(pid, SIGKILL);
		ck_assert_int_eq(waitpid(pid, &status, 0), pid);
		while (read(p[0], &told, sizeof(told)) == sizeof(told))
			continue;
		(void)close(p[0]);
		got = equal_pair();
		ck_assert_int_ge(got, told);
		ck_assert_int_le(got, told + 1);
		told = got;
	}
}
END_TEST

static const struct { const char *url, *message; } bad_rows[] = {
	{ "", "the place for state is empty" },
	{ "mysql://h/db", "no state in 'mysql://': it is a directory, "
	    "redis:// or postgresql://" },
	{ "/dev/null/x", "cannot create '/dev/null/x': Not a directory" },
};

START_TEST(bad_places)
{
	struct err e;

	ck_assert_ptr_null(state_open(str_of(bad_rows[_i].url), "t", 0, &e));
	ck_assert_str_eq(e.msg, bad_rows[_i].message);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("state");
	TCase *t = tcase_create("directory");
	SRunner *r;
	int bad;

	tcase_add_checked_fixture(t, make_dir, remove_dir);
	tcase_add_test(t, values_survive);
	tcase_add_test(t, walk_is_in_order);
	tcase_add_test(t, one_writer_many_readers);
	tcase_add_test(t, leases_count_up);
	tcase_add_test(t, journal_is_compacted);
	tcase_add_test(t, cut_anywhere);
	tcase_add_test(t, damaged_anywhere);
	tcase_add_test(t, killed_anywhere);
	tcase_add_loop_test(t, bad_places, 0,
	    sizeof(bad_rows) / sizeof(bad_rows[0]));
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	bad = srunner_ntests_failed(r);
	srunner_free(r);
	return bad ? EXIT_FAILURE : EXIT_SUCCESS;
}
