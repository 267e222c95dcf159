#!/bin/sh
# A mount whose server is dead, for real: it costs only itself, the others are
# told, and the run ends in time.  In a mount namespace of our own.
# shellcheck source=tests/whole/lib.sh
. "$(dirname "$0")/lib.sh"
case $0 in /*) me=$0 ;; *) me=$PWD/$0 ;; esac
cd "$work" || exit 3
if [ "${1:-}" != inside ]; then
	for way in -m -rm; do
		unshare $way true 2>/dev/null || continue
		unshare $way sh "$me" inside
		exit
	done
	skip 'a dead mount' 'no namespaces here'
	exit 0
fi
mkdir dead live
trap 'stop_all; umount -l dead 2>/dev/null; cd /; rm -rf "$work"' EXIT
mkfifo stop says
python3 -B "$TOP/tests/lib/deadmount.py" dead <stop >says 2>why &
pids=$!
exec 8>stop
read -r mounted <says || mounted=
if [ "$mounted" != mounted ]; then
	skip 'a dead mount' "$(cat why)"
	exit 0
fi
ln -s "$work/dead/data" link
# told NAME JQ ARGS...: what is said of a run that must end long before its checks' timeout
told() {
	name=$1 what=$2; shift 2
	timeout -s KILL 20 ts-health "$@" >out 2>err
	if jq -es "$what" out >/dev/null; then ok "$name"; else cat out err >both; not_ok "$name" both; fi
}
set -- --set warn=101 --set inodes_warn=101 --set mount_timeout=300ms --set timeout=60s
live='([.[0].perfdata[].label] | contains(["used_/", "used_'$work'/live"]))'
for p in dead dead/data link; do
	told "disk: $p among others" "$live and .[0].status == \"unhealthy\" and .[0].error == \"cannot look at '$work/$p': mountpoint timeout\"" \
	    disk --set "path=[/, $work/$p, $work/live]" "$@"
done
told 'disk: all mounts' '.[0] | (.error | test("dead.: mountpoint timeout$")) and any(.perfdata[].label; . == "used_/")' disk all "$@"
told 'system' '.[0] | .error | test("dead: mountpoint timeout$")' system --set sample=50ms --set mount_timeout=300ms
mkdir -p proc/1; cp -r /proc/self/mountinfo proc/1/mountinfo
timeout -s KILL 20 ts-health host --procfs proc --mount-timeout 300ms >out 2>err
check 'host: an error, and the values of the others' sh -c '
    grep -q "^node_filesystem_device_error{device=\"dead\",device_error=\"mountpoint timeout\",fstype=\"fuse.dead\",mountpoint=\"$0/dead\"} 1" out &&
    grep -q "^node_filesystem_size_bytes{.*mountpoint=\"/\"} [1-9]" out && ! grep -q "size_bytes{.*dead" out' "$work"
# The kinds that know nothing of mounts: the runner's deadline.
cat >h.yml <<X
checks:
  - {name: file, type: file, path: $work/dead/x, timeout: 300ms}
  - {name: beat, type: heartbeat, stamp: $work/dead/x, every: 1h, timeout: 300ms}
  - {name: cert, type: cert, file: $work/dead/x, timeout: 300ms}
  - {name: runs, type: command, argv: [$work/dead/x], timeout: 300ms}
  - {name: fine, type: command, shell: "echo OK"}
X
told 'others end by their deadline' '[.[] | [.check, .status, .error]] == [
    ["file", "unhealthy", "no answer within 0.3s"], ["beat", "unhealthy", "no answer within 0.3s"],
    ["cert", "unhealthy", "no answer within 0.3s"], ["runs", "unhealthy", "no answer within 0.3s"],
    ["fine", "healthy", null]]' -c h.yml -j 2
