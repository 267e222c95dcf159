#!/bin/sh
# ts-logwatch --block over time: open, shut and open again; open connections;
# crashes, restarts, failures; the timers of ours in virtual time.  With the
# real firewalls in a network namespace of their own.
# shellcheck source=tests/whole/lib.sh
. "$(dirname "$0")/../whole/lib.sh"
cd "$work" || exit 3
# shellcheck source=tests/lib/netns.sh
. "$TOP/tests/lib/netns.sh"
netns 'blocking over time' "$@"
neighbour 203.0.113.9 203.0.113.10 2001:db8:9::1
bad_rule >rules.yml
# Long enough to be seen on a busy machine: time starts with the line.
sed 's/time: 1h/time: 5s/' rules.yml >short.yml
# conf NAME TEXT: the rules and a section `block`
conf() { { cat rules.yml; printf 'block: {%s}\n' "$2"; } >"$1"; }
# fails COMMAND: it does
fails() { ! "$@"; }
table() { nft list table inet ts; }
# What ts-logwatch finds first: programs that note how they are called.
mkdir local; mount --bind local /usr/local/sbin

# ---- open, shut, open ----
for a in 203.0.113.9 2001:db8:9::1; do
	case $a in *:*) of=IPv6 ;; *) of=IPv4 ;; esac
	check "$of: packets pass before" pings $a
	attack $a >log
	ts-logwatch --block -s open -r short.yml -o blocks log >out
	check "$of: not while it is blocked" fails pings $a
	check "$of: others do" pings 203.0.113.10
	check "$of: again when its time is over" wait_for 20 pings $a
done
check 'the next run says so' sh -c 'echo | ts-logwatch --block -s open -r short.yml -o blocks | grep -c "\"action\":\"unblock\".*\"status\":null" | grep -qx 1'

# ---- open connections ----
cat >listen.py <<'P'
import select, socket
s = socket.create_server(('198.51.100.77', 0))
print(s.getsockname()[1], flush=True)
peer = dict(s.accept() for _ in range(2))
print('both', flush=True)
while True:
    for c in select.select(peer, [], [])[0]:
        try:
            print(peer[c][0], c.recv(99).decode().strip(), flush=True)
        except OSError as e:
            print(peer.pop(c)[0], e, flush=True)
P
cat >connect.py <<'P'
import socket, sys
s = [socket.create_connection(('198.51.100.77', int(sys.argv[1])), source_address=(a, 0))
     for a in ('203.0.113.9', '203.0.113.10')]
for line in sys.stdin:
    for c in s:
        c.send(line.encode())
P
mkfifo hold; exec 8<>hold
python3 listen.py >heard 8>&- & pids="$pids $!"
wait_for 10 test -s heard
nsenter -t "$there_pid" -n python3 connect.py "$(head -n 1 heard)" <hold 8>&- & pids="$pids $!"
wait_for 10 has both heard
connected() { ss -Htn state established src 198.51.100.77 dst "$1" | grep -q .; }
check 'two connections are open' connected 203.0.113.9
echo one >&8
check 'both talk' wait_for 10 sh -c 'grep -c "one$" heard | grep -qx 2'
attack 203.0.113.9 >log
ts-logwatch --block -s talk -r rules.yml -o blocks log >out
echo two >&8
wait_for 10 has '203.0.113.10 two' heard
check 'one that is open is shut as well' hasnt '203.0.113.9 two' heard
ts-logwatch blocks remove -s talk --all
attack 203.0.113.9 >log
conf kill.yml 'kill: true'
ts-logwatch --block -s kill -r kill.yml -o blocks log >out
if zgrep -q '^CONFIG_INET_DIAG_DESTROY=y' /proc/config.gz 2>/dev/null || ss -HK dst 203.0.113.10 2>/dev/null | grep -q .; then
	check 'kill: its connection ends' fails connected 203.0.113.9
	check 'kill: and no other' connected 203.0.113.10
