#!/bin/sh
# B4: ten minutes of 10k series at 15 s as a stream, all rules at each step;
# beside a Prometheus: what it spends on a sample of remote write, and on a
# round of the same rules.
# shellcheck source=scripts/bench.d/peers.sh
. "$(dirname "$0")/peers.sh"
hosts=${HOSTS:-100} steps=41
fleet steps "$hosts" $steps $((($(date +%s) - steps * 15) * 1000)) >lines
samples=$((hosts * 100 * steps))
fleet write body <lines
rules seven >seven.yml
set -- "$TOP"/examples/rules/*.yml "$work/seven.yml"
prom_start "$@" && prom_load $samples && prom_round 10 || failed=prometheus
prom_us=$(calc "$load_ms * 1000 / $samples + $peer * 1000 / ($hosts * 100)")
prom_stop
for f in "$@"; do set -- "$@" -r "$f"; shift; done
cost -n 3 ts-eval --clock input --interval 15s "$@" lines
ours=$(calc "$cpu_ms * 1000 / $samples")
row B4 "$ours us/sample, $((peak_kib / 1024)) MiB" "prometheus $prom_us us, $alerts alerts" "$(calc "$prom_us / $ours" 1)x" \
    '<=4.2 us; >=11x' "$ours <= 4.2 && $prom_us / $ours >= 11"
