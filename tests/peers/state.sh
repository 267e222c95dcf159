#!/bin/sh
# The tests of lib/state's back-ends (tests/unit/check_state_backends.c) on
# packaged servers: Redis with a password, over TCP, TLS and a unix socket;
# PostgreSQL.  What is kept there is read with redis-cli and psql.
set -u
# shellcheck source=tests/lib/servers.sh
. "${TOP:-$(cd "$(dirname "$0")/../.." && pwd)}/tests/lib/servers.sh"
trap servers_stop EXIT
unit=$TOP/build/$MODE/unit/check_state_backends
for need in redis-server redis-cli openssl jq; do
	command -v $need >/dev/null || { echo "ok - state on servers # SKIP no $need"; exit 0; }
done
run() {
	if CK_RUN_CASE=all "$unit" >"$servers/out" 2>&1; then
		echo "ok - $1: $(sed -n 's/.*Checks: \([0-9]*\),.*/\1/p' "$servers/out") tests"
	else
		echo "not ok - $1"; sed 's/^/# /' "$servers/out"
	fi
}
openssl req -x509 -newkey rsa:2048 -nodes -keyout "$servers/key" -out "$servers/crt" -days 2 \
    -subj /CN=localhost -addext subjectAltName=DNS:localhost >/dev/null 2>&1
tls_port=$(server_port)
redis_start a --requirepass 's3cr/et@' --tls-port "$tls_port" --tls-cert-file "$servers/crt" \
    --tls-key-file "$servers/key" --tls-ca-cert-file "$servers/crt" --tls-auth-clients no ||
    { echo 'not ok - redis-server starts'; exit 1; }
secret=s3cr%2Fet%40
export STATE_REDIS="redis://:$secret@127.0.0.1:$redis_port/3"
run 'Redis over TCP, a password, a database'
export STATE_REDIS="redis+unix://default:$secret@$redis_dir/sock?db=2&prefix=other"
run 'Redis over a unix socket, a user, a prefix'
export STATE_REDIS="rediss://:$secret@localhost:$tls_port?ca=$servers/crt"
run 'Redis over TLS'
unset STATE_REDIS
export REDISCLI_AUTH='s3cr/et@'
s=redis://127.0.0.1:$redis_port
id=$(ts-route silence add -s "$s" --comment c -a me a=b) &&
    redis-cli -p "$redis_port" hget 'truststram:{ts-silence}' "$id" | jq -e '.comment == "c"' >/dev/null &&
    echo 'ok - a record read with redis-cli' || echo 'not ok - a record read with redis-cli'
refused() {
	"$@" >"$servers/out" 2>&1
	rc=$?
	if [ $rc -ne 0 ] && ! grep -q "s3cr" "$servers/out" && grep -q "$want" "$servers/out"; then echo "ok - $name"
	else echo "not ok - $name"; sed 's/^/# /' "$servers/out"; fi
}
name='a wrong password' want=WRONGPASS
refused ts-route silence list -s "redis://:s3cr@127.0.0.1:$redis_port"
name='a certificate that nobody vouches for' want=certificate
refused ts-route silence list -s "rediss://:$secret@localhost:$tls_port"
name='a certificate for another name' want='name'
refused ts-route silence list -s "rediss://:$secret@127.0.0.1:$tls_port?ca=$servers/crt"
name='no TLS where it is wanted' want="rediss://"
refused ts-route silence list -s "rediss://:$secret@localhost:$redis_port"

if postgres_start; then
	export STATE_POSTGRES="postgresql://$pg_user:s3cret@127.0.0.1:$pg_port/postgres"
	run 'PostgreSQL over TCP'
	id=$(ts-route silence add -s "$STATE_POSTGRES" --comment c -a me a=b) &&
	    [ "$(psql_test -c "select value->>'comment' from truststram_record where tool = 'ts-silence' and key = '$id'")" = c ] &&
	    echo 'ok - a record read with psql' || echo 'not ok - a record read with psql'
	psql_test -c "create role reader login" -c "create role nobody_else login" -c "grant select on all tables in schema public to reader"
	ts-route silence list -q -s "postgresql://reader@127.0.0.1:$pg_port/postgres" | grep -qx "$id" &&
	    echo 'ok - a role that may only read' || echo 'not ok - a role that may only read'
	name='a role without rights' want='permission denied'
	refused ts-route silence add -s "postgresql://nobody_else@127.0.0.1:$pg_port/postgres" --comment c a=b
	name='no such database' want='does not exist'
	refused ts-route silence add -s "postgresql://$pg_user:s3cret@127.0.0.1:$pg_port/nowhere" --comment c a=b
else
	echo 'ok - PostgreSQL # SKIP no server'
fi
