/*
 * blocker: what the files of the blocker (block.h) share.
 */
#ifndef TS_LOGWATCH_BLOCKER_H
#define TS_LOGWATCH_BLOCKER_H

#include "block.h"
#include "state/state.h"

struct blocker {
	struct block_config conf;
	struct blocker_host host;
	struct guard guard;
	struct blocks list;
	const char *url;		/* NULL: no state */
	struct state *state;		/* while a change is made */
	const char **block, **unblock;	/* of the command back-end */
	const struct backend *ready[8];	/* that are set up */
	size_t nready;
	bool real;
	uint32_t salt;
	int64_t looked;			/* clk_mono_ms; INT64_MIN: never */
	int64_t loaded;			/* now; INT64_MIN: never */
	int64_t minute, in_minute;
	int64_t limit_told;		/* when; INT64_MIN: never */
	int64_t next;			/* the first end; INT64_MAX */
	struct arena config;		/* of this blocker */
	struct arena scratch;		/* of a change */
};


/*
 * A change is made between these two: the list is what the state says, and
 * nobody else changes that.  -1 with *e; end it in either case.
 */
int	blocker_begin(struct blocker *b, int64_t now, struct err *e);
void	blocker_end(struct blocker *b);

/* Into the state, when there is one; durable with the commit. */
int	blocker_keep(struct blocker *b, const struct block *one,
	    struct err *e);
int	blocker_commit(struct blocker *b, struct err *e);

/* What an action (or NULL) says, else what is usual. */
struct block_action	blocker_action(const struct blocker *b,
			    const struct block_action *a);

/* What the guard says, which looks at what this host is now. */
const char	*blocker_refuses(struct blocker *b, const struct cidr *net);

/*
 * Block a network that the guard has let pass: recorded, then carried out.
 * -1 with *e: it is not blocked.
 */
int	blocker_put(struct blocker *b, const struct cidr *net,
	    const struct block_action *a, struct str rule,
	    struct str reason, int64_t since, int64_t now, struct err *e);

/* The same, unless it is blocked already, or must not be. */
void	blocker_try(struct blocker *b, const struct cidr *net,
	    const struct block_action *a, struct str rule, int64_t since,
	    int64_t now);

/* ---- block_run.c: by the commands of a back-end ---- */

/* 0, or the status of what failed, with *e; once for each back-end. */
int	block_setup(struct blocker *b, const struct backend *use,
	    struct err *e);

/*
 * Out, or in again, and the record of it.  0, or the status of what failed;
 * out: with *e, in: after a message.  over: its time has come, so that some
 * lift it themselves.
 */
int	block_out(struct blocker *b, const struct block *one, int64_t now,
	    struct err *e);
int	block_lift(struct blocker *b, struct block *one, bool over,
	    int64_t now);

/* All of one back-end, for the time that remains; -1 with *e. */
int	block_restore(struct blocker *b, const struct backend *use,
	    int64_t now, struct err *e);

#endif
