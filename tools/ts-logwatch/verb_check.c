/* check: whether files are right. */
#include "lint.h"
#include "watch.h"

int
verb_check(struct tool *t, int argc, char **argv)
{
	struct watch *w = t->self;
	int status = EXIT_YES, i;

	if (argc == 0)
		return tool_usage(t, "check needs a file");
	for (i = 0; i < argc; i++) {
		struct watch one = { .t = t, .opt.max_line =
		    w->opt.max_line };

		vec_push(&one.opt.rules, argv[i]);
		t->config = NULL;
		if (watch_open(&one) != EXIT_YES ||
		    lint_rules(one.rules, true) > 0)
			status = EXIT_NO;
		watch_close(&one);
	}
	return status;
}
