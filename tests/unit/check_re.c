/*
 * RE2's meaning on PCRE2: what is refused and where, what matches, Go's
 * Expand and ReplaceAll, and the limits.
 */
#include <check.h>
#include <stdlib.h>

#include "core/mem.h"
#include "re/re.h"

#define COUNT(a)	((int)(sizeof(a) / sizeof((a)[0])))

static const struct { const char *pattern; unsigned col; const char *why; }
bad_rows[] = {
	{ "a**", 2, "invalid nested repetition operator: `**`" },
	{ "a*+", 2, "invalid nested repetition operator: `*+`" },
	{ "a{2}{3}", 2, "invalid nested repetition operator: `{2}{3}`" },
	{ "*", 1, "missing argument to repetition operator: `*`" },
	{ "(*)", 2, "missing argument to repetition operator: `*`" },
	{ "a|+", 3, "missing argument to repetition operator: `+`" },
	{ "x{1001}", 2, "invalid repeat count: `{1001}`" },
	{ "x{3,2}", 2, "invalid repeat count: `{3,2}`" },
	{ "(a{100}){11}", 9, "invalid repeat count: `{11}`" },
	{ "a(?=b)", 2, "invalid or unsupported Perl syntax: `(?=`" },
	{ "(?!b)", 1, "invalid or unsupported Perl syntax: `(?!`" },
	{ "(?<=b)", 1, "invalid or unsupported Perl syntax: `(?<`" },
	{ "(?>a)", 1, "invalid or unsupported Perl syntax" },
	{ "(?#c)", 1, "invalid or unsupported Perl syntax" },
	{ "(?x)a", 1, "invalid or unsupported Perl syntax" },
	{ "(a)\\1", 4, "invalid escape sequence: `\\1`" },
	{ "\\C", 1, "invalid escape sequence: `\\C`" },
	{ "\\Z", 1, "invalid escape sequence: `\\Z`" },
	{ "\\u0041", 1, "invalid escape sequence: `\\u`" },
	{ "\\x{110000}", 1, "invalid escape sequence" },
	{ "\\\xc3\xa9", 1, "invalid escape sequence: `\\\xc3\xa9`" },
	{ "(a", 1, "missing closing ): `(a`" },
	{ "a)b", 1, "unexpected ): `a)b`" },
	{ "[a", 1, "missing closing ]: `[a`" },
	{ "b[]", 2, "missing closing ]: `[]`" },
	{ "[z-a]", 2, "invalid character class range: `z-a`" },
	{ "[[:foo:]]", 2, "invalid character class range: `[:foo:]`" },
	{ "\\p{Foo}", 1, "invalid character class range" },
	{ "(?P<n-m>x)", 1, "invalid named capture: `(?P<n-m>`" },
	{ "(?P<>x)", 1, "invalid named capture: `(?P<>`" },
	{ "a\xff", 1, "invalid UTF-8" },
	{ "\\", 1, "trailing backslash at end of expression" }
};

START_TEST(refused)
{
	struct err e = { 0 };
	struct re *r = re_compile(str_of(bad_rows[_i].pattern), RE_FULL, &e);

	ck_assert_msg(r == NULL, "'%s' is taken", bad_rows[_i].pattern);
	ck_assert_int_eq(e.kind, ERR_SYNTAX);
	ck_assert_msg(strstr(e.msg, bad_rows[_i].why) != NULL, "'%s': %s",
	    bad_rows[_i].pattern, e.msg);
	ck_assert_uint_eq(e.col, bad_rows[_i].col);
}
END_TEST

