/*
 * The lines: what is read, what is written, and that both readers of a
 * sample line agree on everything.
 */
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/num.h"
#include "wire/internal.h"

static struct labels_table *table;
static struct wire_reader *reader;
static struct arena arena;
static struct wire_rec rec;
static struct err err;

static void
setup(void)
{
	table = labels_table_new();
	reader = wire_reader_new(table);
}

static void
teardown(void)
{
	wire_reader_free(reader);
	labels_table_free(table);
	arena_free(&arena);
}

static int
read_line(const char *line)
{
	return wire_read(reader, str_of(line), &arena, &rec, &err);
}

static void
write_back(struct buf *out)
{
	const struct wire_sample *s = &rec.u.sample;

	switch (rec.kind) {
	case WIRE_SAMPLE:
		wire_put_hists(out, s->series->labels, s->ts, s->value,
		    s->hist, s->n);
		break;
	case WIRE_ALERT:
		wire_put_alert(out, &rec.u.alert.alert, rec.u.alert.extra);
		break;
	case WIRE_NOTIFICATION:
		wire_put_notification(out, &rec.u.notification.n,
		    rec.u.notification.extra);
		break;
	case WIRE_DELIVERY:
		wire_put_delivery(out, &rec.u.delivery);
		break;
	case WIRE_CHECK:
		wire_put_check(out, &rec.u.check);
		break;
	case WIRE_TASK:
		wire_put_task(out, &rec.u.task);
		break;
	case WIRE_TICK:
		wire_put_tick(out, rec.u.tick.time, rec.u.tick.src);
		break;
	case WIRE_META:
		wire_put_meta(out, &rec.u.meta);
		break;
	case WIRE_EVENT:
	case WIRE_OTLP:
	case WIRE_OTHER:
		(void)buf_put(out, rec.line);
		(void)buf_putc(out, '\n');
		break;
	}
}

