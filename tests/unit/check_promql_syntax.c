#include <check.h>
#include <stdlib.h>

#include "promql/ast.h"

static const struct promql_features all = { .experimental_functions = true,
    .extended_range_selectors = true, .fill_modifiers = true };

/* Error rows: "line:col: text"; out NULL: prints as written. */
static const struct { const char *in, *out; } good[] = {
	{ "1", NULL }, { "+1", "1" }, { "-1", NULL }, { ".5", "0.5" },
	{ "1.", "1" }, { "1e3", "1000" }, { "0x1F", "31" }, { "010", "8" },
	{ "08", "8" }, { "1_000", "1000" }, { "1_0.5", "10.5" },
	{ "iNf", "+Inf" }, { "-Inf", NULL }, { "NaN", NULL }, { "5m", NULL },
	{ "-1h30m", NULL }, { "9223372036854775808", "9223372036854776000" },
	{ "1 + 2 * 3", NULL }, { "(1 + 2) * 3", NULL }, { "-1 ^ 2", NULL },
	{ "2 ^ 3 ^ 2", NULL }, { "1 - 2 - 3", NULL }, { "-a * b", NULL },
	{ "a offset 1h * 0.5", NULL }, { "a offset -5m", NULL },
	{ "a offset -2^2", "a offset -2s ^ 2" },
	{ "a offset (1h / 2)", NULL }, { "a offset -(5m)", NULL },
	{ "a offset step()", NULL }, { "a offset -min_of(step(), 5m)", NULL },
	{ "a[5m*2]", "a[5m * 2]" }, { "a[300]", "a[5m]" },
	{ "a[1h30m]", NULL }, { "a[(5m)]", NULL }, { "a[-5m + 10m]", NULL },
	{ "a[5m:]", NULL }, { "a[5m:1m]", NULL }, { "a[5m:step()]", NULL },
	{ "a[range() ^ 2:1m] offset 5m", NULL },
	{ "a[5m] @ 100 offset 1m", "a[5m] @ 100.000 offset 1m" },
	{ "a offset 1m @ start()", "a @ start() offset 1m" },
	{ "a @ -0.5", "a @ -0.500" }, { "a @ end()", NULL },
	{ "rate(a[5m] anchored)", NULL }, { "a smoothed", NULL },
	{ "a{b=\"c\",d!=\"e\",f=~\"g\",h!~\"i\"}", NULL },
	{ "a{ b = 'c' , }", "a{b=\"c\"}" }, { "{a=\"b\"}", NULL },
	{ "{\"a\"}", "{__name__=\"a\"}" },
	{ "{\"a.b\",\"c d\"=\"e\"}", "{\"c d\"=\"e\",__name__=\"a.b\"}" },
	{ "a:b:c", NULL }, { ":x", NULL }, { "sum", NULL }, { "by", NULL },
	{ "offset offset 5m", NULL }, { "fill + fill", NULL },
	{ "and and and", NULL }, { "step", NULL }, { "min_of", NULL },
	{ "sum(a)", NULL }, { "sum by (b) (a)", NULL },
	{ "sum(a) by (b, c,)", "sum by (b, c) (a)" },
	{ "SUM BY (x) (a)", "sum by (x) (a)" }, { "sum by () (a)", "sum(a)" },
	{ "sum without () (a)", NULL }, { "topk(5, a)", NULL },
	{ "sum by (\"a b\", by, on) (a)", NULL },
	{ "count_values(\"v\", a)", NULL }, { "limitk(1, a)", NULL },
	{ "a + on (b) group_left (c) d", NULL },
	{ "a * on() b", "a * on () b" }, { "a == bool 1", NULL },
	{ "a + ignoring (b) group_right c", "a + ignoring (b) group_right () c" },
	{ "a + ignoring () c", "a + c" }, { "a and on (b) c", NULL },
	{ "a + fill (0) b", NULL }, { "a + fill_right(2) fill_left (1) b",
	    "a + fill_left (1) fill_right (2) b" },
	{ "a </ 5", NULL }, { "a >/ 5", NULL }, { "a atan2 b", NULL },
	{ "start() + end()", NULL }, { "time()", NULL },
	{ "round(a)", NULL }, { "round(a, 5)", NULL },
	{ "label_join(a, \"b\", \",\")", NULL },
	{ "label_join(a, \"b\", \",\", \"c\", \"d\", \"e\")", NULL },
	{ "histogram_quantiles(a, \"q\", 0.1, 0.2)", NULL },
	{ "info(a, {})", NULL }, { "info(a, {b=\"c\"})", NULL },
	{ "\"a\\tb\"", NULL }, { "`a\\b`", "\"a\\\\b\"" }, { "'\\''", "\"'\"" },
	{ "'\\x61\\142\\u0063'", "\"abc\"" },
	{ "a # comment\n + b", "a + b" }, { "a{ # {\nb=\"c\"}", "a{b=\"c\"}" },
	{ "sum(rate(a[5m])) by (b) / 2 > 3", "sum by (b) (rate(a[5m])) / 2 > 3" },
}, bad[] = {
	{ "", "1:1: no expression found in input" },
	{ "# x", "1:1: no expression found in input" },
	{ "1+", "1:3: unexpected end of input" },
	{ ".", "1:1: unexpected character: '.'" },
	{ "2.5.", "1:1: bad number or duration syntax: \"2.5.\"" },
	{ "1..2", "1:1: bad number or duration syntax: \"1..\"" },
	{ "0x", "1:1: error parsing number: strconv.ParseFloat: parsing "
	    "\"0x\": invalid syntax" },
	{ "(1", "1:3: unclosed left parenthesis" },
	{ "1)", "1:2: unexpected right parenthesis ')'" },
	{ "(", "1:2: unclosed left parenthesis" },
	{ "1 and 1", "1:1: set operator \"and\" not allowed in binary scalar "
	    "expression" },
	{ "1 == 1", "1:3: comparisons between scalars must use BOOL modifier" },
	{ "1 + bool a", "1:3: bool modifier can only be used on comparison "
	    "operators" },
	{ "a or fill(0) b", "1:1: filling in missing series not allowed for "
	    "set operators" },
	{ "-\"string\"", "1:1: unary expression only allowed on expressions "
	    "of type scalar or instant vector, got \"string\"" },
	{ "-a[5m]", "1:1: unary expression only allowed on expressions of "
	    "type scalar or instant vector, got \"range vector\"" },
	{ "*a", "1:1: unexpected <op:*>" }, { "a b", "1:3: unexpected "
	    "identifier \"b\"" },
	{ "a{", "1:3: unexpected end of input inside braces" },
	{ "a{b}", "1:4: unexpected \"}\" in label matching, expected label "
	    "matching operator" },
	{ "a{b=}", "1:5: unexpected \"}\" in label matching, expected string" },
	{ "a{b=c}", "1:5: unexpected identifier \"c\" in label matching, "
	    "expected string" },
	{ "a{,}", "1:3: unexpected \",\" in label matching, expected "
	    "identifier or \"}\"" },
	{ "a{b='c' d}", "1:9: unexpected identifier \"d\" in label matching, "
	    "expected \",\" or \"}\"" },
	{ "a{b!x}", "1:4: unexpected character after '!' inside braces: 'x'" },
	{ "{}", "1:1: vector selector must contain at least one non-empty "
	    "matcher" },
	{ "{x=\"\"}", "1:1: vector selector must contain at least one "
	    "non-empty matcher" },
	{ "foo{__name__=\"bar\"}", "1:1: metric name must not be set twice: "
	    "\"foo\" or \"bar\"" },
	{ "a[", "1:3: unexpected end of input in duration expression" },
	{ "a[]", "1:3: unexpected \"]\" in subquery or range selector, "
	    "expected number, duration, step(), or range()" },
	{ "a[5mm]", "1:3: bad number or duration syntax: \"5mm\"" },
	{ "a[0m]", "1:3: duration must be greater than 0" },
	{ "a[-1m]", "1:3: duration must be greater than 0" },
	{ "a[5m", "1:5: unclosed left bracket" },
	{ "a[5m / 0]", "1:6: division by zero" },
	{ "a[5m][5m]", "1:6: ranges only allowed for vector selectors" },
	{ "(a)[5m]", "1:4: ranges only allowed for vector selectors" },
	{ "a offset 5m [5m]", "1:13: no offset modifiers allowed before "
	    "range" },
	{ "a offset", "1:9: unexpected end of input in offset, expected "
	    "number, duration, step(), or range()" },
	{ "1 offset 5m", "1:1: offset modifier must be preceded by an instant "
	    "vector selector or range vector selector or a subquery" },
	{ "a offset 1m offset 2m", "1:1: offset may not be set multiple "
	    "times" },
	{ "a @ 1 @ 2", "1:1: @ <timestamp> may not be set multiple times" },
	{ "a @ x", "1:5: unexpected identifier \"x\" in @, expected "
	    "timestamp" },
	{ "1[5m:]", "1:1: subquery is only allowed on instant vector, got "
	    "scalar instead" },
	{ "sum(a) by (b", "1:13: unclosed left parenthesis" },
	{ "sum x", "1:5: unexpected identifier \"x\"" },
	{ "sum by x (a)", "1:8: unexpected identifier \"x\" in grouping "
	    "opts, expected \"(\"" },
	{ "sum by (1) (a)", "1:9: unexpected number \"1\" in grouping opts, "
	    "expected label" },
	{ "sum by (==) (a)", "1:9: unexpected <op:==> in grouping opts, "
	    "expected label" },
	{ "sum by (a b) (c)", "1:11: unexpected identifier \"b\" in grouping "
	    "opts, expected \",\" or \")\"" },
	{ "sum(a b)", "1:7: unexpected identifier \"b\" in aggregation" },
	{ "sum()", "1:1: no arguments for aggregate expression provided" },
	{ "topk(a)", "1:1: wrong number of arguments for aggregate "
	    "expression provided, expected 2, got 1" },
	{ "topk(a, b)", "1:6: expected type scalar in aggregation parameter, "
	    "got instant vector" },
	{ "sum(1)", "1:5: expected type instant vector in aggregation "
	    "expression, got scalar" },
	{ "foo(a)", "1:1: unknown function with name \"foo\"" },
	{ "rate(a)", "1:6: expected type range vector in call to function "
	    "\"rate\", got instant vector" },
	{ "rate()", "1:1: expected 1 argument(s) in call to \"rate\", got 0" },
	{ "round(a, 1, 2)", "1:1: expected at most 2 argument(s) in call to "
	    "\"round\", got 3" },
	{ "label_join(a)", "1:1: expected at least 3 argument(s) in call to "
	    "\"label_join\", got 1" },
	{ "rate(a[5m],)", "1:11: trailing commas not allowed in function "
	    "call args" },
	{ "a + on(b) 1", "1:1: vector matching only allowed between instant "
	    "vectors" },
	{ "a and on(b) group_left c", "1:1: no grouping allowed for \"and\" "
	    "operation" },
	{ "a + on(b) group_left(b) c", "1:3: label \"b\" must not occur in "
	    "ON and GROUP clause at once" },
	{ "a + \"x\"", "1:5: binary expression must contain only scalar and "
	    "instant vector types" },
	{ "\"a", "1:1: unterminated quoted string" },
	{ "`a", "1:1: unterminated raw string" },
	{ "'\\d'", "1:1: unknown escape sequence U+0064 'd'" },
	{ "\"\xff\"", "1:1: invalid UTF-8 rune" },
	{ "a{b=~\"(\"}", NULL }, { "a =~ b", "1:3: unexpected character after "
	    "'=': '~'" },
	{ "a $ b", "1:3: unexpected character: '$'" },
	{ "sum(\n  rat(x[5m]))", "2:3: unknown function with name \"rat\"" },
};

