/*
 * verbs: the verbs of ts-maint and the options that they share.
 */
#ifndef TS_MAINT_VERBS_H
#define TS_MAINT_VERBS_H

#include "core/arena.h"
#include "tool/tool.h"

struct maint {
	bool yes;		/* --yes: what wants to be confirmed is */
	bool due;		/* --due */
	const char *to;		/* --to */
	bool verify;		/* --verify */
	bool force;		/* --force: conditions do not matter */
};

extern const struct tool_option maint_options[];
extern const size_t maint_noptions;

int	verb_check(struct tool *t, int argc, char **argv);
int	verb_due(struct tool *t, int argc, char **argv);
int	verb_list(struct tool *t, int argc, char **argv);
int	verb_log(struct tool *t, int argc, char **argv);
int	verb_plan(struct tool *t, int argc, char **argv);
int	verb_run(struct tool *t, int argc, char **argv);
int	verb_status(struct tool *t, int argc, char **argv);

/* The audit log: by the file, or below -s; NULL = none. */
struct maint_config;
const char	*audit_path(const struct maint_config *m, const char *state,
		    struct arena *a);

#endif
