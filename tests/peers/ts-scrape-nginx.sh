#!/bin/sh
# The HTTP client beside a real server: TLS in its variants, HTTP/2, gzip,
# unix sockets, a proxy, OAuth 2.0.
set -u
command -v nginx >/dev/null && command -v openssl >/dev/null || {
	echo "ok - ts-scrape beside nginx # SKIP not installed"
	exit 0
}
dir=$(mktemp -d)
cd "$dir" || exit 3
pids=''
# shellcheck source=tests/lib/canned.sh
. "$TOP/tests/lib/canned.sh"
# shellcheck disable=SC2154
trap 'kill $pids $canned_pid 2>/dev/null; wait 2>/dev/null; rm -rf "$dir"' EXIT
free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
check() { if [ "$2" = "$3" ]; then echo "ok - $1"; else echo "not ok - $1: wanted '$2', got '$3'"; sed 's/^/# /' err; fi; }

cert() {	# cert NAME CN [EXTENSION]: signed by ca
	openssl req -newkey rsa:2048 -nodes -keyout "$1.key" -out "$1.csr" -subj "/CN=$2" 2>/dev/null
	printf 'subjectAltName=DNS:%s\n' "$2" >"$1.ext"
	openssl x509 -req -in "$1.csr" -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile "$1.ext" -out "$1.pem" 2>/dev/null
}
openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -days 2 -subj /CN=test-ca 2>/dev/null
cert server metrics.example
cert client client.example

web=$(free_port) tls=$(free_port) mtls=$(free_port) old=$(free_port)
mkdir -p logs tmp root
awk 'BEGIN { for (i = 0; i < 500; i++) printf "a{i=\"%d\"} %d\n", i, i }' >root/metrics
server="ssl_certificate server.pem; ssl_certificate_key server.key; root root; default_type text/plain;"
cat >nginx.conf <<EOF
daemon off; master_process off; pid nginx.pid; error_log logs/error.log crit;
events { }
http {
  log_format seen '\$server_port \$server_protocol \$ssl_protocol \$http_accept_encoding \$sent_http_content_encoding';
  access_log logs/access.log seen;
  client_body_temp_path tmp; proxy_temp_path tmp; fastcgi_temp_path tmp; uwsgi_temp_path tmp; scgi_temp_path tmp;
  gzip on; gzip_types *; gzip_min_length 1;
  server { listen 127.0.0.1:$web; listen unix:$dir/socket; root root; default_type text/plain; }
  server { listen 127.0.0.1:$tls ssl http2; ssl_protocols TLSv1.2 TLSv1.3; $server }
  server { listen 127.0.0.1:$mtls ssl; ssl_client_certificate ca.pem; ssl_verify_client on; $server }
  server { listen 127.0.0.1:$old ssl; ssl_protocols TLSv1.2; $server }
}
EOF
nginx -p "$dir" -c "$dir/nginx.conf" 2>nginx.err & pids="$pids $!"
left=100
until curl -fso /dev/null "http://127.0.0.1:$web/metrics"; do
	left=$((left - 1)); [ $left -gt 0 ] || { echo 'not ok - nginx starts'; cat nginx.err; exit 1; }
	sleep 0.05
done

