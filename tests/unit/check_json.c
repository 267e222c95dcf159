/*
 * The reader against rows and against jansson; the writer's bytes.
 */
#include <check.h>
#include <math.h>
#include <stdlib.h>

#include "json/read.h"
#include "json/tree.h"
#include "json/write.h"

/* Tokens as one line: { [ } ] key: "str" num t f n, ! at the end when bad. */
static void
tokens(struct str text, struct buf *out, struct jr *r, struct arena *a)
{
	static const char *const plain[] = {
		[JR_OBJ] = "{", [JR_OBJ_END] = "}", [JR_ARR] = "[",
		[JR_ARR_END] = "]", [JR_TRUE] = "t", [JR_FALSE] = "f",
		[JR_NULL] = "n"
	};
	enum jr_tok tok;

	jr_init(r, text, a);
	while ((tok = jr_next(r)) != JR_END && tok != JR_BAD) {
		if (tok == JR_KEY)
			(void)buf_printf(out, STR_FMT ":", STR_ARG(r->str));
		else if (tok == JR_STR)
			(void)buf_printf(out, "'" STR_FMT "'",
			    STR_ARG(r->str));
		else if (tok == JR_NUM)
			(void)buf_printf(out, "%g ", r->num);
		else
			(void)buf_put(out, str_of(plain[tok]));
	}
	if (tok == JR_BAD)
		(void)buf_printf(out, "!%zu %s", r->start, r->why);
}

static const struct { const char *text, *tokens; } reads[] = {
	{ "{\"a\":[1,-2.5e3,true,false,null,{}],\"b\":\"\"}",
	    "{a:[1 -2500 tfn{}]b:''}" },
	{ " [ ] ", "[]" }, { "0", "0 " }, { "1e400", "inf " },
	{ "\"\\u0041\\n\\/\\\"\\\\\\ud83d\\ude00\"",
	    "'A\n/\"\\\xf0\x9f\x98\x80'" },
	{ "\"12345678abcdefgh\\tx\"", "'12345678abcdefgh\tx'" },
	{ "", "!0 the end instead of a value" },
	{ "[1,]", "[1 !3 no value" },
	{ "{\"a\" 1}", "{!5 no ':' behind a key" },
	{ "{\"a\":1,}", "{a:1 !7 no key" },
	{ "{1:2}", "{!1 no key" },
	{ "[1 2]", "[1 !3 no ',' or ']' in an array" },
	{ "{\"a\":1]", "{a:1 !6 no ',' or '}' in an object" },
	{ "[01]", "[!1 a wrong number" }, { "[.5]", "[!1 no value" },
	{ "-", "!0 a wrong number" }, { "NaN", "!0 no value" },
	{ "-Infinity", "!0 a wrong number" }, { "+1", "!0 no value" },
	{ "tru", "!0 no value" }, { "truex", "!0 no value" },
	{ "1 2", "1 !2 text behind the value" },
	{ "[1", "[1 !2 the end inside a value" },
	{ "\"abc", "!4 the end inside a string" },
	{ "\"abc\\", "!5 the end inside a string" },
	{ "\"12345678\nx\"", "!9 a control byte in a string" },
	{ "\"\\x\"", "!1 an unknown escape in a string" },
	{ "\"\\ud800\"", "!1 a bad \\u escape in a string" },
	{ "\"\\ude00\\ud83d\"", "!1 a bad \\u escape in a string" },
	{ "\"\\u12\"", "!1 a bad \\u escape in a string" },
	{ "\"a\xc3\"", "!2 invalid UTF-8" },
	{ "\"\xed\xa0\x80\"", "!1 invalid UTF-8" },
	{ "\"\xc0\x80\"", "!1 invalid UTF-8" },
};

