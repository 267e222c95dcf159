#!/bin/sh
# D2: a range query with a large answer, rates of 1800 series over an hour at
# 15 s on loaded data; beside the HTTP interfaces.
# shellcheck source=scripts/bench.d/peers.sh
. "$(dirname "$0")/peers.sh"
hosts=${HOSTS:-100} steps=261
now=$(($(date +%s) / 15 * 15))
fleet lines "$hosts" $steps $(((now - (steps - 1) * 15) * 1000)) | grep requests_total >lines
samples=$((hosts * 18 * steps))
fleet write body <lines
x='rate(truststream_http_requests_total[5m])'
echo "$((now - 3600))000 ${now}000 15000 $x" >queries
promqlbench lines <queries >ours || failed=promqlbench
read -r ours series bytes <ours
prom_start && prom_load $samples || failed=prometheus
vm_start && vm_load $samples || failed=victoria-metrics
set -- --data-urlencode "query=$x" -d start=$((now - 3600)) -d end="$now" -d step=15
asked "$prom" "http://127.0.0.1:$web/api/v1/query_range" 5 "$@"; p=$peer
asked "$vm" "http://127.0.0.1:$vmweb/api/v1/query_range" 5 "$@" -d nocache=1
row D2 "$series series, $((bytes / 1000)) kB: $ours ms" "prometheus $p ms, VM $peer ms" \
    "$(calc "$p / $ours" 1)x, $(calc "$peer / $ours" 1)x" '>=1x VM' "$peer / $ours >= 1"
