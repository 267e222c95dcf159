#!/bin/sh
# D1: range queries, 10k series over an hour at 15 s that are loaded, answers
# as JSON; beside the HTTP interface of a Prometheus and a VictoriaMetrics.
# shellcheck source=scripts/bench.d/peers.sh
. "$(dirname "$0")/peers.sh"
hosts=${HOSTS:-100} steps=261
now=$(($(date +%s) / 15 * 15))
fleet lines "$hosts" $steps $(((now - (steps - 1) * 15) * 1000)) >lines
samples=$((hosts * 100 * steps))
fleet write body <lines
# name, times Prometheus, times VictoriaMetrics, expression
cat >expressions <<'END'
raw selector	6	1	node_memory_MemAvailable_bytes
sum by 3 rate	6	2	sum by (method, route, status_code) (rate(truststream_http_requests_total[5m]))
sum by job rate	6	2	sum by (job) (rate(truststream_http_requests_total[5m]))
quantile by job	6	2	histogram_quantile(0.95, sum by (job, le) (rate(truststream_http_request_duration_seconds_bucket[5m])))
quantile by route	25	1	histogram_quantile(0.95, sum by (instance, method, route, le) (rate(truststream_http_request_duration_seconds_bucket[5m])))
avg by instance	6	2	100 - avg by (instance) (rate(node_cpu_seconds_total{mode="idle"}[5m])) * 100
memory ratio	6	2	node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes
many to one	6	2	sum by (instance, route) (rate(truststream_http_requests_total[5m])) / on (instance) group_left () sum by (instance) (rate(truststream_http_requests_total[5m]))
topk all	6	2	topk(5, rate({__name__=~"node_cpu.+|node_network_receive_bytes.+|.+requests_total"}[5m]))
max_over_time	6	1	max_over_time(node_filesystem_avail_bytes[15m])
END
awk -F '\t' -v t="$now" '{ print t - 3600 "000", t "000", 15000, $4 }' expressions >queries
promqlbench lines <queries >ours || failed=promqlbench
prom_start && prom_load $samples || failed=prometheus
vm_start && vm_load $samples || failed=victoria-metrics
i=0
while IFS='	' read -r name wantp wantv x; do
	i=$((i + 1))
	ours=$(sed -n "${i}s/ .*//p" ours)
	set -- --data-urlencode "query=$x" -d start=$((now - 3600)) -d end="$now" -d step=15
	asked "$prom" "http://127.0.0.1:$web/api/v1/query_range" 5 "$@"; p=$peer
	asked "$vm" "http://127.0.0.1:$vmweb/api/v1/query_range" 5 "$@" -d nocache=1
	row D1 "$name: $ours ms" "prometheus $p ms, VM $peer ms" "$(calc "$p / $ours" 1)x, $(calc "$peer / $ours" 1)x" \
	    ">=${wantp}x, >=${wantv}x" "$p / $ours >= $wantp && $peer / $ours >= $wantv"
done <expressions
