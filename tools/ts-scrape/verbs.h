/*
 * verbs: what the first operand may be, and what the options set for them.
 */
#ifndef TS_SCRAPE_VERBS_H
#define TS_SCRAPE_VERBS_H

#include "pool.h"

struct options {
	struct pool_options pool;
	bool metric;			/* relabel --metric */
};

extern struct options options;

int	verb_check(struct tool *t, int argc, char **argv);
int	verb_relabel(struct tool *t, int argc, char **argv);
int	verb_targets(struct tool *t, int argc, char **argv);

#endif
