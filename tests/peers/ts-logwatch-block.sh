#!/bin/sh
# ts-logwatch --block with nft, ipset and iptables: the real ones, in a
# network namespace of their own; this host's firewall is never touched.
# shellcheck source=tests/whole/lib.sh
. "$(dirname "$0")/../whole/lib.sh"
cd "$work" || exit 3

# shellcheck source=tests/lib/netns.sh
. "$TOP/tests/lib/netns.sh"
netns 'blocking' "$@"
ip addr add 198.51.100.77/32 dev lo
bad_rule >rules.yml
lw() { ts-logwatch --block -s "$work/$state" -r rules.yml "$@"; }

# ---- nft ----
state=nft
attack 203.0.113.9 2001:db8::1 ::ffff:192.0.2.33 >log
check 'nft: three are blocked' lw -o blocks log
nft list table inet ts >table
check 'nft: an IPv4 address' has '203.0.113.9 timeout' table
check 'nft: a mapped one is IPv4' has '192.0.2.33 timeout' table
check 'nft: the /64 of an IPv6 address' has '2001:db8::/64 timeout' table
check 'nft: both rules, once' test "$(grep -c 'drop$' table)" = 2

cp /etc/hosts hosts; echo '203.0.113.50 host.example' >>hosts; mount --bind hosts /etc/hosts
check 'a name that means an address' sh -c 'getent hosts host.example | grep -q 203.0.113.50'
attack 127.0.0.1 198.51.100.77 10.1.1.1 fe80::1 224.0.0.1 0.0.0.0 ::1 '192.0.2.1/0' 'host.example' \
    '1.2.3.4;reboot' "\$(touch$IFS$work/pwned)" '0x7f.1' '192.0.2.256' '203.0.113.9' >log
lw -o blocks log >records 2>err
nft list table inet ts >table2
check 'nft: none that must not be' test "$(grep -c timeout table2)" = "$(grep -c timeout table)"
check 'the own address is refused' has '"ip":"198.51.100.77".*refused.*own' records
check 'a private one is refused' has '"ip":"10.1.1.1".*allow_private' records
check 'nothing ran in a shell' test ! -e pwned
check 'one that is blocked is not blocked again' hasnt '203.0.113.9' records

# One that was blocked half an hour ago.
attack 203.0.113.10 | sed "s/^[^ ]*/$(date -u -d '-30 min' +%FT%TZ)/" >old.log
check 'in virtual time, for what is left of it' lw --clock input -o blocks old.log
nft delete table inet ts
echo nothing | lw -o blocks
nft list table inet ts >table
check 'nft: set up again after a restart' has '203.0.113.9 timeout' table
check 'nft: with the time that remains' has '203.0.113.10 timeout \(29m\|30m \)' table
check 'blocks list' sh -c 'ts-logwatch blocks list -s nft >list && grep -q "203.0.113.9 .* bad " list'
check 'blocks remove' ts-logwatch blocks remove -s nft 203.0.113.9
nft list table inet ts >table
check 'nft: let go' hasnt '203.0.113.9' table
check 'blocks add, a network over addresses' ts-logwatch blocks add -s nft --time 2h 192.0.2.0/24
nft list table inet ts >table
check 'nft: the network' has '192.0.2.0/24 timeout 2h' table
ts-logwatch blocks add -s nft '192.0.2.0/8' '1.2.3.4; reboot' localhost 127.0.0.1 2>err
check 'blocks add refuses' test "$?.$(wc -l <err)" = 1.4
check 'blocks remove --all' sh -c 'ts-logwatch blocks remove -s nft --all && [ -z "$(ts-logwatch blocks list -s nft)" ] && ! nft list table inet ts | grep -q timeout.*expires'
check 'blocks without -s' sh -c 'ts-logwatch blocks list 2>/dev/null; [ $? = 2 ]'

# ---- ipset ----
if command -v ipset >/dev/null && ipset create probe hash:net 2>/dev/null && iptables -w -n -L >/dev/null 2>&1; then
	ipset destroy probe
	state=ipset
	{ cat rules.yml; echo 'block: {backend: ipset}'; } >ipset.yml
	attack 203.0.113.9 2001:db8::1 >log
	check 'ipset: blocked' ts-logwatch --block -s ipset -r ipset.yml -o blocks log
	ipset list >sets
	check 'ipset: IPv4' has '^203.0.113.9 timeout 3[56]' sets
	check 'ipset: IPv6' has '^2001:db8::/64 timeout' sets
	check 'ipset: the rule, once' test "$(iptables -w -S INPUT | grep -c ts4)" = 1
	echo | ts-logwatch --block -s ipset -r ipset.yml -o blocks
	check 'ipset: still once after a restart' test "$(iptables -w -S INPUT | grep -c ts4)" = 1
	ts-logwatch blocks add -s ipset -c ipset.yml --time 60d 203.0.113.80
	check 'ipset: longer than it can count' sh -c 'ipset list ts4 | grep -q "^203.0.113.80 timeout 0"'
	check 'ipset: let go' sh -c 'ts-logwatch blocks remove -s ipset --all && ! ipset list | grep -q "^[0-9].*timeout"'
