#!/bin/sh
# ts-logwatch -f: whatever happens to the files, each complete line comes out
# once, and after a SIGKILL at least once.
# shellcheck source=tests/whole/lib.sh
. "$(dirname "$0")/lib.sh"
cd "$work" || exit 3

# begin [ARGUMENT...]: a new directory with the file log; follows it
begin() {
	case_n=$((case_n + 1)); mkdir "$work/$case_n"; cd "$work/$case_n" || exit 3
	: >out; : >err
}
case_n=0
start() { ts-logwatch -f -s state --rotate-wait 300ms "$@" >>out 2>>err & pid=$!; pids="$pids $pid"; }
# start_lied_to ARGUMENT...: as start; told the time and of files is what orders
# says (tests/shims/faults.c)
start_lied_to() {
	[ -e orders ] || : >orders
	ASAN_OPTIONS=${ASAN_OPTIONS:-}:verify_asan_link_order=0 FAULTS=orders LD_PRELOAD=$TOP/build/${MODE:-debug}/shims/faults.so \
	    ts-logwatch -f -s state "$@" >>out 2>>err & pid=$!; pids="$pids $pid"
}
# order TEXT: all of it at once
order() { echo "$1" >orders.new; mv orders.new orders; }
texts() { jq -r .message out 2>/dev/null; }
has() { grep -qF "\"message\":\"$1\"" out; }
come() { for l in "$@"; do wait_for 10 has "$l" || { echo "'$l' does not come"; return 1; }; done; }
# Before its handler stands a signal would just end it.
handles() { grep -q '^SigCgt:.*[4-7c-f]...$' "/proc/$pid/status"; }
stop() { wait_for 10 handles; kill "$pid"; wait "$pid"; rc=$?; [ $rc -eq 0 ] || echo "status $rc"; }
murder() { kill -9 "$pid"; wait "$pid" 2>/dev/null; }
# asleep: the process looks at nothing until awake
asleep() { kill -STOP "$pid"; wait_for 5 grep -q '^State:.T' "/proc/$pid/status"; }
awake() { kill -CONT "$pid"; }
# result NAME LINE...: these came, each once, and nothing else
result() {
	title=$1; shift
	printf '%s\n' "$@" | sort >want
	texts | sort | diff want - >why && ok "$title" || { cat err >>why; not_ok "$title" why; }
}
# listed FILE: it is among the files that are read; listed_at FILE OFFSET
listed() { kill -USR1 "$pid"; grep -q "^ts-logwatch: $1: at" err; }
listed_at() { kill -USR1 "$pid"; grep -q "^ts-logwatch: $1: at $2," err; }
said() { [ "$(grep -c "$1" err)" -eq "$2" ]; }
# finish NAME LINE...: they come, then the end, then the result
finish() {
	title=$1; shift
	come "$@" >>err; stop >>err
	result "$title" "$@"
}
# result_after LINE NAME LINE...: as finish, once this line comes
result_after() { come "$1" >>err; stop >>err; shift; result "$@"; }

begin; echo one >log; start log; come one
printf 'tw' >>log; printf 'o\nthree\n' >>log
finish '1 append: each complete line, also one in two writes' one two three

begin; echo one >log; start log; come one
mv log log.1; echo two >>log.1; echo three >log; come two three
[ "$(texts | tr '\n' ' ')" = 'one two three ' ] || echo 'not in order' >>err
finish '2 rename: the rest of the old one, then the new one' one two three

begin; echo one >log; start --rotate-wait 20s log -o events,samples; come one
mv log log.1; echo two >log; come two; echo late >>log.1; come late
kill "$pid"; wait "$pid"
late=$(jq -r 'select(.metric.__name__ == "ts_logwatch_rotated_late_lines_total").values[0]' out)
grep -v '"metric"' out >events; mv events out
result '3 the writer goes on in the renamed file' one two late
[ "${late:-0}" -eq 1 ] && ok '3 that is counted' || not_ok "3 counted: $late"

begin; echo one >log; start log; come one; asleep
echo two >>log; mv log log.2; echo three >log; mv log log.1; echo four >log; awake
finish '4 two rotations between two looks' one two three four
echo five >>log; mv log log.1; gzip log.1; echo six >log; mv log log.3; echo seven >log
start log
finish '4 two rotations while it did not run, one compressed' one two three four five six seven

