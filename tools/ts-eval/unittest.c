/*
 * The verb test: rule unit-test files, with promtool's verdict and exit
 * sense.
 */
#include "unittest.h"

#include "core/clk.h"
#include "core/mem.h"
#include "tool/junit.h"

struct session {
	struct eval *ev;
	struct buf *out;
	struct buf failures;		/* of the file at hand */
	struct buf one;			/* of the test at hand */
	VEC(struct junit_case) outcomes;
	VEC(struct re *) only;		/* --run */
	struct coverage *coverage;	/* NULL: not asked for */
	struct arena arena;
	size_t failed_files;
};

static void
take_failure(void *arg, struct str text)
{
	struct session *s = arg;

	(void)buf_put(&s->one, text);
}

static bool
selected(const struct session *s, struct str name)
{
	size_t i;

	for (i = 0; i < s->only.n; i++)
		if (re_search(s->only.p[i], name, 0, NULL, 0))
			return true;
	return s->only.n == 0;
}

static void
run_test(struct session *s, const struct ut_file *f, const struct ut_test *t)
{
	double start = clk_mono_s();
	struct junit_case o = { .file = f->path };

	buf_reset(&s->one);
	(void)ut_test_run(s->ev, f, t, s->coverage, take_failure, s);
	(void)buf_put(&s->failures, buf_str(&s->one));
	o.name = arena_str(&s->arena, t->name);
	o.seconds = clk_mono_s() - start;
	o.failure = arena_str(&s->arena, buf_str(&s->one));
	vec_push(&s->outcomes, o);
}

static void
put_verdict(struct session *s)
{
	if (s->failures.n == 0) {
		(void)buf_put(s->out, STR("  SUCCESS\n\n"));
		return;
	}
	s->failed_files++;
	(void)buf_put(s->out, STR("  FAILED:\n"));
	(void)buf_put(s->out, buf_str(&s->failures));
	(void)buf_putc(s->out, '\n');
}

static void
run_file(struct session *s, const char *path)
{
	struct arena a = { 0 };
	struct err e = { 0 };
	struct ut_file *f;
	size_t i;

	(void)buf_printf(s->out, "Unit Testing:  %s\n", path);
	buf_reset(&s->failures);
	f = ut_file_load(path, s->ev->opt.ignore_unknown, &a, &e);
	if (f == NULL) {
		diag_err(&e);
		if (e.line)
			(void)buf_printf(&s->failures, "    %s:%u:%u: ", path,
			    e.line, e.col);
		(void)buf_printf(&s->failures, "%s%s\n", e.line ? "" :
		    "    ", e.msg);
	}
	for (i = 0; f && i < f->tests.n; i++) {
		const struct ut_test *t = (const struct ut_test *)
		    f->tests.p + i;

		if (selected(s, t->name))
			run_test(s, f, t);
	}
	put_verdict(s);
	arena_free(&a);
}

/* ---- the verb ---- */

static int
compile_only(struct session *s, struct err *e)
{
	size_t i;

	for (i = 0; i < s->ev->opt.run.n; i++) {
		struct re *r = re_compile(str_of(s->ev->opt.run.p[i]), 0, e);

		if (r == NULL)
			return err_prefix(e, "--run '%s'",
			    s->ev->opt.run.p[i]);
		vec_push(&s->only, r);
	}
	return 0;
}

static void
session_release(struct session *s)
{
	size_t i;

	for (i = 0; i < s->only.n; i++)
		re_free(s->only.p[i]);
	vec_release(&s->only);
	vec_release(&s->outcomes);
	coverage_free(s->coverage);
	buf_release(&s->failures);
	buf_release(&s->one);
	arena_free(&s->arena);
}

int
verb_test(struct tool *t, int argc, char **argv)
{
	struct eval *ev = t->self;
	struct session s = { .ev = ev, .out = io_writer_buf(t->out) };
	struct err e = { 0 };
	int i, status = EXIT_YES;

	if (argc == 0)
		return tool_usage(t, "test needs test files");
	if (compile_only(&s, &e) == -1) {
		diag_err(&e);
		session_release(&s);
		return EXIT_USAGE;
	}
	if (ev->opt.coverage)
		s.coverage = coverage_new();
	for (i = 0; i < argc; i++) {
		run_file(&s, argv[i]);
		(void)tool_flush(t);
	}
	if (s.coverage)
		(void)coverage_print(s.coverage, s.out);
	if (s.failed_files)
		status = EXIT_NO;
	if (ev->opt.junit && junit_write(ev->opt.junit, "rules",
	    s.outcomes.p, s.outcomes.n, &e) == -1) {
		diag_err(&e);
		status = EXIT_TROUBLE;
	}
	session_release(&s);
	return status;
}
