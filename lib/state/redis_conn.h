/*
 * redis_conn: a connection to a Redis server: commands out, replies in, each
 * within REMOTE_CALL_MS (and a second for each MiB of a large reply).
 */
#ifndef STATE_REDIS_CONN_H
#define STATE_REDIS_CONN_H

#include "core/arena.h"
#include "net/conn.h"
#include "state/redis_api.h"

struct redis_conn {
	const struct redis_api *api;
	struct arena arena;		/* of what the URL says */
	struct conn_to to;
	struct str user, password, db, prefix;
	struct str name;		/* "redis://host:port/db" */
	struct conn *conn;		/* NULL: not connected */
	redisReader *reader;
	struct buf out;			/* the command being made */
	redisReply *reply;		/* the last one */
};

/*
 * redis://[[user]:password@]host[:port][/db], rediss:// the same with TLS,
 * unix://[[user]:password@]/path[?db=N], redis+unix:// the same; behind a
 * '?': db, prefix, ca (a file).  Without a password, that of
 * $REDISCLI_AUTH.  -1 with *e (ERR_CONFIG), which does not show the URL.
 */
int	redis_conn_parse(struct redis_conn *c, struct str url,
	    struct err *e);

/* Connected, authenticated, the database selected. */
int	redis_conn_open(struct redis_conn *c, struct err *e);
void	redis_conn_drop(struct redis_conn *c);
void	redis_conn_release(struct redis_conn *c);

/* A command of n words: begin, add each, ask. */
void	redis_begin(struct redis_conn *c, size_t n);
void	redis_add(struct redis_conn *c, struct str word);
void	redis_add_int(struct redis_conn *c, int64_t n);

/* NULL with *e: ERR_NET; an error that the server says: as it must be. */
const redisReply	*redis_ask(struct redis_conn *c, struct err *e);

static inline struct str
redis_str(const redisReply *r)
{
	return r->type == REDIS_REPLY_STRING || r->type == REDIS_REPLY_STATUS ?
	    (struct str){ r->str, (size_t)r->len } : STR_NONE;
}

#endif
