#!/bin/sh
# --source: rules and queries evaluated in VictoriaMetrics and in Prometheus,
# beside the same over our own history.
# shellcheck source=tests/whole/lib.sh
. "$(dirname "$0")/../whole/lib.sh"
cd "$work" || exit 3

# A service with two instances, one of them down, 10 minutes at 15 s.
now=$(($(date +%s) / 60 * 60))
awk -v end="$now" 'BEGIN { for (t = end - 600; t <= end; t += 15) {
	printf "{\"metric\":{\"__name__\":\"up\",\"job\":\"web\",\"instance\":\"a\"},\"values\":[1],\"timestamps\":[%d000]}\n", t
	printf "{\"metric\":{\"__name__\":\"up\",\"job\":\"web\",\"instance\":\"b\"},\"values\":[%d],\"timestamps\":[%d000]}\n", t < end - 300, t
	printf "{\"metric\":{\"__name__\":\"hits_total\",\"job\":\"web\"},\"values\":[%d],\"timestamps\":[%d000]}\n", (t - end + 600) * 3, t } }' >samples
cat >rules.yml <<'E'
groups:
  - name: web
    interval: 1m
    rules:
      - record: job:up:avg
        expr: avg by (job) (up)
      - alert: Down
        expr: up == 0
        annotations:
          summary: '{{ $labels.instance }} of {{ with query "count(up)" }}{{ . | first | value }}{{ end }}'
E
ours() { ts-eval "$@" samples; }
# What a store must give as well as we do.
same_as_ours() {
	src=$1
	auth=$3
	at() { verb=$1; shift; ts-eval "$verb" --source "$src" --source-config "$auth" "$@"; }
	ours query -t "$now" 'sum by (instance) (up)' | sort >want
	at query -t "$now" 'sum by (instance) (up)' | sort >got
	check "$2: a query" diff want got
	ours range --start $((now - 300)) --end "$now" --step 1m -o samples 'max(up - 1)' >want
	at range --start $((now - 300)) --end "$now" --step 1m -o samples 'max(up - 1)' >got
	check "$2: a range" diff want got
	ours query -t "$now" -o json 'vector(scalar(max(up)))' | jq -S .data >want
	at query -t "$now" -o json 'vector(scalar(max(up)))' | jq -S .data >got
	check "$2: as JSON" diff want got
	ours --clock input -r rules.yml -o all | jq -cS 'select(.labels.alertname or .metric.__name__ == "job:up:avg") | del(.startsAt, .endsAt)' | tail -n 2 | sort >want
	ts-eval --source "$src" --source-config "$auth" -t "$now" -r rules.yml -o all | jq -cS 'select(.labels.alertname or .metric.__name__ == "job:up:avg") | del(.startsAt, .endsAt)' | sort >got
	check "$2: an alert and a recorded series" diff want got
	rc=0; at query 'sum(' >got 2>&1 || rc=$?
	check "$2: a wrong expression is its error" test "$rc" -eq 1 -a "$(grep -c 'the source answers' got)" -eq 1
}

if vm=$(command -v victoria-metrics); then
	port=$(free_port)
	"$vm" -storageDataPath=vm -httpListenAddr="127.0.0.1:$port" -httpAuth.username=me -httpAuth.password=secret -search.latencyOffset=0s -loggerLevel=ERROR >vm.log 2>&1 &
	pids="$pids $!"
	url=http://127.0.0.1:$port
	wait_for 20 curl -sf "$url/health"
	check 'victoria-metrics: imported' curl -sS --fail -u me:secret --data-binary @samples "$url/api/v1/import"
	imported() { curl -sS --fail -u me:secret "$url/api/v1/export" -d 'match[]=up' | grep -q hits_total\\\|up; }
	wait_for 20 imported
	curl -sS -u me:secret "$url/internal/resetRollupResultCache" >/dev/null
	rc=0; ts-eval query --source "$url" up >got 2>&1 || rc=$?
	check 'victoria-metrics: without credentials it is an error' test "$rc" -eq 3
	printf 'basic_auth:\n  username: me\n  password: secret\n' >auth.yml
	same_as_ours "$url" victoria-metrics auth.yml
else
	skip 'victoria-metrics' 'not installed'
fi

if prom=$(command -v prometheus) && promtool=$(command -v promtool); then
	jq -r '. as $l | range($l.values | length) | "\($l.metric.__name__){\($l.metric | del(.__name__) | to_entries | map("\(.key)=\"\(.value)\"") | join(","))} \($l.values[.]) \($l.timestamps[.] / 1000)"' samples | sort >om
	echo '# EOF' >>om
	"$promtool" tsdb create-blocks-from openmetrics om data >blocks.log 2>&1
	echo 'global: {}' >prometheus.yml
	port=$(free_port)
	"$prom" --config.file=prometheus.yml --storage.tsdb.path=data --web.listen-address="127.0.0.1:$port" >prom.log 2>&1 &
	pids="$pids $!"
	url=http://127.0.0.1:$port
	check 'prometheus is ready' wait_for 20 curl -sf "$url/-/ready"
	echo "follow_redirects: true" >plain.yml
	same_as_ours "$url" prometheus plain.yml
else
	skip 'prometheus' 'not installed'
fi

port=$(free_port)
rc=0; ts-eval --source "http://127.0.0.1:$port" -r rules.yml >got 2>&1 || rc=$?
check 'a source that is not there fails the rules' test "$rc" -eq 1 -a "$(grep -c 'the source' got)" -eq 2
