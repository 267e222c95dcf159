# shellcheck shell=sh
# shellcheck disable=SC2034  # what it measures is for those that source it
# Alerts for the E rows and the packaged Alertmanager that takes them.
# shellcheck source=scripts/bench.d/lib.sh
. "$(dirname "$0")/lib.sh"

# alerts N: lines of N alerts that begin now, a tenth of them critical, on N/10 hosts
alerts() {
	awk -v n="$1" 'BEGIN { split("ai platform db web", team, " "); for (i = 0; i < n; i++)
		printf "{\"labels\":{\"alertname\":\"Alert%d\",\"dev\":\"sda%d\",\"env\":\"prod\",\"instance\":\"host%05d:9100\",\"job\":\"node\",\"severity\":\"%s\",\"team\":\"%s\"},\"annotations\":{\"description\":\"The value of host%05d is %d which is above the threshold of 90 for more than 5 minutes\",\"summary\":\"Alert %d on host%05d\"},\"endsAt\":\"2099-01-21T09:30:00Z\",\"generatorURL\":\"http://prom.example:9090/graph?g0.expr=x%d\"}\n",
		i % 40, i % 10, i / 10, i % 10 ? (i % 10 < 7 ? "warning" : "info") : "critical", team[1 + i % 4], i / 10, i, i % 40, i / 10, i % 40 }'
}
# config PORT GROUP_BY [inhibit]: the five routes of the example
config() {
	cat <<END
route:
  receiver: web.hook
  group_by: [$2]
  group_wait: 1s
  group_interval: 5m
  repeat_interval: 5m
  routes:
  - {match: {severity: critical}, receiver: critical}
  - {match: {severity: warning}, receiver: warning}
  - {match: {team: ai}, receiver: ai}
  - {match: {team: platform}, receiver: platform}
receivers:
END
	for r in web.hook critical warning ai platform; do
		echo "- {name: $r, webhook_configs: [{url: 'http://127.0.0.1:$1/$r'}]}"
	done
	[ -z "${3:-}" ] || echo 'inhibit_rules: [{source_match: {severity: critical}, target_match: {severity: warning}, equal: [alertname, dev, instance]}]'
}
# alertmanager CONFIG LINES: CPU ms (am_ms), peak KiB (am_kib) and notifications
# (am_notes) of the packaged one for these alerts, posted 64 at a time, until it
# has sent as many notifications as ts-route and been idle for a second: while
# it waits for the sink it is idle too.  Its start is not counted.
alertmanager() {
	am_ms=0 am_kib=0
	run_alertmanager "$@" || failed=alertmanager
}
run_alertmanager() {
	am=$(command -v prometheus-alertmanager || command -v alertmanager) || return 1
	port=$(free_port)
	timeout 120 "$am" --config.file="$1" --storage.path=am.data --log.level=error \
	    --web.listen-address="127.0.0.1:$port" --cluster.listen-address= >am.log 2>&1 &
	timer=$!
	pids="$pids $timer"
	wait_for 20 curl -sf "http://127.0.0.1:$port/-/ready" || return 1
	pid=$(pgrep -P $timer)
	before=$(ticks "$pid")
	python3 - "$port" "$2" <<'END'
import http.client, sys
lines = open(sys.argv[2]).read().splitlines()
c = http.client.HTTPConnection("127.0.0.1", int(sys.argv[1]))
for i in range(0, len(lines), 64):
    c.request("POST", "/api/v2/alerts", "[" + ",".join(lines[i:i + 64]) + "]", {"Content-Type": "application/json"})
    c.getresponse().read()
END
	wait_for 60 am_sent "$(ts-route -c "$1" "$2" | wc -l)" || return 1
	last=0 left=60
	while now=$(ticks "$pid"); [ "$(calc "$now - $last > 20")" = 1.00 ] && [ $left -gt 0 ]; do
		last=$now left=$((left - 1))
		sleep 1
	done
	taken=$(am_metric alertmanager_alerts_received_total) am_notes=$(am_metric alertmanager_notifications_total)
	[ "$taken" = "$(wc -l <"$2")" ] && [ "$am_notes" -gt 0 ] || return 1
	[ "$(am_metric alertmanager_notifications_failed_total)" = 0 ] || return 1
	am_ms=$(calc "$now - $before") am_kib=$(awk '/VmHWM/ { print $2 }' "/proc/$pid/status")
	kill "$timer" 2>/dev/null
	rm -rf am.data
}
am_metric() {
	curl -s "http://127.0.0.1:$port/metrics" | awk -v m="$1" 'index($1, m "{") == 1 || $1 == m { s += $2 } END { printf "%d", s }'
}
am_sent() { [ "$(am_metric alertmanager_notifications_total)" -ge "$1" ]; }
# A sink that answers 200 to every POST.
sink() {
	sink_port=$(free_port)
	timeout 300 python3 - "$sink_port" 2>/dev/null <<'END' &
import http.server, socketserver, sys
class H(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200); self.send_header("Content-Length", "0"); self.end_headers()
    def log_message(self, *a): pass
class S(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True
S(("127.0.0.1", int(sys.argv[1])), H).serve_forever()
END
	pids="$pids $!"
}
# route CONFIG LINES: CPU ms of ts-route and of ts-notify -n after it
route() {
	cost -n 3 ts-route -c "$1" "$2"
	route_ms=$cpu_ms route_kib=$peak_kib
	ts-route -c "$1" "$2" >notes || failed=ts-route
	# shellcheck disable=SC2034
	notes=$(wc -l <notes)
	cost -n 3 ts-notify -n -c "$1" notes
	render_ms=$cpu_ms
}
