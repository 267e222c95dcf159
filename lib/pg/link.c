/*
 * link: talking to libpq.
 */
#include <ctype.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "core/clk.h"
#include "core/dynlib.h"
#include "pg/pg.h"
#include "pg/text.h"

#define LOOK_MS		200	/* how soon a stop is seen */
#define KEYS_MAX	6

static int
say_failed(PGconn *db, struct err *e)
{
	struct str m = str_trim(str_of(PQerrorMessage(db)));
	struct buf b = { 0 };
	size_t i, n;

	pg_redact_conninfo(m, &b);
	for (i = 0, n = 0; i < b.n; i++)	/* one line */
		if (!isspace((unsigned char)b.p[i]))
			b.p[n++] = b.p[i];
		else if (n && b.p[n - 1] != ' ')
			b.p[n++] = ' ';
	b.n = n;
	err_set(e, ERR_NET, "%s: " STR_FMT, pg_connect_class(m),
	    STR_ARG(buf_str(&b)));
	buf_release(&b);
	return -1;
}

/*
 * Without PQconnectdb, whose own timeout counts in whole seconds, for each
 * address, from two.
 */
static int
connect_by(struct pg_link *c, int64_t until_ms, struct err *e)
{
	PostgresPollingStatusType step = PGRES_POLLING_WRITING;
	struct pollfd p = { .events = POLLOUT };
	int64_t left;

	while (PQstatus(c->db) != CONNECTION_BAD &&
	    step != PGRES_POLLING_OK && step != PGRES_POLLING_FAILED) {
		left = until_ms - clk_mono_ms();
		if (c->stop != NULL && *c->stop)
			return err_set(e, ERR_NET, "stopped");
		p.fd = PQsocket(c->db);
		p.events = step == PGRES_POLLING_READING ? POLLIN : POLLOUT;
		if (left <= 0)
			return err_set(e, ERR_NET, "timeout: the server %s",
			    PQstatus(c->db) == CONNECTION_STARTED ?
			    "cannot be reached" : "accepts and says nothing");
		if (poll(&p, 1, left > LOOK_MS ? LOOK_MS : (int)left) > 0)
			step = PQconnectPoll(c->db);
	}
	return step == PGRES_POLLING_OK ? 0 : say_failed(c->db, e);
}

static bool
is_name(const char *dsn)
{
	return strchr(dsn, '=') == NULL && strstr(dsn, "://") == NULL;
}

/*
 * NULL with *e.  What libpq quotes of a DSN that it cannot read may be a part
 * of a password, unless it is the name of an option.
 */
static PQconninfoOption *
dsn_parse(const char *dsn, struct err *e)
{
	char *why = NULL;
	PQconninfoOption *all = PQconninfoParse(dsn, &why);
	struct str text = str_trim(str_of(why)), head;

	if (all == NULL) {
		if (str_find(text, STR("option")) < 0 &&
		    str_find(text, STR("parameter")) < 0) {
			(void)str_cut(text, '"', &head);
			text = str_trim(head);
		}
		err_set(e, ERR_CONFIG, "dsn: " STR_FMT, STR_ARG(text));
	}
	PQfreemem(why);
	return all;
}

static int
dsn_ok(const char *dsn, struct err *e)
{
	PQconninfoOption *all;

	if (is_name(dsn))
		return 0;
	all = dsn_parse(dsn, e);
	PQconninfoFree(all);
	return all == NULL ? -1 : 0;
}

/* What stands later counts: the password before what the dsn says. */
static void
start(struct pg_link *c, const struct pg_login *l)
{
	const char *keys[KEYS_MAX] = { "dbname", "fallback_application_name" };
	const char *values[KEYS_MAX] = { l->dsn, l->name };
	int n = 2;

	if (l->password != NULL) {
		keys[n] = "password";
		values[n++] = l->password;
	}
	if (l->passfile != NULL) {
		keys[n] = "passfile";
		values[n++] = l->passfile;
	}
	c->db = PQconnectStartParams(keys, values, 1);
}

int
pg_link_open(struct pg_link *c, const struct pg_login *l, int64_t timeout_ms,
    struct err *e)
{
	c->db = NULL;
	c->state[0] = '\0';
	if (dynlib_have(LIBPQ, e) == -1 || dsn_ok(l->dsn, e) == -1)
		return -1;
	start(c, l);
	if (connect_by(c, clk_mono_ms() + timeout_ms, e) == -1)
		return -1;
	(void)PQsetnonblocking(c->db, 0);
	c->version = PQserverVersion(c->db);
	return 0;
}

void
pg_link_close(struct pg_link *c)
{
	if (c->db != NULL)
		PQfinish(c->db);
	c->db = NULL;
}