else
	skip 'kill: its connection ends' 'the kernel does not end connections'
fi
cat >local/ss <<S
#!/bin/sh
echo "\$*" >>$work/ss.calls; exit 1
S
chmod +x local/ss
attack 192.0.2.9 2001:db8:66::1 >log
ts-logwatch --block -s kill -r kill.yml -o blocks log >out
check 'kill: by ss -K, which may fail' sh -c 'printf "%s\n" "-K dst 192.0.2.9" "-K dst 2001:db8:66::/64" | cmp - ss.calls && grep -c "\"status\":0" out | grep -qx 2'
rm local/ss
ts-logwatch blocks remove -s kill --all

# ---- once is enough ----
cat >local/nft <<S
#!/bin/sh
echo "\$*" >>$work/nft.calls
exec /usr/sbin/nft "\$@"
S
chmod +x local/nft
calls() { grep -c "$1" nft.calls; }
: >nft.calls
{ attack 203.0.113.9; attack 203.0.113.9; } >log
ts-logwatch --block -s once -r rules.yml -o blocks log >out
check 'four lines are one call' test "$(wc -l <out).$(calls 'add element')" = 1.1
ts-logwatch blocks add -s once 192.0.2.0/24
attack 192.0.2.1 192.0.2.200 203.0.113.9 >log; : >nft.calls
ts-logwatch --block -s once -r rules.yml -o blocks log >out
check 'what a wider block covers is no call' test "$(wc -c <out).$(calls 'add element')" = 0.0
ts-logwatch blocks add -s once 198.51.100.128
ts-logwatch blocks add -s once 198.51.100.129
nft list set inet ts ts4 >ts4
# The host's own /24 is none of a neighbour's business.
check 'neighbours can be blocked' sh -c 'grep -q "198.51.100.128 " ts4 && grep -q "198.51.100.129 " ts4'
: >nft.calls
echo | ts-logwatch --block -s once -r rules.yml
check 'a restart is one call for all' test "$(tr '\n' '|' <nft.calls)" = '-f -|-f -|'
check 'and changes nothing' sh -c 'nft list set inet ts ts4 | grep -o "[0-9./]* timeout" | sort >a; grep -o "[0-9./]* timeout" ts4 | sort | cmp - a'
nft flush set inet ts ts4
ts-logwatch blocks remove -s once 203.0.113.9
check 'to let go what is gone is no error' test "$?" = 0
# Without state what the kernel still has is set anew.
nft add element inet ts ts4 '{ 203.0.113.9 timeout 90s }'
attack 203.0.113.9 >log
ts-logwatch --block -r rules.yml -o blocks log >out
check 'without -s the time is set anew' sh -c 'nft list set inet ts ts4 | grep -q "203.0.113.9 timeout \(1h\|59m\)"'
# One that the kernel refuses costs itself.
nft flush set inet ts ts4
nft add element inet ts ts4 '{ 192.0.2.0/25 }'
attack 203.0.113.10 >log
ts-logwatch --block -s once -r rules.yml -o blocks log >out 2>err
check 'a conflict in the kernel costs itself' sh -c "[ $? = 0 ] && [ \$(grep -c 'cannot block 192.0.2.0/24' err) = 1 ] &&
    nft list set inet ts ts4 | grep -c '198.51.100.12[89]\|203.0.113.10' | grep -qv 0"
rm local/nft
nft delete table inet ts

