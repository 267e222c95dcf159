#include <check.h>
#include <stdlib.h>

#include "net/answer.h"
#include "net/http.h"
#include "net/loop.h"
#include "net/tls_text.h"
#include "net/url.h"

/* ---- url ---- */

static const struct {
	const char *url;
	const char *scheme, *userinfo, *host, *port, *path;
	unsigned number;
} url_rows[] = {
	{ "http://a", "http", "", "a", "", "", 80 },
	{ "https://a/b?c#d", "https", "", "a", "", "/b?c", 443 },
	{ "http://u:p@a:81/@x", "http", "u:p", "a", "81", "/@x", 81 },
	{ "http://[::1]:9?q", "http", "", "[::1]", "9", "?q", 9 },
	{ "http://[::1]", "http", "", "[::1]", "", "", 80 },
	{ "x+y://h", "x+y", "", "h", "", "", 0 },
};

static const char *const bad_urls[] = { "http://", "http://:80", "a/b",
	"://a", "http://a:0", "http://a:x", "http://a:65536", "http://[::1",
	"http://a b", "http://a\n", "" };

START_TEST(url_refuses)
{
	struct url u;

	ck_assert(!url_parse(str_of(bad_urls[_i]), &u));
}
END_TEST

START_TEST(url_parses)
{
	struct url u;

	ck_assert(url_parse(str_of(url_rows[_i].url), &u));
	ck_assert(str_eq(u.scheme, str_of(url_rows[_i].scheme)));
	ck_assert(str_eq(u.userinfo, str_of(url_rows[_i].userinfo)));
	ck_assert(str_eq(u.host, str_of(url_rows[_i].host)));
	ck_assert(str_eq(u.port, str_of(url_rows[_i].port)));
	ck_assert(str_eq(u.path, str_of(url_rows[_i].path)));
	ck_assert_uint_eq(url_port(&u), url_rows[_i].number);
}
END_TEST

/* What may be shown of a URL, whole or not. */
static const struct { const char *url, *want; } shown_rows[] = {
	{ "http://h/health", "http://h/health" },
	{ "http://u:p@h/x?a=b", "http://***@h/x?a=b" },
	{ "http://u:p@x@h?token=t", "http://***@h?token=***" },
	{ "http://h/?token=abc", "http://h/?token=***" },
	{ "http://h/?a=1&api_key=k%26&b=2", "http://h/?a=1&api_key=***&b=2" },
	{ "http://h/?API-Key=k&TOKEN=t", "http://h/?API-Key=***&TOKEN=***" },
	{ "http://h/?%74oken=abc", "http://h/?%74oken=***" },
	{ "http://h/?X-Amz-Signature=0a&X-Amz-Date=1",
	  "http://h/?X-Amz-Signature=***&X-Amz-Date=1" },
	{ "http://h/?sig=a==&x", "http://h/?sig=***&x" },
	{ "http://h/?token=a;b=c&d=e", "http://h/?token=***&d=e" },
	{ "http://h/?a=b;token=c", "http://h/?a=b;token=***" },
	{ "http://h/?x=token=c", "http://h/?x=token=***" },
	{ "http://h/?token=&token", "http://h/?token=&token" },
	{ "http://h/;jsessionid=a?q=1", "http://h/;jsessionid=***" },
	{ "http://h/#access_token=a&x=1", "http://h/#access_token=***&x=1" },
	{ "/login?next=/&code=1", "/login?next=/&code=***" },
	{ "//u@h/", "//***@h/" }, { "http://h/a@b", "http://h/a@b" },
	{ "mailto:a@b", "mailto:a@b" }, { "", "" }, { "?=", "?=" },
	{ "http://h/?page=2&sort=asc&keyword=x&tokens",
	  "http://h/?page=2&sort=asc&keyword=x&tokens" },
};

