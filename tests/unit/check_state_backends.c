/*
 * The same table of tests for every back-end of lib/state: a directory, and
 * the servers that $STATE_REDIS and $STATE_POSTGRES name (tests/peers/state.sh
 * starts them).
 */
#include <check.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/clk.h"
#include "state/pq_conn.h"
#include "state/redis_conn.h"
#include "state/state.h"

#define SHARED_FROM	1	/* urls[0] is the directory */

static char dir[] = "/tmp/check_backends.XXXXXX";
static const char *urls[3];
static int nurls;
static char tool[32];

static void
new_tool(void)
{
	static unsigned n;

	(void)snprintf(tool, sizeof(tool), "t%d-%u", (int)getpid(), n++);
}

static struct state *
open_it(int i)
{
	struct err e;
	struct state *s = state_open(str_of(urls[i]), tool, 0, &e);

	ck_assert_msg(s != NULL, "%s", e.msg);
	return s;
}

static void
put(struct state *s, struct str key, struct str value)
{
	struct err e;

	ck_assert_int_eq(state_put(s, key, value, &e), 0);
}

static void
commit(struct state *s)
{
	struct err e;

	ck_assert_int_eq(state_commit(s, &e), 0);
}

/* value p NULL: absent */
static void
expect(struct state *s, struct str key, struct str value)
{
	struct buf b = { 0 };
	struct err e = { 0 };
	int rc = state_get(s, key, &b, &e);

	ck_assert_msg(rc == (value.p != NULL), "'" STR_FMT "': %d %s",
	    STR_ARG(key), rc, e.msg);
	if (value.p)
		ck_assert(str_eq(buf_str(&b), value));
	buf_release(&b);
}

static const char long_key[] = "{}/{a=\"b\"}:{";

/* The journal of a directory is JSON, so the first one only on servers. */
static const struct str odd_keys[] = {
	{ "bad \xff\xc3 utf-8", 12 },
	{ "a", 1 }, { "b\n\"", 3 }, { "\\x00\\", 5 }, { "nul\0nul", 7 },
	{ "\xc3\xa4\xef\xbf\xbd", 5 },
	{ "", 0 }, { "'; DROP TABLE truststram_record; --", 36 },
};

START_TEST(odd_keys_and_values)
{
	struct state *s;
	struct buf big = { 0 };
	size_t k, first = _i < SHARED_FROM;

	new_tool();
	(void)buf_put(&big, str_of(long_key));
	while (big.n < 20000)
		(void)buf_put(&big, STR("x='\\\"},"));
	s = open_it(_i);
	for (k = first; k < sizeof(odd_keys) / sizeof(odd_keys[0]); k++)
		put(s, odd_keys[k], STR("{\"x\":[1,2.50,\"\\u0000\xc3\xa4\"]}"));
	put(s, buf_str(&big), STR("1"));
	commit(s);
	state_close(s);
	s = open_it(_i);
	for (k = first; k < sizeof(odd_keys) / sizeof(odd_keys[0]); k++)
		expect(s, odd_keys[k],
		    STR("{\"x\":[1,2.50,\"\\u0000\xc3\xa4\"]}"));
	expect(s, buf_str(&big), STR("1"));
	state_close(s);
	buf_release(&big);
}
END_TEST

START_TEST(commit_and_rollback)
{
	struct state *s, *r;
	struct err e;

	new_tool();
	s = open_it(_i);
	put(s, STR("a"), STR("1"));
	put(s, STR("b"), STR("1"));
	expect(s, STR("a"), STR("1"));
	commit(s);
	put(s, STR("a"), STR("2"));
	ck_assert_int_eq(state_del(s, STR("b"), &e), 0);
	expect(s, STR("b"), STR_NONE);
	r = state_open_read(str_of(urls[_i]), tool, &e);
	ck_assert_ptr_nonnull(r);
	expect(r, STR("a"), STR("1"));
	expect(r, STR("b"), STR("1"));
	ck_assert_int_eq(state_put(r, STR("a"), STR("9"), &e), -1);
	state_close(r);
	state_rollback(s);
	expect(s, STR("a"), STR("1"));
	ck_assert_int_eq(state_del(s, STR("b"), &e), 0);
	commit(s);
	put(s, STR("lost"), STR("1"));
	state_close(s);
	s = open_it(_i);
	expect(s, STR("a"), STR("1"));
	expect(s, STR("b"), STR_NONE);
	expect(s, STR("lost"), STR_NONE);
	ck_assert_uint_eq(state_notice(s).n, 0);
	state_close(s);
}
END_TEST

