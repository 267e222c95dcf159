#!/bin/sh
# ts-health http, tcp, dns and icmp beside the packaged blackbox_exporter, each
# asking the same peer: every family of its, with its labels, and the same values
# but for times.
set -u
for need in prometheus-blackbox-exporter nginx curl openssl python3; do
	command -v $need >/dev/null || { echo "ok - blackbox_exporter # SKIP no $need"; exit 0; }
done
dir=$(mktemp -d)
pids=''
trap 'kill $pids 2>/dev/null; wait 2>/dev/null; rm -rf "$dir"' EXIT
free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
port=$(free_port) tls=$(free_port) bb=$(free_port)
cd "$dir" || exit 3
mkdir tmp
openssl req -x509 -newkey ed25519 -nodes -keyout key -out cert -days 90 -subj "/O=A, B/CN=localhost" -addext subjectAltName=DNS:localhost,DNS:two.test,IP:127.0.0.1 >/dev/null 2>&1
echo "it is healthy" >page
cat >nginx.conf <<END
daemon off; master_process off; pid nginx.pid; error_log error.log crit;
events {}
http { access_log off; client_body_temp_path tmp; proxy_temp_path tmp;
  fastcgi_temp_path tmp; uwsgi_temp_path tmp; scgi_temp_path tmp;
  server { listen 127.0.0.1:$port; listen 127.0.0.1:$tls ssl; root $dir;
    ssl_certificate cert; ssl_certificate_key key;
    location = /moved { return 302 /page; } location = /bad { return 500; } } }
END
cat >bb.yml <<END
modules:
  http: {prober: http, http: {preferred_ip_protocol: ip4, no_follow_redirects: false, tls_config: {insecure_skip_verify: true}}}
  regex: {prober: http, http: {preferred_ip_protocol: ip4, fail_if_body_not_matches_regexp: [absent]}}
  trusted: {prober: http, http: {preferred_ip_protocol: ip4, tls_config: {ca_file: cert}}}
  tcp: {prober: tcp, tcp: {preferred_ip_protocol: ip4}}
  tls: {prober: tcp, tcp: {preferred_ip_protocol: ip4, tls: true, tls_config: {ca_file: cert}}}
  banner: {prober: tcp, tcp: {preferred_ip_protocol: ip4, query_response: [{send: "GET /page HTTP/1.0"}, {send: ""}, {expect: "^HTTP/1.1 200"}]}}
  dns: {prober: dns, dns: {preferred_ip_protocol: ip4, query_name: good.example, query_type: A}}
  soa: {prober: dns, dns: {preferred_ip_protocol: ip4, query_name: good.example, query_type: SOA}}
  nx: {prober: dns, dns: {preferred_ip_protocol: ip4, query_name: nx.example, query_type: A}}
  icmp: {prober: icmp, icmp: {preferred_ip_protocol: ip4}}
END
python3 -B "$TOP/tests/lib/dnsdouble.py" >dns.port & pids="$pids $!"
nginx -p "$dir" -c nginx.conf 2>/dev/null & pids="$pids $!"
prometheus-blackbox-exporter --config.file=bb.yml --web.listen-address="127.0.0.1:$bb" >bb.log 2>&1 & pids="$pids $!"
for url in "http://127.0.0.1:$port/page" "http://127.0.0.1:$bb/metrics"; do
	tries=0
	until curl -sf -o /dev/null "$url"; do
		tries=$((tries + 1))
		[ $tries -lt 200 ] || { echo "not ok - the peers start"; exit 1; }
	done
