/*
 * block: shutting out whom a rule has alerted about, for a while; once more
 * for longer.  Without --block nothing is done: the records say what would
 * have been, and the same limits hold.
 *
 * What is blocked is kept in the state under the tool name BLOCKS_STATE, one
 * record an address, written before the command runs: after a crash the next
 * run knows what to lift.  The verb and a running ts-logwatch take turns by
 * the state's lock.
 */
#ifndef TS_LOGWATCH_BLOCK_H
#define TS_LOGWATCH_BLOCK_H

#include "backend.h"
#include "config.h"
#include "core/map.h"
#include "guard.h"
#include "rules.h"

#define BLOCKS_STATE	"ts-blocks"

/* `block` of a rule's actions; what it does not say is -1 or empty. */
struct block_action {
	struct str backend, reason;
	int64_t time_ms;		/* 0: for ever */
	int64_t max_time_ms;
	double multiplier, jitter;	/* jitter: a fraction of the time */
	const struct ynode *node;
	const struct backend *use;	/* NULL: as the configuration says */
};

/* The section `block`. */
struct block_config {
	struct block_action usual;	/* what actions leave open */
	struct ystrs allow;		/* networks, or names of lists */
	struct ystrs block, unblock;	/* of the command back-end */
	int64_t min_v4, min_v6;
	int64_t per_minute, max;
	bool allow_private, kill;
};

/* One that is or was blocked; of the list. */
struct block {
	struct str name;		/* as address_print has it; owned */
	struct cidr net;
	const struct backend *backend;
	int64_t since, until;		/* ms; until INT64_MAX: for ever */
	int64_t count;			/* times in a row */
	char *rule, *reason;		/* owned */
	bool active;			/* it is blocked, not remembered */
	bool pending;			/* perhaps its command did not run */
};

/* What has happened to an address; to be printed. */
struct block_record {
	struct str net;			/* without its prefix */
	int prefix;
	const char *action;		/* block, unblock, refused */
	const struct block *block;	/* NULL: refused */
	struct str rule, reason;
	const char *const *argv;	/* NULL: no command */
	const char *error;		/* NULL: none */
	int64_t time;
	int status;			/* -1: nothing was run */
	bool dry_run;
};

/* As a line of JSON. */
void	block_record_print(struct buf *out, const struct block_record *r);

/*
 * What a record asks for.  Of the line nothing else is read: not what was run
 * and how that ended.
 */
enum order {
	ORDER_NONE,			/* refused: nothing */
	ORDER_BLOCK, ORDER_UNBLOCK
};

struct block_order {
	enum order kind;
	struct cidr net;
	struct str rule;		/* [A-Za-z0-9_]+, borrowed */
	int64_t until;			/* as in struct block; INT64_MIN: none */
	int64_t time;			/* INT64_MIN: none */
};

/* The rule of what people block. */
#define BLOCK_BY_HAND	"hand"

/*
 * A line of JSON that wire_read has seen.  1; 0: it is no such record; -1
 * with *e (line 1, col): it is one, and not to be believed.  out borrows from
 * the line and a.
 */
int	block_order_read(struct str line, struct arena *a,
	    struct block_order *out, struct err *e);

/* Actions of a rule: *out is NULL when it has no `block`. */
int	block_action_read(const struct ynode *actions, struct arena *a,
	    struct block_action **out, struct err *e);

/* The sections `block` of all files, the last word of each key. */
int	block_config_read(const struct config *c, struct block_config *out,
	    struct err *e);

/*
 * How long to block at the count-th time in a row (from 1): ms, 0 for ever.
 * time * multiplier^(count-1), more or less by up to jitter as random (any
 * 32 bits) has it, max_time at most.
 */
int64_t	block_time(const struct block_action *a, int64_t count,
	    uint32_t random);

/* ---- the list ---- */

struct blocks {
	struct map map;			/* name to struct block * */
	size_t active;
};

struct block	*blocks_find(const struct blocks *l, struct str name);

/* An active one that has all of net and is not over at `now`; NULL. */
const struct block	*blocks_covering(const struct blocks *l,
			    const struct cidr *net, int64_t now);

/* The one of that network, made when new. */
struct block	*blocks_get(struct blocks *l, const struct cidr *net);
void		 blocks_drop(struct blocks *l, struct block *b);
void		 blocks_set_active(struct blocks *l, struct block *b, bool on);
void		 blocks_release(struct blocks *l);

struct state;
int	blocks_load(struct blocks *l, struct state *s, struct err *e);
int	block_save(const struct block *b, struct state *s, struct err *e);
int	block_forget(const struct block *b, struct state *s, struct err *e);

/* ---- the blocker ---- */

struct blocker;

struct blocker_host {
	void	(*record)(void *arg, const struct block_record *r);
	/* A limit was reached: say so to people; at most once a minute. */
	void	(*limit)(void *arg, const char *what, int64_t now);
	void *arg;
};

/*
 * lists: rules whose lists `allow` may name.  state: a URL, or NULL.  real:
 * commands are run.  NULL with *e.
 */
struct blocker	*blocker_new(const struct config *c, const struct rules *r,
		    const char *state, bool real,
		    const struct blocker_host *host, struct err *e);
void		 blocker_free(struct blocker *b);

/*
 * Before the first event, when it is real: the back-ends of all rules set up
 * (usual: also the usual one), what is over lifted, the rest blocked for the
 * time that remains.
 */
int	blocker_start(struct blocker *b, struct rules *r, bool usual,
	    int64_t now, struct err *e);

/*
 * As in a record of another process: under the same guard and limits, by the
 * rule of that name when r has it (back-end, time, how it grows), else as is
 * usual and until the order says, max_time at most.  Of rules nothing is
 * lifted that people blocked, or whose time was over anyway.  -1 with *e: the
 * order makes no sense; nothing was done.
 */
int	blocker_obey(struct blocker *b, const struct block_order *o,
	    struct rules *r, int64_t now, struct err *e);

/* After a reload: who is blocked, and the limits as far as they are used. */
void	blocker_take(struct blocker *b, struct blocker *old);

/* For rules_host. */
void	blocker_act(struct blocker *b, const struct incident *in, int64_t now);

/* What is over is lifted. */
void	blocker_tick(struct blocker *b, int64_t now);

/* By hand; a: NULL for the usual.  0, or -1 with *e. */
int	blocker_add(struct blocker *b, struct str net, struct str reason,
	    const int64_t *time_ms, int64_t now, struct err *e);
int	blocker_remove(struct blocker *b, struct str net, int64_t now,
	    struct err *e);
int	blocker_remove_all(struct blocker *b, int64_t now, struct err *e);

/* As they are known now; borrowed. */
const struct blocks	*blocker_list(struct blocker *b, int64_t now,
			    struct err *e);

#endif
