#!/bin/sh
# The kind archive against OpenStack Swift with its S3 front: a store of
# others, which checks signatures, digests and the sizes of parts.
TOP=${TOP:-$(cd "$(dirname "$0")/../.." && pwd)}
PATH=$TOP/build/${MODE:-debug}/bin:$PATH
export TOP PATH TZ=UTC LC_ALL=C
# shellcheck source=tests/lib/servers.sh
. "$TOP/tests/lib/servers.sh"
work=$(mktemp -d)
n=0 pids=''
trap 'for p in $pids; do kill $p 2>/dev/null; done; wait 2>/dev/null; servers_stop; rm -rf "$work"' EXIT
check() {
	n=$((n + 1)); name=$1; shift
	if "$@" >"$work/check.log" 2>&1; then echo "ok $n - $name"
	else echo "not ok $n - $name"; sed 's/^/# /' "$work/check.log" | head -n 20; fi
}
for p in swift-ring-builder swift-proxy-server swift-account-server swift-container-server swift-object-server; do
	command -v $p >/dev/null || { echo "1..0 # SKIP no $p"; exit 0; }
done
cd "$work" || exit 3
user=$(id -un)
mkdir -p etc run srv/sdb cache
account_port=$(server_port) container_port=$(server_port)
object_port=$(server_port) proxy_port=$(server_port)
# read by name below
: "$account_port $container_port $object_port"
cat >etc/swift.conf <<E1
[swift-hash]
swift_hash_path_suffix = test
[storage-policy:0]
name = gold
default = yes
E1
for t in account container object; do
	port=''
	eval "port=\$${t}_port"
	cat >etc/$t.conf <<E1
[DEFAULT]
devices = $work/srv
mount_check = false
bind_ip = 127.0.0.1
bind_port = $port
user = $user
swift_dir = $work/etc
workers = 0
log_address = /dev/null
[pipeline:main]
pipeline = $t-server
[app:$t-server]
use = egg:swift#$t
E1
	(cd etc && swift-ring-builder $t.builder create 2 1 1 && swift-ring-builder $t.builder add "r1z1-127.0.0.1:$port/sdb" 1 &&
	    swift-ring-builder $t.builder rebalance) >ring.log 2>&1
done
cat >etc/proxy.conf <<E1
[DEFAULT]
bind_ip = 127.0.0.1
bind_port = $proxy_port
user = $user
swift_dir = $work/etc
workers = 0
log_address = /dev/null
[pipeline:main]
pipeline = catch_errors cache s3api tempauth bulk slo dlo proxy-server
[app:proxy-server]
use = egg:swift#proxy
account_autocreate = true
[filter:catch_errors]
use = egg:swift#catch_errors
[filter:cache]
use = egg:swift#memcache
memcache_servers = 127.0.0.1:1
[filter:s3api]
use = egg:swift#s3api
s3_acl = false
min_segment_size = 1048576
[filter:tempauth]
use = egg:swift#tempauth
user_test_tester = testing .admin
[filter:bulk]
use = egg:swift#bulk
[filter:slo]
use = egg:swift#slo
minimum_segment_size = 1
[filter:dlo]
use = egg:swift#dlo
E1
for t in account container object proxy; do
	SWIFT_DIR=$work/etc swift-$t-server etc/$t.conf >$t.log 2>&1 & pids="$pids $!"
done
up() { curl -s -o /dev/null "http://127.0.0.1:$proxy_port/"; }
left=400; until up; do left=$((left - 1)); [ $left -gt 0 ] || break; sleep 0.05; done
if ! up; then echo '1..0 # SKIP swift does not start here'; cat proxy.log >&2; exit 0; fi

# The bucket is made by its own client.
cat >s3.py <<E1
import sys, hashlib, boto3, botocore.config
s3 = boto3.client('s3', endpoint_url='http://127.0.0.1:$proxy_port', aws_access_key_id='test:tester', aws_secret_access_key='testing',
                  region_name='us-east-1', config=botocore.config.Config(s3={'addressing_style': 'path'}))
if sys.argv[1] == 'make':
    s3.create_bucket(Bucket='logs')
elif sys.argv[1] == 'sum':
    print(hashlib.sha256(s3.get_object(Bucket='logs', Key=sys.argv[2])['Body'].read()).hexdigest())
elif sys.argv[1] == 'list':
    for o in s3.list_objects_v2(Bucket='logs').get('Contents', []):
        print(o['Key'])
elif sys.argv[1] == 'uploads':
    print(len(s3.list_multipart_uploads(Bucket='logs').get('Uploads', [])))
elif sys.argv[1] == 'begin':
    s3.create_multipart_upload(Bucket='logs', Key=sys.argv[2])
E1
python3 -c 'import boto3' 2>/dev/null || { echo '1..0 # SKIP no boto3'; exit 0; }
check 'a bucket' python3 s3.py make
mkdir -p logs/sub
file() { head -c "$2" /dev/urandom >"logs/$1"; touch -d 2026-01-02T03:04:05Z "logs/$1"; }
file small.log.gz 1000; file sub/small.log.gz 2000; file 'x +(é)&=%41~!*.log' 30; file empty.log 0; file big.log 3500000; file exact.log 2097152
(cd logs && find . -type f -exec sha256sum {} +) | sed 's|\./||' >sums
cat >m.yml <<E1
global: {lock_dir: locks}
tasks:
  - {name: t, kind: archive, paths: [$work/logs], match: ['*'], older_than: 7d, endpoint: "http://127.0.0.1:$proxy_port", bucket: logs,
     prefix: "a/{Y}/", access_key: "test:tester", secret_key: testing, part_size: 1MiB, backoff: 10ms, abort_after: 0s}
E1
sed 's/secret_key: testing/secret_key: wrong/' m.yml >wrong.yml
ts-maint run -c wrong.yml -o json t >out 2>err
check 'a wrong secret is refused, all stays' test $? = 2 -a "$(find logs -type f | wc -l)" = 6
python3 s3.py begin a/2026/nobody.log
ts-maint run -v -c m.yml -s st -o json t >out 2>err; rc=$?
check 'all went well' sh -c "[ $rc = 0 ] || { cat out err; false; }"
check 'nothing is left here' test "$(find logs -type f | wc -l)" = 0
while read -r sum name; do
	check "$name is there, whole" test "$(python3 s3.py sum "a/2026/$name")" = "$sum"
done <sums
check 'and a manifest' sh -c 'python3 s3.py list | grep -q MANIFEST'
check 'no upload is left open' test "$(python3 s3.py uploads)" = 0
file small.log.gz 1000
sed 's/part_size: 1MiB/part_size: 1MiB, verify: get, delete: never/' m.yml >get.yml
file big.log 3500000
ts-maint run -c get.yml -s st -o json t >out 2>err; rc=$?
check 'keys that are taken; read back' sh -c "[ $rc = 0 ] && python3 s3.py list | grep -qx a/2026/big.log.1 && python3 s3.py list | grep -qx a/2026/small.log.gz.1"
ts-maint run -c get.yml -s st -o json t >out 2>err
check 'again: nothing changes' jq -se 'map(select(.kind == "archive"))[0] | .changed == false and .data.there_already == 2' out
echo "1..$n"
