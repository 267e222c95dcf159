/*
 * pg_session: a connection whose failures become those of a check.
 */
#include "pg_session.h"

#include <limits.h>
#include <stdio.h>

#include "core/clk.h"

#define STATEMENT_MS	"5000"
#define LOCK_MS		"500"
#define TEXT_BYTES	"8192"	/* asked for: secrets are hidden in all of it */
#define PARAMS_MAX	4
#define CANCELED	"57014"	/* the SQLSTATE of its timeout */

static bool
prepare(struct pg_session *s, bool write)
{
	PGresult *res = pg_ask_named(s, "session_setup", 0);
	bool ok = res != NULL;

	PQclear(res);
	if (ok && !write) {
		res = pg_ask(s, "set default_transaction_read_only = on",
		    NULL, 0, "set");
		ok = res != NULL;
		PQclear(res);
	}
	return ok;
}

bool
pg_open(struct pg_session *s, struct str dsn, int64_t timeout_ms, bool write,
    struct check_result *r)
{
	const struct pg_login login = { .dsn = arena_cstr(r->arena, dsn),
	    .name = "ts-health" };
	double start = clk_mono_s();
	PGresult *res;
	struct err e;
	int rc;

	*s = (struct pg_session){ .r = r };
	rc = pg_link_open(&s->conn, &login, timeout_ms, &e);
	if (rc == -1 && e.kind == ERR_CONFIG) {
		check_say(r, CHECK_UNKNOWN, "%s", e.msg);
		return false;
	}
	check_phase(r, "connect", clk_mono_s() - start);
	if (rc == -1) {
		check_say(r, CHECK_FAIL, "%s", e.msg);
		r->seconds = clk_mono_s() - start;
		return false;
	}
	if (!prepare(s, write))
		return false;
	res = pg_ask(s, "select pg_is_in_recovery()", NULL, 0, "query");
	s->standby = res != NULL && *PQgetvalue(res, 0, 0) == 't';
	PQclear(res);
	return res != NULL;
}

void
pg_close(struct pg_session *s)
{
	pg_link_close(&s->conn);
}

PGresult *
pg_ask(struct pg_session *s, const char *sql, const char *const *params,
    int nparams, const char *what)
{
	PGresult *res;
	struct err e;

	/* Once it is lost nothing more is said. */
	if (!pg_is_up(s))
		return NULL;
	if ((res = pg_link_do(&s->conn, sql, params, nparams, &e)) == NULL)
		check_say(s->r, pg_is_up(s) && strcmp(s->conn.state,
		    CANCELED) != 0 ? CHECK_UNKNOWN : CHECK_FAIL, "%s: %s",
		    what, e.msg);
	return res;
}

bool
pg_is_up(const struct pg_session *s)
{
	return s->conn.db != NULL && PQstatus(s->conn.db) == CONNECTION_OK;
}

PGresult *
pg_ask_named(struct pg_session *s, const char *name, double min_s)
{
	const struct pg_query *q = pg_query_find(name, s->conn.version,
	    s->standby);
	const char *params[PARAMS_MAX];
	char seconds[32];
	int n;

	if (q == NULL)
		return NULL;	/* nothing of the kind on such a server */
	(void)snprintf(seconds, sizeof(seconds), "%.15g", min_s);
	for (n = 0; q->params[n] != '\0' && n < PARAMS_MAX; n++)
		params[n] = q->params[n] == 's' ? seconds :
		    q->params[n] == 'm' ? STATEMENT_MS :
		    q->params[n] == 'l' ? LOCK_MS : TEXT_BYTES;
	return pg_ask(s, q->sql, params, n, name);
}

void
pg_put(struct jw *w, const char *key, const PGresult *res, bool one)
{
	if (res == NULL || (one && PQntuples(res) == 0))
		return;
	jw_key(w, str_of(key));
	if (one)
		pg_put_row(w, res, 0);
	else
		pg_put_rows(w, res, INT_MAX);
}
