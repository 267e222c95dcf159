#!/bin/sh
# ts-health host beside the packaged node_exporter on this very host: the same
# families, types, help texts and label sets.  Values move, so they are not
# compared.  Its collectors and exclusions are set to those of upstream.
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
