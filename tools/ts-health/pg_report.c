/*
 * pg_report: parts of data, and metrics.
 */
#include "pg_report.h"

#include <math.h>
#include <string.h>

#define LONG_S	60	/* from when on the details show a statement */

/* Part of data, the statement that gives it, and the item it belongs to. */
static const struct {
	const char *key, *query, *item;
	bool one;		/* one row */
} parts[] = {
	{ "server", "server", "connections", true },
	{ "connections_by_state", "connections_by_state", "connections",
	    false },
	{ "active", "active_connections", "active", false },
	{ "long_queries", "long_queries", "long_query", false },
	{ "long_transactions", "long_transactions", "long_xact", false },
	{ "waiting", "locks", "locks", false },
	{ "blockers", "blockers", "locks", false },
	{ "database_sizes", "database_sizes", "size", false },
	{ "table_sizes", "table_sizes", "size", false },
	{ "index_usage", "index_usage", "unused_indexes", false },
	{ "unused_indexes", "unused_indexes", "unused_indexes", false },
	{ "invalid_indexes", "invalid_indexes", "invalid_indexes", false },
	{ "dead_tuples", "dead_tuples", "dead_tuples", false },
	{ "wraparound", "wraparound", "wraparound", false },
	{ "replicas", "replication_primary", "replay_lag", false },
	{ "standby", "replication_standby", "replay_lag", true },
	{ "slots", "replication_slots", "slots", false },
	{ "archiver", "archiver", "archiver", true },
	{ "prepared", "prepared_xacts", "long_xact", true },
	{ "checkpoints", "checkpoints", "archiver", true },
};
#define NPARTS	(sizeof(parts) / sizeof(parts[0]))
_Static_assert(NPARTS <= PG_NPARTS, "PG_NPARTS is too small");

void
pg_report_wants(const char *item, bool *more)
{
	size_t i;

	for (i = 0; i < NPARTS; i++)
		if (strcmp(parts[i].item, item) == 0)
			more[i] = true;
}

/* Under the names that the guide's monitor gives them; without this session. */
static const char connections_sql[] =
	"select count(*) as total_connections, "
	"count(*) filter (where state = 'active') as active_connections, "
	"count(*) filter (where state = 'idle') as idle_connections, "
	"count(*) filter (where state like 'idle in transaction%') "
	"as idle_in_transaction from pg_stat_activity "
	"where pid <> pg_backend_pid() and backend_type = 'client backend'";

/*
 * One row for each pair of who waits and who holds what it waits for.  Since
 * when: waitstart is there from 14 on; before, the statement's own start.
 */
static const char locks_sql[] =
	"select l.locktype, l.mode, l.granted, case when l.locktype = "
	"'relation' and w.datname = current_database() then "
	"l.relation::regclass::text else l.relation::text end as relation, "
	"w.query_start::text as query_start, w.query::text as query, "
	"w.pid as blocked_pid, w.usename::text as blocked_user, "
	"w.query::text as blocked_query, b.pid as blocking_pid, "
	"b.usename::text as blocking_user, b.state as blocking_state, "
	"b.query::text as blocking_query, extract(epoch from "
	"clock_timestamp() - s.since)::float8 as wait_s "
	"from pg_locks l join pg_stat_activity w using (pid) "
	"cross join lateral (select coalesce((to_jsonb(l)->>'waitstart')::"
	"timestamptz, w.state_change) as since) s "
	"left join lateral unnest(pg_blocking_pids(w.pid)) as x(pid) on true "
	"left join pg_stat_activity b on b.pid = x.pid "
	"where not l.granted and clock_timestamp() - s.since >= "
	"make_interval(secs => $1::float8) order by wait_s desc limit 20";

