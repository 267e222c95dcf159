/*
 * pg_query: the statements.  No relation is locked but by
 * table_sizes_exact; sizes come from the catalogue, by oid.
 *	- a role without pg_read_all_stats sees other sessions as if they did
 *	  nothing (server.sees_all)
 *	- in idle transactions query_start is of the last finished statement
 *	- lag columns are null right after connecting and when idle
 *	- on a standby equal positions are no lag: an idle primary sends nothing
 *	- statements_probe tells which columns pg_stat_statements has; its
 *	  version may be older than the server
 */
#include "pg_query.h"

#include <limits.h>
#include <string.h>

/* What the DSN's options have set stays. */
#define LIMIT(name, ms)	"set_config('" name "', coalesce((select setting || " \
	"unit from pg_settings where name = '" name "' and source = " \
	"'client'), " ms "), false)"

const struct pg_query pg_queries[] = {
	{ "session_setup", 90600, INT_MAX, PG_ANY, "ml",
	    "select " LIMIT("statement_timeout", "$1") ", "
	    LIMIT("lock_timeout", "$2") ", "
	    LIMIT("idle_in_transaction_session_timeout", "$1") ", "
	    "set_config('application_name','ts-health', false)" },
	{ "ping", 90600, INT_MAX, PG_ANY, "",
	    "select 1" },
	{ "server", 100000, INT_MAX, PG_ANY, "",
	    "select current_setting('server_version_num')::int as version, "
	    "pg_is_in_recovery() as standby, extract(epoch from "
	    "clock_timestamp() - pg_postmaster_start_time())::float8 as "
	    "uptime_s, current_setting('default_transaction_read_only')::bool "
	    "as read_only, pg_has_role('pg_read_all_stats','USAGE') as sees_all" },
	{ "connections", 100000, INT_MAX, PG_ANY, "",
	    "select count(*) as total, count(*) filter (where state = 'active' "
	    "and pid <> pg_backend_pid()) as active, count(*) filter (where "
	    "state = 'idle') as idle, count(*) filter (where state like 'idle "
	    "in transaction%') as idle_in_transaction, count(*) filter (where "
	    "wait_event_type = 'Lock') as waiting, "
	    "current_setting('max_connections')::int as max_connections, "
	    "current_setting('superuser_reserved_connections')::int as "
	    "reserved, coalesce(extract(epoch from max(clock_timestamp() - "
	    "query_start) filter (where state = 'active' and pid <> "
	    "pg_backend_pid())), 0)::float8 as longest_query_s, "
	    "coalesce(extract(epoch from max(clock_timestamp() - xact_start) "
	    "filter (where pid <> pg_backend_pid())), 0)::float8 as "
	    "longest_xact_s from pg_stat_activity where backend_type = 'client "
	    "backend'" },
	{ "connections", 90600, 99999, PG_ANY, "",
	    "select count(*) as total, count(*) filter (where state = 'active' "
	    "and pid <> pg_backend_pid()) as active, count(*) filter (where "
	    "state = 'idle') as idle, count(*) filter (where state like 'idle "
	    "in transaction%') as idle_in_transaction, count(*) filter (where "
	    "wait_event_type = 'Lock') as waiting, "
	    "current_setting('max_connections')::int as max_connections, "
	    "current_setting('superuser_reserved_connections')::int as "
	    "reserved, coalesce(extract(epoch from max(clock_timestamp() - "
	    "query_start) filter (where state = 'active' and pid <> "
	    "pg_backend_pid())), 0)::float8 as longest_query_s, "
	    "coalesce(extract(epoch from max(clock_timestamp() - xact_start) "
	    "filter (where pid <> pg_backend_pid())), 0)::float8 as "
	    "longest_xact_s from pg_stat_activity" },
	{ "connections_by_state", 100000, INT_MAX, PG_ANY, "",
	    "select coalesce(datname,'') as datname, coalesce(usename,'') as "
	    "usename, coalesce(application_name,'') as application_name, "
	    "coalesce(state,'unknown') as state, count(*) as n from "
	    "pg_stat_activity where backend_type = 'client backend' group by 1, "
	    "2, 3, 4 order by 5 desc limit 50" },
	{ "active_connections", 100000, INT_MAX, PG_ANY, "t",
	    "select pid, usename, datname, application_name, client_addr::text, "
	    "state, wait_event_type, wait_event, extract(epoch from "
	    "clock_timestamp() - query_start)::float8 as query_s, extract(epoch "
	    "from clock_timestamp() - state_change)::float8 as state_s, "
	    "left(query, $1::int) as query from pg_stat_activity where "
	    "backend_type = 'client backend' and state <> 'idle' and pid <> "
	    "pg_backend_pid() order by query_start limit 50" },
	{ "long_queries", 100000, INT_MAX, PG_ANY, "st",
	    "select pid, usename, datname, application_name, client_addr::text, "
	    "state, wait_event_type, extract(epoch from clock_timestamp() - "
	    "query_start)::float8 as duration_s, left(query, $2::int) as query "
	    "from pg_stat_activity where backend_type = 'client backend' and "
	    "state = 'active' and pid <> pg_backend_pid() and clock_timestamp() "
	    "- query_start > make_interval(secs=>$1::float8) order by "
	    "query_start limit 20" },
	{ "long_transactions", 100000, INT_MAX, PG_ANY, "st",
	    "select pid, usename, datname, state, extract(epoch from "
	    "clock_timestamp() - xact_start)::float8 as xact_s, "
	    "age(backend_xmin) as xmin_age, left(query, $2::int) as last_query "
	    "from pg_stat_activity where xact_start is not null and pid <> "
	    "pg_backend_pid() and backend_type = 'client backend' and "
	    "clock_timestamp() - xact_start > make_interval(secs=>$1::float8) "
	    "order by xact_start limit 20" },
	{ "locks", 140000, INT_MAX, PG_ANY, "st",
	    "select a.pid, a.usename, a.datname, a.application_name, "
	    "l.locktype, l.mode, case when l.locktype = 'relation' and "
	    "a.datname = current_database() then l.relation::regclass::text "
	    "else l.relation::text end as relation, extract(epoch from "
	    "clock_timestamp() - coalesce(l.waitstart, a.state_change))::float8 "
	    "as wait_s, array_to_string(pg_blocking_pids(a.pid),',') as "
	    "blocked_by, left(a.query, $2::int) as query from pg_locks l join "
	    "pg_stat_activity a using (pid) where not l.granted and "
	    "clock_timestamp() - coalesce(l.waitstart, a.state_change) >= "
	    "make_interval(secs=>$1::float8) order by wait_s desc limit 20" },
	{ "locks", 90600, 139999, PG_ANY, "st",
	    "select a.pid, a.usename, a.datname, a.application_name, "
	    "l.locktype, l.mode, case when l.locktype = 'relation' and "
	    "a.datname = current_database() then l.relation::regclass::text "
	    "else l.relation::text end as relation, extract(epoch from "
	    "clock_timestamp() - a.state_change)::float8 as wait_s, "
	    "array_to_string(pg_blocking_pids(a.pid),',') as blocked_by, "
	    "left(a.query, $2::int) as query from pg_locks l join "
	    "pg_stat_activity a using (pid) where not l.granted and "
	    "clock_timestamp() - a.state_change >= "
	    "make_interval(secs=>$1::float8) order by wait_s desc limit 20" },
	{ "blockers", 90600, INT_MAX, PG_ANY, "t",
	    "select b.pid, b.usename, b.state, extract(epoch from "
	    "clock_timestamp() - b.xact_start)::float8 as xact_s, w.blocked, "
	    "left(b.query, $1::int) as query from (select "
	    "unnest(pg_blocking_pids(pid)) as pid, count(*) as blocked from "
	    "pg_stat_activity where wait_event_type = 'Lock' group by 1) w join "
	    "pg_stat_activity b using (pid) order by blocked desc limit 20" },
	{ "database_sizes", 100000, INT_MAX, PG_ANY, "",
	    "select datname, pg_database_size(oid) as bytes, age(datfrozenxid) "
	    "as xid_age, mxid_age(datminmxid) as mxid_age from pg_database "
	    "where has_database_privilege(oid,'CONNECT') or "
	    "pg_has_role('pg_read_all_stats','USAGE') order by bytes desc" },
	{ "table_sizes", 90600, INT_MAX, PG_ANY, "",
	    "select n.nspname as schemaname, c.relname, c.relpages::bigint * "
	    "current_setting('block_size')::bigint as heap_bytes_est, "
	    "c.reltuples::bigint as rows_est from pg_class c join pg_namespace "
	    "n on n.oid = c.relnamespace where c.relkind in ('r','m') and "
	    "n.nspname not in ('pg_catalog','information_schema') and n.nspname "
	    "!~ '^pg_toast' order by 3 desc limit 20" },
	{ "table_sizes_exact", 90600, INT_MAX, PG_ANY, "",
	    "select n.nspname as schemaname, c.relname, "
	    "pg_total_relation_size(c.oid) as total_bytes, pg_table_size(c.oid) "
	    "as table_bytes, pg_indexes_size(c.oid) as index_bytes from "
	    "pg_class c join pg_namespace n on n.oid = c.relnamespace where "
	    "c.relkind in ('r','m') and n.nspname not in "
	    "('pg_catalog','information_schema') and n.nspname !~ '^pg_toast' "
	    "order by 3 desc limit 20" },
	{ "index_usage", 90600, INT_MAX, PG_ANY, "",
	    "select s.schemaname, s.relname, s.indexrelname, s.idx_scan, "
	    "s.idx_tup_read, s.idx_tup_fetch, i.indisunique, i.indisprimary, "
	    "i.indisvalid from pg_stat_user_indexes s join pg_index i using "
	    "(indexrelid) order by s.idx_scan desc, 1, 2, 3 limit 50" },
	{ "unused_indexes", 160000, INT_MAX, PG_ANY, "",
	    "select s.schemaname, s.relname, s.indexrelname, c.relpages::bigint "
	    "* current_setting('block_size')::bigint as bytes_est, "
	    "s.last_idx_scan from pg_stat_user_indexes s join pg_index i using "
	    "(indexrelid) join pg_class c on c.oid = s.indexrelid where "
	    "s.idx_scan = 0 and not i.indisunique order by 4 desc limit 20" },
	{ "unused_indexes", 90600, 159999, PG_ANY, "",
	    "select s.schemaname, s.relname, s.indexrelname, c.relpages::bigint "
	    "* current_setting('block_size')::bigint as bytes_est from "
	    "pg_stat_user_indexes s join pg_index i using (indexrelid) join "
	    "pg_class c on c.oid = s.indexrelid where s.idx_scan = 0 and not "
	    "i.indisunique order by 4 desc limit 20" },
	{ "invalid_indexes", 90600, INT_MAX, PG_ANY, "",
	    "select n.nspname as schemaname, c.relname as indexrelname, "
	    "i.indisready from pg_index i join pg_class c on c.oid = "
	    "i.indexrelid join pg_namespace n on n.oid = c.relnamespace where "
	    "not i.indisvalid order by 1, 2" },
	{ "dead_tuples", 90600, INT_MAX, PG_ANY, "",
	    "select schemaname, relname, n_live_tup, n_dead_tup, round((100.0 * "
	    "n_dead_tup / nullif(n_live_tup+n_dead_tup, 0))::numeric, "
	    "1)::float8 as dead_pct, extract(epoch from clock_timestamp() - "
	    "greatest(last_vacuum, last_autovacuum))::float8 as vacuum_age_s, "
	    "extract(epoch from clock_timestamp() - greatest(last_analyze, "
	    "last_autoanalyze))::float8 as analyze_age_s from "
	    "pg_stat_user_tables where n_dead_tup > 1000 order by n_dead_tup "
	    "desc limit 20" },
	{ "wraparound", 90600, INT_MAX, PG_ANY, "",
	    "select datname, age(datfrozenxid) as xid_age, mxid_age(datminmxid) "
	    "as mxid_age, current_setting('autovacuum_freeze_max_age')::bigint "
	    "as freeze_max_age, (100.0 * age(datfrozenxid)/2147483647)::float8 "
	    "as pct from pg_database order by 2 desc" },
	{ "database_stats", 90600, INT_MAX, PG_ANY, "",
	    "select datname, numbackends, xact_commit, xact_rollback, "
	    "blks_read, blks_hit, deadlocks, conflicts, temp_files, temp_bytes, "
	    "extract(epoch from stats_reset)::float8 as stats_reset from "
	    "pg_stat_database where datname is not null" },
	{ "replication_primary", 120000, INT_MAX, PG_PRIMARY, "",
	    "select application_name, client_addr::text, state, sync_state, "
	    "pg_wal_lsn_diff(pg_current_wal_lsn(), replay_lsn)::bigint as "
	    "replay_bytes, extract(epoch from replay_lag)::float8 as "
	    "replay_lag_s, extract(epoch from clock_timestamp() - "
	    "reply_time)::float8 as reply_age_s from pg_stat_replication" },
	{ "replication_primary", 100000, 119999, PG_PRIMARY, "",
	    "select application_name, client_addr::text, state, sync_state, "
	    "pg_wal_lsn_diff(pg_current_wal_lsn(), replay_lsn)::bigint as "
	    "replay_bytes, extract(epoch from replay_lag)::float8 as "
	    "replay_lag_s from pg_stat_replication" },
	{ "replication_primary", 90600, 99999, PG_PRIMARY, "",
	    "select application_name, client_addr::text, state, sync_state, "
	    "pg_xlog_location_diff(pg_current_xlog_location(), "
	    "replay_location)::bigint as replay_bytes from pg_stat_replication" },
	{ "replication_standby", 100000, INT_MAX, PG_STANDBY, "",
	    "select case when pg_last_wal_receive_lsn() = "
	    "pg_last_wal_replay_lsn() then 0 else extract(epoch from "
	    "clock_timestamp() - pg_last_xact_replay_timestamp())::float8 end "
	    "as lag_s, pg_wal_lsn_diff(pg_last_wal_receive_lsn(), "
	    "pg_last_wal_replay_lsn())::bigint as lag_bytes, (select status "
	    "from pg_stat_wal_receiver limit 1) as receiver" },
	{ "replication_slots", 130000, INT_MAX, PG_ANY, "",
	    "select slot_name, slot_type, active, pg_wal_lsn_diff(case when "
	    "pg_is_in_recovery() then pg_last_wal_replay_lsn() else "
	    "pg_current_wal_lsn() end, restart_lsn)::bigint as retained_bytes, "
	    "wal_status, safe_wal_size from pg_replication_slots" },
	{ "replication_slots", 100000, 129999, PG_ANY, "",
	    "select slot_name, slot_type, active, pg_wal_lsn_diff(case when "
	    "pg_is_in_recovery() then pg_last_wal_replay_lsn() else "
	    "pg_current_wal_lsn() end, restart_lsn)::bigint as retained_bytes "
	    "from pg_replication_slots" },
	{ "archiver", 90600, INT_MAX, PG_ANY, "",
	    "select archived_count, failed_count, last_failed_time > "
	    "coalesce(last_archived_time,'-infinity'::timestamptz) as failing, "
	    "extract(epoch from clock_timestamp() - last_archived_time)::float8 "
	    "as last_archived_age_s from pg_stat_archiver" },
	{ "checkpoints", 170000, INT_MAX, PG_ANY, "",
	    "select num_timed as timed, num_requested as requested from "
	    "pg_stat_checkpointer" },
	{ "checkpoints", 90600, 169999, PG_ANY, "",
	    "select checkpoints_timed as timed, checkpoints_req as requested "
	    "from pg_stat_bgwriter" },
	{ "prepared_xacts", 90600, INT_MAX, PG_ANY, "",
	    "select count(*) as n, coalesce(extract(epoch from "
	    "max(clock_timestamp() - prepared)), 0)::float8 as oldest_s from "
	    "pg_prepared_xacts" },
	{ "statements_probe", 90600, INT_MAX, PG_ANY, "",
	    "select n.nspname, e.extversion, exists (select 1 from pg_attribute "
	    "a join pg_class c on c.oid = a.attrelid where c.relnamespace = "
	    "e.extnamespace and c.relname = 'pg_stat_statements' and a.attname "
	    "= 'total_exec_time' and not a.attisdropped) as has_exec_time from "
	    "pg_extension e join pg_namespace n on n.oid = e.extnamespace where "
	    "e.extname = 'pg_stat_statements'" },
	{ "top_statements", 130000, INT_MAX, PG_ANY, "t",
	    "select s.queryid, coalesce(d.datname,'') as datname, "
	    "coalesce(r.rolname,'') as rolname, left(s.query, $1::int) as "
	    "query, s.calls, s.rows, s.total_exec_time as total_ms, "
	    "s.mean_exec_time as mean_ms, s.min_exec_time as min_ms, "
	    "s.max_exec_time as max_ms from pg_stat_statements s left join "
	    "pg_database d on d.oid = s.dbid left join pg_roles r on r.oid = "
	    "s.userid order by s.total_exec_time desc limit 10" },
	{ "top_statements", 90600, INT_MAX, PG_ANY, "t",
	    "select s.queryid, coalesce(d.datname,'') as datname, "
	    "coalesce(r.rolname,'') as rolname, left(s.query, $1::int) as "
	    "query, s.calls, s.rows, s.total_time as total_ms, s.mean_time as "
	    "mean_ms, s.min_time as min_ms, s.max_time as max_ms from "
	    "pg_stat_statements s left join pg_database d on d.oid = s.dbid "
	    "left join pg_roles r on r.oid = s.userid order by s.total_time "
	    "desc limit 10" },
};
const unsigned pg_nqueries = sizeof(pg_queries) / sizeof(pg_queries[0]);

const struct pg_query *
pg_query_find(const char *name, int version, bool standby)
{
	const struct pg_query *q;

	for (q = pg_queries; q != pg_queries + pg_nqueries; q++)
		if (strcmp(q->name, name) == 0 && version >= q->min &&
		    version <= q->max && (q->on == PG_ANY ||
		    standby == (q->on == PG_STANDBY)))
			return q;
	return NULL;
}
