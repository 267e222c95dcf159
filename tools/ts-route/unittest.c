/*
 * test -f: files, verdicts, the JUnit report.
 */
#include "unittest.h"

#include "core/clk.h"
#include "tool/junit.h"

struct ut_session {
	struct tool *t;
	struct arena arena;		/* of the cases */
	VEC(struct junit_case) cases;
	struct buf failures;		/* of the file at hand */
};

static void
broken(struct ut_session *s, const struct err *e)
{
	diag_err(e);
	(void)buf_printf(&s->failures, "    %s:%u:%u: %s\n",
	    e->file ? e->file : "", e->line, e->col, e->msg);
}

static void
run_test(struct ut_session *s, const char *path, const struct ut_test *t)
{
	double start = clk_mono_s();
	size_t before = s->failures.n;
	struct junit_case c = { .file = path };
	struct err e = { 0 };

	if (ut_test_run(s->t->self, t, &s->failures, &e) == -1)
		broken(s, &e);
	c.name = arena_str(&s->arena, t->name);
	c.seconds = clk_mono_s() - start;
	c.failure = arena_str(&s->arena, str_sub(buf_str(&s->failures),
	    before, s->failures.n));
	vec_push(&s->cases, c);
}

/* True: all of it passed. */
static bool
run_file(struct ut_session *s, const char *path)
{
	struct buf *out = io_writer_buf(s->t->out);
	struct arena a = { 0 };
	struct err e = { 0 };
	struct ut_file *f = ut_file_load(path, &a, &e);
	const struct ut_test *t;
	size_t i;

	buf_reset(&s->failures);
	if (f == NULL) {
		broken(s, &e);
		vec_push(&s->cases, (struct junit_case){ .file = path,
		    .failure = arena_str(&s->arena, buf_str(&s->failures)) });
	}
	t = f ? f->tests.p : NULL;
	for (i = 0; f && i < f->tests.n; i++)
		run_test(s, path, &t[i]);
	(void)buf_printf(out, "Unit Testing:  %s\n%s\n" STR_FMT "\n", path,
	    s->failures.n ? "  FAILED:" : "  SUCCESS",
	    STR_ARG(buf_str(&s->failures)));
	arena_free(&a);
	return s->failures.n == 0;
}

int
unittest_files(struct tool *t, int argc, char **argv)
{
	struct route_tool *rt = t->self;
	struct ut_session s = { .t = t };
	struct err e = { 0 };
	int i, status = EXIT_YES;

	if (argc == 0)
		return tool_usage(t, "test -f needs test files");
	if (route_config(t, rt) == -1)
		return EXIT_USAGE;
	for (i = 0; i < argc; i++)
		if (!run_file(&s, argv[i]))
			status = EXIT_NO;
	if (rt->junit && junit_write(rt->junit, "routes", s.cases.p,
	    s.cases.n, &e) == -1) {
		diag_err(&e);
		status = EXIT_TROUBLE;
	}
	vec_release(&s.cases);
	buf_release(&s.failures);
	arena_free(&s.arena);
	return tool_finish(t, status);
}
