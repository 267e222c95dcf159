/*
 * ts-logwatch: addresses as lines have them, what is never blocked, for how
 * long, and windows that stay exact.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "../../tools/ts-logwatch/block.h"

#define ROWS(a)	(int)(sizeof(a) / sizeof((a)[0]))

static const struct { const char *in, *out; } addresses[] = {
	{ "192.0.2.1", "192.0.2.1" },
	{ "::ffff:192.0.2.1", "192.0.2.1" },
	{ "2001:DB8:0::1", "2001:db8::1" },
	{ "2001:db8::/33", "2001:db8::/33" },
	{ "192.0.2.77/24", "192.0.2.0/24" },
	{ "::ffff:192.0.2.77/120", "192.0.2.0/24" },
	{ "::ffff:192.0.2.77/24", NULL }, { "192.0.2.77/", NULL },
	{ "192.0.2.77/24/24", NULL }, { "2001:db8::/129", NULL },
	{ "192.0.2.256", NULL }, { "192.0.2", NULL }, { "0x7f.0.0.1", NULL },
	{ "192.0.2.1/33", NULL }, { "192.0.2.1 ", NULL },
	{ "192.0.2.1;reboot", NULL }, { "localhost", NULL }, { "", NULL },
	{ "fe80::1%eth0", NULL }, { "1", NULL },
};

START_TEST(address)
{
	struct str in = str_of(addresses[_i].in), got;
	char text[ADDRESS_TEXT];
	struct cidr c;
	bool ok = cidr_parse(in, &c);

	ck_assert_msg(ok == (addresses[_i].out != NULL), "'%s'",
	    addresses[_i].in);
	if (!ok)
		return;
	got = address_print(&c.address, c.prefix, text);
	ck_assert_msg(str_eq(got, str_of(addresses[_i].out)), "'%s': "
	    STR_FMT, addresses[_i].in, STR_ARG(got));
}
END_TEST

static const struct { const char *net; bool refused; } nets[] = {
	{ "203.0.113.9", false }, { "203.0.113.0/24", false },
	{ "203.0.0.0/23", true }, { "0.0.0.0/0", true }, { "::/0", true },
	{ "2001:db8::/48", false }, { "2001:db8::/47", true },
	{ "127.1.2.3", true }, { "::1", true }, { "10.1.2.3", true },
	{ "192.168.0.1", true }, { "172.32.0.1", false },
	{ "fd00::1", true }, { "fe80::1", true }, { "224.0.0.5", true },
	{ "ff02::1", true }, { "255.255.255.255", true },
	{ "198.51.100.7", true }, { "198.51.100.0/24", true },
	{ "198.51.100.8", false },
};

START_TEST(guarded)
{
	struct guard g;
	struct cidr c;
	const char *why;

	guard_init(&g);
	guard_add(&g, STR("198.51.100.7"), "is allowed");
	ck_assert(cidr_parse(str_of(nets[_i].net), &c));
	why = guard_refuses(&g, &c);
	guard_release(&g);
	ck_assert_msg((why != NULL) == nets[_i].refused, "%s: %s",
	    nets[_i].net, why ? why : "may be blocked");
}
END_TEST

static const struct {
	int64_t time, max;
	double multiplier, jitter;
	int64_t count;
	uint32_t random;
	int64_t want;
} times[] = {
	{ 600000, 0, 1, 0, 1, 0, 600000 },
	{ 600000, 0, 2, 0, 1, 0, 600000 },
	{ 600000, 0, 2, 0, 4, 0, 4800000 },
	{ 600000, 604800000, 2, 0, 40, 0, 604800000 },
	{ 600000, 604800000, 2, 0, INT64_MAX, 0, 604800000 },
	{ 0, 604800000, 2, 0, 3, 0, 0 },
	{ 600000, 0, 1, 0.1, 1, 0, 540000 },
	{ 600000, 0, 1, 0.1, 1, UINT32_MAX, 660000 },
	{ 1, 0, 1, 0, 1, 0, 1000 },
};

START_TEST(ban_time)
{
	struct block_action a = { .time_ms = times[_i].time,
	    .max_time_ms = times[_i].max, .multiplier = times[_i].multiplier,
	    .jitter = times[_i].jitter };

	ck_assert_int_eq(block_time(&a, times[_i].count, times[_i].random),
	    times[_i].want);
}
END_TEST

START_TEST(window_is_exact)
{
	struct windows w = { .span = 900000, .max_keys = 2 };
	struct window *one = windows_get(&w, STR("a"));

	window_add(&w, one, 0, 1, 1);
	window_add(&w, one, 899999, 10, 3);
	ck_assert_int_eq(window_count(one), 4);
	ck_assert_int_eq(window_weight(one), 31);
	window_add(&w, one, 900000, 1, 1);
	ck_assert_int_eq(window_count(one), 4);
	/* Events of one time take the place of one, unless they weigh more. */
	window_add(&w, one, 900000, 1, 2);
	ck_assert_int_eq(one->slots.n, 2);
	ck_assert_int_eq(window_count(one), 6);
	window_add(&w, one, 900000, -3, 1);
	ck_assert_int_eq(one->slots.n, 3);
	ck_assert_int_eq(window_weight(one), 30);
	(void)windows_get(&w, STR("b"));
	(void)windows_get(&w, STR("c"));
	ck_assert_ptr_null(windows_find(&w, STR("a")));
	ck_assert_int_eq(w.evicted, 1);
	windows_release(&w);
}
END_TEST

/* A scanner a second, each with an address of its own. */
START_TEST(window_idle_keys)
{
	struct windows w = { .span = 60000, .max_keys = 100000,
	    .keep = 3600000 };
	char key[16];
	int64_t s;

	for (s = 0; s < 20000; s++) {
		(void)snprintf(key, sizeof(key), "%d", (int)s);
		window_add(&w, windows_get(&w, str_of(key)), s * 1000, 1, 1);
		ck_assert_int_le(w.map.n, 3602);
	}
	ck_assert_ptr_nonnull(windows_find(&w, STR("16400")));
	ck_assert_ptr_null(windows_find(&w, STR("16300")));
	ck_assert_int_eq(w.evicted, 0);
	windows_release(&w);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("logwatch");
	TCase *t = tcase_create("logwatch");
	SRunner *r;
	int failed;

	tcase_add_loop_test(t, address, 0, ROWS(addresses));
	tcase_add_loop_test(t, guarded, 0, ROWS(nets));
	tcase_add_loop_test(t, ban_time, 0, ROWS(times));
	tcase_add_test(t, window_is_exact);
	tcase_add_test(t, window_idle_keys);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