START_TEST(url_shows)
{
	struct buf b = { 0 };

	url_put_shown(&b, str_of(shown_rows[_i].url));
	ck_assert_str_eq(buf_cstr(&b), shown_rows[_i].want);
	buf_release(&b);
}
END_TEST

/* RFC 3986, 5.4, as far as it is about http. */
static const struct { const char *ref, *want; } resolve_rows[] = {
	{ "http://g/x", "http://g/x" }, { "g", "http://a/b/c/g" },
	{ "./g", "http://a/b/c/g" }, { "g/", "http://a/b/c/g/" },
	{ "/g", "http://a/g" }, { "//g", "http://g" },
	{ "?y", "http://a/b/c/d;p?y" }, { "g?y", "http://a/b/c/g?y" },
	{ "#s", "http://a/b/c/d;p" }, { "g#s", "http://a/b/c/g" },
	{ ".", "http://a/b/c/" }, { "./", "http://a/b/c/" },
	{ "..", "http://a/b/" }, { "../g", "http://a/b/g" },
	{ "../..", "http://a/" }, { "../../g", "http://a/g" },
	{ "../../../g", "http://a/g" }, { "/./g", "http://a/g" },
	{ "/../g", "http://a/g" }, { "g/./h", "http://a/b/c/g/h" },
	{ "g/../h", "http://a/b/c/h" },
};

START_TEST(url_resolves)
{
	struct buf b = { 0 };

	ck_assert(url_resolve(&b, STR("http://a/b/c/d;p?q"),
	    str_of(resolve_rows[_i].ref)));
	ck_assert_str_eq(buf_cstr(&b), resolve_rows[_i].want);
	buf_release(&b);
}
END_TEST

/* ---- answer ---- */

#define OK	"HTTP/1.1 200 OK\r\n"

static const struct {
	const char *text;
	const char *body;	/* NULL: bad */
	int status;
	bool keep;
	const char *why;	/* of a bad one */
} answer_rows[] = {
	{ OK "Content-Length: 3\r\n\r\nabc", "abc", 200, true, NULL },
	{ OK "content-length:3\n\nabc", "abc", 200, true, NULL },
	{ OK "Content-Length: 0\r\n\r\n", "", 200, true, NULL },
	{ OK "Content-Length: 3\r\nConnection: close\r\n\r\nabc", "abc", 200,
	    false, NULL },
	{ OK "\r\nall of it", "all of it", 200, false, NULL },
	{ "HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\nx", "x", 200, false, NULL },
	{ "HTTP/1.0 200 OK\r\nConnection: x, Keep-Alive\r\n"
	    "Content-Length: 1\r\n\r\nx", "x", 200, true, NULL },
	{ "HTTP/1.1 204 No\r\n\r\n", "", 204, true, NULL },
	{ "HTTP/1.1 503\r\nContent-Length: 0\r\n\r\n", "", 503, true, NULL },
	{ "HTTP/1.1 100 Continue\r\n\r\n" OK "Content-Length: 1\r\n\r\nx",
	    "x", 200, true, NULL },
	{ OK "Transfer-Encoding: chunked\r\n\r\n"
	    "3\r\nabc\r\nA;x=y\r\n0123456789\r\n0\r\n\r\n",
	    "abc0123456789", 200, true, NULL },
	{ OK "Transfer-Encoding: Chunked\r\n\r\n"
	    "1\nx\n0\nTrailer: y\n\n", "x", 200, true, NULL },
	{ OK "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n"
	    "1\r\nx\r\n0\r\n\r\n", "x", 200, false, NULL },
	{ OK "Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc", "abc", 200,
	    true, NULL },
	{ OK "Content-Length: 3\r\nContent-Length: 4\r\n\r\nabc", NULL, 0, false,
	    "a bad Content-Length" },
	{ OK "Content-Length: -3\r\n\r\nabc", NULL, 0, false,
	    "a bad Content-Length" },
	{ OK "Content-Length: +3\r\n\r\nabc", NULL, 0, false,
	    "a bad Content-Length" },
	{ OK "Content-Length:\r\n\r\nabc", NULL, 0, false,
	    "a bad Content-Length" },
	{ OK "Content-Length: 99999999999999999999\r\n\r\nabc", NULL, 0, false,
	    "a bad Content-Length" },
	{ OK "Content-Length: 4\r\n\r\nabc", NULL, 0, false,
	    "the body is cut short" },
	{ OK "Transfer-Encoding: gzip\r\n\r\nabc", NULL, 0, false,
	    "an unknown Transfer-Encoding" },
	{ OK "Transfer-Encoding: chunked\r\n\r\nx\r\n", NULL, 0, false,
	    "a bad chunk size" },
	{ OK "Transfer-Encoding: chunked\r\n\r\n\r\n", NULL, 0, false,
	    "a bad chunk size" },
	{ OK "Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n", NULL, 0, false,
	    "a bad chunk size" },
	{ OK "Transfer-Encoding: chunked\r\n\r\n2\r\nabc\r\n0\r\n\r\n", NULL, 0, false,
	    "a chunk is longer than it says" },
	{ OK "Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\n", NULL, 0, false,
	    "the body is cut short" },
	{ OK "no colon\r\n\r\n", NULL, 0, false,
	    "a malformed header line" },
	{ OK " folded: x\r\n\r\n", NULL, 0, false,
	    "a malformed header line" },
	{ "SSH-2.0-OpenSSH_9.2\r\n\r\n", NULL, 0, false,
	    "the answer is no HTTP" },
	{ "HTTP/1.1 abc\r\n\r\n", NULL, 0, false,
	    "the answer is no HTTP" },
	{ "HTTP/1.1 101 Switch\r\n\r\n", NULL, 0, false,
	    "an answer of another protocol" },
	{ "HTTP/1.1 200 O", NULL, 0, false,
	    "the headers are cut short" },
	{ "", NULL, 0, false,
	    "an empty answer" },
};

