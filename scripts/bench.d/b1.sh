#!/bin/sh
# B1: one round of rules over 9300 series (100 hosts) that moved every 15 s for
# a quarter of an hour; beside a Prometheus that got the same samples by remote
# write and evaluates the same rules.  Both keep the state of 1201 alerts;
# Prometheus also writes ALERTS and the recorded series to its log.
# A round is the difference of two runs for ours (each 15 s, and hardly any),
# ten rounds of steady evaluation for the peer.
# shellcheck source=scripts/bench.d/peers.sh
. "$(dirname "$0")/peers.sh"
steps=61
step() {	# sample lines of one step
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
while [ $s -le $steps ]; do step $s $((from + s * 15000)); s=$((s + 1)); done >lines
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
fleet write body <lines
ticks_in() { grep -c '"_ts":"tick"' "$1"; }
# one NAME FILE...
one() {
	name=$1
	shift
	prom_start "$@" && prom_load "$(wc -l <lines)" && prom_round 10 || failed=prometheus
	prom_stop
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