/* Canonical lines of all kinds: the same bytes come back. */
static const struct { enum wire_kind kind; const char *line; } canonical[] = {
	{ WIRE_SAMPLE, "{\"metric\":{\"__name__\":\"up\",\"job\":\"x\"},"
	    "\"values\":[1],\"timestamps\":[1700000000000]}" },
	{ WIRE_SAMPLE, "{\"metric\":{\"__name__\":\"up\",\"Z\":\"1\","
	    "\"a\":\"\\\"\\\\\\n\\u0001\"},\"values\":[1,0.1,-2.5,1e+21,1e-7,"
	    "null,\"NaN\",\"Infinity\",\"-Infinity\",0,-0],"
	    "\"timestamps\":[1,2,3,4,5,6,7,8,9,10,-11]}" },
	{ WIRE_SAMPLE, "{\"metric\":{},\"values\":[0.00007424100000000001],"
	    "\"timestamps\":[0]}" },
	{ WIRE_SAMPLE, "{\"metric\":{\"a\":\"},\\\"values\\\":[\"},"
	    "\"values\":[9007199254740992],\"timestamps\":[0]}" },
	/* count, sum and every kind of bucket; floats and histograms */
	{ WIRE_SAMPLE, "{\"metric\":{\"__name__\":\"h\"},\"histograms\":[[1.500,"
	    "{\"count\":\"12\",\"sum\":\"-1.5\",\"buckets\":["
	    "[1,\"-4\",\"-2\",\"1\"],[1,\"-1\",\"-0.5\",\"2\"],"
	    "[3,\"-0.001\",\"0.001\",\"3\"],[0,\"0.5\",\"1\",\"4\"],"
	    "[0,\"2\",\"4\",\"2\"]],\"schema\":0,"
	    "\"zero_threshold\":\"0.001\"}]]}" },
	{ WIRE_SAMPLE, "{\"metric\":{\"__name__\":\"h\"},\"values\":[7,null],"
	    "\"timestamps\":[1000,5000],\"histograms\":[[2,{\"count\":\"3\","
	    "\"sum\":\"9\",\"buckets\":[[3,\"-Inf\",\"0.1\",\"1\"],"
	    "[0,\"2\",\"+Inf\",\"2\"]],\"schema\":-53,"
	    "\"custom_values\":[\"0.1\",\"1\",\"2\"]}],[4.250,{"
	    "\"count\":\"0\",\"sum\":\"0\",\"schema\":3,"
	    "\"counter_reset_hint\":\"gauge\"}]]}" },
	{ WIRE_SAMPLE, "{\"metric\":{},\"histograms\":[[0,{\"count\":\"1.5\","
	    "\"sum\":\"NaN\",\"buckets\":[[0,\"1.0905077326652577\","
	    "\"1.189207115002721\",\"1.5\"]],\"schema\":3}]]}" },
	{ WIRE_ALERT, "{\"labels\":{\"alertname\":\"Down\",\"job\":\"x\"},"
	    "\"annotations\":{\"summary\":\"a <b> & c\"},"
	    "\"startsAt\":\"2026-01-21T09:00:00Z\","
	    "\"endsAt\":\"2026-01-21T09:04:00.5Z\","
	    "\"generatorURL\":\"http://x/?a=1&b\",\"state\":\"firing\","
	    "\"value\":1.50,\"mine\":{\"deep\":[1,2,{}]},\"also\":null}" },
	{ WIRE_ALERT, "{\"labels\":{\"alertname\":\"X\"},"
	    "\"value\":\"-Infinity\"}" },
	{ WIRE_ALERT, "{\"labels\":{}}" },
	{ WIRE_NOTIFICATION, "{\"receiver\":\"web\\\\.hook\","
	    "\"status\":\"firing\",\"alerts\":[{\"status\":\"firing\","
	    "\"labels\":{\"alertname\":\"A\"},\"annotations\":{},"
	    "\"startsAt\":\"2026-01-21T09:00:00Z\","
	    "\"endsAt\":\"0001-01-01T00:00:00Z\",\"generatorURL\":\"\","
	    "\"fingerprint\":\"d2c6efc389df0927\"},{\"status\":\"resolved\","
	    "\"labels\":{\"alertname\":\"B\"},"
	    "\"annotations\":{\"s\":\"\\u003cb\\u003e\"},"
	    "\"startsAt\":\"2026-01-21T09:00:00Z\","
	    "\"endsAt\":\"2026-01-21T09:01:00Z\",\"generatorURL\":\"u\","
	    "\"fingerprint\":\"d2c2efc389db2050\"}],"
	    "\"notification_reason\":\"new\","
	    "\"groupLabels\":{\"alertname\":\"A\"},\"commonLabels\":{},"
	    "\"commonAnnotations\":{},\"routeLabels\":{\"team\":\"db\"},"
	    "\"externalURL\":\"http://am:9093\","
	    "\"version\":\"4\",\"groupKey\":\"{}:{alertname=\\\"A\\\"}\","
	    "\"truncatedAlerts\":0,\"time\":\"2026-01-21T09:02:00Z\","
	    "\"repeatInterval\":\"4h\",\"route\":\"{}\","
	    "\"groupInterval\":\"5m\",\"x\":[]}" },
	{ WIRE_DELIVERY, "{\"delivery\":\"failed\","
	    "\"time\":\"2026-01-21T09:00:00Z\",\"receiver\":\"ops\","
	    "\"integration\":\"slack[0]\",\"groupKey\":\"{}:{}\","
	    "\"reason\":\"new\",\"attempts\":3,\"error\":\"no route\"}" },
	{ WIRE_CHECK, "{\"check\":\"web\",\"status\":\"healthy\","
	    "\"response_time\":0.25,\"message\":\"200 OK\","
	    "\"time\":\"2026-01-21T09:00:00Z\",\"kind\":\"http\","
	    "\"target\":\"http://x\",\"phases\":{\"dns\":0.1},"
	    "\"perfdata\":[],\"labels\":{\"a\":\"b\"}}" },
	{ WIRE_TASK, "{\"task\":\"vacuum\",\"kind\":\"postgres\","
	    "\"status\":\"ok\",\"time\":\"2026-01-21T09:00:00Z\","
	    "\"duration\":1.5,\"message\":\"done\",\"output\":\"a\\nb\","
	    "\"changed\":true}" },
	{ WIRE_TICK, "{\"_ts\":\"tick\",\"time\":1700000000000,"
	    "\"src\":\"scrape\"}" },
	{ WIRE_META, "{\"_ts\":\"meta\",\"metric\":\"up\",\"type\":\"gauge\","
	    "\"help\":\"Is it\",\"unit\":\"s\"}" },
	{ WIRE_EVENT, "{\"@timestamp\":\"2026-01-21T09:00:00.123Z\","
	    "\"message\":\"hi\",\"labels\":{\"a\":1}}" },
	{ WIRE_OTLP, "{\"resourceLogs\":[]}" },
	{ WIRE_OTHER, "{\"_ts\":\"later\",\"x\":1}" },
	{ WIRE_OTHER, "{\"anything\":[1, 2]}" },
	{ WIRE_OTHER, "" },
};