static int
gather(void *arg, struct str bytes, struct err *e)
{
	(void)e;
	return buf_put(arg, bytes);
}

/* In pieces of n bytes, then the end. */
static enum answer_result
feed(struct answer *a, struct str text, size_t n, struct buf *body,
    struct err *e)
{
	enum answer_result rc = ANSWER_MORE;
	size_t at;

	for (at = 0; at < text.n && rc != ANSWER_BAD; at += n)
		rc = answer_feed(a, str_sub(text, at, at + n), gather, body,
		    e);
	return rc == ANSWER_MORE ? answer_end(a, e) : rc;
}

START_TEST(answers)
{
	struct str text = str_of(answer_rows[_i].text);
	struct answer a = { 0 };
	struct buf body = { 0 };
	struct err e;
	size_t n;

	for (n = 1; n <= text.n + 1; n++) {
		answer_init(&a, false);
		buf_reset(&body);
		if (answer_rows[_i].body == NULL) {
			ck_assert_int_eq(feed(&a, text, n, &body, &e),
			    ANSWER_BAD);
			ck_assert_str_eq(e.msg, answer_rows[_i].why);
			continue;
		}
		ck_assert_int_eq(feed(&a, text, n, &body, &e), ANSWER_DONE);
		ck_assert_str_eq(buf_cstr(&body), answer_rows[_i].body);
		ck_assert_int_eq(a.status, answer_rows[_i].status);
		ck_assert_int_eq(a.keep, answer_rows[_i].keep);
	}
	answer_release(&a);
	buf_release(&body);
}
END_TEST

/* Whatever the pieces, what is behind the answer is not part of it. */
START_TEST(answer_with_more_behind)
{
	struct answer a = { 0 };
	struct buf body = { 0 };
	struct err e;

	answer_init(&a, false);
	ck_assert_int_eq(answer_feed(&a, STR(OK "Content-Length: 2\r\n\r\n"
	    "abc"), gather, &body, &e), ANSWER_DONE);
	ck_assert_str_eq(buf_cstr(&body), "ab");
	ck_assert(!a.keep);
	answer_release(&a);
	buf_release(&body);
}
END_TEST

