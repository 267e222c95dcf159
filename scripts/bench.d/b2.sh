#!/bin/sh
# B2: one round of the seven recording rules over 100k series, 21 samples of
# each; beside a Prometheus that got them by remote write and evaluates the
# same rules, and a VictoriaMetrics that answers the seven expressions.
# A round of ours is the tenth part of what eleven copies of the group cost
# more than one.
# shellcheck source=scripts/bench.d/peers.sh
. "$(dirname "$0")/peers.sh"
hosts=${HOSTS:-1000} steps=21
now=$(date +%s)
fleet lines "$hosts" $steps $(((now - steps * 15) * 1000)) >lines
samples=$((hosts * 100 * steps))
fleet write body <lines
rules peer >peer.yml
EVERY=4s
prom_start "$work/peer.yml" && prom_load $samples && prom_round 5 || failed=prometheus
prom_stop
prom_ms=$peer
vm_start && vm_load $samples || failed=victoria-metrics
vm_ms=0
expressions >expressions
while IFS='	' read -r _ x; do
	asked "$vm" "http://127.0.0.1:$vmweb/api/v1/query" 3 --data-urlencode "query=$x" -d time="$now" -d nocache=1
	vm_ms=$(calc "$vm_ms + $peer")
done <expressions
for i in 0 1 2 3 4 5 6 7 8 9 10; do rules g$i >g$i.yml; set -- "$@" -r g$i.yml; done
cost -n 3 ts-eval -q -t "$now" -r g0.yml lines; one=$cpu_ms
cost -n 3 ts-eval -q -t "$now" "$@" lines
ours=$(calc "($cpu_ms - $one) / 10")
row B2 "$ours ms ($((hosts * 100)) series)" "prometheus $prom_ms ms" "$(calc "$prom_ms / $ours" 1)x" '<=150 ms; >=8x' \
    "$ours > 0 && $ours <= 150 && $prom_ms / $ours >= 8"
row B2 "$ours ms ($((hosts * 100)) series)" "victoria-metrics $vm_ms ms (queries)" "$(calc "$vm_ms / $ours" 1)x" '>=10x' \
    "$ours > 0 && $vm_ms / $ours >= 10"
