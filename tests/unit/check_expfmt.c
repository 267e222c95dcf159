/*
 * What the conformance rows do not say: positions, windows of any size,
 * sorting, printing.
 */
#include <check.h>
#include <stdlib.h>

#include "core/num.h"
#include "expfmt/expfmt.h"

static const char text[] =
"# HELP a A \\\\ help\\ntext\n"
"# TYPE a counter\n"
"a{x=\"1\",y=\"two\\nlines\"} 1 1000\n"
"\n"
"  # a comment\n"
"a { x = \"raw\nnewline\" } 2.5e3\n"
"# TYPE s summary\n"
"s{quantile=\"1\"} +Inf\n"
"{\"quoted.name\",\"la\\\"bel\"=\"\xc3\xa9\"} NaN 5\n"
"last -1";

static const char openmetrics[] =
"# TYPE a_seconds counter\n"
"# UNIT a_seconds seconds\n"
"# HELP a_seconds \\\"quoted\\\" help\n"
"a_seconds_total{x=\"1\"} 1.5 12.345 # {id=\"x\"} 4 1.5\n"
"a_seconds_total{x=\"2\"} 3 # {} 4\n"
"a_seconds_created{x=\"2\"} 3\n"
"# TYPE h histogram\n"
"h_bucket{le=\"10\"} 0\n"
"# EOF\n";

/* What an entry says, as one line of text. */
static void
describe(struct buf *out, const struct expfmt *x, enum expfmt_kind kind)
{
	size_t i;

	(void)buf_printf(out, "%u %d " STR_FMT "|", x->line, (int)kind,
	    STR_ARG(kind == EXPFMT_COMMENT ? x->text : x->name));
	if (kind == EXPFMT_HELP || kind == EXPFMT_UNIT)
		(void)buf_put(out, x->text);
	if (kind == EXPFMT_TYPE)
		(void)buf_put(out, str_of(expfmt_type_text(x->type)));
	if (kind != EXPFMT_SAMPLE)
		return;
	for (i = 0; i < x->nlabels; i++)
		(void)buf_printf(out, STR_FMT "=" STR_FMT "|",
		    STR_ARG(x->label[i].name), STR_ARG(x->label[i].value));
	num_print(out, x->value, NUM_GO_G);
	(void)buf_printf(out, "|" STR_FMT "|" STR_FMT "|%lld",
	    STR_ARG(x->raw), STR_ARG(x->value_text), (long long)x->ts);
	if (!x->has_exemplar)
		return;
	for (i = 0; i < x->exemplar.nlabels; i++)
		(void)buf_printf(out, "|" STR_FMT "=" STR_FMT,
		    STR_ARG(x->exemplar.label[i].name),
		    STR_ARG(x->exemplar.label[i].value));
	(void)buf_printf(out, "|%g|%lld", x->exemplar.value,
	    (long long)x->exemplar.ts);
}

/* All entries, read through windows that grow by `step` bytes. */
static void
describe_all(struct buf *out, enum expfmt_format f, struct str all,
    size_t step)
{
	enum expfmt_kind kind;
	struct expfmt x;
	struct err e;
	size_t from = 0, to = step < all.n ? step : all.n;

	expfmt_init(&x, f);
	expfmt_feed(&x, str_sub(all, from, to), to == all.n);
	while ((kind = expfmt_next(&x, &e)) != EXPFMT_END) {
		if (kind == EXPFMT_BAD) {
			(void)buf_printf(out, "%u:%u %s\n", e.line, e.col,
			    e.msg);
			expfmt_skip_line(&x);
		} else if (kind == EXPFMT_MORE) {
			from = to - expfmt_rest(&x).n;
			to = to + step < all.n ? to + step : all.n;
			expfmt_feed(&x, str_sub(all, from, to), to == all.n);
		} else {
			describe(out, &x, kind);
			(void)buf_putc(out, '\n');
		}
	}
	expfmt_release(&x);
}