begin; echo one >log; start log; come one; mv log log.1; wait_for 5 sh -c "kill -USR1 $pid; grep -q 'log: at 4.*, rotated' err"; asleep
echo two >log; mv log log.2; echo three >log; awake
finish '4 one between two looks, while there was none' one two three
begin; echo "$(seq -f 'line%.0f' 2000)" >log; start --rotate-wait 20s --discover 50ms 'log*'; come line2000; mv log log.1; echo new >log; come new
gzip -c log.1 >whole; head -c 3000 whole >log.1.gz; echo more >>log; come more; echo next >>log; come next; tail -c +3001 whole >>log.1.gz; rm log.1; wait_for 10 listed log.1.gz
# shellcheck disable=SC2046
result_after next '26 compressed slowly, while the old name is looked at' $(seq -f 'line%.0f' 2000) new more next
begin; echo "$(seq -f 'line%.0f' 2000)" >log; start --rotate-wait 20s --discover 50ms 'log*'; come line2000; mv log log.1; echo new >log; come new
gzip -c log.1 >whole; echo late >>log.1; come late; mv whole log.1.gz; wait_for 10 listed log.1.gz; rm log.1; echo next >>log
# shellcheck disable=SC2046
result_after next '26 compressed without its last line' $(seq -f 'line%.0f' 2000) late new next
begin; echo one >log; start log; come one; mv log log.1; : >log; wait_for 10 sh -c "kill -USR1 $pid; grep -q 'log: at 0' err"; asleep
echo two >>log; mv log log.2; echo three >log; awake
finish '4 one that was empty when it was opened' one two three

begin; echo one >log; start log; come one; asleep
echo two >>log; cp log log.1; : >log; awake; come two; echo three >>log
finish '5 copytruncate: what only the copy has' one two three
begin; echo one >log; start log; come one; printf 'pa' >>log; asleep
printf 'rt\n' >>log; cp log log.1; : >log; echo two >>log; awake
finish '5 copytruncate in the middle of a line' one part two

begin; echo one >log; start log; come one
python3 -c 'import os; f = os.open("log", os.O_WRONLY); os.lseek(f, 1 << 30, 0); os.truncate("log", 0); os.write(f, b"two\nthree\n")'
finish '6 truncated under a writer without O_APPEND: no line of NULs' one two three

begin; echo one >log; start log; come one; asleep
printf 'new\nlonger than it was\n' >log; awake
finish '7 truncated and longer again before the next look' one new 'longer than it was'

begin; printf 'one\ntwo\n' >log; start log; come two; asleep
printf 'uno\ndos\n' | dd of=log conv=notrunc status=none; awake
finish '8 written anew in place, the same size' one two uno dos
[ "$(grep -c 'written anew' err)" -eq 1 ] && grep -q '"gen":1' state/ts-logwatch.ndjson && ok '8 said once, and known as another generation' || not_ok '8 said once' err

# inode FILE: a new file has the inode that the old one had, if that is to be had
begin; echo one >log; start log; come one; stop
was=$(stat -c %i log); rm log; tries=100
while [ $tries -gt 0 ]; do
	echo 'another' >"new$tries"; [ "$(stat -c %i "new$tries")" = "$was" ] && break
	tries=$((tries - 1))
done
[ $tries -eq 0 ] || mv "new$tries" log; rm -f new*
if [ $tries -eq 0 ]; then skip '9 deleted and made again under its inode' 'this file system gives none twice'
else start log; finish '9 deleted and made again under its inode' one another; fi

begin; k=$(printf '%01100d' 0 | tr 0 k); printf '%s\none\n' "$k" >log; start log; come one; asleep
printf '%s\nuno\ndos\n' "$k" >log; awake; come dos uno
rm log; printf '%s\n' "$k" >log; echo tres >>log
finish '10 made again with the same first kilobyte' "$k" one "$k" uno dos "$k" tres

begin; echo one >log; start --rotate-wait 20s log; exec 7>>log; come one; asleep; rm log; echo two >&7; awake; come two; kill -USR1 "$pid"
wait_for 5 grep -q 'log: deleted, holds 8 bytes' err && ok '11 what a deleted file holds is said' || not_ok '11 what a deleted file holds is said' err
echo three >&7; exec 7>&-
finish '11 deleted while it is open: to its end' one two three
begin; echo one >log; start log; come one; held() { find "/proc/$pid/fd" -lname '*log (deleted)' | grep -q .; }; asleep; rm log; held || echo 'was not held' >>err; awake
wait_for 5 sh -c "! find /proc/$pid/fd -lname '*log (deleted)' | grep -q ." && ! grep -q 'not held' err && ok '11 and then it is closed' || not_ok '11 and then it is closed' err; stop

