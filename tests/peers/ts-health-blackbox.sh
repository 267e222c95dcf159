#!/bin/sh
# ts-health http and tcp beside the packaged blackbox_exporter, each asking the
# same nginx: every family of its, and the same values but for times.
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
openssl req -x509 -newkey ed25519 -nodes -keyout key -out cert -days 90 -subj /CN=localhost >/dev/null 2>&1
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
  tcp: {prober: tcp, tcp: {preferred_ip_protocol: ip4}}
END
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
names() { grep '^probe_' | sed 's/[{ ].*//' | grep -v -e ip_addr_hash -e ssl_last_chain -e tls_version_info | sort -u; }
# same NAME MODULE TARGET KIND ARGS...
same() {
	name=$1 module=$2 target=$3; shift 3
	curl -s "http://127.0.0.1:$bb/probe?module=$module&target=$target" >theirs
	ts-health "$@" -o text >ours 2>err
	names <theirs >n1; names <ours >n2
	grep -v -e ssl_last_chain -e tls_version theirs | steady | grep -Fx -f n1 -v >v1
	grep -F "$(sed 's/$/ /' n1)" ours >/dev/null
	steady <ours | awk 'NR == FNR { want[$1]; next } $1 in want' n1 - >v2
	if [ -z "$(comm -23 n1 n2)" ] && cmp -s v1 v2; then
		echo "ok - $name ($(wc -l <n1) families)"
	else
		echo "not ok - $name"; comm -23 n1 n2 | sed 's/^/# missing: /'; diff v1 v2 | sed 's/^/# /'
	fi
}
same 'http' http "http://127.0.0.1:$port/page" http "http://127.0.0.1:$port/page"
same 'http, redirected' http "http://127.0.0.1:$port/moved" http "http://127.0.0.1:$port/moved"
same 'http, 500' http "http://127.0.0.1:$port/bad" http "http://127.0.0.1:$port/bad"
same 'http, no match' regex "http://127.0.0.1:$port/page" http "http://127.0.0.1:$port/page" --set regex=absent
same 'https' http "https://127.0.0.1:$tls/page" http "https://127.0.0.1:$tls/page" --set insecure=true --set cert_warn=1d
same 'tcp' tcp "127.0.0.1:$port" tcp "127.0.0.1:$port"
same 'tcp, refused' tcp "127.0.0.1:1" tcp "127.0.0.1:1"