else
	skip 'ipset' 'the kernel has none here'
fi

# ---- iptables ----
if iptables -w -n -L >/dev/null 2>&1; then
	{ sed 's/time: 1h/time: 4s/' rules.yml; echo 'block: {backend: iptables}'; } >ipt.yml
	attack 203.0.113.9 2001:db8::1 >log
	ts-logwatch --block -r ipt.yml log 2>err
	check 'iptables: needs -s, as it lifts nothing itself' test "$?" = 2
	mkfifo in
	ts-logwatch -f --block -s ipt -r ipt.yml -o blocks in >out 2>err &
	follower=$!; pids="$pids $follower"
	exec 9>in
	attack 203.0.113.9 2001:db8::1 >&9
	check 'iptables: blocked' wait_for 10 has '"action":"block"' out
	check 'iptables: lifted when its time is over' wait_for 30 sh -c 'grep -c unblock out | grep -q 2 && ! iptables -w -S TS | grep -q 203.0.113.9'
	t=$(date -u +%Y-%m-%dT%H:%M:%SZ)
	attack 203.0.113.9 >&9
	check 'iptables: twice as long the second time' wait_for 10 has '"count":2' out
	exec 9>&-
	kill "$follower"; wait "$follower"
else
	skip 'iptables' 'the kernel has none here'
fi

# ---- command ----
cat >ban <<'S'
#!/bin/sh
printf '%s|' "$@" >>"${0%/*}/calls"; env >"${0%/*}/env"; echo >>"${0%/*}/calls"
S
cat >fail <<'S'
#!/bin/sh
echo 'no luck' >&2; exit 7
S
chmod +x ban fail
{ cat rules.yml; printf 'block:\n  backend: command\n  command: [%s/ban, add, "{ip}", "{family}", "{rule}", "x{ip}"]\n  unblock: [%s/ban, del, "{ip}"]\n' "$work" "$work"; } >cmd.yml
attack 203.0.113.9 2001:db8::1 >log
SECRET=x ts-logwatch --block -s cmd -r cmd.yml -o blocks log >out
check 'command: its words' has '^add|203.0.113.9|inet|bad|x{ip}|$' calls
check 'command: IPv6' has '^add|2001:db8::/64|inet6|bad|' calls
check 'command: a clean environment' hasnt 'SECRET\|HOME' env
ts-logwatch blocks remove -s cmd -c cmd.yml 203.0.113.9
check 'command: unblock' has '^del|203.0.113.9|' calls
sed "s,$work/ban,$work/fail," cmd.yml >failing.yml
attack 203.0.113.60 203.0.113.61 >log
ts-logwatch --block -s failing -r failing.yml log >out 2>err
check 'a command that fails is a record, and not the end' test "$?.$(grep -c '"status":7.*no luck' out).$(grep -c alertname out)" = 0.2.2

# ---- limits, without --block ----
{ cat rules.yml; echo 'block: {per_minute: 3, allow: [203.0.113.0/30]}'; } >limit.yml
for i in 1 2 3 4 5 6 7 8 9; do printf '2026-01-01T00:00:00Z bad x from 203.0.113.%s\n' $i $i; done >log
ts-logwatch -r limit.yml log >out
check 'three in a minute' test "$(grep -c '"action":"block"' out)" = 3
check 'an alert instead of more' has 'LogwatchBlockLimit' out
check 'what is allowed' test "$(grep -c 'list of what is allowed' out)" = 3
SSH_CONNECTION='203.0.113.99 5555 192.0.2.1 22' ts-logwatch -r rules.yml -o blocks >out <<L
2026-01-01T00:00:00Z bad x from 203.0.113.99
2026-01-01T00:00:00Z bad x from 203.0.113.99
L
check 'the peer of this SSH session' has 'refused.*SSH session' out
SSH_CONNECTION='203.0.113.98 5555 192.0.2.1 22' sh -c 'env -u SSH_CONNECTION ts-logwatch -r rules.yml -o blocks; true' >out <<L
2026-01-01T00:00:00Z bad x from 203.0.113.98
2026-01-01T00:00:00Z bad x from 203.0.113.98
L
check 'also when sudo hides it' has 'refused.*SSH session' out
echo "1..$n"
