/*
 * backend: what a place to keep state offers.  A back-end is one file and one
 * row in state.c; its struct starts with struct state.
 */
#ifndef STATE_BACKEND_H
#define STATE_BACKEND_H

#include "state/state.h"

struct state_backend {
	/* NULL with *e */
	struct state	*(*open)(struct str url, const char *tool,
			    int64_t wait_ms, bool read_only, struct err *e);
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
};

struct state {
	const struct state_backend *backend;
	struct buf notice;
	bool read_only;
};

extern const struct state_backend	state_directory;

/*
 * A back-end in a shared object next to the binary exports this name, so
 * that tools without it do not load its client library.
 */
#define STATE_MODULE_SYMBOL	"state_module"

#endif
