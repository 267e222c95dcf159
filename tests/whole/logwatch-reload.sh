#!/bin/sh
# SIGHUP: rules are read again and go on with their windows, metrics with
# their counts; broken ones are reported, and the old ones stay.
# shellcheck source=tests/whole/lib.sh
. "$(dirname "$0")/lib.sh"
cd "$work" || exit 3
rules() {
	cat >rules.yml <<Y
rules:
- name: bad
  match: '^bad (?<user>\\S+) from %{IP:ip}$'
  key: ip
  window: 1h
  threshold: $1
  collect: {users: user$2}
  cooldown: 0s
  alert: {annotations: {summary: '$3 {{ .count }} {{ join "," .users }}'}}
  actions: [{block: {time: 1h}}]
metrics:
- {name: bad_total, match: '^bad '}
Y
}
line() { echo "2026-01-01T00:00:0$1Z bad $2 from 203.0.113.9" >>log; }
said() { grep -q "$1" out; }
rules 2 '' old
: >log; again=0
loaded() { [ "$(grep -c "configuration loaded again" err)" = $again ]; }
ts-logwatch -v -f -s state --from start -r rules.yml -o alerts,blocks,samples log >out 2>err &
pid=$!; pids="$pids $pid"
line 1 ann; line 2 bob
check 'an alert of two lines' wait_for 20 said '"summary":"old 2 ann,bob"'
echo 'rules: [{name: bad, match: "(("}]' >rules.yml
kill -HUP "$pid"
check 'what is wrong is told, with its place' wait_for 20 grep -q '^ts-logwatch: rules.yml:1:' err
check 'that the old ones stay is told' wait_for 20 grep -q 'loaded before stays' err
rules 3 '' new
kill -HUP "$pid"
again=$((again + 1)); check "it is loaded ($again)" wait_for 20 loaded
line 3 cid
check 'the new rule has the window of the old one' wait_for 20 said '"summary":"new 3 ann,bob,cid"'
check 'one block of it' test "$(grep -c '"type":"block"' out)" = 1
rules 4 '' third
kill -HUP "$pid"
again=$((again + 1)); check "it is loaded ($again)" wait_for 20 loaded
line 4 dan
check 'and again' wait_for 20 said '"summary":"third 4 ann,bob,cid,dan"'
check 'who is blocked is known' test "$(grep -c '"type":"block"' out)" = 1
kill "$pid"; wait "$pid"
check 'it ends well' test $? = 0
check 'no line was read twice' said '"bad_total"},"values":\[4\]'
ts-logwatch -s state -r rules.yml -o events log >again
check 'offsets stand' test ! -s again

# A session tells in one line what counts in another.
session() {
	cat >session.yml <<Y
rules:
- name: s
  match:
  - '^bad (?<user>\\S+) from %{IP:ip}$'
  $1
  - {regex: '^gone$', after: '^(?:hello from %{IP:ip}|name (?<user>\\S+))'}
  session: [host.hostname, process.pid]
  key: ip
  threshold: 1
  cooldown: 0s
  collect: {users: user}
  alert: {annotations: {summary: '$2 {{ .key.ip }} {{ join "," .users }}'}}
Y
}
session "" old; : >log
say() { echo "2026-01-21T09:00:0$1Z h app[$2]: $3" >>log; }
ts-logwatch -v -f -s session --from start -r session.yml log >out 2>err & pid=$!; pids="$pids $pid"
say 1 7 'hello from 203.0.113.7'; say 1 8 'hello from 203.0.113.8'; say 2 9 'hello from 203.0.113.9'; say 3 9 gone
check 'a session' wait_for 20 said '"summary":"old 203.0.113.9 "'
session "- {regex: '^other\$', after: '^before'}" new; kill -HUP "$pid"
again=1; check 'rules with a session are loaded again' wait_for 20 loaded
say 4 7 'name ann'; say 4 7 gone
check 'it goes on over a reload' wait_for 20 said '"summary":"new 203.0.113.7 ann"'
kill "$pid"; wait "$pid"
ts-logwatch -f -s session -r session.yml log >out 2>err & pid=$!; pids="$pids $pid"
say 5 8 gone; say 5 6 gone
check 'and from one run to the next' wait_for 20 said '"summary":"new 203.0.113.8 "'
kill "$pid"; wait "$pid"; echo '2026-01-21T09:20:00Z h app[5]: hello from 203.0.113.5' >>log
ts-logwatch -s session -r session.yml log >out 2>err
kept() { jq -rn '[inputs | select(.k != null and (.k | startswith("session:")))] | group_by(.k)[] | last | select(.v != null).v.captures.ip' session/ts-logwatch.ndjson; }
check 'but not for ever' test "$(kept)" = 203.0.113.5
echo "1..$n"