START_TEST(answer_without_body)
{
	struct answer a = { 0 };
	struct buf body = { 0 };
	struct err e;

	answer_init(&a, true);
	ck_assert_int_eq(feed(&a, STR(OK "Content-Length: 99\r\n\r\n"), 7,
	    &body, &e), ANSWER_DONE);
	ck_assert(a.keep);
	answer_release(&a);
}
END_TEST

/* What never ends is bounded. */
static const struct { const char *start, *again, *why; } endless_rows[] = {
	{ OK, "X: y\r\n", "headers of over 65536 bytes" },
	{ OK, "x", "headers of over 65536 bytes" },
	{ OK "Transfer-Encoding: chunked\r\n\r\n", "0",
	    "a chunk line of over 4096 bytes" },
	{ OK "Transfer-Encoding: chunked\r\n\r\n0\r\n", "X: y\r\n",
	    "over 64 trailer lines" },
};

START_TEST(answer_is_bounded)
{
	struct answer a = { 0 };
	struct buf body = { 0 };
	struct err e;
	int i;

	answer_init(&a, false);
	ck_assert_int_eq(answer_feed(&a, str_of(endless_rows[_i].start),
	    gather, &body, &e), ANSWER_MORE);
	for (i = 0; i < 100000; i++)
		if (answer_feed(&a, str_of(endless_rows[_i].again), gather,
		    &body, &e) == ANSWER_BAD)
			break;
	ck_assert_int_lt(i, 100000);
	ck_assert_str_eq(e.msg, endless_rows[_i].why);
	answer_release(&a);
	buf_release(&body);
}
END_TEST

/* ---- headers ---- */

static const struct { const char *name; bool secret; } header_rows[] = {
	{ "Authorization", true }, { "proxy-authorization", true },
	{ "X-Api-Key", true }, { "X-Auth-Token", true }, { "Cookie", true },
	{ "Content-Type", false }, { "Idempotency-Key", false },
	{ "Accept", false }, { "X-Scope-OrgID", false },
	{ "x_api_key", true }, { "Cookie2", true },
};

START_TEST(headers_secret)
{
	ck_assert_int_eq(http_header_is_secret(str_of(header_rows[_i].name)),
	    header_rows[_i].secret);
}
END_TEST

/* ---- loop ---- */

struct tick {
	struct ltimer timer;
	struct buf *out;
	char name;
	int again;
};

static void
on_tick(struct loop *l, void *arg, unsigned events)
{
	struct tick *t = arg;

	(void)events;
	(void)buf_printf(t->out, "%c%lld ", t->name, (long long)loop_now(l));
	if (t->again-- > 0)
		loop_timer(l, &t->timer, loop_now(l) + 10);
}

/* Virtual time: in order of time, then of setting; repeating ones too. */
static const struct { const char *text; int64_t want; } dates[] = {
	{ "Sun, 06 Nov 1994 08:49:37 GMT", 784111777 },
	{ "Thu, 01 Jan 1970 00:00:00 GMT", 0 },
	{ "Sun, 06 Nov 1994 08:49:37 GMT, later", -1 },
	{ "120", -1 }, { "", -1 }, { "Sun, 06 Nov 1994", -1 },
};

START_TEST(date_header)
{
	ck_assert_int_eq(http_date(str_of(dates[_i].text)), dates[_i].want);
}
END_TEST

