/*
 * state: keys to one JSON value each, per tool, behind one table of back-end
 * functions: a directory (append-only NDJSON journal; the last value of a
 * key wins; a torn tail is dropped with a message; compacted by write-temp,
 * fsync, rename; flock), redis:// or postgresql://.
 *
 * A directory belongs to one process at a time.  Servers are shared: what a
 * process knows is kept in memory beside it, so while the server is away gets
 * and puts go on there, and commits are made up for when it is back.
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

/*
 * As state_open, but when a server cannot be reached now, begin in memory: the
 * notice says so.
 */
struct state	*state_open_anyway(struct str url, const char *tool,
		    int64_t wait_ms, struct err *e);

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

/*
 * Commit what is put only if the lease is still of that generation and ours;
 * it ends.  generation 0: a plain commit.  -1 with *e, or
 */
enum {
	STATE_TAKEN,		/* another has claimed it since; changes dropped */
	STATE_DONE,
	STATE_OWED		/* the server is away: kept in memory */
};
int	state_settle(struct state *s, struct str key, int64_t generation,
	    struct err *e);

/* End it without committing anything. */
void	state_release(struct state *s, struct str key, int64_t generation);

/* Others may use it at the same time: leases and changes matter. */
bool	state_shared(const struct state *s);

/*
 * fn for each key that others have put since the last call (at first: since
 * the first state_each, or all), in no order; some of our own and none that
 * were deleted.  Nothing, when it is not shared.  -1 with *e: the server is
 * away, ask again.
 */
int	state_changes(struct state *s, state_fn *fn, void *arg,
	    struct err *e);

/* Did the last call reach the server?  Else it told what is known here. */
bool	state_online(const struct state *s);

/*
 * Is all that was committed where others see it?  Asks the server, and gives
 * it what it missed when it is back.
 */
bool	state_reachable(struct state *s);

/* Commits nothing; NULL does nothing. */
void	state_close(struct state *s);

/*
 * What happened since the last call, for the tool to print; or empty.  A
 * directory: what was dropped or repaired on opening; a server: that it went
 * away, came back, or lost its records.  Borrowed until the next call.
 */
struct str	state_notice(struct state *s);

#endif
