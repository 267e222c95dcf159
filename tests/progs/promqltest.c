/*
 * promqltest: run scripts of the .test language against our own evaluator.
 *	promqltest [-1q] FILE...
 *	-1	each instant eval once only, without the hidden re-runs
 *	-q	only the last line
 * A failed case prints file:line, the expression, what was expected and got.
 * The last line is "N passed, N failed, N skipped"; status 1 when any failed.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "../promqltest/script.h"

static void
report(void *arg, const struct case_result *r)
{
	const bool *quiet = arg;

	if (r->ok || *quiet)
		return;
	(void)printf("%s:%u: FAIL: " STR_FMT "%s%s\n\texpected: " STR_FMT
	    "\n\tgot: " STR_FMT "\n", r->file, r->line, STR_ARG(r->expr),
	    r->how[0] ? " " : "", r->how, STR_ARG(r->expected),
	    STR_ARG(r->got));
}

int
main(int argc, char **argv)
{
	struct script_options o = { .reruns = true };
	struct script_counts total = { 0 };
	bool quiet = false;
	int ch, i;

	while ((ch = getopt(argc, argv, "1q")) != -1) {
		switch (ch) {
		case '1':
			o.reruns = false;
			break;
		case 'q':
			quiet = true;
			break;
		default:
			return 2;
		}
	}
	if (optind == argc) {
		(void)fprintf(stderr, "usage: promqltest [-1q] FILE...\n");
		return 2;
	}
	o.report = report;
	o.arg = &quiet;
	for (i = optind; i < argc; i++)
		if (script_run(argv[i], &o, &total) == -1)
			return 3;
	(void)printf("%u passed, %u failed, %u skipped\n", total.passed,
	    total.failed, total.skipped);
	return total.failed ? 1 : 0;
}