START_TEST(prints)
{
	const char *want = good[_i].out ? good[_i].out : good[_i].in;
	struct arena a = { 0 };
	struct buf b = { 0 };
	struct err e = { 0 };
	const struct pexpr *x = promql_parse(str_of(good[_i].in), &all, &a,
	    &e);

	ck_assert_msg(x != NULL, "%s: %u:%u: %s", good[_i].in, e.line, e.col,
	    e.msg);
	promql_print(x, &b);
	ck_assert_str_eq(buf_cstr(&b), want);
	promql_release(x);
	buf_release(&b);
	arena_free(&a);
}
END_TEST

START_TEST(refuses)
{
	struct arena a = { 0 };
	struct buf b = { 0 };
	struct err e = { 0 };

	ck_assert_ptr_null(promql_parse(str_of(bad[_i].in), &all, &a, &e));
	(void)buf_printf(&b, "%u:%u: %s", e.line, e.col, e.msg);
	if (bad[_i].out)
		ck_assert_str_eq(buf_cstr(&b), bad[_i].out);
	buf_release(&b);
	arena_free(&a);
}
END_TEST

static const struct { const char *in, *error; } gated[] = {
	{ "limitk(1, a)", "limitk() is experimental and must be enabled with "
	    "--enable-feature=promql-experimental-functions" },
	{ "mad_over_time(a[5m])", "function \"mad_over_time\" is not enabled" },
	{ "a anchored", "anchored modifier is experimental and not enabled" },
	{ "a + fill(0) b", "binop fill modifiers are experimental and not "
	    "enabled" },
};

