#!/bin/sh
# ts-maint stopped and killed halfway: nothing of a task goes on, the lock is
# free again, the audit log is whole.
# shellcheck source=tests/whole/lib.sh
. "$(dirname "$0")/lib.sh"
cd "$work" || exit 3
cat >m.yml <<'E'
global: {lock_dir: locks}
plans:
  - name: p
    tasks:
      - {name: a, kind: command, argv: [sh, -c, 'sleep 300 & echo $! >pid.new; mv pid.new pid; wait']}
      - {name: b, kind: command, argv: [echo, hi]}
tasks: [{name: quick, kind: command, argv: [echo, hi]}]
E
gone() { ! kill -0 "$(cat pid)" 2>/dev/null || grep -q '^State:.Z' "/proc/$(cat pid)/status"; }
for how in TERM INT KILL; do
	rm -f pid
	ts-maint run -c m.yml -s st -o json p >out 2>err & run=$!
	pids="$pids $run"
	wait_for 20 test -e pid
	kill -$how $run
	wait $run; rc=$?
	[ $how = KILL ] || check "$how: the exit status" test $rc = 2
	[ $how = KILL ] || check "$how: what was at hand has failed, the rest is skipped" \
	    jq -se '[.[] | .status] == ["failed", "skipped", "failed"]' out
	check "$how: what the task started has ended" wait_for 20 gone
done
check 'the lock is free' wait_for 20 ts-maint run -c m.yml -s st -o json quick
check 'the audit log is whole' ts-maint log --verify -s st
