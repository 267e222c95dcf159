#!/bin/sh
# The guide's checks and rules, whole: the example configuration against a
# PostgreSQL, a Redis and two services that run, are slow, are crowded, are
# gone; and every rule of the guide that speaks of a name of ours, evaluated
# on our lines while all is well (silent) and with the fault made (firing).
set -u
# shellcheck source=tests/lib/servers.sh
. "$TOP/tests/lib/servers.sh"
for need in redis-server jq python3 openssl; do
	command -v $need >/dev/null || { echo "ok - seeds # SKIP no $need"; exit 0; }
done
[ -n "$pg_bin" ] || { echo 'ok - seeds # SKIP no PostgreSQL'; exit 0; }
dir=$(mktemp -d)
pids=''
stop() {
	# shellcheck disable=SC2086
	kill $pids 2>/dev/null
	servers_stop
	wait 2>/dev/null
	rm -rf "$dir"
}
trap stop EXIT
# soon COMMAND...: within ten seconds, or that is the end
soon() { until_true "$@" || { echo "not ok - $*"; exit 1; }; }
# say NAME JQ: of all lines of out
say() {
	if jq -se "$2" "$dir/out" >/dev/null; then echo "ok - $1"; else echo "not ok - $1"; sed 's/^/# /' "$dir/out" "$dir/err"; fi
}
same() { if [ "$2" = "$3" ]; then echo "ok - $1"; else echo "not ok - $1"; echo "# '$2', wanted '$3'" | sed 's/^/# /'; fi; }

postgres_start -c max_connections=100 -c shared_preload_libraries=pg_stat_statements || { echo 'not ok - PostgreSQL starts'; exit 1; }
pg=$pg_port
psql_test -c "create role mon login password 's3cret' in role pg_monitor" -c 'create extension pg_stat_statements' -c 'create table t (i int)'
redis_start seeds --requirepass s3cret --maxmemory 4mb || { echo 'not ok - Redis starts'; exit 1; }
redis=$redis_port
redis() { redis-cli -p "$redis" -a s3cret "$@" 2>/dev/null; }
openssl req -x509 -newkey ed25519 -nodes -keyout "$dir/key" -out "$dir/cert" -days 90 -subj /CN=localhost -addext subjectAltName=DNS:localhost >/dev/null 2>&1
openssl req -x509 -key "$dir/key" -out "$dir/short" -days 20 -subj /CN=localhost -addext subjectAltName=DNS:localhost >/dev/null 2>&1