begin; mkdir a b; echo one >a/log; echo two >b/log; ln -s a/log link; ln -s a dir
start link; come one; ln -sfn b/log link; come two; echo three >>b/log
finish '12 a link that leads elsewhere, and what is written behind it' one two three
begin; mkdir a b; echo one >a/log; echo two >b/log; ln -s a dir
start dir/log; come one; ln -sfn b dir
finish '12 a directory of the path that is another one now' one two

begin; echo one >a.log; start --discover 0 '*.log'; come one; echo two >b.log
finish '13 a file that comes later, from its begin, at once' one two
begin; mkdir d1 d2; echo one >d1/a.log; start --discover 100ms 'd*/*.log'; come one; echo two >d2/b.log
finish '13 in many directories, at the next discovery' one two

begin; echo one >a.log; ln a.log b.log; ln -s a.log c.log; start --discover 200ms '*.log'; come one; echo two >>b.log
finish '14 one file under three names' one two

begin; start log; wait_for 5 grep -q "cannot open 'log'" err; echo one >log
finish '15 absent at the start: waited for' one
[ "$(grep -c "cannot open" err)" -eq 1 ] && ok '15 and said once' || not_ok '15 said once' err
begin; ts-logwatch -f log >>out 2>>err & pid=$!; pids="$pids $pid"; wait_for 5 grep -q "cannot open 'log'" err; : >err; kill -USR1 $pid; wait_for 5 test -s err; echo one >log
finish '15 also without a state: from its begin' one
ts-logwatch nothing log >out 2>err; rc=$?
[ $rc -eq 1 ] && has one && ok '15 one pass: status 1, after the others' || not_ok "15 status $rc" err

begin; ln -s log log; start --discover 100ms log; wait_for 5 grep -q "Too many levels" err; rm log; echo one >log
finish '16 what cannot be opened is tried again' one
[ "$(grep -c "cannot open" err)" -eq 1 ] && ok '16 and said once' || not_ok '16 said once' err

# A server that is away for a while: handles are stale, all of it or one call.
begin; echo one >log; start_lied_to --discover 50ms -o events,samples log; come one
order 'stale log*'; echo two >>log; come two; echo three >>log; come three; kill "$pid"; wait "$pid"
said 'Stale file handle' 1 && ok '16 ESTALE: said once' || not_ok '16 ESTALE: said once' err
[ "$(jq -r 'select(.metric.__name__ == "ts_logwatch_read_errors_total").values[0]' out)" -ge 1 ] && ok '16 ESTALE: counted' || not_ok '16 ESTALE: counted' out
grep -v '"metric"' out >events; mv events out; result '16 ESTALE: the file is opened again' one two three
begin; echo one >log; start_lied_to --discover 50ms --rotate-wait 20s log; come one; asleep
order 'stale log*'; echo two >>log; mv log log.1; echo three >log; awake; come three two; echo late >>log.1
finish '16 ESTALE: the file that was rotated, too' one three two late
begin; echo one >log; start_lied_to --discover 50ms log; come one
for call in stat pread open fstat; do
	order "fail $call 116 log"
	case $call in open|fstat) mv log log.$call ;; esac
	echo "$call" >>log; wait_for 10 said 'Stale file handle' 1 || echo "$call: not said"
	order ''; come $call; : >err
done >why; cat why >>err; [ ! -s why ] && ok '16 ESTALE of each call: said' || not_ok '16 ESTALE of each call: said' why
finish '16 ESTALE of each call: read on' one stat open pread fstat
begin; head -c 300000 /dev/urandom | od -An -tx1 >lines; gzip -c lines >log.gz
order 'fail read 116 log*'; start_lied_to --discover 50ms 'log*'; wait_for 10 said 'Stale file handle' 1; order 'fail read 116 log* 4'; come "$(tail -n 1 lines)"; stop >>err
sort lines >want; texts | sort | diff want - >why && ok '16 ESTALE of a compressed file, also in its middle' || not_ok '16 ESTALE of a compressed file' why
said 'Stale file handle' 1 && ok '16 and said once' || not_ok '16 and said once' err

