# shellcheck shell=sh
# An hour of a small fleet, for the scripts about storage.  Sourced.
pages=${PAGES:-240}		# at 15 s, so that 240 are an hour
copies=4			# instances
from=$(($(date +%s) - pages * 15))

# node_pages: real pages of node_exporter, page.0 to page.N, taken shortly
# after each other; everybody sees the same slow movement.
node_pages() {
	port=$(free_port)
	timeout 120 prometheus-node-exporter --web.listen-address="127.0.0.1:$port" >exporter.log 2>&1 &
	pids="$pids $!"
	wait_for 10 curl -sf "http://127.0.0.1:$port/metrics" -o page.0 || exit 3
	i=0
	while [ $i -lt "$pages" ]; do
		curl -s "http://127.0.0.1:$port/metrics" -o page.$i
		i=$((i + 1)); sleep 0.04
	done
}
# node_lines: the pages as sample lines, lines.0 to lines.N, of all instances
node_lines() {
	i=0
	while [ $i -lt "$pages" ]; do
		c=0
		while [ $c -lt $copies ]; do
			ts-scrape parse --time $((from + i * 15)) -l "instance=h$c:9100" page.$i
			c=$((c + 1))
		done >lines.$i
		i=$((i + 1))
	done
}
# node_history: the lines committed page by page, as from cron, to state
node_history() {
	i=0
	while [ $i -lt "$pages" ]; do
		ts-eval history import -s state lines.$i
		i=$((i + 1))
	done
}
# info NAME: a number of `ts-eval history info`
info() { ts-eval history info -s state | sed -n "s/^$1 //p"; }
# node_text [TIMESTAMPS]: the sample lines on stdin as text format; times are
# in seconds for OpenMetrics, in ms for the plain form
node_text() {
	python3 -c '
import json, sys
per = int(sys.argv[1])
for line in sys.stdin:
    r = json.loads(line); m = r["metric"]; name = m.pop("__name__"); v = r["values"][0]
    v = {"Infinity": "+Inf", "-Infinity": "-Inf"}.get(v, v)
    labels = ",".join("%s=%s" % (k, json.dumps(x, ensure_ascii=False)) for k, x in m.items())
    print("%s{%s} %s %d" % (name, labels, repr(v) if isinstance(v, float) else v, r["timestamps"][0] // per))
' "$1"
}
