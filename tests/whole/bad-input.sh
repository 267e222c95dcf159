#!/bin/sh
# A wrong configuration costs one message with its place and exit 2; a wrong
# line costs that line and one message with its place, and exit 1 at the end.
# shellcheck source=tests/whole/lib.sh
. "$(dirname "$0")/lib.sh"
cd "$work" || exit 3

prom='global: {scrape_interval: 15s}
scrape_configs:
- job_name: a
  static_configs: [{targets: ["127.0.0.1:9"]}]'
rules='groups:
- name: g
  rules:
  - alert: A
    expr: up == 0
    for: 1m'
am='route:
  receiver: a
receivers:
- name: a'

# broken KIND FLAW: the text of that kind with that flaw; the flaw is in line 3
broken() {
	case $1-$2 in
	*-tab) printf 'a:\n\tb: 1\n' ;;
	*-indent) eval "printf '%s\n' \"\$$1\"" | sed '3s/^/   /' ;;
	prom-unknown) printf '%s\n' "$prom" | sed '3s/job_name/jobname/' ;;
	prom-duplicate) printf '%s\n  job_name: b\n' "$prom" ;;
	prom-regex) printf '%s\n  relabel_configs: [{regex: "(", target_label: x}]\n' "$prom" ;;
	prom-duration) printf '%s\n' "$prom" | sed '1s/15s/15 s/' ;;
	rules-unknown) printf '%s\n    fro: 5m\n' "$rules" ;;
	rules-duplicate) printf '%s\n    for: 5m\n' "$rules" ;;
	rules-regex) printf '%s\n' "$rules" | sed 's/up == 0/up{job=~"("} == 0/' ;;
	rules-duration) printf '%s\n' "$rules" | sed 's/1m/1 minute/' ;;
	am-unknown) printf '%s\n' "$am" | sed '2s/receiver/reciever/' ;;
	am-duplicate) printf '%s\n' "$am" | sed '2s/.*/&\n  receiver: b/' ;;
	am-regex) printf '%s\n' "$am" | sed '2s/.*/&\n  routes: [{matchers: ["a=~("]}]/' ;;
	am-duration) printf '%s\n' "$am" | sed '2s/.*/&\n  group_wait: 1 s/' ;;
	esac
}
# one NAME FILE COMMAND...: exit 2, one line on stderr with FILE (and a place)
one() {
	label=$1 file=$2; shift 2
	timeout 10 "$@" </dev/null >out 2>err
	rc=$?
	if [ "$rc" -eq 2 ] && [ "$(wc -l <err)" -eq 1 ] && grep -q -E "$file" err; then
		ok "$label"
	else
		{ echo "status $rc, expected 2 and one line with $file"; cat err; } >why
		not_ok "$label" why
	fi
}
mkdir dir
for kind in prom rules am; do
	case $kind in
	prom) set -- 'ts-scrape check' 'ts-scrape -c' 'ts-eval -c' ;;
	rules) set -- 'ts-eval check' 'ts-eval -r' ;;
	am) set -- 'ts-route check' 'ts-route -c' 'ts-notify -c' ;;
	esac
	for how; do
		for flaw in unknown duplicate indent regex duration tab; do
			broken $kind $flaw >bad.yml
			# shellcheck disable=SC2086
			one "$how: $flaw" 'bad\.yml:[0-9]+:[0-9]+: ' $how bad.yml
		done
		# shellcheck disable=SC2086
		one "$how: missing file" "'?none.yml" $how none.yml
		# shellcheck disable=SC2086
		one "$how: a directory" "'?dir" $how dir
	done
done

# Lines: two good ones around each bad one.
printf '%s\n' "$rules" | sed 's/up == 0/vector(1)/' >ok-rules.yml
printf '%s\n' "$am" >am.yml
sample='{"metric":{"__name__":"up","job":"x"},"values":[0],"timestamps":[1700000000000]}'
alert='{"labels":{"alertname":"A"},"annotations":{},"startsAt":"2023-11-14T22:13:20Z"}'
notification='{"receiver":"a","status":"firing","alerts":[],"groupLabels":{},"commonLabels":{},"commonAnnotations":{},"externalURL":"","version":"4","groupKey":"{}:{}","truncatedAlerts":0}'
bad_line() {
	case $1 in
	garbage) printf 'no json at all\n' ;;
	torn) printf '%s\n' "$2" | cut -c 1-40 ;;
	utf8) printf '%s\n' "$2" | sed 's/"x"/"\xff"/; s/"A"/"\xff"/; s/"a"/"\xff"/' ;;
	deep) awk 'BEGIN { printf "{\"metric\":"; for (i = 0; i < 100000; i++) printf "["; print "" }' ;;
	long) awk 'BEGIN { printf "{\"x\":\""; for (i = 0; i < 1000000; i++) printf "0123456789"; print "\"}" }' ;;
	nul) printf '{"metric":\0}\n' ;;
	esac
}
for how in 'ts-eval -r ok-rules.yml' 'ts-route -c am.yml' 'ts-notify -n -c am.yml'; do
	case $how in
	*eval*) good=$sample ;;
	*route*) good=$alert ;;
	*) good=$notification ;;
	esac
	for flaw in garbage torn utf8 deep long nul; do
		{ echo "$good"; bad_line $flaw "$good"; echo "$good"; } >in
		# shellcheck disable=SC2086
		timeout 20 $how --clock input <in >out 2>err
		rc=$?
		if [ $rc -eq 1 ] && [ "$(grep -c 'stdin:2' err)" -eq 1 ] && [ "$(wc -l <err)" -eq 1 ]; then
			ok "$how: a $flaw line"
		else
			{ echo "status $rc, expected 1 and one line with stdin:2"; head -c 2000 err; } >why
			not_ok "$how: a $flaw line" why
		fi
	done
done
