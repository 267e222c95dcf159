#!/bin/sh
# ts-health redis against a redis-server: a good one, wrong passwords, a user
# that may not PING, thresholds, a stopped server.
set -u
for need in redis-server redis-cli jq; do
	command -v $need >/dev/null || { echo "ok - redis # SKIP no $need"; exit 0; }
done
dir=$(mktemp -d)
port=$((20000 + $$ % 20000))
redis-server --port $port --bind 127.0.0.1 --dir "$dir" --save '' \
    --requirepass s3cret --maxmemory 50mb >"$dir/log" 2>&1 &
pid=$!
trap 'kill -CONT $pid 2>/dev/null; kill $pid 2>/dev/null; wait 2>/dev/null; rm -rf "$dir"' EXIT
tries=0
until redis-cli -p $port -a s3cret ping >/dev/null 2>&1; do
	tries=$((tries + 1))
	[ $tries -lt 100 ] || { echo "not ok - redis-server starts"; exit 1; }
done
redis-cli -p $port -a s3cret acl setuser mute on '>mute' +info -ping >/dev/null 2>&1

# expect NAME STATUS JQ ARGS...: exit status, and a condition on the result
expect() {
	name=$1 want=$2 cond=$3; shift 3
	ts-health redis "$@" >"$dir/out" 2>"$dir/err"
	rc=$?
	if [ $rc = "$want" ] && jq -e "$cond" "$dir/out" >/dev/null && ! grep -q s3cret "$dir/out" "$dir/err"; then
		echo "ok - $name"
	else
		echo "not ok - $name"; sed 's/^/# /' "$dir/out" "$dir/err"
	fi
}
expect 'well' 0 '.status == "healthy" and .response_time < 1' "redis://:s3cret@127.0.0.1:$port/0"
expect 'no password' 2 '.error | test("auth")' "redis://127.0.0.1:$port"
expect 'wrong password' 2 '.error | test("WRONGPASS")' "redis://:no@127.0.0.1:$port"
expect 'may not PING' 0 '.message | test("NOPERM")' "redis://mute:mute@127.0.0.1:$port"
expect 'thresholds' 1 '[.perfdata[].label] == ["memory_percent", "connected_clients"]' \
    "redis://:s3cret@127.0.0.1:$port" --set 'info={memory_percent: {crit: 95}, connected_clients: 0}'
expect 'wrong role' 2 '.error | test("role")' "redis://:s3cret@127.0.0.1:$port" --set role=slave
kill -STOP $pid
expect 'a stopped server' 2 '.error | test("timeout|no answer")' "redis://:s3cret@127.0.0.1:$port" --set timeout=300ms
kill -CONT $pid
expect 'refused' 2 '.error | test("refused")' redis://127.0.0.1:1
