# shellcheck shell=sh
# A log server (logstores.py) for tests; sourced behind whole/lib.sh.
store=$TOP/tests/lib/logstores.py

# serve NAME [OPTION...]: a server; sets port; NAME.log is what it stored
serve() {
	store_name=$1; shift
	rm -f port
	python3 "$store" port "$store_name.log" "$@" 2>"$store_name.err" &
	server=$!
	pids="$pids $server"
	wait_for 10 test -s port || { echo "no server: $store_name"; cat "$store_name.err"; }
	# shellcheck disable=SC2034
	port=$(cat port)
}
down() { kill "$server" 2>/dev/null; wait "$server" 2>/dev/null; }
