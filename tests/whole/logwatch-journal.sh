#!/bin/sh
# ts-logwatch with a journal input: every record once, whatever becomes of
# journalctl, which is here a double: it reads records from a file.
# shellcheck source=tests/whole/lib.sh
. "$(dirname "$0")/lib.sh"
cd "$work" || exit 3

mkdir bin; PATH=$work/bin:$PATH
cat >bin/journalctl <<'X'
#!/usr/bin/env python3
"""journalctl, of the records in ./journal; says in ./calls how it was called.
What it does with --lines, --no-tail, --merge and --after-cursor is what systemd's does."""
import json, os, sys, time
args = sys.argv[1:]
with open("calls", "a") as f:
    f.write(" ".join(args) + "\n")
if os.path.exists("refuse"):
    sys.exit(1)
after = next((a.split("=", 1)[1] for a in args if a.startswith("--after-cursor=")), None)
data = open("journal", "rb").read()
follow, lines = "--follow" in args, data.splitlines(True)
if after is not None:
    at = [i for i, l in enumerate(lines) if json.loads(l).get("__CURSOR") == after]
    lines = lines[at[0] + 1:]
if "--lines=0" in args:
    lines = []
elif follow and "--merge" not in args:
    lines = []  # of this boot only: all in the file are older
elif follow and "--no-tail" not in args:
    lines = lines[-10:]
out = sys.stdout.buffer
out.write(b"".join(lines)); out.flush()
with open("journal", "rb") as f:
    f.seek(len(data))
    while follow:
        line = f.readline()
        if not line:
            if os.path.exists("die"):
                os.remove("die"); out.write(b'{"__CURSOR":"to'); out.flush(); os._exit(1)
            time.sleep(0.02)
        out.write(line); out.flush()
X
chmod +x bin/journalctl

begin() {
	case_n=$((case_n + 1)); mkdir "$work/$case_n"; cd "$work/$case_n" || exit 3
	: >out; : >err; : >journal; : >calls; k=0
	printf 'inputs:\n- journal: "*"\n' >c.yml
}
case_n=0
# say TEXT...: records
say() {
	for t in "$@"; do
		k=$((k + 1))
		printf '{"__CURSOR":"s=a;i=%d","__REALTIME_TIMESTAMP":"17689860%02d000000","PRIORITY":"6","_HOSTNAME":"web1","SYSLOG_IDENTIFIER":"app","_PID":"7","_SYSTEMD_UNIT":"app.service","MESSAGE":"%s"}\n' $k $k "$t" >>journal
	done
}
start() { ts-logwatch -f -c c.yml "$@" >>out 2>>err & pid=$!; pids="$pids $pid"; }
has() { grep -qF "\"message\":\"$1\"" out; }
come() { for l in "$@"; do wait_for 10 has "$l" || { echo "'$l' does not come"; return 1; }; done; }
stop() { kill "$pid"; wait "$pid"; rc=$?; [ $rc -eq 0 ] || echo "status $rc"; }
called() { [ "$(wc -l <calls)" -ge "$1" ]; }
# child: the process id of journalctl
child() { pgrep -P "$pid"; }
result() {
	title=$1; shift
	printf '%s\n' "$@" >want
	jq -r .message out | diff want - >why && ok "$title" || { cat err >>why; not_ok "$title" why; }
}

begin; say one two; ts-logwatch -c c.yml >out 2>err; rc=$?
result 'one pass: to the end of the journal' one two
[ $rc -eq 0 ] && [ ! -s err ] && ok 'and status 0' || not_ok "status $rc" err
echo '["2026-01-21T09:00:01.000Z","info","web1","app",7,"app.service","s=a;i=1"]' >want
jq -c '[.["@timestamp"], .log.level, .host.hostname, .process.name, .process.pid, .systemd.unit, .journald.cursor]' out |
    head -n 1 | diff want - >why && ok 'its fields' || not_ok 'its fields' why
[ "$(cat calls)" = '--output=json --all --no-pager --merge' ] && ok 'called so' || not_ok 'called so' calls

begin; cat >c.yml <<'X'
inputs:
- journal: [ssh.service, 'a b; touch broken']
  matches: [_TRANSPORT=syslog, +, PRIORITY=3]
  directory: /var/log/journal
  fields: {tier: web}
X
say one; ts-logwatch -c c.yml --since 2026-01-21T00:00:00Z >out 2>err
[ "$(cat calls)" = '--output=json --all --no-pager --merge --since=@1768953600 --directory=/var/log/journal --unit=ssh.service --unit=a b; touch broken _TRANSPORT=syslog + PRIORITY=3' ] &&
    [ ! -e broken ] && [ "$(jq -r .tier out)" = web ] && ok 'units, matches, directory' || not_ok 'units, matches, directory' calls

begin; cat >journal <<'X'
{"__CURSOR":"s=a;i=1","__REALTIME_TIMESTAMP":"1768986000000000","MESSAGE":[104,105,255,7],"SYSLOG_IDENTIFIER":[97,112,112]}
{"__CURSOR":"s=a;i=2","__REALTIME_TIMESTAMP":"1768986000000000","MESSAGE":null}
{"__CURSOR":"s=a;i=3","__REALTIME_TIMESTAMP":"1768986000000000","MESSAGE":["a","b"]}
{"__CURSOR":"s=a;i=4","__REALTIME_TIMESTAMP":"1768986000000000"}
{"MESSAGE":"\"__CURSOR\":\"s=b\"","__CURSOR":"s=a;i=5","__REALTIME_TIMESTAMP":"1768986000000000"}
X
ts-logwatch -c c.yml -s state >out 2>err
jq -c '[.message, .process.name]' out >got; cat >want <<'X'
["hi�\u0007","app"]
[null,null]
[["a","b"],null]
[null,null]
["\"__CURSOR\":\"s=b\"",null]
X
diff want got >why && ok 'bytes, null, several texts, none' || not_ok 'bytes, null, several texts, none' why
grep -q 's=a;i=5' state/ts-logwatch.ndjson && ok 'the cursor is kept' || not_ok 'the cursor' state/ts-logwatch.ndjson

