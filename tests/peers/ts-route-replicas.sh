#!/bin/sh
# Two replicas of ts-route that share silences and groups on packaged servers:
# each gets half of the alerts, both tell all of them; a silence that is added
# reaches both; one that dies is carried on by the other; a server that goes
# away loses nothing.  And the verbs that read and write there.
set -u
TOP=${TOP:-$(cd "$(dirname "$0")/../.." && pwd)}
# shellcheck source=tests/lib/servers.sh
. "$TOP/tests/lib/servers.sh"
pids=''
finish() {
	for p in $pids; do stop_one pids "$p"; done
	servers_stop
}
trap finish EXIT
cd "$servers" || exit 3
cat >am.yml <<'Y'
route: {receiver: r, group_by: [job], group_wait: 2s, group_interval: 2s, repeat_interval: 1h}
receivers: [{name: r}]
Y
ok() { echo "ok - $backend: $1"; }
not_ok() { echo "not ok - $backend: $1"; tail -n 5 ./*.err | sed 's/^/# /'; }
check() { what=$1; shift; if "$@"; then ok "$what"; else not_ok "$what"; fi; }
alert() { echo "{\"labels\":{\"alertname\":\"$1\",\"job\":\"$2\"},\"startsAt\":\"$(date -u +%Y-%m-%dT%H:%M:%SZ)\"}"; }
# start NAME: a replica that reads the fifo NAME; sets pid
start() {
	[ -p "$1" ] || mkfifo "$1"
	ts-route -f -c am.yml -s "$url" "$1" >>"$1.out" 2>>"$1.err" &
	pid=$!
	pids="$pids $pid"
}
# told FILE ALERTNAMES: a notification of exactly these (sorted, with blanks)
told() { jq -re '[.alerts[].labels.alertname] | sort | join(" ")' "$1" 2>/dev/null | grep -qx "$2"; }
none_since() { ! tail -n "+$(($2 + 1))" "$1" | grep -q "$3"; }
lines() { wc -l <"$1"; }
status_has() { ts-route status -c am.yml -s "$url" | grep -q "$1"; }

both() {
	backend=$1 url=$2
	rm -f a b ./*.out ./*.err
	start a; a=$pid
	start b
	alert one web >a
	alert two web >b
	check 'what one was told of, both tell' until_true told a.out 'one two'
	check 'what the other was told of as well' until_true told b.out 'one two'
	check 'status sees the group' status_has 'alertname="two"'
	id=$(ts-route silence add -s "$url" --comment c -a me -d 1h alertname=one)
	check 'a silence reaches one' until_true told a.out two
	check 'and the other' until_true told b.out two
	check 'list shows it' [ "$(ts-route silence list -q -s "$url")" = "$id" ]
	ts-route silence list -s "$url" -o json >silences.json
	ts-route silence expire -s "$url" "$id"
	check 'expired, it is listed no more' [ -z "$(ts-route silence list -q -s "$url")" ]
	na=$(lines a.out)
	again() { tail -n "+$((na + 1))" a.out >new; told new 'one two'; }
	check 'expired, it holds no more' until_true again
	ts-route silence import -s "$url" silences.json >/dev/null
	check 'import' until_true test -n "$(ts-route silence list -q -s "$url")"
	ts-route silence expire -s "$url" "$(ts-route silence list -q -s "$url")"
	alert three db >a
	until_true status_has 'alertname="three"'
	stop_one pids "$a" KILL
	check 'the other carries on after a kill' until_true told b.out three
}

command -v jq >/dev/null || { echo 'ok - replicas # SKIP no jq'; exit 0; }
if redis_start one; then
	both redis "redis://127.0.0.1:$redis_port"
	# The server goes away: alerts go on, and it is said once.
	stop_one server_pids "$redis_pid"
	alert four cache >b
	check 'without its server it goes on' until_true told b.out four
	alert five cache >b
	check 'and on' until_true told b.out 'five four'
	check 'and says so once' [ "$(grep -c 'going on in memory' b.err)" = 1 ]
	redis-server --port "$redis_port" --bind 127.0.0.1 --dir "$redis_dir" --save '' >/dev/null 2>&1 &
	server_pids="$server_pids $!"
	check 'what the new server missed is put back' until_true status_has 'alertname="five"'
	# From cron, with a server that is away: all goes out at once.
	url=redis://127.0.0.1:1
	alert six cron | ts-route -c am.yml -s "$url" >cron.out 2>cron.err
	check 'a run without its server leaves nothing behind' told cron.out six
else
	echo 'ok - redis # SKIP no server'
fi
for p in $pids; do stop_one pids "$p"; done
if postgres_start; then
	both postgresql "postgresql://$pg_user@127.0.0.1:$pg_port/postgres"
else
	echo 'ok - postgresql # SKIP no server'
fi
