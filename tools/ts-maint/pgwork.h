/*
 * pgwork: what the kinds that work on a PostgreSQL database share: where it
 * is, one session with its timeouts, warnings of the server, patterns.
 */
#ifndef TS_MAINT_PGWORK_H
#define TS_MAINT_PGWORK_H

#include "pg/pg.h"
#include "task.h"

struct pg_where {
	struct secret dsn, password;
	struct str passfile;
	int64_t lock_timeout_ms, statement_timeout_ms, connect_timeout_ms;
};

#define PG_WHERE_ROWS(at)						\
	YROW("dsn", YT_CUSTOM, (at) + offsetof(struct pg_where, dsn),	\
	    .decode = secret_decode, .flags = YF_SECRET),		\
	YROW("password", YT_CUSTOM, (at) + offsetof(struct pg_where,	\
	    password), .decode = secret_decode, .flags = YF_SECRET),	\
	YROW("passfile", YT_STR, (at) + offsetof(struct pg_where,	\
	    passfile)),							\
	YROW("lock_timeout", YT_DURATION, (at) + offsetof(struct pg_where, \
	    lock_timeout_ms), .dflt = "2s"),				\
	YROW("statement_timeout", YT_DURATION, (at) +			\
	    offsetof(struct pg_where, statement_timeout_ms)),		\
	YROW("connect_timeout", YT_DURATION, (at) +			\
	    offsetof(struct pg_where, connect_timeout_ms), .dflt = "10s")

struct pg_work {
	struct pg_link link;
	struct work *w;
	bool standby;
	int64_t began_ms;		/* monotonic */
	/* The first WARNING since pg_work_do was called; empty = none. */
	struct str warning;
	char warning_state[6];
};

/*
 * Connect and set the timeouts; read only unless write.  -1 with *e.  The
 * session ends with the task's process.
 */
int	pg_work_open(struct pg_work *p, struct work *w,
	    const struct pg_where *at, bool write, struct err *e);

/* As pg_link_do; cancelled when the task is told to end. */
PGresult	*pg_work_do(struct pg_work *p, const char *sql,
		    const char *const *params, int n, struct err *e);

/* A column of a row as text (in the arena), or as a number (0 = null). */
struct str	pg_text(const struct pg_work *p, const PGresult *r, int row,
		    int col);
int64_t		pg_int(const PGresult *r, int row, int col);

/*
 * For libpq in programs of others: the arguments of -d, and in the
 * environment a password file that only they can open; no password is in an
 * argument.  -1 with *e.
 */
int	pg_work_argument(struct work *w, const struct pg_where *at,
	    struct str *dsn, struct err *e);

/* "schema.name" or "name" is like one of the patterns. */
bool	pg_like(struct work *w, const struct ystrs *globs, struct str schema,
	    struct str name);

/* The time that the task may take is over: start no other step. */
bool	pg_over(const struct pg_work *p, int64_t budget_ms);

#endif