static void
same_through_windows(enum expfmt_format f, struct str all)
{
	struct buf whole = { 0 }, parts = { 0 };
	size_t step;

	describe_all(&whole, f, all, all.n);
	for (step = 1; step < all.n; step++) {
		buf_reset(&parts);
		describe_all(&parts, f, all, step);
		ck_assert_str_eq(buf_cstr(&parts), buf_cstr(&whole));
	}
	buf_release(&whole);
	buf_release(&parts);
}

START_TEST(windows)
{
	same_through_windows(EXPFMT_TEXT, STR(text));
	same_through_windows(EXPFMT_OPENMETRICS, STR(openmetrics));
}
END_TEST

/* Every single byte of the texts changed: no crash, same through windows. */
START_TEST(damaged)
{
	static const char bytes[] = "\"\\{},=# \n\xff""0";
	struct str from = _i ? STR(openmetrics) : STR(text);
	enum expfmt_format f = _i ? EXPFMT_OPENMETRICS : EXPFMT_TEXT;
	struct buf whole = { 0 }, parts = { 0 };
	char copy[sizeof(text) + sizeof(openmetrics)];
	size_t i, k;

	for (i = 0; i < from.n; i++) {
		for (k = 0; k < sizeof(bytes) - 1; k++) {
			memcpy(copy, from.p, from.n);
			copy[i] = bytes[k];
			buf_reset(&whole);
			buf_reset(&parts);
			describe_all(&whole, f, (struct str){ copy, from.n },
			    from.n);
			describe_all(&parts, f, (struct str){ copy, from.n },
			    7);
			ck_assert_str_eq(buf_cstr(&parts), buf_cstr(&whole));
		}
	}
	buf_release(&whole);
	buf_release(&parts);
}
END_TEST

static const struct {
	enum expfmt_format f;
	const char *text;
	unsigned line, col;
	const char *msg;
} errors[] = {
	{ EXPFMT_TEXT, "a 1\nb{c=\"d\" 1\n", 2, 9, "expected a label name" },
	{ EXPFMT_TEXT, "a{b=\"x\ny\"} z\n", 2, 5, "'z' is not a number" },
	{ EXPFMT_TEXT, "a 1e999\n", 1, 3, "'1e999' is out of range" },
	{ EXPFMT_TEXT, "a 1 99999999999999999999\n", 1, 5,
	    "the timestamp is out of range" },
	{ EXPFMT_TEXT, "a 1 2 3\n", 1, 7, "text behind the timestamp" },
	{ EXPFMT_TEXT, "{a=\"b\"} 1\n", 1, 9, "no metric name" },
	{ EXPFMT_TEXT, "{\"a\",\"b\"} 1\n", 1, 9, "a second metric name" },
	{ EXPFMT_TEXT, "{\"\"} 1\n", 1, 4, "the metric name is empty" },
	{ EXPFMT_TEXT, "a{\"\"=\"b\"} 1\n", 1, 6, "a label name is empty" },
	{ EXPFMT_TEXT, "\n\n# TYPE a info\n", 3, 10,
	    "unknown metric type 'info'" },
	{ EXPFMT_TEXT, "a 1\r\n", 1, 3, "'1\r' is not a number" },
	{ EXPFMT_TEXT, "a{b=\"\xff\"} 1\n", 1, 6,
	    "invalid UTF-8 between quotes" },
	{ EXPFMT_OPENMETRICS, "a 1\n", 2, 1,
	    "the text does not end with '# EOF'" },
	{ EXPFMT_OPENMETRICS, "a 1 # {a=\"b\"}\n# EOF\n", 1, 14,
	    "expected the exemplar's value" },
	/* Neither has a label. */
	{ EXPFMT_OPENMETRICS, "a 1 # {}\n# EOF\n", 1, 9,
	    "expected the exemplar's value" },
	{ EXPFMT_OPENMETRICS, "a 1 NaN\n# EOF\n", 1, 5,
	    "this is no timestamp" },
	{ EXPFMT_OPENMETRICS, "# EOF\nx", 2, 1, "text behind '# EOF'" },
	{ EXPFMT_OPENMETRICS, "# UNIT a b\n# EOF\n", 1, 10,
	    "unit 'b' is no suffix of 'a'" },
};

