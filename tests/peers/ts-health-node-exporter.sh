#!/bin/sh
# ts-health host beside the packaged node_exporter on this very host: the same
# families, types, help texts and label sets, and values: a counter lies between
# those of two scrapes, before and after; a gauge near them.  Its collectors and
# exclusions are set to those of upstream.
set -u
work=$(mktemp -d) || exit 3
pid=''
trap '[ -z "$pid" ] || kill "$pid"; rm -rf "$work"' EXIT
command -v prometheus-node-exporter >/dev/null || {
	echo 'ok - node_exporter # SKIP not installed'
	exit 0
}
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
set --
for c in cpu diskstats filefd filesystem loadavg meminfo netdev netstat pressure processes sockstat softnet stat time uname vmstat; do
	set -- "$@" "--collector.$c"
done
timeout 60 prometheus-node-exporter --web.listen-address="127.0.0.1:$port" \
    --collector.disable-defaults "$@" --web.disable-exporter-metrics \
    --collector.diskstats.device-exclude='^(z?ram|loop|fd|(h|s|v|xv)d[a-z]|nvme\d+n\d+p)\d+$' \
    --collector.netdev.device-exclude='^$' \
    --collector.netstat.fields='^(.*_(InErrors|InErrs)|Ip_Forwarding|Ip(6|Ext)_(InOctets|OutOctets)|Icmp6?_(InMsgs|OutMsgs)|TcpExt_(Listen.*|Syncookies.*|TCPSynRetrans|TCPTimeouts|TCPOFOQueue|TCPRcvQDrop)|Tcp_(ActiveOpens|InSegs|OutSegs|OutRsts|PassiveOpens|RetransSegs|CurrEstab)|Udp6?_(InDatagrams|OutDatagrams|NoPorts|RcvbufErrors|SndbufErrors))$' \
    --collector.filesystem.mount-points-exclude='^/(dev|proc|run/credentials/.+|sys|var/lib/docker/.+|var/lib/containers/storage/.+)($|/)' \
    >"$work/log" 2>&1 &
pid=$!
n=0
until curl -sf "http://127.0.0.1:$port/metrics" >"$work/peer.prom"; do
	n=$((n + 1))
	[ $n -lt 100 ] || { echo 'not ok - node_exporter answers'; sed 's/^/# /' "$work/log"; exit 1; }
	sleep 0.1
done
ts-health host --collector processes >"$work/ours.prom" 2>"$work/err"
curl -sf "http://127.0.0.1:$port/metrics" >"$work/later.prom"

# Not ours: what it says of itself, what comes from udev's database, the states
# of threads.  Not of its version: the later columns of softnet.  Not always
# there: a state that no process is in, a cgroup with limits.
other='node_exporter_build_info|node_disk_info|promhttp_[a-z_]*|node_processes_threads_state|namedprocess_[a-z_]*|container_[a-z_]*|node_softnet_(backlog_len|cpu_collision_total|flow_limit_count_total|received_rps_total)'
heads() { grep '^#' "$1" | grep -Ev " ($other) " | sort; }
labels() { grep -v '^#' "$1" | grep -Ev "^($other|node_processes_state|node_scrape_collector_[a-z_]*.collector=.cgroup)" | sed 's/ [^ ]*$//' | sort -u; }
for what in heads labels; do
	$what "$work/peer.prom" >"$work/peer"
	$what "$work/ours.prom" >"$work/ours"
	if diff "$work/peer" "$work/ours" >"$work/diff"; then
		echo "ok - $what equal node_exporter's ($(wc -l <"$work/peer") lines)"
	else
		echo "not ok - $what equal node_exporter's"
		sed 's/^/# /' "$work/diff"
	fi
done

cat >"$work/values.py" <<'END'
import re, sys
types, name = {}, re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
def load(path):
    values = {}
    for line in open(path, errors="replace"):
        if line.startswith("# TYPE "):
            types[line.split()[2]] = line.split()[3]
        elif not line.startswith("#"):
            key, value = line.rsplit(" ", 1)
            values[key] = float(value)
    return values
before, ours, after = map(load, sys.argv[1:4])
# Of the scrape itself, or of this very instant.
instant = re.compile(r"node_(procs_|processes_|sockstat_|netstat_Tcp_CurrEstab|scrape_|load|memory_(Dirty|Writeback)|disk_io_now|forks)")
# What any program that starts or ends moves.
moving = re.compile(r"node_memory_(Cached|Active|Inactive|MemFree|MemAvailable|Buffers|Shmem|SwapCached|SwapFree|PageTables|KernelStack|Committed_AS|Mapped|Anon|KReclaimable|S(lab|Reclaimable|Unreclaim))")
seen = {"counter": 0, "gauge": 0, "untyped": 0}
for key, v in sorted(ours.items()):
    if key not in before or key not in after: continue
    family = name.match(key).group()
    kind = types.get(family, "untyped")
    low, high = sorted((before[key], after[key]))
    # iowait and idle may go back a little; netstat's and vmstat's counters are untyped
    if kind == "counter" or re.match("node_(netstat|vmstat)_(?!Tcp_CurrEstab)", family):
        slack = 1 if "node_cpu_seconds_total" in key else 1e-6 * high
        good = low - slack <= v <= high + slack
    elif instant.match(family):
        good = v >= 0
    elif moving.match(family):
        good = low / 2 - (256 << 20) <= v <= 2 * high + (256 << 20)
    else:
        good = low - 0.1 * abs(low) - 1e-9 <= v <= high + 0.1 * abs(high) + 1e-9
    seen[kind] += 1
    if not good: print(key, v, "is not within", low, high)
print(seen, file=sys.stderr)
if seen["counter"] < 100 or seen["gauge"] < 50: print("too few to compare:", seen)
END
if python3 -B "$work/values.py" "$work/peer.prom" "$work/ours.prom" "$work/later.prom" >"$work/diff" 2>"$work/seen" && [ ! -s "$work/diff" ]; then
	echo "ok - values lie between those of two scrapes ($(cat "$work/seen"))"
else
	echo 'not ok - values lie between those of two scrapes'; sed 's/^/# /' "$work/diff" "$work/seen"
fi