START_TEST(reading)
{
	struct buf out = { 0 };
	struct arena a = { 0 };
	struct jr r;

	tokens(str_of(reads[_i].text), &out, &r, &a);
	ck_assert_str_eq(buf_cstr(&out), reads[_i].tokens);
	buf_release(&out);
	arena_free(&a);
}
END_TEST

/* What jansson takes we take, and the other way round (depth aside). */
static void
agrees_with_jansson(struct str text, struct arena *a)
{
	struct buf out = { 0 };
	struct err e;
	struct jr r;
	json_t *j;

	tokens(text, &out, &r, a);
	j = json_tree(text, &e);
	/* jansson refuses numbers that are too large for it, and \u0000 keys */
	if ((j != NULL) != (r.why == NULL) && (r.why != NULL ||
	    (str_find(str_of(e.msg), STR("too big")) < 0 &&
	    str_find(str_of(e.msg), STR("overflow")) < 0 &&
	    str_find(str_of(e.msg), STR("NUL byte")) < 0)))
		ck_abort_msg(STR_FMT ": %s, jansson %s", STR_ARG(text),
		    r.why ? r.why : "fine", j ? "fine" : e.msg);
	json_decref(j);
	buf_release(&out);
}

START_TEST(against_jansson)
{
	static const char from[] = "{\"a\":[1.5e3,\"\\u00e9\\\"\xc3\xa9"
	    "12345678\",true,null,{}],\"b\":-0}";
	static const char bytes[] = "0123456789-+.eE\"\\,:[]{} \tnultrfa/\x01\xc3";
	char copy[sizeof(from) + 1];
	struct arena a = { 0 };
	size_t n = sizeof(from) - 1, i, k;

	for (i = 0; i < n; i++) {
		for (k = 0; k < sizeof(bytes) - 1; k++) {
			memcpy(copy, from, n);
			copy[i] = bytes[k];
			agrees_with_jansson((struct str){ copy, n }, &a);
			memcpy(copy + i + 1, from + i, n - i);
			agrees_with_jansson((struct str){ copy, n + 1 }, &a);
		}
		agrees_with_jansson((struct str){ from, i }, &a);
		arena_reset(&a);
	}
	arena_free(&a);
}
END_TEST

START_TEST(depth)
{
	char text[2 * JR_DEPTH_MAX + 2];
	struct arena a = { 0 };
	struct buf out = { 0 };
	struct jr r;

	memset(text, '[', JR_DEPTH_MAX);
	memset(text + JR_DEPTH_MAX, ']', JR_DEPTH_MAX);
	tokens((struct str){ text, 2 * JR_DEPTH_MAX }, &out, &r, &a);
	ck_assert_ptr_null(r.why);
	memset(text, '[', JR_DEPTH_MAX + 1);
	tokens((struct str){ text, 2 * JR_DEPTH_MAX }, &out, &r, &a);
	ck_assert_str_eq(r.why, "nested too deep");
	ck_assert_uint_eq(r.start, JR_DEPTH_MAX);
	buf_release(&out);
}
END_TEST

START_TEST(skipping)
{
	struct str raw, text = STR("{\"a\":{\"b\":[1,{}]} ,\"c\": \"x\" }");
	struct arena a = { 0 };
	struct err e;
	struct jr r;

	jr_init(&r, text, &a);
	ck_assert_int_eq(jr_next(&r), JR_OBJ);
	ck_assert_int_eq(jr_next(&r), JR_KEY);
	ck_assert_int_eq(jr_skip(&r, JR_KEY), 0);
	ck_assert_int_eq(jr_next(&r), JR_KEY);
	ck_assert_int_eq(jr_raw(&r, &raw), 0);
	ck_assert(str_eq(raw, STR("\"x\"")));
	ck_assert_int_eq(jr_next(&r), JR_OBJ_END);
	ck_assert_int_eq(jr_err(&r, "more", &e), -1);
	ck_assert_str_eq(e.msg, "expected more");
	ck_assert_uint_eq(e.col, text.n);
	ck_assert_int_eq(jr_next(&r), JR_END);
}
END_TEST

