#!/bin/sh
# The kind archive against a store that verifies every signature: what goes
# there, what stays here, how a cut-off run goes on, what its errors say.
# shellcheck source=tests/whole/lib.sh
. "$(dirname "$0")/lib.sh"
cd "$work" || exit 3
secret='wJalr/XUtn+FEMI'
printf %s "$secret" >secret
keys='access_key: AKIDEXAMPLE
secret_key: {file: secret}'
# store ARGS...: a fresh one; its requests in s3.log
store() {
	[ -z "${s3:-}" ] || { kill "$s3"; wait "$s3" 2>/dev/null; }
	port=$(free_port)
	: >s3.log
	python3 "$TOP/tests/lib/s3double.py" "$port" "$@" >s3.log 2>s3.err & s3=$!
	pids="$pids $s3"
	wait_for 20 grep -q ready s3.log
}
# plan MORE: m.yml with a task t; fields of MORE win
plan() {
	cat >m.yml <<P
global: {lock_dir: locks}
tasks:
  - name: t
    kind: archive
    paths: [$work/logs]
    match: ['*.log', '*.gz']
    older_than: 7d
    endpoint: http://127.0.0.1:$port
    bucket: logs
    prefix: "a/{Y}/{m}/{d}/"
    spool: $work
    part_size: 4KiB
    backoff: 1ms
$(printf '%s\n' "${2-$keys}" | sed 's/^/    /')
P
	[ -z "${1:-}" ] || printf '%s\n' "$1" | while IFS= read -r line; do
		sed -i "/^    ${line%%:*}:/d" m.yml; echo "    $line" >>m.yml; done
}
# file NAME BYTES: an old one
file() { mkdir -p "$(dirname "logs/$1")"; head -c "$2" /dev/urandom | base64 -w0 | head -c "$2" >"logs/$1"; touch -d 2026-01-02T03:04:05Z "logs/$1"; }
run() { ts-maint run -v -c m.yml -s st -o json t >out 2>err; rc=$?; }
objects() { curl -s "${url:-http://127.0.0.1:$port}/_objects"; }
uploads() { curl -s "http://127.0.0.1:$port/_uploads"; }
sum() { sha256sum <"$1" | cut -d' ' -f1; }
there() { objects | jq -e --arg k "logs/$1" --arg s "$2" '.[$k][1] == $s'; }
said() { check "$1" jq -se "map(select(.task == \"t\" and .kind == \"archive\"))[0] | $2" out; }
left() { find logs -type f | sort | tr '\n' ' '; }

store; plan
file a.log.gz 3000; file sub/a.log.gz 5000; file 'x +(é)&=%41~.log' 20; file empty.log 0; file young.log 10; file z.txt 5
touch logs/young.log
a=$(sum logs/a.log.gz) b=$(sum logs/sub/a.log.gz) x=$(sum 'logs/x +(é)&=%41~.log')
ts-maint plan -c m.yml -s st -o json t >planned
check 'a plan only asks' sh -c "! grep -E '^(PUT|POST|DELETE)' s3.log && test ! -e locks"
run
check 'all went well' test $rc = 0
check 'a small one is there' there a/2026/01/02/a.log.gz "$a"
check 'one in parts, of the same name, is there too' there a/2026/01/02/sub/a.log.gz "$b"
check 'any name will do' there 'a/2026/01/02/x +(é)&=%41~.log' "$x"
check 'an empty one, too' sh -c "curl -s http://127.0.0.1:$port/_objects | jq -e '.[\"logs/a/2026/01/02/empty.log\"][0] == 0'"
check 'what is young or of another name stays' test "$(left)" = 'logs/young.log logs/z.txt '
said 'it is counted' '.message == "4 uploaded, 7.8 KiB; 4 removed" and .data.uploaded == 4 and .bytes > 8020'
check 'one manifest, of all' sh -c "curl -s http://127.0.0.1:$port/_objects | jq -e '[keys[] | select(test(\"MANIFEST-.*Z.sha256\$\"))] | length == 1'"
check 'the secret is nowhere' sh -c "! grep -rF '$secret' out err planned st s3.log locks"
check 'each step is in the audit log' sh -c "[ \$(grep -c '\"step\":\"remove\"' st/ts-maint.audit) = 4 ] && ts-maint log --verify -s st"
run; said 'a second run has nothing to do' '.changed == false and .status == "ok"'

