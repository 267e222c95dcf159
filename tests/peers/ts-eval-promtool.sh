#!/bin/sh
# The example rules over generated input, beside promtool test rules: at each
# evaluation the same alerts fire, with the same labels and annotations.
# What we write becomes the expectation of a rule unit test, so promtool says
# whether it agrees.  Samples stand 15.001 s apart: no sample lies on the edge
# of a window, where the packaged version (closed) and we (left-open) differ.
set -u
TOP=${TOP:-$(cd "$(dirname "$0")/../.." && pwd)}
PATH=$TOP/build/${MODE:-debug}/bin:$PATH
export TZ=UTC LC_ALL=C
command -v promtool >/dev/null || { echo 'ok - promtool # SKIP not installed'; exit 0; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 3

cat >gen.py <<'EOF'
"""gen.py SEED: input (lines) and series.json of one scenario."""
import json, random, sys
seed, steps, step, base = int(sys.argv[1]), 280, 15001, 1700000100000
rnd = random.Random(seed)
series = {}

def put(name, labels, values):
    series[(name, tuple(sorted(labels.items())))] = values

def gauge(lo, hi, stay):
    v, out = rnd.randint(lo, hi), []
    for _ in range(steps):
        if rnd.random() > stay:
            v = rnd.randint(lo, hi)
        out.append(v)
    return out

def counter(lo, hi, stay=0.95):
    v, r, out = 1000000, rnd.randint(lo, hi), []
    for _ in range(steps):
        if rnd.random() > stay:
            r = rnd.randint(lo, hi)
        if rnd.random() < 0.005:
            v = 1000000
        v += r
        out.append(v)
    return out

for i in range(3):
    put("up", {"job": "truststream-app", "instance": "app%d:80" % i}, gauge(0, 1, 0.97))
    put("up", {"job": "truststram-api", "instance": "api%d:80" % i}, gauge(0, 1, 0.97))
    host = {"instance": "n%d:9100" % i}
    put("node_memory_MemTotal_bytes", host, [2**30] * steps)
    put("node_memory_MemAvailable_bytes", host, [v * 2**20 for v in gauge(64, 512, 0.98)])
    put("node_filesystem_size_bytes", {**host, "mountpoint": "/"}, [2**40] * steps)
    put("node_filesystem_avail_bytes", {**host, "mountpoint": "/"}, [v * 2**30 for v in gauge(64, 512, 0.98)])
    for mode in ("idle", "user"):	# avg of one: 2.42 adds up naively
        put("node_cpu_seconds_total", {**host, "cpu": "0", "mode": mode}, counter(0, 15, 0.98))
put("up", {"job": "postgres-exporter", "instance": "db:9187"}, gauge(0, 1, 0.97))
put("pg_stat_database_numbackends", {"datname": "a"}, gauge(50, 128, 0.98))
put("pg_settings_max_connections", {"datname": "a"}, [128] * steps)
for prefix in ("truststream_http", "truststram"):
    for code in ("200", "500", "503"):
        put(prefix + "_requests_total", {"status_code": code}, counter(0, 64))
    for route in ("/", "/api"):
        part = [0] * steps
        for le in ("0.5", "1", "2.5", "5", "10", "+Inf"):
            part = [a + b for a, b in zip(part, counter(0, 32, 0.99))]
            put(prefix + "_request_duration_seconds_bucket", {"le": le, "route": route}, part)
for status in ("ok", "error"):
    put("truststream_agent_executions_total", {"status": status}, counter(0, 16))
put("truststream_cache_hit_rate", {"cache_type": "session"}, [v / 64 for v in gauge(32, 64, 0.98)])
put("truststream_active_users_total", {}, gauge(1, 100, 0.98))
put("truststram_federated_clients", {}, gauge(0, 2, 0.98))
with open("lines", "w") as f:
    for i in range(steps):
        for (name, labels), values in series.items():
            metric = {"__name__": name, **dict(labels)}
            f.write(json.dumps({"metric": metric, "values": [values[i]], "timestamps": [base + i * step]}) + "\n")
json.dump([[n + "{" + ",".join("%s=%s" % (k, json.dumps(v)) for k, v in l) + "}", v]
    for (n, l), v in series.items()], open("series.json", "w"))
EOF
cat >expect.py <<'EOF'
"""expect.py RULES...: our output on stdin as a rule unit test."""
import json, sys
base, fired, tests, names = 1700000100000, {}, [], set()
for line in sys.stdin:
    r = json.loads(line)
    if "labels" in r and r["state"] == "firing":
        fired.setdefault(r["labels"]["alertname"], []).append(r)
    elif r.get("_ts") == "tick":
        tests.append(((r["time"] - base) // 1000, fired))
        names |= set(fired)
        fired = {}
t = [{"eval_time": "%ds" % at, "alertname": n, "exp_alerts": [{"exp_labels":
    {k: v for k, v in a["labels"].items() if k != "alertname"},
    "exp_annotations": a["annotations"]} for a in f.get(n, [])]}
    for at, f in tests for n in sorted(names) if at <= 4140]
print(json.dumps({"rule_files": sys.argv[1:], "evaluation_interval": "15s", "tests": [{
    "interval": "15s1ms", "input_series": [{"series": s, "values": " ".join(map(repr, v))}
    for s, v in json.load(open("series.json"))], "alert_rule_test": t}]}))
print("%d checks of %d alerts, %d firing" % (len(t), len(names),
    sum(len(x["exp_alerts"]) for x in t)), file=sys.stderr)
EOF
n=0
for seed in 1 2 3; do
	python3 gen.py "$seed" || exit 3
	for rules in "$TOP"/examples/rules/*.yml; do
		n=$((n + 1))
		name="seed $seed, $(basename "$rules")"
		if ! timeout 100 ts-eval --clock input --interval 15s --resend-delay 1ms \
		    -r "$rules" <lines >out 2>err; then
			echo "not ok $n - $name: ts-eval failed"; sed 's/^/# /' err; continue
		fi
		python3 expect.py "$rules" <out >test.json 2>count || exit 3
		if timeout 100 promtool test rules test.json >log 2>&1; then
			echo "ok $n - $name: $(cat count)"
		else
			echo "not ok $n - $name: $(cat count)"; head -n 40 log | cut -c1-900 | sed 's/^/# /'
		fi
	done
done
