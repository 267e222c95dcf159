/*
 * ts-maint: schedules over a year with changes of the clock and machines that
 * are off, cron's fields, what retention never does, and what is read of an
 * S3 server's answers.
 */
#include <check.h>
#include <stdlib.h>

#include "../../tools/ts-maint/retention.h"
#include "../../tools/ts-maint/schedule.h"
#include "../../tools/ts-maint/xml.h"
#include "core/dur.h"

#define ROWS(a)	(int)(sizeof(a) / sizeof((a)[0]))

static int64_t
at(const char *s)
{
	int64_t ms;

	ck_assert(time_parse(str_of(s), &ms));
	return ms;
}

/* ---- the first time after a moment ---- */

static const struct {
	const char *expr, *after, *next;
	enum calendar_gap gap;
} nexts[] = {
	/* Berlin leaves out 02:00 to 03:00 on that day */
	{ "02:30 Europe/Berlin", "2026-03-29T00:00:00Z",
	    "2026-03-30T00:30:00Z", CALENDAR_GAP_SKIP },
	{ "02:30 Europe/Berlin", "2026-03-29T00:00:00Z",
	    "2026-03-29T01:00:00Z", CALENDAR_GAP_AFTER },
	/* ... and has it twice on this one */
	{ "02:30 Europe/Berlin", "2026-10-24T22:00:00Z",
	    "2026-10-25T00:30:00Z", CALENDAR_GAP_AFTER },
	{ "02:30 Europe/Berlin", "2026-10-25T00:30:00Z",
	    "2026-10-26T01:30:00Z", CALENDAR_GAP_AFTER },
	{ "*-02-29 12:00 UTC", "2026-01-01T00:00:00Z",
	    "2028-02-29T12:00:00Z", CALENDAR_GAP_SKIP },
	{ "*-*~1 UTC", "2026-02-01T00:00:00Z", "2026-02-28T00:00:00Z",
	    CALENDAR_GAP_SKIP },
	{ "*:*:0.5 UTC", "2026-01-01T00:00:00Z", "2026-01-01T00:00:00.5Z",
	    CALENDAR_GAP_SKIP },
};

START_TEST(next_times)
{
	struct arena a = { 0 };
	struct err e;
	struct calendar *c = calendar_parse(str_of(nexts[_i].expr), &a, &e);

	ck_assert_msg(c != NULL, "%s", e.msg);
	ck_assert_int_eq(calendar_next(c, at(nexts[_i].after),
	    nexts[_i].gap), at(nexts[_i].next));
	arena_free(&a);
}
END_TEST

START_TEST(never)
{
	struct arena a = { 0 };
	struct err e;
	struct calendar *c = calendar_parse(STR("*-02-30 UTC"), &a, &e);

	ck_assert_int_eq(calendar_next(c, 0, CALENDAR_GAP_SKIP), INT64_MAX);
	arena_free(&a);
}
END_TEST

/* ---- cron(5) ---- */

static const struct {
	const char *cron, *after, *next;
} crons[] = {
	{ "*/5 * * * *", "2026-01-01T00:01:00Z", "2026-01-01T00:05:00Z" },
	{ "0 2 * * *", "2026-01-01T02:00:00Z", "2026-01-02T02:00:00Z" },
	{ "0 3 * * 0", "2026-01-01T00:00:00Z", "2026-01-04T03:00:00Z" },
	{ "0 3 * * 7", "2026-01-01T00:00:00Z", "2026-01-04T03:00:00Z" },
	{ "0 3 * * sun", "2026-01-01T00:00:00Z", "2026-01-04T03:00:00Z" },
	{ "30 4 1,15 * 5", "2026-01-01T05:00:00Z", "2026-01-02T04:30:00Z" },
	{ "30 4 1,15 * 5", "2026-01-10T05:00:00Z", "2026-01-15T04:30:00Z" },
	{ "0 0 1 jan *", "2026-01-02T00:00:00Z", "2027-01-01T00:00:00Z" },
	{ "0 9-17/4 * * 1-5", "2026-01-02T17:30:00Z",
	    "2026-01-05T09:00:00Z" },
};