# ---- limits ----
conf max.yml 'max: 2'
attack 203.0.113.1 203.0.113.2 203.0.113.3 203.0.113.1 >log
ts-logwatch --block -s max -r max.yml log >out
check 'max: two' test "$(table | grep -c '203.0.113.[12] timeout.*203.0.113.[12] timeout').$(grep -c '203.0.113.3.*refused.*so many are' out)" = 1.1
check 'max: people are told' test "$(grep -c '"alertname":"LogwatchBlockLimit".*so many are blocked already' out)" = 1
ts-logwatch blocks remove -s max 203.0.113.1
attack 203.0.113.1 >log
ts-logwatch --block -s max -r max.yml log >out
check 'max: and after one is let go' has '203.0.113.1".*"status":0' out
conf minute.yml 'per_minute: 3'
for i in 1 2 3 4 5 6 7 8; do
	printf '2026-01-01T00:00:%02dZ bad x from 203.0.113.%s\n' $i $i $i $i
done >log
printf '2026-01-01T00:01:%02dZ bad x from 203.0.113.9\n' 1 1 >>log
ts-logwatch -r minute.yml log >out
check 'per_minute: three, then one a minute later' test "$(grep -c '"action":"block"' out).$(grep -c 'refused.*in this minute' out).$(tail -n 1 out | grep -c '"203.0.113.9".*"block"')" = 4.5.1
check 'per_minute: people are told once' test "$(grep -c LogwatchBlockLimit out)" = 1

# ---- what this host is ----
ip route add default via 198.51.100.78
ip -6 route add default via 2001:db8:99::1 dev v0 onlink
printf 'nameserver 203.0.113.53\n' >resolv.conf
mount --bind resolv.conf /etc/resolv.conf
attack 198.51.100.78 203.0.113.53 2001:db8:99::1 198.51.100.77 >log
ts-logwatch --block -s self -r rules.yml -o blocks log >out
check 'the gateway' has '198.51.100.78.*refused.*gateway' out
check 'the IPv6 gateway' has '2001:db8:99::.*refused.*gateway' out
check 'the resolver' has '203.0.113.53.*refused.*resolver' out
mkfifo in
ts-logwatch -f --block -s self -r rules.yml -o blocks <in >out 2>err & pids="$pids $!"
exec 9>in
attack 203.0.113.60 >&9
wait_for 10 has 203.0.113.60 out
ip addr add 203.0.113.61/32 dev lo
attack 203.0.113.61 >&9
check 'an address that it got since' wait_for 10 has '203.0.113.61.*refused.*own' out
check 'which was never blocked' fails has '203.0.113.61.*"action":"block"' out
exec 9>&-

# ---- failures ----
cat >fail <<'S'
#!/bin/sh
echo 'no luck' >&2; exit 7
S
cat >die <<S
#!/bin/sh
kill -9 \$PPID
S
cat >note <<S
#!/bin/sh
echo "\$*" >>$work/calls
S
chmod +x fail die note
conf failing.yml "backend: command, command: [$work/fail, '{ip}'], unblock: [$work/note, del, '{ip}']"
attack 203.0.113.9 203.0.113.10 >log
ts-logwatch --block -s failing -r failing.yml log >out 2>err
check 'a failure is in the record, and not the end' test "$?.$(grep -c '"status":7,"error":".*no luck"' out).$(grep -c alertname out).$(grep -c 'no luck' err)" = 0.2.2.2
check 'what was not blocked is not kept' sh -c '[ -z "$(ts-logwatch blocks list -s failing)" ]'
sed "s,$work/fail,$work/nowhere," failing.yml >missing.yml
attack 203.0.113.9 >log
ts-logwatch --block -s failing -r missing.yml -o blocks log >out 2>err
check 'so is a command that is missing' has '"status":127,"error":' out

