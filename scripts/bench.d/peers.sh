# shellcheck shell=sh
# shellcheck disable=SC2034  # what it measures is for those that source it
# A Prometheus and a VictoriaMetrics on loopback that hold the fleet.  Sourced.
# shellcheck source=scripts/bench.d/lib.sh
. "$(dirname "$0")/lib.sh"
fleet() { python3 "$TOP/scripts/bench.d/fleet.py" "$@"; }

metric() { curl -s "http://127.0.0.1:$web/metrics" | awk -v m="$1" 'index($1, m) == 1 { s += $2 } END { printf "%d", s }'; }
appended() { metric prometheus_tsdb_head_samples_appended_total; }
# prom_start [RULES...]: sets web and prom, its pid
prom_start() {
	web=$(free_port)
	{
		echo "global: {evaluation_interval: ${EVERY:-2s}}"
		[ $# -eq 0 ] || { echo 'rule_files:'; printf -- "- '%s'\n" "$@"; }
	} >prometheus.yml
	rm -rf data
	timeout 900 prometheus --config.file=prometheus.yml --storage.tsdb.path=data --web.enable-remote-write-receiver \
	    --web.listen-address="127.0.0.1:$web" --log.level=error >prometheus.log 2>&1 & timer=$!
	pids="$pids $timer"
	wait_for 60 curl -fs "http://127.0.0.1:$web/-/ready" || return 1
	prom=$(pgrep -P $timer)
}
# prom_load N: the requests body.*, which hold N samples; sets load_ms, its CPU
prom_load() {
	before=$(appended) load_ms=$(ticks "$prom")
	for b in body.*; do
		curl -fs --data-binary "@$b" -H 'Content-Encoding: snappy' -H 'Content-Type: application/x-protobuf' \
		    "http://127.0.0.1:$web/api/v1/write" || return 1
	done
	load_ms=$(calc "$(ticks "$prom") - $load_ms")
	[ $(($(appended) - before)) -ge "$1" ]
}
prom_stop() { kill "$timer"; wait "$timer" 2>/dev/null; }
rounds_done() { [ "$(metric prometheus_rule_group_iterations_total)" -ge "$1" ]; }
# prom_round N: sets peer, the CPU ms of a round of all its rules, over N
# rounds; and alerts, how many it holds
prom_round() {
	groups=$(curl -s "http://127.0.0.1:$web/api/v1/rules" | jq '.data.groups | length')
	n=$(metric prometheus_rule_group_iterations_total)
	wait_for 120 rounds_done $((n + 2 * groups)) || return 1
	n=$(metric prometheus_rule_group_iterations_total) t=$(ticks "$prom")
	wait_for 240 rounds_done $((n + $1 * groups)) || return 1
	t=$(calc "$(ticks "$prom") - $t") n=$(($(metric prometheus_rule_group_iterations_total) - n))
	alerts=$(curl -s "http://127.0.0.1:$web/api/v1/alerts" | jq '.data.alerts | length')
	peer=$(calc "$t * $groups / $n" 1)
}
# vm_start: sets vm, its pid, and vmweb
vm_start() {
	vmweb=$(free_port)
	timeout 900 victoria-metrics -storageDataPath=vm -httpListenAddr="127.0.0.1:$vmweb" -search.latencyOffset=0s \
	    -search.disableCache -search.maxUniqueTimeseries=1000000 -search.maxSeries=1000000 -loggerLevel=ERROR >vm.log 2>&1 & timer=$!
	pids="$pids $timer"
	wait_for 60 curl -fs "http://127.0.0.1:$vmweb/health" || return 1
	vm=$(pgrep -P $timer)
}
vm_rows() { curl -s "http://127.0.0.1:$vmweb/metrics" | awk 'index($1, "vm_rows_inserted_total") == 1 { s += $2 } END { printf "%d", s }'; }
vm_has() { [ "$(vm_rows)" -ge "$1" ]; }
# vm_load N: the file lines, which holds N samples
vm_load() {
	curl -fs -T lines "http://127.0.0.1:$vmweb/api/v1/import" || return 1
	wait_for 60 vm_has "$1" || return 1
	curl -fs "http://127.0.0.1:$vmweb/internal/force_flush" >/dev/null
	sleep 3		# it compresses what came in
}
# asked PID URL RUNS ARG...: CPU ms of an answer, set in peer
asked() {
	pid=$1 url=$2 runs=$3
	shift 3
	curl -fs -o answer "$url" "$@" || { failed="$url"; return; }
	t=$(ticks "$pid") asks=0
	while [ $asks -lt "$runs" ]; do curl -fs -o answer "$url" "$@"; asks=$((asks + 1)); done
	peer=$(calc "($(ticks "$pid") - $t) / $runs")
	grep -q '"status":"success"' answer || failed="$url"
}
# The seven expressions of the speed table, by name.
expressions() {
	cat <<'END'
sum by 3 rate	sum by (method, route, status_code) (rate(truststream_http_requests_total[5m]))
quantile by job	histogram_quantile(0.95, sum by (job, le) (rate(truststream_http_request_duration_seconds_bucket[5m])))
quantile by route	histogram_quantile(0.95, sum by (instance, method, route, le) (rate(truststream_http_request_duration_seconds_bucket[5m])))
avg by instance	100 - avg by (instance) (rate(node_cpu_seconds_total{mode="idle"}[5m])) * 100
rate / rate	sum by (route, instance) (rate(truststream_http_requests_total{status_code="500"}[5m])) / on (route, instance) group_left () sum by (route, instance) (rate(truststream_http_requests_total[5m]))
gauge filter	node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes < 0.51
count of all	count({__name__=~".+"})
END
}
# expressions as recording rules, in a group NAME
rules() {
	echo "groups: [{name: $1, rules: ["
	expressions | awk -F '\t' -v g="$1" '{ printf "{record: \"%s:r%d\", expr: '\''%s'\''},\n", g, NR, $2 }'
	echo ']}]'
}
