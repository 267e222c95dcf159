/*
 * Inside ts-notify: the rules of the log, mail addresses and encodings, what
 * a status means, how long to wait.
 */
#include <check.h>
#include <stdlib.h>

#include "../../tools/ts-notify/integration.h"
#include "../../tools/ts-notify/mime.h"

#define MIN	INT64_C(60000)

/* Hashes as digits: "12" is { 1, 2 }. */
static struct nflog_hashes
hashes(const char *digits, uint64_t *room)
{
	struct nflog_hashes h = { room, 0 };

	while (*digits != '\0')
		h.p[h.n++] = (uint64_t)(*digits++ - '0');
	return h;
}

static const struct {
	const char *had_firing, *had_resolved;	/* NULL: no entry */
	const char *firing, *resolved;
	bool send_resolved;
	int64_t since_ms;
	bool send;
	const char *reason;
} rules[] = {
	{ NULL, NULL, "1", "", true, 0, true, "first notification" },
	{ NULL, NULL, "", "1", true, 0, false, NULL },
	{ "1", "", "12", "", true, 1, true, "new alerts added" },
	{ "", "1", "2", "1", true, 1, true, "first notification" },
	{ "12", "", "", "12", true, 1, true, "all alerts resolved" },
	{ "12", "", "", "12", false, 1, true, "all alerts resolved" },
	{ "", "12", "", "12", true, 1, false, NULL },
	{ "12", "", "1", "2", true, 1, true, "some alerts resolved" },
	{ "12", "", "1", "2", false, 1, false, NULL },
	{ "1", "2", "1", "2", true, 1, false, NULL },
	{ "1", "", "1", "", true, 60 * MIN, false, NULL },
	{ "1", "", "1", "", true, 60 * MIN + 1, true,
	    "repeat interval elapsed" },
	{ "12", "", "2", "", true, 1, false, NULL },
};

START_TEST(log_rules)
{
	uint64_t room[4][4];
	struct nflog_entry last = { .time = 1000 };
	struct nflog_hashes f = hashes(rules[_i].firing, room[0]);
	struct nflog_hashes r = hashes(rules[_i].resolved, room[1]);
	const char *reason;
	bool send;

	if (rules[_i].had_firing != NULL) {
		last.firing = hashes(rules[_i].had_firing, room[2]);
		last.resolved = hashes(rules[_i].had_resolved, room[3]);
	}
	send = nflog_needs(rules[_i].had_firing ? &last : NULL, &f, &r,
	    rules[_i].send_resolved, 60 * MIN, 1000 + rules[_i].since_ms,
	    &reason);
	ck_assert_int_eq(send, rules[_i].send);
	if (send)
		ck_assert_str_eq(reason, rules[_i].reason);
}
END_TEST

static const struct {
	const char *key;
	int status;
	enum verdict want;
} statuses[] = {
	{ "webhook_configs", 200, DELIVERED },
	{ "webhook_configs", 204, DELIVERED },
	{ "webhook_configs", 500, RETRY }, { "webhook_configs", 0, RETRY },
	{ "webhook_configs", 429, FAILED }, { "webhook_configs", 404, FAILED },
	{ "slack_configs", 429, FAILED }, { "slack_configs", 503, RETRY },
	{ "opsgenie_configs", 429, RETRY }, { "opsgenie_configs", 422, FAILED },
	{ "telegram_configs", 400, RETRY }, { "telegram_configs", 403, RETRY },
	{ "jira_configs", 0, FAILED }, { "jira_configs", 429, RETRY },
	{ "incidentio_configs", 429, RETRY }, { "discord_configs", 301, FAILED },
	{ "sns_configs", 400, FAILED }, { "sns_configs", 502, RETRY },
};

START_TEST(status_verdicts)
{
	struct notifier nf = { .retry_after = false };
	struct attempt a = { .nf = &nf, .target = {
	    .kind = integration_find(str_of(statuses[_i].key)) } };
	struct http_response r = { .status = statuses[_i].status };

	ck_assert_ptr_nonnull(a.target.kind);
	ck_assert_int_eq(verdict_of(&a, &r), statuses[_i].want);
	nf.retry_after = true;
	if (r.status == 429)
		ck_assert_int_eq(verdict_of(&a, &r), RETRY);
}
END_TEST

/* What a body says where the status says yes; slack was deaf in 0.25. */
static const struct {
	const char *key, *type, *body;
	enum verdict want, want_025;
} bodies[] = {
	{ "slack_configs", "text/plain", "ok", DELIVERED, DELIVERED },
	{ "slack_configs", "text/html", "no_service", FAILED, DELIVERED },
	{ "slack_configs", "application/json", "{\"ok\":true}", DELIVERED,
	    DELIVERED },
	{ "slack_configs", "application/json",
	    "{\"ok\":false,\"error\":\"channel_not_found\"}", FAILED,
	    DELIVERED },
	{ "slack_configs", "application/json", "{", FAILED, DELIVERED },
	{ "rocketchat_configs", "application/json", "{\"success\":true}",
	    DELIVERED, DELIVERED },
	{ "rocketchat_configs", "application/json",
	    "{\"success\":false,\"error\":\"no\"}", FAILED, FAILED },
	{ "rocketchat_configs", "text/html", "<html>", RETRY, RETRY },
	{ "wechat_configs", "application/json", "{", RETRY, RETRY },
	{ "wechat_configs", "application/json", "{\"errcode\":40001}", FAILED,
	    FAILED },
	{ "wechat_configs", "application/json", "{\"errcode\":0}", DELIVERED,
	    DELIVERED },
};

