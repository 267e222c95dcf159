#!/bin/sh
# F1-F3, F5: five patterns on an authentication log, counts by capture; one
# event for each line that matches; a brute-force window; memory and wake-ups.
# Beside mtail and perl (same patterns, same counts), grep -P (counting only)
# and fail2ban-regex (other work: twenty patterns and dates), and a bare loop
# around PCRE2's compiled code: what these patterns cost at least.
# shellcheck source=scripts/bench.d/lib.sh
. "$(dirname "$0")/lib.sh"
lines=${BENCH_LINES:-1000000}
awk -v n="$lines" 'BEGIN {
	for (i = 0; i < n; i++) {
		t = sprintf("Jan 21 %02d:%02d:%02d web1 ", i / 3600 % 24, i / 60 % 60, i % 60)
		ip = "10." int(i / 7) % 50 "." i % 40 "." i % 200
		m = i % 10
		if (m == 0) print t "sshd[" i % 9999 "]: Failed password for root from " ip " port " i % 60000 " ssh2"
		else if (m == 1) print t "sshd[" i % 9999 "]: Failed password for invalid user u" i % 500 " from " ip " port " i % 60000 " ssh2"
		else if (m == 2) print t "sshd[" i % 9999 "]: Invalid user u" i % 500 " from " ip " port " i % 60000
		else if (m == 3) print t "sshd[" i % 9999 "]: Accepted publickey for deploy from " ip " port " i % 60000 " ssh2"
		else if (m == 4) print t "sshd[" i % 9999 "]: Connection closed by " ip " port " i % 60000 " [preauth]"
		else print t "CRON[" i % 9999 "]: pam_unix(cron:session): session opened for user root(uid=0) by (uid=0) and so on"
	}
}' >auth.log
cat >five.yml <<'END'
metrics:
- {name: failed, match: '^Failed password for (?:invalid user )?\S+ from (?<ip>\d+\.\d+\.\d+\.\d+) port', labels: {ip: ip}}
- {name: invalid, match: '^Invalid user \S* from (?<ip>\d+\.\d+\.\d+\.\d+)', labels: {ip: ip}}
- {name: accepted, match: '^Accepted \S+ for \S+ from (?<ip>\d+\.\d+\.\d+\.\d+)', labels: {ip: ip}}
- {name: closed, match: '^Connection closed by (?<ip>\d+\.\d+\.\d+\.\d+)', labels: {ip: ip}}
- {name: root_cron, match: '^pam_unix\(cron:session\): session opened for user (?<user>\S+) by nobody', labels: {user: user}}
END
sed -i 's/labels:/limit: 100000, labels:/' five.yml
cat >brute.yml <<'END'
rules:
- {name: brute, match: '^Failed password for (?:invalid user )?(?<user>\S+) from %{IP:ip} port', key: ip, window: 15m, threshold: 5}
END
cat >five.mtail <<'END'
counter failed by ip
counter invalid by ip
counter accepted by ip
counter closed by ip
counter cron by user
/sshd\[\d+\]: Failed password for (?:invalid user )?\S+ from (?P<ip>\d+\.\d+\.\d+\.\d+) port/ {
	failed[$ip]++
}
/sshd\[\d+\]: Invalid user \S* from (?P<ip>\d+\.\d+\.\d+\.\d+)/ {
	invalid[$ip]++
}
/sshd\[\d+\]: Accepted \S+ for \S+ from (?P<ip>\d+\.\d+\.\d+\.\d+)/ {
	accepted[$ip]++
}
/sshd\[\d+\]: Connection closed by (?P<ip>\d+\.\d+\.\d+\.\d+)/ {
	closed[$ip]++
}
/session opened for user (?P<user>\S+) by nobody/ {
	cron[$user]++
}
END
us() { calc "$1 * 1000 / $2" 3; }
lw() { cost -n 5 ts-logwatch --year 2026 --timezone UTC --clock input -F syslog "$@" auth.log; ours=$(us "$cpu_ms" "$lines"); peak=$peak_kib; }

