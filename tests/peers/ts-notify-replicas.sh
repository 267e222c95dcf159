#!/bin/sh
# Two replicas of ts-notify on the same input, with a state on packaged
# servers, under random faults; and one with a directory, under those of a
# single host.  SEED=N repeats a run, COUNT=N sends that many.
set -u
TOP=${TOP:-$(cd "$(dirname "$0")/../.." && pwd)}
# shellcheck source=tests/lib/servers.sh
. "$TOP/tests/lib/servers.sh"
trap servers_stop EXIT
seed=${SEED:-$$}
echo "# SEED=$seed"
run() {
	work=$servers/work.$(echo "$1" | tr -dc a-z); mkdir -p "$work"
	python3 "$TOP/tests/lib/replicas.py" "$1" "${COUNT:-1000}" "$seed" "$work" "$2" ${3:+"$3"} ${4:+"$4"}
}
run directory "$servers/state"
if redis_start one && one=$redis_port && redis_start two && two=$redis_port && redis_start three; then
	run redis "redis://127.0.0.1:$one/0"
	redis-cli -p "$one" flushall >/dev/null
	run 'redis, failover' "redis://127.0.0.1:$one/0" "$two" "$redis_port"
else
	echo 'ok - redis # SKIP no server'
fi
if postgres_start; then
	run postgresql "postgresql://$pg_user@127.0.0.1:$pg_port/postgres"
else
	echo 'ok - postgresql # SKIP no server'
fi
