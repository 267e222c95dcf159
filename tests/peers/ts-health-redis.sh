#!/bin/sh
# ts-health redis against redis-servers: a good one, wrong passwords, users
# that may not PING or not INFO, thresholds, a replica and its lag, TLS with
# good and bad certificates, a server that loads, a stopped one.
set -u
for need in redis-server redis-cli jq openssl; do
	command -v $need >/dev/null || { echo "ok - redis # SKIP no $need"; exit 0; }
done
dir=$(mktemp -d)
# shellcheck disable=SC2046
set -- $(python3 -c 'import socket
s = [socket.socket() for i in range(4)]
for x in s: x.bind(("127.0.0.1", 0))
print(*[x.getsockname()[1] for x in s])')
port=$1 port2=$2 tls=$3 none=$4
pids=''
trap 'kill -CONT $pids 2>/dev/null; kill $pids 2>/dev/null; wait 2>/dev/null; rm -rf "$dir"' EXIT
mkdir "$dir/two" "$dir/tls"
openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost \
    -keyout "$dir/key" -out "$dir/cert" 2>/dev/null
redis-server --port "$port" --bind 127.0.0.1 --dir "$dir" --save '' --requirepass s3cret --maxmemory 50mb \
    --slowlog-log-slower-than 0 >"$dir/log" 2>&1 &
first=$!
redis-server --port "$port2" --bind 127.0.0.1 --dir "$dir/two" --save '' --replicaof "127.0.0.1 $port" --masterauth s3cret \
    --repl-diskless-sync yes --repl-diskless-sync-delay 0 >"$dir/log2" 2>&1 &
second=$!
redis-server --port 0 --tls-port "$tls" --bind 127.0.0.1 --dir "$dir/tls" --save '' --tls-cert-file "$dir/cert" \
    --tls-key-file "$dir/key" --tls-ca-cert-file "$dir/cert" --tls-auth-clients optional >"$dir/log3" 2>&1 &
pids="$first $second $!"
until_true() {
	n=0
	until "$@" >/dev/null 2>&1; do
		n=$((n + 1))
		[ $n -lt 300 ] || { echo "not ok - $*"; exit 1; }
		sleep 0.1
	done
}
one() { redis-cli -p "$port" -a s3cret "$@" 2>/dev/null; }
linked() { redis-cli -p "$port2" info replication | grep -q master_link_status:up; }
secure() { redis-cli -p "$tls" --tls --cacert "$dir/cert" ping; }
until_true one ping
until_true linked
until_true secure
one acl setuser mute on '>mute' +info -ping >/dev/null
one acl setuser blind on '>blind' +ping -info >/dev/null
one set token hunter2 >/dev/null

# expect NAME STATUS JQ ARGS...: exit status, and a condition on the result
expect() {
	name=$1 want=$2 cond=$3; shift 3
	ts-health redis "$@" >"$dir/out" 2>"$dir/err"
	rc=$?
	if [ $rc = "$want" ] && jq -e "$cond" "$dir/out" >/dev/null && ! grep -Eq 's3cret|hunter2' "$dir/out" "$dir/err"; then
		echo "ok - $name"
	else
		echo "not ok - $name"; echo "# exit $rc"; sed 's/^/# /' "$dir/out" "$dir/err"
	fi
}
url="redis://:s3cret@127.0.0.1:$port"
expect 'well' 0 '.status == "healthy" and .response_time < 1' "$url/0"
expect 'no password' 2 '.error | test("auth")' "redis://127.0.0.1:$port"
expect 'wrong password' 2 '.error | test("WRONGPASS")' "redis://:no@127.0.0.1:$port"
expect 'no such database' 2 '.error | test("^SELECT: .*out of range")' "$url/99"
expect 'no such database, by option' 2 '.error | test("^SELECT: .*out of range")' "$url" --set db=99
expect 'may not PING' 0 '.message | test("NOPERM")' "redis://mute:mute@127.0.0.1:$port"
expect 'may not INFO, which was asked for' 1 '.message | test("INFO: NOPERM")' "redis://blind:blind@127.0.0.1:$port" --set role=master
expect 'may not INFO, and need not' 0 '.status == "healthy"' "redis://blind:blind@127.0.0.1:$port"
expect 'thresholds' 1 '[.perfdata[].label] == ["memory_percent", "connected_clients"]' \
    "$url" --set 'info={memory_percent: {crit: 95}, connected_clients: 0}'
expect 'a field that there is not' 1 '.message | test("does not tell .no_such_field")' "$url" --set 'info={no_such_field: 1}'
expect 'how fast a counter grows' 0 '[.perfdata[] | .label] == ["rejected_connections_rate", "total_commands_processed_rate"]' \
    "$url" --set 'info={rejected_connections_rate: {warn: 0}, total_commands_processed_rate: {crit: 100000}}' --set sample=50ms
expect 'no limit, no share of it' 0 '.perfdata == []' "redis://127.0.0.1:$port2" --set 'info={memory_percent: 1}'
expect 'wrong role' 2 '.error | test("role")' "$url" --set role=slave
expect 'a replica' 0 '.status == "healthy" and (.perfdata | map(.label) == ["replication_lag_seconds", "replication_lag_bytes"])' \
    "redis://127.0.0.1:$port2" --set role=replica --set 'info={replication_lag_seconds: 30, replication_lag_bytes: 100000}'
expect 'a primary and its replicas' 0 '[.perfdata[] | select(.label == "connected_slaves").value] == [1]' \
    "$url" --set role=primary --set 'info={connected_slaves: {crit: "1:"}, replication_lag_seconds: 30}'
expect 'a primary whose replica is too far behind' 1 '.message | test("replication_lag_bytes is [0-9]+")' "$url" --set 'info={replication_lag_bytes: {warn: "~:-1"}}'
one get token >/dev/null; one get nosuch >/dev/null
expect 'how often a key is found' 2 '(.error | test("^hit_rate is 50")) and ([.perfdata[] | select(.label == "hit_rate").value] == [50])' "$url" --set 'info={hit_rate: {crit: "60:"}}'
tls_url="rediss://localhost:$tls"
expect 'TLS' 0 '.phases.ping > 0' "$tls_url" --set "ca_file=$dir/cert"
expect 'TLS with a certificate of ours' 0 '.status == "healthy"' "$tls_url" --set "ca_file=$dir/cert" --set "cert_file=$dir/cert" --set "key_file=$dir/key"
expect 'TLS that nobody vouches for' 2 '.error | test("^certificate: self.signed")' "$tls_url"
expect 'TLS for another name' 2 '.error | test("^certificate: .*mismatch")' "rediss://127.0.0.1:$tls" --set "ca_file=$dir/cert"
expect 'TLS unchecked' 0 '.status == "healthy"' "$tls_url" --set insecure=true
expect 'TLS with a server that has none' 2 '.error | test("^timeout while negotiating TLS")' "rediss://127.0.0.1:$port" --set timeout=1500ms
ts-health redis "$url" -o text >"$dir/text"
for m in 'redis_up{.*} 1' 'redis_memory_max_bytes{.*} 5.24288e+07' 'redis_db_keys{.*db="db0".*} 1' 'redis_connected_slaves{.*} 1'; do
	if grep -q "^$m$" "$dir/text"; then echo "ok - $m"; else echo "not ok - $m"; fi
done
for m in redis_up redis_memory_used_bytes redis_connected_clients 'redis_db_keys{.*db="db0"' 'redis_instance_info{.*role="master"' redis_connected_slave_lag_seconds; do
	if grep -q "^$m" "$dir/text"; then echo "ok - $m"; else echo "not ok - $m"; fi
done
if ts-health redis-stats "$url" >"$dir/table" && grep -q '^keyspace' "$dir/table" && grep -q '^slow_log' "$dir/table" && grep -q ' PING ' "$dir/table" && ! grep -Eq 's3cret|hunter2' "$dir/table"; then
	echo 'ok - redis-stats'
else
	echo 'not ok - redis-stats'; sed 's/^/# /' "$dir/table"
fi
kill -STOP $first
expect 'a stopped server' 2 '.error | test("timeout|no answer")' "$url" --set timeout=300ms
expect 'unknown when it takes too long' 3 '.status == "unknown"' "$url" --set timeout=300ms --set timeout_status=unknown
kill -CONT $first
kill $first
down() { redis-cli -p "$port2" info replication | grep -q master_link_status:down; }
until_true down
expect 'a replica whose primary is gone' 2 '.error | test("link to the master is down")' "redis://127.0.0.1:$port2"
expect 'refused' 2 '.error | test("refused")' "redis://127.0.0.1:$none"
