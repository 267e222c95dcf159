/*
 * tool/junit: the report of a run of tests, as build servers read it.
 */
#ifndef TOOL_JUNIT_H
#define TOOL_JUNIT_H

#include <stddef.h>

#include "core/err.h"
#include "core/str.h"

struct junit_case {
	const char *file;
	struct str name;
	double seconds;
	struct str failure;	/* empty = passed */
};

/* Write n cases to path, as one suite.  0, or -1 with *e. */
int	junit_write(const char *path, const char *suite,
	    const struct junit_case *p, size_t n, struct err *e);

#endif
