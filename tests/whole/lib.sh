# shellcheck shell=sh
# What the whole-pipeline tests share: TAP, a work directory, virtual input.
# Sourced; the sourcing script sets nothing first.
TOP=${TOP:-$(cd "$(dirname "$0")/../.." && pwd)}
PATH=$TOP/build/${MODE:-debug}/bin:$PATH
export TOP PATH TZ=UTC LC_ALL=C
work=$(mktemp -d)
n=0
trap 'stop_all; rm -rf "$work"' EXIT
pids=''

ok() { n=$((n + 1)); printf "ok %d - %s\n" $n "$1"; }
not_ok() { n=$((n + 1)); echo "not ok $n - $1"; [ ! -s "${2:-/dev/null}" ] || sed 's/^/# /' "$2" | head -n 30; }
skip() { n=$((n + 1)); echo "ok $n - $1 # SKIP $2"; }
# check NAME COMMAND...: ok when it succeeds, else its output
check() {
	name=$1; shift
	if "$@" >"$work/check.log" 2>&1; then ok "$name"; else not_ok "$name" "$work/check.log"; fi
}
stop_all() { for p in $pids; do kill "$p" 2>/dev/null; done; }
# wait_for SECONDS COMMAND...: until it succeeds
wait_for() {
	left=$(($1 * 20)); shift
	until "$@" >/dev/null 2>&1; do
		left=$((left - 1)); [ $left -gt 0 ] || return 1
		sleep 0.05
	done
}
free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }

# pages DIR STEPS: DIR/0001 ... one text-format page a step of 15 s.  Services
# go down and up, counters rise with bursts of errors, a cache degrades: every
# kind of rule of examples/rules has its hour.  The same on every run.
pages() {
	mkdir -p "$1"
	awk -v dir="$1" -v steps="$2" '
	function rnd() { seed = (seed * 1103515245 + 12345) % 2147483648; return seed / 2147483648 }
	BEGIN {
		seed = 42
		for (i = 0; i < 4; i++) down[i] = 0
		for (s = 1; s <= steps; s++) {
			f = sprintf("%s/%04d", dir, s)
			for (i = 0; i < 4; i++) {
				if (rnd() < 0.02) down[i] = !down[i]
				printf "up{job=\"truststream-app\",instance=\"app%d:80\"} %d\n", i, !down[i] > f
				printf "up{job=\"truststram-api\",instance=\"api%d:80\"} %d\n", i, !down[(i + 1) % 4] > f
			}
			printf "up{job=\"postgres-exporter\",instance=\"db:9187\"} %d\n", !(s % 160 > 140) > f
			burst = (int(s / 60) % 2)
			ok += 20 + int(rnd() * 5); bad += burst * int(rnd() * 9)
			printf "truststream_http_requests_total{status_code=\"200\"} %d\n", ok > f
			printf "truststream_http_requests_total{status_code=\"500\"} %d\n", bad > f
			printf "truststream_cache_hit_rate{cache_type=\"session\"} %.3f\n", burst ? 0.7 : 0.95 > f
			mem += (rnd() - 0.5) * 4
			printf "node_memory_MemAvailable_bytes{instance=\"n1\"} %d\n", (10 + mem * mem) * 1000000 > f
			printf "node_memory_MemTotal_bytes{instance=\"n1\"} 100000000\n" > f
			close(f)
		}
	}'
}