START_TEST(bare_words)
{
	struct str text = STR("[NaN,-Inf,+inf,Infinity,1,-2]");
	struct arena a = { 0 };
	struct jr r;

	jr_init(&r, text, &a);
	r.bare_nonfinite = true;
	ck_assert_int_eq(jr_next(&r), JR_ARR);
	ck_assert_int_eq(jr_next(&r), JR_NUM);
	ck_assert(isnan(r.num));
	ck_assert_uint_eq(r.bare_at, 2);
	ck_assert_int_eq(jr_next(&r), JR_NUM);
	ck_assert(r.num < 0 && isinf(r.num));
	ck_assert_int_eq(jr_next(&r), JR_NUM);
	ck_assert_int_eq(jr_next(&r), JR_NUM);
	ck_assert(r.num > 0 && isinf(r.num));
	ck_assert_int_eq(jr_next(&r), JR_NUM);
	ck_assert_int_eq(jr_next(&r), JR_NUM);
	ck_assert_double_eq(r.num, -2);
	ck_assert_int_eq(jr_next(&r), JR_ARR_END);
}
END_TEST

/* The bytes of Go's encoding/json. */
/* Texts of any length: what is plain is copied, and nothing else is. */
START_TEST(plain_or_not)
{
	char text[42];
	struct buf out = { 0 };
	size_t n, at;
	int c;

	for (n = 1; n < 40; n++)
		for (at = 0; at < n; at++)
			for (c = 0; c < 256; c++) {
				bool html = strchr("<>&", c) && c != 0;
				bool odd = c < ' ' || c > 0x7f || c == '"' ||
				    c == '\\' || (_i == 1 && html);

				memset(text, 'a', sizeof(text));
				text[0] = text[n + 1] = '"';
				text[at + 1] = (char)c;
				buf_reset(&out);
				json_put_str(&out, (struct str){ text + 1, n },
				    _i == 1);
				ck_assert_msg(str_eq(buf_str(&out),
				    (struct str){ text, n + 2 }) != odd,
				    "byte %d at %zu of %zu", c, at, n);
			}
	buf_release(&out);
}
END_TEST

static const struct { const char *in, *plain, *html; } strings[] = {
	{ "abc", "\"abc\"", "\"abc\"" },
	{ "a\"b\\c/d", "\"a\\\"b\\\\c/d\"", "\"a\\\"b\\\\c/d\"" },
	{ "\b\f\n\r\t\x01\x1f\x7f", "\"\\b\\f\\n\\r\\t\\u0001\\u001f\x7f\"",
	    "\"\\b\\f\\n\\r\\t\\u0001\\u001f\x7f\"" },
	{ "<a&b>", "\"<a&b>\"", "\"\\u003ca\\u0026b\\u003e\"" },
	{ "\xe2\x80\xa8\xe2\x80\xa9\xc3\xa9", "\"\\u2028\\u2029\xc3\xa9\"",
	    "\"\\u2028\\u2029\xc3\xa9\"" },
	{ "\xff\xc3(\xef\xbf\xbd", "\"\\ufffd\\ufffd(\xef\xbf\xbd\"",
	    "\"\\ufffd\\ufffd(\xef\xbf\xbd\"" },
	{ "12345678\"2345678\n", "\"12345678\\\"2345678\\n\"",
	    "\"12345678\\\"2345678\\n\"" },
};

START_TEST(writing_strings)
{
	struct buf out = { 0 };

	json_put_str(&out, str_of(strings[_i].in), false);
	ck_assert_str_eq(buf_cstr(&out), strings[_i].plain);
	buf_reset(&out);
	json_put_str(&out, str_of(strings[_i].in), true);
	ck_assert_str_eq(buf_cstr(&out), strings[_i].html);
	buf_release(&out);
}
END_TEST