# ---- crashes ----
conf dying.yml "backend: command, command: [$work/die], unblock: [$work/note, del, '{ip}']"
conf noting.yml "backend: command, command: [$work/note, add, '{ip}', '{until}'], unblock: [$work/note, del, '{ip}']"
conf dying2.yml "backend: command, command: [$work/note, add, '{ip}', '{until}'], unblock: [$work/die]"
: >calls
attack 203.0.113.9 >log
ts-logwatch --block -s crash -r dying.yml log >/dev/null 2>&1
check 'killed between the record and the command' test "$?" = 137
until=$(ts-logwatch blocks list -s crash -o json | jq -r .until)
echo | ts-logwatch --block -s crash -r noting.yml -o blocks
check 'the next run does it, until the same time' test "$(cat calls)" = "add 203.0.113.9 $until"
ts-logwatch blocks remove -s crash -c dying2.yml 203.0.113.9 2>/dev/null
check 'killed before it is let go: it is known' sh -c '[ $? = 137 ] || ts-logwatch blocks list -s crash | grep -q 203.0.113.9'
ts-logwatch blocks remove -s crash -c noting.yml 203.0.113.9
check 'and can be let go' sh -c 'tail -n 1 calls | grep -qx "del 203.0.113.9" && [ -z "$(ts-logwatch blocks list -s crash)" ]'
ts-logwatch blocks add -s crash -c noting.yml --time 1s 203.0.113.10
check 'its time is over' wait_for 10 sh -c '[ -z "$(ts-logwatch blocks list -s crash)" ]'
echo | ts-logwatch --block -s crash -r dying2.yml -o blocks >/dev/null 2>&1
check 'killed while it was lifted' test "$?" = 137
: >calls
echo | ts-logwatch --block -s crash -r noting.yml -o blocks >out
check 'the next run lifts it' test "$(cat calls).$(grep -c unblock out)" = 'del 203.0.113.10.1'
: >calls
echo | ts-logwatch --block -s crash -r noting.yml -o blocks >out
check 'once' test ! -s calls

# ---- our own timers, in virtual time ----
# span NAME CONFIG SHOWS: blocked for an hour of the log, SHOWS prints it
span() {
	ts-logwatch -f --block --clock input -s "span-$1" -r "$2" -o blocks <in >out 2>err &
	spanner=$!; pids="$pids $spanner"
	exec 9>in
	printf '2026-01-01T00:00:00Z bad joe from %s\n' 203.0.113.9 203.0.113.9 2001:db8:9::1 2001:db8:9::1 >&9
	check "$1: blocked" wait_for 20 sh -c 'grep -c "\"action\":\"block\".*\"status\":0" out | grep -qx 2'
	$3 >shown
	[ "$1" != ufw ] || check 'ufw: a comment with the rule' has '203.0.113.9 .*# ts-bad' shown
	check "$1: both are there" sh -c 'grep -q 203.0.113.9 shown && grep -q 2001:db8:9:: shown'
	printf '2026-01-01T00:59:59Z nothing\n2026-01-01T00:59:59Z bad joe from 203.0.113.77\n2026-01-01T00:59:59Z bad joe from 203.0.113.77\n' >&9
	wait_for 20 has 203.0.113.77 out
	check "$1: a second before the hour nothing is lifted" hasnt unblock out
	printf '2026-01-01T01:00:00Z nothing\n' >&9
	check "$1: lifted after the hour" wait_for 20 sh -c 'grep "\"action\":\"unblock\",\"time\":\"2026-01-01T01:00:00Z\"" out | grep -c "\"status\":0" | grep -qx 2'
	$3 >shown
	check "$1: both are gone, and the later one is not" sh -c 'grep -q 203.0.113.77 shown && ! grep -q "203.0.113.9\|2001:db8:9::" shown'
	exec 9>&-
	wait $spanner
	check "$1: the end unblocks nobody" sh -c "$3 | grep -q 203.0.113.77"
}
shown_command() { awk '/^add/ { on[$2] = 1 } /^del/ { delete on[$2] } END { for (a in on) print a }' "${work:-.}/calls"; }
: >calls
cat >shown_command <<S
#!/bin/sh
awk '/^add/ { on[\$2] = 1 } /^del/ { delete on[\$2] } END { for (a in on) print a }' $work/calls
S
printf '#!/bin/sh\niptables -w -S TS; ip6tables -w -S TS\n' >shown_iptables
printf '#!/bin/sh\nufw status\n' >shown_ufw
chmod +x shown_*
PATH=$PATH:$work
span command noting.yml shown_command
if iptables -w -n -L >/dev/null 2>&1; then
	conf ipt.yml 'backend: iptables'
	span iptables ipt.yml shown_iptables
	ts-logwatch blocks add -s span-iptables -c ipt.yml 203.0.113.78
	echo | ts-logwatch --block -s span-iptables -r ipt.yml -o blocks
	check 'iptables: not twice after a restart' test "$(iptables -w -S TS | grep -c 203.0.113.78).$(iptables -w -S INPUT | grep -c 'j TS')" = 1.1
	iptables -w -D TS -s 203.0.113.78 -j DROP
	check 'iptables: to let go what is gone is no error' ts-logwatch blocks remove -s span-iptables -c ipt.yml 203.0.113.78