# Wherever one call fails: a run that reads on, rotates, begins anew.
faulty() {
	mkdir "$1"; cd "$1" || exit 3; echo one >log; : >out; : >err
	ts-logwatch -s state log >out 2>>err; echo two >>log
	echo "fail any $2 log* $1" >orders; start_lied_to --discover 50ms --rotate-wait 20s log
	come two && echo three >>log && come three && cp log log.1 && : >log && echo four >>log && come four &&
	    mv log log.1 && echo five >>log.1 && echo six >log && come five six; stop
	texts | sort >got; printf '%s\n' five four one six three two | diff - got || { echo "call $1:"; cat err; }
}
begin; k=0; waits=
while [ $k -lt 40 ]; do
	k=$((k + 1)); errno=116; [ $((k % 2)) -eq 0 ] || errno=5
	( faulty $k $errno >why.$k 2>&1 ) & waits="$waits $!"
	# shellcheck disable=SC2086
	[ $((k % 20)) -ne 0 ] || { wait $waits; waits=; }
done
cat why.* >why; [ ! -s why ] && ok '16 ESTALE or EIO of any single call: each line once' || not_ok '16 of any single call' why
[ "$(grep -l 'Stale\|Input/output' ./*/err | wc -l)" -ge 20 ] && ok '16 and that was noticed' || not_ok '16 noticed'

# As a user who may not read: root may read everything.
begin; chmod 711 "$work"; chmod 777 .; cp "$(command -v ts-logwatch)" ./tool; mkdir d; echo one >d/log; chmod 0 d/log; as=
[ "$(id -u)" -ne 0 ] || as='setpriv --reuid=65534 --regid=65534 --clear-groups'
denied() { [ "$(grep -c 'Permission denied' err)" -eq "$1" ]; }
$as ./tool -f -s state --discover 50ms d/log >>out 2>>err & pid=$!; pids="$pids $pid"
wait_for 5 grep -q "cannot open 'd/log': Permission denied" err; chmod 644 d/log; come one
chmod 0 d; wait_for 5 grep -q "cannot stat 'd/log': Permission denied" err; chmod 755 d; echo two >>d/log; come two
denied 2 && ok '16 no permission, for the file and for its directory: said once each' || not_ok '16 said once each' err
chmod 0 d; wait_for 5 denied 3 && ok '16 and again the next time' || not_ok '16 again' err
chmod 755 d; echo three >>d/log; finish '16 and read on' one two three

begin; printf 'one\nhal' >log; start log; come one; printf 'f' >>log; kill -USR1 "$pid"; wait_for 5 grep -q 'log: at' err
result '17 a line without its end is held' one
mv log log.1; echo two >log; come half two
[ "$(jq -r 'select(.message == "half").log.flags[0]' out)" = partial ] && ok '17 and flagged when it never comes' || not_ok '17 flagged' out
finish '17 after rotation' one half two

begin; printf 'one\nhal' >log; start --partial-after 50ms log; come one hal; printf 'f\ntwo\n' >>log; finish '17 --partial-after: it is not held for ever' one hal f two
[ "$(jq -c '[.message, .log.flags]' out | sed -n 2,3p | tr '\n' ' ')" = '["hal",["partial"]] ["f",null] ' ] && ok '17 and flagged' || not_ok '17 flagged' out

begin; printf 'one\nhalf' >log; start log; come one; : >log; come half; echo two >>log; come two; printf 'rest' >>log; wait_for 5 listed_at log 8; rm log
finish '17 and when the file is truncated, without a copy, and deleted' one half two rest
[ "$(jq -c 'select(.log.flags == ["partial"]).message' out | tr '\n' ' ')" = '"half" "rest" ' ] && ok '17 flagged' || not_ok '17 flagged' out

begin; printf 'one\nhalf' >log; ts-logwatch log >out 2>err
result '18 one pass: the last line needs no end' one half
[ "$(jq -c .log.flags out | tail -n 1)" = null ] && ok '18 and no flag' || not_ok '18 no flag' out