START_TEST(canonical_lines)
{
	struct buf out = { 0 };

	if (read_line(canonical[_i].line) == -1)
		ck_abort_msg("col %u: %s", err.col, err.msg);
	ck_assert_int_eq(rec.kind, canonical[_i].kind);
	write_back(&out);
	ck_assert_uint_gt(out.n, 0);
	ck_assert_int_eq(out.p[--out.n], '\n');
	ck_assert_str_eq(buf_cstr(&out), canonical[_i].line);
	buf_release(&out);
}
END_TEST

/* What others write: read as the canonical line on the right. */
static const struct { const char *in, *out; } foreign[] = {
	{ "{\"values\":[1.0, 2],\"timestamps\":[1,2e0],"
	    "\"metric\":{\"b\":\"c\",\"__name__\":\"a\"}}",
	    "{\"metric\":{\"__name__\":\"a\",\"b\":\"c\"},\"values\":[1,2],"
	    "\"timestamps\":[1,2]}" },
	{ "{\"metric\":{\"a\":\"b\"},\"values\":[NaN,Inf,-Inf,Infinity,inf,"
	    "+Inf,nan,-Infinity],\"timestamps\":[1,2,3,4,5,6,7,8]}",
	    "{\"metric\":{\"a\":\"b\"},\"values\":[\"NaN\",\"Infinity\","
	    "\"-Infinity\",\"Infinity\",\"Infinity\",\"Infinity\",\"NaN\","
	    "\"-Infinity\"],\"timestamps\":[1,2,3,4,5,6,7,8]}" },
	{ "{\"metric\":{\"a\":\"b\"},\"values\":[\"+Inf\",\"-Inf\",\"1.5\","
	    "1e999,-1e999],\"timestamps\":[1,2,3,4,5]}",
	    "{\"metric\":{\"a\":\"b\"},\"values\":[\"Infinity\","
	    "\"-Infinity\",1.5,\"Infinity\",\"-Infinity\"],"
	    "\"timestamps\":[1,2,3,4,5]}" },
	{ "{\"metric\":{\"a\":\"\",\"c\":\"\\u00e9\"},\"values\":[1],"
	    "\"timestamps\":[1]}",
	    "{\"metric\":{\"c\":\"\xc3\xa9\"},\"values\":[1],"
	    "\"timestamps\":[1]}" },
	{ " { \"labels\" : { \"b\" : \"1\", \"a\" : \"2\" }, \"value\" : "
	    "\"+Inf\", \"z\" : [ 1 ], \"annotations\" : null } ",
	    "{\"labels\":{\"a\":\"2\",\"b\":\"1\"},\"value\":\"Infinity\","
	    "\"z\":[ 1 ]}" },
	/* as the HTTP API answers: the schema is told by the bounds */
	{ "{\"metric\":{},\"histograms\":[[1,{\"count\":\"3\",\"sum\":"
	    "\"4\",\"buckets\":[[0,\"1\",\"1.4142135623730951\",\"2\"],"
	    "[0,\"2\",\"2.8284271247461903\",\"1\"]]}]]}",
	    "{\"metric\":{},\"histograms\":[[1,{\"count\":\"3\",\"sum\":"
	    "\"4\",\"buckets\":[[0,\"1\",\"1.4142135623730951\",\"2\"],"
	    "[0,\"2\",\"2.8284271247461903\",\"1\"]],\"schema\":1}]]}" },
	{ "{\"metric\":{},\"histograms\":[[1,{\"sum\":4,\"count\":3,"
	    "\"x\":[],\"buckets\":[[3,\"-Inf\",\"5\",\"2\"],"
	    "[0,\"5\",\"7\",\"1\"]]}]]}",
	    "{\"metric\":{},\"histograms\":[[1,{\"count\":\"3\",\"sum\":"
	    "\"4\",\"buckets\":[[3,\"-Inf\",\"5\",\"2\"],"
	    "[0,\"5\",\"7\",\"1\"]],\"schema\":-53,"
	    "\"custom_values\":[\"5\",\"7\"]}]]}" },
	{ "{\"labels\":{\"a\":\"1\"},\"startsAt\":"
	    "\"2026-01-21T11:00:00.123456789+02:00\","
	    "\"endsAt\":\"0001-01-01T00:00:00Z\"}",
	    "{\"labels\":{\"a\":\"1\"},"
	    "\"startsAt\":\"2026-01-21T09:00:00.123Z\"}" },
};

