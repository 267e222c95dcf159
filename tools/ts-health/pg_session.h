/*
 * pg_session: one connection to PostgreSQL, and statements whose failure
 * costs only themselves.
 */
#ifndef TS_HEALTH_PG_SESSION_H
#define TS_HEALTH_PG_SESSION_H

#include "check.h"
#include "pg/pg.h"
#include "pg_query.h"

struct pg_session {
	struct pg_link conn;
	bool standby;
	struct check_result *r;	/* gets what fails */
};

/*
 * Connect by the deadline and make the session harmless: short timeouts, and
 * read only unless write.  False after saying why.
 */
bool	pg_open(struct pg_session *s, struct str dsn, int64_t timeout_ms,
	    bool write, struct check_result *r);
void	pg_close(struct pg_session *s);
bool	pg_is_up(const struct pg_session *s);

/* NULL after saying why; what names it in messages. */
PGresult	*pg_ask(struct pg_session *s, const char *sql,
		    const char *const *params, int nparams,
		    const char *what);

/* A row of pg_queries for this server, for statements of min_s seconds. */
PGresult	*pg_ask_named(struct pg_session *s, const char *name,
		    double min_s);

/* Its rows (pg/pg.h) under key; with one, only the first, as an object. */
void	pg_put(struct jw *w, const char *key, const PGresult *res, bool one);

#endif
