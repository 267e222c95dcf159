/*
 * model: label sets, their builder, Go's quoting, the order of alerts.
 */
#include <check.h>
#include <stdlib.h>

#include "model/alert.h"

static struct labels_table *table;
static struct labels_builder builder;

static void
setup(void)
{
	table = labels_table_new();
}

static void
teardown(void)
{
	labels_builder_release(&builder);
	builder = (struct labels_builder){ 0 };
	labels_table_free(table);
}

/* However a set comes about, it is one pointer, sorted, without empties. */
START_TEST(one_pointer)
{
	const struct labels *a = labels_of(table, "b", "2", "a", "1", NULL);
	const struct labels *b;

	labels_build(&builder, table, NULL);
	labels_set(&builder, STR("a"), STR("x"));
	labels_set(&builder, STR("c"), STR("3"));
	labels_set(&builder, STR("b"), STR("2"));
	labels_set(&builder, STR("a"), STR("1"));
	labels_set(&builder, STR("c"), STR(""));
	b = labels_done(&builder);
	ck_assert_ptr_eq(a, b);
	ck_assert_uint_eq(b->n, 2);
	ck_assert(str_eq(b->v[0].name->s, STR("a")));
	ck_assert(str_eq(labels_get(b, STR("b")), STR("2")));
	ck_assert_uint_eq(labels_get(b, STR("c")).n, 0);
}
END_TEST

START_TEST(built_from_another)
{
	const struct labels *a = labels_of(table, "__name__", "up", "job",
	    "x", NULL), *b;

	labels_build(&builder, table, a);
	ck_assert(str_eq(labels_peek(&builder, STR("job"))->s, STR("x")));
	labels_del(&builder, STR("__name__"));
	ck_assert_ptr_null(labels_peek(&builder, STR("__name__")));
	b = labels_done(&builder);
	ck_assert_ptr_eq(b, labels_without_name(table, a));
	labels_build(&builder, table, b);
	labels_del(&builder, STR("job"));
	ck_assert_ptr_eq(labels_done(&builder), labels_empty(table));
}
END_TEST

START_TEST(copy_to_another_table)
{
	struct labels_table *other = labels_table_new();
	const struct labels *a = labels_of(table, "a", "1", NULL);
	const struct labels *b = labels_copy(other, a);

	ck_assert_ptr_ne(a, b);
	ck_assert_int_eq(labels_cmp(a, b), 0);
	ck_assert_uint_eq(labels_fingerprint(a), labels_fingerprint(b));
	ck_assert_ptr_eq(labels_copy(other, b), b);
	labels_table_free(other);
}
END_TEST

/* Pair by pair, name then value; a prefix comes first. */
static const struct { const char *a[4], *b[4]; int sign; } orders[] = {
	{ { "a", "1" }, { "a", "2" }, -1 },
	{ { "a", "2" }, { "b", "1" }, -1 },
	{ { "a", "1" }, { "a", "1", "b", "1" }, -1 },
	{ { "b", "1" }, { "a", "1", "b", "1" }, 1 },
	{ { "a", "1" }, { "a", "1" }, 0 },
	{ { NULL }, { "a", "1" }, -1 },
};

static const struct labels *
set_of(const char *const *v)
{
	return v[0] == NULL ? labels_empty(table) :
	    labels_of(table, v[0], v[1], v[2], v[3], NULL);
}

START_TEST(order)
{
	const struct labels *a = set_of(orders[_i].a);
	const struct labels *b = set_of(orders[_i].b);
	int got = labels_cmp(a, b), back = labels_cmp(b, a);

	ck_assert_int_eq((got > 0) - (got < 0), orders[_i].sign);
	ck_assert_int_eq((back > 0) - (back < 0), -orders[_i].sign);
}
END_TEST