/* By the names of its columns: they changed with version 1.8. */
static PGresult *
top_statements(struct pg_session *s, int64_t limit)
{
	PGresult *res = pg_ask_named(s, "statements_probe", 0), *top = NULL;
	const char *col;
	struct str sql;
	char *schema;

	if (res != NULL && PQntuples(res) == 0)
		check_say(s->r, CHECK_WARN, "statements: the extension "
		    "pg_stat_statements is not installed");
	if (res != NULL && PQntuples(res) > 0) {
		col = *PQgetvalue(res, 0, 2) == 't' ? "exec_" : "";
		schema = PQescapeIdentifier(s->conn.db, PQgetvalue(res, 0, 0),
		    strlen(PQgetvalue(res, 0, 0)));
		sql = arena_printf(s->r->arena, "select left(query, 8192) as "
		    "query, calls, total_%stime as total_time, mean_%stime as "
		    "mean_time, min_%stime as min_time, max_%stime as "
		    "max_time, rows from %s.pg_stat_statements "
		    "order by 3 desc limit %lld", col, col, col, col, schema,
		    (long long)limit);
		PQfreemem(schema);
		top = pg_ask(s, sql.p, NULL, 0, "statements");
	}
	PQclear(res);
	return top;
}

void
pg_report_data(struct pg_session *s, const bool *more, int64_t statements,
    double min_wait_s)
{
	struct buf b = { .max = CHECK_DATA_MAX };
	struct jw w = { .out = &b };
	const char *wait = arena_printf(s->r->arena, "%.15g", min_wait_s).p;
	PGresult *res;
	size_t i;

	jw_obj(&w);
	res = pg_ask(s, connections_sql, NULL, 0, "connections");
	pg_put(&w, "connections", res, true);
	PQclear(res);
	if (statements > 0) {
		res = top_statements(s, statements);
		pg_put(&w, "query_performance", res, false);
		PQclear(res);
	}
	res = pg_ask(s, locks_sql, &wait, 1, "locks");
	pg_put(&w, "locks", res, false);
	PQclear(res);
	for (i = 0; i < NPARTS; i++) {
		if (!more[i])
			continue;
		res = pg_ask_named(s, parts[i].query, strcmp(parts[i].query,
		    "locks") == 0 ? min_wait_s : LONG_S);
		pg_put(&w, parts[i].key, res, parts[i].one);
		PQclear(res);
	}
	jw_obj_end(&w);
	s->r->data = arena_str(s->r->arena, buf_str(&b));
	buf_release(&b);
}

/* ---- metrics: one statement, whose last columns are numbers ---- */