static const struct {
	const char *pattern, *text;
	unsigned flags;
	bool match;
} match_rows[] = {
	{ "a.c", "a\nc", RE_FULL, true },
	{ "a.c", "a\nc", RE_FULL | RE_NODOTALL, false },
	{ "(?-s)a.c", "a\nc", RE_FULL, false },
	{ "b", "abc", 0, true },
	{ "b", "abc", RE_FULL, false },
	{ "a|ab", "ab", RE_FULL, true },
	{ "foo|bar", "bar", RE_FULL, true },
	{ "foo|bar", "foobar", RE_FULL, false },
	{ "foo|", "", RE_FULL, true },
	{ "", "", RE_FULL, true },
	{ "", "a", RE_FULL, false },
	{ "a$", "a\n", 0, false },
	{ "(?m)^x$", "y\nx\n", 0, true },
	{ "(?m)^$", "x\n", 0, true },
	{ "abc", "ABC", RE_FULL | RE_NOCASE, true },
	{ "(?i)\xc3\xa9", "\xc3\x89", RE_FULL, true },
	{ "\\d", "\xd9\xa1", RE_FULL, false },
	{ "\\w", "\xc3\xa9", RE_FULL, false },
	{ "\\s", "\v", RE_FULL, false },
	{ "[\\s]", "\v", RE_FULL, false },
	{ "[^\\S]", " ", RE_FULL, true },
	{ "\\v", "\v", RE_FULL, true },
	{ "\\v", "\n", RE_FULL, false },
	{ "x{,3}", "x{,3}", RE_FULL, true },
	{ "a{ 2}", "a{ 2}", RE_FULL, true },
	{ "[[=a=]]", "=]", RE_FULL, true },
	{ "[]a]", "]", RE_FULL, true },
	{ "\\Qa.b\\E+", "a.bbb", RE_FULL, true },
	{ "\\x{e9}", "\xc3\xa9", RE_FULL, true },
	{ "\\101", "A", RE_FULL, true },
	{ "^*a", "a", RE_FULL, true },
	{ "\\W", "\xc3\xa9", RE_FULL, true },
	{ "\\D\\S", "\xc3\xa9\xe4\xb8\xad", RE_FULL, true },
	{ "\\w", "\xc3\xa9", RE_FULL, false },
	{ "\\p{Greek}+", "\xce\xb1\xce\xb2", RE_FULL, true },
	{ "(?P<a>x)(?P<a>y)", "xy", RE_FULL, true },
	{ "(?<=a)b", "ab", RE_PERL, true },
	{ "(a)\\1", "aa", RE_PERL, true }
};

START_TEST(matching)
{
	struct err e = { 0 };
	struct re *r = re_compile(str_of(match_rows[_i].pattern),
	    match_rows[_i].flags, &e);

	ck_assert_msg(r != NULL, "'%s': %s", match_rows[_i].pattern, e.msg);
	ck_assert_msg(re_match(r, str_of(match_rows[_i].text)) ==
	    match_rows[_i].match, "'%s' on '%s'", match_rows[_i].pattern,
	    match_rows[_i].text);
	re_free(r);
}
END_TEST

/* Results of Go's ReplaceAllString. */
static const struct { const char *pattern, *text, *template, *want; }
replace_rows[] = {
	{ "a*", "baac", "x", "xbxcx" },
	{ "a", "banana", "<$0>", "b<a>n<a>n<a>" },
	{ "(\\w+)@(\\w+)", "me@home", "${2}-$1", "home-me" },
	{ "(?P<n>\\w+)@.*", "me@home", "$n", "me" },
	{ "(\\w+)", "me", "$1_x", "" },
	{ "(\\w+)", "me", "${1}_x", "me_x" },
	{ "(a)|(b)", "ab", "[$1$2]", "[a][b]" },
	{ "x", "x", "$$1", "$1" },
	{ "x", "x", "$", "$" },
	{ "x", "x", "${", "${" },
	{ "x", "x", "${a-b}", "${a-b}" },
	{ "(x)", "x", "$01", "" },
	{ "", "\xc3\xa9", "-", "-\xc3\xa9-" },
	{ "b", "aaa", "x", "aaa" },
	{ "(?P<a>x)|(?P<a>y)", "xy", "<$a>", "<x><y>" }
};

