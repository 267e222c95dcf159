#!/bin/sh
# A3: ten scrapes of 100k series as sample lines through ts-eval, which takes
# them into its window and passes them on; beside jq -c on the same lines.
# shellcheck source=scripts/bench.d/lib.sh
. "$(dirname "$0")/lib.sh"
port=$(free_port)
prometheus-node-exporter --web.listen-address="127.0.0.1:$port" >exporter.log 2>&1 &
pids="$pids $!"
wait_for 10 curl -sf "http://127.0.0.1:$port/metrics" -o page || exit 3
i=0
while [ $i -lt 198 ]; do
	ts-scrape parse --time 1700000000 -l instance="h$i:9100" page
	i=$((i + 1))
done >first
i=0
while [ $i -lt 10 ]; do
	sed "s/1700000000000/$((1700000000 + i * 15))000/" first
	i=$((i + 1))
done >lines
n=$(awk 'END { print NR }' lines)
cost -n 3 ts-eval --clock input -o samples lines
ours=$(calc "$cpu_ms * 1000 / $n" 3) rss=$(calc "$peak_kib / 1024" 0)
cost jq -c . first
peer=$(calc "$cpu_ms * 10000 / $n" 3)
row A3 "$ours us/sample, $rss MiB" "jq $peer us" "$(calc "$peer / $ours" 1)x" \
    '<=0.6 us; >=7x' "$ours <= 0.6 && $peer / $ours >= 7"