static const struct metrics {
	const char *sql;
	const char *label[3];		/* its first columns */
	const char *name[16];		/* the others */
} metrics[] = {
	{ "select datname, numbackends, xact_commit, xact_rollback, "
	    "blks_read, blks_hit, tup_returned, tup_fetched, tup_inserted, "
	    "tup_updated, tup_deleted, conflicts, temp_files, temp_bytes, "
	    "deadlocks from pg_stat_database where datname is not null",
	    { "datname" }, {
	    "pg_stat_database_numbackends", "pg_stat_database_xact_commit",
	    "pg_stat_database_xact_rollback", "pg_stat_database_blks_read",
	    "pg_stat_database_blks_hit", "pg_stat_database_tup_returned",
	    "pg_stat_database_tup_fetched", "pg_stat_database_tup_inserted",
	    "pg_stat_database_tup_updated", "pg_stat_database_tup_deleted",
	    "pg_stat_database_conflicts", "pg_stat_database_temp_files",
	    "pg_stat_database_temp_bytes", "pg_stat_database_deadlocks" } },
	{ "select d.datname, s.state, count(a.pid), coalesce(max(extract("
	    "epoch from now() - a.xact_start)), 0) from pg_database d "
	    "cross join (values ('active'), ('idle'), "
	    "('idle in transaction'), ('idle in transaction (aborted)'), "
	    "('fastpath function call'), ('disabled')) as s(state) "
	    "left join pg_stat_activity a on a.datname = d.datname and "
	    "a.state = s.state and a.pid <> pg_backend_pid() "
	    "where not d.datistemplate group by 1, 2",
	    { "datname", "state" },
	    { "pg_stat_activity_count", "pg_stat_activity_max_tx_duration" } },
	{ "select d.datname, lower(m.mode), count(l.pid) from pg_database d "
	    "cross join (values ('accesssharelock'), ('rowsharelock'), "
	    "('rowexclusivelock'), ('shareupdateexclusivelock'), "
	    "('sharelock'), ('sharerowexclusivelock'), ('exclusivelock'), "
	    "('accessexclusivelock'), ('sireadlock')) as m(mode) "
	    "left join pg_locks l on l.database = d.oid and "
	    "lower(l.mode) = m.mode and l.pid <> pg_backend_pid() "
	    "where not d.datistemplate group by 1, 2",
	    { "datname", "mode" }, { "pg_locks_count" } },
	{ "select datname, pg_database_size(oid) from pg_database "
	    "where has_database_privilege(oid, 'CONNECT') or "
	    "pg_has_role('pg_read_all_stats', 'USAGE')",
	    { "datname" }, { "pg_database_size_bytes" } },
	/* With the database asked, so that PER_DATABASE / pg_settings_…
	   finds a match without ignoring(): for that one. */
	{ "select current_database(), current_setting('max_connections')"
	    "::int, current_setting('superuser_reserved_connections')::int",
	    { "datname" }, {
	    "pg_settings_max_connections",
	    "pg_settings_superuser_reserved_connections" } },
	{ "select extract(epoch from pg_postmaster_start_time()), "
	    "pg_is_in_recovery()::int, case when not pg_is_in_recovery() or "
	    "pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn() then 0 "
	    "else greatest(0, extract(epoch from now() - "
	    "pg_last_xact_replay_timestamp())) end", { NULL }, {
	    "pg_postmaster_start_time_seconds",
	    "pg_replication_is_replica", "pg_replication_lag_seconds" } },
	{ "select application_name, coalesce(client_addr::text, ''), state, "
	    "pg_wal_lsn_diff(case when pg_is_in_recovery() then "
	    "pg_last_wal_replay_lsn() else pg_current_wal_lsn() end, "
	    "replay_lsn) from pg_stat_replication",
	    { "application_name", "client_addr", "state" },
	    { "pg_stat_replication_pg_wal_lsn_diff" } },
	{ "select slot_name, slot_type, active::int, pg_wal_lsn_diff(case "
	    "when pg_is_in_recovery() then pg_last_wal_replay_lsn() "
	    "else pg_current_wal_lsn() end, restart_lsn) "
	    "from pg_replication_slots", { "slot_name", "slot_type" },
	    { "pg_replication_slot_slot_is_active",
	    "pg_replication_slots_pg_wal_lsn_diff" } },
};

static void
put_metrics(struct pg_session *s, const struct metrics *m)
{
	PGresult *res = pg_ask(s, m->sql, NULL, 0, "metrics");
	struct check_label l[3];
	int row, col, n = 0;
	double v;

	while (n < 3 && m->label[n] != NULL)
		n++;
	for (row = 0; res != NULL && row < PQntuples(res); row++) {
		for (col = 0; col < n; col++)
			l[col] = (struct check_label){ str_of(m->label[col]),
			    arena_str(s->r->arena, str_of(PQgetvalue(res, row,
			    col))) };
		for (; col < PQnfields(res); col++)
			if (!isnan(v = pg_number(res, row, col)))
				check_metric_labels(s->r, m->name[col - n], l,
				    (size_t)n, v);
	}
	PQclear(res);
}

void
pg_report_metrics(struct pg_session *s)
{
	size_t i;

	for (i = 0; i < sizeof(metrics) / sizeof(metrics[0]); i++)
		put_metrics(s, &metrics[i]);
}