START_TEST(replacing)
{
	struct err e = { 0 };
	struct buf out = { 0 };
	struct re *r = re_compile(str_of(replace_rows[_i].pattern), 0, &e);

	ck_assert_ptr_nonnull(r);
	ck_assert_int_eq(re_replace_all(r, str_of(replace_rows[_i].text),
	    str_of(replace_rows[_i].template), &out), 0);
	ck_assert_str_eq(buf_cstr(&out), replace_rows[_i].want);
	buf_release(&out);
	re_free(r);
}
END_TEST

START_TEST(literals)
{
	struct err e;
	struct str lit;
	struct re *r = re_compile(STR("web.01"), RE_FULL, &e);

	ck_assert(!re_is_literal(r, &lit));
	re_free(r);
	r = re_compile(STR("web-01"), RE_FULL, &e);
	ck_assert(re_is_literal(r, &lit));
	ck_assert(str_eq(lit, STR("web-01")));
	re_free(r);
	r = re_compile(STR("a|b"), RE_FULL, &e);
	ck_assert(!re_is_literal(r, &lit));
	ck_assert(str_eq(re_pattern(r), STR("a|b")));
	re_free(r);
}
END_TEST

START_TEST(groups)
{
	struct err e;
	struct str g[4];
	struct re *r = re_compile(STR("(?P<k>\\w+)=(\\d+)?"), 0, &e);

	ck_assert_uint_eq(re_groups(r), 2);
	ck_assert_int_eq(re_group_index(r, STR("k")), 1);
	ck_assert_int_eq(re_group_index(r, STR("v")), -1);
	ck_assert(re_search(r, STR("a=1 b="), 3, g, 4));
	ck_assert(str_eq(g[0], STR("b=")));
	ck_assert(str_eq(g[1], STR("b")));
	ck_assert_ptr_null(g[2].p);
	ck_assert_ptr_null(g[3].p);
	ck_assert(!re_search(r, STR("a=1"), 2, g, 4));
	re_free(r);
}
END_TEST

/* 20,000 names are more than one compiled pattern holds. */
START_TEST(long_alternation)
{
	struct buf p = { 0 };
	struct err e;
	struct re *r;
	int i;

	for (i = 0; i < 20000; i++)
		(void)buf_printf(&p, "%sserver-%d", i ? "|" : "",
		    i);
	r = re_compile(buf_str(&p), RE_FULL, &e);
	ck_assert_ptr_nonnull(r);
	ck_assert(re_match(r, STR("server-19999")));
	ck_assert(!re_match(r, STR("server-20000")));
	re_free(r);
	buf_release(&p);
}
END_TEST

/* What backtracks without end stops at the limit and does not match. */
START_TEST(bounded)
{
	char text[64];
	struct err e;
	struct re *r = re_compile(STR("(x+x+)+y"), RE_FULL, &e);

	memset(text, 'x', sizeof(text));
	ck_assert(!re_match(r, (struct str){ text, sizeof(text) }));
	ck_assert(re_match(r, STR("xxxxy")));
	re_free(r);
}
END_TEST

