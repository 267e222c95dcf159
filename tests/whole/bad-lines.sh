#!/bin/sh
# A wrong line costs that line and one message with its place, and exit 1 at
# the end: garbage, torn, not UTF-8, nested too deep, 10 MB long, with a NUL.
# shellcheck source=tests/whole/lib.sh
. "$(dirname "$0")/lib.sh"
cd "$work" || exit 3

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
	far) printf '{"_ts":"tick","time":9223372036854775807}\n' ;;
	nul) printf '{"metric":\0}\n' ;;
	esac
}
for how in 'ts-eval -r ok-rules.yml' 'ts-route -c am.yml' 'ts-notify -n -c am.yml'; do
	case $how in
	*eval*) good=$sample ;;
	*route*) good=$alert ;;
	*) good=$notification ;;
	esac
	for flaw in garbage torn utf8 deep long far nul; do
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
