#!/bin/sh
# The same pages scraped by Prometheus and by ts-scrape give the same samples.
set -u
command -v prometheus >/dev/null && command -v prometheus-node-exporter >/dev/null || {
	echo "ok - ts-scrape beside Prometheus # SKIP not installed"
	exit 0
}
dir=$(mktemp -d)
cd "$dir" || exit 3
pids=''
. "$TOP/tests/lib/canned.sh"
# shellcheck disable=SC2154
trap 'kill $pids $canned_pid 2>/dev/null; wait 2>/dev/null; rm -rf "$dir"' EXIT
free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
until_ok() {	# until_ok SECONDS COMMAND...
	left=$(($1 * 10)); shift
	until "$@" >/dev/null 2>&1; do
		left=$((left - 1)); [ $left -gt 0 ] || return 1
		sleep 0.1
	done
}
check() { if [ "$2" = "$3" ]; then echo "ok - $1"; else echo "not ok - $1"; printf '%s\n' "$2" >want; printf '%s\n' "$3" >got; diff want got | head -n 20 | sed 's/^/# /'; fi; }

prom=$(free_port) node=$(free_port)
prometheus-node-exporter --web.listen-address="127.0.0.1:$node" >node.log 2>&1 & pids="$pids $!"
page metrics <<EOF
# HELP a Some text.
# TYPE a counter
a{x="1",instance="mine",job="theirs"} 1
a{x="2",exported_instance="a",instance="b"} 2.50
a{x="3",env="other",empty=""} 1e-7
odd{path="C:\\\\dir\\n\"x\"",utf="ünï"} -0.000074241
big 1.7976931348623157e+308
huge 123456789012345678
small 5e-324
inf +Inf
ninf -Inf
nan NaN
many{b="2",a="1",c="3"} 3
stamped 7 $(($(date +%s) * 1000 - 2000))
rpc{quantile="0.5"} 4773
rpc_sum 1.7560473e+07
keep_me{id="1"} 1
drop_me{id="2"} 2
old_name 3
EOF
echo 'a 1' | page fail 'HTTP/1.1 500 Oops'
printf 'a 1\nb {\n' | page broken
cat >prom.yml <<EOF
global: {scrape_interval: 1s, scrape_timeout: 1s}
scrape_configs:
- job_name: plain
  static_configs: [{targets: ['127.0.0.1:$port'], labels: {env: test}}]
- job_name: honor
  honor_labels: true
  honor_timestamps: false
  static_configs: [{targets: ['127.0.0.1:$port'], labels: {env: test}}]
- job_name: relabel
  params: {module: [a, b]}
  static_configs: [{targets: ['127.0.0.1:$port']}]
  relabel_configs:
  - {source_labels: [__address__], regex: '(.*):.*', target_label: host}
  - {source_labels: [__param_module], target_label: module}
  - {target_label: instance, replacement: named}
  metric_relabel_configs:
  - {source_labels: [__name__], regex: 'drop_.*', action: drop}
  - {source_labels: [__name__], regex: 'old_(.*)', target_label: __name__, replacement: 'new_\$1'}
  - {regex: id, action: labeldrop}
- job_name: fail
  metrics_path: /fail
  static_configs: [{targets: ['127.0.0.1:$port']}]
- job_name: broken
  metrics_path: /broken
  static_configs: [{targets: ['127.0.0.1:$port']}]
- job_name: sample_limit
  sample_limit: 5
  static_configs: [{targets: ['127.0.0.1:$port']}]
- job_name: node
  static_configs: [{targets: ['127.0.0.1:$node']}]
EOF
prometheus --config.file=prom.yml --storage.tsdb.path=data --log.level=error \
    --web.listen-address="127.0.0.1:$prom" >prom.log 2>&1 & pids="$pids $!"
query() { curl -fsG "http://127.0.0.1:$prom/api/v1/query" --data-urlencode "query=$1"; }
all_up() { [ "$(query 'count(up)' | jq -r '.data.result[0].value[1]')" = 7 ] && query 'up{job="node"} == 1' | jq -e '.data.result[0]' ; }
if ! until_ok 30 all_up; then echo "not ok - Prometheus scrapes"; cat prom.log; exit 1; fi

# "labels value", sorted; numbers as doubles, so that spelling does not count
norm='def num: {"NaN":"NaN","Infinity":"+Inf","-Infinity":"-Inf"}[tostring] // (if type == "string" then (if . == "+Inf" or . == "-Inf" then . else tonumber end) else . end);'
# (2.42 leaves le and quantile as they are written; 3 has 1.0.)
theirs() { query "{job=~\"$1\",__name__!~\"scrape_duration_seconds|scrape_series_added\"}" |
    jq -r "$norm"' .data.result[] | "\(.metric | to_entries | sort_by(.key) | from_entries | tojson) \(.value[1] | num)"' |
    sed 's/"\(le\|quantile\)":"\([0-9]*\)"/"\1":"\2.0"/' | sort; }
ours() { ts-scrape -c prom.yml -j "$1" 2>/dev/null |
    jq -r "$norm"' select(.metric and (.metric.__name__ | test("^scrape_duration_seconds|^scrape_series_added") | not)) |
	"\(.metric | to_entries | sort_by(.key) | from_entries | tojson) \(.values[0] | num)"' | sort; }
for j in plain honor relabel fail broken sample_limit; do
	also=''; [ $j != honor ] || also='|theirs'
	check "job $j: $(ours $j | wc -l) samples equal Prometheus'" "$(theirs "$j$also")" "$(ours $j)"
done
# node_exporter: values move on, series do not
series() { sed 's/ [^ ]*$//'; }
check "node_exporter: the $(ours node | wc -l) series of Prometheus" "$(theirs node | series)" "$(ours node | series)"
check 'targets are those of Prometheus' \
    "$(curl -fs "http://127.0.0.1:$prom/api/v1/targets" | jq -rc '.data.activeTargets[] | [.labels, .scrapeUrl] | tojson' | sort)" \
    "$(ts-scrape targets -o json -c prom.yml | jq -rc '[(.labels | with_entries(select(.key | startswith("__") | not))), .url] | tojson' | sort)"
