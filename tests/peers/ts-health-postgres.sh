#!/bin/sh
# ts-health postgres against PostgreSQL servers: a member of pg_monitor, a
# plain role, a lock with its blocker, statements, indexes, a standby that
# streams and one that does not, slots, the monitoring views, bad logins.
set -u
bin=$(find /usr/lib/postgresql -name initdb 2>/dev/null | sort | tail -n 1)
bin=${bin%/initdb}
if [ -z "$bin" ] || ! command -v jq >/dev/null; then
	echo 'ok - postgres # SKIP no server'; exit 0
fi
dir=$(mktemp -d)
chmod 755 "$dir"
ports=$(python3 -c 'import socket
s = [socket.socket() for i in range(2)]
for x in s: x.bind(("127.0.0.1", 0))
print(*[x.getsockname()[1] for x in s])')
port=${ports% *} port2=${ports#* }
user=$(id -un)
as=
if [ "$user" = root ]; then		# the server refuses to run as root
	user=nobody as='setpriv --reuid=nobody --regid=nogroup --clear-groups'
	chown nobody "$dir"
fi
pg() { PGHOST=127.0.0.1 PGPORT=$port "$bin/psql" -U "$user" -d postgres -qAtX "$@"; }
stop() {
	for d in data standby; do
		$as "$bin/pg_ctl" -D "$dir/$d" -m immediate stop >/dev/null 2>&1
	done
	wait 2>/dev/null
	rm -rf "$dir"
}
trap stop EXIT
until_true() {	# at most 30 s
	n=0
	until "$@" >/dev/null 2>&1; do
		n=$((n + 1))
		[ $n -lt 300 ] || { echo "not ok - $*"; return 1; }
		sleep 0.1
	done
}
# shellcheck disable=SC2086
$as env HOME="$dir" "$bin/initdb" -D "$dir/data" -A trust -U "$user" >"$dir/initdb" 2>&1
{
	echo "host all mon,plain 127.0.0.1/32 scram-sha-256"
	cat "$dir/data/pg_hba.conf"
} >"$dir/hba" && cat "$dir/hba" >"$dir/data/pg_hba.conf"
start() {	# DIRECTORY PORT
	# shellcheck disable=SC2086
	$as "$bin/pg_ctl" -D "$dir/$1" -w -t 60 -l "$dir/$1/log" \
	    -o "-p $2 -h 127.0.0.1 -k $dir/$1 -c fsync=off -c shared_preload_libraries=pg_stat_statements -c archive_mode=on -c archive_command=false" start >/dev/null 2>&1
}
start data "$port" || { echo 'not ok - the server starts'; exit 1; }
pg -c "create role mon login password 's3cret' in role pg_monitor" \
    -c "create role plain login password 's3cret'" \
    -c 'create schema ext' -c 'grant usage on schema ext to mon' -c 'create extension pg_stat_statements schema ext' -c 'create table t (i int)' \
    -c 'create table "Odd "" name" (i int)' -c 'create index unused on t (i)' -c 'grant select on t to mon' \
    -c "insert into t select generate_series(1, 5000)" -c 'delete from t where i % 2 = 0' \
    -c "select 1 as secret where 'hunter2' <> ''" -c 'alter table t set (autovacuum_enabled = false)'
echo 'ok - the server starts'

# expect NAME STATUS JQ ARGS...
expect() {
	name=$1 want=$2 cond=$3; shift 3
	ts-health postgres "$@" >"$dir/out" 2>"$dir/err"
	rc=$?
	if [ $rc = "$want" ] && jq -e "$cond" "$dir/out" >/dev/null && ! grep -Eq 's3cret|hunter2' "$dir/out" "$dir/err"; then
		echo "ok - $name"
	else
		echo "not ok - $name"; echo "# exit $rc"; sed 's/^/# /' "$dir/out" "$dir/err"
	fi
}
mon="postgresql://mon:s3cret@127.0.0.1:$port/postgres"
all='checks={ping: {}, active: {}, connections: {}, idle_in_transaction: {}, long_query: 5m, long_xact: {}, locks: 0, wraparound: {}, invalid_indexes: {}, unused_indexes: {}, dead_tuples: 60, sizes: {}, replication: {}, slots: {}, archiver: {}}'
expect 'ping' 0 '.status == "healthy" and .response_time < 1' "$mon"
expect 'all items' 0 '[.perfdata[].label] == ["active", "connections", "idle_in_transaction", "long_query", "long_xact", "locks", "wraparound", "invalid_indexes", "unused_indexes", "dead_tuples", "size", "replicas", "replica_lag", "slots", "lost_slots"] and .data.connections.active_connections == 0' "$mon" --set "$all"
expect 'statements without their secrets, in another schema' 0 '.data.query_performance | (length > 0) and (.[0].total_time >= .[-1].total_time) and any(.query | test("create role mon login password .\\*\\*\\*"))' \
    "$mon" --set "$all" --set statements=80
expect 'tables by oid' 0 '.data.table_sizes | any(.relname == "Odd \" name")' "$mon" --set 'checks={sizes: {}}'
expect 'an unused index, dead rows' 1 '(.data.unused_indexes[0].indexrelname == "unused") and (.data.dead_tuples[0].dead_pct > 40)' \
    "$mon" --set 'checks={unused_indexes: 0, dead_tuples: 20}'
expect 'dead rows, over a fifth' 1 '.message | test("^dead rows of the worst table is 50% ")' "$mon" --set 'checks={dead_tuples: {}}'
expect 'a plain role is told of' 1 '.message | test("pg_monitor")' "postgresql://plain:s3cret@127.0.0.1:$port/postgres" --set "$all"
expect 'a plain role and statements' 1 '.message | test("pg_monitor|permission")' "postgresql://plain:s3cret@127.0.0.1:$port/postgres" --set "checks={locks: 0}"
expect 'wrong password' 2 '.error | test("^auth: ")' "postgresql://mon:no@127.0.0.1:$port/postgres"
expect 'no such database' 2 '.error | test("^config: ")' "postgresql://mon:s3cret@127.0.0.1:$port/nosuch"
expect 'refused' 2 '.error | test("^unreachable: ")' 'postgresql://mon:s3cret@127.0.0.1:1/postgres'
expect 'TLS is asked for, and there is none' 2 '.error | test("^tls: ")' "$mon?sslmode=require"
expect 'statements of your own' 2 '(.error | test("rows of t is 2500")) and ([.perfdata[] | .label] == ["n", "t", "t_rows"])' \
    "$mon" --set "query=[{name: n, sql: select 7, warn: 10}, {name: t, sql: 'select * from t', rows_crit: 10}]"
expect 'may not read' 3 '.error | test("permission|not allowed|privilege")' "$mon" --set "query=[{name: x, sql: 'select pg_read_file(''x'')'}]"
expect 'a session that reads only' 3 '.error | test("read-only")' "$mon" --set "query=[{name: x, sql: 'create table x (i int)'}]"

expect 'too few rows are a warning' 1 '.message | test("rows of t is 2500 [(]threshold 5000:[)]")' "$mon" --set "query=[{name: t, sql: 'select * from t', rows_warn: '5000:'}]"
expect 'what is expected' 2 '.error | test("v: .off. does not match")' "$mon" --set "query=[{name: v, sql: 'select current_setting(''fsync'')', expect: ^on}]"
expect 'limits that the DSN has stay' 0 '.status == "healthy"' "$mon?options=-c%20statement_timeout%3D1s" \
    --set 'query=[{name: s, sql: show statement_timeout, expect: ^1s$}, {name: l, sql: show lock_timeout, expect: ^500ms$}]'
expect 'no item says how much' 0 '.data.query_performance | length > 0' "$mon" --set 'checks={statements: {}}'
expect 'a statement that takes too long' 2 '.error | test("statement timeout")' "$mon" --set "query=[{name: s, sql: 'select pg_sleep(60)'}]"
expect 'one that writes, when it may' 0 '.status == "healthy"' "$mon" --set "query=[{name: x, sql: 'create temp table x (i int)'}]" --set read_only=false
expect 'ages of transaction ids, sizes' 1 '(.message | test("transaction ids in use is ")) and (.data.wraparound | length > 0) and ([.perfdata[] | select(.label == "size").value][0] > 1000000)' "$mon" --set 'checks={wraparound: {warn: "~:-1"}, sizes: {}}'
expect 'no archiving that failed' 0 '.status == "healthy" and (.data.archiver.failed_count == 0)' "$mon" --set 'checks={archiver: {}}'

# The names that the exporter gives them, for rules.
ts-health postgres "$mon" --set "$all" -o text >"$dir/text"
for m in pg_up 'pg_stat_database_numbackends{.*datname="postgres"' pg_settings_max_connections \
    'pg_stat_activity_count{.*state="active"' 'pg_locks_count{.*mode="accesssharelock"' pg_database_size_bytes pg_replication_lag_seconds; do
	if grep -q "^$m" "$dir/text"; then echo "ok - $m"; else echo "not ok - $m"; fi
done
ts-health postgres-stats "$mon" >"$dir/table"
if [ $? = 1 ] && grep -q 'warning: dead rows of the worst table is 50%' "$dir/table" && grep -q '^query_performance' "$dir/table" && grep -q '^database_sizes' "$dir/table" && ! grep -Eq 's3cret|hunter2' "$dir/table"; then
	echo 'ok - postgres-stats'
else
	echo 'not ok - postgres-stats'; sed 's/^/# /' "$dir/table"
fi

# The example configuration, which is the guide's checks: its objects and texts.
expect 'active connections, in the words of the guide' 1 '.message == "High number of active database connections: active connections is 0 (threshold ~:-1)"' "$mon" --set 'checks={active: {warn: "~:-1"}}'
cat >"$dir/peers.py" <<'END'
# A web server for /health, and a way to the database that takes its time.
import http.server, os, socket, sys, threading, time
class H(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = b'{"status": "healthy"}'
        self.send_response(200 if self.path == "/health" else 404)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    log_message = lambda *a: None
web = http.server.ThreadingHTTPServer(("127.0.0.1", 0), H)
threading.Thread(target=web.serve_forever, daemon=True).start()
def copy(a, b, delay):
    while (got := a.recv(65536)):
        time.sleep(delay)
        b.sendall(got)
def serve(c):
    s = socket.create_connection(("127.0.0.1", int(sys.argv[2])))
    threading.Thread(target=copy, args=(c, s, 0), daemon=True).start()
    copy(s, c, 0.03)
slow = socket.socket(); slow.bind(("127.0.0.1", 0)); slow.listen()
with open(sys.argv[1] + ".new", "w") as f:
    print(web.server_port, slow.getsockname()[1], file=f)
os.rename(sys.argv[1] + ".new", sys.argv[1])
while True:
    threading.Thread(target=serve, args=(slow.accept()[0],), daemon=True).start()
END
python3 -B "$dir/peers.py" "$dir/ports" "$port" & helper=$!
until_true test -s "$dir/ports"
read -r web slow <"$dir/ports"
sed "s/localhost:808[01]/127.0.0.1:$web/; s/host: localhost, port: 9000/host: 127.0.0.1, port: $web/" "$TOP/examples/health.yml" >"$dir/health.yml"
five() { ts-health -c "$dir/health.yml" database external_api model_service fl_coordinator >"$dir/out" 2>"$dir/err"; }
say() {	# NAME JQ
	if jq -se "$2" "$dir/out" >/dev/null; then echo "ok - $1"; else echo "not ok - $1"; sed 's/^/# /' "$dir/out" "$dir/err"; fi
}
export DATABASE_URL="$mon" REDIS_URL=redis://127.0.0.1:1
five
say 'the example: healthy, with a response time' 'map(.check) == ["database", "external_api", "model_service", "fl_coordinator"] and all(.status == "healthy" and .error == null and (.response_time | type) == "number")'
say 'the object of get_database_health' '.[0].data | (.connections | keys) == ["active_connections", "idle_connections", "idle_in_transaction", "total_connections"] and (.query_performance | length) == 10 and (.query_performance[0] | keys | contains(["calls", "max_time", "mean_time", "min_time", "query", "total_time"])) and all(.query_performance[].query; length <= 103) and .locks == []'
sed -i 's/  slow: 1s/  slow: 20ms/' "$dir/health.yml"
DATABASE_URL="postgresql://mon:s3cret@127.0.0.1:$slow/postgres" five
say 'the example: slow' '.[0] | .status == "warning" and (.message | test("^Slow database response: 0[.]0[3-9]s$")) and .error == null'
kill $helper
DATABASE_URL='postgresql://mon:s3cret@127.0.0.1:1/postgres' five
say 'the example: down, with an error' 'all(.status == "unhealthy" and .message == null and (.error | length > 0))'
unset DATABASE_URL REDIS_URL

# One session holds a lock, another waits for it.
mkfifo "$dir/hold"
pg <"$dir/hold" >/dev/null 2>&1 &
exec 9>"$dir/hold"
echo 'begin; lock table t;' >&9
held() { [ "$(pg -c "select count(*) from pg_locks where mode = 'AccessExclusiveLock' and relation = 't'::regclass and granted")" = 1 ]; }
waits() { [ "$(pg -c 'select count(*) from pg_locks where not granted')" = 1 ]; }
until_true held
pg -c "select * from t where 'hunter2' <> ''" >/dev/null 2>&1 &
until_true waits
expect 'a lock, who waits and who holds' 1 '(.message | test("^Database locks detected: ")) and (.data.locks[0] | .blocked_query == "select * from t where '\''***'\'' <> '\''***'\''" and .blocking_pid > 0 and .relation == "t" and .granted == false and .mode == "AccessShareLock") and (.data.blockers[0].blocked == 1)' \
    "$mon" --set 'checks={locks: 0}'
expect 'a long query, whose it is' 1 '(.message | test("^longest query is [0-9.]+s [(]threshold 0.001[)]$")) and .data.locks[0].query == "select * from t where '\''***'\'' <> '\''***'\''"' \
    "$mon" --set 'checks={long_query: 1ms}'
expect 'a long transaction' 2 '.error | test("^longest transaction is ")' "$mon" --set 'checks={long_xact: {crit: 1ms}}'
expect 'a plain role does not see it, and says so' 1 '.message | test("role .plain. is no member of pg_monitor")' \
    "postgresql://plain:s3cret@127.0.0.1:$port/postgres" --set 'checks={long_query: 5m}'
expect 'a lock that does not wait long' 0 '.status == "healthy"' "$mon" --set 'checks={locks: {warn: 0, min_wait: 1h}}'
expect 'sizes do not wait for it' 0 '.data.table_sizes | length > 1' "$mon" --set 'checks={sizes: {}}'
expect 'an idle transaction' 1 '.message | test("idle transaction")' "$mon" --set 'checks={idle_in_transaction: {warn: 0}}'

# The views of examples/sql: made, and read, twice over.
pg -v ON_ERROR_STOP=1 -f "$TOP/examples/sql/monitoring-views.sql" >"$dir/views" 2>&1 &&
    pg -v ON_ERROR_STOP=1 -f "$TOP/examples/sql/monitoring-views.sql" >>"$dir/views" 2>&1 ||
    { echo 'not ok - the views are made'; sed 's/^/# /' "$dir/views"; }
for v in active_connections long_running_queries idle_transactions database_sizes index_usage lock_waits; do
	if pg -v ON_ERROR_STOP=1 -c "select count(*) from monitoring.$v" >"$dir/views" 2>&1; then
		echo "ok - view $v ($(cat "$dir/views") rows)"
	else
		echo "not ok - view $v"; sed 's/^/# /' "$dir/views"
	fi
done
[ "$(pg -c 'select blocked_query is not null and blocking_pid > 0 from monitoring.lock_waits')" = t ] && echo 'ok - lock_waits tells who' || echo 'not ok - lock_waits tells who'

# How long it waits: not as long as its statement runs, which a gate kept from
# the table for half a second.  Before 14 there is no waitstart: the statement's
# time is the most that it can be.
locks=$(pg -c "select string_agg(quote_ident(attname), ', ') from pg_attribute where attrelid = 'pg_catalog.pg_locks'::regclass and attnum > 0 and attname <> 'waitstart'")
pg -c 'create schema old' -c "create view old.pg_locks as select $locks from pg_catalog.pg_locks" \
    -c 'grant usage on schema old to mon' -c 'grant select on old.pg_locks to mon'
mkfifo "$dir/gate"
pg <"$dir/gate" >/dev/null 2>&1 &
exec 7>"$dir/gate"
echo 'select pg_advisory_lock(7);' >&7
shut() { [ "$(pg -c "select count(*) from pg_locks where locktype = 'advisory' and granted")" = 1 ]; }
until_true shut
pg -c "do 'begin perform pg_advisory_lock(7); perform count(*) from t; end'" >/dev/null 2>&1 &
# as SQL on the one that waits at the table behind the gate
late() { pg -c "select $1 from pg_locks l join pg_stat_activity a using (pid) where not l.granted and a.query like 'do %'"; }
gated() { [ "$(late "l.locktype = 'advisory' and clock_timestamp() - a.state_change > '0.5 s'")" = t ]; }
until_true gated
echo 'select pg_advisory_unlock(7);' >&7
through() { [ "$(late "l.locktype = 'relation' and l.waitstart is not null")" = t ]; }
until_true through
wait='extract(epoch from clock_timestamp() - l.waitstart)' age='extract(epoch from clock_timestamp() - a.state_change)'
# between NAME DSN SQL: what is told lies between what is so before and after
between() {
	low=$(late "$3")
	ts-health postgres "$2" --set 'checks={locks: 0}' >"$dir/out" 2>"$dir/err"
	high=$(late "$3")
	told=$(jq '.data.locks[] | select(.query | startswith("do ")) | .wait_s' "$dir/out")
	if jq -ne "$low <= $told and $told <= $high" >/dev/null; then
		echo "ok - $1"
	else
		echo "not ok - $1"; echo "# $low <= $told <= $high"; sed 's/^/# /' "$dir/out" "$dir/err"
	fi
}
between 'a lock: how long it waits' "$mon" "$wait"
between 'a lock of a server before 14: the statement is the bound' "$mon?options=-csearch_path%3Dold,pg_catalog" "$age"
echo 'commit;' >&9
exec 9>&- 7>&-
pg -c 'select tablename from monitoring.table_sizes' | grep -q 'Odd " name' && echo 'ok - view table_sizes' || echo 'not ok - view table_sizes'

# An index that a failed build left behind.
pg -c 'insert into t values (1), (1)' -c 'create unique index concurrently bad on t (i)' >/dev/null 2>&1
expect 'an invalid index' 1 '.data.invalid_indexes[0].indexrelname == "bad"' "$mon" --set 'checks={invalid_indexes: {}}'

# An archive that takes nothing.
pg -c 'select pg_switch_wal()' >/dev/null
failed() { [ "$(pg -c 'select failed_count > 0 from pg_stat_archiver')" = t ]; }
until_true failed
expect 'archiving that fails' 2 '(.error | test("^failed archiving is 1")) and .data.archiver.failed_count > 0' "$mon" --set 'checks={archiver: {}}'

# A standby that streams over a slot.
pg -c "select pg_create_physical_replication_slot('one')" -c "select pg_create_physical_replication_slot('idle', true)" >/dev/null
# shellcheck disable=SC2086
$as env HOME="$dir" "$bin/pg_basebackup" -D "$dir/standby" -R -S one -X stream -h 127.0.0.1 -p "$port" -U "$user" >"$dir/base" 2>&1 &&
    start standby "$port2" || { echo 'not ok - the standby starts'; sed 's/^/# /' "$dir/base"; }
streams() { [ "$(pg -c "select count(*) from pg_stat_replication where state = 'streaming'")" = 1 ]; }
until_true streams
second="postgresql://mon:s3cret@127.0.0.1:$port2/postgres"
expect 'the primary sees its replica' 0 '(.data.replicas | length == 1 and .[0].state == "streaming") and ([.perfdata[] | select(.label == "replicas").value] == [1])' \
    "$mon" --set 'checks={replication: {}}'
expect 'a replica too few' 2 '.error | test("streaming replicas is 1")' "$mon" --set 'checks={replicas: {crit: "2:"}}'
expect 'slots' 0 '[.data.slots[] | .slot_name + ":" + (.active | tostring)] | sort == ["idle:false", "one:true"]' "$mon" --set 'checks={slots: {}}'
expect 'a slot that keeps too much' 2 '.error | test("WAL kept")' "$mon" --set 'checks={slots: {crit: "~:-1"}}'
expect 'the standby streams' 0 '(.data.standby.receiver == "streaming") and ([.perfdata[].label] == ["replay_lag", "receiver"])' "$second" --set 'checks={replication: {}}'
expect 'all items on a standby' 0 '.status == "healthy"' "$second" --set "checks={connections: {}, locks: 0, long_query: 5m, wraparound: {}, sizes: {}, slots: {}, dead_tuples: 60, unused_indexes: {}}"
$as "$bin/pg_ctl" -D "$dir/data" -m immediate stop >/dev/null 2>&1
alone() { [ "$(PGHOST=127.0.0.1 PGPORT=$port2 "$bin/psql" -U "$user" -d postgres -qAtX -c 'select count(*) from pg_stat_wal_receiver')" = 0 ]; }
until_true alone
expect 'a standby that nobody feeds' 2 '.error | test("streaming is 0")' "$second" --set 'checks={replication: {}}'
expect 'the primary is gone' 2 '.error | test("^unreachable: ")' "$mon"
