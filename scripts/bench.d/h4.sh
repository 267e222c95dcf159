#!/bin/sh
# H4: this machine's metrics once, by a new process, beside one scrape of a
# node_exporter that runs.
# shellcheck source=scripts/bench.d/lib.sh
. "$(dirname "$0")/lib.sh"
port=$(free_port)
timeout 120 prometheus-node-exporter --web.listen-address="127.0.0.1:$port" >exporter.log 2>&1 & timer=$!
pids="$pids $timer"
wait_for 10 curl -sf "http://127.0.0.1:$port/metrics" -o page || exit 3
pid=$(pgrep -P $timer)
n=200
i=0
while [ $i -lt $n ]; do
	echo "url = \"http://127.0.0.1:$port/metrics\""
	echo 'output = "/dev/null"'
	i=$((i + 1))
done >urls
before=$(ticks "$pid")
curl -s -K urls || failed=node_exporter
peer=$(calc "($(ticks "$pid") - $before) / $n")
cost -n 51 ts-health host -q -o text
ours=$(ts-health host -q -o text | grep -vc '^#')
row H4 "host $(calc "$cpu_ms") ms, $ours series" "node_exporter $peer ms, $(grep -vc '^#' page)" \
    "$(calc "$peer / $cpu_ms" 1)x" '>=4x' "$peer / $cpu_ms >= 4"