START_TEST(foreign_lines)
{
	struct buf out = { 0 };

	if (read_line(foreign[_i].in) == -1)
		ck_abort_msg("col %u: %s", err.col, err.msg);
	write_back(&out);
	out.n--;
	ck_assert_str_eq(buf_cstr(&out), foreign[_i].out);
	buf_release(&out);
}
END_TEST

static const struct { const char *line; unsigned col; const char *msg; }
wrong_lines[] = {
	{ "{\"metric\":{\"a\":\"b\"},\"values\":[1],\"timest", 41,
	    "the end inside a string" },
	{ "{\"metric\":{\"a\":\"b\"},\"values\":[1],\"timestamps\":[1,2]}", 47,
	    "1 values with 2 timestamps" },
	{ "{\"metric\":{\"a\":\"b\"},\"values\":[],\"timestamps\":[]}", 46,
	    "0 values with 0 timestamps" },
	{ "{\"metric\":{\"a\":1},\"values\":[1],\"timestamps\":[1]}", 16,
	    "'metric': label 'a' is not a string" },
	{ "{\"metric\":[],\"values\":[1],\"timestamps\":[1]}", 11,
	    "'metric': expected an object of strings" },
	{ "{\"metric\":{},\"values\":[01],\"timestamps\":[1]}", 24,
	    "a wrong number" },
	{ "{\"metric\":{},\"values\":[{}],\"timestamps\":[1]}", 24,
	    "'values': expected a number" },
	{ "{\"metric\":{},\"values\":[1],\"timestamps\":[1.5]}", 41,
	    "'timestamps': expected milliseconds" },
	{ "{\"metric\":{}}", 1, "a sample without 'values'" },
	{ "{\"metric\":{},\"histograms\":[]}", 27,
	    "a sample without a value" },
	{ "{\"metric\":{},\"histograms\":[[1,{\"count\":\"1\"}]]}", 43,
	    "'histograms': expected a histogram with count and sum" },
	{ "{\"metric\":{},\"histograms\":[[1,{\"schema\":9}]]}", 41,
	    "'histograms': expected a schema from -4 to 8, or -53" },
	{ "{\"metric\":{},\"histograms\":[[1,{\"buckets\":[[0,2,1,1]]}]]}",
	    50, "'histograms': expected rising bounds" },
	{ "{\"labels\":{},\"startsAt\":\"yesterday\"}", 25,
	    "'startsAt': expected a time like 2026-01-21T09:00:00Z" },
	{ "{\"labels\":{},\"value\":NaN}", 22, "no value" },
	{ "{\"labels\":{}} {}", 15, "text behind the value" },
	{ "{\"labels\":{\"a\":\"\xff\"}}", 17, "invalid UTF-8" },
	{ "[1]", 1, "expected a JSON object" },
	{ "nonsense", 1, "no value" },
	{ "{\"_ts\":\"tick\"}", 1, "a tick without 'time'" },
	{ "{\"_ts\":1}", 8, "expected a string" },
	{ "{\"delivery\":\"sent\",\"attempts\":-1}", 31,
	    "'attempts': expected a count" },
	{ "{\"groupKey\":\"\",\"alerts\":[1]}", 26,
	    "'alerts': expected objects" },
	{ "{\"groupKey\":\"\",\"alerts\":[{\"labels\":3}]}", 36,
	    "'alerts': 'labels': expected an object of strings" },
	{ "{\"@timestamp\":\"x\"}", 15,
	    "'@timestamp': expected a time like 2026-01-21T09:00:00Z" },
};