/* Each byte at each place of the steps of 16 and 8, and read back. */
START_TEST(every_byte)
{
	struct buf out = { 0 };
	struct arena a = { 0 };
	char text[43];
	struct jr r;
	size_t at;
	int c;

	for (c = 1; c < 0x100; c++) {
		char low = (char)(c & 0x7f ? c & 0x7f : '<');
		bool html = c & 0x80;

		for (at = 0; at < sizeof(text); at++) {
			memset(text, 'x', sizeof(text));
			text[at] = low;
			buf_reset(&out);
			json_put_str(&out, (struct str){ text, sizeof(text) },
			    html);
			ck_assert(!html || strpbrk(buf_cstr(&out), "<>&") ==
			    NULL);
			jr_init(&r, buf_str(&out), &a);
			ck_assert_int_eq(jr_next(&r), JR_STR);
			ck_assert_int_eq(memcmp(r.str.p, text,
			    sizeof(text)), 0);
		}
		arena_reset(&a);
	}
	buf_release(&out);
	arena_free(&a);
}
END_TEST

START_TEST(writing_values)
{
	struct buf out = { 0 };
	struct jw w = { .out = &out };

	jw_arr(&w);
	jw_num(&w, 0.1);
	jw_num(&w, NAN);
	jw_num(&w, 1e21);
	jw_int(&w, INT64_MIN);
	jw_obj(&w);
	jw_key(&w, STR("a"));
	jw_arr(&w);
	jw_arr_end(&w);
	jw_key(&w, STR("b"));
	jw_bool(&w, true);
	jw_key(&w, STR("c"));
	jw_raw(&w, STR("{\"x\": 1}"));
	jw_obj_end(&w);
	jw_null(&w);
	jw_str(&w, STR("s"));
	jw_arr_end(&w);
	ck_assert_str_eq(buf_cstr(&out), "[0.1,null,1e+21,"
	    "-9223372036854775808,{\"a\":[],\"b\":true,\"c\":{\"x\": 1}},"
	    "null,\"s\"]");
	buf_release(&out);
}
END_TEST

START_TEST(trees)
{
	struct str text = STR("{\"z\":[1,1.5,\"\\u00e9\",true,null],\"a\":{}}");
	struct buf out = { 0 };
	struct err e;
	json_t *j = json_tree(text, &e);

	ck_assert_ptr_nonnull(j);
	ck_assert_int_eq(json_put_tree(&out, j), 0);
	ck_assert_str_eq(buf_cstr(&out),
	    "{\"z\":[1,1.5,\"\xc3\xa9\",true,null],\"a\":{}}");
	ck_assert(json_get_str(j, "z").p == NULL);
	json_decref(j);
	j = json_tree(STR("[18446744073709551615,2]"), &e);
	ck_assert(json_number_value(json_array_get(j, 0)) == 0x1p64);
	ck_assert(json_number_value(json_array_get(j, 1)) == 2);
	json_decref(j);
	ck_assert_ptr_null(json_tree(STR("[1,\n2,]"), &e));
	ck_assert_uint_eq(e.line, 2);
	buf_release(&out);
}
END_TEST

#define COUNT(a)	((int)(sizeof(a) / sizeof((a)[0])))

int
main(void)
{
	Suite *s = suite_create("json");
	TCase *tc = tcase_create("texts");
	SRunner *sr;
	int failed;

	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, plain_or_not, 0, 2);
	tcase_add_loop_test(tc, reading, 0, COUNT(reads));
	tcase_add_test(tc, against_jansson);
	tcase_add_test(tc, depth);
	tcase_add_test(tc, skipping);
	tcase_add_test(tc, bare_words);
	tcase_add_loop_test(tc, writing_strings, 0, COUNT(strings));
	tcase_add_test(tc, every_byte);
	tcase_add_test(tc, writing_values);
	tcase_add_test(tc, trees);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed != 0;
}
