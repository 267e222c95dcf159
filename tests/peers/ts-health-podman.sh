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
	echo "ok - podman # SKIP containers do not start here: $(tail -n 1 "$dir/log")"
	exit 0
}
run truststram-busy localhost/bb sh -c 'while :; do :; done'
run truststram-x localhost/bb sh -c 'exit 3'
run job --label team=core localhost/bb sh -c 'exit 0'
run sick --label team=core --health-cmd 'test -e /well' --health-interval=disable --health-retries=1 localhost/bb sh -c 'while :; do sleep 60; done'
pod healthcheck run sick >/dev/null
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
	ts-health "$@" --set "socket=$dir/s" --set slow=0s >"$dir/out" 2>"$dir/err"
	rc=$?
	if [ $rc = "$want" ] && jq -e "$cond" "$dir/out" >/dev/null; then
		echo "ok - $name"
	else
		echo "not ok - $name"; echo "# exit $rc"; sed 's/^/# /' "$dir/out" "$dir/err"
	fi
}
expect 'one that runs' 0 '.message == "truststram-api: running" and (.data.containers[0] | .health == "no-health-check" and .memory_used > 0 and .cpu_percent < 20)' container truststram-api
expect 'one that is busy' 0 '.data.containers[0].cpu_percent | . > 5 and . < 150' container truststram-busy
ts-health container truststram-busy --set "socket=$dir/s" -o text >"$dir/text"
used=$(sed -n 's/^container_cpu_usage_seconds_total{.*name="truststram-busy".*} //p' "$dir/text")
awk -v used="${used:-0}" 'BEGIN { exit !(used > 0.2 && used < 120) }' && echo "ok - seconds of a processor ($used)" || { echo 'not ok - seconds of a processor'; sed 's/^/# /' "$dir/text"; }
pod rm -f -t 0 truststram-busy >/dev/null
expect 'all by a part of their name' 2 '(.error | test("truststram-x: exited with status 3")) and (.data.containers | length == 2)' docker truststram
expect 'none of that name' 2 '.error | test("no container")' container nosuch
expect 'its limit of memory' 0 '.data.containers[0].memory_limit == 67108864' container truststram-api
expect 'its own health check fails' 2 '.error | test("sick: .*unhealthy")' container sick
pod exec sick sh -c ': >/well'
pod healthcheck run sick >/dev/null
expect 'and succeeds' 0 '.message | test("^sick: running, healthy")' container sick
expect 'an end with 0' 2 '.error | test("job: exited with status 0")' container job
expect 'an end with 0 that is meant' 0 '.status == "healthy"' container job --set exit_ok=true
expect 'by label' 0 '[.data.containers[].name] | sort == ["job", "sick"]' docker --set label_filter=team=core --set exit_ok=true
expect 'a health check is wanted' 1 '.message | test("no health check|no-health-check")' container truststram-api --set health_required=true
if pod pause sick >/dev/null 2>&1; then
	expect 'paused' 1 '.message | test("sick: paused")' container sick
	pod unpause sick >/dev/null
else
	echo 'ok - paused # SKIP containers cannot be paused here'
fi
ts-health docker truststram-api --set "socket=$dir/s" -o text >"$dir/text"
for m in container_cpu_usage_seconds_total container_memory_usage_bytes container_memory_working_set_bytes 'container_spec_memory_limit_bytes{.*} 6.7108864e+07$' container_last_seen container_start_time_seconds; do
	if grep -q "^$m" "$dir/text"; then echo "ok - $m"; else echo "not ok - $m"; sed 's/^/# /' "$dir/text"; fi
done
ts-health container-stats --set "socket=$dir/s" >"$dir/table"
if grep -q 'truststram-api .*running' "$dir/table"; then echo 'ok - container-stats'; else echo 'not ok - container-stats'; sed 's/^/# /' "$dir/table"; fi
chmod 711 "$dir"
chmod 700 "$dir/s"
setpriv --reuid=nobody --regid=nogroup --clear-groups "$(command -v ts-health)" container truststram-api --set "socket=$dir/s" >"$dir/out" 2>"$dir/err"
rc=$?
if [ $rc = 3 ] && jq -e '.status == "unknown" and (.error | test("group.*ermission"))' "$dir/out" >/dev/null; then echo 'ok - a socket that we may not use'; else echo "not ok - a socket that we may not use ($rc)"; sed 's/^/# /' "$dir/out" "$dir/err"; fi