START_TEST(virtual_time)
{
	struct clk clk = { .kind = CLK_INPUT };
	struct loop *l = loop_new(&clk);
	struct buf out = { 0 };
	struct tick t[4];
	int i;

	memset(t, 0, sizeof(t));
	for (i = 0; i < 4; i++) {
		t[i].timer.fn = on_tick;
		t[i].timer.arg = &t[i];
		t[i].out = &out;
		t[i].name = (char)('a' + i);
	}
	t[2].again = 2;
	loop_timer(l, &t[0].timer, 30);
	loop_timer(l, &t[1].timer, 20);
	loop_timer(l, &t[2].timer, 20);
	loop_timer(l, &t[3].timer, 25);
	loop_timer_stop(l, &t[3].timer);
	ck_assert_int_eq(loop_next_timer(l), 20);
	loop_advance(l, 19);
	ck_assert_uint_eq(out.n, 0);
	loop_advance(l, 35);
	ck_assert_str_eq(buf_cstr(&out), "b20 c20 a30 c30 ");
	ck_assert_int_eq(loop_now(l), 35);
	loop_run(l, true);		/* virtual timers hold nothing */
	loop_advance(l, 1000);
	ck_assert_str_eq(buf_cstr(&out), "b20 c20 a30 c30 c40 ");
	ck_assert(loop_next_timer(l) == INT64_MAX);
	loop_free(l);
	buf_release(&out);
}
END_TEST

START_TEST(wall_time)
{
	struct clk clk = { .kind = CLK_WALL };
	struct loop *l = loop_new(&clk);
	struct buf out = { 0 };
	struct tick t = { .out = &out, .name = 'x', .again = 2 };

	t.timer.fn = on_tick;
	t.timer.arg = &t;
	loop_timer(l, &t.timer, loop_now(l));
	loop_run(l, true);
	ck_assert_int_eq(t.again, -1);
	loop_free(l);
	buf_release(&out);
}
END_TEST

static const struct { const char *text, *want; } tls_rows[] = {
	{ "error:0A00010B:SSL routines::wrong version number",
	    "the server does not speak TLS (wrong version number)" },
	{ "OpenSSL SSL_read: OpenSSL/3.0.19: error:0A00045C:SSL routines::"
	    "tlsv13 alert certificate required, errno 0", "the server wants "
	    "a certificate of ours (tlsv13 alert certificate required)" },
	{ "error:1425F102:SSL routines:ssl_choose_client_version:unsupported "
	    "protocol", "no version of TLS in common (unsupported protocol)" },
	{ "error:0A000126:SSL routines::unexpected eof while reading",
	    "unexpected eof while reading" },
	{ "SSL certificate problem: self-signed certificate", NULL },
	{ "error:0A00010B:SSL routines:", NULL },
	{ "SSL routines::, errno 0", NULL },
	{ "", NULL },
};

START_TEST(tls_reasons)
{
	struct buf out = { 0 };
	bool said = tls_text(str_of(tls_rows[_i].text), &out);

	ck_assert(said == (tls_rows[_i].want != NULL));
	if (said)
		ck_assert_str_eq(buf_cstr(&out), tls_rows[_i].want);
	else
		ck_assert_uint_eq(out.n, 0);
	buf_release(&out);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("net");
	TCase *t = tcase_create("net");
	SRunner *r;
	int bad;

#define ROWS(test, rows) \
	tcase_add_loop_test(t, test, 0, sizeof(rows) / sizeof((rows)[0]))
	ROWS(url_parses, url_rows);
	ROWS(url_refuses, bad_urls);
	ROWS(url_resolves, resolve_rows);
	ROWS(url_shows, shown_rows);
	ROWS(answers, answer_rows);
	ROWS(answer_is_bounded, endless_rows);
	ROWS(headers_secret, header_rows);
	ROWS(date_header, dates);
	ROWS(tls_reasons, tls_rows);
	tcase_add_test(t, answer_with_more_behind);
	tcase_add_test(t, answer_without_body);
	tcase_add_test(t, virtual_time);
	tcase_add_test(t, wall_time);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	bad = srunner_ntests_failed(r);
	srunner_free(r);
	return bad ? EXIT_FAILURE : EXIT_SUCCESS;
}
