#!/bin/sh
# ts-logwatch --to: every event is stored once, whatever the server, the
# network and SIGKILL do; what is refused is a dead letter.
# shellcheck source=tests/whole/lib.sh
. "$(dirname "$0")/lib.sh"
cd "$work" || exit 3
# shellcheck source=tests/lib/logstore.sh
. "$TOP/tests/lib/logstore.sh"

lines() { awk -v n="$1" 'BEGIN { for (i = 1; i <= n; i++) printf "2026-01-21T%02d:%02d:%02dZ INFO line %d of many, that say little\n", i / 3600 % 24, i / 60 % 60, i % 60, i }'; }
stored() { wc -l <"$1.log"; }
# once NAME N: each of the lines 1 .. N, and once
once() {
	sed -n 's/.* line \([0-9]*\) of many.*/\1/p' "$1.log" | sort -n >got
	seq "$2" >want
	diff want got >diff.out && return
	echo "missing: $(grep -c '^<' diff.out), too many: $(grep -c '^>' diff.out)"; head -n 5 diff.out; tail -n 3 "$1.err"; return 1
}

# torture SCHEME N KILLS FAULT...: killed again and again while it ships
torture() {
	kind=$1 total=$2 kills=$3; shift 3
	lines "$total" >"$kind.in"
	serve "$kind" "$@"
	k=1
	while [ $k -le "$kills" ]; do
		ts-logwatch -s "$kind.state" --to "$kind://127.0.0.1:$port?retry=20ms" "$kind.in" 2>>"$kind.err" &
		pid=$!
		left=400
		while [ "$(stored "$kind")" -lt $((total * k / (kills + 1))) ] && [ $left -gt 0 ]; do
			left=$((left - 1)); sleep 0.02
		done
		kill -9 $pid; wait $pid 2>/dev/null
		k=$((k + 1))
	done
	ts-logwatch -s "$kind.state" --to "$kind://127.0.0.1:$port?retry=20ms" "$kind.in" 2>>"$kind.err" ||
		{ echo "status $?"; down; return 1; }
	down
	once "$kind" "$total"
}
faults='busy=0.1 away=0.1 reset=0.1 cut=0.1'
# shellcheck disable=SC2086
{
check 'elasticsearch: 100000 lines, 429, 503, cut and SIGKILL: each once' torture elasticsearch 100000 8 $faults item429=0.01
check 'loki: 8000 lines, 429, 503, cut and SIGKILL: each once' torture loki 8000 4 $faults
check 'otlp: 8000 lines, 429, 503, cut and SIGKILL: each once' torture otlp 8000 4 $faults
}
check 'a run that finds nothing new sends nothing' sh -c '[ -z "$(ts-logwatch -s otlp.state --to otlp://127.0.0.1:1 otlp.in 2>&1)" ]'

