#!/bin/sh
# A receiver that hangs does not delay a scrape by more than one interval.
# shellcheck source=tests/whole/lib.sh
. "$(dirname "$0")/lib.sh"
cd "$work" || exit 3
port=$(free_port)
# takes connections, never answers
python3 - "$port" <<'EOF' &
import socket, sys, time
s = socket.socket(); s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind(("127.0.0.1", int(sys.argv[1]))); s.listen(100)
held = []
while True: held.append(s.accept())
EOF
pids="$pids $!"
cat >prometheus.yml <<EOF
global: {scrape_interval: 200ms, scrape_timeout: 100ms, evaluation_interval: 200ms}
rule_files: [rules.yml]
scrape_configs:
- job_name: down
  static_configs: [{targets: ['127.0.0.1:9']}]
EOF
cat >rules.yml <<'EOF'
groups:
- name: g
  rules: [{alert: Down, expr: up == 0}]
EOF
cat >routes.yml <<EOF
route: {receiver: hung, group_wait: 100ms, group_interval: 300ms, repeat_interval: 400ms}
receivers: [{name: hung, webhook_configs: [{url: 'http://127.0.0.1:$port/'}]}]
EOF
wait_for 10 python3 -c "import socket; socket.create_connection(('127.0.0.1', $port))"
timeout 12 ts-scrape -f -c prometheus.yml 2>err | tee scraped |
    ts-eval -f -c prometheus.yml 2>>err | tee alerts |
    ts-route -f -c routes.yml 2>>err | tee notifications |
    timeout 14 ts-notify -f -c routes.yml --grace 1s >deliveries 2>>err
grep '"__name__":"up"' scraped | sed 's/.*"timestamps":\[\([0-9]*\)\].*/\1/' |
    awk 'NR > 1 { d = $1 - last; if (d > most) most = d } { last = $1 } END { print NR, most + 0 }' >gaps
read -r scrapes most <gaps
check "$scrapes scrapes in 12 s" test "$scrapes" -ge 40
check "the longest gap was $most ms (interval 200 ms)" test "$most" -gt 0 -a "$most" -le 400
check 'notifications went on' test "$(wc -l <notifications)" -ge 5
