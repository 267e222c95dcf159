#!/bin/sh
# A5: 1000 targets with 100 series each, @5 s: the cost of a request.
# shellcheck source=scripts/bench.d/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=scripts/bench.d/scrape.sh
. "$(dirname "$0")/scrape.sh"
awk 'BEGIN { for (i = 0; i < 100; i++)
	printf "http_requests_total{code=\"200\",handler=\"/api/v1/%02d\",method=\"get\"} %d\n", i, i * 1234567 }' >page
steady_scrapes 1000 5s 20
row A5 "$ours_us us/sample, $ours_kib KiB" "prometheus $peer_us us, $peer_kib KiB" "$(calc "$peer_us / $ours_us" 1)x" \
    '<=1 us, 24 MiB; >=4x' "$ours_us <= 1 && $ours_kib <= 24 * 1024 && $peer_us / $ours_us >= 4"
