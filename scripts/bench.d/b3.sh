#!/bin/sh
# B3: instant queries over 10k and 100k series that are loaded, answers as
# JSON; beside the HTTP interface of a Prometheus and a VictoriaMetrics.
# shellcheck source=scripts/bench.d/peers.sh
. "$(dirname "$0")/peers.sh"
steps=21
for hosts in ${HOSTS:-100 1000}; do
	rm -rf body.* vm
	now=$(date +%s)
	fleet lines "$hosts" $steps $(((now - steps * 15) * 1000)) >lines
	samples=$((hosts * 100 * steps)) runs=$((hosts > 100 ? 5 : 20))
	fleet write body <lines
	expressions >expressions
	awk -F '\t' -v t="$now" '{ print t "000", t "000", 0, $2 }' expressions >queries
	promqlbench lines <queries >ours || failed=promqlbench
	prom_start && prom_load $samples || failed=prometheus
	prom_timer=$timer
	vm_start && vm_load $samples || failed=victoria-metrics
	i=0
	while IFS='	' read -r name x; do
		i=$((i + 1))
		ours=$(sed -n "${i}s/ .*//p" ours)
		asked "$prom" "http://127.0.0.1:$web/api/v1/query" $runs --data-urlencode "query=$x" -d time="$now"
		p=$peer
		asked "$vm" "http://127.0.0.1:$vmweb/api/v1/query" $runs --data-urlencode "query=$x" -d time="$now" -d nocache=1
		row B3 "$name, ${hosts}00: $ours ms" "prometheus $p ms, VM $peer ms" "$(calc "$p / $ours" 0)x, $(calc "$peer / $ours" 0)x" \
		    '>=8x' "$p / $ours >= 8 && $peer / $ours >= 8"
	done <expressions
	kill "$prom_timer" "$timer"
	wait "$prom_timer" "$timer" 2>/dev/null
done