# A pattern that finds what rotation makes of the file as well.
many=$(seq -f 'line%.0f' 2000)
# shellcheck disable=SC2086
{
begin; echo "$many" >log; printf half >>log; start 'log*'; come line2000; asleep
echo ' tail' >>log; cp log log.1; : >log; echo new >>log; awake
come new 'half tail'; wait_for 10 listed log.1; echo more >>log.1; result_after more '5 copytruncate, the copy is followed, too' $many 'half tail' new more
begin; echo "$many" >log; start 'log*'; come line2000; cp log log.1; echo later >>log; come later; wait_for 10 listed log.1
: >log; echo new >>log; result_after new '5 copytruncate, a copy without the last lines' $many later new
begin; echo "$many" >log; start 'log*'; come line2000; mv log log.1; echo new >log; come new; gzip log.1; wait_for 10 listed log.1.gz
mv log.1.gz log.2.gz; echo more >>log; come more; stop
start 'log*'; echo last >>log; come last; wait_for 10 listed log.2.gz; result_after last '26 compressed while it is followed by a pattern: once' $many new more last
ts-logwatch -s state 'log*' >>out 2>>err; touch log.2.gz; ts-logwatch -s state 'log*' >>out 2>>err; cp log.2.gz log.3.gz; rm log.2.gz; ts-logwatch -s state 'log*' >>out 2>>err
result '26 and in later runs: as it was, touched, copied' $many new more last
}

begin; printf 'one\nhal' >log; start log; come one; stop; result '19 SIGTERM: half a line is not for now' one
printf 'f\n' >>log; start log; finish '19 but for the next run, whole' one half

# hwm: the most memory it had, in KiB; what a sanitizer needs is not ours
hwm() { if [ "${MODE:-debug}" = asan ]; then echo 0; else sed -n 's/^VmHWM:[^0-9]*\([0-9]*\) kB/\1/p' "/proc/$pid/status"; fi; }
begin; { echo one; head -c 100000000 /dev/zero | tr '\0' x; echo; echo two; } >log
start --max-line 1KiB log; come one two; peak=$(hwm); stop
[ "$(jq -c '[(.message | length), .log.flags, .log.bytes]' out | tr '\n' ' ')" = '[3,null,null] [1024,["truncated"],100000000] [3,null,null] ' ] &&
    ok '20 a very long line is cut and flagged, its length is told' || not_ok '20 a very long line' out
[ "$peak" -lt 16384 ] && ok '20 in no more memory' || not_ok "20 memory: $peak KiB"

begin; printf 'a\0b\none\n' >log; start log; come one; stop
[ "$(jq -c '[.message, .log.flags]' out | head -n 1)" = '["a�b",["nul"]]' ] && ok '21 NUL bytes' || not_ok '21 NUL bytes' out
begin; printf 'a\377\376b\none\n' >log; start log; come one; stop
jq -e . out >/dev/null && [ "$(jq -c '[.message, .log.flags]' out | head -n 1)" = '["a��b",["utf8"]]' ] && ok '22 what is no UTF-8' || not_ok '22 what is no UTF-8' out
begin; printf '\357\273\277one\n' >log; start log; finish '23 a byte order mark' one
begin; printf '\377\376o\0n\0' >log; ts-logwatch log 2>err; rc=$?
[ $rc -eq 1 ] && grep -q 'iconv' err && ok '23 UTF-16 is refused' || not_ok "23 UTF-16: $rc" err
begin; printf 'one\r\ntwo\rx\r\r\n' >log; start --keep-empty log; come one; stop
[ "$(jq -c .message out | tr '\n' ' ')" = '"one" "two\rx\r" ' ] && ok '24 one CR before the end' || not_ok '24 CR' out
begin; printf 'one\r\n' >log; start --keep-cr log; come 'one\r' && ok '24 --keep-cr' || not_ok '24 --keep-cr' out; stop
begin; printf 'one\n\n\ntwo\n' >log; start log; finish '25 empty lines' one two
[ "$(ts-logwatch -o samples log | jq -r 'select(.metric.__name__ == "ts_logwatch_empty_lines_total").values[0]')" = 2 ] && ok '25 are counted' || not_ok '25 are counted'
begin; printf 'one\n\n\ntwo\n' >log; start --keep-empty log; finish '25 --keep-empty' one '' '' two

begin; for z in gzip xz zstd bzip2; do
	command -v $z >/dev/null || continue
	printf 'old\n' >"log.$z.1"; $z -q "log.$z.1"; rm -f "log.$z.1"; made="$made $z"
