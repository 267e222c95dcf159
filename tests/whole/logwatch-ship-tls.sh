#!/bin/sh
# ts-logwatch --to over TLS: whom it believes, what it says of others, and who
# it says that it is.  What is not taken waits for a later run.
# shellcheck source=tests/whole/lib.sh
. "$(dirname "$0")/lib.sh"
cd "$work" || exit 3
# shellcheck source=tests/lib/logstore.sh
. "$TOP/tests/lib/logstore.sh"
command -v openssl >/dev/null || { echo '1..0 # SKIP no openssl'; exit 0; }

# authority NAME: NAME.pem, NAME.key
authority() { openssl req -x509 -newkey ed25519 -nodes -keyout "$1.key" -out "$1.pem" -days 2 -subj "/CN=$1" 2>/dev/null; }
authority ours
authority theirs
mkdir issued
: >issued/index
echo 01 >issued/serial
cat >ca.cnf <<'END'
[ca]
default_ca = own
[own]
database = issued/index
serial = issued/serial
new_certs_dir = issued
default_md = default
policy = any
unique_subject = no
copy_extensions = copy
[any]
commonName = supplied
END
# certificate NAME SAN FROM UNTIL: NAME.pem with its key
certificate() {
	openssl req -newkey ed25519 -nodes -keyout "$1.key" -out "$1.csr" -subj "/CN=$1" -addext "subjectAltName=$2" 2>/dev/null
	openssl ca -batch -config ca.cnf -cert ours.pem -keyfile ours.key -in "$1.csr" -out "$1.crt" -notext -startdate "$3" -enddate "$4" 2>/dev/null
	cat "$1.key" "$1.crt" >"$1.pem"
}
certificate good IP:127.0.0.1,DNS:logs.example 20200101000000Z 20491231000000Z
certificate elsewhere DNS:elsewhere.example 20200101000000Z 20491231000000Z
certificate late IP:127.0.0.1 20200101000000Z 20200201000000Z
certificate client DNS:client 20200101000000Z 20491231000000Z

awk 'BEGIN { for (i = 1; i <= 300; i++) printf "2026-01-21T10:%02d:%02dZ INFO line %d of many\n", i / 60, i % 60, i }' >in
seq 300 >want
# Every line, and once.
once() {
	sed -n 's/.* line \([0-9]*\) of many.*/\1/p' "$store_name.log" | sort -n >got
	diff want got >diff.out || { head -n 5 diff.out; return 1; }
}
# config NAME TEXT: the file NAME.yml
config() { printf '%s\n' "$2" >"$1.yml"; }
config right 'tls_config: {ca_file: ours.pem}'
config wrong 'tls_config: {ca_file: theirs.pem}'
config any 'tls_config: {insecure_skip_verify: true}'
config named 'tls_config: {ca_file: ours.pem, server_name: elsewhere.example}'
config client 'tls_config: {ca_file: ours.pem, cert_file: client.crt, key_file: client.key}'

# ship KIND [CONFIG]: sets rc; said is what it says
ship() {
	ts-logwatch -s "$store_name.state" --max-wait 300ms --to "$1+https://127.0.0.1:$port?retry=20ms${2:+&config=$2.yml}" in >out 2>said
	rc=$?
}
# refused TEXT KIND [CONFIG]: TEXT is said, nothing is stored, it waits
refused() {
	text=$1; shift
	ship "$@"
	[ $rc -eq 3 ] && grep -q "$text" said && grep -q '300 events.* the next run sends them' said && [ ! -s "$store_name.log" ] ||
	    { echo "status $rc"; cat said; return 1; }
}
taken() {
	ship "$@"
	[ $rc -eq 0 ] && [ ! -s said ] && once || { echo "status $rc"; cat said; return 1; }
}
for kind in elasticsearch loki otlp; do
	serve "$kind" tls=good.pem
	check "$kind: an authority that nobody knows is refused" refused 'self-signed certificate\|unable to get local issuer' "$kind"
	check "$kind: another authority than ours, too" refused 'self-signed certificate\|unable to get local issuer\|signature' "$kind" wrong
	check "$kind: ours is believed, and gets what waited, once" taken "$kind" right
	down
done
serve elsewhere tls=elsewhere.pem
check 'a certificate for another name is refused' refused "certificate.*127.0.0.1\|does not match" loki right
check 'unless it is the name that we expect' taken loki named
down
serve late tls=late.pem
check 'one that is over is refused' refused 'expired' otlp right
check 'insecure_skip_verify takes any' taken otlp any
down
serve plain
check 'a server without TLS is refused' refused 'TLS\|SSL' elasticsearch right
down
serve client tls=good.pem client=ours.pem
check 'who has no certificate is refused' refused 'certificate\|broke' elasticsearch right
check 'who has one is known by it' taken elasticsearch client
down
printf 'open-sesame' >secret
config basic '{basic_auth: {username: logs, password_file: secret}, tls_config: {ca_file: ours.pem}, http_headers: {X-Scope-OrgID: {values: [team-a]}}}'
serve basic tls=good.pem "token=Basic $(printf 'logs:open-sesame' | base64)" tenant=team-a
hidden() {
	ts-logwatch -n --to "loki+https://127.0.0.1:$port?config=basic.yml" in >printed 2>&1 || return 1
	grep -q '^authorization:' -i printed && ! grep -q "open-sesame\|$(printf 'logs:open-sesame' | base64)" printed
}
check 'a password is not in what -n prints' hidden
check 'user, password from a file and tenant are told' taken loki basic
printf 'wrong' >secret
rm -rf basic.state basic.log; : >basic.log
check 'a password that is wrong is said at once, and not shown' refused '401' loki basic
! grep -q wrong said && ok 'nor in the message' || not_ok 'shown' said
config gone '{tls_config: {ca_file: nowhere.pem}}'
ship loki gone
[ $rc -eq 2 ] || [ $rc -eq 3 ] && grep -q 'nowhere.pem' said && ok 'a file that is missing is named' || not_ok "status $rc" said
down
echo "1..$n"