START_TEST(features_are_off)
{
	struct arena a = { 0 };
	struct err e = { 0 };

	ck_assert_ptr_null(promql_parse(str_of(gated[_i].in), NULL, &a, &e));
	ck_assert_str_eq(e.msg, gated[_i].error);
	arena_free(&a);
}
END_TEST

static const char *const openers[] = { "(", "-", "a[1h:", "sum(", "a+(",
    "a^", "a[(", "a[-", "a offset (" };

/* Deep nesting of any kind ends in an error, not in a crash. */
START_TEST(nesting_is_bounded)
{
	struct arena a = { 0 };
	struct buf b = { 0 };
	struct err e = { 0 };
	int i;

	for (i = 0; i < 50000; i++)
		(void)buf_printf(&b, "%s", openers[_i]);
	ck_assert_ptr_null(promql_parse(buf_str(&b), &all, &a, &e));
	buf_release(&b);
	arena_free(&a);
}
END_TEST

START_TEST(chains_are_bounded)
{
	struct arena a = { 0 };
	struct buf b = { 0 };
	struct err e = { 0 };
	int i;

	(void)buf_printf(&b, "a");
	for (i = 0; i < 50000; i++)
		(void)buf_printf(&b, "+a");
	ck_assert_ptr_null(promql_parse(buf_str(&b), &all, &a, &e));
	ck_assert_str_eq(e.msg, "expression is nested too deeply");
	buf_release(&b);
	arena_free(&a);
}
END_TEST

