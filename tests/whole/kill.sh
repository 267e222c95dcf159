#!/bin/sh
# A random stage is killed with SIGKILL at each of 200 random points, then the
# pipeline goes on: every alert that stays firing is notified at least once,
# `for` is not reset, no state file needs repair.
# shellcheck source=tests/whole/lib.sh
. "$(dirname "$0")/lib.sh"
kills=${KILLS:-200}
start=1700000100
cd "$work" || exit 3
cat >rules.yml <<'EOF'
groups:
- name: g
  interval: 15s
  rules:
  - alert: Down
    expr: up == 0
    for: 30m
    labels: {severity: page}
    annotations: {summary: '{{ $labels.instance }} is down'}
EOF
cat >routes.yml <<'EOF'
route: {receiver: all, group_by: [instance], group_wait: 15s, group_interval: 1m, repeat_interval: 5h}
receivers:
- name: all
  exec_configs:
  - command: [sh, -c, 'cat >>sent; echo >>sent']
EOF
# instance i goes down at step 10*i and stays down
slot() {
	awk -v s="$1" 'BEGIN { for (i = 0; i < 20; i++)
		printf "up{instance=\"i%02d\"} %d\n", i, s < 10 * i }'
}
# One run; the stage in $1 (or none) is killed after $2 ms, if it lives so long.
run() {
	rm -f pid.*
	sh -c 'echo $$ >pid.eval; exec ts-eval --clock input -s state -r rules.yml' <lines 2>>err |
	    sh -c 'echo $$ >pid.route; exec ts-route --clock input -s state -c routes.yml' 2>>err |
	    sh -c 'echo $$ >pid.notify; exec ts-notify --clock input -s state -c routes.yml' >>deliveries 2>>err &
	if [ "$1" != none ]; then
		sleep "$(printf '0.%03d' "$2")"	# where in its life the stage dies is left to chance
		kill -9 "$(cat "pid.$1")" && echo "$1" >>killed
	fi 2>/dev/null
	wait $!
}
dead() { wc -l <killed; }
: >killed
# A slow machine and a fast one: who is found dead already was given too long,
# who is not could have been given longer.  So about half die at work.
s=1 window=100
while [ "$(dead)" -lt "$kills" ] && [ $s -le $((10 * kills)) ]; do
	slot $s | ts-scrape parse --time $((start + 15 * s)) >lines
	before=$(dead)
	# shellcheck disable=SC2046
	run $(awk -v s=$s -v w=$window 'BEGIN { srand(s * 7919); split("eval route notify", n, " ")
		print n[1 + int(rand() * 3)], int(rand() * w) }')
	if [ "$(dead)" -gt "$before" ]; then
		window=$((window < 900 ? window + window / 8 + 1 : 900))
	else
		window=$((window > 8 ? window * 8 / 9 : window > 1 ? window - 1 : 1))
	fi
	s=$((s + 1))
done 2>/dev/null
last=$((s + 140))
[ $last -ge 340 ] || last=340	# the last alert has time to fire
while [ $s -le $last ]; do
	slot $s | ts-scrape parse --time $((start + 15 * s)) >lines
	run none
	s=$((s + 1))
done
check "$kills stages died at work" test "$(dead)" -eq "$kills"
miss=''
i=0
while [ $i -lt 20 ]; do
	name=$(printf 'i%02d' $i)
	grep -q "\"instance\":\"$name\"" sent || miss="$miss $name"
	i=$((i + 1))
done
echo "$miss" >miss
if [ -z "$miss" ]; then ok "all 20 alerts notified after $kills kills"; else not_ok "not notified:$miss" err; fi
# `for` counts from the first evaluation that saw it: a reset would be later
awk -v start=$start '{
	while (match($0, /"instance":"i[0-9]*"/)) { $0 = substr($0, RSTART); i = substr($0, 14, 2) + 0
		if (match($0, /"startsAt":"[^"]*"/)) { at = substr($0, RSTART + 12, RLENGTH - 13)
		if (!(i in seen)) seen[i] = at }
		$0 = substr($0, 20) } }
	END { for (i in seen) print i, seen[i] }' sent | sort -n >starts
: >late
while read -r i at; do
	t=$(date -u -d "$at" +%s)
	first=$((start + 15 * (i ? 10 * i : 1)))
	# fires at first + for; each killed ts-eval run may cost one step
	[ "$t" -le $((first + 1800 + 300)) ] || echo "i$i fired at +$((t - first))s" >>late
done <starts
[ "$(wc -l <starts)" -eq 20 ] || echo "only $(wc -l <starts) alerts seen" >>late
if [ -s late ]; then not_ok '`for` was reset' late; else ok "\`for\` was never reset ($(wc -l <starts) alerts)"; fi
check 'the history needs no repair' ts-eval history verify -s state
run none
if grep -i -E 'corrupt|repair|cannot read' err >bad; then not_ok 'no state file needs repair' bad; else ok 'no state file needs repair'; fi
