/*
 * The screen of ts-logwatch's patterns: its one pass tells the same as a
 * search for each literal.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "../../tools/ts-logwatch/screen.h"
#include "core/buf.h"

#define COUNT(a)	((int)(sizeof(a) / sizeof((a)[0])))

static const char *const words[] = {
	"Failed password for ", "Invalid user ", "Accepted ", " from ",
	"Connection closed by ", "session opened for user ", "Failed ",
	"password", "ed pa", "aaaaaaaa", "aaaaa", "\xc3\xa9t\xc3\xa9s",
	"Failed password for invalid",
};

static struct screen *
screen_of(int from, int to, uint64_t *bit)
{
	struct screen *s = screen_new();
	int i;

	for (i = from; i < to; i++)
		bit[i] = screen_add(s, str_of(words[i]));
	return s;
}

static void
agree(const struct screen *s, int from, int to, const uint64_t *bit,
    struct str text)
{
	uint64_t want = SCREEN_ALWAYS;
	int i;

	for (i = from; i < to; i++)
		if (str_find(text, str_of(words[i])) != -1)
			want |= bit[i];
	ck_assert_msg(screen_look(s, text) == want, "'" STR_FMT "'",
	    STR_ARG(text));
}

/* Each literal alone, at each place, cut short; then texts of pieces. */
START_TEST(exact)
{
	uint64_t bit[COUNT(words)];
	int from = _i, to = COUNT(words), i;
	struct screen *s = screen_of(from, to, bit);
	struct buf t = { 0 };
	unsigned seed = 1;
	size_t pad, cut;

	for (i = from; i < to; i++)
		for (pad = 0; pad < 9; pad++)
			for (cut = 0; cut < 2; cut++) {
				struct str w = str_of(words[i]);

				buf_reset(&t);
				(void)buf_put(&t, str_sub(STR("123456789"),
				    0, pad));
				(void)buf_put(&t, str_sub(w, 0, w.n - cut));
				agree(s, from, to, bit, buf_str(&t));
			}
	for (i = 0; i < 20000; i++) {
		if (i % 7 == 0)
			buf_reset(&t);
		seed = seed * 1103515245 + 12345;
		(void)buf_put(&t, str_sub(str_of(words[seed / 65536 %
		    COUNT(words)]), seed >> 29, SIZE_MAX));
		agree(s, from, to, bit, buf_str(&t));
	}
	agree(s, from, to, bit, STR(""));
	buf_release(&t);
	screen_free(s);
}
END_TEST

/* Of more than bits: none is missed, however they share them. */
START_TEST(many)
{
	static char text[6000][24];
	static uint64_t bit[6000];
	struct screen *s = screen_new();
	int i;

	for (i = 0; i < COUNT(text); i++) {
		(void)snprintf(text[i], sizeof(text[i]), "%05d literal", i);
		bit[i] = screen_add(s, str_of(text[i]));
		ck_assert_uint_eq(screen_add(s, str_of(text[i])), bit[i]);
	}
	for (i = 0; i < COUNT(text); i++)
		ck_assert((screen_look(s, str_of(text[i])) & bit[i]) != 0);
	ck_assert_uint_eq(screen_look(s, STR("no such line at all")),
	    SCREEN_ALWAYS);
	screen_free(s);
}
END_TEST

/* At the begin and nowhere else; those that begin alike, too. */
START_TEST(begins)
{
	static char text[6000][24];
	static uint64_t bit[6000];
	struct screen *s = screen_new();
	uint64_t all = 0, one = screen_add_begin(s, STR("Fail")),
	    two = screen_add_begin(s, STR("Failed password"));
	int i;

	ck_assert_uint_eq(screen_add_begin(s, STR("Fail")), one);
	ck_assert_uint_ne(one, two);
	ck_assert_uint_eq(screen_begins(s, STR("Failed pass")), one);
	ck_assert_uint_eq(screen_begins(s, STR("Failed passwords")),
	    one | two);
	ck_assert_uint_eq(screen_begins(s, STR("a Failed password")), 0);
	ck_assert_uint_eq(screen_begins(s, STR("Fai")), 0);
	ck_assert_uint_eq(screen_begins(s, STR("")), 0);
	ck_assert_uint_eq(screen_all_begins(s), one | two);
	for (i = 0; i < COUNT(text); i++) {
		(void)snprintf(text[i], sizeof(text[i]), "%05d literal", i);
		all |= bit[i] = screen_add_begin(s, str_of(text[i]));
	}
	for (i = 0; i < COUNT(text); i++)
		ck_assert((screen_begins(s, str_of(text[i])) & bit[i]) != 0 ||
		    bit[i] == SCREEN_ALWAYS);
	ck_assert_uint_eq((all | one | two) & ~SCREEN_ALWAYS,
	    screen_all_begins(s));
	screen_free(s);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("screen");
	TCase *tc = tcase_create("screen");
	SRunner *sr;
	int failed;

	tcase_add_loop_test(tc, exact, 0, COUNT(words) - 1);
	tcase_add_test(tc, many);
	tcase_add_test(tc, begins);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed != 0;
}
