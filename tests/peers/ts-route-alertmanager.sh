#!/bin/sh
# ts-route | ts-notify beside the packaged Alertmanager: the same alerts
# through several configurations; every request must be the same, byte for
# byte, when they fire and when half of them are over.
# shellcheck source=tests/whole/lib.sh
. "$(dirname "$0")/../whole/lib.sh"
am=$(command -v prometheus-alertmanager || command -v alertmanager) || { skip 'alertmanager' 'not installed'; exit 0; }
cd "$work" || exit 3
mkfifo stop ports
sink got <stop >ports &
pids="$pids $!"
exec 8>stop
read -r sink _ <ports

# Each configuration is the tree and what stands beside it; receivers a to d
# are added, with the webhook options that a line "#a: ..." gives.
mkdir conf
cat >conf/nested <<'EOF'
route:
  receiver: a
  group_by: [alertname]
  routes:
  - matchers: [team="db"]
    receiver: b
    continue: true
    group_by: [instance]
    routes:
    - {matchers: [severity=~"critical|page"], receiver: c, continue: true}
    - {matchers: [env!="dev"], receiver: d}
  - {match_re: {team: 'd.*|web'}, receiver: d}
  - {match: {team: db}, receiver: a}
EOF
cat >conf/all-labels <<'EOF'
route: {receiver: a, group_by: ['...'], routes: [{matchers: [severity="info"], receiver: b, group_by: [team, nosuch]}]}
EOF
cat >conf/one-group <<'EOF'
route: {receiver: a, routes: [{matchers: [team=""], receiver: b}, {matchers: ['severity!~"info|"'], receiver: c}]}
#a: max_alerts: 3
EOF
cat >conf/inhibit <<'EOF'
route: {receiver: a, group_by: [severity], routes: [{matchers: [severity="critical"], receiver: b}]}
inhibit_rules:
- {source_matchers: [severity="critical"], target_matchers: [severity=~"warning|info"], equal: [alertname, instance]}
- {source_match: {alertname: Down}, target_match_re: {alertname: 'Slow|Full'}, equal: [nosuch, env]}
- {source_matchers: [team="web"], target_matchers: [team="web"], equal: [alertname]}
EOF
cat >conf/quiet <<'EOF'
route: {receiver: a, group_by: [team], routes: [{matchers: [severity="warning"], receiver: b, continue: true}, {matchers: [severity="critical"], receiver: c}]}
#b: send_resolved: false
#a: send_resolved: true
EOF
cat >conf/intervals <<'EOF'
route:
  receiver: a
  group_by: [alertname]
  routes:
  - {matchers: [team="db"], receiver: b, mute_time_intervals: [always]}
  - {matchers: [team="web"], receiver: c, mute_time_intervals: [past], active_time_intervals: [always]}
  - {matchers: [env="dev"], receiver: d, active_time_intervals: [past]}
time_intervals:
- {name: always, time_intervals: [{years: ['2000:2100']}]}
- {name: past, time_intervals: [{years: ['1999'], weekdays: ['monday:saturday']}]}
EOF
cat >conf/text <<'EOF'
route:
  receiver: a
  group_by: [instance, summary, alertname]
  routes:
  - {matchers: ['note=~".*é.*"'], receiver: b, group_by: [note]}
  - {matchers: ['note="a\"b\\c"'], receiver: c, group_by: [note]}
  - {match_re: {note: '(?i)UPPER|x.y'}, receiver: d, group_by: [note]}
EOF
cat >conf/twice <<'EOF'
route: {receiver: a, group_by: [env], routes: [{receiver: b, continue: true}, {receiver: c, continue: true, group_by: [team]}, {matchers: [severity="critical", team!="db"], receiver: b}, {receiver: d}]}
EOF
cat >conf/deep <<'EOF'
route:
  receiver: a
  group_by: [alertname, env]
  routes:
  - receiver: b
    matchers: [env="prod"]
    routes:
    - matchers: [team=~".+"]
      routes:
      - {matchers: [severity="critical"], receiver: c, group_by: [team]}
      - {matchers: [severity="warning"], continue: true}
      - {matchers: [severity!="info"], receiver: d}
EOF

