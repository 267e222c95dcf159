#!/bin/sh
# B1: one round of rules over 9300 series (100 hosts) that moved every 15 s for
# a quarter of an hour; beside a Prometheus that got the same samples by remote
# write and evaluates the same rules.  Both keep the state of 1201 alerts;
# Prometheus also writes ALERTS and the recorded series to its log.
# A round is the difference of two runs for ours (each 15 s, and hardly any),
# ten rounds of steady evaluation for the peer.
# shellcheck source=scripts/bench.d/lib.sh
. "$(dirname "$0")/lib.sh"
steps=61
fleet() {	# sample lines of one step
	awk -v h=100 -v s="$1" -v t="$2" 'function put(name, labels, v) {
		printf "{\"metric\":{\"__name__\":\"%s\",%s},\"values\":[%s],\"timestamps\":[%.0f]}\n", name, labels, v, t }
	BEGIN { for (i = 0; i < h; i++) { in_ = sprintf("\"instance\":\"h%03d:9100\"", i)
		put("up", in_ ",\"job\":\"truststream-app\"", i != 7)
		for (c = 0; c < 2; c++) for (m = 0; m < 7; m++)
			put("node_cpu_seconds_total", sprintf("\"cpu\":\"%d\",%s,\"mode\":\"%s\"", c, in_, m ? "m" m : "idle"), s * (m ? 1.1 : 7) + i)
		put("node_memory_MemAvailable_bytes", in_, 4e9 + i); put("node_memory_MemTotal_bytes", in_, 8e9)
		for (d = 0; d < 2; d++) { put("node_filesystem_avail_bytes", sprintf("%s,\"mountpoint\":\"/%d\"", in_, d), 5e10)
			put("node_filesystem_size_bytes", sprintf("%s,\"mountpoint\":\"/%d\"", in_, d), 1e11) }
		for (r = 0; r < 6; r++) for (k = 2; k <= 5; k += 3) {
			l = sprintf("%s,\"method\":\"GET\",\"route\":\"/r%d\",\"status_code\":\"%d00\"", in_, r, k)
			put("truststream_http_requests_total", l, s * (k == 2 ? 50 : 1))
			n = split("0.1 0.3 0.5 0.7 1 3 5 7 10 +Inf", le, " ")
			if (k == 2) for (b = 1; b <= n; b++) put("truststream_http_request_duration_seconds_bucket", sprintf("%s,\"le\":\"%s\",\"method\":\"GET\",\"route\":\"/r%d\"", in_, le[b], r), s * b * 5) } } }'
}
from=$(($(date +%s) - steps * 15))000
s=1
while [ $s -le $steps ]; do fleet $s $((from + s * 15000)); s=$((s + 1)); done >lines
cat >more.yml <<'EOF'
groups:
- name: more
  rules:
  - {record: requests:rate5m, expr: 'sum by (method, route, status_code) (rate(truststream_http_requests_total[5m]))'}
  - {record: job:p95, expr: 'histogram_quantile(0.95, sum by (job, le) (rate(truststream_http_request_duration_seconds_bucket[5m])))'}
  - {record: route:p95, expr: 'histogram_quantile(0.95, sum by (instance, method, route, le) (rate(truststream_http_request_duration_seconds_bucket[5m])))'}
  - {record: instance:cpu, expr: '100 - avg by (instance) (rate(node_cpu_seconds_total{mode="idle"}[5m])) * 100'}
  - {record: route:errors, expr: 'sum by (route) (rate(truststream_http_requests_total{status_code="500"}[5m])) / sum by (route) (rate(truststream_http_requests_total[5m]))'}
  - {record: instance:memory, expr: 'node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes'}
  - {record: names:count, expr: 'count({__name__=~"node_.+"})'}
EOF
# The lines as remote write requests, body.N: protobuf in snappy literals.
python3 - <<'EOF'
import itertools, json, struct
def varint(n):
    out = b""
    while n > 127: out, n = out + bytes([n & 127 | 128]), n >> 7
    return out + bytes([n])
def field(number, b): return bytes([number << 3 | 2]) + varint(len(b)) + b
def literals(b):
    parts = (b[i:i + 65536] for i in range(0, len(b), 65536))
    return varint(len(b)) + b"".join(b"\xf4" + struct.pack("<H", len(p) - 1) + p for p in parts)
