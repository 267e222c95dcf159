/*
 * check_postgres: connect, ask, and look at what the server tells of itself.
 * Each thing to look at is one row: a statement that gives one number.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include <postgresql/libpq-fe.h>

#include "core/clk.h"
#include "core/dur.h"
#include "core/num.h"
#include "json/write.h"
#include "kinds.h"
#include "pg_text.h"

#define STATEMENT_MS	5000
#define LOCK_MS		500
#define QUERY_SHOWN	100	/* characters of a statement */

/* Other client sessions, not this one. */
#define SESSIONS "from pg_stat_activity where pid <> pg_backend_pid() " \
	"and backend_type = 'client backend' "

static const struct pg_item {
	const char *name, *what, *uom;
	const char *warn, *crit;	/* defaults; NULL: none */
	const char *sql;		/* one number, or no row */
} items[] = {
	{ "active", "active connections", "", "50", NULL,
	    "select count(*) " SESSIONS "and state = 'active'" },
	{ "connections", "connections in use", "%", "80", "95",
	    "select 100.0 * count(*) / (current_setting('max_connections')"
	    "::int - current_setting('superuser_reserved_connections')::int) "
	    "from pg_stat_activity where backend_type = 'client backend'" },
	{ "idle_in_transaction", "longest idle transaction", "s", "300", NULL,
	    "select coalesce(max(extract(epoch from clock_timestamp() - "
	    "state_change)), 0) " SESSIONS
	    "and state like 'idle in transaction%'" },
	{ "long_query", "longest query", "s", "300", NULL,
	    "select coalesce(max(extract(epoch from clock_timestamp() - "
	    "query_start)), 0) " SESSIONS "and state = 'active'" },
	{ "long_xact", "longest transaction", "s", NULL, NULL,
	    "select coalesce(max(extract(epoch from clock_timestamp() - "
	    "xact_start)), 0) " SESSIONS },
	{ "locks", "locks not granted", "", "0", NULL,
	    "select count(*) from pg_locks where not granted" },
	{ "wraparound", "transaction ids in use", "%", "60", "80",
	    "select 100.0 * max(age(datfrozenxid)) / 2147483648 "
	    "from pg_database" },
	{ "invalid_indexes", "invalid indexes", "", "0", NULL,
	    "select count(*) from pg_index where not indisvalid" },
	{ "unused_indexes", "unused indexes", "", NULL, NULL,
	    "select count(*) from pg_stat_user_indexes s "
	    "join pg_index i using (indexrelid) "
	    "where s.idx_scan = 0 and not i.indisunique" },
	{ "dead_tuples", "dead rows of the worst table", "%", NULL, NULL,
	    "select coalesce(max(100.0 * n_dead_tup / "
	    "(n_live_tup + n_dead_tup)), 0) from pg_stat_user_tables "
	    "where n_live_tup + n_dead_tup > 1000" },
	{ "size", "size of the database", "B", NULL, NULL,
	    "select pg_database_size(current_database())" },
	/* An idle primary replays nothing: equal positions are no lag. */
	{ "replay_lag", "replay lag", "s", "30", "300",
	    "select case when pg_last_wal_receive_lsn() = "
	    "pg_last_wal_replay_lsn() then 0 else coalesce(extract(epoch "
	    "from now() - pg_last_xact_replay_timestamp()), 0) end "
	    "where pg_is_in_recovery()" },
	{ "slots", "WAL kept for slots", "B", "1073741824", NULL,
	    "select coalesce(max(pg_wal_lsn_diff(pg_current_wal_lsn(), "
	    "restart_lsn)), 0) from pg_replication_slots "
	    "where not pg_is_in_recovery()" },
	{ "archiver", "failed archiving", "", "0", NULL,
	    "select (last_failed_time > coalesce(last_archived_time, "
	    "'-infinity'))::int from pg_stat_archiver "
	    "where last_failed_time is not null" },
};
#define NITEMS	(sizeof(items) / sizeof(items[0]))

struct pg_rule {
	bool wanted;
	struct range warn, crit;
};

struct postgres_check {
	struct check check;
	struct str dsn;
	const struct ynode *checks;
	int64_t statements;
	struct pg_rule rule[NITEMS];
};

#define T	struct postgres_check
#define AT(f)	offsetof(struct postgres_check, f)
static const struct yfield rows[] = {
	CHECK_ROWS,
	YROW("dsn", YT_STR, AT(dsn), .flags = YF_REQUIRED | YF_SECRET),
	YROW("checks", YT_RAW, AT(checks)),
	YROW("statements", YT_INT, AT(statements)),
};
KIND_FIELDS(postgres, T);
#undef AT
#undef T

