#!/bin/sh
# However ts-health ends, nothing that its checks have started lives on: not
# the program of a command check, and not what that one has started.
# shellcheck source=tests/whole/lib.sh
. "$(dirname "$0")/lib.sh"
cd "$work" || exit 3
# A shell that waits for a child of its own; both write down who they are.
cat >plugin <<'X'
#!/bin/sh
echo $$ >>pids
sleep 1000 &
echo $! >>pids
[ -z "${DEAF:-}" ] || trap '' TERM
wait
wait
X
chmod +x plugin
printf 'checks:\n - {name: a, type: command, argv: [./plugin]}\n - {name: b, type: command, shell: "./plugin; true"}\n' >h.yml
started() { [ -s pids ] && [ "$(wc -l <pids)" -ge "$1" ]; }
gone() { while read -r p; do [ ! -d "/proc/$p" ] || grep -q '^State:.Z' "/proc/$p/status" || return 1; done <pids; }
for signal in TERM INT HUP KILL; do
	for follow in '' -f; do
		[ "$follow$signal" != -fTERM ] && [ "$follow$signal" != -fINT ] && [ "$follow$signal" != -fHUP ] || continue
		rm -f pids
		# A shell's background jobs ignore SIGINT
		python3 -B -c 'import os, signal, sys
signal.signal(signal.SIGINT, signal.SIG_DFL)
os.execvp("ts-health", sys.argv[1:])' ts-health -c h.yml $follow >out 2>&1 &
		pid=$! pids="$pids $!"
		wait_for 10 started 4
		kill -$signal $pid
		wait $pid 2>/dev/null
		check "SIG$signal${follow:+ with -f}" wait_for 10 gone
	done
done
# Past the deadline too, when SIGTERM does not impress it.
for deaf in '' 1; do
	rm -f pids
	printf 'checks:\n - {name: a, type: command, argv: [./plugin], env: {DEAF: "%s"}, timeout: 300ms}\n' "$deaf" >h2.yml
	timeout -s KILL 20 ts-health -c h2.yml >out 2>err
	check "a deadline${deaf:+, and deaf}: what is told" sh -c 'jq -e "[.status, .error] == [\"unhealthy\", \"no answer within 0.3s\"]" out'
	check "a deadline${deaf:+, and deaf}" wait_for 10 gone
done