# Two services, one over TLS with a certificate of 90 days and one of 20; and
# a way to the database on which `select 1' takes 1.1 s.  `crowd N': so many
# sessions that are busy.  A file `sick' makes the services answer 503.
cat >"$dir/peers.py" <<'END'
import http.server, os, socket, ssl, struct, sys, threading, time
dir, pg = sys.argv[1], int(sys.argv[2])
class H(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        sick = os.path.exists(dir + "/sick")
        body = b'{"status": "unhealthy"}' if sick else b'{"status": "healthy"}'
        self.send_response(503 if sick else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    log_message = lambda *a: None
def web(cert=None):
    s = http.server.ThreadingHTTPServer(("127.0.0.1", 0), H)
    if cert:
        c = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        c.load_cert_chain(dir + "/" + cert, dir + "/key")
        s.socket = c.wrap_socket(s.socket, server_side=True)
    threading.Thread(target=s.serve_forever, daemon=True).start()
    return s.server_port
def copy(a, b, wait):
    while (got := a.recv(65536)):
        if wait and b"select 1\0" in got: time.sleep(wait)
        b.sendall(got)
def serve(c):
    s = socket.create_connection(("127.0.0.1", pg))
    threading.Thread(target=copy, args=(s, c, 0), daemon=True).start()
    copy(c, s, 1.1)
slow = socket.socket(); slow.bind(("127.0.0.1", 0)); slow.listen()
ports = [web(), web("cert"), web("short"), slow.getsockname()[1]]
with open(dir + "/ports.new", "w") as f: print(*ports, file=f)
os.rename(dir + "/ports.new", dir + "/ports")
while True:
    threading.Thread(target=serve, args=(slow.accept()[0],), daemon=True).start()
END
cat >"$dir/crowd.py" <<'END'
import socket, struct, sys
port, user, n = int(sys.argv[1]), sys.argv[2], int(sys.argv[3])
all = []
for i in range(n):
    s = socket.create_connection(("127.0.0.1", port))
    login = struct.pack("!I", 196608) + b"user\0" + user.encode() + b"\0database\0postgres\0\0"
    s.sendall(struct.pack("!I", len(login) + 4) + login)
    sql = b"select pg_sleep(600)\0"
    s.sendall(b"Q" + struct.pack("!I", len(sql) + 4) + sql)
    all.append(s)
sys.stdin.read()
END
python3 -B "$dir/peers.py" "$dir" "$pg" & peers=$!
pids="$pids $!"
soon test -s "$dir/ports"
read -r web tls short slow <"$dir/ports"
sed "s/localhost:808[01]/127.0.0.1:$web/; s/host: localhost, port: 9000/host: 127.0.0.1, port: $web/" "$TOP/examples/health.yml" >"$dir/health.yml"
export DATABASE_URL="postgresql://mon:s3cret@127.0.0.1:$pg/postgres" REDIS_URL="redis://:s3cret@127.0.0.1:$redis/0"
five='database redis external_api model_service fl_coordinator'
# shellcheck disable=SC2086
five() { ts-health -c "$dir/health.yml" $five >"$dir/out" 2>"$dir/err"; echo $? >"$dir/status"; }

# ---- the five checks ----
five
say 'well: the five in their order, each with a response time' "map(.check) == (\"$five\" | split(\" \")) and all(.status == \"healthy\" and .error == null and (.response_time | type) == \"number\" and .response_time > 0 and .response_time < 1)"
same 'well: the status' "$(cat "$dir/status")" 0
say 'well: what get_database_health tells' '.[0].data | (.connections | keys) == ["active_connections", "idle_connections", "idle_in_transaction", "total_connections"] and (.connections | map(type == "number") | all) and (.query_performance | length) == 10 and (.locks == [])'
say 'well: how much memory Redis has of its limit' '.[1].perfdata | map(select(.label == "memory_percent"))[0] | .value > 0 and .value < 80 and .warn == "80" and .crit == "95"'
printf 'GET /health HTTP/1.1\r\nHost: h\r\n\r\n' | ts-health -c "$dir/health.yml" -o http $five 2>"$dir/err" | tr -d '\r' >"$dir/answer"
sed '1,/^$/d' "$dir/answer" >"$dir/out"
say 'well: /health' '.[0] | .status == "healthy" and (.checks | length == 5 and all(. == "healthy"))'
DATABASE_URL="postgresql://mon:s3cret@127.0.0.1:$slow/postgres" five
say 'slow: over a second is a warning in the words of the guide' '.[0] | .status == "warning" and (.message | test("^Slow database response: 1[.][1-9][0-9]s$")) and .response_time > 1.1 and .error == null'
same 'slow: the status' "$(cat "$dir/status")" 1
mkfifo "$dir/hold"
python3 -B "$dir/crowd.py" "$pg" "$pg_user" 51 <"$dir/hold" & crowd=$!
exec 9>"$dir/hold"
busy() { [ "$(psql_test -c "select count(*) from pg_stat_activity where state = 'active' and query like '%pg_sleep%' and pid <> pg_backend_pid()")" = "$1" ]; }
soon busy 51
five
say 'crowded: 51 active sessions, in the words of the guide' '.[0] | .status == "warning" and .message == "High number of active database connections: active connections is 51 (threshold 50)" and .data.connections.active_connections == 51 and (.data.active | length) == 50'
psql_test -c "select pg_terminate_backend(pid) from pg_stat_activity where query like '%pg_sleep%' and pid <> pg_backend_pid() and state = 'active' limit 1" >/dev/null
soon busy 50
five
say 'crowded: 50 are not too many' '.[0] | .status == "healthy" and .data.connections.active_connections == 50'
exec 9>&-
wait $crowd
psql_test -c "select pg_terminate_backend(pid) from pg_stat_activity where query like '%pg_sleep%' and pid <> pg_backend_pid()" >/dev/null
soon busy 0
mkfifo "$dir/lock"
psql_test <"$dir/lock" >/dev/null 2>&1 &
exec 9>"$dir/lock"
echo 'begin; lock table t;' >&9
held() { [ "$(psql_test -c "select count(*) from pg_locks where mode = 'AccessExclusiveLock' and relation = 't'::regclass and granted")" = 1 ]; }
waits() { [ "$(psql_test -c 'select count(*) from pg_locks where not granted')" = 1 ]; }
soon held
psql_test -c "select * from t where 'hunter2' <> ''" >/dev/null 2>&1 &
soon waits
five
say 'locks: in the words of the guide, with who waits for whom' '.[0] | .status == "warning" and .message == "Database locks detected: locks not granted is 1 (threshold 0)" and (.data.locks | length == 1 and (.[0] | .granted == false and .locktype == "relation" and .relation == "t" and (.query | test("hunter2") | not) and .blocking_pid > 0))'
echo 'commit;' >&9
exec 9>&-
: >"$dir/sick"
five
say 'sick: 503 is unhealthy, and told' '.[2:4] | all(.status == "unhealthy" and .message == null and (.error | test("503")))'
rm "$dir/sick"
DATABASE_URL='postgresql://mon:s3cret@127.0.0.1:1/postgres' REDIS_URL=redis://:s3cret@127.0.0.1:1 five
say 'gone: an error, and no message' '.[:2] | all(.status == "unhealthy" and .message == null and (.error | test("refused")))'
DATABASE_URL="postgresql://mon:wrong-s3cret@127.0.0.1:$pg/nosuch" REDIS_URL="redis://:wrong-s3cret@127.0.0.1:$redis" five
say 'refused by Redis' '.[1] | .status == "unhealthy" and (.error | test("WRONGPASS"))'
same 'no secret is told' "$(cat "$dir/out" "$dir/err" "$dir/answer" | grep -cE 's3cret|hunter2')" 0

# ---- the rules ----
cat >"$dir/more.yml" <<'END'
# As people have them for the exporters.
groups:
- name: exporters
  rules:
  - {alert: ProbeFailed, expr: probe_success == 0}
  - {alert: ProbeHttpStatus, expr: probe_http_status_code <= 199 or probe_http_status_code >= 400}
  - {alert: ProbeSlow, expr: 'avg_over_time(probe_duration_seconds[5m]) > 60'}
  - {alert: CertificateExpires, expr: 'probe_ssl_earliest_cert_expiry - time() < 86400 * 30'}
  - {alert: PostgresDown, expr: pg_up == 0}
  - {alert: PostgresConnections, expr: 'sum by (instance, job, server) (pg_stat_activity_count) > min by (instance, job, server) (pg_settings_max_connections * 0.8)'}
  - {alert: PostgresLocks, expr: 'sum by (datname) (pg_locks_count{mode="accessexclusivelock"}) > 0'}
  - {alert: RedisDown, expr: redis_up == 0}
  - {alert: RedisMemory, expr: redis_memory_used_bytes / redis_memory_max_bytes * 100 > 80}
  - {alert: RedisNoReplica, expr: 'redis_instance_info{role="slave"} unless redis_master_link_up == 1'}
  - {alert: CheckUnhealthy, expr: 'ts_check_status{status="unhealthy"} == 1'}
  - {alert: InodesLow, expr: node_filesystem_files_free / node_filesystem_files * 100 < 10}
  - {alert: NetworkErrors, expr: 'rate(node_network_receive_errs_total[5m]) / rate(node_network_receive_packets_total[5m]) > 0.01'}
END
set -- -r "$dir/more.yml"
for f in "$TOP"/examples/rules/*.yml; do set -- "$@" -r "$f"; done
# over MINUTES: stdin again each minute for so long
over() { jq -nc --argjson n "$1" '[inputs] as $l | range($n + 1) as $m | $l[] | .timestamps[0] += $m * 60000'; }
# fires ARGS...: names, severities and teams of alerts that fire
fires() { ts-eval --clock input "$@" | jq -r 'select(.labels) | .labels | [.alertname, .severity, .team] | map(select(. != null)) | join("/")' | sort -u | paste -sd ' '; }
checks() {
	ts-health -c "$dir/health.yml" -o samples $five 2>"$dir/err"
	ts-health http "http://127.0.0.1:$web/health" -o samples --set 'labels={job: truststream-app}'
	ts-health http "https://localhost:$1/health" -o samples --set "ca_file=$dir/$2"
}
checks "$tls" cert >"$dir/well"
same 'all is well: silence' "$(over 15 <"$dir/well" | fires "$@")" ''
names() { jq -r .metric.__name__ | sort -u | paste -sd ' '; }
same 'the names that the rules want' "$(names <"$dir/well" | tr ' ' '\n' | grep -cxE 'up|probe_success|probe_http_status_code|probe_duration_seconds|probe_ssl_earliest_cert_expiry|pg_up|pg_stat_activity_count|pg_settings_max_connections|pg_stat_database_numbackends|pg_locks_count|redis_up|redis_memory_used_bytes|redis_memory_max_bytes|redis_instance_info|ts_check_status')" 15

mkfifo "$dir/hold2"
python3 -B "$dir/crowd.py" "$pg" "$pg_user" 82 <"$dir/hold2" & crowd=$!
exec 9>"$dir/hold2"
soon busy 82
ts-health -c "$dir/health.yml" -o samples database >"$dir/crowded" 2>"$dir/err"
same '82 of 100 sessions' "$(over 6 <"$dir/crowded" | fires "$@")" 'DatabaseConnectionHigh/warning DatabaseConnectionsHigh/warning/platform PostgresConnections'
same 'that share, as the rule tells it' "$(over 6 <"$dir/crowded" | ts-eval --clock input -r "$TOP/examples/rules/warning.yml" | jq -r 'select(.labels) | .annotations.description, .labels.datname' | sort -u | paste -sd ' ')" 'Database connection usage is 83%. postgres'
exec 9>&-
wait $crowd
psql_test -c "select pg_terminate_backend(pid) from pg_stat_activity where query like '%pg_sleep%' and pid <> pg_backend_pid()" >/dev/null
soon busy 0

redis eval 'for i = 1, 20000 do redis.call("set", "k" .. i, string.rep("x", 100)) end' 0 >/dev/null
ts-health -c "$dir/health.yml" -o samples redis >"$dir/full" 2>"$dir/err"
same 'a Redis that is full' "$(over 1 <"$dir/full" | fires "$@" | grep -o RedisMemory)" RedisMemory
same 'a certificate of 20 days' "$(ts-health http "https://localhost:$short/health" -o samples --set "ca_file=$dir/short" | over 1 | fires "$@")" CertificateExpires
kill $peers; stop_one server_pids "$redis_pid"
wait $peers 2>/dev/null
postgres_stop
checks "$tls" cert >"$dir/gone"
same 'all of them are gone' "$(over 6 <"$dir/gone" | fires "$@")" 'CheckUnhealthy DatabaseDown/critical/platform PostgresDown ProbeFailed ProbeHttpStatus RedisDown ServiceDown/critical/platform TrustStramDown/critical'
same 'for less than a minute: only what has no `for`' "$(jq -nc '[inputs] as $l | (0, 40000) as $m | $l[] | .timestamps[0] += $m' "$dir/gone" | fires "$@")" 'CheckUnhealthy PostgresDown ProbeFailed ProbeHttpStatus RedisDown'

# ---- the machine ----
# host BUSY AVAILABLE BYTES ERRORS: sixteen minutes of a machine of files: how
# much of a processor works, KiB of 1000000 that are available, how full a disk
# of 1 MiB is, network errors of 100 packets.
cat >"$dir/host.sh" <<'END'
set -eu
cd "$1"
rm -rf proc root; mkdir -p proc/self proc/net root/data
mount -t tmpfs -o size=1m,nr_inodes=50 none root/data
head -c "$4" /dev/zero >root/data/file
[ "$4" = 0 ] || for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31 32 33 34 35 36 37 38 39 40 41 42 43 44 45 46; do : >root/data/$i; done
echo '1 0 8:1 / /data rw - ext4 /dev/sda1 rw' >proc/self/mountinfo
mkdir proc/1; cp proc/self/mountinfo proc/1/
printf 'MemTotal: 1000000 kB\nMemFree: 1000 kB\nMemAvailable: %d kB\n' "$3" >proc/meminfo
m=0
while [ $m -le 16 ]; do
	b=$((m * $2 * 60)) i=$((m * (100 - $2) * 60)) p=$((m * 6000)) e=$((m * $5 * 60))
	printf 'cpu  %d 0 0 %d 0 0 0 0 0 0\ncpu0 %d 0 0 %d 0 0 0 0 0 0\n' $b $i $b $i >proc/stat
	printf 'Inter-| Receive | Transmit\n face |bytes packets\n  eth0: 1 %d %d 0 0 0 0 0 1 1 0 0 0 0 0 0\n' $p $e >proc/net/dev
	ts-health host -q -o samples -l instance=h1 -l job=node-exporter --procfs proc --sysfs sys --rootfs root |
	    jq -c --argjson t $((1700000000000 + m * 60000)) '.timestamps[0] = $t'
	m=$((m + 2))
done
END
chmod 755 "$dir"; mkdir "$dir/host"
host() { unshare -rm sh "$dir/host.sh" "$dir/host" "$@"; }
if host 10 500000 0 0 >"$dir/fine" 2>"$dir/why"; then
	same 'a machine that is well: silence' "$(fires "$@" "$dir/fine")" ''
	host 95 500000 0 0 >"$dir/busy"
	# The other HighCPUUsage takes the average over the modes, a seventh of it.
	same 'one that is busy' "$(fires "$@" "$dir/busy")" 'HighCPUUsage/warning'
	host 10 100000 0 0 >"$dir/small"
	same 'one without memory' "$(fires "$@" "$dir/small")" 'HighMemoryUsage/warning HighMemoryUsage/warning/platform'
	host 10 500000 950000 5 >"$dir/full"
	same 'one with a full disk and a bad cable' "$(fires "$@" "$dir/full")" 'DiskSpaceLow/warning/platform InodesLow NetworkErrors'
	same 'which machine it is' "$(ts-eval --clock input -r "$TOP/examples/rules/warning.yml" "$dir/full" | jq -r 'select(.labels).labels | .instance + " " + .mountpoint' | sort -u)" 'h1 /data'
else
	echo "ok - the machine's rules # SKIP no mount namespace here: $(head -n 1 "$dir/why")"
fi
