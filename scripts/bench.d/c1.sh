#!/bin/sh
# C1: start and --version of the pure filters, beside promtool and amtool.
# shellcheck source=scripts/bench.d/lib.sh
. "$(dirname "$0")/lib.sh"
cost -n 51 promtool --version; p=$cpu_ms
cost -n 51 amtool --version; a=$cpu_ms
for t in ts-eval ts-route ts-logwatch ts-dash; do
	command -v $t >/dev/null || continue
	cost -n 101 $t --version
	row C1 "$t $cpu_ms ms, $peak_kib KiB" "promtool $p, amtool $a ms" \
	    "$(calc "$p / $cpu_ms" 0)x, $(calc "$a / $cpu_ms" 0)x" '<=1.5 ms, 3 MiB; >=15x, >=8x' \
	    "$cpu_ms <= 1.5 && $peak_kib <= 3 * 1024 && $p / $cpu_ms >= 15 && $a / $cpu_ms >= 8"
done
