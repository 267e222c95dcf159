#!/bin/sh
# A real Alertmanager takes our alert lines as they are (jq -cs . and curl).
# shellcheck source=tests/whole/lib.sh
. "$(dirname "$0")/../whole/lib.sh"
am=$(command -v prometheus-alertmanager || command -v alertmanager) || { skip 'alertmanager' 'not installed'; exit 0; }
cd "$work" || exit 3
port=$(free_port)
printf 'route: {receiver: x}\nreceivers: [{name: x}]\n' >am.yml
"$am" --config.file=am.yml --storage.path=am --web.listen-address="127.0.0.1:$port" --cluster.listen-address= >am.log 2>&1 &
pids="$pids $!"
check 'alertmanager is up' wait_for 20 curl -sf "http://127.0.0.1:$port/-/ready"
cat >rules.yml <<'EOF'
groups:
- name: g
  rules:
  - alert: Down
    expr: up == 0
    labels: {severity: page, team: 'a "b" {{ $labels.job }}'}
    annotations: {summary: 'down: {{ $labels.instance }} é {{ $value }}'}
EOF
now=$(date +%s)
printf 'up{job="x",instance="a:1"} 0\nup{job="x",instance="b:1"} 0\nup{job="x",instance="c:1"} 1\n' |
    ts-scrape parse --time "$now" | ts-eval -r rules.yml >alerts
check 'two alert lines' test "$(wc -l <alerts)" -eq 2
check 'the post is accepted' sh -c "jq -cs . alerts | curl -sS --fail -H 'Content-Type: application/json' --data-binary @- http://127.0.0.1:$port/api/v2/alerts"
curl -sS "http://127.0.0.1:$port/api/v2/alerts" | jq -cS '[.[] | {labels, annotations, startsAt, generatorURL} | .startsAt |= sub("\\.000Z"; "Z")] | sort' >got
jq -cS -s '[.[] | {labels, annotations, startsAt, generatorURL}] | sort' alerts >want
check 'labels, annotations, start and URL arrive unchanged' diff want got
