/* check: whether files are right, and what all is not. */
#include "lint.h"
#include "watch.h"

/* A file with more errors is of another kind. */
#define ERRORS_MAX	50

/*
 * The file without what is known to be wrong: true when that is right.  False
 * with *e when there is more.
 */
static bool
is_right(struct tool *t, const char *path, const struct config_wrong *wrong,
    size_t n, bool *lints, struct err *e)
{
	struct watch *w = t->self;
	struct watch one = { .t = t, .opt.max_line = w->opt.max_line,
	    .config = { .wrong = wrong, .nwrong = n } };
	bool ok;

	vec_push(&one.opt.rules, path);
	ok = watch_load(&one, e) == 0;
	if (ok)
		*lints = lint_rules(one.rules, true) > 0;
	watch_close(&one);
	return ok;
}

static bool
check_file(struct tool *t, const char *path)
{
	struct config_wrong wrong[ERRORS_MAX];
	struct err e;
	bool lints = false;
	size_t n = 0;

	while (e = (struct err){ 0 }, !is_right(t, path, wrong, n, &lints,
	    &e)) {
		/* No error: one of a kind that cannot be left out. */
		if (e.kind == ERR_NONE)
			break;
		diag_err(&e);
		if (e.line == 0 || n == ERRORS_MAX || (n > 0 &&
		    wrong[n - 1].line == e.line && wrong[n - 1].col == e.col))
			return false;
		wrong[n++] = (struct config_wrong){ e.line, e.col };
	}
	return n == 0 && !lints;
}

int
verb_check(struct tool *t, int argc, char **argv)
{
	int status = EXIT_YES, i;

	if (argc == 0)
		return tool_usage(t, "check needs a file");
	t->config = NULL;
	for (i = 0; i < argc; i++)
		if (!check_file(t, argv[i]))
			status = EXIT_NO;
	return status;
}