START_TEST(wrong_line)
{
	ck_assert_int_eq(read_line(wrong_lines[_i].line), -1);
	ck_assert_str_eq(err.msg, wrong_lines[_i].msg);
	ck_assert_uint_eq(err.col, wrong_lines[_i].col);
	ck_assert_uint_eq(err.line, 1);
}
END_TEST

START_TEST(too_deep)
{
	struct buf line = { 0 };
	int i;

	(void)buf_put(&line, STR("{\"a\":"));
	for (i = 0; i < 100000; i++)
		(void)buf_putc(&line, '[');
	ck_assert_int_eq(read_line(buf_cstr(&line)), -1);
	ck_assert_str_eq(err.msg, "nested too deep");
	buf_release(&line);
}
END_TEST

/* One series, one user pointer, however its line is spelled. */
START_TEST(series_identity)
{
	struct wire_series *s;
	int mine;

	ck_assert_int_eq(read_line("{\"metric\":{\"__name__\":\"a\",\"b\":"
	    "\"c\"},\"values\":[1],\"timestamps\":[1]}"), 0);
	s = rec.u.sample.series;
	ck_assert_ptr_null(s->user);
	s->user = &mine;
	ck_assert_int_eq(read_line("{\"metric\":{\"b\":\"c\",\"__name__\":"
	    "\"a\"},\"values\":[1],\"timestamps\":[1]}"), 0);
	ck_assert_ptr_eq(rec.u.sample.series, s);
	ck_assert_int_eq(read_line("{\"timestamps\":[1],\"metric\":{\"b\":"
	    "\"c\",\"__name__\":\"a\"},\"values\":[1]}"), 0);
	ck_assert_ptr_eq(rec.u.sample.series->user, &mine);
	ck_assert_uint_eq(wire_reader_count(reader), 1);
	ck_assert_ptr_eq(wire_reader_series(reader, 0), s);
	wire_reader_reset(reader, table);
	ck_assert_uint_eq(wire_reader_count(reader), 0);
}
END_TEST

