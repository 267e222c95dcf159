#!/bin/sh
# The example's database and cache checks while nothing answers: their samples
# make the example rules fire, and their alerts go through ts-route, once the
# check has failed twice.
# shellcheck source=tests/whole/lib.sh
. "$(dirname "$0")/lib.sh"
cd "$work" || exit 3
export DATABASE_URL=postgresql://u:p@127.0.0.1:1/d REDIS_URL=redis://127.0.0.1:1
same() { if [ "$2" = "$3" ]; then ok "$1"; else echo "'$2', wanted '$3'" >told.log; not_ok "$1" told.log; fi; }

ts-health -c "$TOP/examples/health.yml" -o samples database redis >first
# the same again, for as long as the rules want it to last
for m in 0 1 2 3; do
	jq -c --argjson m $m '.timestamps[0] += $m * 60000' first
done >lines
set --
for f in "$TOP"/examples/rules/*.yml; do set -- "$@" -r "$f"; done
ts-eval --clock input "$@" lines >alerts
same 'DatabaseDown fires on our samples' "$(jq -rc 'select(.labels.alertname == "DatabaseDown") | [.labels.job, .labels.check, .labels.severity] | join(" ")' alerts | sort -u)" 'postgres-exporter database critical'

cat >health.yml <<'END'
global: {failures: 2}
checks:
  - {name: api, type: command, shell: "exit $(cat status)", labels: {team: platform}}
END
for s in 0 2 2 0; do
	echo $s >status
	ts-health -c health.yml -s state -o alerts >>told
	ts-health -c health.yml -s state2 -o alerts | ts-route -c "$TOP/examples/alertmanager.yml" >>notified
done
same 'alerts are debounced' "$(jq -rc '[.labels.alertname, .labels.severity, .labels.team, has("endsAt")] | join(" ")' told)" 'HealthCheckFailed critical platform false
HealthCheckFailed critical platform true'
same 'and routed as the example says' "$(jq -rc '[.status, .receiver] | join(" ")' notified)" 'firing critical-alerts
resolved critical-alerts'