# config NAME PREFIX: the whole file
config() {
	grep -v '^#' "conf/$1" | sed 's/^route: {/route: {group_wait: 2s, group_interval: 16s, repeat_interval: 1h, /; s/^route:$/&\n  group_wait: 2s\n  group_interval: 16s\n  repeat_interval: 1h/'
	echo receivers:
	for r in a b c d; do
		more=$(sed -n "s/^#$r: /, /p" "conf/$1")
		echo "- {name: $r, webhook_configs: [{url: 'http://127.0.0.1:$sink/$2/$1/$r'$more}]}"
	done
}
names=$(ls conf)
for c in $names; do
	config "$c" am >"am-$c.yml"
	config "$c" ts >"ts-$c.yml"
	config "$c" first >"first-$c.yml"
	port=$(free_port)
	echo "$port" >>am.ports
	"$am" --config.file="am-$c.yml" --storage.path="data-$c" --web.external-url=http://am.example --web.route-prefix=/ --web.listen-address="127.0.0.1:$port" --cluster.listen-address= >"am-$c.log" 2>&1 &
	pids="$pids $!"
done
all_ready() { while read -r p; do curl -sf "http://127.0.0.1:$p/-/ready" >ready || return 1; done <am.ports; }
check 'the Alertmanagers are up' wait_for 60 all_ready

# Alerts of many kinds; every second one is over in the second file.  They
# begin a little after they are posted: an old one would not wait.
t0=$(date +%s)
at() { date -u -d "@$((t0 + $1))" +%Y-%m-%dT%H:%M:%SZ; }
python3 - "$(at 9)" "$(at 10)" firing over <<'END'
import itertools, json, sys
start, end = sys.argv[1:3]
alerts = []
for i, (name, sev, team, env) in enumerate(itertools.product(
        ["Down", "Slow", "Full"], ["critical", "warning", "info", ""], ["db", "web", "", "data"], ["prod", "dev", ""])):
    labels = {"alertname": name, "instance": "host%d:9100" % (i % 5), "severity": sev, "team": team, "env": env}
    if i % 7 == 0:
        labels["job"] = "node"
    alerts.append({"labels": {k: v for k, v in labels.items() if v},
                   "annotations": {"summary": "%s on %d" % (name, i % 3), "n": str(i % 2)},
                   "startsAt": start, "endsAt": "2099-01-01T00:00:00Z", "generatorURL": "http://prom.example/g?x=%d&y=<z>" % i})
for note in ["n\u00e9\u2028 & <b>", 'a"b\\c', "upper", "xzy", "tab\tline\nend", "\U0001f525"]:
    alerts.append({"labels": {"alertname": "Text", "note": note, "a10": "1", "a1": "2", "a": "3"}, "annotations": {"summary": note},
                   "startsAt": start, "endsAt": "2099-01-01T00:00:00Z"})
with open(sys.argv[3], "w") as f:
    for a in alerts:
        print(json.dumps(a), file=f)
with open(sys.argv[4], "w") as f:
    for a in alerts[::2]:
        print(json.dumps(dict(a, endsAt=end)), file=f)
END
post() {
	jq -cs . "$1" >body
	while read -r p; do
		curl -sS --fail -H 'Content-Type: application/json' --data-binary @body "http://127.0.0.1:$p/api/v2/alerts" || return 1
	done <am.ports
}
past() { [ "$(date +%s)" -ge $((t0 + $1)) ]; }
requests() { jq -c --arg p "/$1/" 'select(.path | startswith($p)) | [(.path | ltrimstr($p)), .raw]' got | sort; }

check 'they take the alerts' post firing

# Ours, in virtual time: to the first tick, and to the second.
tick() { echo "{\"_ts\":\"tick\",\"time\":$((t0 + $1))000}"; }
{ cat firing; tick 12; } >first
{ cat firing; tick 12; cat over; tick 40; } >ts
for c in $names; do
	for k in first ts; do
		ts-route --clock input --compat 0.25 --external-url http://am.example -c "$k-$c.yml" $k 2>>err |
		    ts-notify --clock input --compat 0.25 -c "$k-$c.yml" >>deliveries 2>>err
	done
done
check 'ours are all delivered' sh -c '! grep -q "\"failed\"" deliveries && test ! -s err'
requests first >ours.first
requests ts >ours

# Theirs: the second post comes between their two ticks.
sent() { requests am >theirs; [ "$(wc -l <theirs)" -ge "$(wc -l <"$1")" ]; }
check 'they send as many requests at the first tick' wait_for 60 sent ours.first
wait_for 60 past 10
check 'they take the news that half is over' post over
check 'they send as many requests' wait_for 60 sent ours
for c in $names; do
	grep "^\[\"$c/" ours >"ours.$c"
	grep "^\[\"$c/" theirs >"theirs.$c"
	check "$c: $(wc -l <"theirs.$c") requests are the same" diff "theirs.$c" "ours.$c"
done