/* Reading what nobody ever wrote is no error. */
START_TEST(read_nothing)
{
	struct state *r;
	struct err e;

	new_tool();
	r = state_open_read(str_of(urls[_i]), tool, &e);
	ck_assert_msg(r != NULL, "%s", e.msg);
	expect(r, STR("a"), STR_NONE);
	state_close(r);
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
	struct buf b = { 0 };
	struct state *s;
	struct err e;

	new_tool();
	s = open_it(_i);
	put(s, STR("g/2"), STR("2"));
	put(s, STR("g/10"), STR("10"));
	put(s, STR("g/3"), STR("3"));
	commit(s);
	put(s, STR("g/1"), STR("1"));
	put(s, STR("h/1"), STR("0"));
	ck_assert_int_eq(state_del(s, STR("g/3"), &e), 0);
	ck_assert_int_eq(state_each(s, STR("g/"), gather, &b, &e), 0);
	ck_assert_str_eq(buf_cstr(&b), "g/1=1 g/10=10 g/2=2 ");
	buf_release(&b);
	state_close(s);
}
END_TEST

START_TEST(generations_rise)
{
	struct state *s;
	struct err e;
	int64_t first, second;

	new_tool();
	s = open_it(_i);
	first = state_lease(s, STR("k"), 1000, &e);
	ck_assert_int_gt(first, 0);
	put(s, STR("r"), STR("1"));
	ck_assert_int_eq(state_settle(s, STR("k"), first, &e), STATE_DONE);
	second = state_lease(s, STR("k"), 1000, &e);
	ck_assert_int_gt(second, first);
	state_release(s, STR("k"), second);
	expect(s, STR("r"), STR("1"));
	expect(s, STR("k"), STR_NONE);
	state_close(s);
}
END_TEST

/* ---- servers: several processes at a time ---- */

START_TEST(one_holder)
{
	struct state *a, *b;
	int64_t mine, theirs;
	struct err e;

	new_tool();
	a = open_it(_i);
	b = open_it(_i);
	mine = state_lease(a, STR("k"), 60000, &e);
	ck_assert_int_gt(mine, 0);
	ck_assert_int_eq(state_lease(b, STR("k"), 60000, &e), 0);
	/* its own again: prolonged */
	ck_assert_int_eq(state_lease(a, STR("k"), 1, &e), mine);
	while ((theirs = state_lease(b, STR("k"), 60000, &e)) == 0)
		continue;		/* until it has run out */
	ck_assert_int_gt(theirs, mine);
	ck_assert_int_eq(state_lease(a, STR("k"), 1, &e), 0);
	/* the mark of the old holder is refused, its change is not made */
	put(a, STR("r"), STR("\"old\""));
	ck_assert_int_eq(state_settle(a, STR("k"), mine, &e), 0);
	expect(b, STR("r"), STR_NONE);
	expect(a, STR("r"), STR_NONE);
	put(b, STR("r"), STR("\"new\""));
	ck_assert_int_eq(state_settle(b, STR("k"), theirs, &e), 1);
	expect(a, STR("r"), STR("\"new\""));
	ck_assert_int_gt(state_lease(a, STR("k"), 1000, &e), theirs);
	state_close(a);
	state_close(b);
}
END_TEST

START_TEST(changes_of_others)
{
	struct buf seen = { 0 };
	struct state *a, *b;
	struct err e;

	new_tool();
	a = open_it(_i);
	b = open_it(_i);
	put(a, STR("x"), STR("1"));
	commit(a);
	ck_assert_int_eq(state_each(b, STR_NONE, gather, &seen, &e), 0);
	ck_assert_str_eq(buf_cstr(&seen), "x=1 ");
	buf_reset(&seen);
	ck_assert_int_eq(state_changes(b, gather, &seen, &e), 0);
	ck_assert_str_eq(buf_cstr(&seen), "");
	put(a, STR("x"), STR("2"));
	commit(a);
	ck_assert_int_eq(state_changes(b, gather, &seen, &e), 0);
	ck_assert_str_eq(buf_cstr(&seen), "x=2 ");
	buf_reset(&seen);
	ck_assert_int_eq(state_changes(b, gather, &seen, &e), 0);
	ck_assert_str_eq(buf_cstr(&seen), "");
	buf_release(&seen);
	state_close(a);
	state_close(b);
}
END_TEST

