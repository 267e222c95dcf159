#!/bin/sh
# What is our own fault is unknown, never unhealthy and never well: what we
# may not look at, files of ours that are not there; and few descriptors only
# mean fewer checks at a time.
# shellcheck source=tests/whole/lib.sh
. "$(dirname "$0")/lib.sh"
cd "$work" || exit 3
# shellcheck source=tests/lib/canned.sh
. "$TOP/tests/lib/canned.sh"
trap 'kill $canned_pid; stop_all; rm -rf "$work"' EXIT
echo fine | page ok

# is STATUS JQ ARGS...: what one check says
is() {
	want=$1; shift
	$as ts-health "$@" >out 2>err
	if [ "$(jq -r '[.status, (.response_time == null | tostring)] | join(" ")' out)" = "$want" ]; then
		ok "$*: $want"
	else
		cat out err >both; not_ok "$*: $want" both
	fi
}
chmod 755 .
mkdir priv priv/d; echo x >priv/d/f
python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind("priv/d/sock")'
as=''
if [ "$(id -u)" = 0 ]; then
	as='setpriv --reuid=nobody --regid=nogroup --clear-groups'
	chmod 700 priv
else
	chmod 000 priv
fi
if ! $as ts-health -V >/dev/null 2>&1; then
	skip 'as somebody else' "nobody cannot run ts-health here"
else
	is 'unknown true' file "$work/priv/d/f"
	is 'unknown true' file "$work/priv/d/*"
	is 'unknown true' file "$work/priv/d/f" --set absent=true
	is 'unknown true' disk "$work/priv/d"
	is 'unknown true' cert "$work/priv/d/f"
	is 'unknown true' heartbeat "$work/priv/d/f" --set every=1h
	is 'unknown true' command "$work/priv/d/f"
	is 'unknown true' docker --set "socket=$work/priv/d/sock"
	is 'unknown true' tcp "unix:$work/priv/d/sock"
	is 'unknown true' redis "unix://$work/priv/d/sock"
fi
chmod 700 priv
as=''
none="--set ca_file=/nonexistent"
# shellcheck disable=SC2086
{
	is 'unknown true' http "https://127.0.0.1:$port/" $none
	is 'unknown true' tcp "127.0.0.1:$port" --set tls=true $none
	is 'unknown true' redis "rediss://127.0.0.1:$port" $none
	is 'unknown true' cert "127.0.0.1:$port" $none
	is 'unknown true' docker --set "socket=https://127.0.0.1:$port" $none
}
is 'unhealthy true' file "$work/none"
is 'healthy true' file "$work/none" --set absent=true
is 'unhealthy true' cert "$work/none"
is 'unhealthy false' tcp 127.0.0.1:1

awk -v p="$port" 'BEGIN { print "checks:"
	for (i = 0; i < 150; i++) printf "  - {name: h%d, type: http, url: \"http://127.0.0.1:%d/ok\"}\n  - {name: t%d, type: tcp, address: \"127.0.0.1:%d\"}\n", i, p, i, p }' >h.yml
# shellcheck disable=SC3045
(ulimit -n 40 && ts-health -c h.yml --envelope | tail -n 1 | jq -r '"\(.status) \(.healthy + .warning)"') >out 2>err
check '300 checks with 40 descriptors' grep -Eqx '(healthy|warning) 300' out