START_TEST(body_verdicts)
{
	static const struct slack_config slack;
	static const struct wechat_config wechat;
	struct notifier nf = { .retry_after = false };
	struct attempt a = { .nf = &nf, .step = 1, .target = {
	    .kind = integration_find(str_of(bodies[_i].key)) } };
	struct http_response r = { .status = 200,
	    .content_type = str_of(bodies[_i].type),
	    .body = str_of(bodies[_i].body) };

	a.target.conf = str_starts(str_of(bodies[_i].key), STR("slack")) ?
	    (const void *)&slack : &wechat;
	ck_assert_int_eq(a.target.kind->answer(&a, &r), bodies[_i].want);
	a.err.kind = ERR_NONE;
	nf.compat_025 = true;
	ck_assert_int_eq(a.target.kind->answer(&a, &r), bodies[_i].want_025);
	arena_free(&a.arena);
}
END_TEST

/* Each wait lies within half of 0.5 s x 1.5^n, a minute at most. */
START_TEST(backoff)
{
	struct tool t = { .clk = { CLK_INPUT, 0 } };
	struct notifier nf = { .t = &t };
	struct job j = { .nf = &nf, .key = STR("k"),
	    .deadline = 3600 * 1000 };
	double wait = 500;
	int64_t at;
	int i;

	for (i = 0; i < 40; i++) {
		ck_assert(retry_next(&j, 0, &at));
		ck_assert_int_ge(at, (int64_t)(wait / 2) - 2 * i);
		ck_assert_int_le(at, (int64_t)(wait * 1.5) + 1);
		wait = wait * 1.5 > 60000 ? 60000 : wait * 1.5;
	}
	ck_assert(retry_next(&j, 600000, &at));
	ck_assert_int_eq(at, 600000);
	ck_assert(!retry_next(&j, 3600 * 1000, &at));
}
END_TEST

static const struct {
	const char *list;
	size_t n;
	const char *last;
} addresses[] = {
	{ "a@b.c", 1, "a@b.c" },
	{ "a@b.c, Second Person <d@e.f>", 2, "d@e.f" },
	{ "\"Last, First\" <x@y.z>", 1, "x@y.z" },
	{ "", 0, NULL }, { "nobody", 0, NULL }, { "a@b.c,", 0, NULL },
	{ "a@b.c\r\nRCPT TO:<x@y>", 0, NULL }, { "<a@b.c", 0, NULL },
	{ "a b@c.d", 0, NULL }, { "@c", 0, NULL }, { "a@", 0, NULL },
};

START_TEST(mail_addresses)
{
	struct arena a = { 0 };
	struct str *v = NULL;
	size_t n = mime_addresses(str_of(addresses[_i].list), &a, &v);

	ck_assert_uint_eq(n, addresses[_i].n);
	if (n > 0)
		ck_assert(str_eq(v[n - 1], str_of(addresses[_i].last)));
	arena_free(&a);
}
END_TEST

static const struct {
	const char *text, *want;
} quoted[] = {
	{ "a=b\n", "a=3Db\r\n" },
	{ "end \nx", "end=20\r\nx" },
	{ "tab\t", "tab=09" },
	{ "\xc3\xbc", "=C3=BC" },
	{ "a\r\nb", "a\r\nb" },
	{ "0123456789012345678901234567890123456789012345678901234567890123456"
	    "7890123456789", "0123456789012345678901234567890123456789012345678"
	    "90123456789012345678901234=\r\n56789" },
};

START_TEST(quoted_printable)
{
	struct buf b = { 0 };

	mime_put_quoted(&b, str_of(quoted[_i].text));
	ck_assert_str_eq(buf_cstr(&b), quoted[_i].want);
	buf_release(&b);
}
END_TEST

START_TEST(header_words)
{
	struct buf b = { 0 };

	mime_put_header(&b, STR("plain [x]"));
	ck_assert_str_eq(buf_cstr(&b), "plain [x]");
	buf_reset(&b);
	mime_put_header(&b, STR("Caf\xc3\xa9 a_b"));
	ck_assert_str_eq(buf_cstr(&b), "=?utf-8?q?Caf=C3=A9_a=5Fb?=");
	buf_release(&b);
}
END_TEST

#define ROWS(t)	(int)(sizeof(t) / sizeof((t)[0]))

int
main(void)
{
	Suite *s = suite_create("notify");
	TCase *t = tcase_create("notify");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_loop_test(t, log_rules, 0, ROWS(rules));
	tcase_add_loop_test(t, status_verdicts, 0, ROWS(statuses));
	tcase_add_loop_test(t, body_verdicts, 0, ROWS(bodies));
	tcase_add_test(t, backoff);
	tcase_add_loop_test(t, mail_addresses, 0, ROWS(addresses));
	tcase_add_loop_test(t, quoted_printable, 0, ROWS(quoted));
	tcase_add_test(t, header_words);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? 1 : 0;
}
