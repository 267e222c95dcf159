# shellcheck shell=sh
# Sourced by cases that talk to a server: pages are files in www/, made with
# page; the server's port is $port; it ends with the case.
mkdir -p www
# page NAME [HEADER...]: the body is standard input; a header may be a status
page() {
	name=$1 status='HTTP/1.1 200 OK' type='Content-Type: text/plain'
	shift
	case ${1:-} in HTTP/*) status=$1; shift ;; esac
	case ${1:-} in Content-Type:*) type=$1; shift ;; esac
	{
		printf '%s\n%s\n@length\n' "$status" "$type"
		[ $# -eq 0 ] || printf '%s\n' "$@"
		echo
		cat
	} >"www/$name.new"
	mv "www/$name.new" "www/$name"
}
mkfifo port.fifo
canned www >port.fifo &
canned_pid=$!
trap 'kill $canned_pid 2>/dev/null' EXIT
read -r port <port.fifo
# Lines without what changes from run to run, in order.
steady() {
	grep -v scrape_duration_seconds |
	    sed "s/127.0.0.1:$port/HOST/g; s/\"timestamps\":\[[0-9]*\]/\"timestamps\":[T]/; s/\"time\":[0-9]*/\"time\":T/"
}
# at_most SECONDS PID: a program that hangs does not hang the tests
at_most() {
	{ timeout "$1" tail -f --pid="$2" /dev/null || kill -KILL "$2"; } \
	    >/dev/null 2>&1 &
}
