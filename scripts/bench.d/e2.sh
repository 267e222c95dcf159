#!/bin/sh
# E2: with an inhibit rule: beside the packaged Alertmanager at 10k alerts
# (at 50k it takes a minute of CPU: BENCH_FULL=1), and linear.  E3: memory.
# shellcheck source=scripts/bench.d/am.sh
. "$(dirname "$0")/am.sh"
sink
config "$sink_port" alertname inhibit >am.yml
alerts 10000 >lines10
alerts 50000 >lines50
cost -n 5 ts-route -c am.yml lines10; small=$(calc "$cpu_ms / 10" 2)
cost -n 5 ts-route -c am.yml lines50; large=$(calc "$cpu_ms / 50" 2) kib=$peak_kib
alertmanager am.yml lines10
route am.yml lines10
us=$(calc "($route_ms + $render_ms) / 10" 1) peer=$(calc "$am_ms / 10" 1)
row E2 "10k: $us us/alert, $notes notifications" "alertmanager $peer us, $am_notes" "$(calc "$peer / $us" 1)x" '>=10x' "$peer / $us >= 10"
row E2 "50k/10k: $large / $small us" 'linear' "$(calc "$large / $small" 2)x" '<=1.3x' "$large / $small <= 1.3"
if [ -n "${BENCH_FULL:-}" ]; then
	alertmanager am.yml lines50
	route am.yml lines50
	us=$(calc "($route_ms + $render_ms) / 50" 1) peer=$(calc "$am_ms / 50" 1)
	row E2 "50k: $us us/alert" "alertmanager $peer us" "$(calc "$peer / $us" 1)x" '>=50x' "$peer / $us >= 50"
fi
row E3 "50k: $(calc "$kib / 1024" 1) MiB" "alertmanager at $([ -n "${BENCH_FULL:-}" ] && echo 50k || echo 10k): $(calc "$am_kib / 1024" 0) MiB" "$(calc "$am_kib / $kib" 1)x" '<=40 MiB' "$kib <= 40960"
