#!/bin/sh
# ts-maint clean and logs: what is removed, what never is, and that -n shows
# exactly what a run then does.
# shellcheck source=tests/whole/lib.sh
. "$(dirname "$0")/lib.sh"
cd "$work" || exit 3
d=$work/d
days() { touch -h -d "$1 days ago" "$2"; }
conf() { printf 'global: {lock_dir: locks}\ntasks:\n  - {name: t, %s}\n' "$1" >m.yml; }
steps() { jq -r 'select(.step) | select(.status == $s) | "\(.step) \(.what)"' --arg s "$1"; }
fresh() { rm -rf "$d"; mkdir -p "$d/sub/deep"; }
# same NAME: what the plan says, the run does, and a second run does nothing
same() {
	ts-maint plan -c m.yml -o json t >plan.out 2>&1
	find "$d" | sort >before; steps planned <plan.out >planned
	ts-maint run -v -c m.yml -o json t >run.out 2>&1
	steps 'done' <run.out >'done'
	find "$d" | sort >after
	check "$1: the run did what was planned" cmp planned 'done'
	check "$1: and nothing else" sh -c 'comm -23 before after | sed "s/^/remove /" >gone; grep -v "^truncate" done | sed "s/^remove-dir/remove/" | sort | cmp - gone'
	ts-maint run -v -c m.yml -o json t >again.out 2>&1
	check "$1: a second run does nothing" jq -se '[.[] | select(.step and .status == "done")] == [] and all(.[]; .changed | not)' again.out
}

fresh
for f in ts_a ts_b "$(printf 'ts_odd\tname')" keep young; do : >"$d/$f"; done
days 3 "$d/ts_a"; days 3 "$d/ts_b"; days 3 "$d/$(printf 'ts_odd\tname')"; days 3 "$d/keep"
: >"$d/sub/deep/ts_c"; days 9 "$d/sub/deep/ts_c"
: >"$d/ts_open"; days 3 "$d/ts_open"
: >"$d/ts_lock"; days 3 "$d/ts_lock"
echo outside >"$work/outside"; days 9 "$work/outside"
ln -s "$work/outside" "$d/ts_link"; days 9 "$d/ts_link"
mkdir "$work/elsewhere"; : >"$work/elsewhere/ts_x"; days 9 "$work/elsewhere/ts_x"
ln -s "$work/elsewhere" "$d/ts_dir"
conf "kind: clean, paths: [$d], match: ['ts_*', young], older_than: 1d"
exec 8<"$d/ts_open"
mkfifo "$work/hold"; flock "$d/ts_lock" cat "$work/hold" & pids="$pids $!"
exec 7<>"$work/hold"
wait_for 5 sh -c "! flock -n '$d/ts_lock' true"
same 'files'
check 'an open file stays' test -e "$d/ts_open"
check 'a locked file stays' test -e "$d/ts_lock"
check 'a young file and one of another name stay' test -e "$d/keep"
check 'a link is not followed' test -e "$work/elsewhere/ts_x"
check 'what a link names stays' test -e "$work/outside"
check 'the result counts' jq -se 'map(select(.data))[0] | .data.open + .data.locked == 2 and .steps.done == 4' run.out
exec 7>&- 8<&-

fresh
: >"$d/f1"; : >"$d/sub/f2"; : >"$d/sub/deep/f3"; : >"$d/sub/deep/f4"
days 5 "$d/f1"; days 6 "$d/sub/f2"; days 7 "$d/sub/deep/f3"; days 8 "$d/sub/deep/f4"; days 9 "$d/sub/deep"; days 9 "$d/sub"
conf "kind: clean, paths: [$d], match: ['*'], older_than: 1d, empty_dirs: true"
same 'empty directories'
check 'all of it is gone' test ! -e "$d/sub"
fresh
for i in 1 2 3 4 5; do : >"$d/b$i"; days "$i" "$d/b$i"; done
conf "kind: clean, paths: [$d], match: ['b*'], older_than: 1h, min_keep: 2"
same 'min_keep'
check 'the newest two stay' test "$(cd "$d" && echo b*)" = 'b1 b2'
for i in 1 2 3 4 5; do : >"$d/c$i"; days "$i" "$d/c$i"; done
conf "kind: clean, paths: [$d], match: ['*'], older_than: 1h, max_delete: 3"
ts-maint run -c m.yml -o json t >out 2>&1
check 'max_delete: nothing goes' test "$? $(find "$d" -type f | wc -l)" = '2 7'
check 'and it says so' grep -q max_delete out

fresh
mkdir -p "$d/old/x" "$d/mixed"; : >"$d/old/x/a"; : >"$d/mixed/a"; : >"$d/mixed/b"
for f in "$d/old/x/a" "$d/old/x" "$d/old" "$d/mixed/a" "$d/mixed" "$d/sub/deep" "$d/sub"; do days 5 "$f"; done
conf "kind: clean, paths: [$d], match: ['*'], older_than: 1d, unit: top"
same 'unit: top'
check 'a directory with one young file stays whole' test -e "$d/mixed/a"
check 'an old one goes whole' test ! -e "$d/old"