done
# steady: NAME VALUE without what is time, or is only its own
steady() { sed 's/{[^}]*}//' | grep -Ev '^#|duration_seconds|lookup_time|ip_addr_hash|^(up|ts_)|probe_expect_info' | sort -u; }
names() { grep '^probe_' | sed 's/[{ ].*//' | grep -v -e ip_addr_hash -e ssl_last_chain_expiry -e tls_version_info | sort -u; }
# labels: those of each family, without ours
labels() { grep '^probe_.*{' | sed 's/ [^ ]*$//' | sed -E 's/(check|kind|target)="[^"]*",?//g; s/,}/}/; s/[{]}//' | grep -v -e ssl_last_chain_expiry -e tls_version | sort -u; }
# same NAME MODULE TARGET KIND ARGS...
same() {
	name=$1 module=$2 target=$3; shift 3
	curl -s "http://127.0.0.1:$bb/probe?module=$module&target=$target" >theirs
	ts-health "$@" -o text >ours 2>err
	names <theirs >n1; names <ours >n2
	grep -v -e ssl_last_chain_expiry -e tls_version theirs | steady | grep -Fx -f n1 -v >v1
	grep -F "$(sed 's/$/ /' n1)" ours >/dev/null
	steady <ours | awk 'NR == FNR { want[$1]; next } $1 in want' n1 - >v2
	labels <theirs | grep '{' >l1; labels <ours | grep '{' | grep "$(sed 's/{.*//; s/^/-e ^/; s/$/{/' l1 | sort -u | paste -sd ' ' | sed 's/^-e //; s/ -e /\\|/g')" >l2
	[ -s l1 ] || : >l2
	if [ -z "$(comm -23 n1 n2)" ] && cmp -s v1 v2 && cmp -s l1 l2; then
		echo "ok - $name ($(wc -l <n1) families)"
	else
		echo "not ok - $name"; comm -23 n1 n2 | sed 's/^/# missing: /'; diff v1 v2 | sed 's/^/# /'; diff l1 l2 | sed 's/^/# /'
	fi
}
same 'http' http "http://127.0.0.1:$port/page" http "http://127.0.0.1:$port/page"
same 'http, redirected' http "http://127.0.0.1:$port/moved" http "http://127.0.0.1:$port/moved"
same 'http, 500' http "http://127.0.0.1:$port/bad" http "http://127.0.0.1:$port/bad"
same 'http, no match' regex "http://127.0.0.1:$port/page" http "http://127.0.0.1:$port/page" --set regex=absent
same 'https' http "https://127.0.0.1:$tls/page" http "https://127.0.0.1:$tls/page" --set insecure=true --set cert_warn=1d
same 'tcp' tcp "127.0.0.1:$port" tcp "127.0.0.1:$port"
same 'tcp, refused' tcp "127.0.0.1:1" tcp "127.0.0.1:1"
same 'tcp, with a banner' banner "127.0.0.1:$port" tcp "127.0.0.1:$port" --set 'script=[{send: "GET /page HTTP/1.0"}, {send: ""}, {expect: "^HTTP/1.1 200"}]'
until [ -s dns.port ]; do :; done
at=127.0.0.1:$(cat dns.port)
same 'dns' dns "$at" dns good.example --set "server=$at"
same 'dns, SOA' soa "$at" dns good.example --set "server=$at" --set qtype=SOA
same 'dns, no such name' nx "$at" dns nx.example --set "server=$at"
same 'icmp' icmp 127.0.0.1 icmp 127.0.0.1 --set count=1

# What a session and a chain that is trusted tell.  Over http curl does not say
# which version of TLS it is.
curl -s "http://127.0.0.1:$bb/probe?module=trusted&target=https://localhost:$tls/page" | grep -E '^probe_ssl' | sort >v1
ts-health http "https://localhost:$tls/page" --set ca_file=cert --set cert_warn=1d -o text >ours
labelless() { grep -E "^probe_$1" ours | sed -E 's/(check|kind|target)="[^"]*",?//g; s/,}/}/; s/[{]}//'; }
labelless ssl | sort >v2
if [ "$(wc -l <v1)" = 3 ] && cmp -s v1 v2; then echo 'ok - https, trusted'; else echo 'not ok - https, trusted'; diff v1 v2 | sed 's/^/# /'; fi
curl -s "http://127.0.0.1:$bb/probe?module=tls&target=localhost:$tls" | grep -E '^probe_(ssl|tls)' | sort >v1
ts-health tcp "localhost:$tls" --set tls=true --set ca_file=cert -o text >ours
labelless '(ssl|tls)' | sort >v2
sed -i 's/TLS 1[.][23]/TLS 1.x/' v1 v2	# its Go may be older
if [ "$(wc -l <v1)" = 4 ] && cmp -s v1 v2; then echo 'ok - tls, trusted'; else echo 'not ok - tls, trusted'; diff v1 v2 | sed 's/^/# /'; fi
