/*
 * backend: what a place to keep state offers.  A back-end is one file and one
 * row in state.c; its struct starts with struct state.  The client library of
 * a server is loaded on first use (core/dynlib.h).
 */
#ifndef STATE_BACKEND_H
#define STATE_BACKEND_H

#include "state/state.h"

struct state_how {
	int64_t wait_ms;	/* for the lock of another process */
	bool read_only;
	bool anyway;		/* a server that is away is no failure */
};

struct state_backend {
	bool shared;		/* by several processes at a time */
	/* NULL with *e */
	struct state	*(*open)(struct str url, const char *tool,
			    const struct state_how *how, struct err *e);
	int	(*get)(struct state *s, struct str key, struct buf *value,
		    struct err *e);
	int	(*put)(struct state *s, struct str key, struct str value,
		    struct err *e);
	int	(*del)(struct state *s, struct str key, struct err *e);
	int	(*each)(struct state *s, struct str prefix, state_fn *fn,
		    void *arg, struct err *e);
	int	(*commit)(struct state *s, struct err *e);
	void	(*rollback)(struct state *s);
	int64_t	(*lease)(struct state *s, struct str key, int64_t ms,
		    struct err *e);
	void	(*close)(struct state *s);
	/* Only those that are shared: */
	int	(*settle)(struct state *s, struct str key,
		    int64_t generation, struct err *e);
	void	(*release)(struct state *s, struct str key,
		    int64_t generation);
	int	(*changes)(struct state *s, state_fn *fn, void *arg,
		    struct err *e);
	bool	(*online)(const struct state *s);
	bool	(*reachable)(struct state *s);
};

struct state {
	const struct state_backend *backend;
	struct buf notice;		/* not asked for yet */
	struct buf told;		/* what was asked for last */
	bool read_only;
};

extern const struct state_backend	state_directory, state_redis,
					state_postgres;

#endif
