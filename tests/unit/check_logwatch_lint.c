/*
 * ts-logwatch: which patterns let who words a line choose the address.
 */
#include <check.h>
#include <stdlib.h>

#include "../../tools/ts-logwatch/grok.h"
#include "../../tools/ts-logwatch/lint.h"

#define ROWS(a)	(int)(sizeof(a) / sizeof((a)[0]))
#define BOTH	(LINT_START | LINT_TEXT)

static const struct { const char *pattern; unsigned want; } patterns[] = {
	/* the line or its begin is given */
	{ "^failed login of (?<user>.*) from %{IP:ip}$", 0 },
	{ "^failed login of (?<user>.*) from %{IP:ip} port \\d+$", 0 },
	{ "^failed login of (?<user>.*) from %{IP:ip}(?: port \\d+)?\\s*$", 0 },
	{ "^failed login of (?<user>.*) from %{IP:ip} port \\d+\\z", 0 },
	{ "^failed login of .* from (?<ip>\\S+)$", 0 },
	{ "^%{IP:ip} .* failed", 0 },
	{ "^%{IP:ip} \\S+ [^\"]*\"GET [^\"]*\"", 0 },
	{ "\\A%{IP:ip} failed", 0 },
	{ "^user \\S+ from %{IP:ip} failed", 0 },
	{ "^(?:error: )?(?:a|b .*) x$|^%{IP:ip} y", 0 },
	{ "(?i)^(?:no .*|%{IP:ip} yes)", 0 },
	{ "(?:^a|^b) %{IP:ip}", 0 },
	{ "^.{4} %{IP:ip}", 0 },
	{ "^.*$|^from %{IP:ip} ", 0 },
	{ "^.* from %{IP:ip}(?: port \\d+$| to )", 0 },
	{ "^(?=.*)%{IP:ip} x", 0 },
	/* not here: another capture, another name */
	{ "login of (?<user>.*) from %{IP:peer}", 0 },
	{ "%{IP}", 0 },
	/* the end is given only */
	{ "failed login of \\S+ from %{IP:ip}$", LINT_START },
	{ "%{IP:ip}$", LINT_START },
	{ "(?:^a|b) %{IP:ip}$", LINT_START },
	{ "(?:(?:^a)?b) %{IP:ip}$", LINT_START },
	/* CVE-2006-6302, CVE-2007-4321 and their like */
	{ "failed login of \\S+ from %{IP:ip}", BOTH },
	{ "Failed password for .* from %{IP:ip}", BOTH },
	{ "^failed login of (?<user>.*) from %{IP:ip}", LINT_TEXT },
	{ "^failed login of .+? from %{IP:ip} ", LINT_TEXT },
	{ "^%{DATA:user} from %{IP:ip} ", LINT_TEXT },
	{ "^\"[^\"]*\" from %{IP:ip} ", LINT_TEXT },
	{ "^(?:[^,]|,,)* from %{IP:ip} ", LINT_TEXT },
	{ "^(?:user .*|root) from %{IP:ip} ", LINT_TEXT },
	{ "^[\\w .-]+ from %{IP:ip} ", LINT_TEXT },
	{ "^\\W+%{IP:ip} ", LINT_TEXT },
	{ "^.{1,64} from %{IP:ip} ", LINT_TEXT },
	{ "^user .* from %{IP:ip} .*$", LINT_TEXT },
	{ "^user .* from %{IP:ip} port \\$ [$]", LINT_TEXT },
	{ "^(?:user .* from %{IP:ip}|other$) ", LINT_TEXT },
	{ "^a %{IP:ip} |.* from %{IP:ip}", BOTH },
	/* whatever it is, it ends */
	{ "^(", 0 }, { "^[", 0 }, { "^(?<ip", 0 }, { "^(?<ip>.{", 0 },
	{ "((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((("
	    "((((", 0 }, { "))))", 0 }, { "|||(|)|", 0 }, { "\\", 0 },
};

START_TEST(pattern)
{
	struct grok_set *s = grok_set_new(true);
	struct str text = str_of(patterns[_i].pattern);
	struct err e;
	struct grok *g = grok_compile(s, text, false, &e);
	unsigned got = lint_pattern(g ? grok_regex(g) : text, STR("ip"));

	grok_free(g);
	grok_set_free(s);
	ck_assert_msg(got == patterns[_i].want, "'%s': %u, not %u",
	    patterns[_i].pattern, got, patterns[_i].want);
}
END_TEST

/* A newline that somebody put into a message begins and ends nothing. */
static const struct { const char *pattern, *text; int want; } texts[] = {
	{ "^bad from %{IP:ip}$", "bad from 192.0.2.1", 1 },
	{ "^bad from %{IP:ip}$", "x\nbad from 192.0.2.1", 0 },
	{ "^bad from %{IP:ip}$", "bad from 192.0.2.1\nx", 0 },
	{ "^bad from %{IP:ip}$", "bad from 192.0.2.1\n", 0 },
	{ "^(?<u>.*) from %{IP:ip}$", "a\nb from 192.0.2.1", 1 },
};

START_TEST(newline)
{
	struct grok_set *s = grok_set_new(true);
	struct str value[GROK_FIELDS_MAX];
	struct err e;
	struct grok *g = grok_compile_text(s, str_of(texts[_i].pattern),
	    false, &e);

	ck_assert_ptr_nonnull(g);
	ck_assert_int_eq(grok_match(g, str_of(texts[_i].text), value),
	    texts[_i].want);
	grok_free(g);
	grok_set_free(s);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("logwatch lint");
	TCase *t = tcase_create("logwatch lint");
	SRunner *r;
	int failed;

	tcase_add_loop_test(t, pattern, 0, ROWS(patterns));
	tcase_add_loop_test(t, newline, 0, ROWS(texts));
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