static const struct { const char *in; int64_t ms; } backs[] = {
	{ "1", 0 }, { "a", 300000 }, { "a offset 1h", 3900000 },
	{ "a offset -1h", 0 }, { "rate(a[10m])", 600000 },
	{ "rate(a[10m] offset 1h)", 4200000 }, { "a[1h:5m]", 3900000 },
	{ "max_over_time(rate(a[5m])[1h:] offset 1m)", 3960000 },
	{ "a[5m * 2]", 600000 }, { "a @ 5", INT64_MAX }, { "a @ end()",
	    300000 },
	{ "sum(a) + rate(b[2h])", 7200000 },
};

START_TEST(looks_back)
{
	struct arena a = { 0 };
	struct err e = { 0 };
	const struct pexpr *x = promql_parse(str_of(backs[_i].in), &all, &a,
	    &e);

	ck_assert_ptr_nonnull(x);
	ck_assert_int_eq(promql_lookbehind_ms(x, 300000), backs[_i].ms);
	promql_release(x);
	arena_free(&a);
}
END_TEST

START_TEST(prints_over_several_lines)
{
	struct arena a = { 0 };
	struct buf b = { 0 };
	struct err e = { 0 };
	const struct pexpr *x = promql_parse(STR("sum by (job, instance) "
	    "(rate(http_requests_total{code=~\"5..\",job=\"api\"}[5m])) / "
	    "sum by (job, instance) (rate(http_requests_total[5m]))"), &all,
	    &a, &e);

	ck_assert_ptr_nonnull(x);
	promql_print_pretty(x, &b);
	ck_assert_str_eq(buf_cstr(&b),
	    "  sum by (job, instance) (rate(http_requests_total"
	    "{code=~\"5..\",job=\"api\"}[5m]))\n/\n"
	    "  sum by (job, instance) (rate(http_requests_total[5m]))");
	promql_release(x);
	buf_release(&b);
	arena_free(&a);
}
END_TEST

#define ROWS(a)	(int)(sizeof(a) / sizeof((a)[0]))

int
main(void)
{
	Suite *s = suite_create("promql syntax");
	TCase *c = tcase_create("promql syntax");
	SRunner *r;
	int bad_tests;

	tcase_add_loop_test(c, prints, 0, ROWS(good));
	tcase_add_loop_test(c, refuses, 0, ROWS(bad));
	tcase_add_loop_test(c, features_are_off, 0, ROWS(gated));
	tcase_add_loop_test(c, nesting_is_bounded, 0, ROWS(openers));
	tcase_add_test(c, chains_are_bounded);
	tcase_add_loop_test(c, looks_back, 0, ROWS(backs));
	tcase_add_test(c, prints_over_several_lines);
	suite_add_tcase(s, c);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	bad_tests = srunner_ntests_failed(r);
	srunner_free(r);
	return bad_tests != 0;
}
