/*
 * syslog: a line in the minute of the one before is read in a shorter way,
 * which must tell the same.
 */
#include <check.h>
#include <stdlib.h>

#include "../../tools/ts-logwatch/parser.h"
#include "core/buf.h"

#define COUNT(a)	((int)(sizeof(a) / sizeof((a)[0])))

/* Behind "Jan 21 09:00:07 ". */
static const char *const rest[] = {
	"web1 sshd[712]: Failed password for root",
	"web-1.example.com sshd-session[712]: x",
	"web1 sshd[712]: ",
	"web1 sshd[712]:",
	"web1 sshd[712]:no blank",
	"web1 sshd[712]:  two blanks",
	"web1  sshd[712]: two blanks before",
	"web1 sshd[007]: an odd number",
	"web1 sshd[abc]: no number",
	"web1 sshd[]: nothing",
	"web1 sshd[712: open",
	"web1 sshd[712] no colon",
	"web1 sshd: no pid",
	"web1 kernel: [1.2] text",
	"- sshd[712]: no host",
	"web1 -[712]: no tag",
	"sshd[712]: no host at all",
	"web1 auth.info sshd[712]: priority",
	"auth.info: sshd[712]: priority",
	"web1 [sshd] text",
	"[sshd] text of it",
	"web1 : %ASA-6-302013: Built",
	"fe80::1 sshd[712]: a host with colons",
	"web1 postfix/smtpd[712]: a tag with a slash",
	"web1 nginx[712]: 2026/01/21 09:00:07 [error] 8#8: *1 open() failed, "
	    "client: 192.0.2.1",
	"web1 nginx[712]: not in its format",
	"web1 apache2[712]: [core:error] [pid 8] [client 192.0.2.1:80] AH1: x",
	"web1 httpd[712]: [core:error] [pid 8] [client 192.0.2.1:80] AH1: x",
	"web1",
	"web1 ",
	"web1 sshd",
	"web1 sshd[",
	"web1 sshd[712",
	"web1 sshd[712]",
	"w\xc3\xa9" "b sshd[712]: x",
	"web1\tsshd[712]: x",
	"web1 ss\thd[712]: x",
	"<auth.info> web1 sshd[712]: x",
	"  web1 sshd[712]: x",
};

/* All that the parser told, as text. */
static void
tell(struct buf *out, bool good, const struct event *ev)
{
	size_t i;

	buf_reset(out);
	(void)buf_printf(out, "%d %d %lld '" STR_FMT "' %d\n", good,
	    ev->has_time, (long long)ev->time,
	    STR_ARG(value_text(ev->message)), ev->message.kind);
	for (i = 0; i < ev->nfields; i++)
		(void)buf_printf(out, STR_FMT "=%d:" STR_FMT "\n",
		    STR_ARG(ev->field[i].name), ev->field[i].value.kind,
		    STR_ARG(ev->field[i].value.text));
}

START_TEST(again)
{
	struct source_state s = { .dates.now_ms = INT64_C(1769000000000) };
	struct arena a = { 0 };
	struct event ev = { .arena = &a };
	struct buf line = { 0 }, first = { 0 }, second = { 0 };
	bool good;

	(void)buf_printf(&line, "Jan 21 09:00:07 %s", rest[_i]);
	event_reset(&ev, buf_str(&line));
	good = parse_syslog.parse(&s, &ev);
	tell(&first, good, &ev);
	/* It remembers the minute even of a line that it does not read. */
	event_reset(&ev, buf_str(&line));
	good = parse_syslog.parse(&s, &ev);
	tell(&second, good, &ev);
	ck_assert_str_eq(buf_cstr(&first), buf_cstr(&second));
	/* Another second of it. */
	line.p[14] = '9';
	event_reset(&ev, buf_str(&line));
	if (parse_syslog.parse(&s, &ev))
		ck_assert_int_eq(ev.time, INT64_C(1768986009000));
	event_release(&ev);
	buf_release(&line);
	buf_release(&first);
	buf_release(&second);
	arena_free(&a);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("logwatch_syslog");
	TCase *tc = tcase_create("syslog");
	SRunner *sr;
	int failed;

	tcase_add_loop_test(tc, again, 0, COUNT(rest));
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed != 0;
}
