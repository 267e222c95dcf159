/*
 * pg_session: talking to libpq.
 */
#include "pg_session.h"

#include <math.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "core/clk.h"
#include "core/num.h"
#include "core/utf8.h"
#include "pg_text.h"

#define STATEMENT_MS	"5000"
#define LOCK_MS		"500"
#define TEXT_BYTES	"8192"	/* asked for: secrets are hidden in all of it */
#define TEXT_SHOWN	100	/* characters of it in the result */
#define PARAMS_MAX	4

static void
say_failed(PGconn *db, struct check_result *r)
{
	struct str m = str_of(PQerrorMessage(db));
	struct buf b = { 0 };

	pg_redact_conninfo(m, &b);
	check_say(r, CHECK_FAIL, "%s: " STR_FMT, pg_connect_class(m),
	    STR_ARG(buf_str(&b)));
	buf_release(&b);
}

/*
 * Without PQconnectdb, whose own timeout counts in whole seconds, for each
 * address, from two.
 */
static bool
connect_by(PGconn *db, int64_t until_ms, struct check_result *r)
{
	PostgresPollingStatusType step = PGRES_POLLING_WRITING;
	struct pollfd p = { .events = POLLOUT };
	int64_t left;

	while (PQstatus(db) != CONNECTION_BAD &&
	    step != PGRES_POLLING_OK && step != PGRES_POLLING_FAILED) {
		left = until_ms - clk_mono_ms();
		p.fd = PQsocket(db);
		p.events = step == PGRES_POLLING_READING ? POLLIN : POLLOUT;
		if (left <= 0 || poll(&p, 1, (int)left) == 0) {
			check_say(r, CHECK_FAIL, "timeout: the server %s",
			    PQstatus(db) == CONNECTION_STARTED ?
			    "cannot be reached" : "accepts and says nothing");
			return false;
		}
		step = PQconnectPoll(db);
	}
	if (step == PGRES_POLLING_OK)
		return true;
	say_failed(db, r);
	return false;
}

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

/*
 * A DSN that libpq cannot read is our own fault.  What it quotes may be a
 * part of a password, unless it is the name of an option.
 */
static bool
dsn_ok(const char *dsn, struct check_result *r)
{
	char *why = NULL;
	PQconninfoOption *all;
	struct str text, head;

	if (strchr(dsn, '=') == NULL && strstr(dsn, "://") == NULL)
		return true;	/* the name of a database alone */
	all = PQconninfoParse(dsn, &why);
	text = str_trim(str_of(why));
	if (all == NULL) {
		if (str_find(text, STR("option")) < 0 &&
		    str_find(text, STR("parameter")) < 0) {
			(void)str_cut(text, '"', &head);
			text = str_trim(head);
		}
		check_say(r, CHECK_UNKNOWN, "dsn: " STR_FMT, STR_ARG(text));
	}
	PQconninfoFree(all);
	PQfreemem(why);
	return all != NULL;
}

bool
pg_open(struct pg_session *s, struct str dsn, int64_t timeout_ms, bool write,
    struct check_result *r)
{
	const char *keys[] = { "dbname", "fallback_application_name", NULL };
	const char *values[] = { arena_cstr(r->arena, dsn), "ts-health",
	    NULL };
	double start = clk_mono_s();
	PGresult *res;
	bool ok;

	*s = (struct pg_session){ .r = r };
	if (!dsn_ok(values[0], r))
		return false;
	s->db = PQconnectStartParams(keys, values, 1);
	ok = connect_by(s->db, clk_mono_ms() + timeout_ms, r);
	check_phase(r, "connect", clk_mono_s() - start);
	if (!ok) {
		r->seconds = clk_mono_s() - start;
		return false;
	}
	(void)PQsetnonblocking(s->db, 0);
	s->version = PQserverVersion(s->db);
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
	PQfinish(s->db);
	s->db = NULL;
}

PGresult *
pg_ask(struct pg_session *s, const char *sql, const char *const *params,
    int nparams, const char *what)
{
	PGresult *res;
	const char *state;

	if (PQstatus(s->db) != CONNECTION_OK)
		return NULL;
	res = PQexecParams(s->db, sql, nparams, NULL, params, NULL, NULL, 0);
	if (PQresultStatus(res) == PGRES_TUPLES_OK ||
	    PQresultStatus(res) == PGRES_COMMAND_OK)
		return res;
	state = PQresultErrorField(res, PG_DIAG_SQLSTATE);
	check_say(s->r, PQstatus(s->db) == CONNECTION_OK ? CHECK_UNKNOWN :
	    CHECK_FAIL, "%s: %s: %s", what, state ?
	    pg_state_class(str_of(state)) : "connection lost", state ?
	    PQresultErrorField(res, PG_DIAG_MESSAGE_PRIMARY) :
	    PQerrorMessage(s->db));
	PQclear(res);
	return NULL;
}

PGresult *
pg_ask_named(struct pg_session *s, const char *name, double min_s)
{
	const struct pg_query *q = pg_query_find(name, s->version,
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

double
pg_number(const PGresult *res, int row, int col)
{
	double v;

	if (res == NULL || PQntuples(res) <= row || PQnfields(res) <= col ||
	    PQgetisnull(res, row, col) ||
	    !num_parse_double(str_of(PQgetvalue(res, row, col)), &v))
		return NAN;
	return v;
}

enum { OID_BOOL = 16, OID_INT8 = 20, OID_INT2, OID_INT4 = 23, OID_OID = 26,
	OID_FLOAT4 = 700, OID_FLOAT8, OID_NUMERIC = 1700 };

static bool
is_number(Oid type)
{
	return type == OID_INT8 || type == OID_INT2 || type == OID_INT4 ||
	    type == OID_OID || type == OID_FLOAT4 || type == OID_FLOAT8 ||
	    type == OID_NUMERIC;
}

static void
put_text(struct jw *w, struct str text)
{
	struct buf b = { 0 };

	pg_redact(text, &b);
	if (utf8_count(buf_str(&b)) > TEXT_SHOWN) {
		b.n = utf8_prefix(buf_str(&b), TEXT_SHOWN).n;
		(void)buf_put(&b, STR("..."));
	}
	jw_str(w, buf_str(&b));
	buf_release(&b);
}

static void
put_cell(struct jw *w, const PGresult *res, int row, int col)
{
	const char *text = PQgetvalue(res, row, col);
	double v;

	if (PQgetisnull(res, row, col))
		jw_null(w);
	else if (PQftype(res, col) == OID_BOOL)
		jw_bool(w, *text == 't');
	else if (is_number(PQftype(res, col)) &&
	    num_parse_double(str_of(text), &v))
		jw_num(w, v);
	else
		put_text(w, str_of(text));
}

static void
put_row(struct jw *w, const PGresult *res, int row)
{
	int col;

	jw_obj(w);
	for (col = 0; col < PQnfields(res); col++) {
		jw_key(w, str_of(PQfname(res, col)));
		put_cell(w, res, row, col);
	}
	jw_obj_end(w);
}

void
pg_put(struct jw *w, const char *key, const PGresult *res, bool one)
{
	int row;

	if (res == NULL || (one && PQntuples(res) == 0))
		return;
	jw_key(w, str_of(key));
	if (one) {
		put_row(w, res, 0);
		return;
	}
	jw_arr(w);
	for (row = 0; row < PQntuples(res); row++)
		put_row(w, res, row);
	jw_arr_end(w);
}
