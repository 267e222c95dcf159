#!/bin/sh
# A4: live scrape of 198 targets with node_exporter's 507 series each, @5 s.
# shellcheck source=scripts/bench.d/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=scripts/bench.d/scrape.sh
. "$(dirname "$0")/scrape.sh"
port=$(free_port)
prometheus-node-exporter --web.listen-address="127.0.0.1:$port" >/dev/null 2>&1 & pids="$pids $!"
wait_for 5 curl -fs -o page "http://127.0.0.1:$port/metrics"
series=$(grep -vc '^#' page)
steady_scrapes 198 5s 20
row A4 "$ours_us us/sample, $ours_kib KiB" "prometheus $peer_us us, $peer_kib KiB" "$(calc "$peer_us / $ours_us" 1)x" \
    "<=0.6 us; >=5x (198 x $series)" "$ours_us <= 0.6 && $peer_us / $ours_us >= 5"
