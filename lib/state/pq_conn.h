/*
 * pq_conn: a connection to a PostgreSQL server: a statement out, its rows in,
 * each within REMOTE_CALL_MS (and a second for each MiB that is sent).
 */
#ifndef STATE_PQ_CONN_H
#define STATE_PQ_CONN_H

#include "core/arena.h"
#include "core/buf.h"
#include "state/pq_api.h"

#define PQ_PARAMS_MAX	8

struct pq_conn {
	const struct pq_api *api;
	struct arena arena;
	const char *url;
	struct str name;	/* "postgresql://host:port/db" */
	PGconn *conn;		/* NULL: not connected */
	PGresult *result;	/* the last one */

	/* of the statement being made */
	struct buf text;	/* the parameters, each with a NUL */
	size_t at[PQ_PARAMS_MAX];
	int n;
};

/* -1 with *e (ERR_CONFIG), which does not show the URL. */
int	pq_conn_parse(struct pq_conn *c, struct str url, struct err *e);
int	pq_conn_open(struct pq_conn *c, struct err *e);
void	pq_conn_drop(struct pq_conn *c);
void	pq_conn_release(struct pq_conn *c);

/* Parameters $1, $2, … of the next pq_ask; a NUL ends a text. */
void	pq_add(struct pq_conn *c, struct str text);
void	pq_add_int(struct pq_conn *c, int64_t n);

/*
 * How many rows; -1 with *e: ERR_NET when trying again later may help,
 * ERR_SYNTAX when the server refuses the data, else ERR_CONFIG.  Several
 * statements in one when it has no parameters.
 */
int	pq_ask(struct pq_conn *c, const char *sql, struct err *e);

/* A field of the last result. */
struct str	pq_field(const struct pq_conn *c, int row, int column);
int64_t		pq_field_int(const struct pq_conn *c, int row, int column);

#endif