# ---- credentials ----
file a.log 10; plan '' 'credentials_file: shared
profile: ops'
printf '[default]\naws_access_key_id = x\naws_secret_access_key = y\n# c\n[ops]\naws_access_key_id=AKIDEXAMPLE\naws_secret_access_key = %s\n' "$secret" >shared
run; check 'a profile of the shared file' test $rc = 0 -a ! -e logs/a.log
file a1.log 11; plan '' ''
AWS_ACCESS_KEY_ID=AKIDEXAMPLE AWS_SECRET_ACCESS_KEY=$secret ts-maint run -c m.yml -s st t >out 2>err
check 'the variables of the AWS tools' test $? = 0 -a ! -e logs/a1.log
file a2.log 12; plan '' 'access_key: AKIDEXAMPLE
secret_key: {env: NOT_SET_HERE}'
run; check 'a secret that is not there' test $rc = 2 -a -e logs/a2.log
said '... is named' '.error | test("NOT_SET_HERE")'
plan '' 'access_key: AKIDEXAMPLE
secret_key: wr0ngwr0ng'
run; check 'a wrong one' test $rc = 2 -a -e logs/a2.log
check '... is not shown' sh -c "! grep -rF wr0ngwr0ng out err st"
store -t tok/en; plan 'session_token: tok/en'; run
check 'a session token is sent and signed' test $rc = 0 -a ! -e logs/a2.log

# ---- how it is reached ----
store; file v.log 5000; plan "path_style: false
endpoint: http://localhost:$port"; run
check 'the bucket in the host name' test $rc = 0
check '... and not in the path' sh -c "grep -q '^PUT /a/2026/01/02/v.log?partNumber=1' s3.log"
openssl req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out cert.pem -days 2 -subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1 2>/dev/null
store --tls cert.pem key.pem; file t.log 10; plan "endpoint: https://127.0.0.1:$port
tries: 1"; run
check 'TLS: an unknown authority is refused' test $rc = 2 -a -e logs/t.log
plan "endpoint: https://127.0.0.1:$port
tls_config: {ca_file: cert.pem}"; run
check 'TLS: with its authority' test $rc = 0 -a ! -e logs/t.log
store; kill "$s3"; wait "$s3" 2>/dev/null; s3=; file n.log 10; file n1.log 10; file n2.log 10; file n3.log 10; file n4.log 10; plan 'tries: 2'; run
check 'nobody there: all stays' test $rc = 2 -a "$(left | wc -w)" = 7
check '... and it is not asked for ever' jq -se 'map(select(.step == "upload" and .status == "skipped" and (.note | test("not answered")))) | length >= 2' out
store --region eu-west-1; plan; run
said 'another region is named' '.error | test("is in region .eu-west-1.")'
store --skew 4000; plan; run
said 'a wrong clock is named' '.error | test("the clocks differ: ours says")'
store -b other; plan; run
said 'no such bucket' '.error | test("404 NoSuchBucket")'
check '... and nothing is removed' test "$(left | wc -w)" = 7
rm -f logs/n*

# ---- what the store has already ----
store; plan; file k.log 100; k1=$(sum logs/k.log); run; file k.log 100; k2=$(sum logs/k.log); run
check 'a key that is taken stays as it is' there a/2026/01/02/k.log "$k1"
check '... the other one gets a number' there a/2026/01/02/k.log.1 "$k2"
file k.log 100; plan 'delete: never'; run; run
said 'delete: never; again: nothing has changed' '.changed == false and .data.there_already == 1'
check '... and it is here' test -e logs/k.log
rm -f logs/k.log

# ---- compressed on the way ----
for how in gzip xz zstd; do
	plan "compress: $how"; file "c$how.log" 9000; cp "logs/c$how.log" want; run
	check "$how" test $rc = 0 -a ! -e "logs/c$how.log"