else
	skip 'iptables' 'the kernel has none here'
fi

# ---- ufw ----
# Its files are copies that only this mount namespace sees.
if command -v ufw >/dev/null && mkdir ufw && cp -a /etc/ufw/. ufw/ && mount --bind ufw /etc/ufw &&
    mount -t tmpfs none /run && ufw --force enable >ufw.log 2>&1 && ufw status | grep -q 'Status: active'; then
	conf ufw.yml 'backend: ufw'
	span ufw ufw.yml shown_ufw
	ufw prepend deny from 2001:db8:1::/64 >/dev/null
	ufw prepend deny from 203.0.113.9 comment ts-bad >/dev/null
	attack 203.0.113.9 >log
	ts-logwatch --block -s span-ufw -r ufw.yml -o blocks log >out
	check 'ufw: a rule that is there is no error' sh -c 'grep -q "\"status\":0" out && ufw status | grep -c "DENY *203.0.113.9 " | grep -qx 1'
	check 'ufw: let go' ts-logwatch blocks remove -s span-ufw -c ufw.yml 203.0.113.9
	ufw status >shown
	check 'ufw: which is seen' sh -c 'grep -q "Status: active" shown && ! grep -q "203.0.113.9 " shown && grep -q "2001:db8:1::/64 " shown'
	check 'ufw: again is no error' sh -c '! ts-logwatch blocks remove -s span-ufw -c ufw.yml 203.0.113.9 2>err && grep -q "not blocked" err'
	cp die local/ufw
	ts-logwatch --block -s crash-ufw -r ufw.yml log >/dev/null 2>&1
	cat >local/ufw <<-S
	#!/bin/sh
	[ "\$1" = status ] && exec /usr/sbin/ufw "\$@"
	kill -9 \$PPID
	S
	ts-logwatch --block -s crash-ufw -r ufw.yml log >/dev/null 2>&1
	check 'ufw: killed between the record and the command' sh -c 'ts-logwatch blocks list -s crash-ufw | grep -q 203.0.113.9'
	cat >local/ufw <<-S
	#!/bin/sh
	echo "\$*" >>$work/ufw.calls; exec /usr/sbin/ufw "\$@"
	S
	echo | ts-logwatch --block -s crash-ufw -r ufw.yml
	check 'ufw: the next run does it' sh -c 'ufw status | grep -q "203.0.113.9 .*ts-bad"'
	: >ufw.calls
	echo | ts-logwatch --block -s crash-ufw -r ufw.yml
	check 'ufw: and the one after that need not' test "$(cat ufw.calls)" = status
	rm local/ufw
	ufw disable >/dev/null
	ts-logwatch --block -s off-ufw -r ufw.yml log >/dev/null 2>err
	check 'ufw: not active is said at once' sh -c "[ $? = 3 ] && grep -q 'Status: active' err"
else
	skip 'ufw' "it does not run here: $(tail -n 1 ufw.log 2>/dev/null)"
fi
echo "1..$n"