slice=$((lines / 10))
head -n "$slice" auth.log >slice.log
cost mtail -one_shot -logs slice.log -progs five.mtail -logtostderr
mtail=$(us "$cpu_ms" "$slice")
# Into a file: grep stops at the first match when nobody wants its output.
cat >grep.sh <<'END'
exec grep -cP 'sshd\[\d+\]: (?:Failed password for (?:invalid user )?\S+ from|Invalid user \S* from|Accepted \S+ for \S+ from|Connection closed by) \d+\.\d+\.\d+\.\d+|by nobody' auth.log >count
END
cost sh grep.sh
grep=$(us "$cpu_ms" "$lines")
# Every pattern on every line, as ours and mtail's; perl reads no time, and
# has no bound for the tables.
cat >five.re <<'END'
sshd\[\d+\]: Failed password for (?:invalid user )?\S+ from (\d+\.\d+\.\d+\.\d+) port
sshd\[\d+\]: Invalid user \S* from (\d+\.\d+\.\d+\.\d+)
sshd\[\d+\]: Accepted \S+ for \S+ from (\d+\.\d+\.\d+\.\d+)
sshd\[\d+\]: Connection closed by (\d+\.\d+\.\d+\.\d+)
session opened for user (\S+) by nobody
END
{ echo 'while (<>) {'; sed 's,.*,if (/&/) { $n{NR}{$1}++ },' five.re | awk '{ sub(/NR/, NR); print }'; echo '}'; } >five.pl
cat >loop.sh <<'END'
tr '\n' '\0' <five.re | xargs -0 sh -c 'exec jitloop "$@" <auth.log' jitloop
END
cost perl five.pl auth.log
perl=$(us "$cpu_ms" "$lines")
cost -n 5 sh loop.sh
loop=$(us "$cpu_ms" "$lines")
head -n 20000 auth.log >small.log
cost fail2ban-regex small.log sshd
f2b=$(us "$cpu_ms" 20000)

lw -r five.yml -o samples --interval 1d
five=$ours
row F1 "$ours us/line, 5 patterns" "mtail $mtail, grep -P $grep us/line" "$(calc "$mtail / $ours" 1)x" '<=0.25 us; >=16x mtail' "$ours <= 0.25 && $mtail / $ours >= 16"
row F1 "$ours us/line" "perl $perl us/line" "$(calc "$perl / $ours" 1)x" '>=5x' "$perl / $ours >= 5"
row F1 "$ours us/line" "PCRE2's code alone $loop us/line" "$(calc "$loop / $ours" 2)x" '>=0.5x (0.25 us to its 0.12)' "$loop / $ours >= 0.48"
row F1 "$ours us/line" "fail2ban-regex $f2b us/line (other work)" "$(calc "$f2b / $ours" 0)x" '>=100x' "$f2b / $ours >= 100"
lw -o events --where 'process.name == "sshd"'
row F2 "$ours us/line, half of them events" "mtail $mtail us/line" "$(calc "$mtail / $ours" 1)x" '<=0.5 us; >=8x' "$ours <= 0.5 && $mtail / $ours >= 8"
# The difference of two runs: of the least of several, one beside the other.
more=1
for _ in 1 2 3; do
	lw -r five.yml -o samples --interval 1d
	five=$ours
	lw -r five.yml -r brute.yml -o samples --interval 1d
	more=$(calc "$ours - $five < $more ? $ours - $five : $more" 3)
done
row F3 "$more us/line more" '-' '-' '<=0.1 us more' "$more <= 0.1"
lw -o alerts -r brute.yml
row F5 "$(calc "$peak / 1024" 1) MiB" '-' '-' '<=8 MiB and tables' "$peak <= 8192"
# Followed, with nothing to read: how often does it wake up in three seconds?
timeout 60 ts-logwatch -f -o alerts -r brute.yml slice.log >/dev/null 2>&1 &
pids="$pids $!"
sleep 2
wakes() { awk '/^voluntary/ { print $2 }' "/proc/$(pgrep -P "$1" ts-logwatch)/status"; }
before=$(wakes $!)
sleep 3
after=$(wakes $!)
row F5 "$((after - before)) wake-ups in 3 s without input" '-' '-' 'none' "$after - $before == 0"