/* ---- configuration ---- */

static size_t
item_find(struct str name)
{
	size_t i;

	for (i = 0; i < NITEMS; i++)
		if (str_eq(name, str_of(items[i].name)))
			break;
	return i;
}

/* Seconds may be written as a duration: long_query: 5m */
static int
range_of(const struct ynode *n, struct range *out, struct arena *a,
    struct err *e)
{
	struct ynode seconds = *n;
	int64_t ms;

	if (n->kind == Y_SCALAR && dur_parse(n->scalar, &ms) && ms > 0) {
		seconds.scalar = arena_printf(a, "%.15g", (double)ms / 1000);
		return range_decode(&seconds, out, a, e);
	}
	return range_decode(n, out, a, e);
}

/* NAME: RANGE for warn, or {warn: RANGE, crit: RANGE} */
static int
rule_decode(const struct ynode *n, struct pg_rule *r, struct arena *a,
    struct err *e)
{
	const struct ynode *c;

	r->wanted = true;
	if (n->kind == Y_SCALAR) {
		r->crit.set = false;
		return range_of(n, &r->warn, a, e);
	}
	if (n->kind == Y_SEQ)
		return ynode_err(n, e, "expected a range, or {warn: RANGE, "
		    "crit: RANGE}");
	for (c = n->child; c != NULL; c = c->next) {
		if (!str_eq(c->key->scalar, STR("warn")) &&
		    !str_eq(c->key->scalar, STR("crit")))
			return ynode_err(c->key, e, "expected warn or crit");
		if (range_of(c, str_eq(c->key->scalar, STR("warn")) ?
		    &r->warn : &r->crit, a, e) == -1)
			return -1;
	}
	return 0;
}

/* The server and the database, no secrets, in whatever form. */
static struct str
target_of(struct str dsn, struct arena *a)
{
	PQconninfoOption *all = PQconninfoParse(arena_cstr(a, dsn), NULL), *o;
	const char *host = "local", *port = "5432", *db = "";
	struct str s;

	for (o = all; o != NULL && o->keyword != NULL; o++) {
		if (o->val == NULL)
			continue;
		if (strcmp(o->keyword, "host") == 0)
			host = o->val;
		else if (strcmp(o->keyword, "port") == 0)
			port = o->val;
		else if (strcmp(o->keyword, "dbname") == 0)
			db = o->val;
	}
	s = arena_printf(a, "%s:%s/%s", host, port, db);
	PQconninfoFree(all);
	return s;
}

static int
postgres_configure(struct check *c, struct arena *a, struct err *e)
{
	struct postgres_check *p = (struct postgres_check *)c;
	const struct ynode *n;
	size_t i;

	for (i = 0; i < NITEMS; i++) {
		if (items[i].warn != NULL)
			(void)range_parse(str_of(items[i].warn),
			    &p->rule[i].warn, e);
		if (items[i].crit != NULL)
			(void)range_parse(str_of(items[i].crit),
			    &p->rule[i].crit, e);
	}
	if (p->checks != NULL && p->checks->kind != Y_MAP)
		return ynode_err(p->checks, e, "'checks' must be a mapping");
	for (n = p->checks ? p->checks->child : NULL; n; n = n->next) {
		if ((i = item_find(n->key->scalar)) == NITEMS)
			return ynode_err(n->key, e, "unknown check '" STR_FMT
			    "' of a database", STR_ARG(n->key->scalar));
		if (rule_decode(n, &p->rule[i], a, e) == -1)
			return -1;
	}
	if (p->statements < 0 || p->statements > 1000)
		return ynode_err(c->node, e, "'statements' must be from 0 to "
		    "1000");
	c->target = target_of(p->dsn, a);
	return 0;
}

/* ---- the conversation ---- */

static void
say_connect(PGconn *db, struct check_result *r)
{
	struct str m = str_of(PQerrorMessage(db));
	struct buf b = { 0 };

	pg_redact_conninfo(m, &b);
	check_say(r, CHECK_FAIL, "%s: " STR_FMT, pg_connect_class(m),
	    STR_ARG(buf_str(&b)));
	buf_release(&b);
}