fresh
for f in app.log app.log.1 app.log-20260101 app.2.gz notes.txt other.log; do echo text >"$d/$f"; days 40 "$d/$f"; done
ln "$d/other.log" "$work/second-name"
conf "kind: logs, paths: [$d], older_than: 30d"
same 'logs'
check 'a log that is written stays' test "$(cd "$d" && echo *)" = 'app.log notes.txt other.log sub'
conf "kind: logs, paths: [$d], older_than: 30d, allow_live: true"
exec 7<"$d/app.log" 8<"$d/other.log"
ts-maint plan -c m.yml -o json t | steps planned >planned
ts-maint run -v -c m.yml -o json t | steps 'done' >'done'
check 'live logs: the run did what was planned' cmp planned 'done'
check 'an open log is emptied' sh -c "test -e '$d/app.log' && test ! -s '$d/app.log'"
check 'never by a second name of the file' test -s "$work/second-name"
exec 7<&- 8<&-

# Somebody swaps a directory for a link all the while.
fresh
mkdir -p "$work/victim"; echo precious >"$work/victim/f"; days 9 "$work/victim/f"
: >"$d/sub/f"; days 9 "$d/sub/f"
i=0
while [ $i -lt 25 ]; do
	i=$((i + 1))
	rm -rf "$d/sub"; mkdir "$d/sub"; n=0
	while [ $n -lt 30 ]; do : >"$d/sub/f$n"; n=$((n + 1)); done
	: >"$d/sub/f"; touch -d '9 days ago' "$d"/sub/f*
	conf "kind: clean, paths: [$d], match: ['*'], older_than: 1d"
	ts-maint run -q -c m.yml -o json t >/dev/null 2>&1 & run=$!
	while kill -0 $run 2>/dev/null; do
		mv "$d/sub" "$d/aside" 2>/dev/null && ln -s "$work/victim" "$d/sub"
		rm -f "$d/sub" 2>/dev/null; mv "$d/aside" "$d/sub" 2>/dev/null
	done
	wait $run
	[ -e "$work/victim/f" ] || break
done
check 'no race leads out of the tree' test -e "$work/victim/f"

# What is mounted in the tree belongs to somebody else.
fresh
mkdir -p "$d/other" "$d/bound"
if unshare -m true 2>/dev/null; then
	conf "kind: clean, paths: [$d], match: ['*'], older_than: 1d, empty_dirs: true"
	: >"$d/mine"; days 9 "$d/mine"
	unshare -m sh -c "mount -t tmpfs none '$d/other' && mount --bind '$work/elsewhere' '$d/bound' &&
	    touch -d '9 days ago' '$d/other/f' && ts-maint run -c m.yml -o json t; ls '$d/other' '$d/bound'" >out 2>&1
	check 'another file system is not entered' grep -qx f out
	check 'a bind mount is not entered' test -e "$work/elsewhere/ts_x"
	check 'and that is said' sh -c "grep -q 'other: another file system' out && grep -q 'bound: another file system' out"
	check 'what is ours went' test ! -e "$d/mine"
else
	skip 'mounts' 'may not mount'
fi

fresh
mkfifo "$d/fifo"; days 9 "$d/fifo"
python3 -c "import os, socket; s = socket.socket(socket.AF_UNIX); s.bind('$d/idle'); s.close()
s = socket.socket(socket.AF_UNIX); s.bind('$d/used'); s.listen(); open('$d/ready', 'w').close(); import signal; signal.pause()" & pids="$pids $!"
wait_for 20 test -e "$d/ready"; days 9 "$d/idle"; days 9 "$d/used"; days 9 "$d/ready"
conf "kind: clean, paths: [$d], match: ['*'], older_than: 1d"
same 'files alone'
check 'a FIFO and sockets are no files' test -e "$d/fifo" -a -e "$d/idle"
conf "kind: clean, paths: [$d], match: ['*'], older_than: 1d, type: any"
same 'type: any'
check 'a socket in use stays, the others go' test "$(cd "$d" && echo *)" = 'sub used'

fresh
: >"$d/open"; days 9 "$d/open"; exec 8<"$d/open"
conf "kind: clean, paths: [$d], match: ['*'], older_than: 1d, open: ignore"
same 'open: ignore'
exec 8<&-

for p in / // /./ /etc /usr/lib/x /home /root /dev /opt /var /var/ /var/lib /proc/self "$work/../../etc" /tmp/../var relative ''; do
	conf "kind: clean, paths: ['$p'], match: ['*'], older_than: 1d"
	ts-maint run -c m.yml t >out 2>&1
	check "'$p' is refused" test $? -ge 2
done
ln -s /etc "$work/to-etc"
conf "kind: clean, paths: ['$work/to-etc'], match: ['*'], older_than: 1d"
ts-maint plan -c m.yml t >out 2>&1
check 'a link to /etc is refused' test $? -ge 2
ln -s "$d" "$work/to-d"
conf "kind: clean, paths: ['$work/to-d'], match: ['*'], older_than: 1d"
ts-maint run -c m.yml -o json t >out 2>&1
check 'a root that is a link is refused' grep -q 'name the directory itself' out
