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
texts() { jq -r .message out 2>/dev/null; }
has() { grep -qF "\"message\":\"$1\"" out; }
come() { for l in "$@"; do wait_for 10 has "$l" || { echo "'$l' does not come"; return 1; }; done; }
stop() { kill "$pid"; wait "$pid"; rc=$?; [ $rc -eq 0 ] || echo "status $rc"; }
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

begin; mkdir a b; echo one >a/log; echo two >b/log; ln -s a/log link; ln -s a dir
start link; come one; ln -sfn b/log link; come two; echo three >>b/log
finish '12 a link that leads elsewhere, and what is written behind it' one two three
begin; mkdir a b; echo one >a/log; echo two >b/log; ln -s a dir
start dir/log; come one; ln -sfn b dir
finish '12 a directory of the path that is another one now' one two

begin; echo one >a.log; start '*.log'; come one; echo two >b.log
finish '13 a file that comes later, from its begin, at once' one two
begin; mkdir d1 d2; echo one >d1/a.log; start --discover 100ms 'd*/*.log'; come one; echo two >d2/b.log
finish '13 in many directories, at the next discovery' one two

begin; echo one >a.log; ln a.log b.log; ln -s a.log c.log; start --discover 200ms '*.log'; come one; echo two >>b.log
finish '14 one file under three names' one two

begin; start log; wait_for 5 grep -q "cannot open 'log'" err; echo one >log
finish '15 absent at the start: waited for' one
[ "$(grep -c "cannot open" err)" -eq 1 ] && ok '15 and said once' || not_ok '15 said once' err
ts-logwatch nothing log >out 2>err; rc=$?
[ $rc -eq 1 ] && has one && ok '15 one pass: status 1, after the others' || not_ok "15 status $rc" err

begin; ln -s log log; start --discover 100ms log; wait_for 5 grep -q "Too many levels" err; rm log; echo one >log
finish '16 what cannot be opened is tried again' one
[ "$(grep -c "cannot open" err)" -eq 1 ] && ok '16 and said once' || not_ok '16 said once' err

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

begin; printf 'one\nhalf' >log; ts-logwatch log >out 2>err
result '18 one pass: the last line needs no end' one half
[ "$(jq -c .log.flags out | tail -n 1)" = null ] && ok '18 and no flag' || not_ok '18 no flag' out

# A pattern that finds what rotation makes of the file as well.  listed FILE:
# it is among the files that are read.
listed() { kill -USR1 "$pid"; grep -q "^ts-logwatch: $1: at" err; }
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

begin; { echo one; head -c 3000000 /dev/zero | tr '\0' x; echo; echo two; } >log
start --max-line 1KiB log; come one two; stop
[ "$(jq -c '[(.message | length), .log.flags, .log.bytes]' out | tr '\n' ' ')" = '[3,null,null] [1024,["truncated"],3000000] [3,null,null] ' ] &&
    ok '20 a very long line is cut and flagged, its length is told' || not_ok '20 a very long line' out

begin; printf 'a\0b\none\n' >log; start log; come one; stop
[ "$(jq -c '[.message, .log.flags]' out | head -n 1)" = '["a�b",["nul"]]' ] && ok '21 NUL bytes' || not_ok '21 NUL bytes' out
begin; printf 'a\377\376b\none\n' >log; start log; come one; stop
jq -e . out >/dev/null && [ "$(jq -c '[.message, .log.flags]' out | head -n 1)" = '["a��b",["utf8"]]' ] && ok '22 what is no UTF-8' || not_ok '22 what is no UTF-8' out
begin; printf '\357\273\277one\n' >log; start log; finish '23 a byte order mark' one
begin; printf '\377\376o\0n\0' >log; ts-logwatch log 2>err; rc=$?
[ $rc -eq 1 ] && grep -q 'iconv' err && ok '23 UTF-16 is refused' || not_ok "23 UTF-16: $rc" err
begin; printf 'one\r\ntwo\rx\r\r\n' >log; start --keep-empty log; come one; stop
[ "$(jq -c .message out | tr '\n' ' ')" = '"one" "two\rx\r" ' ] && ok '24 one CR before the end' || not_ok '24 CR' out
begin; printf 'one\n\n\ntwo\n' >log; start log; finish '25 empty lines' one two

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

begin; mkdir real; echo one >real/log; ln -s real/log log; start log; come one
python3 -c 'import mmap, os; f = open("real/log", "ab"); f.truncate(8); m = mmap.mmap(os.open("real/log", os.O_RDWR), 8); m[4:8] = b"two\n"'
finish '28 what the kernel does not tell is looked for once a second' one two

begin; mkdir d; ts-logwatch d >out 2>err; rc=$?
[ $rc -eq 1 ] && grep -q "cannot read 'd': Is a directory" err && ok '29 a directory is none' || not_ok "29 directory: $rc" err
ts-logwatch /dev/null >out 2>err; rc=$?
[ $rc -eq 1 ] && grep -q "cannot read" err && ok '29 a device is none' || not_ok "29 device: $rc" err
begin; mkfifo pipe; start pipe; echo one >pipe; come one; echo two >pipe
finish '29 a FIFO, from one writer after the other' one two
begin; mkfifo pipe; { echo one >pipe; } & ts-logwatch pipe >out 2>err
result '29 a FIFO, once' one

skip '30 the clock jumps' 'only idle timers ask the time, the monotonic one'

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
