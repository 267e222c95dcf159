#include "state/pq_conn.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>

#include "core/clk.h"
#include "core/mem.h"
#include "core/num.h"
#include "state/remote.h"

/* ---- the URL ---- */

/* Without what stands in front of the last '@' and behind the '?'. */
static struct str
public_url(struct str url, struct arena *a)
{
	struct str shown;
	size_t i, at = 0;

	(void)str_cut(url, '?', &shown);
	for (i = 0; i < url.n; i++)
		if (url.p[i] == '@')
			at = i + 1;
	shown = str_sub(shown, at ? at : (size_t)str_find(url, STR("://")) +
	    3, shown.n);
	return arena_printf(a, "postgresql://" STR_FMT, STR_ARG(shown));
}

int
pq_conn_parse(struct pq_conn *c, struct str url, struct err *e)
{
	PQconninfoOption *o;
	char *why = NULL;

	if ((c->api = pq_load(e)) == NULL)
		return -1;
	c->url = arena_cstr(&c->arena, url);
	c->name = public_url(url, &c->arena);
	o = c->api->conninfoParse(c->url, &why);
	/* Its words would show the password that it cannot read. */
	c->api->freemem(why);
	if (o == NULL)
		return err_set(e, ERR_CONFIG, "the place for state is not a "
		    "URL of PostgreSQL: postgresql://[user[:password]@]host"
		    "[:port][/db][?option=value&...]");
	c->api->conninfoFree(o);
	return 0;
}

/* ---- waiting ---- */

static int
wait_for(const struct pq_conn *c, short events, int64_t deadline,
    struct err *e)
{
	struct pollfd p = { .fd = c->api->socket(c->conn), .events = events };
	int64_t left;
	int n;

	do {
		left = deadline - clk_mono_ms();
		n = left <= 0 ? 0 : poll(&p, 1, (int)left);
	} while (n == -1 && errno == EINTR);
	if (n == 1)
		return 0;
	return err_set(e, ERR_NET, n == 0 ? "no answer in time" :
	    "cannot wait for an answer");
}

/* libpq's words as one line. */
static int
said(const struct pq_conn *c, enum err_kind kind, struct err *e)
{
	struct str text = str_trim(str_of(c->api->errorMessage(c->conn)));
	size_t i;

	err_set(e, kind, STR_FMT, STR_ARG(text));
	for (i = 0; e->msg[i] != '\0'; i++)
		if (e->msg[i] == '\n' || e->msg[i] == '\t')
			e->msg[i] = ' ';
	return -1;
}

/* ---- connecting ---- */

static void
say_nothing(void *arg, const char *message)
{
	(void)arg;
	(void)message;
}

/*
 * No code tells why a connection was refused.  Who starts, stops or is full
 * may be tried again; who answers otherwise means it.
 */
static enum err_kind
refusal(const char *message)
{
	static const char *const passing[] = {
		"starting up", "shutting down", "recovery", "too many",
		"reserved", "terminating connection",
	};
	size_t i;

	if (strstr(message, "FATAL:") == NULL)
		return ERR_NET;
	for (i = 0; i < sizeof(passing) / sizeof(passing[0]); i++)
		if (strstr(message, passing[i]) != NULL)
			return ERR_NET;
	return ERR_CONFIG;
}

int
pq_conn_open(struct pq_conn *c, struct err *e)
{
	int64_t deadline = clk_mono_ms() + REMOTE_CALL_MS;
	PostgresPollingStatusType s = PGRES_POLLING_WRITING;

	pq_conn_drop(c);
	c->conn = c->api->connectStart(c->url);
	if (c->conn == NULL)
		mem_exhausted();
	(void)c->api->setNoticeProcessor(c->conn, say_nothing, NULL);
	while (c->api->status(c->conn) != CONNECTION_BAD &&
	    s != PGRES_POLLING_OK && s != PGRES_POLLING_FAILED) {
		if (wait_for(c, s == PGRES_POLLING_READING ? POLLIN : POLLOUT,
		    deadline, e) == -1)
			return -1;
		s = c->api->connectPoll(c->conn);
	}
	if (c->api->status(c->conn) != CONNECTION_OK)
		return said(c, refusal(c->api->errorMessage(c->conn)), e);
	(void)c->api->setnonblocking(c->conn, 1);
	return pq_ask(c, "SET client_encoding TO 'UTF8'", e) == -1 ? -1 : 0;
}

