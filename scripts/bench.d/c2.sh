#!/bin/sh
# C2: checks of the example files, beside promtool and amtool on the same ones
# (the alertmanager.yml in the form that amtool accepts).
# shellcheck source=scripts/bench.d/lib.sh
. "$(dirname "$0")/lib.sh"
ex=$TOP/examples
set -- "$ex"/rules/*.yml
cost -n 51 promtool check rules "$@"; p=$cpu_ms
cost -n 51 ts-eval check "$@"
row C2 "check rules $cpu_ms ms" "promtool $p ms" "$(calc "$p / $cpu_ms" 1)x" '<=2.5 ms; >=10x' \
    "$cpu_ms <= 2.5 && $p / $cpu_ms >= 10"
cost -n 51 promtool check config --syntax-only "$ex/prometheus.yml"; p=$cpu_ms
cost -n 51 ts-scrape check "$ex/prometheus.yml"
row C2 "check config $cpu_ms ms" "promtool $p ms" "$(calc "$p / $cpu_ms" 1)x" '<=2.5 ms; >=10x' \
    "$cpu_ms <= 2.5 && $p / $cpu_ms >= 10"
sed '/^    subject:/d; /^    body: |/,/{{ end }}/d' "$ex/alertmanager.yml" >am.yml
cost -n 51 amtool config routes test --config.file=am.yml severity=critical; p=$cpu_ms
cost -n 51 ts-route test -c am.yml severity=critical
row C2 "routes test $cpu_ms ms" "amtool $p ms" "$(calc "$p / $cpu_ms" 1)x" '<=2.5 ms; >=5x' \
    "$cpu_ms <= 2.5 && $p / $cpu_ms >= 5"
