#!/bin/sh
# The four tools run every 15 virtual seconds for two virtual hours with a
# state directory give the same notifications, byte for byte, as one
# long-running pipeline over the same input.
# shellcheck source=tests/whole/lib.sh
. "$(dirname "$0")/lib.sh"
steps=${STEPS:-480}
start=1700000100	# a multiple of 15 s and of 5 min
cd "$work" || exit 3
pages pages "$steps"
cat >routes.yml <<'EOF'
route:
  receiver: all
  group_by: [alertname]
  group_wait: 10s
  group_interval: 1m
  repeat_interval: 10m
  routes:
  - match: {severity: critical}
    receiver: page
    group_wait: 0s
    repeat_interval: 5m
inhibit_rules:
- source_match: {severity: critical}
  target_match: {severity: warning}
  equal: [alertname, instance]
receivers:
- name: all
  exec_configs:
  - command: [sh, -c, 'cat >>all.out; echo >>all.out']
    send_resolved: true
- name: page
  exec_configs:
  - command: [sh, -c, 'cat >>page.out; echo >>page.out']
EOF
rules=''
for f in "$TOP"/examples/rules/*.yml; do rules="$rules -r $f"; done
run() {	# the pipeline with the options that both forms share
	# shellcheck disable=SC2086
	ts-eval --clock input -s "$1" $rules |
	    ts-route --clock input -s "$1" -c ../routes.yml |
	    ts-notify --clock input -s "$1" -c ../routes.yml
}
stamp() { echo "$((start + 15 * $1))"; }

mkdir long cron
i=1
while [ $i -le "$steps" ]; do
	t=$(stamp $i)
	ts-scrape parse --time "$t" "pages/$(printf %04d $i)" >>long/lines
	i=$((i + 1))
done
(cd long && run state <lines >deliveries 2>err)
(cd cron && i=1 && while [ $i -le "$steps" ]; do
	ts-scrape parse --time "$(stamp $i)" "../pages/$(printf %04d $i)" |
	    run state >>deliveries 2>>err
	i=$((i + 1))
done)
count() { wc -l <"$1"; }
for f in all.out page.out deliveries; do
	if [ ! -s long/$f ]; then not_ok "$f: the long-running pipeline wrote nothing" long/err; continue; fi
	diff -u long/$f cron/$f >differs
	if [ -s differs ]; then not_ok "$f differs" differs; else ok "$f: $(count long/$f) lines, the same in both forms"; fi
done
check 'more than ten alerts went out' test "$(grep -c '"delivery":"sent"' long/deliveries)" -gt 10
cat long/err cron/err >errs
if [ -s errs ]; then not_ok 'nothing on stderr' errs; else ok 'nothing on stderr'; fi
