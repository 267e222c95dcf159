#!/bin/sh
# ts-health postgres against a PostgreSQL server: a member of pg_monitor, a
# plain role, a lock with its blocker, wrong passwords and databases.
set -u
bin=$(find /usr/lib/postgresql -name initdb 2>/dev/null | sort | tail -n 1)
bin=${bin%/initdb}
if [ -z "$bin" ] || ! command -v jq >/dev/null; then
	echo 'ok - postgres # SKIP no server'; exit 0
fi
dir=$(mktemp -d)
chmod 755 "$dir"
port=$((20000 + ($$ + 7) % 20000))
user=$(id -un)
as=
if [ "$user" = root ]; then		# the server refuses to run as root
	user=nobody as='setpriv --reuid=nobody --regid=nogroup --clear-groups'
	chown nobody "$dir"
fi
pg() { PGHOST=127.0.0.1 PGPORT=$port "$bin/psql" -U "$user" -d postgres -qAtX "$@"; }
stop() {
	$as "$bin/pg_ctl" -D "$dir/data" -m immediate stop >/dev/null 2>&1
	wait 2>/dev/null
	rm -rf "$dir"
}
trap stop EXIT
# shellcheck disable=SC2086
$as env HOME="$dir" "$bin/initdb" -D "$dir/data" -A trust -U "$user" >"$dir/initdb" 2>&1
{
	echo "host all mon,plain 127.0.0.1/32 scram-sha-256"
	cat "$dir/data/pg_hba.conf"
} >"$dir/hba" && cat "$dir/hba" >"$dir/data/pg_hba.conf"
# shellcheck disable=SC2086
$as "$bin/pg_ctl" -D "$dir/data" -w -t 30 -l "$dir/data/log" \
    -o "-p $port -h 127.0.0.1 -k $dir/data -c fsync=off -c shared_preload_libraries=pg_stat_statements" start >/dev/null 2>&1 ||
    { echo 'not ok - the server starts'; exit 1; }
pg -c "create role mon login password 's3cret' in role pg_monitor" \
    -c "create role plain login password 's3cret'" \
    -c 'create extension pg_stat_statements' -c 'create table t (i int)'
echo 'ok - the server starts'

expect() {
	name=$1 want=$2 cond=$3; shift 3
	ts-health postgres "$@" >"$dir/out" 2>"$dir/err"
	rc=$?
	if [ $rc = "$want" ] && jq -e "$cond" "$dir/out" >/dev/null && ! grep -q s3cret "$dir/out" "$dir/err"; then
		echo "ok - $name"
	else
		echo "not ok - $name"; echo "# exit $rc"; sed 's/^/# /' "$dir/out" "$dir/err"
	fi
}
mon="postgresql://mon:s3cret@127.0.0.1:$port/postgres"
all='checks={active: {}, connections: {}, idle_in_transaction: {}, long_query: 5m, long_xact: {}, locks: 0, wraparound: {}, invalid_indexes: {}, unused_indexes: {}, dead_tuples: {}, size: {}, replay_lag: {}, slots: {}, archiver: {}}'
expect 'ping' 0 '.status == "healthy" and .response_time < 1' "$mon"
expect 'all items' 0 '([.perfdata[].label] | length == 12) and .data.connections.active_connections == 0' "$mon" --set "$all"
expect 'statements without their secrets' 0 '.data.query_performance | length > 0 and any(.query | test("create role mon login password .\\*\\*\\*"))' \
    "$mon" --set "$all" --set statements=50
expect 'a plain role is told of' 1 '.message | test("pg_monitor")' "postgresql://plain:s3cret@127.0.0.1:$port/postgres" --set "$all"
expect 'wrong password' 2 '.error | test("^auth: ")' "postgresql://mon:no@127.0.0.1:$port/postgres"
expect 'no such database' 2 '.error | test("^config: ")' "postgresql://mon:s3cret@127.0.0.1:$port/nosuch"
expect 'refused' 2 '.error | test("^unreachable: ")' 'postgresql://mon:s3cret@127.0.0.1:1/postgres'

# One session holds a lock, another waits for it.
mkfifo "$dir/hold"
pg <"$dir/hold" >/dev/null 2>&1 &
exec 9>"$dir/hold"
echo 'begin; lock table t;' >&9
until [ "$(pg -c "select count(*) from pg_locks where mode = 'AccessExclusiveLock' and relation = 't'::regclass")" = 1 ]; do :; done
pg -c 'select * from t' >/dev/null 2>&1 &
until [ "$(pg -c 'select count(*) from pg_locks where not granted')" = 1 ]; do :; done
expect 'a lock, who waits and who holds' 1 '(.message | test("locks")) and (.data.locks[0] | .blocked_query == "select * from t" and .blocking_pid > 0)' \
    "$mon" --set 'checks={locks: 0}'
echo 'commit;' >&9
exec 9>&-
