#!/bin/sh
# G2: bytes a sample in the log, one commit a page; beside the WAL of a
# Prometheus that scraped the same pages with their timestamps.
# shellcheck source=scripts/bench.d/lib.sh
. "$(dirname "$0")/lib.sh"
PAGES=${PAGES:-120}
# shellcheck source=scripts/bench.d/node.sh
. "$TOP/scripts/bench.d/node.sh"
node_pages
node_lines
node_history
samples=$(info log_samples)
ours=$(calc "$(info log_bytes) / $samples")
i=0
while [ $i -lt "$pages" ]; do node_text 1 <lines.$i >text.$i; i=$((i + 1)); done
# Each request gets the next page; all-served appears after the last one.
cat >serve.py <<'EOF2'
import http.server, sys
class Pages(http.server.BaseHTTPRequestHandler):
    protocol_version, at = "HTTP/1.1", 0
    def do_GET(self):
        body = b""
        if Pages.at < int(sys.argv[2]):
            body = open("text.%d" % Pages.at, "rb").read()
            Pages.at += 1
        else:
            open("all-served", "w")
        self.send_response(200)
        self.send_header("Content-Type", "text/plain; version=0.0.4")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *args): pass
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Pages).serve_forever()
EOF2
port=$(free_port)
timeout 120 python3 serve.py "$port" "$pages" & pids="$pids $!"
cat >prometheus.yml <<EOF2
scrape_configs:
- {job_name: node, scrape_interval: 150ms, scrape_timeout: 150ms, honor_labels: true,
   static_configs: [{targets: ['127.0.0.1:$port']}]}
EOF2
web=$(free_port)
timeout 120 prometheus --config.file=prometheus.yml --storage.tsdb.path=data \
    --web.listen-address="127.0.0.1:$web" >prometheus.log 2>&1 & pids="$pids $!"; prom=$!
wait_for 40 test -e all-served
appended=$(curl -s "http://127.0.0.1:$web/metrics" |
    sed -n 's/^prometheus_tsdb_head_samples_appended_total{type="float"} //p')
[ -n "$appended" ] || appended=$(curl -s "http://127.0.0.1:$web/metrics" |
    sed -n 's/^prometheus_tsdb_head_samples_appended_total //p')
kill "$prom"; wait "$prom" 2>/dev/null
peer=$(calc "$(cat data/wal/0* | wc -c) / $appended")
row G2 "$ours B/sample ($samples samples)" "prometheus WAL $peer B" "$(calc "$peer / $ours" 1)x" \
    '<=6 B' "$samples > 0 && $ours <= 6"