/* Run one command on the server, as an operator would. */
static void
operate(int i, const char *command)
{
	struct redis_conn r = { 0 };
	struct pq_conn p = { 0 };
	struct str word, rest = str_of(command);
	struct err e;

	if (str_starts(str_of(urls[i]), STR("redis"))) {
		ck_assert_int_eq(redis_conn_parse(&r, str_of(urls[i]), &e), 0);
		ck_assert_int_eq(redis_conn_open(&r, &e), 0);
		redis_begin(&r, strchr(command, ' ') != NULL ? 6 : 1);
		while (rest.p) {
			rest = str_cut(rest, ' ', &word);
			redis_add(&r, word);
		}
		ck_assert_msg(redis_ask(&r, &e) != NULL, "%s", e.msg);
		redis_conn_release(&r);
		return;
	}
	ck_assert_int_eq(pq_conn_parse(&p, str_of(urls[i]), &e), 0);
	ck_assert_int_eq(pq_conn_open(&p, &e), 0);
	ck_assert_msg(pq_ask(&p, command, &e) != -1, "%s", e.msg);
	pq_conn_release(&p);
}

static bool
is_redis(int i)
{
	return str_starts(str_of(urls[i]), STR("redis"));
}

START_TEST(cut_connections)
{
	struct state *s;
	struct err e;

	new_tool();
	s = open_it(_i);
	put(s, STR("a"), STR("1"));
	commit(s);
	operate(_i, is_redis(_i) ? "CLIENT KILL TYPE normal SKIPME yes" :
	    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
	    "WHERE pid <> pg_backend_pid() AND datname = current_database()");
	expect(s, STR("a"), STR("1"));
	operate(_i, is_redis(_i) ? "CLIENT KILL TYPE normal SKIPME yes" :
	    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
	    "WHERE pid <> pg_backend_pid() AND datname = current_database()");
	put(s, STR("a"), STR("2"));
	commit(s);
	ck_assert_int_gt(state_lease(s, STR("k"), 1000, &e), 0);
	/* it was back at once: not worth a word */
	ck_assert_uint_eq(state_notice(s).n, 0);
	state_close(s);
	s = open_it(_i);
	expect(s, STR("a"), STR("2"));
	state_close(s);
}
END_TEST

/* A failover to an empty server: what anybody knows is put back. */
START_TEST(lost_records)
{
	struct state *a, *b, *c;
	int64_t until;
	struct err e;

	new_tool();
	a = open_it(_i);
	b = open_it(_i);
	put(a, STR("a"), STR("1"));
	commit(a);
	put(b, STR("b"), STR("2"));
	commit(b);
	operate(_i, is_redis(_i) ? "FLUSHALL" : "DROP TABLE truststram_tool, "
	    "truststram_record, truststram_lease");
	expect(a, STR("a"), STR("1"));
	ck_assert(str_find(state_notice(a), STR("has lost records")) >= 0);
	/* nobody claims anything before the others have seen it, too */
	ck_assert_int_eq(state_lease(a, STR("k"), 1000, &e), 0);
	ck_assert(state_reachable(b));
	ck_assert(str_find(state_notice(b), STR("has lost records")) >= 0);
	expect(a, STR("b"), STR("2"));
	until = clk_mono_ms() + 10000;
	while (state_lease(a, STR("k"), 1000, &e) == 0)
		ck_assert_int_lt(clk_mono_ms(), until);
	c = open_it(_i);
	expect(c, STR("a"), STR("1"));
	expect(c, STR("b"), STR("2"));
	state_close(a);
	state_close(b);
	state_close(c);
}
END_TEST

/* ---- places that are wrong or away ---- */

