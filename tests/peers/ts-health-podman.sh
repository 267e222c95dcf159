#!/bin/sh
# ts-health docker against a real engine: podman's service, with containers
# that run, use the processor, fail and loop.  Needs podman, runc, busybox.
set -u
for need in podman runc jq; do
	command -v $need >/dev/null || { echo "ok - podman # SKIP no $need"; exit 0; }
done
[ "$(id -u)" = 0 ] && [ -x /bin/busybox ] || { echo 'ok - podman # SKIP not root, or no busybox'; exit 0; }
dir=$(mktemp -d)
pid=''
export CONTAINERS_CONF="$dir/containers.conf"
printf '[engine]\ncgroup_manager="cgroupfs"\nruntime="runc"\nevents_logger="file"\n' >"$CONTAINERS_CONF"
pod() { timeout 60 podman --root "$dir/root" --runroot "$dir/run" --storage-driver vfs "$@" 2>>"$dir/log"; }
stop() {
	pod rm -f -t 0 -a >/dev/null 2>&1
	[ -z "$pid" ] || kill "$pid" 2>/dev/null
	wait 2>/dev/null
	rm -rf "$dir"
}
trap stop EXIT
mkdir -p "$dir/img/bin"
cp /bin/busybox "$dir/img/bin/" && ln -s busybox "$dir/img/bin/sh" && ln -s busybox "$dir/img/bin/sleep"
tar -C "$dir/img" -c . >"$dir/img.tar"
pod import -q "$dir/img.tar" bb >/dev/null
run() { name=$1; shift; pod run -d --name "$name" --network none --ulimit nofile=1024:1024 --ulimit nproc=1024:1024 "$@" >/dev/null; }
run truststram-api -m 64m localhost/bb sh -c 'while :; do sleep 60; done' || {
	echo 'ok - podman # SKIP containers do not start here'
	exit 0
}
run truststram-busy localhost/bb sh -c 'while :; do :; done'
run truststram-x localhost/bb sh -c 'exit 3'
podman --root "$dir/root" --runroot "$dir/run" --storage-driver vfs system service --time=0 "unix://$dir/s" 2>>"$dir/log" &
pid=$!
n=0
until curl -sf --unix-socket "$dir/s" http://d/_ping >/dev/null; do
	n=$((n + 1))
	[ $n -lt 100 ] || { echo 'not ok - the engine answers'; sed 's/^/# /' "$dir/log"; exit 1; }
	sleep 0.1
done
# expect NAME STATUS JQ ARGS...
expect() {
	name=$1 want=$2 cond=$3; shift 3
	ts-health "$@" --set "socket=$dir/s" >"$dir/out" 2>"$dir/err"
	rc=$?
	if [ $rc = "$want" ] && jq -e "$cond" "$dir/out" >/dev/null; then
		echo "ok - $name"
	else
		echo "not ok - $name"; echo "# exit $rc"; sed 's/^/# /' "$dir/out" "$dir/err"
	fi
}
expect 'one that runs' 0 '.message == "truststram-api: running" and (.data.containers[0] | .health == "no-health-check" and .memory_used > 0 and .cpu_percent < 20)' container truststram-api
expect 'one that is busy' 0 '.data.containers[0].cpu_percent | . > 5 and . < 150' container truststram-busy
pod rm -f -t 0 truststram-busy >/dev/null
expect 'all by a part of their name' 2 '(.error | test("truststram-x: exited with status 3")) and (.data.containers | length == 2)' docker truststram
expect 'none of that name' 2 '.error | test("no container")' container nosuch
expect 'its limit of memory' 0 '.data.containers[0].memory_limit == 67108864' container truststram-api
