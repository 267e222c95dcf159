#!/bin/sh
# ts-logwatch --act with the real nft in a network namespace: who reads the
# logs cannot change the firewall, who can reads no logs, and believes little.
# shellcheck source=tests/whole/lib.sh
. "$(dirname "$0")/../whole/lib.sh"
cd "$work" || exit 3
# shellcheck source=tests/lib/netns.sh
. "$TOP/tests/lib/netns.sh"
netns '--act' "$@"
neighbour 203.0.113.9
bad_rule >rules.yml
in_set() { nft list table inet ts | grep -q -e "$1"; }
not_in_set() { ! in_set "$1"; }

# ---- two users and a pipe ----
reader=65534 actor=65533
chmod 755 "$work"; mkdir bin log act
cp "$(command -v ts-logwatch)" bin/
PATH=$work/bin:$PATH
: >log/auth.log
chmod 700 log act
chown -R $reader log 2>/dev/null; chown $actor act 2>/dev/null
as_reader=$(privileges $reader -all) as_actor=$(privileges $actor -all,+net_admin)
# Without privileges the one cannot do what the other does, and the reverse.
# shellcheck disable=SC2086
! $as_reader nft add table inet no 2>/dev/null
check 'who reads cannot block' test "$?" = 0
if setpriv --reuid $actor true 2>/dev/null; then
	$as_actor cat log/auth.log >out 2>/dev/null
	check 'who blocks cannot read' test "$?" = 1
else
	skip 'who blocks cannot read' 'there is one user here'
fi
mkfifo wire
$as_actor ts-logwatch --act -s act -r rules.yml <wire >acted 2>actor.err &
acting=$!; pids="$pids $acting"
$as_reader ts-logwatch -f -r rules.yml -o alerts,blocks log/auth.log >wire 2>reader.err &
reading=$!; pids="$pids $reading"
check 'the way is open before' pings 203.0.113.9
check 'the table is made' wait_for 10 in_set ts4
# Lines that are there before it follows are none of its business.
wait_for 10 sh -c "grep -q auth.log /proc/$reading/fdinfo/* || ls -l /proc/$reading/fd | grep -q auth.log"
attack 203.0.113.9 2001:db8::1 198.51.100.77 >>log/auth.log
check 'what one finds the other blocks' wait_for 10 in_set 203.0.113.9
check 'for the time of the rule' in_set '203.0.113.9 timeout 1h[ ,]'
check 'a /64' wait_for 10 in_set '2001:db8::/64 timeout 1h'
! pings 203.0.113.9 >/dev/null
check 'nothing comes from there any more' test "$?" = 0
check 'a record of the deed' wait_for 10 has '203.0.113.9.*"action":"block".*"dry_run":false,"status":0' acted
check 'the alert passes' has '^{"labels":{"alertname":"bad","ip":"203.0.113.9"' acted
check 'a refusal passes' wait_for 10 has '198.51.100.77.*refused.*own' acted
check 'it is in the state' sh -c 'ts-logwatch blocks list -s act | grep -q "^203.0.113.9 .* bad *bad manners"'
kill $reading; wait $reading
check 'the end of the pipe is its end' wait_for 10 sh -c "! kill -0 $acting 2>/dev/null"
wait $acting
check 'with status 0 and no message' test "$?.$(cat reader.err actor.err | wc -c)" = 0.0