series = {}
for line in open("lines"):
    r = json.loads(line)
    series.setdefault(tuple(sorted(r["metric"].items())), []).append((r["values"][0], r["timestamps"][0]))
items = iter(series.items())
for n in itertools.count():
    some = list(itertools.islice(items, 500))
    if not some: break
    body = b"".join(field(1, b"".join(field(1, field(1, k.encode()) + field(2, v.encode())) for k, v in labels) +
        b"".join(field(2, b"\x09" + struct.pack("<d", v) + b"\x10" + varint(t)) for v, t in samples))
        for labels, samples in some)
    open("body.%d" % n, "wb").write(literals(body))
EOF
metric() { curl -s "http://127.0.0.1:$web/metrics" | awk -v m="$1" 'index($1, m) == 1 { s += $2 } END { printf "%d", s }'; }
rounds_done() { [ "$(metric prometheus_rule_group_iterations_total)" -ge "$1" ]; }
# peer_round FILE...: sets peer, CPU ms of a round of Prometheus with these
# rules; alerts, how many it holds; and got, how many samples it took
peer_round() {
	web=$(free_port)
	{
		echo 'global: {evaluation_interval: 2s}'
		echo 'rule_files:'
		printf -- "- '%s'\n" "$@"
	} >prometheus.yml
	rm -rf data
	timeout 150 prometheus --config.file=prometheus.yml --storage.tsdb.path=data --web.enable-remote-write-receiver \
	    --web.listen-address="127.0.0.1:$web" --log.level=error >prometheus.log 2>&1 & timer=$!
	pids="$pids $timer"
	wait_for 20 curl -fs "http://127.0.0.1:$web/-/ready" || return 1
	prom=$(pgrep -P $timer)
	got=$(metric prometheus_tsdb_head_samples_appended_total)
	for b in body.*; do
		curl -fs --data-binary "@$b" -H 'Content-Encoding: snappy' -H 'Content-Type: application/x-protobuf' \
		    "http://127.0.0.1:$web/api/v1/write" || return 1
	done
	got=$(($(metric prometheus_tsdb_head_samples_appended_total) - got))
	groups=$(curl -s "http://127.0.0.1:$web/api/v1/rules" | jq '.data.groups | length')
	n=$(metric prometheus_rule_group_iterations_total)
	wait_for 60 rounds_done $((n + 3 * groups)) || return 1
	n=$(metric prometheus_rule_group_iterations_total) t=$(ticks "$prom")
	wait_for 60 rounds_done $((n + 10 * groups)) || return 1
	t=$(calc "$(ticks "$prom") - $t") n=$(($(metric prometheus_rule_group_iterations_total) - n))
	alerts=$(curl -s "http://127.0.0.1:$web/api/v1/alerts" | jq '.data.alerts | length')
	peer=$(calc "$t * $groups / $n" 1)
	kill "$timer"; wait "$timer" 2>/dev/null
}
ticks_in() { grep -c '"_ts":"tick"' "$1"; }
# one NAME FILE...
one() {
	name=$1
	shift
	if ! peer_round "$@" || [ "$got" -lt "$(wc -l <lines)" ]; then
		failed='prometheus'
	fi
	for f in "$@"; do set -- "$@" -r "$f"; shift; done
	ts-eval --clock input --interval 15s "$@" lines >each || failed='ts-eval'
	ts-eval --clock input --interval 1h "$@" lines >rare
	cost -n 5 ts-eval --clock input --interval 15s "$@" lines; all=$cpu_ms
	cost -n 5 ts-eval --clock input --interval 1h "$@" lines
	ours=$(calc "($all - $cpu_ms) / ($(ticks_in each) - $(ticks_in rare))")
	mine=$(grep -o '"labels":{"alertname[^}]*' each | sort -u | wc -l)
	row B1 "$name: $ours ms, $mine alerts" "prometheus $peer ms, $alerts alerts" "$(calc "$peer / $ours" 0)x" \
	    '<=35 ms; >=12x' "$ours > 0 && $ours <= 35 && $peer / $ours >= 12"
}
one '18 examples + 7' "$TOP"/examples/rules/*.yml "$work/more.yml"
one 'the 7 only' "$work/more.yml"