START_TEST(cron_fields)
{
	struct arena a = { 0 };
	struct err e;
	struct calendar *c[2];
	int64_t best = INT64_MAX, next;
	int n = calendar_parse_cron(str_of(crons[_i].cron), c, &a, &e);

	ck_assert_int_ge(n, 1);
	while (n-- > 0) {
		next = calendar_next(c[n], at(crons[_i].after),
		    CALENDAR_GAP_AFTER);
		if (next < best)
			best = next;
	}
	ck_assert_int_eq(best, at(crons[_i].next));
	arena_free(&a);
}
END_TEST

START_TEST(cron_refused)
{
	static const char *const bad[] = { "60 * * * *", "* 24 * * *",
	    "* * 0 * *", "* * * 13 *", "* * * * 8", "*/0 * * * *", 
	    "5-1 * * * *", "a * * * *", "", "* * * *" };
	struct arena a = { 0 };
	struct calendar *c[2];
	struct err e;

	ck_assert_int_eq(calendar_parse_cron(str_of(bad[_i]), c, &a, &e), -1);
	arena_free(&a);
}
END_TEST

/* ---- a year, with a machine that is off now and then ---- */

/* The state that run --due keeps, and how often each time was run. */
static void
year(const char *expr, int64_t jitter_ms)
{
	struct arena a = { 0 };
	struct schedule s = { .jitter_ms = jitter_ms,
	    .retry_after_ms = DUR_HOUR };
	struct err e;
	struct due d;
	int64_t now = at("2026-01-01T00:00:00Z"), end = at(
	    "2027-01-01T00:00:00Z"), since = now, last = 0, due, runs = 0,
	    missed = 0, times = 0;

	s.at[s.n++] = calendar_parse(str_of(expr), &a, &e);
	ck_assert_ptr_nonnull(s.at[0]);
	for (due = schedule_next(&s, now); due + schedule_jitter(&s,
	    STR("p"), due) <= end - DUR_DAY; due = schedule_next(&s, due))
		times++;
	srand(1);
	for (; now < end; now += 5 * DUR_MINUTE) {
		if (rand() % 400 == 0)
			now += rand() % (3 * DUR_DAY);
		if (now > end - DUR_DAY)
			now = end;	/* all that was missed is made up */
		schedule_due(&s, STR("p"), since, 0, now, &d);
		if (!d.due)
			continue;
		/* Never twice for the same time, never before it. */
		ck_assert_int_gt(d.at_ms, last);
		ck_assert_int_le(d.at_ms, now);
		last = since = d.at_ms;
		runs++;
		missed += d.missed;
	}
	/* Each time has been run, or was told as missed. */
	ck_assert_int_ge(runs + missed, times);
	ck_assert_int_gt(runs, 0);
	arena_free(&a);
}

START_TEST(years)
{
	static const struct { const char *expr; int64_t jitter_ms; } rows[] = {
		{ "02:30 Europe/Berlin", 0 },
		{ "02:30 Europe/Berlin", 15 * DUR_MINUTE },
		{ "*:0/20 UTC", 0 }, { "*:0/20 UTC", DUR_HOUR },
		{ "Sun 03:00 America/New_York", 2 * DUR_HOUR },
		{ "*-*~1 23:59 UTC", 0 },
	};

	year(rows[_i].expr, rows[_i].jitter_ms);
}
END_TEST

/* ---- retention ---- */

START_TEST(retention_keeps_the_newest)
{
	struct retention r = { .set = true, .min = 1 };
	int64_t times[200], newest;
	bool keep[200];
	size_t i, n, at_newest, kept;
	int round;

	srand(2);
	for (round = 0; round < 500; round++) {
		n = 1 + (size_t)rand() % 200;
		for (i = 0, newest = -1, at_newest = 0; i < n; i++) {
			times[i] = (int64_t)rand() % (4 * DUR_YEAR);
			if (times[i] > newest) {
				newest = times[i];
				at_newest = i;
			}
		}
		r.last = rand() % 3;
		r.daily = rand() % 5;
		r.monthly = rand() % 5;
		r.yearly = rand() % 3;
		retention_apply(&r, times, n, NULL, keep);
		for (i = kept = 0; i < n; i++)
			kept += keep[i];
		ck_assert(keep[at_newest]);
		ck_assert_uint_le(kept, (size_t)(1 + r.last + r.daily +
		    r.monthly + r.yearly));
	}
}
END_TEST

