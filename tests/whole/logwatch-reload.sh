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

# Inputs: those that stay, change, come and go.
texts() { jq -c '[.message, .tier]' out | sort; }
came() { [ "$(jq -c '[.message, .tier]' out | grep -cF "[\"$1\",${2:-null}]")" = 1 ]; }
hup() { kill -HUP "$pid"; again=$((again + 1)); wait_for 20 loaded; }
mkdir in sub; cd in || exit 3
inputs() { { echo 'inputs:'; cat; } >c.yml; }
inputs <<Y
- {path: stays.log, fields: {tier: a}}
- {path: changes.log, fields: {tier: a}}
- {path: goes.log}
- {path: 'p*.log', multiline: {start: '^r', flush: 1h}}
Y
echo s1 >stays.log; echo c1 >changes.log; printf 'half' >>changes.log; echo g1 >goes.log; printf 'r1\nx\n' >p1.log; echo new1 >new.log
again=0; ts-logwatch -v -f -s state -c c.yml >out 2>err & pid=$!; pids="$pids $pid"
check 'inputs of the start' wait_for 20 came g1
inputs <<Y
- {path: changes.log, fields: {tier: b}}
- {path: stays.log, fields: {tier: a}}
- {path: 'p*.log', multiline: {start: '^r', flush: 0s}}
- {path: new.log}
Y
check 'inputs are loaded again' hup
echo s2 >>stays.log; printf ' is whole\nc2\n' >>changes.log; echo g2 >>goes.log; printf 'y\nr2\n' >>p1.log; echo r3 >p2.log; echo new2 >>new.log
check 'one that stays' wait_for 20 came s2 '"a"'
check 'one that changes: from where it was' wait_for 20 came 'half is whole' '"b"'
check 'one that comes' wait_for 20 came new2
check 'a pattern, and a record that was begun' wait_for 20 came 'r1\nx\ny'
check 'and new files of it' wait_for 20 came r3
echo 'format: json' >>c.yml; check 'a format for all' hup
echo '{"message":"s3"}' >>stays.log; check 'all are read by it' wait_for 20 came s3 '"a"'
printf 'inputs:\n- {path: goes.log, format: jsno}\n' >c.yml; kill -HUP "$pid"
check 'a format that is none' wait_for 20 grep -q "c.yml:2:.*unknown format 'jsno', did you mean 'json'?" err
echo '{"message":"s4"}' >>stays.log; check 'leaves all as it was' wait_for 20 came s4 '"a"'
inputs <<Y
- {path: goes.log}
Y
check 'and back' hup
check 'one that comes back: from where it was' wait_for 20 came g2
printf 'rules: [{name: r, match: x, threshold: 9}]\n' >>c.yml
check 'rules where there were none' hup
check 'it is said that the output stays' wait_for 20 grep -q "the output would be 'alerts': that needs a restart" err
kill "$pid"; wait "$pid"; check 'it ends well' test $? = 0
printf '["%s",%s]\n' s1 '"a"' s2 '"a"' s3 '"a"' s4 '"a"' c1 '"a"' 'half is whole' '"b"' c2 '"b"' g1 null g2 null 'r1\nx\ny' null r2 null r3 null new1 null new2 null | sort >want
texts >got; check 'each line once' diff want got
echo '- x' >x.log; again=0
ts-logwatch -v -f --from start -F iso x.log >out 2>err & pid=$!; pids="$pids $pid"
check 'operands' wait_for 20 came '- x'
check 'stay over SIGHUP' hup
echo y >>x.log; check 'and are read on' wait_for 20 came y
kill "$pid"; wait "$pid"; check 'once' test "$(wc -l <out)" = 2
echo "1..$n"