done
ls log.* >names
start 'log.*'; want=$(for z in $made; do echo old; done); come old
wait_for 10 sh -c '[ "$(jq -r .message out | grep -c old)" -eq "$(wc -l <names)" ]'; stop
# shellcheck disable=SC2086
result "26 compressed by$made" $want
start 'log.*'; echo one >log.new; come one; stop
# shellcheck disable=SC2086
result '26 and once' $want one

begin; i=0; while [ $i -lt 500 ]; do i=$((i + 1)); echo "line$i"; done >log; start log; come line500; asleep
echo more >>log; gzip -c log >log.1.gz; rm log; echo two >log; awake; come more two; stop
# shellcheck disable=SC2046
result '27 compressed and removed while it is read' $(seq -f 'line%.0f' 500) more two

begin; mkdir real; echo one >real/log; ln -s real/log log; start --discover 0 log; come one
python3 -c 'import mmap, os; f = open("real/log", "ab"); f.truncate(8); m = mmap.mmap(os.open("real/log", os.O_RDWR), 8); m[4:8] = b"two\n"'
finish '28 what the kernel does not tell is looked for once a second' one two

begin; echo one >log; start --discover 0 log; come one; asleep
python3 -c 'import os
for i in range(20000): os.close(os.open("x%d" % i, os.O_CREAT)); os.unlink("x%d" % i)'
echo two >>log; awake
finish '28 the queue of inotify ran over' one two

begin; mkdir d; ts-logwatch d >out 2>err; rc=$?
[ $rc -eq 1 ] && grep -q "cannot read 'd': Is a directory" err && ok '29 a directory is none' || not_ok "29 directory: $rc" err
ts-logwatch /dev/null >out 2>err; rc=$?
[ $rc -eq 1 ] && grep -q "cannot read" err && ok '29 a device is none' || not_ok "29 device: $rc" err
begin; mkfifo pipe; start pipe; echo one >pipe; come one; echo two >pipe
finish '29 a FIFO, from one writer after the other' one two
begin; mkfifo pipe; start --discover 50ms pipe; { echo one; rm pipe; } >pipe; come one; wait_for 5 sh -c "! find /proc/$pid/fd -lname '*pipe (deleted)' | grep -q ."; mkfifo pipe; echo two >pipe
finish '29 a FIFO that is made again' one two
begin; mkfifo pipe; { echo one >pipe; } & ts-logwatch pipe >out 2>err
result '29 a FIFO, once' one

# The wall clock is put right, by a day, forth and then back.  Whatever waits
# goes on to wait as long as it was told, no more and no less.
timed() { printf 'inputs:\n- path: log\n  multiline: {preset: java, flush: %s}\n- path: quick\n  multiline: {preset: java, flush: 100ms}\n' "$1" >c.yml; }
# none_old: no rotated file is read any more
none_old() { kill -USR1 "$pid"; tail -n 3 err | grep -q ' 0 rotated'; }
# jumps SECONDS
jumps() {
	begin; timed 1h; printf 'one\nheld\n' >log; : >quick; start_lied_to --rotate-wait 1h --partial-after 1h -c c.yml; come one
	printf 'part' >>log; echo a >>quick; come a; order "clock $1"
	echo b >>quick; come b; result "30 the clock jumps by $1 s: what waits for an hour waits" one a b
	mv log log.1; echo two >log; echo c >>quick; come c; echo d >>quick; come d; kill -USR1 "$pid"
	wait_for 5 grep -q 'log: at .*, rotated' err && ok "30 by $1 s: the rotated file is read on" || not_ok "30 by $1 s: rotated" err
	kill "$pid"; wait "$pid"

	begin; timed 100ms; echo one >log; : >quick; start_lied_to --rotate-wait 100ms --partial-after 100ms -o events,samples --interval 100ms -c c.yml; come one; order "clock $1"
	printf 'two\nhal' >>log; come two hal; mv log log.1; echo three >log; come three; wait_for 10 none_old || echo 'still rotated'
	samples=$(grep -c ts_logwatch_lines_total out); echo fourth >>log; come fourth; wait_for 5 sh -c 'tail -n 1 state/ts-logwatch.ndjson | grep -q commit && grep -q "\"offset\":13" state/ts-logwatch.ndjson'
	wait_for 5 sh -c "[ \$(grep -c ts_logwatch_lines_total out) -gt $samples ]" && ok "30 by $1 s: samples go on" || not_ok "30 by $1 s: samples" out
	murder; grep -v '"metric"' out >events; mv events out; echo five >>log; order ''; start -c c.yml
	finish "30 by $1 s: what is due comes; once, also after SIGKILL" one two hal three fourth five

	# Files are stamped by the clock as it is when they are written.
	begin; echo one >log; start_lied_to log; come one; asleep; echo two >>log; mv log log.2; echo three >log; mv log log.1; echo four >log
	touch -d "$1 seconds" log.1 log; order "clock $1"; awake
	finish "30 by $1 s between two looks: two rotations" one two three four
	begin; seq -f 'line%.0f' 3000 | gzip >whole; echo new >log; start_lied_to --discover 50ms 'log*'; come new; order "clock $1"
	head -c 3000 whole >log.1.gz; echo more >>log; come more; tail -c +3001 whole >>log.1.gz
	# shellcheck disable=SC2046
	result_after line3000 "30 by $1 s: a file in the making waits until it rests" new more $(seq -f 'line%.0f' 3000)
	said cannot 0 || not_ok "30 by $1 s: it was read too early" err
}
begin; echo one >log; start log; come one; stop
for year in 30 -30; do
	order "clock $((year * 31536000))"; start_lied_to log; echo "by $year" >>log; come "by $year"; stop; echo "after $year" >>log; start log; come "after $year"; stop