lines 500 >some; echo '2026-01-21T10:00:00Z INFO REFUSE this one' >>some; echo '2026-01-21T10:00:00Z INFO line 501 of many' >>some
dead() {
	serve "$1" bad=REFUSE
	ts-logwatch --to "$1://127.0.0.1:$port?dead_letter=$1.dead" some 2>said
	[ $? -eq 1 ] || { echo 'status is not 1'; return 1; }
	down
	grep -q "refuses .* kept in $1.dead" said && jq -e .document "$1.dead" >/dev/null &&
	    [ "$(grep -c REFUSE "$1.dead")" -eq 1 ] && once "$1" 501
}
rm -f ./*.log
check 'elasticsearch: what is refused for good is a dead letter, the rest is stored' dead elasticsearch
[ "$(wc -l <elasticsearch.dead)" -eq 1 ] && ok 'it alone' || not_ok 'it alone' elasticsearch.dead
check 'loki: a 400 is a dead letter, what it stored is stored' dead loki
partial() {
	serve partial bad=REFUSE
	ts-logwatch --to "otlp://127.0.0.1:$port" some 2>said; rc=$?
	down
	cat said
	grep -q '1 events were rejected: too odd' said && [ $rc -eq 1 ] && once partial 501
}
check 'otlp: a partial success is said, and not sent again' partial
poison() {
	serve poison poison=REFUSE
	ts-logwatch --to "elasticsearch://127.0.0.1:$port?dead_letter=poison.dead" some 2>said
	[ $? -eq 1 ] || return 1
	down
	[ "$(wc -l <poison.dead)" -eq 1 ] && once poison 501
}
check 'a request that is refused as a whole is halved until one document is left' poison
# answer SCHEME CODE FATE: what comes of a document that gets this status;
# dead: a dead letter at once; later: after 5 times; stored: it was there
answer() {
	rm -f answer.log; : >answer.log
	serve answer "item=$2:REFUSE"
	ts-logwatch --to "elasticsearch://127.0.0.1:$port?dead_letter=$2.dead&retry=1ms" some 2>said; rc=$?
	down
	cat said
	tries=$(grep -c asked answer.log)
	once answer 501 || return 1
	case $3 in
	dead) [ $rc -eq 1 ] && [ "$tries" -eq 1 ] && [ "$(wc -l <"$2.dead")" -eq 1 ] ;;
	later) [ $rc -eq 1 ] && [ "$tries" -eq 5 ] && [ "$(wc -l <"$2.dead")" -eq 1 ] ;;
	stored) [ $rc -eq 0 ] && [ "$tries" -eq 1 ] && [ ! -s "$2.dead" ] ;;
	esac
}
for a in '400 dead' '404 dead' '413 dead' '403 later' '409 stored'; do
	# shellcheck disable=SC2086
	check "elasticsearch: an item's ${a% *}: ${a#* }" answer elasticsearch $a
done
# early SCHEME CODE FATE: what comes of a request whose first two answers are
# this: again: it is sent until it is taken; dropped: all of it is refused
early() {
	rm -f early.log; : >early.log
	serve early "first=$2:2"
	grep -v REFUSE some | ts-logwatch --max-wait 5s --to "$1://127.0.0.1:$port?retry=1ms&batch=300" 2>said; rc=$?
	down
	cat said
	case $3 in
	again) [ $rc -eq 0 ] && once early 501 ;;
	dropped) [ $rc -eq 1 ] && [ "$(grep -c 'refuses .* dropped' said)" -eq 2 ] && [ "$(grep -c ' of many' early.log)" -eq 0 ] ;;
	denied) [ $rc -eq 3 ] && [ "$(grep -c first early.log)" -le 2 ] && grep -q "status $2" said ;;
	esac
}
while read -r kind code fate; do
	check "$kind: $code: $fate" early "$kind" "$code" "$fate"
done <<'END'
elasticsearch 429 again
elasticsearch 500 again
elasticsearch 502 again
elasticsearch 504 again
elasticsearch 403 denied
elasticsearch 404 denied
loki 429 again
loki 260 again
loki 500 again
loki 503 again
loki 401 denied
otlp 429 again
otlp 502 again
otlp 503 again
otlp 504 again
otlp 400 dropped
otlp 500 dropped
otlp 403 denied
END
patient() {
	serve patient first=503:1 retry_after=1
	before=$(date +%s%N)
	grep -v REFUSE some | ts-logwatch --to "elasticsearch://127.0.0.1:$port?retry=1ms" 2>/dev/null || return 1
	down
	[ $(($(date +%s%N) - before)) -ge 1000000000 ] && once patient 501
}
check 'Retry-After is waited for' patient
halved() {
	serve halved max=8000
	grep -v REFUSE some | ts-logwatch --to "elasticsearch://127.0.0.1:$port" || return 1
	down
	once halved 501
}
check '413: less at once' halved
template() {
	serve template first=503:1
	grep -v REFUSE some | ts-logwatch --to "elasticsearch://127.0.0.1:$port?template=mine&data_stream=logs-app-%{%5Blog%5D%5Blevel%5D}&retry=20ms" || return 1
	down
	head -n 1 template.log | grep -Fx 'template /_index_template/mine ["logs-app-*"]' &&
	    grep -q ' logs-app-info ' template.log && once template 501
}
check 'a template goes first, a data stream is named after a field' template
secret() {
	printf 'authorization: {type: ApiKey, credentials_file: key}\n' >http.yml; echo 'sesame-42' >key
	serve secret 'token=ApiKey sesame-42'
	grep -v REFUSE some | ts-logwatch --to "elasticsearch://127.0.0.1:$port?config=http.yml" || return 1
	grep -v REFUSE some | ts-logwatch -n --to "elasticsearch://127.0.0.1:$port?config=http.yml" >printed
	! grep -q sesame printed && once secret 501 || return 1
	echo wrong-key >key
	grep -v REFUSE some | ts-logwatch --to "elasticsearch://127.0.0.1:$port?config=http.yml" 2>said; rc=$?
	down
	[ $rc -eq 3 ] && grep -q 401 said && ! grep -q wrong-key said
}
check 'a key comes from a file, is never shown; the wrong one is said at once' secret
hosts() {
	serve hosts
	gone=$(free_port)
	grep -v REFUSE some | ts-logwatch --to "elasticsearch://127.0.0.1:$gone,127.0.0.1:$port?batch=50" 2>said || return 1
	down
	[ ! -s said ] && once hosts 501
}
check 'of two hosts one is enough' hosts

# The server is away.
away=$(free_port)
grep -v REFUSE some >many; lines 200000 | tail -n +502 >>many
ts-logwatch -f --from start -s away.state --to "elasticsearch://127.0.0.1:$away" many 2>away.err & pid=$!
pids="$pids $pid"
wait_for 10 grep -q 'takes no events' away.err && ok 'a server that is away is said' || not_ok 'away is said' away.err
kill -USR1 $pid
wait_for 10 grep -q ' lines, ' away.err
[ "$(sed -n 's/.*: \([0-9]*\) lines, .*/\1/p' away.err)" -lt 20000 ] && ok 'and little is read while it is' || not_ok 'back-pressure' away.err
before=$(date +%s)
kill -TERM $pid
wait $pid; rc=$?
[ $rc -eq 3 ] && [ $(($(date +%s) - before)) -le 3 ] && grep -q 'the next run sends them' away.err &&
    ok 'SIGTERM ends it soon, and says what waits' || not_ok "SIGTERM: $rc" away.err