# ---- records that are forged ----
ip addr add 203.0.113.200/32 dev lo
soon=$(date -u -d '+30 min' +%Y-%m-%dT%H:%M:%SZ)
# forge MEMBERS ...: records with these instead
forge() {
	printf '%s\n' "$@" | sed 's/.*/{type: "block", ip: "203.0.113.66", prefix: 32, action: "block", until: $u, rule: "r"} + {&},/; $s/,$//' >forge.jq
	jq -cn --arg u "$soon" -f forge.jq
}
{
	forge 'ip: "203.0.113.66; reboot"' 'ip: "$(touch pwned)"' 'ip: "host.example"'
	forge 'ip: "localhost"' 'ip: ""' 'ip: null' 'ip: 3405803842' 'ip: ["203.0.113.66"]'
	forge 'ip: "203.0.113.66/0"' 'ip: "203.0.113.66\u0000"' 'ip: "203.0.113.66\n"' 'ip: "0xcb.0.113.66"'
	forge 'ip: "fe80::1%lo"' 'ip: "::ffff:203.0.113.66", prefix: 24' 'ip: "-A"'
	forge 'prefix: 33' 'prefix: -1' 'prefix: 31.5' 'prefix: "32"' 'prefix: 1e99'
	forge 'action: "exec"' 'action: null' 'action: ["block"]'
	forge 'until: "9999-12-31T23:59:59Z"' 'until: null' 'until: "soon"' 'until: 4102444800' 'until: "2026-02-30T00:00:00Z"'
	forge 'rule: "r; reboot"' 'rule: "--comment"' 'rule: ""' 'rule: null' 'rule: "hand"'
	forge "rule: \"$(head -c 65 /dev/zero | tr '\0' r)\"" 'argv: ["touch", "pwned"], ip: "nobody"'
	echo '{"type":"block","ip":"203.0.113.66"'; printf '{"type":"block","ip":"203.0.113.66\377","action":"block","rule":"r"}\n'
	echo 'nft add element inet ts ts4 { 203.0.113.66 }'
} >nonsense
# What is well said and must not be all the same.
{
	forge 'prefix: 0' 'prefix: 23' 'ip: "::", prefix: 0' 'ip: "2001:db8:66::", prefix: 47'
	forge 'ip: "127.0.0.1"' 'ip: "::1", prefix: 128' 'ip: "::ffff:127.0.0.1", prefix: 128'
	forge 'ip: "203.0.113.200"' 'ip: "203.0.113.0", prefix: 24' 'ip: "10.0.0.1"' 'ip: "192.168.1.0", prefix: 24'
	forge 'ip: "224.0.0.1"' 'ip: "0.0.0.0"' 'ip: "255.255.255.255"' 'ip: "169.254.1.1"' 'ip: "fe80::1", prefix: 128'
} >forbidden
# What is over, or of another kind.
{ forge 'until: "2020-01-01T00:00:00Z"' 'type: "event"' 'type: null' 'type: "block", action: "refused"'; } >nothing

nft flush set inet ts ts4; nft flush set inet ts ts6
ts-logwatch --act <nonsense >out 2>err; rc=$?
check 'nonsense: a message for each line' test "$rc.$(wc -l <err)" = "1.$(wc -l <nonsense)"
check 'nonsense: where it stands' sh -c "cut -d: -f1-3 err | diff - - <<L
$(n_=0; while read -r _; do n_=$((n_ + 1)); echo "ts-logwatch: stdin:$n_"; done <nonsense)
L"
check 'nonsense: nothing else' test ! -s out
ts-logwatch --act <forbidden >out 2>err; rc=$?
check 'forbidden: a refusal for each' test "$rc.$(grep -c '"action":"refused".*"argv":\[\]' out)" = "0.$(wc -l <forbidden)"
ts-logwatch --act <nothing >out 2>err; rc=$?
check 'what is over or not ours passes or is passed over' test "$rc.$(wc -l <out).$(wc -l <err)" = 0.3.0
{ head -c 300000 /dev/urandom; echo; } | ts-logwatch --act >out 2>err
check 'bytes of any kind' test "$?" = 1
{ head -c 20000000 /dev/zero | tr '\0' '{'; echo; forge 'ip: "203.0.113.70"'; } | ts-logwatch --act >out 2>err
check 'a line without end costs itself' sh -c "[ $? = 1 ] && grep -q 'stdin:1: line too long' err && grep -q '203.0.113.70.*status\":0' out"
nft list table inet ts >table
check 'of all this one address is blocked' test "$(grep -c 'timeout .*expires' table).$(grep -o '[0-9.]* timeout' table)" = '1.203.0.113.70 timeout'
check 'nothing ran' test ! -e pwned
forge 'ip: "203.0.113.71", argv: ["touch", "pwned"], backend: "command", error: 7, status: "x", count: -1' | ts-logwatch --act >out 2>err
check 'argv is not run' sh -c 'grep -q "\"argv\":\[\"nft\",\"add\"" out && [ ! -e pwned ] && ! [ -s err ]'

