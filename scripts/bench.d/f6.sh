#!/bin/sh
# F6, F5: all shipped rules on a mixed log of 500 MB (BENCH_MB), beside mtail
# and grep -P with the same expressions, fail2ban-regex and goaccess, which do
# other work; memory at a tenth of it and at all of it.  Peers read a slice.
# shellcheck source=scripts/bench.d/logs.sh
. "$(dirname "$0")/logs.sh"
mb=${BENCH_MB:-500}
mixed "$mb" >mixed.log
lines=$(wc -l <mixed.log)
head -n $((lines / 10)) mixed.log >tenth.log
head -n 20000 mixed.log >small.log
grep sshd small.log >sshd.log
grep HTTP/1.1 tenth.log | grep -v '\[error\]' >access.log
rules="$TOP/examples/logwatch/rules"

# expressions [-m]: those of sshd, sudo and nginx without the anchors, for a
# line has more than a message; -m: without what RE2 has not
expressions() {
	cat "$rules/sshd.yml" "$rules/sudo.yml" "$rules/nginx.yml" |
	    sed -n "s/^  \(- \|match: \)'\(.*\)'$/\2/p" |
	    sed -e 's/%{SSHD_HEAD}/(?:error: |fatal: )?/; s/%{SSHD_TAIL}/(?: port \\d+)?(?: \\[preauth\\])?\\s*$/' \
	    -e 's/%{IP:ip}/[0-9a-f.:]+/; s/%{IPORHOST:ip}/[0-9A-Za-z.:-]+/; s/(?<[a-z]*>/(?:/g; s/^^//' \
	    -e 's/^(?i)^[^(]*/(?i)/; /%{/d' |
	    if [ "${1:-}" = -m ]; then sed 's/(?![^()]*([^()]*))//; s,/,\\/,g'; else cat; fi
}
expressions | paste -sd '|' >all.re
expressions -m | awk '{ printf "counter c%d\n/%s/ {\n\tc%d++\n}\n", NR, $0, NR }' >all.mtail
# shellcheck disable=SC2016
echo 'exec grep -cP "$(cat all.re)" tenth.log >count' >grep.sh

lw() {
	cost ts-logwatch --year 2026 --timezone UTC --clock input -r "$rules/sshd.yml" -r "$rules/nginx.yml" \
	    -r "$rules/sudo.yml" -r "$rules/apache.yml" -r "$rules/postfix.yml" -r "$rules/postgresql.yml" -o alerts "$1"
}
lw tenth.log
tenth=$peak_kib
lw mixed.log
ours=$(calc "$cpu_ms * 1000 / $lines" 3) peak=$peak_kib
rate="$ours us/line, $(calc "1 / $ours") M lines, $(calc "$mb * 1000 / $cpu_ms" 0) MB/CPU-s"
# peer NAME LINES RATIO: what it costs, beside ours
peer() {
	it=$(calc "$cpu_ms * 1000 / $2" 3)
	row F6 "$rate" "$1 $it us/line" "$(calc "$it / $ours" 1)x" ">=${3}x" "$it / $ours >= $3"
	rate=same
}
cost mtail -one_shot -logs small.log -progs all.mtail -logtostderr
peer mtail 20000 16
cost sh grep.sh
peer 'grep -cP' "$(wc -l <tenth.log)" 1
cost fail2ban-regex sshd.log sshd
peer 'fail2ban-regex (other work)' "$(wc -l <sshd.log)" 20
cost goaccess access.log --log-format='%h %^[%d:%t %^] "%r" %s %b "%R" "%u" rt=%T' --date-format=%d/%b/%Y --time-format=%T -o report.json --no-global-config
peer 'goaccess (other work)' "$(wc -l <access.log)" 10
row F5 "$(calc "$peak / 1024" 1) MiB at $mb MB" "$(calc "$tenth / 1024" 1) MiB at a tenth" "$(calc "$peak / $tenth")x" '<=1.05x' "$peak / $tenth <= 1.05"