static const struct { struct str raw, quoted; } quotes[] = {
	{ STR(""), STR("\"\"") },
	{ STR("a\"b\\"), STR("\"a\\\"b\\\\\"") },
	{ STR("\a\b\f\n\r\t\v"), STR("\"\\a\\b\\f\\n\\r\\t\\v\"") },
	{ STR("\x01\x7f"), STR("\"\\x01\\x7f\"") },
	{ STR("\xff"), STR("\"\\xff\"") },
	{ STR("\xc3\xa9"), STR("\"\xc3\xa9\"") },
	{ STR("\xc2\x85"), STR("\"\\u0085\"") },
	{ STR("\xef\xbb\xbf"), STR("\"\\ufeff\"") },
};

START_TEST(quote_and_back)
{
	struct str q = quotes[_i].quoted;
	struct buf out = { 0 }, back = { 0 };

	go_quote(&out, quotes[_i].raw);
	ck_assert_str_eq(buf_cstr(&out), q.p);
	ck_assert_int_eq(go_unquote(&back, str_sub(q, 1, q.n - 1), '"'), 0);
	ck_assert(str_eq(buf_str(&back), quotes[_i].raw));
	buf_release(&out);
	buf_release(&back);
}
END_TEST

static const char *const unquotable[] = { "\\", "\\q", "\\x1", "\\400",
    "\\ud800", "\\U00110000", "a\nb", "a\"b" };

START_TEST(not_unquoted)
{
	struct buf out = { 0 };

	ck_assert_int_eq(go_unquote(&out, str_of(unquotable[_i]), '"'), -1);
	buf_release(&out);
}
END_TEST

/* Series as text: the name in front, quoted when it must be. */
static const struct { const char *v[4]; const char *text; } prints[] = {
	{ { "__name__", "up", "job", "x\ny" }, "up{job=\"x\\ny\"}" },
	{ { "__name__", "up" }, "up" },
	{ { "job", "x" }, "{job=\"x\"}" },
	{ { NULL }, "{}" },
	{ { "__name__", "a.b", "c.d", "1" }, "{\"a.b\", \"c.d\"=\"1\"}" },
};

START_TEST(printed)
{
	struct buf out = { 0 };

	labels_print(set_of(prints[_i].v), &out);
	ck_assert_str_eq(buf_cstr(&out), prints[_i].text);
	buf_release(&out);
}
END_TEST

/* reference: FNV-1a over name 0xff value 0xff. */
START_TEST(fingerprints)
{
	ck_assert_uint_eq(labels_fingerprint(labels_of(table, "alertname",
	    "A", NULL)), 0xd2c6efc389df0927);
	ck_assert_uint_eq(labels_fingerprint(labels_empty(table)),
	    0xcbf29ce484222325);
}
END_TEST

/* By job, then instance, then the other labels. */
START_TEST(order_of_alerts)
{
	struct alert a = { .labels = labels_of(table, "alertname", "Z",
	    "instance", "1", "job", "a", NULL) };
	struct alert b = { .labels = labels_of(table, "alertname", "A",
	    "instance", "2", "job", "a", NULL) };
	struct alert c = { .labels = labels_of(table, "alertname", "A",
	    "instance", "1", "job", "b", NULL) };

	ck_assert_int_lt(alert_cmp(&a, &b), 0);
	ck_assert_int_lt(alert_cmp(&b, &c), 0);
	ck_assert_int_gt(alert_cmp(&c, &a), 0);
	ck_assert_int_eq(alert_cmp(&a, &a), 0);
}
END_TEST

#define COUNT(a)	((int)(sizeof(a) / sizeof((a)[0])))

int
main(void)
{
	Suite *s = suite_create("model");
	TCase *tc = tcase_create("labels");
	SRunner *sr;
	int failed;

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, one_pointer);
	tcase_add_test(tc, built_from_another);
	tcase_add_test(tc, copy_to_another_table);
	tcase_add_loop_test(tc, order, 0, COUNT(orders));
	tcase_add_loop_test(tc, quote_and_back, 0, COUNT(quotes));
	tcase_add_loop_test(tc, not_unquoted, 0, COUNT(unquotable));
	tcase_add_loop_test(tc, printed, 0, COUNT(prints));
	tcase_add_test(tc, fingerprints);
	tcase_add_test(tc, order_of_alerts);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed != 0;
}