static PGconn *
connect_to(const struct postgres_check *p, struct check_result *r)
{
	char timeout[24];
	const char *keys[] = { "dbname", "application_name",
	    "connect_timeout", NULL };
	const char *values[] = { arena_cstr(r->arena, p->dsn), "ts-health",
	    timeout, NULL };
	int64_t s = (p->check.timeout_ms + 999) / 1000;
	double start = clk_mono_s();
	PGconn *db;

	/* libpq takes less than two seconds for two. */
	(void)snprintf(timeout, sizeof(timeout), "%lld",
	    (long long)(s < 2 ? 2 : s));
	db = PQconnectdbParams(keys, values, 1);
	check_phase(r, "connect", clk_mono_s() - start);
	if (PQstatus(db) == CONNECTION_OK)
		return db;
	r->seconds = clk_mono_s() - start;
	say_connect(db, r);
	PQfinish(db);
	return NULL;
}

/* NULL after saying why. */
static PGresult *
query(PGconn *db, const char *sql, const char *what, struct check_result *r)
{
	PGresult *res = PQexec(db, sql);
	const char *state;

	if (PQresultStatus(res) == PGRES_TUPLES_OK ||
	    PQresultStatus(res) == PGRES_COMMAND_OK)
		return res;
	state = PQresultErrorField(res, PG_DIAG_SQLSTATE);
	check_say(r, PQstatus(db) == CONNECTION_OK ? CHECK_UNKNOWN :
	    CHECK_FAIL, "%s: %s: %s", what, pg_state_class(str_of(state)),
	    state ? PQresultErrorField(res, PG_DIAG_MESSAGE_PRIMARY) :
	    PQerrorMessage(db));
	PQclear(res);
	return NULL;
}

/* What the user gave in the DSN stays: SET comes behind it only for ours. */
static bool
prepare(PGconn *db, struct check_result *r)
{
	struct str sql = arena_printf(r->arena, "set statement_timeout = %d; "
	    "set lock_timeout = %d; set default_transaction_read_only = on",
	    STATEMENT_MS, LOCK_MS);
	PGresult *res = query(db, arena_cstr(r->arena, sql), "set", r);

	PQclear(res);
	return res != NULL;
}

static double
number_at(const PGresult *res, int row, int col)
{
	double v;

	if (PQntuples(res) <= row || PQgetisnull(res, row, col) ||
	    !num_parse_double(str_of(PQgetvalue(res, row, col)), &v))
		return NAN;
	return v;
}

static void
ping(PGconn *db, struct check_result *r)
{
	double start = clk_mono_s();
	PGresult *res = query(db, "select 1", "query", r);

	r->seconds = clk_mono_s() - start;
	check_phase(r, "query", r->seconds);
	PQclear(res);
}

/* Without it the server shows other sessions as if they did nothing. */
static void
check_privilege(PGconn *db, struct check_result *r)
{
	PGresult *res = query(db, "select current_user, pg_has_role("
	    "'pg_read_all_stats', 'USAGE')", "privilege", r);

	if (res != NULL && strcmp(PQgetvalue(res, 0, 1), "t") != 0)
		check_say(r, CHECK_WARN, "role '%s' is no member of "
		    "pg_monitor: sessions of others are hidden",
		    PQgetvalue(res, 0, 0));
	PQclear(res);
}

static void
check_items(const struct postgres_check *p, PGconn *db,
    struct check_result *r)
{
	PGresult *res;
	double v;
	size_t i;

	for (i = 0; i < NITEMS; i++) {
		if (!p->rule[i].wanted)
			continue;
		res = query(db, items[i].sql, items[i].name, r);
		if (res != NULL && !isnan(v = number_at(res, 0, 0)))
			check_measure(r, str_of(items[i].name), v,
			    items[i].uom, &p->rule[i].warn, &p->rule[i].crit,
			    items[i].what);
		PQclear(res);
	}
}

static void
put_metrics(PGconn *db, struct check_result *r)
{
	PGresult *res = query(db, "select datname, numbackends, xact_commit, "
	    "xact_rollback, deadlocks from pg_stat_database "
	    "where datname is not null", "metrics", r);
	static const char *const names[] = { NULL,
	    "pg_stat_database_numbackends", "pg_stat_database_xact_commit",
	    "pg_stat_database_xact_rollback", "pg_stat_database_deadlocks" };
	int row, col;

	for (row = 0; res != NULL && row < PQntuples(res); row++)
		for (col = 1; col < 5; col++)
			check_metric1(r, names[col], "datname",
			    arena_str(r->arena, str_of(PQgetvalue(res, row,
			    0))), number_at(res, row, col));
	PQclear(res);
	res = query(db, "select current_setting('max_connections')",
	    "metrics", r);
	if (res != NULL)
		check_metric(r, "pg_settings_max_connections",
		    number_at(res, 0, 0));
	PQclear(res);
}

/* ---- details, under the names that the seeds' monitor gives them ---- */