done >>err
result '30 a run by a clock that is wrong by 30 years: places are kept' one 'by 30' 'after 30' 'by -30' 'after -30'
(case_n=100; n=$((n + 6)); jumps -86400 >"$work/back" 2>&1; stop_all) & back=$!
jumps 86400; wait $back; cat "$work/back"; n=$((n + 6))

begin; mkdir small; mount -t tmpfs -o size=16k none small 2>/dev/null && mounted=$PWD/small || mounted=
if [ -z "$mounted" ]; then skip '31 the disk is full' 'no right to mount'
else
	trap 'umount "$mounted" 2>/dev/null; stop_all; rm -rf "$work"' EXIT
	echo one >log; ts-logwatch -f -s small/state log >>out 2>>err & pid=$!; pids="$pids $pid"; come one
	wait_for 5 test -s small/state/ts-logwatch.ndjson || wait_for 1 sh -c 'find small/state -type f -size +0 | grep .'
	dd if=/dev/zero of=small/fill bs=1k count=64 status=none 2>/dev/null
	i=0; while [ $i -lt 1500 ] && ! grep -q "No space" err; do i=$((i + 1)); echo "more$i" >>log; sleep 0.02; done
	grep -q 'No space' err && ok '31 the disk is full: said' || not_ok '31 said' err
	rm small/fill; echo two >>log; come two; stop
	# shellcheck disable=SC2046
	result '31 and read on' one two $(seq -f 'more%.0f' $i)
	ts-logwatch -s small/state log >>out 2>>err
	# shellcheck disable=SC2046
	result '31 and saved once there is room' one two $(seq -f 'more%.0f' $i)
	umount small; mounted=
fi

begin; echo one >log; start log; come one
ts-logwatch -s state log >other 2>&1; rc=$?
[ $rc -eq 3 ] && [ -s other ] && ok '32 two with one state: the second ends with 3' || not_ok "32 status $rc" other
finish '32 and the first goes on' one

begin; seq -f 'line%.0f' 100000 >log; ts-logwatch -s state log 2>err | head -n 1 >first; ts-logwatch -s state log >out 2>>err
[ -s err ] && not_ok '33 a reader that goes' err || ok '33 a reader that goes: no message'
{ jq -r .message first; texts; } | sort -u | wc -l >lines
[ "$(cat lines)" -eq 100000 ] && ok '33 and the next run has the rest' || not_ok '33 the rest' lines

begin; seq -f "line%.0f $(printf '%0100d' 0)" 200000 >log; mkfifo pipe; exec 8<>pipe
ts-logwatch -f -s state log >pipe 2>>err & pid=$!; pids="$pids $pid"
wait_for 10 grep -q '^1 ' "/proc/$pid/syscall"; read_now() { sed -n 's/^rchar: //p' "/proc/$pid/io"; }
first=$(read_now); [ "$first" -gt 0 ] && [ "$first" -lt 4000000 ] && [ "$(hwm)" -lt 16384 ] && ok '33 a reader that waits: no more is read' || not_ok "33 read: $first bytes, $(hwm) KiB"
head -n 200000 <&8 | jq -r .message | cut -d' ' -f1 >got; exec 8<&-; stop >>err
seq -f 'line%.0f' 200000 | diff got - >why && ok '33 and then all of it' || not_ok '33 all of it' why