begin; say one two; ts-logwatch -c c.yml -s state >>out 2>>err; say three; ts-logwatch -c c.yml -s state >>out 2>>err
ts-logwatch -c c.yml -s state >>out 2>>err; say four; start -s state; come four; say five; come five; stop >>err
say six; start -s state; come six; stop >>err
result 'each once, from run to run' one two three four five six
ts-logwatch -c c.yml -s state --from start >dry 2>>err; [ "$(wc -l <dry)" -eq 6 ] && ok '--from start' || not_ok '--from start' dry

begin; echo '{"__CURSOR":"s=a;i=1","__REALTIME_TIMESTAMP":"1577836800000000","MESSAGE":"old"}' >journal
printf 'inputs:\n- journal: old.service\n' >c.yml; ts-logwatch -c c.yml -s state --clock input >out 2>err
cursors() { tail -n 20 state/ts-logwatch.ndjson | jq -rn '[inputs | select(.k != null)] | group_by(.k)[] | last | select(.v != null).k'; }
cursors >got; ts-logwatch -c c.yml -s state >>out 2>>err; cursors >>got
printf 'inputs:\n- journal: old.service\n' >c.yml; ts-logwatch -c c.yml -s other --clock input >>out 2>>err
printf 'inputs:\n- journal: new.service\n' >c.yml; ts-logwatch -c c.yml -s other >>out 2>>err
# A run of now may be one by a wrong clock; from the next one it is certain.
ts-logwatch -c c.yml -s other >/dev/null 2>>err
cat got other/ts-logwatch.ndjson >why
[ "$(cat got)" = 'journal:journal old.service
journal:journal old.service' ] && [ "$(jq -r .message out | grep -c old)" -eq 3 ] && ok 'a place that is in use stays, however old' || not_ok 'in use' why
rm -r state; mv other state; cursors >got; [ "$(cat got)" = 'journal:journal new.service' ] && ok 'one that nobody asks for is forgotten' || not_ok 'forgotten' why

begin; say a b c d e f g h i j k l; start -s state; come l; stop >>err
result 'following shows all, not the last ten' a b c d e f g h i j k l
begin; say one; start; wait_for 10 called 1
more() { say two; grep -q . out; }; wait_for 10 more
grep -q -- '--lines=0' calls && has two && ! has one && ok 'without state it begins at the end' || not_ok 'without state' calls
stop >/dev/null

begin; say one; start -s state; come one; : >die; wait_for 10 called 2; say two; come two
kill "$(child)"; wait_for 10 called 3; say three; come three; stop >>err
result 'journalctl dies and is started again: each once' one two three
[ "$(grep -c 'journalctl has ended; it is started again' err)" -eq 2 ] && ok 'and that is said' || not_ok 'said' err

begin; say one; start -s state; come one; : >refuse; kill "$(child)"; wait_for 10 called 3; rm refuse; say two; come two; stop >>err
result 'it cannot begin for a while' one two
[ "$(grep -c 'it is started again' err)" -eq 1 ] && ok 'said once' || not_ok 'said once' err
: >refuse; ts-logwatch -c c.yml >out 2>err; rc=$?
[ $rc -eq 1 ] && grep -q 'journal \*: journalctl has failed' err && ok 'one pass: status 1' || not_ok "one pass: $rc" err

begin; say one; start -s state; come one; was=$(child); stop >>err
[ ! -s err ] && ! kill -0 "$was" 2>/dev/null && ok 'SIGTERM ends both' || not_ok 'SIGTERM' err
start -s state; wait_for 10 called 2; was=$(child); kill -9 "$pid"; wait "$pid" 2>/dev/null
gone() { ! kill -0 "$1" || grep -q '^State:.Z' "/proc/$1/status"; }
wait_for 10 gone "$was" && ok 'SIGKILL, too' || not_ok 'SIGKILL leaves journalctl'
say two; start -s state; come two; stop >/dev/null
jq -r .message out | sort -u | tr '\n' ' ' >got; [ "$(cat got)" = 'one two ' ] && ok 'and nothing is lost' || not_ok 'lost' got

begin; say one; start -s state; come one; was=$(child); printf -- '  fields: {tier: b}\n' >>c.yml; kill -HUP "$pid"; wait_for 10 called 2; say two; come two
wait_for 10 gone "$was" && [ "$(jq -r .tier out | tr '\n' ' ')" = 'null b ' ] && ok 'SIGHUP: an input that has changed' || not_ok 'SIGHUP' out
printf 'inputs: [{path: log}]\n' >c.yml; was=$(child); kill -HUP "$pid"; wait_for 10 gone "$was"; echo line >log; come line; stop >>err
result 'SIGHUP: one that has gone' one two line

begin; echo line >log; printf -- '- path: log\n' >>c.yml; mkdir none; tool=$(command -v ts-logwatch)
PATH=$work/none "$tool" -c c.yml >out 2>err; rc=$?
[ $rc -eq 1 ] && has line && grep -q "journal \*: cannot run 'journalctl': No such file" err &&
    ok 'no journalctl: said, the files are read' || not_ok "no journalctl: $rc" err

echo "1..$n"
