/*
 * backend: what shuts addresses out.  A back-end says by which commands; they
 * are run by argv, never through a shell, with a fixed PATH and nothing else
 * in the environment.  It is one file and one row in backends.c.
 */
#ifndef TS_LOGWATCH_BACKEND_H
#define TS_LOGWATCH_BACKEND_H

#include <stdbool.h>

#include "core/arena.h"
#include "core/err.h"
#include "core/vec.h"

/* An address or network to be shut out; all texts end with a NUL. */
struct ban {
	const char *net;	/* canonical; with /prefix when it is one */
	bool v6;
	int64_t seconds;	/* how long from now; 0: for ever */
	const char *until;	/* RFC 3339; "forever" */
	const char *rule;
	bool again;		/* it may be there, with another end */
};

struct command {
	const char **argv;	/* ends with NULL */
	struct str input;
	const char **unless;	/* not run when this one ends with 0; or NULL */
	const char **before;	/* run first, however it ends; or NULL */
	const char *expect;	/* must stand in what it prints; or NULL */
	/* Its failure is none when one of these stands in what it says. */
	const char *fine[2];
	bool may_fail;
};

/* Commands to be run in turn. */
struct commands {
	VEC(struct command) all;
	struct arena *arena;
	const char *const *block, *const *unblock;	/* of the configuration */
};

struct backend {
	const char *name;
	bool expires;		/* lifts bans by itself, when in time_max */
	bool persists;		/* has its bans still after a reboot */
	int64_t time_max;	/* seconds; 0: any */
	size_t max;		/* bans; 0: any number */
	void	(*setup)(struct commands *c);
	void	(*add)(struct commands *c, const struct ban *b, size_t n);
	/* What is not there any more is no failure. */
	void	(*remove)(struct commands *c, const struct ban *b, size_t n);
};

extern const struct backend backend_nft, backend_ipset, backend_iptables,
    backend_ufw, backend_command;

/* NULL with *e for an unknown name. */
const struct backend	*backend_find(struct str name, struct err *e);

/* A command of these words, up to NULL; for the row to change. */
struct command	*command_add(struct commands *c, const char *word, ...)
		    __attribute__((sentinel));
const char	**command_argv(struct arena *a, const char *word, ...)
		    __attribute__((sentinel));

/*
 * Run them: 0, or the exit status (128 + a signal; 127: it could not be
 * started) of the first that fails, with *e.
 */
int	commands_run(struct commands *c, struct err *e);

#endif
