#!/bin/sh
# C4: one query over one page of node_exporter on stdin; beside promtool, which
# needs a server that has it.
# shellcheck source=scripts/bench.d/peers.sh
. "$(dirname "$0")/peers.sh"
port=$(free_port)
timeout 60 prometheus-node-exporter --web.listen-address="127.0.0.1:$port" >exporter.log 2>&1 &
pids="$pids $!"
wait_for 10 curl -sf "http://127.0.0.1:$port/metrics" -o page || exit 3
prom_start || failed=prometheus
x='sum by (mode) (node_cpu_seconds_total)'
cost -n 21 promtool query instant "http://127.0.0.1:$web" "$x"; p=$cpu_ms
cost -n 51 sh -c 'exec ts-eval query -F "$0" <page' "$x"; ours=$cpu_ms
cost -n 51 sh -c 'exec true'
ours=$(calc "$ours - $cpu_ms")
row C4 "$ours ms ($(grep -vc '^#' page) series)" "promtool query instant $p ms" "$(calc "$p / $ours" 1)x" \
    '<=3 ms; >=8x' "$ours <= 3 && $p / $ours >= 8"
