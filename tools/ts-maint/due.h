/*
 * due: which plans of a file should run now.
 */
#ifndef TS_MAINT_DUE_H
#define TS_MAINT_DUE_H

#include "run.h"
#include "store.h"

/* p as its record says; 0, -1 after a message. */
int	due_look(const struct plan *p, const char *state, int64_t now_ms,
	    struct record *r, struct due *out, struct arena *a);

/* Run those that are, of the plans named (or all); the exit status. */
int	due_run(struct run *r, int argc, char **argv);

/* The plan is among the names, or there are none. */
bool	due_named(const struct plan *p, int argc, char **argv);

/* Every name is a plan; false after a message. */
bool	due_names_ok(const struct maint_config *m, int argc, char **argv);

#endif
