# shellcheck shell=sh
# Packaged database servers for tests, on loopback and in a folder that goes
# with them.  Sourced; servers_stop ends what was started.
servers=$(mktemp -d)
chmod 755 "$servers"
server_pids=''
pg_bin=$(find /usr/lib/postgresql -name initdb 2>/dev/null | sort | tail -n 1)
pg_bin=${pg_bin%/initdb}
pg_as=''
pg_user=$(id -un)
if [ "$pg_user" = root ]; then		# the server refuses to run as root
	pg_user=nobody pg_as='setpriv --reuid=nobody --regid=nogroup --clear-groups'
fi

server_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }

# until_true COMMAND...: within ten seconds
until_true() {
	left=200
	until "$@" >/dev/null 2>&1; do
		left=$((left - 1)); [ $left -gt 0 ] || return 1
		sleep 0.05
	done
}

# stop_one LIST PID [SIGNAL]: end a child and take it out of the variable LIST:
# its number may soon be that of somebody else.
stop_one() {
	kill "-${3:-TERM}" "$2" 2>/dev/null
	wait "$2" 2>/dev/null
	left_over=''
	for p in $(eval "echo \$$1"); do
		[ "$p" = "$2" ] || left_over="$left_over $p"
	done
	eval "$1=\$left_over"
}

# redis_start NAME [OPTION...]: sets redis_port and redis_pid
redis_start() {
	command -v redis-server >/dev/null || return 1
	mkdir -p "$servers/$1"
	redis_port=$(server_port)
	redis_dir=$servers/$1; shift
	redis-server --port "$redis_port" --bind 127.0.0.1 --dir "$redis_dir" \
	    --unixsocket "$redis_dir/sock" --save '' "$@" >"$redis_dir/log" 2>&1 &
	redis_pid=$!
	server_pids="$server_pids $redis_pid"
	until_true redis-cli -s "$redis_dir/sock" ping
}

# postgres_start [OPTION...]: sets pg_port; the database postgres, user $pg_user
postgres_start() {
	[ -n "$pg_bin" ] || return 1
	pg_port=$(server_port)
	mkdir "$servers/pg"
	[ -z "$pg_as" ] || chown nobody "$servers/pg"
	# shellcheck disable=SC2086
	$pg_as env HOME="$servers/pg" "$pg_bin/initdb" -D "$servers/pg/data" -A trust -U "$pg_user" \
	    --no-sync >"$servers/initdb" 2>&1 || return 1
	# shellcheck disable=SC2086
	$pg_as "$pg_bin/pg_ctl" -D "$servers/pg/data" -w -t 30 -l "$servers/pg/log" -o "-p $pg_port -h 127.0.0.1 \
	    -k $servers/pg -c fsync=off -c max_connections=50 $*" start >/dev/null 2>&1
}
psql_test() { "$pg_bin/psql" -h 127.0.0.1 -p "$pg_port" -U "$pg_user" -d postgres -qAtX "$@"; }

postgres_stop() {
	# shellcheck disable=SC2086
	[ ! -d "$servers/pg/data" ] || $pg_as "$pg_bin/pg_ctl" -D "$servers/pg/data" -m immediate stop >/dev/null 2>&1
}

servers_stop() {
	for p in $server_pids; do stop_one server_pids "$p"; done
	postgres_stop
	rm -rf "$servers"
}