/* ---- statements ---- */

/* Its statement ends with an error, if it had not ended before. */
static void
cancel(struct pg_link *c)
{
	PGcancel *k = PQgetCancel(c->db);
	char why[256];

	if (k != NULL)
		(void)PQcancel(k, why, sizeof(why));
	PQfreeCancel(k);
}

/* Until the server has answered. */
static bool
wait_answer(struct pg_link *c, bool *cancelled)
{
	struct pollfd p = { .events = POLLIN };

	while (PQisBusy(c->db)) {
		if (c->stop != NULL && *c->stop && !*cancelled) {
			cancel(c);
			*cancelled = true;
		}
		p.fd = PQsocket(c->db);
		if (poll(&p, 1, c->stop == NULL ? -1 : LOOK_MS) > 0 &&
		    !PQconsumeInput(c->db))
			return false;
	}
	return true;
}

static bool
is_copy(const PGresult *r)
{
	ExecStatusType s = PQresultStatus(r);

	return s == PGRES_COPY_IN || s == PGRES_COPY_OUT ||
	    s == PGRES_COPY_BOTH;
}

/* The last result, as PQexec has it. */
static PGresult *
answer(struct pg_link *c)
{
	PGresult *last = NULL, *r;
	bool cancelled = false;

	while (wait_answer(c, &cancelled) &&
	    (r = PQgetResult(c->db)) != NULL) {
		PQclear(last);
		last = r;
		if (is_copy(r))
			break;
	}
	return last;
}

static void
say_why(struct pg_link *c, PGresult *r, struct err *e)
{
	const char *state = PQresultErrorField(r, PG_DIAG_SQLSTATE);

	if (is_copy(r)) {
		err_set(e, ERR_CONFIG, "error: COPY from or to the client "
		    "cannot be asked for");
	} else if (state == NULL || PQstatus(c->db) != CONNECTION_OK) {
		err_set(e, ERR_NET, "connection lost: " STR_FMT,
		    STR_ARG(str_trim(str_of(PQerrorMessage(c->db)))));
	} else {
		(void)snprintf(c->state, sizeof(c->state), "%s", state);
		err_set(e, ERR_SYS, "%s: %s", pg_state_class(str_of(state)),
		    PQresultErrorField(r, PG_DIAG_MESSAGE_PRIMARY));
	}
}

PGresult *
pg_link_do(struct pg_link *c, const char *sql, const char *const *params,
    int nparams, struct err *e)
{
	PGresult *r = NULL;

	c->state[0] = '\0';
	if (c->db == NULL || PQstatus(c->db) != CONNECTION_OK) {
		err_set(e, ERR_NET, "connection lost");
		return NULL;
	}
	if (PQsendQueryParams(c->db, sql, nparams, NULL, params, NULL, NULL,
	    0))
		r = answer(c);
	if (PQresultStatus(r) == PGRES_TUPLES_OK ||
	    PQresultStatus(r) == PGRES_COMMAND_OK ||
	    PQresultStatus(r) == PGRES_EMPTY_QUERY)
		return r;
	say_why(c, r, e);
	if (is_copy(r))
		pg_link_close(c);
	PQclear(r);
	return NULL;
}

/* ---- the dsn for other programs ---- */

/* 'it\'s' */
static void
put_word(struct buf *b, const char *key, const char *value)
{
	(void)buf_printf(b, "%s%s='", b->n ? " " : "", key);
	for (; *value != '\0'; value++) {
		if (*value == '\'' || *value == '\\')
			(void)buf_putc(b, '\\');
		(void)buf_putc(b, *value);
	}
	(void)buf_putc(b, '\'');
}

int
pg_dsn_split(const char *dsn, struct arena *a, struct str *words,
    struct str *password, struct err *e)
{
	PQconninfoOption *all, *o;
	struct buf b = { 0 };

	*password = STR_NONE;
	if (dynlib_have(LIBPQ, e) == -1)
		return -1;
	if (is_name(dsn)) {
		if (*dsn != '\0')
			put_word(&b, "dbname", dsn);
	} else {
		if ((all = dsn_parse(dsn, e)) == NULL)
			return -1;
		for (o = all; o->keyword != NULL; o++) {
			if (o->val == NULL)
				continue;
			if (strcmp(o->keyword, "password") == 0)
				*password = arena_str(a, str_of(o->val));
			else if (strcmp(o->keyword, "sslpassword") != 0)
				put_word(&b, o->keyword, o->val);
		}
		PQconninfoFree(all);
	}
	*words = (struct str){ arena_cstr(a, buf_str(&b)), b.n };
	buf_release(&b);
	return 0;
}