/* What is needed, joined by '|'. */
static const struct { const char *pattern, *needs; } need_rows[] = {
	{ "^Failed password for (?<user>\\S+) from", "Failed password for " },
	{ "^(?:error: |fatal: )?Invalid user (?<u>.*) from", "Invalid user " },
	{ "(?:first|second) thing", " thing" },
	{ "x(?:first|second)", "first|second" },
	{ "^PAM: (?<user>.*) from ", "PAM: " },
	{ "x(?:first|.*|second)", "" },
	{ "abcdef(?:ghi(?<g>jkl))mn", "abcdefghijklmn" },
	{ "abcdef(?:ghijklmn)?", "abcdef" },
	{ "abcde(?:ghijklmn)+o", "ghijklmn" },
	{ "abcdex*y", "abcde" },
	{ "abcdefg?h", "abcdef" },
	{ "abcdefg+h", "abcdefg" },
	{ "abcdefg{0}h", "abcdef" },
	{ "abcdefg{,3}h", "abcdef" },
	{ "abcdefg{2,3}h", "abcdefg" },
	{ "abcdefg{x}h", "abcdefg{x}h" },
	{ "abc\\bdef\\.ghi\\[", "abcdef.ghi[" },
	{ "abc(?=xyz)def", "abcdef" },
	{ "abc(?!longer than it)def", "abcdef" },
	{ "abc(?<!longer than it)def", "abcdef" },
	{ "(?i)abcdef", "" },
	{ "abcdef(?i)ghijklmnop", "abcdef" },
	{ "(?i:longer than)abcdef", "abcdef" },
	{ "abcdef(?i:longer)(?-i:uvwxyz )", "uvwxyz " },
	{ "(?x)abc def", "" },
	{ "[abcdef]ghijk[]x]lmn", "ghijk" },
	{ "[[:alpha:]]ghijk[^]]lmn", "ghijk" },
	{ "abcdef|ghijkl", "abcdef|ghijkl" },
	{ "abcdef|gh", "" },
	{ "(?<a>abcdef)\\g1", "" },
	{ "abcd\xc3\xa9x", "abcd\xc3\xa9x" },
	{ "abcde\xc3\xa9?x", "abcde" },
	{ "abcd", "" },
	{ "", "" }
};

START_TEST(needs)
{
	struct err e = { 0 };
	struct re *r = re_compile(str_of(need_rows[_i].pattern), RE_RUBY, &e);
	struct buf got = { 0 };
	const struct str *lit;
	size_t i, n;

	ck_assert_msg(r != NULL, "%s: %s", need_rows[_i].pattern, e.msg);
	n = re_needs(r, &lit);
	for (i = 0; i < n; i++) {
		if (i > 0)
			(void)buf_putc(&got, '|');
		(void)buf_put(&got, lit[i]);
	}
	ck_assert_msg(str_eq(buf_str(&got), str_of(need_rows[_i].needs)),
	    "%s: '%s', not '%s'", need_rows[_i].pattern, buf_cstr(&got),
	    need_rows[_i].needs);
	buf_release(&got);
	re_free(r);
}
END_TEST

/* What a match begins with. */
static const struct { const char *pattern, *begin; } begin_rows[] = {
	{ "^Failed password for (?<user>\\S+) from", "Failed password for " },
	{ "(?:^)(?<a>ab)c", "abc" },
	{ "(?:^ab(?:cd?))e", "abc" },
	{ "^ab|cd", "" },
	{ "^(?:ab|cd)", "" },
	{ "(?:^ab)?cd", "" },
	{ "(?:^ab)+cd", "" },
	{ "(?:^)?ab", "" },
	{ "a^b", "" },
	{ "x*^ab", "" },
	{ "^x*ab", "" },
	{ "^ab{2}c", "ab" },
	{ "^(?i)ab", "" },
	{ "^ab(?i)c", "ab" },
	{ "^(?!abx)ab\\.c", "ab.c" },
	{ "(?=^ab)cd", "" },
	{ "^\\bab\\d", "ab" },
	{ "^\\dab", "" },
	{ "ab", "" },
};

START_TEST(begins)
{
	struct err e = { 0 };
	struct re *r = re_compile(str_of(begin_rows[_i].pattern), RE_RUBY,
	    &e);

	ck_assert_msg(r != NULL, "%s: %s", begin_rows[_i].pattern, e.msg);
	ck_assert_msg(str_eq(re_begin(r), str_of(begin_rows[_i].begin)),
	    "%s: '" STR_FMT "', not '%s'", begin_rows[_i].pattern,
	    STR_ARG(re_begin(r)), begin_rows[_i].begin);
	re_free(r);
}
END_TEST

/* A line of t begins with it. */
static bool
begins_line(struct str t, struct str begin)
{
	struct str line;

	while (t.p != NULL) {
		t = str_cut(t, '\n', &line);
		if (str_starts(line, begin))
			return true;
	}
	return false;
}

static const char *
any(unsigned *seed, const char *const *of, size_t n)
{
	*seed = *seed * 1103515245 + 12345;
	return of[*seed / 65536 % n];
}