# ---- its own configuration decides ----
printf 'block: {max_time: 10m, per_minute: 3, allow: [203.0.113.80]}\n' >act.yml
forge 'ip: "203.0.113.72"' | ts-logwatch --act -c act.yml >out 2>err
check 'max_time' sh -c '[ ! -s out ] && grep -q "later than max_time" err'
soon=$(date -u -d '+9 min' +%Y-%m-%dT%H:%M:%SZ)
forge 'ip: "203.0.113.80"' | ts-logwatch --act -c act.yml >out 2>err
check 'allow' has 'refused.*list of what is allowed' out
forge 'ip: "203.0.113.101"' 'ip: "203.0.113.102"' 'ip: "203.0.113.103"' 'ip: "203.0.113.104"' 'ip: "203.0.113.105"' | ts-logwatch --act -c act.yml >out 2>err
check 'per_minute' test "$(grep -c 'action":"block"' out).$(grep -c refused out).$(grep -c LogwatchBlockLimit out)" = 3.2.1
{ cat rules.yml; echo 'block: {max_time: 10m}'; } >both.yml
forge 'ip: "203.0.113.73", rule: "bad"' | ts-logwatch --act -r both.yml >out 2>err
check 'a rule that it knows: its own time' has '"ip":"203.0.113.73".*"reason":"bad manners".*"timeout","3600s"' out
forge 'ip: "203.0.113.74"' | ts-logwatch --act -n >out
check '-n only says so' sh -c 'grep -q "203.0.113.74.*\"dry_run\":true,\"status\":null" out && ! nft list table inet ts | grep -q 203.0.113.74'
printf '%s\n' 'block: {backend: iptables}' >ipt.yml
ts-logwatch --act -c ipt.yml </dev/null 2>err
check 'what does not expire by itself needs -s' sh -c "[ $? = 2 ] && grep -q 'needs -s' err"
ts-logwatch --act -o events </dev/null 2>err
check 'no other output' test "$?.$(grep -c 'alerts and blocks' err)" = 2.1

# ---- again, and back ----
{ forge 'ip: "203.0.113.90"' 'ip: "203.0.113.90"' 'ip: "203.0.113.90", rule: "other"'; } | ts-logwatch --act -s again >out 2>err
check 'three times the same is one call' test "$(wc -l <out).$(wc -c <err)" = 1.0
{ forge 'ip: "203.0.113.90"' 'ip: "203.0.113.91"'; } | ts-logwatch --act -s again >out
check 'also by the next process' test "$(wc -l <out).$(grep -c 203.0.113.91 out)" = 1.1
ts-logwatch blocks add -s again 203.0.113.92
{ forge 'ip: "203.0.113.91", action: "unblock", until: "2020-01-01T00:00:00Z"' 'ip: "203.0.113.92", action: "unblock"'
	forge 'ip: "203.0.113.93", action: "unblock"' 'ip: "203.0.113.90", action: "unblock"'; } | ts-logwatch --act -s again >out
check 'unblock: before its time, not what people blocked' test "$(grep -c unblock out).$(grep -c 203.0.113.90 out)" = 1.1
nft list set inet ts ts4 >table
check 'unblock: it is gone' sh -c 'grep -q 203.0.113.91 table && grep -q 203.0.113.92 table && ! grep -q 203.0.113.90 table'

# ---- a FIFO between two units ----
ts-logwatch --act -f -s fifo wire >out 2>err &
acting=$!; pids="$pids $acting"
forge 'ip: "203.0.113.120"' >wire
check 'one writer' wait_for 10 has 203.0.113.120 out
forge 'ip: "203.0.113.121"' >wire
check 'and the next' wait_for 10 has 203.0.113.121 out
kill -USR1 $acting
check 'SIGUSR1 counts' wait_for 10 has '2 lines, 2 of them blocks' err
kill -TERM $acting; wait $acting
check 'SIGTERM ends it' test "$?" = 0
check 'stopping unblocks nobody' in_set 203.0.113.121
# systemd's own way: the FIFO open for both, as standard input.
ts-logwatch --act <>wire >out 2>err &
acting=$!; pids="$pids $acting"
forge 'ip: "203.0.113.122"' >wire
check 'a FIFO as standard input' wait_for 10 has 203.0.113.122 out
forge 'ip: "203.0.113.123"' >wire
check 'which does not end with its writer' wait_for 10 has 203.0.113.123 out
kill $acting; wait $acting
echo "1..$n"
