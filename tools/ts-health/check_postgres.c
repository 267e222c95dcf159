/*
 * check_postgres: connect, ask, and look at what the server tells of itself.
 * Each thing to look at is one row: a statement that gives one number.
 */
#include <math.h>

#include "core/clk.h"
#include "core/dur.h"
#include "core/num.h"
#include "kinds.h"
#include "pg_report.h"
#include "re/re.h"

#define STATEMENTS_MAX	1000
#define STATEMENTS	10	/* when it is not said how many */

/* Other client sessions, not this one. */
#define SESSIONS "from pg_stat_activity where pid <> pg_backend_pid() " \
	"and backend_type = 'client backend' "

static const struct pg_item {
	const char *name, *what, *uom;
	const char *warn, *crit;	/* defaults; NULL: none */
	const char *sql;		/* one number, or no row */
} items[] = {
	{ "active", "High number of active database "
	    "connections: active connections", "", "50", NULL,
	    "select count(*) " SESSIONS "and state = 'active'" },
	{ "connections", "connections in use", "%", "80", "95",
	    "select 100.0 * count(*) / (current_setting('max_connections')"
	    "::int - current_setting('superuser_reserved_connections')::int - "
	    "coalesce(current_setting('reserved_connections', true), '0')::int) "
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
	{ "locks", "Database locks detected: locks not granted", "", "0", NULL,
	    "select count(*) from pg_locks l join pg_stat_activity a "
	    "using (pid) where not l.granted and clock_timestamp() - coalesce("
	    "(to_jsonb(l)->>'waitstart')::timestamptz, a.state_change) >= "
	    "make_interval(secs => $1::float8)" },
	{ "wraparound", "transaction ids in use", "%", "60", "80",
	    "select 100.0 * max(age(datfrozenxid)) / 2147483648 "
	    "from pg_database" },
	{ "invalid_indexes", "invalid indexes", "", "0", NULL,
	    "select count(*) from pg_index where not indisvalid" },
	{ "unused_indexes", "unused indexes", "", NULL, NULL,
	    "select count(*) from pg_stat_user_indexes s "
	    "join pg_index i using (indexrelid) "
	    "where s.idx_scan = 0 and not i.indisunique" },
	{ "dead_tuples", "dead rows of the worst table", "%", "20", NULL,
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
	/* Nobody streams: however small the lag is, it will grow. */
	{ "receiver", "streaming", "", NULL, "1:",
	    "select count(*) filter (where status = 'streaming') "
	    "from pg_stat_wal_receiver having pg_is_in_recovery()" },
	{ "replicas", "streaming replicas", "", NULL, NULL,
	    "select count(*) filter (where state = 'streaming') "
	    "from pg_stat_replication having not pg_is_in_recovery()" },
	{ "replica_lag", "lag of the last replica", "B", NULL, NULL,
	    "select coalesce(max(pg_wal_lsn_diff(pg_current_wal_lsn(), "
	    "replay_lsn)), 0) from pg_stat_replication "
	    "where not pg_is_in_recovery() having not pg_is_in_recovery()" },
	{ "slots", "WAL kept for slots", "B", "1073741824", NULL,
	    "select coalesce(max(pg_wal_lsn_diff(case when "
	    "pg_is_in_recovery() then pg_last_wal_replay_lsn() "
	    "else pg_current_wal_lsn() end, restart_lsn)), 0) "
	    "from pg_replication_slots" },
	{ "lost_slots", "slots that lost their WAL", "", NULL, "0",
	    "select count(*) filter (where to_jsonb(s)->>'wal_status' = "
	    "'lost') from pg_replication_slots s" },
	{ "archiver", "failed archiving", "", NULL, "0",
	    "select (last_failed_time > coalesce(last_archived_time, "
	    "'-infinity'))::int from pg_stat_archiver "
	    "where last_failed_time is not null" },
};
#define NITEMS	(sizeof(items) / sizeof(items[0]))

struct pg_rule {
	bool wanted;
	double min_s;		/* of locks: how long they wait at least */
	struct range warn, crit;
};

/* A statement of the user's own. */
struct pg_own {
	struct str name, sql, expect;
	struct re *re;
	struct range warn, crit, rows_warn, rows_crit;
};

struct postgres_check {
	struct check check;
	struct str dsn;
	int64_t connect_ms;	/* 0: as long as the check may take */
	const struct ynode *checks;
	int64_t statements;
	bool read_only;
	struct ylist query;	/* of struct pg_own */
	struct pg_rule rule[NITEMS];
	bool more[PG_NPARTS];	/* which details the result has */
};

#define OWN(f)	offsetof(struct pg_own, f)
static const struct yfield own_rows[] = {
	YROW("name", YT_STR, OWN(name), .flags = YF_REQUIRED),
	YROW("sql", YT_STR, OWN(sql), .flags = YF_REQUIRED),
	YROW("expect", YT_STR, OWN(expect)),
	RANGE_ROW("warn", struct pg_own, warn),
	RANGE_ROW("crit", struct pg_own, crit),
	RANGE_ROW("rows_warn", struct pg_own, rows_warn),
	RANGE_ROW("rows_crit", struct pg_own, rows_crit),
};
#undef OWN

static const struct yfields own_fields = {
	.name = "query", .size = sizeof(struct pg_own),
	.row = own_rows, .n = sizeof(own_rows) / sizeof(own_rows[0]),
};

#define T	struct postgres_check
#define AT(f)	offsetof(struct postgres_check, f)
static const struct yfield rows[] = {
	CHECK_ROWS,
	YROW("dsn", YT_STR, AT(dsn), .flags = YF_REQUIRED | YF_SECRET),
	YROW("connect_timeout", YT_DURATION, AT(connect_ms)),
	YROW("checks", YT_RAW, AT(checks)),
	YROW("statements", YT_INT, AT(statements)),
	YROW("read_only", YT_BOOL, AT(read_only), .dflt = "true"),
	YROW("query", YT_LIST, AT(query), .sub = &own_fields),
};
KIND_FIELDS(postgres, T);
#undef AT
#undef T

/* ---- configuration ---- */

/* Names that say the same. */
static const struct { const char *alias, *name; } aliases[] = {
	{ "sizes", "size" }, { "replication", "replay_lag" },
};

static size_t
item_find(struct str name)
{
	size_t i;

	for (i = 0; i < sizeof(aliases) / sizeof(aliases[0]); i++)
		if (str_eq(name, str_of(aliases[i].alias)))
			name = str_of(aliases[i].name);
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

static int	item_decode(struct postgres_check *p, const struct ynode *n,
		    struct arena *a, struct err *e);

/* One key of {warn: RANGE, crit: RANGE, min_wait: DURATION, …} */
static int
rule_key(struct postgres_check *p, size_t item, const struct ynode *n,
    struct arena *a, struct err *e)
{
	struct pg_rule *r = &p->rule[item];
	struct str key = n->key->scalar;
	int64_t ms;

	if (str_eq(key, STR("warn")))
		return range_of(n, &r->warn, a, e);
	if (str_eq(key, STR("crit")))
		return range_of(n, &r->crit, a, e);
	if (str_eq(key, STR("min_wait")) &&
	    strcmp(items[item].name, "locks") == 0) {
		if (n->kind != Y_SCALAR || !dur_parse(n->scalar, &ms))
			return ynode_err(n, e, "expected a duration");
		r->min_s = (double)ms / 1000;
		return 0;
	}
	/* connections: {active: {warn: 50}} */
	if (strcmp(items[item].name, "connections") == 0 &&
	    (str_eq(key, STR("active")) ||
	    str_eq(key, STR("idle_in_transaction"))))
		return item_decode(p, n, a, e);
	return ynode_err(n->key, e, "expected warn or crit");
}

/* NAME: RANGE for warn, or {warn: RANGE, crit: RANGE} */
static int
item_decode(struct postgres_check *p, const struct ynode *n, struct arena *a,
    struct err *e)
{
	size_t item = item_find(n->key->scalar);
	const struct ynode *c;

	if (str_eq(n->key->scalar, STR("ping")))
		return 0;
	if (str_eq(n->key->scalar, STR("statements"))) {
		p->statements = STATEMENTS;
		if (n->kind == Y_NULL || (n->kind == Y_MAP && n->n == 0))
			return 0;
		if (n->kind != Y_SCALAR || !num_parse_i64(n->scalar, 0,
		    STATEMENTS_MAX, &p->statements))
			return ynode_err(n, e, "expected a number to %d",
			    STATEMENTS_MAX);
		return 0;
	}
	if (item == NITEMS)
		return ynode_err(n->key, e, "unknown check '" STR_FMT
		    "' of a database", STR_ARG(n->key->scalar));
	p->rule[item].wanted = true;
	if (n->kind == Y_NULL)
		return 0;
	if (n->kind == Y_SCALAR) {
		p->rule[item].crit.set = false;
		return range_of(n, &p->rule[item].warn, a, e);
	}
	if (n->kind == Y_SEQ)
		return ynode_err(n, e, "expected a range, or {warn: RANGE, "
		    "crit: RANGE}");
	for (c = n->child; c != NULL; c = c->next)
		if (rule_key(p, item, c, a, e) == -1)
			return -1;
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

static void
defaults(struct postgres_check *p)
{
	struct err e;
	size_t i;

	for (i = 0; i < NITEMS; i++) {
		if (items[i].warn != NULL)
			(void)range_parse(str_of(items[i].warn),
			    &p->rule[i].warn, &e);
		if (items[i].crit != NULL)
			(void)range_parse(str_of(items[i].crit),
			    &p->rule[i].crit, &e);
	}
}

/* A standby is looked at for its stream too, slots for lost ones. */
static void
want_more(struct postgres_check *p)
{
	static const struct { const char *item, *also[3]; } rows_[] = {
		{ "replay_lag", { "receiver", "replicas", "replica_lag" } },
		{ "slots", { "lost_slots" } },
	};
	size_t i, k;

	for (i = 0; i < sizeof(rows_) / sizeof(rows_[0]); i++)
		for (k = 0; k < 3 && rows_[i].also[k] != NULL &&
		    p->rule[item_find(str_of(rows_[i].item))].wanted; k++)
			p->rule[item_find(str_of(rows_[i].also[k]))].wanted =
			    true;
	for (i = 0; i < NITEMS; i++)
		if (p->rule[i].wanted)
			pg_report_wants(items[i].name, p->more);
}

static int
configure_own(struct postgres_check *p, struct arena *a, struct err *e)
{
	struct pg_own *q = p->query.p;
	struct err why;

	for (; q != NULL && q != (struct pg_own *)p->query.p + p->query.n;
	    q++)
		if (q->expect.n && (q->re = re_compile_in(a, q->expect, 0,
		    &why)) == NULL)
			return ynode_err(ynode_get(p->check.node, "query"), e,
			    "expect: %s", why.msg);
	return 0;
}

static int
postgres_configure(struct check *c, struct arena *a, struct err *e)
{
	struct postgres_check *p = (struct postgres_check *)c;
	const struct ynode *n;

	defaults(p);
	if (p->checks != NULL && p->checks->kind != Y_MAP &&
	    p->checks->kind != Y_NULL)
		return ynode_err(p->checks, e, "'checks' must be a mapping");
	for (n = p->checks ? p->checks->child : NULL; n; n = n->next)
		if (item_decode(p, n, a, e) == -1)
			return -1;
	if (p->statements < 0 || p->statements > STATEMENTS_MAX)
		return ynode_err(c->node, e, "'statements' must be from 0 to "
		    "%d", STATEMENTS_MAX);
	want_more(p);
	c->target = target_of(p->dsn, a);
	return configure_own(p, a, e);
}

/* ---- the conversation ---- */

static void
ping(struct pg_session *s)
{
	double start = clk_mono_s();
	PGresult *res = pg_ask_named(s, "ping", 0);

	s->r->seconds = clk_mono_s() - start;
	check_phase(s->r, "query", s->r->seconds);
	PQclear(res);
}

/* Without it the server shows other sessions as if they did nothing. */
static void
check_privilege(struct pg_session *s)
{
	PGresult *res = pg_ask(s, "select current_user, pg_has_role("
	    "'pg_read_all_stats', 'USAGE')", NULL, 0, "privilege");

	if (res != NULL && *PQgetvalue(res, 0, 1) != 't')
		check_say(s->r, CHECK_WARN, "role '%s' is no member of "
		    "pg_monitor: sessions of others are hidden",
		    PQgetvalue(res, 0, 0));
	PQclear(res);
}

static void
check_items(const struct postgres_check *p, struct pg_session *s)
{
	struct check_result *r = s->r;
	const char *param;
	PGresult *res;
	double v;
	size_t i;

	for (i = 0; i < NITEMS; i++) {
		if (!p->rule[i].wanted)
			continue;
		param = arena_printf(r->arena, "%.15g", p->rule[i].min_s).p;
		res = pg_ask(s, items[i].sql, &param, strstr(items[i].sql,
		    "$1") != NULL, items[i].name);
		if (!isnan(v = pg_number(res, 0, 0)))
			check_measure(r, str_of(items[i].name), v,
			    items[i].uom, &p->rule[i].warn, &p->rule[i].crit,
			    items[i].what);
		PQclear(res);
	}
}

/* The first column of the first row, and how many rows there are. */
static void
check_own(const struct pg_own *q, struct pg_session *s)
{
	struct arena *a = s->r->arena;
	const char *name = arena_cstr(a, q->name);
	PGresult *res = pg_ask(s, arena_cstr(a, q->sql), NULL, 0, name);
	struct str text = STR_NONE;
	double v = pg_number(res, 0, 0);

	if (res == NULL)
		return;
	if (PQntuples(res) > 0 && PQnfields(res) > 0 &&
	    !PQgetisnull(res, 0, 0))
		text = str_of(PQgetvalue(res, 0, 0));
	if (!isnan(v))
		check_measure(s->r, q->name, v, "", &q->warn, &q->crit,
		    name);
	else if (q->warn.set || q->crit.set)
		check_say(s->r, CHECK_UNKNOWN, "%s: no number", name);
	if (q->re != NULL && !re_match(q->re, text))
		check_say(s->r, CHECK_FAIL, "%s: '" STR_FMT "' does not match "
		    "'" STR_FMT "'", name, STR_ARG(text),
		    STR_ARG(q->expect));
	if (q->rows_warn.set || q->rows_crit.set)
		check_measure(s->r, arena_printf(a, "%s_rows", name),
		    PQntuples(res), "", &q->rows_warn, &q->rows_crit,
		    arena_printf(a, "rows of %s", name).p);
	PQclear(res);
}

static void
postgres_run(const struct check *c, struct check_result *r)
{
	const struct postgres_check *p = (const struct postgres_check *)c;
	const struct pg_own *own = p->query.p;
	struct pg_session s;
	size_t i;
	bool up = pg_open(&s, p->dsn, p->connect_ms > 0 && p->connect_ms <
	    c->timeout_ms ? p->connect_ms : c->timeout_ms, !p->read_only, r);

	if (up) {
		r->facts.connected = true;
		ping(&s);
		check_slow(c, r, "database");
		if (p->checks != NULL) {
			check_privilege(&s);
			check_items(p, &s);
		}
		for (i = 0; i < p->query.n; i++)
			check_own(&own[i], &s);
		if (p->checks != NULL || p->statements > 0) {
			pg_report_metrics(&s);
			pg_report_data(&s, p->more, p->statements,
			    p->rule[item_find(STR("locks"))].min_s);
		}
	}
	check_metric(r, "pg_up", up && pg_is_up(&s));
	pg_close(&s);
}

const struct check_kind check_postgres = {
	.name = "postgres", .operand = "dsn", .fields = &postgres_fields,
	.network = true, .configure = postgres_configure,
	.run = postgres_run,
};