ts-logwatch -s away.state --max-wait 300ms --to "elasticsearch://127.0.0.1:$away" many 2>away.err; rc=$?
[ $rc -eq 3 ] && ok 'one pass gives up after --max-wait' || not_ok "status $rc" away.err
back() {
	head -n 20000 many >few; mv few many
	serve away "port=$away"
	ts-logwatch -f -s away.state --to "elasticsearch://127.0.0.1:$away" many 2>>away.err & pid=$!
	wait_for 20 test -s away.log && wait_for 20 sh -c '[ "$(wc -l <away.log)" -eq 20000 ]'
	down
	printf '2026-01-21T10:00:00Z INFO line 20001 of many\n' >>many
	wait_for 10 sh -c 'tail -n 1 away.err | grep -q "takes no events"' || echo 'not seen to be away'
	serve away "port=$away"
	wait_for 20 sh -c '[ "$(wc -l <away.log)" -eq 20001 ]'
	kill $pid; wait $pid || echo "status $?"
	down
	once away 20001
}
# The file is another one now: what was kept does not fit, it begins anew.
rm -rf away.state
mkdir away.state
check 'the server goes and comes back: nothing is missing, nothing twice' back
for bad in 'elastic://h' 'elasticsearch://' 'elasticsearch://u:pw@h' 'elasticsearch://h?indx=a' 'loki+ftp://h' 'elasticsearch://h?index=Upper' 'elasticsearch://h?index=a-%{+QQ}' h:9200; do
	ts-logwatch --to "$bad" some >out 2>err; rc=$?
	[ $rc -eq 2 ] && ! grep -q pw err && ok "$bad is refused: $(cut -c 14- err)" || not_ok "$bad: $rc" err
done
echo "1..$n"
