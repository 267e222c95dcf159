/*
 * script: the .test language of Prometheus' engine tests: load series, evaluate
 * expressions, compare (the reference's section 9).  Used by the program
 * promqltest and by the conformance test.
 */
#ifndef PROMQLTEST_SCRIPT_H
#define PROMQLTEST_SCRIPT_H

#include <stdbool.h>

#include "core/str.h"

/* One eval; the strings live for the call. */
struct case_result {
	const char *file;
	unsigned line;
	struct str expr;
	const char *how;	/* "", or which re-run */
	bool ok;
	struct str expected, got;
};

struct script_counts {
	unsigned passed, failed, skipped;
};

struct script_options {
	bool reruns;		/* as a range query, and with @ */
	void	(*report)(void *arg, const struct case_result *r);
	void	*arg;
};

/* Adds to n; -1 when the file cannot be read (a message is on stderr). */
int	script_run(const char *path, const struct script_options *o,
	    struct script_counts *n);

#endif