begin; mkdir many; i=0; while [ $i -lt 600 ]; do i=$((i + 1)); echo "line$i" >"many/$i.log"; done
start 'many/*.log'; wait_for 20 sh -c '[ "$(wc -l <out)" -eq 600 ]'
[ "$(find "/proc/$pid/fd" | wc -l)" -lt 540 ] && ok '34 600 files, 512 descriptors' || not_ok '34 descriptors'
echo more600 >>many/600.log; echo more99 >>many/99.log; come more600 more99
asleep; echo rest99 >>many/99.log; mv many/99.log many/99.log.old; echo new99 >many/99.log
echo rest600 >>many/600.log; mv many/600.log many/600.log.old; echo new600 >many/600.log; awake
come rest99 new99 rest600 new600; stop
# shellcheck disable=SC2046
result '34 and nothing is lost of those that are closed' $(seq -f 'line%.0f' 600) more600 more99 rest99 new99 rest600 new600

begin; echo line0 >log; start log; come line0; stop; i=0; rounds=6
while [ $i -lt $rounds ]; do
	i=$((i + 1)); start log
	( j=0; while [ $j -lt 200 ]; do j=$((j + 1)); echo "line$i.$j" >>log; [ $j -ne 100 ] || { mv log "log.$i"; : >log; }; done ) & writer=$!
	wait_for 10 has "line$i.$((i * 23))"; murder; wait $writer
done
start log; come "line$rounds.200"; stop
{ echo line0; i=0; while [ $i -lt $rounds ]; do i=$((i + 1)); seq -f "line$i.%.0f" 200; done; } | sort >want
texts | sort -u | diff want - >why && ok '35 SIGKILL while lines and rotations come: at least once' || not_ok '35 SIGKILL' why

begin; start --discover 0 'd*/*.log'; wait_for 5 test -d state; mkdir d1; echo one >d1/a.log; echo two >log
mkdir e; echo one >e/log; kill "$pid"; wait "$pid"; start --discover 0 e/log; come one; kill -HUP "$pid"; echo two >>e/log
finish '36 SIGHUP looks at all files and goes on' one two
begin; printf 'inputs:\n- path: log\n  multiline: {preset: java, flush: 200ms}\n' >c.yml
printf 'one\n\tat two\nthree\n' >log; start -c c.yml; come 'one\n\tat two' three && ok 'a record of several lines, and the last one once nothing follows' || not_ok 'several lines' out
stop

# cri FLUSH: the lines of log are pieces; piece STREAM TAG TEXT
cri() { printf 'inputs:\n- path: log\n  multiline: {preset: cri, flush: %s}\n' "$1" >c.yml; }
piece() { echo "2026-01-21T09:00:00Z $*" >>log; }
begin; cri 1h; piece stdout P 'a-'; piece stderr P 'x-'; piece stdout F 'b'; piece stdout F c; start -c c.yml; come a-b c; murder
piece stderr P 'y-'; piece stdout F d; start -c c.yml; come d; piece stderr F z; come x-y-z; stop >>err
sort -u out >once; mv once out; result 'pieces of a container, by stream; SIGKILL within: at least once' a-b c d x-y-z
begin; cri 1h; piece stderr P 'x-'; piece stdout F a; start -c c.yml; come a; stop >>err
piece stdout F b; piece stderr F y; start -c c.yml; finish 'the same with SIGTERM: once' a b x-y
begin; cri 200ms; piece stdout P half; start -c c.yml; come half; piece stderr P x-; piece stdout F more; piece stderr F y
finish 'the last piece does not come' half more x-y
[ "$(jq -c 'select(.message == "half").log.flags' out)" = '["partial"]' ] && ok 'that is flagged' || not_ok 'flagged' out
begin; cri 1h; piece stdout P one-; piece stderr P x-; start -c c.yml; wait_for 10 test -s state/ts-logwatch.ndjson; asleep
piece stderr F y; piece stdout F two; cp log log.1; : >log; piece stdout F three; awake
finish 'copytruncate between two pieces' one-two x-y three
echo "1..$n"