/* Whatever patterns of these pieces match holds what they need. */
START_TEST(needs_of_any)
{
	static const char *const piece[] = { "abcde", "bcdefg", "cdefgh",
	    "a", "(?:", "(?<n>", "(", ")", ")", ")?", ")+", ")*", "){0,2}",
	    "|", "?", "*", "+", "{2}", ".", "[a-e]", "[^]f]", "\\b", "^",
	    "(?i)", "(?i:", "(?=a", "(?!b", "(?>", ".*", "\\w", "$" };
	static const char *const text[] = { "abcde", "bcdefg", "cdefgh",
	    "a", "b", "f", " ", "ABCDE", "\n", "abcdeabcde" };
	struct buf p = { 0 }, t = { 0 };
	struct err e;
	unsigned seed = (unsigned)_i * 7919 + 1, matched = 0, i, j, k;

	for (i = 0; i < 3000; i++) {
		const struct str *lit;
		struct str begin;
		struct re *r;
		size_t n, at;

		buf_reset(&p);
		for (j = 0; j < 2 + i % 9; j++)
			(void)buf_put(&p, str_of(any(&seed, piece,
			    (size_t)COUNT(piece))));
		r = re_compile(buf_str(&p), RE_RUBY, &e);
		n = r ? re_needs(r, &lit) : 0;
		begin = r ? re_begin(r) : STR_NONE;
		for (j = 0; n + begin.n > 0 && j < 40; j++) {
			buf_reset(&t);
			for (k = 0; k < 1 + j % 6; k++)
				(void)buf_put(&t, str_of(any(&seed, text,
				    (size_t)COUNT(text))));
			if (!re_match(r, buf_str(&t)))
				continue;
			matched++;
			for (at = 0; at < n; at++)
				if (str_find(buf_str(&t), lit[at]) != -1)
					break;
			ck_assert_msg(at < n || n == 0, "'%s' matches '%s'",
			    buf_cstr(&p), buf_cstr(&t));
			ck_assert_msg(begins_line(buf_str(&t), begin),
			    "'%s' matches '%s'", buf_cstr(&p), buf_cstr(&t));
		}
		re_free(r);
	}
	ck_assert_uint_gt(matched, 100);
	buf_release(&p);
	buf_release(&t);
}
END_TEST

START_TEST(deep_groups)
{
	struct buf p = { 0 };
	struct err e;
	struct re *r;
	int i, depth = _i ? 1500 : 900;

	for (i = 0; i < depth; i++)
		(void)buf_putc(&p, '(');
	for (i = 0; i < depth; i++)
		(void)buf_putc(&p, ')');
	r = re_compile(buf_str(&p), RE_FULL, &e);
	ck_assert_int_eq(r != NULL, _i == 0);
	re_free(r);
	buf_release(&p);
}
END_TEST

START_TEST(not_utf8)
{
	struct err e;
	struct re *r = re_compile(STR("a.*b"), 0, &e);

	ck_assert(!re_match(r, STR("\xff\xfe")));
	ck_assert(re_match(r, STR("\xff" "ab\xfe")));
	re_free(r);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("re");
	TCase *tc = tcase_create("re");
	SRunner *sr;
	int failed;

	tcase_add_loop_test(tc, refused, 0, COUNT(bad_rows));
	tcase_add_loop_test(tc, matching, 0, COUNT(match_rows));
	tcase_add_loop_test(tc, replacing, 0, COUNT(replace_rows));
	tcase_add_test(tc, literals);
	tcase_add_test(tc, groups);
	tcase_add_test(tc, long_alternation);
	tcase_add_test(tc, bounded);
	tcase_add_loop_test(tc, needs, 0, COUNT(need_rows));
	tcase_add_loop_test(tc, begins, 0, COUNT(begin_rows));
	tcase_add_loop_test(tc, needs_of_any, 0, 8);
	tcase_add_loop_test(tc, deep_groups, 0, 2);
	tcase_add_test(tc, not_utf8);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed != 0;
}
