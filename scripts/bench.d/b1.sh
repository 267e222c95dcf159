#!/bin/sh
# B1: one round of the example rules over 10k series (100 hosts), beside
# promtool test rules over the same series and the same number of rounds:
# both load, evaluate and keep alert state; neither writes a log.
# shellcheck source=scripts/bench.d/lib.sh
. "$(dirname "$0")/lib.sh"
rounds=${ROUNDS:-41}
fleet() {	# sample lines of one step
	awk -v h=100 -v s="$1" -v t="$2" 'function put(name, labels, v) {
		printf "{\"metric\":{\"__name__\":\"%s\",%s},\"values\":[%s],\"timestamps\":[%.0f]}\n", name, labels, v, t }
	BEGIN { for (i = 0; i < h; i++) { in_ = sprintf("\"instance\":\"h%03d:9100\"", i)
		put("up", in_ ",\"job\":\"truststream-app\"", i != 7)
		for (c = 0; c < 2; c++) for (m = 0; m < 7; m++)
			put("node_cpu_seconds_total", sprintf("\"cpu\":\"%d\",%s,\"mode\":\"%s\"", c, in_, m ? "m" m : "idle"), s * (m ? 1.1 : 7) + i)
		put("node_memory_MemAvailable_bytes", in_, 4e9 + i); put("node_memory_MemTotal_bytes", in_, 8e9)
		for (d = 0; d < 2; d++) { put("node_filesystem_avail_bytes", sprintf("%s,\"mountpoint\":\"/%d\"", in_, d), 5e10)
			put("node_filesystem_size_bytes", sprintf("%s,\"mountpoint\":\"/%d\"", in_, d), 1e11) }
		for (r = 0; r < 6; r++) for (k = 2; k <= 5; k += 3) {
			l = sprintf("%s,\"method\":\"GET\",\"route\":\"/r%d\",\"status_code\":\"%d00\"", in_, r, k)
			put("truststream_http_requests_total", l, s * (k == 2 ? 50 : 1))
			n = split("0.1 0.3 0.5 0.7 1 3 5 7 10 +Inf", le, " ")
			if (k == 2) for (b = 1; b <= n; b++) put("truststream_http_request_duration_seconds_bucket", sprintf("%s,\"le\":\"%s\",\"method\":\"GET\",\"route\":\"/r%d\"", in_, le[b], r), s * b * 5) } } }'
}
s=1
while [ $s -le $((rounds + 20)) ]; do fleet $s $((1700000000000 + s * 15000)); s=$((s + 1)); done >lines
set --
for f in "$TOP"/examples/rules/*.yml; do set -- "$@" -r "$f"; done
head -n "$(($(wc -l <lines) / (rounds + 20) * 20))" lines >first
cost -n 3 ts-eval --clock input --interval 15s "$@" first; base=$cpu_ms
cost -n 3 ts-eval --clock input --interval 15s "$@" lines; all=$cpu_ms
cost -n 3 ts-eval query -t 1700000001 1 lines; load=$cpu_ms
cost -n 3 ts-eval query -t 1700000001 1 first; load0=$cpu_ms
ours=$(calc "(($all - $base) - ($load - $load0)) / $rounds")
python3 - "$TOP"/examples/rules/*.yml >test.yml <<'EOF'
import json, sys, collections
rounds = 61
series = collections.OrderedDict()
for line in open("lines"):
    r = json.loads(line); m = r["metric"]; name = m.pop("__name__")
    key = name + "{" + ",".join('%s="%s"' % kv for kv in m.items()) + "}"
    series.setdefault(key, []).append(r["values"][0])
print("rule_files:"); [print("- " + f) for f in sys.argv[1:]]
print("evaluation_interval: 15s\ntests:\n- interval: 15s\n  input_series:")
for k, v in series.items():
    print("  - series: '%s'\n    values: '%s'" % (k, " ".join("%.15g" % x for x in v)))
print("  alert_rule_test:\n  - {eval_time: %ds, alertname: Nothing}" % ((len(v) - 1) * 15))
EOF
sed 's/eval_time: [0-9]*s/eval_time: 300s/' test.yml >test0.yml
cost promtool test rules test.yml; p=$cpu_ms
cost promtool test rules test0.yml; p0=$cpu_ms
peer=$(calc "($p - $p0) / $rounds")
n=$(awk 'END { print NR }' first)
row B1 "$ours ms a round ($((n / 20)) series)" "promtool $peer ms" "$(calc "$peer / $ours" 1)x" '<=35 ms; >=12x' \
    "$ours <= 35 && $peer / $ours >= 12"
