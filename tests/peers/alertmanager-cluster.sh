#!/bin/sh
# --alertmanager: ts-eval and ts-route post to every member of a real cluster
# of two, which tells the receiver once; a member goes down and comes back.
# shellcheck source=tests/whole/lib.sh
. "$(dirname "$0")/../whole/lib.sh"
am=$(command -v prometheus-alertmanager || command -v alertmanager) || { skip 'alertmanager' 'not installed'; exit 0; }
cd "$work" || exit 3

mkfifo sink.stop sink.ports samples
sink sink.out <sink.stop >sink.ports &
pids="$pids $!"
exec 8>sink.stop
read -r sink_port _ <sink.ports
cat >am.yml <<EOF
route: {receiver: x, group_by: [alertname], group_wait: 1s, group_interval: 1m}
receivers: [{name: x, webhook_configs: [{url: 'http://127.0.0.1:$sink_port/hook'}]}]
EOF
web1=$(free_port) web2=$(free_port) gossip1=$(free_port) gossip2=$(free_port)
# start NUMBER: a member of the cluster; sets am_pid
start() {
	eval "web=\$web$1 gossip=\$gossip$1"
	# shellcheck disable=SC2154
	"$am" --config.file=am.yml --storage.path="am$1" --web.listen-address="127.0.0.1:$web" --cluster.peer-timeout=2s \
	    --cluster.listen-address="127.0.0.1:$gossip" --cluster.peer="127.0.0.1:$gossip1" --cluster.peer="127.0.0.1:$gossip2" >"am$1.log" 2>&1 &
	am_pid=$!
	pids="$pids $am_pid"
}
members() { curl -sf "http://127.0.0.1:$1/api/v2/status" | jq '.cluster.peers | length'; }
both_joined() { [ "$(members "$web1")" = 2 ] && [ "$(members "$web2")" = 2 ]; }
# active PORT: instances of the active alerts
active() { curl -sf "http://127.0.0.1:$1/api/v2/alerts" | jq -r '[.[].labels.instance] | sort | join(" ")'; }
has() { [ "$(active "$1")" = "$2" ]; }
both_have() { has "$web1" "$1" && has "$web2" "$1"; }
looked() { curl -sf "http://127.0.0.1:$1/metrics" | awk '$1 == "alertmanager_nflog_queries_total" { exit !($2 >= 1) }'; }
both_looked() { looked "$web1" && looked "$web2"; }
start 1
start 2
second=$am_pid
check 'the cluster has two members' wait_for 30 both_joined

cat >rules.yml <<'EOF'
groups: [{name: g, interval: 1s, rules: [{alert: Down, expr: up == 0, annotations: {summary: '{{ $labels.instance }} is down'}}]}]
EOF
ts-eval -f --resend-delay 1s -r rules.yml --alertmanager "http://127.0.0.1:$web1" --alertmanager "http://127.0.0.1:$web2/" samples >eval.out 2>eval.err &
eval_pid=$!
pids="$pids $eval_pid"
exec 9>samples
# sample VALUE...: up of a, b, c …, now
sample() {
	t=$(date +%s)000 i=a
	for v; do
		echo "{\"metric\":{\"__name__\":\"up\",\"instance\":\"$i\"},\"values\":[$v],\"timestamps\":[$t]}" >&9
		i=$(echo $i | tr a-d b-e)
	done
}
sample 0 0 1
check 'both members have the alerts' wait_for 20 both_have 'a b'
check 'both members have looked whether it is told' wait_for 60 both_looked
check 'the receiver was told once' test "$(jq -c '.raw | fromjson | .alerts | map(.labels.instance)' sink.out)" = '["a","b"]'
check 'the lines go into the pipe, too' grep -q '"instance":"b"' eval.out

kill "$second"
wait "$second" 2>/dev/null
lines=$(wc -l <eval.out)
more_lines() { [ "$(wc -l <eval.out)" -gt "$lines" ]; }
sample 0 0 0
check 'with one member down the other hears of a new alert' wait_for 20 has "$web1" 'a b c'
check 'rules are evaluated meanwhile' more_lines
check 'the operator is told that one is down' wait_for 20 grep -q "the alertmanager 'http://127.0.0.1:$web2' takes no alerts, they wait: " eval.err
rm -rf am2
start 2
check 'when it is back it hears of them' wait_for 30 has "$web2" 'a b c'
check 'the operator is told that it is back' wait_for 20 grep -q 'takes alerts again' eval.err
check 'each change is told once' test "$(grep -c 'takes no' eval.err)" = 1
sample 1 1 1
check 'both hear that it is over' wait_for 20 both_have ''
exec 9>&-
kill "$eval_pid"
wait "$eval_pid"
check 'it ends well' test $? = 0

cat >lines <<'EOF'
{"labels":{"alertname":"Disk","instance":"x"},"annotations":{"summary":"é \" 100%"},"generatorURL":"http://prom/x","value":"1"}
{"_ts":"tick","time":1}
{"labels":{"alertname":"Disk","instance":"y"},"state":"pending"}
{"labels":{"alertname":"Disk","instance":"z"},"endsAt":"2099-01-01T00:00:00Z"}
EOF
ts-route --alertmanager "http://127.0.0.1:$web1" --alertmanager "http://127.0.0.1:$web2" lines >route.out 2>route.err
check 'ts-route alone hands alerts on' test $? = 0
check 'both members have them' both_have 'x z'
check 'other lines pass' test "$(cat route.out)" = '{"_ts":"tick","time":1}'
ts-route -c am.yml --alertmanager "http://127.0.0.1:$web1" lines >route.out 2>route.err
check 'with a configuration it routes, too' jq -es 'map(select(.groupKey))[0].alerts | length == 2' route.out
curl -sf "http://127.0.0.1:$web1/api/v2/alerts" | jq -c '.[] | select(.labels.instance == "x") | [.annotations, .generatorURL]' >got
check 'text arrives as it is' test "$(cat got)" = '[{"summary":"é \" 100%"},"http://prom/x"]'

echo '{"labels":{"alertname":"Bad","instance":"v","a-b":"x"}}' >bad
ts-route --alertmanager "http://127.0.0.1:$web1" bad lines >/dev/null 2>route.err
check 'a refused alert is the answer no' test $? = 1
check 'what is refused is told' grep -q 'refuses alerts: HTTP status 400' route.err
awk 'BEGIN { for (i = 0; i < 600; i++) printf "{\"labels\":{\"alertname\":\"A\",\"instance\":\"%d\"},\"endsAt\":\"2099-01-01T00:00:00Z\"}\n", i }' >many
ts-route --alertmanager "http://user:secret@127.0.0.1:$sink_port/base/" many
jq -c 'select(.path == "/base/api/v2/alerts") | .raw | fromjson | length' sink.out >sizes
check 'batches are of 256 at most, behind the path in front' test "$(jq -s -c '[max, add]' sizes)" = '[256,600]'
free=$(free_port)
ts-route --alertmanager "http://user:secret@127.0.0.1:$free" --alertmanager "http://127.0.0.1:$web1" many >/dev/null 2>route.err
check 'one member of two is enough' test $? = 0
check 'no password is told' sh -c 'grep -q "takes no alerts" route.err && ! grep -q secret route.err'