static void
put_cell(struct jw *w, const PGresult *res, int row, int col)
{
	struct str text = str_of(PQgetvalue(res, row, col)), shown;
	struct buf b = { 0 };
	double v;

	if (PQgetisnull(res, row, col)) {
		jw_null(w);
	} else if (PQftype(res, col) != 25 && num_parse_double(text, &v)) {
		jw_num(w, v);
	} else {
		pg_redact(text, &b);
		shown = buf_str(&b);
		if (shown.n > QUERY_SHOWN) {
			b.n = QUERY_SHOWN;
			(void)buf_put(&b, STR("..."));
			shown = buf_str(&b);
		}
		jw_str(w, shown);
	}
	buf_release(&b);
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

static void
put_rows(struct jw *w, const char *key, const PGresult *res, bool one)
{
	int row;

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

static const char connections_sql[] =
	"select count(*) as total_connections, "
	"count(*) filter (where state = 'active') as active_connections, "
	"count(*) filter (where state = 'idle') as idle_connections, "
	"count(*) filter (where state like 'idle in transaction%') "
	"as idle_in_transaction " SESSIONS;

static const char locks_sql[] =
	"select w.pid as blocked_pid, b.pid as blocking_pid, "
	"w.query::text as blocked_query, b.query::text as blocking_query "
	"from pg_stat_activity w "
	"cross join lateral unnest(pg_blocking_pids(w.pid)) as x(pid) "
	"join pg_stat_activity b on b.pid = x.pid limit 20";

/* By the names of its columns: they changed with version 1.8. */
static const char columns_sql[] =
	"select n.nspname, exists (select from pg_attribute a "
	"where a.attrelid = c.oid and a.attname = 'total_exec_time') "
	"from pg_class c join pg_namespace n on n.oid = c.relnamespace "
	"where c.relname = 'pg_stat_statements'";

static PGresult *
top_statements(PGconn *db, int64_t limit, struct check_result *r)
{
	PGresult *res = query(db, columns_sql, "statements", r), *top = NULL;
	const char *col;
	struct str sql;
	char *schema;

	if (res != NULL && PQntuples(res) == 0)
		check_say(r, CHECK_WARN, "statements: the extension "
		    "pg_stat_statements is not installed");
	if (res != NULL && PQntuples(res) > 0) {
		col = *PQgetvalue(res, 0, 1) == 't' ? "exec_" : "";
		schema = PQescapeIdentifier(db, PQgetvalue(res, 0, 0),
		    strlen(PQgetvalue(res, 0, 0)));
		sql = arena_printf(r->arena, "select query::text as query, "
		    "calls, total_%stime as total_time, mean_%stime as "
		    "mean_time, rows from %s.pg_stat_statements "
		    "order by 3 desc limit %lld", col, col, schema,
		    (long long)limit);
		PQfreemem(schema);
		top = query(db, arena_cstr(r->arena, sql), "statements", r);
	}
	PQclear(res);
	return top;
}

static void
put_data(const struct postgres_check *p, PGconn *db, struct check_result *r)
{
	struct buf b = { .max = CHECK_DATA_MAX };
	struct jw w = { .out = &b };
	PGresult *res;

	jw_obj(&w);
	if ((res = query(db, connections_sql, "connections", r)) != NULL)
		put_rows(&w, "connections", res, true);
	PQclear(res);
	if (p->statements > 0 &&
	    (res = top_statements(db, p->statements, r)) != NULL) {
		put_rows(&w, "query_performance", res, false);
		PQclear(res);
	}
	if ((res = query(db, locks_sql, "locks", r)) != NULL)
		put_rows(&w, "locks", res, false);
	PQclear(res);
	jw_obj_end(&w);
	r->data = arena_str(r->arena, buf_str(&b));
	buf_release(&b);
}

static void
postgres_run(const struct check *c, struct check_result *r)
{
	const struct postgres_check *p = (const struct postgres_check *)c;
	PGconn *db = connect_to(p, r);

	if (db != NULL && prepare(db, r)) {
		ping(db, r);
		check_slow(c, r, "database");
		if (r->status != CHECK_FAIL && p->checks != NULL) {
			check_privilege(db, r);
			check_items(p, db, r);
			put_metrics(db, r);
			put_data(p, db, r);
		}
	}
	check_metric(r, "pg_up", db != NULL && PQstatus(db) ==
	    CONNECTION_OK);
	PQfinish(db);
}

const struct check_kind check_postgres = {
	.name = "postgres", .operand = "dsn", .fields = &postgres_fields,
	.network = true, .configure = postgres_configure,
	.run = postgres_run,
};