static void
drop_result(struct pq_conn *c)
{
	if (c->result != NULL)
		c->api->clear(c->result);
	c->result = NULL;
}

void
pq_conn_drop(struct pq_conn *c)
{
	if (c->conn == NULL)
		return;
	drop_result(c);
	c->api->finish(c->conn);
	c->conn = NULL;
}

void
pq_conn_release(struct pq_conn *c)
{
	pq_conn_drop(c);
	buf_release(&c->text);
	arena_free(&c->arena);
}

/* ---- statements ---- */

void
pq_add(struct pq_conn *c, struct str text)
{
	c->at[c->n++] = c->text.n;
	(void)buf_put(&c->text, text);
	(void)buf_putc(&c->text, '\0');
}

void
pq_add_int(struct pq_conn *c, int64_t n)
{
	c->at[c->n++] = c->text.n;
	(void)buf_printf(&c->text, "%" PRId64, n);
	(void)buf_putc(&c->text, '\0');
}

/* SQLSTATE classes: what passes, and what is wrong with the data. */
static enum err_kind
failure(const char *state)
{
	static const char *const passing[] = {
		"08", "25", "40", "53", "55", "57", "58", "XX",
	};
	size_t i;

	if (state == NULL)
		return ERR_NET;
	if (strncmp(state, "22", 2) == 0 || strncmp(state, "54", 2) == 0)
		return ERR_SYNTAX;
	for (i = 0; i < sizeof(passing) / sizeof(passing[0]); i++)
		if (strncmp(state, passing[i], 2) == 0)
			return ERR_NET;
	return ERR_CONFIG;
}

static int
send_all(struct pq_conn *c, int64_t deadline, struct err *e)
{
	int rc;

	while ((rc = c->api->flush(c->conn)) == 1) {
		if (wait_for(c, POLLIN | POLLOUT, deadline, e) == -1)
			return -1;
		if (c->api->consumeInput(c->conn) == 0)
			return said(c, ERR_NET, e);
	}
	return rc == -1 ? said(c, ERR_NET, e) : 0;
}

/* The next result; NULL at the end, with *e set at a failure. */
static PGresult *
next_result(struct pq_conn *c, int64_t deadline, struct err *e)
{
	ExecStatusType s;
	PGresult *r;

	while (c->api->isBusy(c->conn)) {
		if (wait_for(c, POLLIN, deadline, e) == -1)
			return NULL;
		if (c->api->consumeInput(c->conn) == 0) {
			(void)said(c, ERR_NET, e);
			return NULL;
		}
	}
	if ((r = c->api->getResult(c->conn)) == NULL)
		return NULL;
	s = c->api->resultStatus(r);
	if (s == PGRES_TUPLES_OK || s == PGRES_COMMAND_OK)
		return r;
	(void)said(c, failure(c->api->resultErrorField(r,
	    PG_DIAG_SQLSTATE)), e);
	c->api->clear(r);
	return NULL;
}

int
pq_ask(struct pq_conn *c, const char *sql, struct err *e)
{
	const char *value[PQ_PARAMS_MAX];
	int64_t deadline = clk_mono_ms() + REMOTE_CALL_MS +
	    (int64_t)(c->text.n >> 10);
	PGresult *r;
	int i, ok, n = c->n;

	for (i = 0; i < n; i++)
		value[i] = c->text.p + c->at[i];
	ok = n ? c->api->sendQueryParams(c->conn, sql, n, NULL, value, NULL,
	    NULL, 0) : c->api->sendQuery(c->conn, sql);
	buf_reset(&c->text);
	c->n = 0;
	drop_result(c);
	if (!ok)
		return said(c, ERR_NET, e);
	if (send_all(c, deadline, e) == -1)
		return -1;
	e->kind = ERR_NONE;
	while ((r = next_result(c, deadline, e)) != NULL) {
		drop_result(c);
		c->result = r;
	}
	if (e->kind != ERR_NONE)
		return -1;
	return c->result ? c->api->ntuples(c->result) : 0;
}

struct str
pq_field(const struct pq_conn *c, int row, int column)
{
	return (struct str){ c->api->getvalue(c->result, row, column),
	    (size_t)c->api->getlength(c->result, row, column) };
}

int64_t
pq_field_int(const struct pq_conn *c, int row, int column)
{
	int64_t n = 0;

	(void)num_parse_i64(pq_field(c, row, column), INT64_MIN, INT64_MAX,
	    &n);
	return n;
}