START_TEST(error)
{
	enum expfmt_kind kind;
	struct expfmt x;
	struct err e;

	expfmt_init(&x, errors[_i].f);
	expfmt_feed(&x, str_of(errors[_i].text), true);
	while ((kind = expfmt_next(&x, &e)) > EXPFMT_END)
		continue;
	ck_assert_int_eq(kind, EXPFMT_BAD);
	ck_assert_str_eq(e.msg, errors[_i].msg);
	ck_assert_uint_eq(e.line, errors[_i].line);
	ck_assert_uint_eq(e.col, errors[_i].col);
	expfmt_release(&x);
}
END_TEST

START_TEST(sorting)
{
	struct expfmt x;
	struct err e;

	expfmt_init(&x, EXPFMT_TEXT);
	expfmt_feed(&x, STR("a{c=\"1\",b=\"2\",aa=\"3\",a=\"4\"} 1\n"
	    "a{c=\"1\",b=\"2\",c=\"3\"} 1\n"), true);
	ck_assert_int_eq(expfmt_next(&x, &e), EXPFMT_SAMPLE);
	ck_assert(expfmt_sort(&x));
	ck_assert(str_eq(x.label[0].name, STR("a")));
	ck_assert(str_eq(x.label[1].name, STR("aa")));
	ck_assert(str_eq(x.label[3].value, STR("1")));
	ck_assert_int_eq(expfmt_next(&x, &e), EXPFMT_SAMPLE);
	ck_assert(!expfmt_sort(&x));
	expfmt_release(&x);
}
END_TEST

/* What is printed is read back as the same. */
START_TEST(printing)
{
	struct labels_table *t = labels_table_new();
	struct buf out = { 0 }, said = { 0 };

	expfmt_put_help(&out, STR("up"), STR("a \\ \"b\"\nc"));
	expfmt_put_type(&out, STR("up"), EXPFMT_UNKNOWN);
	expfmt_put_type(&out, STR("my.up"), EXPFMT_STATESET);
	expfmt_put_sample(&out, labels_of(t, "__name__", "up", "a", "\"\\\n",
	    "b", "x", NULL), 1.5, 7);
	expfmt_put_sample(&out, labels_of(t, "__name__", "up", NULL),
	    num_nan(), EXPFMT_NO_TS);
	expfmt_put_sample(&out, labels_of(t, "__name__", "my.up", "l.x", "1",
	    NULL), 1e9, EXPFMT_NO_TS);
	ck_assert_str_eq(buf_cstr(&out),
	    "# HELP up a \\\\ \"b\"\\nc\n"
	    "# TYPE up untyped\n"
	    "# TYPE \"my.up\" gauge\n"
	    "up{a=\"\\\"\\\\\\n\",b=\"x\"} 1.5 7\n"
	    "up NaN\n"
	    "{\"my.up\",\"l.x\"=\"1\"} 1e+09\n");
	describe_all(&said, EXPFMT_TEXT, buf_str(&out), out.n);
	ck_assert_str_eq(buf_cstr(&said),
	    "1 3 up|a \\ \"b\"\nc\n"
	    "2 2 up|unknown\n"
	    "3 2 my.up|gauge\n"
	    "4 1 up|a=\"\\\n|b=x|1.5|up{a=\"\\\"\\\\\\n\",b=\"x\"}|1.5|7\n"
	    "5 1 up|NaN|up|NaN|-9223372036854775808\n"
	    "6 1 my.up|l.x=1|1e+09|{\"my.up\",\"l.x\"=\"1\"}|1e+09|"
	    "-9223372036854775808\n");
	buf_release(&out);
	buf_release(&said);
	labels_table_free(t);
}
END_TEST

#define COUNT(a)	((int)(sizeof(a) / sizeof((a)[0])))

int
main(void)
{
	Suite *s = suite_create("expfmt");
	TCase *tc = tcase_create("entries");
	SRunner *sr;
	int failed;

	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, windows);
	tcase_add_loop_test(tc, damaged, 0, 2);
	tcase_add_loop_test(tc, error, 0, COUNT(errors));
	tcase_add_test(tc, sorting);
	tcase_add_test(tc, printing);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed != 0;
}