static const struct {
	const char *url;
	enum err_kind kind;
	const char *part;		/* of the message */
} wrong_rows[] = {
	{ "redis://u:s3cret@127.0.0.1:1/0", ERR_NET, "redis://127.0.0.1:1/0" },
	{ "unix://:s3cret@/nowhere/sock?db=2", ERR_NET,
	    "unix:///nowhere/sock?db=2" },
	{ "redis://u:s3cret@h:99999/0", ERR_CONFIG, "is not redis://" },
	{ "redis://u:s3cret@h/x", ERR_CONFIG, "'x' is not a number" },
	{ "redis://u:s3cret@h/0?pass=s3cret", ERR_CONFIG, "option 'pass'" },
	{ "redis://", ERR_CONFIG, "is not redis://" },
	{ "unix://sock", ERR_CONFIG, "unix:///path" },
	{ "postgresql://u:s3cret@127.0.0.1:1/db?connect_timeout=1", ERR_NET,
	    "'postgresql://127.0.0.1:1/db'" },
	{ "postgres://u:s3cret%zz@h/db", ERR_CONFIG, "is not a URL of" },
	{ "postgresql://u:p/s3cret@h/db?password=s3cret&what=1", ERR_CONFIG,
	    "is not a URL of" },
};

START_TEST(wrong_places)
{
	struct err e;

	ck_assert_ptr_null(state_open(str_of(wrong_rows[_i].url), "t", 0,
	    &e));
	ck_assert_msg(strstr(e.msg, wrong_rows[_i].part) != NULL, "%s",
	    e.msg);
	ck_assert_msg(strstr(e.msg, "s3cret") == NULL, "%s", e.msg);
	ck_assert_int_eq(e.kind, wrong_rows[_i].kind);
}
END_TEST

static const char *const away[] = {
	"redis://u:s3cret@127.0.0.1:1/0",
	"postgresql://u:s3cret@127.0.0.1:1/db",
};

/* Without its server it goes on in memory, and says so once. */
START_TEST(in_memory)
{
	struct str said;
	struct state *s;
	struct err e;

	s = state_open_anyway(str_of(away[_i]), "t", 0, &e);
	ck_assert_msg(s != NULL, "%s", e.msg);
	put(s, STR("a"), STR("1"));
	commit(s);
	expect(s, STR("a"), STR("1"));
	expect(s, STR("b"), STR_NONE);
	ck_assert(!state_reachable(s));
	ck_assert_int_eq(state_lease(s, STR("k"), 1000, &e), -1);
	ck_assert_int_eq(e.kind, ERR_NET);
	said = state_notice(s);
	ck_assert(str_find(said, STR("going on in memory")) >= 0);
	ck_assert(str_find(said, STR("s3cret")) < 0);
	put(s, STR("a"), STR("2"));
	commit(s);
	expect(s, STR("a"), STR("2"));
	ck_assert_uint_eq(state_notice(s).n, 0);
	state_close(s);
}
END_TEST

static void
remove_dir(void)
{
	char path[512];
	struct dirent *d;
	DIR *all = opendir(dir);

	while (all != NULL && (d = readdir(all)) != NULL) {
		(void)snprintf(path, sizeof(path), "%s/%s", dir, d->d_name);
		(void)unlink(path);
	}
	if (all != NULL)
		(void)closedir(all);
	(void)rmdir(dir);
}

static void
take_urls(void)
{
	const char *r = getenv("STATE_REDIS"), *p = getenv("STATE_POSTGRES");

	if (mkdtemp(dir) == NULL)
		exit(EXIT_FAILURE);
	urls[nurls++] = dir;
	if (r)
		urls[nurls++] = r;
	if (p)
		urls[nurls++] = p;
}

int
main(void)
{
	Suite *s = suite_create("state back-ends");
	TCase *t = tcase_create("all");
	SRunner *r;
	int bad;

	take_urls();
	tcase_add_loop_test(t, odd_keys_and_values, 0, nurls);
	tcase_add_loop_test(t, commit_and_rollback, 0, nurls);
	tcase_add_loop_test(t, read_nothing, 0, nurls);
	tcase_add_loop_test(t, walk_is_in_order, 0, nurls);
	tcase_add_loop_test(t, generations_rise, 0, nurls);
	tcase_add_loop_test(t, one_holder, SHARED_FROM, nurls);
	tcase_add_loop_test(t, changes_of_others, SHARED_FROM, nurls);
	tcase_add_loop_test(t, cut_connections, SHARED_FROM, nurls);
	tcase_add_loop_test(t, lost_records, SHARED_FROM, nurls);
	tcase_add_loop_test(t, wrong_places, 0,
	    sizeof(wrong_rows) / sizeof(wrong_rows[0]));
	tcase_add_loop_test(t, in_memory, 0, 2);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	bad = srunner_ntests_failed(r);
	srunner_free(r);
	remove_dir();
	return bad ? EXIT_FAILURE : EXIT_SUCCESS;
}
