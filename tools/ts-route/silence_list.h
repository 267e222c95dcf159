/*
 * silence_list: silences chosen and shown, for the verbs.
 */
#ifndef TS_ROUTE_SILENCE_LIST_H
#define TS_ROUTE_SILENCE_LIST_H

#include "silences.h"
#include "tool/tool.h"

/*
 * Matchers as arguments; as with amtool a first one that is no matcher is the
 * alert's name.  Release the matchers; -1 with *e.
 */
int	matchers_of_args(int argc, char **argv, struct arena *a,
	    struct silence_matchers *out, struct err *e);

/* By -o (table, extended, json) or -q (ids alone); EXIT_YES or EXIT_USAGE. */
int	silences_show(struct tool *t, const struct silence *const *row,
	    size_t n, int64_t now);

int	silence_list(struct tool *t, int argc, char **argv);

#endif
