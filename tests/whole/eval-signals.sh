#!/bin/sh
# ts-eval on the wall clock, fed by a pipe that stays open: groups run on
# their timers, SIGHUP takes new rules and keeps what is pending, broken ones
# are refused, SIGUSR1 counts, SIGTERM saves and ends.
# shellcheck source=tests/whole/lib.sh
. "$(dirname "$0")/lib.sh"
cd "$work" || exit 3
rules() {	# rules THRESHOLD: fires when x is above
	printf 'groups:\n- name: g\n  interval: 1s\n  rules:\n  - {alert: High, expr: "x > %s", for: %s}\n' "$1" "${2:-0s}" >rules.yml
}
sample() { printf '{"metric":{"__name__":"x"},"values":[%s],"timestamps":[%s]}\n' "$1" "$(date +%s%3N)" >&3; }
rules 5 1h
mkfifo in
ts-eval -o all --resend-delay 1h -s state -r rules.yml <in >out 2>err &
pid=$!
pids=$pid
exec 3>in
sample 7
check 'the timer makes the alert pending' wait_for 10 grep -q '"state":"pending"' out
printf 'groups:\n- name: g\n  rules:\n  - {alert: High, expr: "x >"}\n' >rules.yml
kill -HUP $pid
check 'broken rules are refused' wait_for 10 grep -q 'the rules that were loaded before stay' err
rules 5 1s
kill -HUP $pid
sample 7
check 'new rules hold; the pending time goes on' wait_for 10 grep -q '"state":"firing"' out
kill -USR1 $pid
check 'counters' wait_for 10 grep -q 'rule evaluations' err
kill -TERM $pid
timeout 20 tail --pid=$pid -f /dev/null
check 'the end by SIGTERM is clean' wait $pid
check 'what is firing was saved' grep -q '"state":"firing"' state/ts-eval.ndjson
before=$(sed -n 's/.*"state":"firing".*"firedAt":\([0-9]*\).*/\1/p' state/ts-eval.ndjson | tail -n 1)
exec 3>&-
printf '{"metric":{"__name__":"x"},"values":[7],"timestamps":[%s]}\n' "$(date +%s%3N)" |
    ts-eval -o all --resend-delay 1ms -s state -r rules.yml >again 2>err
check 'a restart does not fire anew' grep -q '"state":"firing"' again
started=$(sed -n 's/.*"startsAt":"\([^"]*\)".*"state":"firing".*/\1/p' again)
check 'startsAt is the old one' test "$(date -d "$started" +%s%3N)" = "$before"
# On the input's clock one line can stand for days of rounds.
printf 'groups:\n- name: g\n  interval: 1s\n  rules:\n  - {record: r, expr: "sum(count_over_time(vector(1)[5000s:1s]))"}\n' >slow.yml
printf '{"metric":{"__name__":"x"},"values":[7],"timestamps":[%s]}\n' 1000 100000000 >leap
ts-eval --clock input -o samples -s later -r slow.yml leap >out 2>err &
pid=$!
pids=$pid
check 'a long pass has begun' wait_for 20 grep -q '"_ts":"tick"' out
kill -TERM $pid
timeout 20 tail --pid=$pid -f /dev/null
check 'SIGTERM ends a long pass' wait $pid
check 'before its end' test "$(grep -c '"_ts":"tick"' out)" -lt 9000
reached() { sed -n "s/.*\"$1\":\([0-9]*\).*/\1/p" "$2" | tail -n 1; }
check 'what it reached was saved' test "$(reached evaluatedAt later/ts-eval.ndjson)" = "$(reached time out)"

# What a rule gave that is no longer there ends at once, not after the
# lookback; what another group goes on giving does not.
recorded() {	# recorded GROUP NAME...
	printf 'groups:\n- name: %s\n  interval: 1s\n  rules:\n' "$1"
	shift
	for name; do printf '  - {record: %s, expr: "vector(1)"}\n' "$name"; done
}
recorded one kept dropped >named.yml
mkfifo idle
ts-eval -o samples -r named.yml <idle >out 2>err &
pid=$!
pids=$pid
exec 3>idle
check 'both are recorded' wait_for 20 grep -q '"dropped"},"values":\[1\]' out
recorded two kept >named.yml
kill -HUP $pid
check 'the dropped one ends' wait_for 20 grep -q '"dropped"},"values":\[null\]' out
check 'the kept one does not' test -z "$(grep '"kept"},"values":\[null\]' out)"
kill -TERM $pid
timeout 20 tail --pid=$pid -f /dev/null
exec 3>&-
