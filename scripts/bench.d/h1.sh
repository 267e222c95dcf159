#!/bin/sh
# H1, H3: 1000 http and tcp probes of nginx on as many loopback addresses in
# one run, a new connection each; beside blackbox_exporter, asked for each.
# H2: one process a probe, beside the monitoring plugins.
# shellcheck source=scripts/bench.d/lib.sh
. "$(dirname "$0")/lib.sh"
n=1000
port=$(free_port) bb=$(free_port)
mkdir -p tmp
cat >nginx.conf <<END
daemon off; master_process off; pid nginx.pid; error_log error.log crit;
worker_rlimit_nofile 8192;
events { worker_connections 4096; }
http { access_log off; client_body_temp_path tmp; proxy_temp_path tmp;
  fastcgi_temp_path tmp; uwsgi_temp_path tmp; scgi_temp_path tmp;
  server { listen 0.0.0.0:$port; allow 127.0.0.0/8; deny all;
    location = /health { default_type application/json; return 200 '{"status":"healthy"}'; } } }
END
nginx -p "$work" -c "$work/nginx.conf" 2>/dev/null & pids="$pids $!"
address() { awk -v n=$n -v p="$port" 'BEGIN { for (i = 0; i < n; i++) printf "127.%d.%d.%d:%d\n", i / 40000, i / 200 % 200, i % 200 + 1, p }'; }
{ echo 'checks:'; address | sed "s,.*,  - {name: '&'\, type: http\, url: 'http://&/health'},"; } >http.yml
{ echo 'checks:'; address | sed "s,.*,  - {name: '&'\, type: tcp\, address: '&'},"; } >tcp.yml
cat >bb.yml <<END
modules: {http: {prober: http, http: {preferred_ip_protocol: ip4}}, tcp: {prober: tcp}}
END
timeout 300 prometheus-blackbox-exporter --config.file=bb.yml --web.listen-address="127.0.0.1:$bb" >bb.log 2>&1 & timer=$!
pids="$pids $timer"
wait_for 10 curl -sf "http://127.0.0.1:$port/health"
wait_for 10 curl -sf "http://127.0.0.1:$bb/metrics" || exit 3
pid=$(pgrep -P $timer)
# blackbox MODULE SUFFIX: peer, CPU us a probe; peer_mib, its memory so far
blackbox() {
	address | sed "s,.*,url = \"http://127.0.0.1:$bb/probe?module=$1\&target=&$2\"\noutput = \"/dev/null\"," >urls
	before=$(ticks "$pid")
	curl -s -K urls || failed=blackbox_exporter
	peer=$(calc "($(ticks "$pid") - $before) * 1000 / $n" 0)
	peer_mib=$(calc "$(awk '/VmHWM/ { print $2 }' "/proc/$pid/status") / 1024" 1)
}
for kind in http tcp; do
	suffix=''
	[ $kind = tcp ] || suffix=/health
	blackbox $kind $suffix
	[ "$(ts-health -c $kind.yml | grep -c '"status":"healthy"')" = $n ] || failed="ts-health $kind"
	cost -n 7 ts-health -c $kind.yml
	us=$(calc "$cpu_ms * 1000 / $n" 0)
	row H1 "$kind $us us/probe, $n in $(calc "$wall_ms" 0) ms" "blackbox_exporter $peer us" \
	    "$(calc "$peer / $us" 1)x" '<=130 us, 150 ms; >=5x' "$us <= 130 && $wall_ms <= 150 && $peer / $us >= 5"
	row H3 "$kind $(calc "$peak_kib / 1024" 1) MiB" "blackbox_exporter $peer_mib MiB" \
	    "$(calc "$peer_mib * 1024 / $peak_kib" 1)x" '<=14 MiB' "$peak_kib <= 14 * 1024"
done
# one KIND PEER-CPU PEERS LEAST: LEAST is what 2 ms are beside the peer where
# the goal was found, however long a process takes to start here.
one() {
	row H2 "$1 $(calc "$cpu_ms" 1) ms (true: $(calc "$true" 1))" "$3" "$(calc "$2 / $cpu_ms" 2)x" \
	    "<=2 ms; >=$4x" "$2 / $cpu_ms >= $4 && $cpu_ms <= 2"
	row H2 "$1, the ratio alone" "$3" "$(calc "$2 / $cpu_ms" 2)x" ">=$4x" "$2 / $cpu_ms >= $4"
}
plugins=/usr/lib/nagios/plugins
cost -n 51 true; true=$cpu_ms
cost -n 51 $plugins/check_tcp -H 127.0.0.1 -p "$port"; peer=$cpu_ms
cost -n 51 ts-health tcp "127.0.0.1:$port"
one tcp "$peer" "check_tcp $(calc "$peer" 1) ms" 0.85
cost -n 51 $plugins/check_http -H 127.0.0.1 -p "$port" -u /health; peer=$cpu_ms
cost -n 51 curl -sf "http://127.0.0.1:$port/health"; curl=$cpu_ms
cost -n 51 ts-health http "http://127.0.0.1:$port/health"
one http "$peer" "check_http $(calc "$peer" 1), curl $(calc "$curl" 1) ms" 0.93
