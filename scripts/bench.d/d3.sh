#!/bin/sh
# D3: a range query from the history on disk in one command, sum by of the rates
# of 1800 among 10k series over an hour: sealed into a block, and still in the
# log; beside the answer of a Prometheus that runs and has them in memory.
# shellcheck source=scripts/bench.d/peers.sh
. "$(dirname "$0")/peers.sh"
hosts=${HOSTS:-100} steps=261
now=$(($(date +%s) / 15 * 15)) end=$((now - 10800))
fleet steps "$hosts" $steps $(((end - (steps - 1) * 15) * 1000)) >lines
samples=$((hosts * 100 * steps))
fleet write body <lines
x='sum by (method, route, status_code) (rate(truststream_http_requests_total[5m]))'
prom_start && prom_load $samples || failed=prometheus
asked "$prom" "http://127.0.0.1:$web/api/v1/query_range" 10 --data-urlencode "query=$x" -d start=$((end - 3600)) -d end="$end" -d step=15
# one NAME: the query over the history as it is now
one() {
	cost -n 11 ts-eval range -s state -o json --start $((end - 3600)) --end "$end" --step 15 "$x"
	row D3 "$1: $cpu_ms ms, $((peak_kib / 1024)) MiB" "prometheus $peer ms" "$(calc "$peer / $cpu_ms" 1)x" '<=40 ms; >=1x' \
	    "$cpu_ms <= 40 && $peer / $cpu_ms >= 1"
}
ts-eval history import -s state lines || failed='history import'
one log
# A sample three hours later seals what came before.
echo "{\"metric\":{\"__name__\":\"late\"},\"values\":[1],\"timestamps\":[${now}000]}" | ts-eval history import -s state || failed='history import'
one block
