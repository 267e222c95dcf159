#!/bin/sh
# Every file of examples/ is what it says: configurations load, queries of
# dashboards parse and run, scripts are scripts, and each pipeline works.
# shellcheck source=tests/whole/lib.sh
. "$(dirname "$0")/lib.sh"
cd "$work" || exit 3
ex=$TOP/examples
bindir=$TOP/build/${MODE:-debug}/bin

check 'prometheus.yml loads, with its rules' ts-scrape check "$ex/prometheus.yml"
check 'its rules are right' ts-eval check -q -c "$ex/prometheus.yml"
# The other one names certificates that only a pod has.
check 'kubernetes/prometheus.yml loads' ts-eval check -q --syntax-only -c "$ex/kubernetes/prometheus.yml"
for f in "$ex"/rules/*.yml; do check "$f loads" ts-eval check -q "$f"; done
check 'all rules together' ts-eval check -q "$ex"/rules/*.yml
check 'alertmanager-corrected.yml: nothing is found in it' sh -c "cd '$ex' && ts-route check --lint-fatal -r 'rules/*.yml' alertmanager-corrected.yml"
for f in "$ex"/alertmanager*_test.yml; do
	check "$f passes" ts-route test -c "${f%_test.yml}.yml" -f "$f"
done
for f in "$ex"/alertmanager.yml "$ex"/alertmanager-corrected.yml "$ex"/kubernetes/values.yaml; do
	check "$f loads" ts-route check -q "$f"
	check "$f: a notification is rendered" sh -c "
		echo '{\"labels\":{\"alertname\":\"A\",\"severity\":\"critical\"},\"annotations\":{\"summary\":\"s\"}}' |
		ts-route -q -c '$f' | ts-notify -q -n -c '$f' | grep -q ."
done
[ ! -e "$ex/health.yml" ] || check "$ex/health.yml loads" env DATABASE_URL=postgresql://127.0.0.1/x REDIS_URL=redis://127.0.0.1/0 ts-health check "$ex/health.yml"
ts-health host -o text >page
for f in "$ex"/dashboards/*.json; do
	jq -r '.. | .expr? // empty' "$f" >exprs
	check "$f has queries" test -s exprs
	while IFS= read -r x; do
		check "query $x" ts-eval query -F "$x" page
	done <exprs
done
for f in "$ex"/maintenance/*.sh "$ex"/pipelines/*.sh; do check "$f is a script" sh -n "$f"; done
check 'the cron table has five times, a user and a command' awk '
	/^#/ || NF == 0 { next }
	NF < 7 { bad = 1 }
	{ for (i = 1; i <= 5; i++) if ($i !~ /^[0-9*\/,-]+$/) bad = 1; rows++ }
	END { exit bad || rows < 3 }' "$ex/cron/truststram"
for f in "$ex"/runbooks/*.md; do check "$f has its headings" sh -c "test \"\$(grep -c '^## ' '$f')\" = 4"; done
check 'the logstash pipeline has its three parts' sh -c "grep -q '^input' '$ex/elk/logstash.conf' && grep -q '^filter' '$ex/elk/logstash.conf' && grep -q '^output' '$ex/elk/logstash.conf'"
if command -v logrotate >/dev/null; then
	cp "$ex/logrotate/truststram" rotate
	sed -i '/create/d' rotate	# names a user that is not here
	chmod 644 rotate
	check 'logrotate reads its file' logrotate -d rotate
else
	skip 'logrotate reads its file' 'logrotate is not installed'
fi
for f in "$ex"/systemd/*.service; do
	check "$f has its sections" sh -c "grep -q '^\[Unit\]' '$f' && grep -q '^\[Service\]' '$f' && grep -q '^ExecStart=' '$f'"
done

if command -v systemd-analyze >/dev/null; then
	mkdir units
	for f in "$ex"/systemd/ts-watch.service "$ex"/systemd/ts-block.*; do
		sed "s,/usr/local/bin,$TOP/build/${MODE:-debug}/bin," "$f" >"units/${f##*/}"
	done
	check 'systemd reads the units of the log watcher' sh -c 'systemd-analyze verify units/ts-* 2>&1 | tee /dev/stderr | wc -l | grep -qx 0'
else
	skip 'systemd reads the units of the log watcher' 'no systemd-analyze'
fi

# The pipelines, with a target that is down and rules that do not wait.
mkdir conf bin
cat >conf/prometheus.yml <<'EOF'
global: {evaluation_interval: 1s}
rule_files: [rules.yml]
scrape_configs:
- job_name: down
  scrape_interval: 1s
  static_configs: [{targets: ['127.0.0.1:9']}]
EOF
printf 'groups:\n- name: g\n  rules:\n  - {alert: Down, expr: up == 0, labels: {severity: page}}\n' >conf/rules.yml
cat >conf/alertmanager.yml <<'EOF'
route: {receiver: ops, group_wait: 0s, group_interval: 1s}
receivers: [{name: ops, stdout_configs: [{}]}]
EOF
export TS_CONF="$work/conf" TS_STATE="$work/state"
"$ex/pipelines/cron.sh" >cron1 2>&1; "$ex/pipelines/cron.sh" >cron2 2>&1
check 'cron.sh notifies' grep -q Down cron1
check 'cron.sh a second time does not' sh -c '! grep -q FIRING cron2'
# A state for each: what was told to stop may still be saving its own.
export TS_STATE="$work/state-follow"
timeout 5 "$ex/pipelines/follow.sh" >follow 2>&1
check 'follow.sh notifies' grep -q Down follow
printf '#!/bin/sh\nshift\nexec "$@"\n' >bin/ssh
chmod +x bin/ssh
PATH=$work/bin:$bindir:$PATH "$ex/pipelines/ssh.sh" here "$ex"/rules/*.yml >ssh.out 2>ssh.err
check 'ssh.sh runs' test ! -s ssh.err
serve() {	# serve PORT FILE: what is posted there goes to FILE
	python3 - "$1" "$2" <<'EOF' &
import http.server, sys
class H(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        n = self.headers.get('Content-Length')
        body = self.rfile.read(int(n)) if n else b''
        with open(sys.argv[2], 'ab') as out:
            out.write(self.path.encode() + b' ' + body + b'\n')
        self.send_response(200); self.end_headers()
    def log_message(self, *a): pass
http.server.HTTPServer(('127.0.0.1', int(sys.argv[1])), H).serve_forever()
EOF
	pids="$pids $!"
	wait_for 10 python3 -c "import socket; socket.create_connection(('127.0.0.1', $1))"
}
port=$(free_port)
serve "$port" posted
export TS_STATE="$work/state-posts"
check 'victoriametrics.sh posts samples' env VM_URL="http://127.0.0.1:$port" "$ex/pipelines/victoriametrics.sh"
check 'to the import path' grep -q '^/api/v1/import {"metric"' posted
check 'alertmanager.sh posts alerts' env AM_URL="http://127.0.0.1:$port" "$ex/pipelines/alertmanager.sh"
check 'as a list, to the v2 path' grep -q '/api/v2/alerts \[{"labels":{"alertname":"Down"' posted