done
got() { curl -s "http://127.0.0.1:$port/_objects" | jq -r "to_entries[] | select(.key | test(\"$1\")) | .value[1]"; }
gzip -nc <want >/dev/null
check 'three objects of three suffixes' test "$(got 'cgzip.log.gz$' | wc -l)$(got 'cxz.log.xz$' | wc -l)$(got 'czstd.log.zst$' | wc -l)" = 111
check 'nothing is left in the spool' sh -c "! ls '$work' | grep -q ts-maint\\."

# ---- who holds a file ----
plan; file o.log 10; file l.log 10
exec 7<logs/o.log 8<logs/l.log; flock -x 8; run; exec 7<&- 8<&-
check 'what is open or locked stays' test "$(left)" = 'logs/l.log logs/o.log logs/young.log logs/z.txt '
said '... and is counted' '.data.open == 2 or (.data.open == 1 and .data.locked == 1)'
rm -f logs/o.log logs/l.log

# ---- cut off and taken up ----
# list, head, begin, parts 1 and 2, then nothing more is answered
store -f .,.,.,.,.,slow --stall 100 --page 2; plan; file big.log 50000; big=$(sum logs/big.log)
ts-maint run -c m.yml -s st t >out 2>err & run=$!
wait_for 20 sh -c "[ \$(grep -c 'PUT.*partNumber=' s3.log) = 2 ] && grep -q '\"uploads\"\|uploads' st/*"
child=$(cat "/proc/$run/task/$run/children")
kill -9 $run $child; wait $run 2>/dev/null
check 'killed: it is here' test -e logs/big.log
: >s3.log; run
check 'the next run' test $rc = 0
check '... goes on behind the parts that are there' sh -c "grep -q '^GET .*uploadId=' s3.log && ! grep -Eq 'partNumber=(1|2)&' s3.log && [ \$(grep -c partNumber= s3.log) = 11 ]"
check '... and it is whole' there a/2026/01/02/big.log "$big"
store -f .,.,.,.,.,slow --stall 100; plan; file gone.log 20000; file stays.log 20000
ts-maint run -c m.yml -s st t >out 2>err & run=$!
wait_for 20 sh -c "[ \$(grep -c 'PUT.*partNumber=' s3.log) = 2 ]"
child=$(cat "/proc/$run/task/$run/children")
kill -9 $run $child; wait $run 2>/dev/null; rm logs/gone.log
ts-maint plan -c m.yml -s st -o json t >planned; run
check 'the upload of a file that is gone is given up' sh -c "grep -q abort-upload planned && grep abort-upload out && echo $(uploads) && [ $(uploads) = 0 ]"
store -f .,.,.,.,.,slow --stall 100 --age 90000; plan; file old.log 20000
ts-maint run -c m.yml t >out 2>err & run=$!
wait_for 20 sh -c "[ \$(grep -c 'PUT.*partNumber=' s3.log) = 2 ]"
child=$(cat "/proc/$run/task/$run/children")
kill -9 $run $child; wait $run 2>/dev/null
ts-maint run -v -c m.yml -o json t >out 2>err
check 'one that nobody remembers is given up after a day' sh -c "grep -q abort-upload out && [ $(uploads) = 0 ]"

# ---- faults that pass, faults that do not ----
store -f .,500,.,503,.,reset-after,503bare,half; plan; file f.log 10; run
check 'what passes is tried again' test $rc = 0 -a ! -e logs/f.log
for fault in corrupt lost truncate; do
	store -f ".,.,$fault"; plan 'tries: 1'; file f.log 1000; run
	check "$fault: seen, and kept here" test $rc = 2 -a -e logs/f.log
	run; check '... and the next run mends it' test $rc = 0 -a ! -e logs/f.log
done
store -f '.,.,.,etag'; plan; file f.log 1000; run
check 'a wrong ETag: kept here' test $rc = 2 -a -e logs/f.log
said '... and said' '.error | test("not what was sent: left here")'
store -f '.,.,.,.,.,403'; plan; run
check 'no manifest: kept here' test $rc = 2 -a -e logs/f.log
store; plan 'verify: get'; run
check 'verify: get reads it back' sh -c "[ $rc = 0 ] && grep -q '^GET /logs/a/2026/01/02/f.log 206' s3.log"
echo "1..$n"
