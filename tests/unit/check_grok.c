/*
 * The groups of tests/data/grok: a pattern, a line, and the fields that the
 * pattern takes from it.
 *	ecs %{PATTERN}		or legacy %{PATTERN}
 *	the line, with \t, \n and \\
 *	{"field":…} or null
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "../../tools/ts-logwatch/grok.h"
#include "../../tools/ts-logwatch/printer.h"
#include "core/io.h"
#include "json/tree.h"

static const char *const files[] = { "patterns", "syntax" };

static struct arena arena;

/* \t \n \\ */
static struct str
unescape(struct str s)
{
	struct buf b = { 0 };
	struct str out;
	size_t i;

	for (i = 0; i < s.n; i++) {
		if (s.p[i] != '\\' || i + 1 == s.n) {
			(void)buf_putc(&b, s.p[i]);
			continue;
		}
		i++;
		(void)buf_putc(&b, s.p[i] == 't' ? '\t' : s.p[i] == 'n' ?
		    '\n' : s.p[i]);
	}
	out = arena_str(&arena, buf_str(&b));
	buf_release(&b);
	return out;
}

/* What the pattern takes of the line, as JSON; a message joins the line. */
static void
take(struct grok_set *set, struct str pattern, struct str line,
    struct buf *out)
{
	struct event ev = { .arena = &arena };
	struct printer *p = printer_new(false);
	struct str value[GROK_FIELDS_MAX];
	struct err e = { 0 };
	struct grok *g = grok_compile(set, pattern, false, &e);

	if (g == NULL) {
		(void)buf_printf(out, "\"%s\"\n", e.msg);
		goto out;
	}
	event_reset(&ev, line);
	if (grok_match(g, line, value) == 1) {
		ev.message = VALUE_STR(line);
		grok_store(g, value, &ev);
		if (ev.message.kind == VAL_STR)
			ev.message = VALUE_NONE;
		printer_put_fields(p, &ev, out);
	} else {
		(void)buf_put(out, STR("null\n"));
	}
out:
	grok_free(g);
	event_release(&ev);
	printer_free(p);
}

static bool
same(struct str a, struct str b)
{
	struct err e;
	json_t *x = json_tree(a, &e), *y = json_tree(b, &e);
	bool eq = x != NULL && y != NULL && json_equal(x, y);

	json_decref(x);
	json_decref(y);
	return eq || str_eq(a, b);
}

START_TEST(groups)
{
	struct buf text = { 0 }, got = { 0 };
	struct str rest, line, kind, pattern, input, want;
	struct grok_set *set;
	unsigned n = 0, at = 0;
	struct err e;
	char path[64];

	(void)snprintf(path, sizeof(path), "tests/data/grok/%s.test",
	    files[_i]);
	ck_assert_int_eq(io_read_file(path, 1 << 20, &text, &e), 0);
	rest = buf_str(&text);
	while (rest.n > 0) {
		rest = str_cut(rest, '\n', &line);
		at++;
		if (line.n == 0 || line.p[0] == '#')
			continue;
		pattern = str_cut(line, ' ', &kind);
		rest = str_cut(rest, '\n', &input);
		rest = str_cut(rest, '\n', &want);
		set = grok_set_new(str_eq(kind, STR("ecs")));
		buf_reset(&got);
		take(set, pattern, unescape(input), &got);
		got.n--;
		ck_assert_msg(same(buf_str(&got), want),
		    "%s:%u: " STR_FMT "\n" STR_FMT "\ngot:\n%s", path, at,
		    STR_ARG(input), STR_ARG(want), buf_cstr(&got));
		grok_set_free(set);
		at += 2;
		n++;
	}
	ck_assert_uint_gt(n, 20);
	buf_release(&text);
	buf_release(&got);
	arena_free(&arena);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("grok");
	TCase *tc = tcase_create("grok");
	SRunner *sr;
	int failed;

	tcase_add_loop_test(tc, groups, 0,
	    (int)(sizeof(files) / sizeof(files[0])));
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed != 0;
}
