#!/bin/sh
# B5: peak memory of ts-eval with the window that the example rules need, 20
# samples of each of 10k and 100k series; beside a Prometheus (without rules)
# that scraped a page of as many series 20 times.
# shellcheck source=scripts/bench.d/lib.sh
. "$(dirname "$0")/lib.sh"
set --
for f in "$TOP"/examples/rules/*.yml; do set -- "$@" -r "$f"; done
# series N FORM: one line each of N/100 hosts with 100 series
series() {
	awk -v n="$1" -v form="$2" -v s="$3" 'BEGIN {
		split("api batch web", job, " "); split("GET POST", method, " ")
		for (i = 0; i < n; i++) {
			host = sprintf("host-%04d.example.org:9100", i / 100); k = i % 100
			if (form == "text")
				printf "app_requests_total{code=\"%d\",instance=\"%s\",job=\"%s\",method=\"%s\",route=\"/r/%d\"} %d\n",
				    200 + k % 5 * 50, host, job[1 + i % 3], method[1 + k % 2], k / 10, s * k
			else
				printf "{\"metric\":{\"__name__\":\"app_requests_total\",\"code\":\"%d\",\"instance\":\"%s\",\"job\":\"%s\",\"method\":\"%s\",\"route\":\"/r/%d\"},\"values\":[%d],\"timestamps\":[%.0f]}\n",
				    200 + k % 5 * 50, host, job[1 + i % 3], method[1 + k % 2], k / 10, s * k, 1700000000000 + s * 15000
		} }'
}
peer_rss() {	# of a Prometheus with $1 series, a scrape each $2
	mkdir www; series "$1" text 7 >www/metrics
	port=$(free_port) web=$(free_port)
	timeout 120 python3 -m http.server -d www -b 127.0.0.1 "$port" >/dev/null 2>&1 & pids="$pids $!"; www=$!
	cat >prometheus.yml <<EOF2
scrape_configs:
- {job_name: fleet, scrape_interval: $2, scrape_timeout: $2, honor_labels: true, static_configs: [{targets: ['127.0.0.1:$port']}]}
EOF2
	timeout 120 prometheus --config.file=prometheus.yml --storage.tsdb.path=data \
	    --web.listen-address="127.0.0.1:$web" >prometheus.log 2>&1 & pids="$pids $!"; prom=$!
	wait_for 60 scraped "$web" $(($1 * 20))
	child=$(ps -o pid= --ppid $prom); child=${child:-$prom}
	awk '/VmHWM/ { printf "%.0f\n", $2 / 1024 }' "/proc/$((child))/status"
	kill "$prom" "$www"; wait "$prom" 2>/dev/null
	rm -rf www data
}
scraped() {
	curl -s "http://127.0.0.1:$1/metrics" | awk -v n="$2" '
	    /^prometheus_tsdb_head_samples_appended_total/ { s = $2 } END { exit !(s >= n) }'
}
for n in 10000 100000; do
	rm -f lines; mkfifo lines
	{ s=1; while [ $s -le 20 ]; do series $n lines $s; s=$((s + 1)); done; } >lines & pids="$pids $!"
	cost -n 1 ts-eval --clock input "$@" lines
	ours=$(calc "$peak_kib / 1024" 0)
	peer=$(peer_rss $n $((n / 125))ms)
	most=$([ $n = 10000 ] && echo 16 || echo 120)
	row B5 "$ours MiB ($n series)" "prometheus $peer MiB" "$(calc "$peer / $ours" 1)x" "<=$most MiB" "$ours <= $most"
done
