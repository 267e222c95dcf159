-- The monitoring views of the TrustStram guide, corrected.  Create them once
-- in the database to be watched, as a member of pg_monitor or its owner:
--	psql -d truststram -f monitoring-views.sql
-- Without pg_monitor the server shows other people's sessions as if they did
-- nothing.
begin;
create schema if not exists monitoring;
set local search_path = monitoring, pg_catalog;

-- Sessions that do something, but not this one.  The guide's state != 'idle'
-- leaves out sessions without a state, and counts itself.
create or replace view active_connections as
select pid, usename, application_name, client_addr, state, query_start,
    state_change, query
from pg_stat_activity
where state <> 'idle' and pid <> pg_backend_pid()
    and backend_type = 'client backend';

-- Statements that run for more than five minutes.  In an idle transaction
-- query_start belongs to the last finished statement, so those are apart.
create or replace view long_running_queries as
select pid, clock_timestamp() - query_start as duration, usename, query
from pg_stat_activity
where state = 'active' and pid <> pg_backend_pid()
    and backend_type = 'client backend'
    and clock_timestamp() - query_start > interval '5 minutes';

create or replace view idle_transactions as
select pid, clock_timestamp() - xact_start as duration, usename,
    query as last_query
from pg_stat_activity
where state like 'idle in transaction%'
    and clock_timestamp() - xact_start > interval '5 minutes';

-- By oid, and only those that may be asked for: one database without CONNECT
-- makes the guide's view fail as a whole.
create or replace view database_sizes as
select datname, pg_size_pretty(pg_database_size(oid)) as size,
    pg_database_size(oid) as size_bytes
from pg_database
where has_database_privilege(oid, 'CONNECT')
    or pg_has_role('pg_read_all_stats', 'USAGE')
order by size_bytes desc;

-- By oid: a name that needs quotes is no trouble, and a table that was
-- dropped meanwhile has no size, instead of an error for all.
create or replace view table_sizes as
select n.nspname as schemaname, c.relname as tablename,
    pg_size_pretty(pg_total_relation_size(c.oid)) as size,
    pg_total_relation_size(c.oid) as size_bytes
from pg_class c join pg_namespace n on n.oid = c.relnamespace
where c.relkind in ('r', 'm', 'p')
    and n.nspname not in ('pg_catalog', 'information_schema')
    and n.nspname !~ '^pg_(toast|temp)'
order by size_bytes desc nulls last;

-- One view has all of it; the guide's join has columns of that name twice.
create or replace view index_usage as
select s.schemaname, s.relname as tablename, s.indexrelname as indexname,
    s.idx_scan, s.idx_tup_read, s.idx_tup_fetch,
    i.indisunique, i.indisvalid
from pg_stat_user_indexes s join pg_index i using (indexrelid)
order by s.idx_scan desc;

-- Who waits, for whom.
create or replace view lock_waits as
select w.pid as blocked_pid, w.usename as blocked_user,
    w.query as blocked_query, b.pid as blocking_pid,
    b.usename as blocking_user, b.state as blocking_state,
    b.query as blocking_query,
    clock_timestamp() - w.state_change as waiting_for
from pg_stat_activity w
    cross join lateral unnest(pg_blocking_pids(w.pid)) as x(pid)
    join pg_stat_activity b on b.pid = x.pid;
commit;
