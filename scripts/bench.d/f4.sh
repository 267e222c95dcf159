#!/bin/sh
# F4: an access log to status counts, bytes and latency buckets, beside
# goaccess (other work: a whole report) and mawk (a field).
# shellcheck source=scripts/bench.d/lib.sh
. "$(dirname "$0")/lib.sh"
lines=${BENCH_LINES:-600000}
awk -v n="$lines" 'BEGIN {
	for (i = 0; i < n; i++)
		printf "10.0.%d.%d - - [21/Jan/2026:%02d:%02d:%02d +0000] \"GET /api/users/%d?page=%d HTTP/1.1\" %d %d \"https://example.com/\" \"Mozilla/5.0 (X11; Linux x86_64) Firefox/120.0\" rt=0.%03d\n",
		    i % 250, i % 199, i / 3600 % 24, i / 60 % 60, i % 60, i, i % 7, i % 20 ? 200 : 503, i % 9000, i % 1000
}' >access.log
cat >access.yml <<'END'
metrics:
- {name: requests_total, where: http.request.method, labels: {status: http.response.status_code}}
- {name: bytes_total, value: http.response.body.bytes}
- {name: seconds, type: histogram, value: event.duration / 1e9, buckets: [0.1, 0.3, 0.5, 0.7, 1]}
END
cost ts-logwatch --timezone UTC --clock input -F clf -r access.yml -o samples --interval 1d access.log
ours=$(calc "$cpu_ms * 1000 / $lines" 3)
slice=$((lines / 10))
head -n "$slice" access.log >slice.log
cost goaccess slice.log --log-format='%h %^[%d:%t %^] "%r" %s %b "%R" "%u" rt=%T' --date-format=%d/%b/%Y --time-format=%T -o report.json --no-global-config
peer=$(calc "$cpu_ms * 1000 / $slice" 3)
cost awk '{ n[$9]++ } END { for (s in n) print s, n[s] }' access.log
awk=$(calc "$cpu_ms * 1000 / $lines" 3)
row F4 "$ours us/line" "goaccess $peer (other work), awk $awk us" "$(calc "$peer / $ours" 1)x" '<=0.5 us; >=30x goaccess' "$ours <= 0.5 && $peer / $ours >= 30"
