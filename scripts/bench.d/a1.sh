#!/bin/sh
# A1: a real node_exporter page, 198 and 1973 times over (one instance label
# each), to sample lines; beside promtool check metrics on the same text.
# shellcheck source=scripts/bench.d/lib.sh
. "$(dirname "$0")/lib.sh"
port=$(free_port)
prometheus-node-exporter --web.listen-address="127.0.0.1:$port" >exporter.log 2>&1 &
pids="$pids $!"
wait_for 10 curl -sf "http://127.0.0.1:$port/metrics" -o page || exit 3
copies() {	# every family of the page with its series of N instances
	awk -v copies="$1" 'function flush_family(i, k, at, c) {
		for (i = 0; i < copies; i++) for (k = 0; k < n; k++) {
			c = substr(line[k], at = index(line[k], "{") ? index(line[k], "{") : index(line[k], " "), 1)
			print substr(line[k], 1, at - 1) "{instance=\"h" i ":9100\"" (c == "{" ? "," substr(line[k], at + 1) : "}" substr(line[k], at)) }
		n = 0 }
	/^#/ { flush_family(); print; next } { line[n++] = $0 } END { flush_family() }' page
}
copies 198 >text
copies 1973 >big
n=$(grep -vc '^#' text)
nbig=$(grep -vc '^#' big)
cost -n 3 ts-scrape parse --time 1700000000 big
ours=$(calc "$cpu_ms * 1000 / $nbig" 3) rss=$(calc "$peak_kib / 1024" 1)
cost sh -c 'promtool check metrics <text || :'
peer=$(calc "$cpu_ms * 1000 / $n" 3) peer_rss=$(calc "$peak_kib / 1024" 0)
row A1 "$ours us/sample, $rss MiB" "promtool $peer us, $peer_rss MiB" "$(calc "$peer / $ours" 1)x" \
    '<=0.25 us; >=11x; <=8 MiB' "$ours <= 0.25 && $peer / $ours >= 11 && $rss <= 8"
