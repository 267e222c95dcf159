# shellcheck shell=sh
# What the bench scripts share.  Sourced.
work=$(mktemp -d)
pids=''
stop_all() { for p in $pids; do kill "$p" 2>/dev/null; done; }
trap 'stop_all; rm -rf "$work"' EXIT
cd "$work" || exit 3

# cost [-n RUNS] COMMAND...: sets cpu_ms, wall_ms, peak_kib; output is dropped.
# A command that fails sets failed, so that the row says so.
failed=''
cost() {
	cpu "$@" >/dev/null 2>cost.log || failed="$*"
	tail -n 1 cost.log >cost.last
	# shellcheck disable=SC2034
	read -r cpu_ms wall_ms peak_kib <cost.last
}
# CPU milliseconds so far of a process and of its children
ticks() { awk -v hz="$(getconf CLK_TCK)" '{ print ($14 + $15 + $16 + $17) * 1000 / hz }' "/proc/$1/stat"; }
calc() { awk "BEGIN { printf \"%.${2:-2}f\", $1 }"; }
# row ID OURS PEER RATIO GOAL CONDITION: a line of the table
row() {
	if [ -n "$failed" ]; then
		printf '%s\tfailed: %.60s\t-\t-\t%s\tfailed\n' "$1" "$failed" "$5"
		failed=''
		return
	fi
	verdict=$(awk "BEGIN { print ($6) ? \"met\" : \"not met\" }" 2>/dev/null)
	printf '%s\t%s\t%s\t%s\t%s\t%s\n' "$1" "$2" "$3" "$4" "$5" "${verdict:-failed}"
}
free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
wait_for() {
	left=$(($1 * 20)); shift
	until "$@" >/dev/null 2>&1; do
		left=$((left - 1)); [ $left -gt 0 ] || return 1
		sleep 0.05
	done
}
