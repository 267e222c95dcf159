/*
 * state: keys to one JSON value each, per tool, behind one table of back-end
 * functions: a directory (append-only NDJSON journal; the last value of a
 * key wins; a torn tail is dropped with a message; compacted by write-temp,
 * fsync, rename; flock), redis:// or postgresql://.
 */
#ifndef STATE_STATE_H
#define STATE_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/buf.h"
#include "core/err.h"
#include "core/str.h"

struct state;

/*
 * url: a directory (made when missing), redis://… or postgresql://…; tool
 * names the part of it.  Waits for the lock of another process at most
 * wait_ms.  NULL with *e.
 */
struct state	*state_open(struct str url, const char *tool, int64_t wait_ms,
		    struct err *e);

/* Read only: takes no lock, sees the last commit. */
struct state	*state_open_read(struct str url, const char *tool,
		    struct err *e);

/* 1 found (value replaced), 0 absent, -1. */
int	state_get(struct state *s, struct str key, struct buf *value,
	    struct err *e);

/* value: one JSON value without newline.  Seen by gets at once. */
int	state_put(struct state *s, struct str key, struct str value,
	    struct err *e);
int	state_del(struct state *s, struct str key, struct err *e);

/*
 * In order of key; fn returns 0 to go on, else the walk ends with that.  fn
 * may put and del, not commit.
 */
typedef int state_fn(void *arg, struct str key, struct str value);
int	state_each(struct state *s, struct str prefix, state_fn *fn, void *arg,
	    struct err *e);

/* All puts and dels since the last one become durable, or none. */
int	state_commit(struct state *s, struct err *e);

/* Forget the puts and dels since the last commit. */
void	state_rollback(struct state *s);

/*
 * A lease for ms milliseconds by the server's clock: its generation (> 0), 0
 * when another holds it, -1.
 */
int64_t	state_lease(struct state *s, struct str key, int64_t ms,
	    struct err *e);

/* Commits nothing; NULL does nothing. */
void	state_close(struct state *s);

/* What was dropped or repaired on opening, for the tool to print; or empty. */
struct str	state_notice(const struct state *s);

#endif