/* A sequence that repeats, skips and jumps finds the right series each time. */
START_TEST(order_of_series)
{
	char line[96];
	unsigned i, k, x = 1;

	for (i = 0; i < 5000; i++) {
		x = x * 1103515245 + 12345;
		k = i % 7 == 6 ? x / 65536 % 300 : i % 300;
		(void)snprintf(line, sizeof(line), "{\"metric\":{\"k\":\"%u\"}"
		    ",\"values\":[%u],\"timestamps\":[%u]}", k, i, i);
		ck_assert_int_eq(read_line(line), 0);
		ck_assert_uint_eq((unsigned)strtoul(labels_get(
		    rec.u.sample.series->labels, STR("k")).p, NULL, 10), k);
		ck_assert_double_eq(rec.u.sample.value[0], i);
		arena_reset(&arena);
	}
	ck_assert_uint_eq(wire_reader_count(reader), 300);
}
END_TEST

/*
 * The line goes through the general reader when a member that we ignore
 * stands first; both must say the same.
 */
static void
readers_agree(struct str line)
{
	struct decode d = { .r = reader, .line = line, .a = &arena,
	    .e = &err };
	struct wire_rec fast;
	struct members m;
	struct str bare;
	size_t i;

	if (!sample_read_fast(&d, &fast))
		return;
	if (members_scan(&d, line, &m, &bare) == -1 ||
	    sample_read(&d, &m, &rec) == -1)
		ck_abort_msg("only the fast reader takes " STR_FMT ": %s",
		    STR_ARG(line), err.msg);
	ck_assert_ptr_eq(fast.u.sample.series, rec.u.sample.series);
	ck_assert_uint_eq(fast.u.sample.n, rec.u.sample.n);
	for (i = 0; i < fast.u.sample.n; i++) {
		ck_assert_int_eq(fast.u.sample.ts[i], rec.u.sample.ts[i]);
		ck_assert_uint_eq(num_bits(fast.u.sample.value[i]),
		    num_bits(rec.u.sample.value[i]));
	}
}

/* Every byte of a line replaced, left out, or doubled by every likely byte. */
START_TEST(both_readers)
{
	static const char bytes[] = "0123456789-+.eE\"\\,:[]{} \tnul\x01\xc3\xff";
	const char *from = canonical[_i % 4].line;
	char line[512];
	size_t n = strlen(from), i, k;

	ck_assert_uint_lt(n, sizeof(line) - 1);
	for (i = 0; i < n; i++) {
		memcpy(line, from, i);
		memcpy(line + i, from + i + 1, n - i - 1);
		readers_agree((struct str){ line, n - 1 });
		for (k = 0; k < sizeof(bytes) - 1; k++) {
			memcpy(line, from, n);
			line[i] = bytes[k];
			readers_agree((struct str){ line, n });
			memcpy(line + i + 1, from + i, n - i);
			readers_agree((struct str){ line, n + 1 });
		}
		arena_reset(&arena);
	}
}
END_TEST

START_TEST(member_of_line)
{
	struct str line = STR("{\"a\":1,\"b\":{\"c\":[2, 3]},\"a\":4}"), raw;

	ck_assert(wire_member(line, STR("b"), &raw));
	ck_assert(str_eq(raw, STR("{\"c\":[2, 3]}")));
	ck_assert(wire_member(line, STR("a"), &raw));
	ck_assert(str_eq(raw, STR("4")));
	ck_assert(!wire_member(line, STR("c"), &raw));
	ck_assert(!wire_member(STR("[]"), STR("c"), &raw));
}
END_TEST

#define COUNT(a)	((int)(sizeof(a) / sizeof((a)[0])))

int
main(void)
{
	Suite *s = suite_create("wire");
	TCase *tc = tcase_create("lines");
	SRunner *sr;
	int failed;

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, canonical_lines, 0, COUNT(canonical));
	tcase_add_loop_test(tc, foreign_lines, 0, COUNT(foreign));
	tcase_add_loop_test(tc, wrong_line, 0, COUNT(wrong_lines));
	tcase_add_loop_test(tc, both_readers, 0, 4);
	tcase_add_test(tc, too_deep);
	tcase_add_test(tc, series_identity);
	tcase_add_test(tc, order_of_series);
	tcase_add_test(tc, member_of_line);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed != 0;
}
