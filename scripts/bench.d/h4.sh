#!/bin/sh
# H4: one look at this machine's metrics, beside one scrape of a node_exporter
# that runs: by a ts-health that follows, and by a new process each time.
# shellcheck source=scripts/bench.d/lib.sh
. "$(dirname "$0")/lib.sh"
port=$(free_port)
timeout 120 prometheus-node-exporter --web.listen-address="127.0.0.1:$port" >exporter.log 2>&1 & timer=$!
pids="$pids $timer"
wait_for 10 curl -sf "http://127.0.0.1:$port/metrics" -o page || exit 3
pid=$(pgrep -P $timer)
n=200
i=0
while [ $i -lt $n ]; do
	echo "url = \"http://127.0.0.1:$port/metrics\""
	echo 'output = "/dev/null"'
	i=$((i + 1))
done >urls
before=$(ticks "$pid")
curl -s -K urls || failed=node_exporter
peer=$(calc "($(ticks "$pid") - $before) / $n")
ours=$(ts-health host -q -o text | grep -vc '^#')
theirs=$(grep -vc '^#' page)

timeout 60 ts-health host -q -f --interval 10ms -o text >pages & timer=$!
pids="$pids $timer"
looks() { grep -c '^node_time_seconds ' pages; }
enough() { [ "$(looks)" -ge $((n * 2)) ]; }
wait_for 30 enough
pid=$(pgrep -P $timer)
each=$(calc "$(ticks "$pid") / $(looks)")
kill $timer
row H4 "host -f $each ms, $ours series" "node_exporter $peer ms, $theirs" \
    "$(calc "$peer / $each" 1)x" '>=4x' "$peer / $each >= 4"
cost -n 51 ts-health host -q -o text
one=$cpu_ms
cost -n 51 true
row H4 "host, a new process, $(calc "$one") ms (true: $(calc "$cpu_ms"))" \
    "node_exporter $peer ms" "$(calc "$peer / $one" 1)x" '>=1x' "$peer / $one >= 1"