/* ---- what an S3 server says ---- */

/* "+name" for a start, "-name=text" for an end */
static const struct { const char *doc, *tags; } answers[] = {
	{ "", "" }, { "no tag", "" }, { "<", "" }, { "<>", "" },
	{ "<a", "" }, { "< a>", "" }, { "<!--", "" }, { "<!-->", "" },
	{ "<a>x</a>", "+a -a=x " }, { "<a/>", "+a -a= " },
	{ "<a/><b>1</b>", "+a -a= +b -b=1 " },
	{ "<?xml version='1.0'?>\n<!DOCTYPE a>\n<a>x</a>", "+a -a=x " },
	{ "<a><!-- <b>no</b> -->x</a>", "+a -a=x " },
	{ "<s3:a xmlns:s3=\"u\" b='c'>x</s3:a >", "+a -a=x " },
	{ "<a\n\tb='c'/>", "+a -a= " },
	{ "<a><b>1</b>\n<c>2</c></a>", "+a +b -b=1 +c -c=2 -a= " },
	{ "<a>&lt;b&gt; &amp;amp; &quot;&apos;</a>",
	    "+a -a=<b> &amp; \"' " },
	{ "<a>&#65;&#x42;&#xe9;&#x1F600;</a>",
	    "+a -a=AB\303\251\360\237\230\200 " },
	{ "<a>&#xd800;</a>", "+a -a=\357\277\275 " },
	/* No entity: it stands as it is. */
	{ "<a>& &; &x; &#; &#x; &#0; &#x110000; &#-1; &lt</a>",
	    "+a -a=& &; &x; &#; &#x; &#0; &#x110000; &#-1; &lt " },
	{ "<a>&#x0000000000000041;</a>",
	    "+a -a=&#x0000000000000041; " },
	/* Cut off: what was whole counts. */
	{ "<a>x</a><b>y", "+a -a=x +b " }, { "<a>x</", "+a " },
};

START_TEST(xml_tags)
{
	struct xml x = { .rest = str_of(answers[_i].doc) };
	struct arena a = { 0 };
	struct buf b = { 0 };
	struct xml_tag t;

	while (xml_next(&x, &t, &a)) {
		(void)buf_printf(&b, "%c" STR_FMT, t.end ? '-' : '+',
		    STR_ARG(t.name));
		if (t.end)
			(void)buf_printf(&b, "=" STR_FMT, STR_ARG(str_trim(
			    t.text)));
		(void)buf_putc(&b, ' ');
	}
	ck_assert_str_eq(buf_cstr(&b), answers[_i].tags);
	buf_release(&b);
	arena_free(&a);
}
END_TEST

START_TEST(xml_texts)
{
	struct str doc = STR("<E><Code>A</Code><Code>B</Code></E>");
	struct arena a = { 0 };

	ck_assert(str_eq(xml_text(doc, STR("Code"), &a), STR("A")));
	ck_assert_uint_eq(xml_text(doc, STR("Message"), &a).n, 0);
	arena_free(&a);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("maint");
	TCase *t = tcase_create("maint");
	SRunner *r;
	int failed;

	tcase_add_loop_test(t, next_times, 0, ROWS(nexts));
	tcase_add_test(t, never);
	tcase_add_loop_test(t, cron_fields, 0, ROWS(crons));
	tcase_add_loop_test(t, cron_refused, 0, 10);
	tcase_add_loop_test(t, years, 0, 6);
	tcase_add_test(t, retention_keeps_the_newest);
	tcase_add_loop_test(t, xml_tags, 0, ROWS(answers));
	tcase_add_test(t, xml_texts);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
