# shellcheck shell=sh disable=SC2034,SC2154,SC3045
# What a4 and a5 share.  Sourced behind lib.sh.
# steady_scrapes TARGETS INTERVAL SECONDS: nginx serves ./page on that many
# loopback addresses; ts-scrape (into a pipe) and prometheus follow them side
# by side.  After a warm-up of two intervals sets ours_us and peer_us (CPU a
# sample), ours_kib and peer_kib (peak memory).
steady_scrapes() {
	web=$(free_port) prom=$(free_port)
	mkdir -p logs tmp data
	cat >nginx.conf <<-EOF
	daemon off; master_process off; pid nginx.pid; error_log logs/error.log crit;
	worker_rlimit_nofile 8192;
	events { worker_connections 4096; }
	http { access_log off; keepalive_requests 1000000; keepalive_timeout 600s;
	  client_body_temp_path tmp; proxy_temp_path tmp; fastcgi_temp_path tmp;
	  uwsgi_temp_path tmp; scgi_temp_path tmp;
	  server { listen 0.0.0.0:$web; allow 127.0.0.0/8; deny all; root .;
	    location = /metrics { default_type "text/plain; version=0.0.4"; alias $work/page; } } }
	EOF
	{
		printf 'global: {scrape_interval: %s}\nscrape_configs:\n- job_name: bench\n  static_configs:\n  - targets:\n' "$2"
		awk -v n="$1" -v p="$web" 'BEGIN { for (i = 0; i < n; i++)
			printf "    - 127.%d.%d.%d:%d\n", i / 40000, i / 200 % 200, i % 200 + 1, p }'
	} >prom.yml
	ulimit -n 8192 2>/dev/null
	nginx -p "$work" -c "$work/nginx.conf" 2>/dev/null & pids="$pids $!"
	prometheus --config.file=prom.yml --storage.tsdb.path=data --log.level=error \
	    --web.listen-address="127.0.0.1:$prom" >/dev/null 2>&1 & prom_pid=$!
	pids="$pids $prom_pid"
	mkfifo lines
	cat lines >/dev/null & pids="$pids $!"
	ts-scrape -f -c prom.yml >lines 2>counters & our_pid=$!
	pids="$pids $our_pid"
	sleep "$(( ${2%s} * 2 ))"
	mark first; sleep "$3"; mark last
	samples=$(calc "$our_samples_last - $our_samples_first" 0)
	ours_us=$(calc "($our_ms_last - $our_ms_first) * 1000 / $samples")
	samples=$(calc "$prom_samples_last - $prom_samples_first" 0)
	peer_us=$(calc "($prom_ms_last - $prom_ms_first) * 1000 / $samples")
	ours_kib=$(awk '/VmHWM/ { print $2 }' "/proc/$our_pid/status")
	peer_kib=$(awk '/VmHWM/ { print $2 }' "/proc/$prom_pid/status")
}
# CPU and samples so far of both, as variables ending in $1
mark() {
	: >counters
	kill -USR1 "$our_pid"
	eval "our_ms_$1=$(ticks "$our_pid") prom_ms_$1=$(ticks "$prom_pid")"
	eval "prom_samples_$1=$(curl -s "http://127.0.0.1:$prom/metrics" |
	    awk '/^prometheus_tsdb_head_samples_appended_total/ { s += $2 } END { printf "%d", s }')"
	wait_for 5 test -s counters
	eval "our_samples_$1=$(sed -n 's/.* \([0-9]*\) samples.*/\1/p' counters | tail -n 1)"
}
