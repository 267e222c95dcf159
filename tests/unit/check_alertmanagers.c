/*
 * The queue in front of alertmanagers that are down: bounded, and only the
 * newest of each alert waits.  tests/peers has them up.
 */
#include <arpa/inet.h>
#include <check.h>
#include <stdlib.h>
#include <unistd.h>

#include "net/alertmanagers.h"

#define WAIT_MS	50

struct fixture {
	struct clk clk;
	struct loop *loop;
	struct alertmanagers *all;
	struct buf told;		/* a line each */
	int fd;				/* bound, nobody listens */
};

static void
tell(void *arg, const struct err *e)
{
	struct fixture *f = arg;

	(void)buf_printf(&f->told, "%s\n", e->msg);
}

static void
set_up(struct fixture *f)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(a);
	struct buf url = { 0 };
	struct err e;

	*f = (struct fixture){ .fd = socket(AF_INET, SOCK_STREAM, 0) };
	ck_assert_int_eq(bind(f->fd, (struct sockaddr *)&a, len), 0);
	ck_assert_int_eq(getsockname(f->fd, (struct sockaddr *)&a, &len), 0);
	f->loop = loop_new(&f->clk);
	f->all = alertmanagers_new(f->loop, tell, f);
	(void)buf_printf(&url, "http://me:secret@127.0.0.1:%u/",
	    ntohs(a.sin_port));
	ck_assert_int_eq(alertmanagers_add(f->all, buf_str(&url), NULL, 1000,
	    &e), 0);
	buf_release(&url);
}

static void
tear_down(struct fixture *f)
{
	alertmanagers_free(f->all);
	loop_free(f->loop);
	buf_release(&f->told);
	(void)close(f->fd);
}

static bool
was_told(const struct fixture *f, const char *text)
{
	return str_find(buf_str(&f->told), str_of(text)) != -1;
}

START_TEST(nothing_waits_at_the_end)
{
	struct fixture f;

	set_up(&f);
	ck_assert(alertmanagers_finish(f.all, WAIT_MS));
	ck_assert_uint_eq(f.told.n, 0);
	tear_down(&f);
}
END_TEST

START_TEST(newest_of_an_alert_waits)
{
	struct fixture f;
	uint64_t i;

	set_up(&f);
	for (i = 0; i < 1000; i++) {
		alertmanagers_put(f.all, i % 3, STR("{}"));
		if (i % 7 == 0)
			alertmanagers_push(f.all);
	}
	ck_assert(!alertmanagers_finish(f.all, WAIT_MS));
	ck_assert(was_told(&f, "takes no alerts, they wait: cannot connect"));
	ck_assert(was_told(&f, "3 alerts were taken by no alertmanager\n"));
	ck_assert(!was_told(&f, "secret"));
	tear_down(&f);
}
END_TEST

START_TEST(queue_is_bounded)
{
	struct fixture f;
	uint64_t i;

	set_up(&f);
	for (i = 0; i < ALERTMANAGERS_QUEUE; i++)
		alertmanagers_put(f.all, i, STR("{}"));
	ck_assert_uint_eq(f.told.n, 0);
	for (; i < ALERTMANAGERS_QUEUE + 5; i++)
		alertmanagers_put(f.all, i, STR("{}"));
	ck_assert_str_eq(buf_cstr(&f.told), "10000 alerts wait for an "
	    "alertmanager, the oldest are dropped\n");
	ck_assert(!alertmanagers_finish(f.all, WAIT_MS));
	ck_assert(was_told(&f, "10005 alerts were taken by no"));
	tear_down(&f);
}
END_TEST

static const char *const bad_urls[] = {
	"", "am:9093", "ftp://am", "http://", "http://a b", "unix:///x",
};

START_TEST(url_is_of_http)
{
	struct fixture f;
	struct err e;

	set_up(&f);
	ck_assert_int_eq(alertmanagers_add(f.all, str_of(bad_urls[_i]), NULL,
	    1000, &e), -1);
	tear_down(&f);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("alertmanagers");
	TCase *t = tcase_create("queue");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_test(t, nothing_waits_at_the_end);
	tcase_add_test(t, newest_of_an_alert_waits);
	tcase_add_test(t, queue_is_bounded);
	tcase_add_loop_test(t, url_is_of_http, 0,
	    sizeof(bad_urls) / sizeof(bad_urls[0]));
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
