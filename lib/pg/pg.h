/*
 * pg: one connection to PostgreSQL, and statements whose failure costs only
 * themselves.  libpq is loaded by the first call (pg/libpq.c).
 */
#ifndef PG_PG_H
#define PG_PG_H

#include <postgresql/libpq-fe.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/arena.h"
#include "core/err.h"
#include "json/write.h"

#define LIBPQ	"libpq.so.5"

struct pg_link {
	PGconn *db;
	int version;		/* server_version_num */
	char state[6];		/* SQLSTATE of the last failure, or "" */
	/* Not 0 any more: the statement at hand is cancelled.  NULL = never. */
	const volatile sig_atomic_t *stop;
};

struct pg_login {
	const char *dsn;	/* URL, key=value words, or a name; "" = none */
	const char *password;	/* NULL = as the dsn or the passfile says */
	const char *passfile;	/* NULL = ~/.pgpass */
	const char *name;	/* application_name, if the dsn gives none */
};

/*
 * Connect within timeout_ms.  -1 with *e: ERR_CONFIG when the dsn cannot be
 * read, else ERR_NET with the class of the failure (pg/text.h) first; never
 * with a password.  pg_link_close in any case.
 */
int	pg_link_open(struct pg_link *c, const struct pg_login *l,
	    int64_t timeout_ms, struct err *e);
void	pg_link_close(struct pg_link *c);

/*
 * One statement to its end.  NULL with *e ("permission: …", by SQLSTATE;
 * ERR_NET when the connection was lost).
 */
PGresult	*pg_link_do(struct pg_link *c, const char *sql,
		    const char *const *params, int nparams, struct err *e);

/*
 * The dsn as `key='value' …` words without its password, which is put into
 * *password (empty: it has none); for programs that take it as an argument.
 * -1 with *e when it cannot be read.
 */
int	pg_dsn_split(const char *dsn, struct arena *a, struct str *words,
	    struct str *password, struct err *e);

/* NaN when null, absent or no number. */
double	pg_number(const PGresult *res, int row, int col);

/*
 * Rows as objects with the columns' names, at most max; texts without their
 * secrets, and cut.
 */
void	pg_put_rows(struct jw *w, const PGresult *res, int max);
void	pg_put_row(struct jw *w, const PGresult *res, int row);

#endif