# up TARGET [CONFIG LINE...]: "1", or "0" and the reason
up() {
	target=$1; shift
	{ printf 'scrape_configs:\n- job_name: j\n  scrape_timeout: 5s\n  static_configs: [{targets: ["%s"]}]\n' "$target"
	  [ $# -eq 0 ] || printf '  %s\n' "$@"; } >p.yml
	: >logs/access.log
	ts-scrape -v -c p.yml 2>err >out
	n=$(jq -r 'select(.metric.__name__ == "up") | .values[0]' out)
	[ "$n" = 1 ] && echo "1 $(grep -c '"__name__":"a"' out)" || { echo "0"; }
}
ca='ca_file: ca.pem, server_name: metrics.example'
check 'plain, gzip asked for and got' '1 500' "$(up "127.0.0.1:$web")"
check 'the server saw gzip' "$web HTTP/1.1 - gzip gzip" "$(tail -n 1 logs/access.log)"
check 'enable_compression: false' '1 500' "$(up "127.0.0.1:$web" 'enable_compression: false')"
check 'the server saw identity' "$web HTTP/1.1 - identity -" "$(tail -n 1 logs/access.log)"
check 'TLS with its CA and server_name' '1 500' "$(up "127.0.0.1:$tls" 'scheme: https' "tls_config: {$ca}")"
check 'HTTP/2 over TLS 1.3' "$tls HTTP/2.0 TLSv1.3 gzip gzip" "$(tail -n 1 logs/access.log)"
check 'enable_http2: false' '1 500' "$(up "127.0.0.1:$tls" 'scheme: https' 'enable_http2: false' "tls_config: {$ca}")"
check 'it was HTTP/1.1' "$tls HTTP/1.1 TLSv1.3 gzip gzip" "$(tail -n 1 logs/access.log)"
check 'without the CA: refused' '0' "$(up "127.0.0.1:$tls" 'scheme: https' 'tls_config: {server_name: metrics.example}')"
check 'the reason is the certificate' 1 "$(grep -ci 'certificate' err)"
check 'another name: refused' '0' "$(up "127.0.0.1:$tls" 'scheme: https' 'tls_config: {ca_file: ca.pem, server_name: other.example}')"
check 'insecure_skip_verify' '1 500' "$(up "127.0.0.1:$tls" 'scheme: https' 'tls_config: {insecure_skip_verify: true}')"
check 'inline ca' '1 500' "$(up "127.0.0.1:$tls" 'scheme: https' 'tls_config:' '  server_name: metrics.example' '  ca: |' "$(sed '1s/^/    /;1!s/^/      /' ca.pem)")"
check 'client certificate' '1 500' "$(up "127.0.0.1:$mtls" 'scheme: https' "tls_config: {$ca, cert_file: client.pem, key_file: client.key}")"
check 'client certificate missing: refused' '0' "$(up "127.0.0.1:$mtls" 'scheme: https' "tls_config: {$ca}")"
check 'max_version TLS12' '1 500' "$(up "127.0.0.1:$tls" 'scheme: https' "tls_config: {$ca, max_version: TLS12}")"
check 'it was TLS 1.2' "$tls HTTP/2.0 TLSv1.2 gzip gzip" "$(tail -n 1 logs/access.log)"
check 'min_version TLS13 against a TLS 1.2 server: refused' '0' "$(up "127.0.0.1:$old" 'scheme: https' "tls_config: {$ca, min_version: TLS13}")"
check 'a CA file that is not there is named' "0 1" "$(up "127.0.0.1:$tls" 'scheme: https' 'tls_config: {ca_file: nowhere.pem}') $(grep -c 'nowhere.pem.*No such file' err)"
check 'unix socket' '1 500' "$(up "ignored:1" 'relabel_configs:' "- {target_label: __unix_socket__, replacement: $dir/socket}")"
check 'proxy_url' '1 500' "$(up "no.such.host.invalid:80" "proxy_url: http://127.0.0.1:$web")"
check 'no_proxy goes around it' '0' "$(up "127.0.0.1:1" "proxy_url: http://127.0.0.1:$web" 'no_proxy: 127.0.0.1')"

# OAuth 2.0: one token for many requests, asked for again when refused
echo '{"access_token":"tok-1","token_type":"bearer","expires_in":3600}' | page token 'Content-Type: application/json'
echo 'a 1' | page metrics
# shellcheck disable=SC2154
oauth="oauth2: {client_id: me, client_secret: hush, token_url: 'http://127.0.0.1:$port/token', scopes: [x, y], endpoint_params: {aud: z}}"
check 'oauth2' '1 1' "$(up "127.0.0.1:$port" "$oauth")"
tr -d '\r' <www/requests >seen
check 'client credentials were sent' "$(printf 'Authorization: Basic %s' "$(printf me:hush | base64)")" "$(grep -a '^Authorization: Basic' seen)"
check 'the token was used' 'Authorization: Bearer tok-1' "$(grep -a '^Authorization: Bearer' seen)"
echo '{"error":"invalid_client"}' | page token 'HTTP/1.1 401 No' 'Content-Type: application/json'
check 'oauth2 refused' '0 1' "$(up "127.0.0.1:$port" "$oauth") $(grep -c 'oauth2 token: status 401' err)"
check 'no secret is said' 0 "$(cat err out | grep -c hush)"
