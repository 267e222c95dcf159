#!/bin/sh
# ts-maint service, deploy and rollback with runit as the service manager:
# ordered restarts behind gates, a gate that fails and what follows.
# shellcheck source=tests/whole/lib.sh
. "$(dirname "$0")/../whole/lib.sh"
cd "$work" || exit 3
if ! command -v runsvdir >/dev/null || ! command -v jq >/dev/null; then
	skip 'runit' 'not installed'; exit 0
fi
sv=$work/sv
mkdir -p "$sv" log app/releases/1 app/releases/2 app/releases/3
ln -s releases/1 app/current
for r in 1 2 3; do echo "version $r" >app/releases/$r/version; done
echo broken >app/releases/3/version

# A service writes when it comes up, and answers as long as its release does.
service() {
	mkdir -p "$work/new/$1"
	cat >"$work/new/$1/run" <<E
#!/bin/sh
exec 2>&1
grep -q version $work/app/current/version && [ ! -e $work/fail-$1 ] && touch $work/log/$1.ready
echo "$1 up" >>$work/log/order
trap 'echo "$1 down" >>$work/log/order; rm -f $work/log/$1.ready; exit 0' TERM
while :; do sleep 1 & wait \$!; done
E
	chmod +x "$work/new/$1/run"; mv "$work/new/$1" "$sv/$1"
}
mkdir new
for s in db api worker; do service $s; done
runsvdir -P "$sv" >runsvdir.log 2>&1 & pids="$pids $!"
up() { sv status "$sv/$1" 2>/dev/null | grep -q '^run:' && [ -e "$work/log/$1.ready" ]; }
for s in db api worker; do check "$s comes up" wait_for 20 up $s; done
stop_sv() {
	for s in db api worker; do sv -w 2 force-stop "$sv/$s" >/dev/null 2>&1; sv exit "$sv/$s" >/dev/null 2>&1; done
	stop_all; rm -rf "$work"
}
trap stop_sv EXIT

gate() { echo "{exists: $work/log/$1.ready, timeout: ${2:-5s}, interval: 100ms, successes: 2}"; }
cat >m.yml <<E
global: {lock_dir: locks}
plans:
  - name: restart
    on_failure: rollback
    tasks:
      - name: services
        kind: service
        backend: runit
        dir: $sv
        action: restart
        services:
          - {name: db, gate: $(gate db)}
          - {name: api, gate: $(gate api 2s)}
          - {name: worker, gate: $(gate worker)}
  - name: stop
    tasks:
      - name: services
        kind: service
        backend: runit
        dir: $sv
        action: stop
        services:
          - {name: db, stop_gate: {missing: $work/log/db.ready, interval: 100ms}}
          - api
          - worker
  - name: start
    tasks:
      - {name: services, kind: service, backend: runit, dir: $sv, action: start, services: [db, api, worker]}
  - name: release
    tasks: [{name: app, kind: deploy, root: $work/app, release: "2", backend: runit, dir: $sv, services: [{name: api, gate: $(gate api 2s)}]}]
  - name: bad
    tasks: [{name: app, kind: deploy, root: $work/app, release: "3", backend: runit, dir: $sv, services: [{name: api, gate: $(gate api 1s)}]}]
  - name: back
    tasks: [{name: app, kind: rollback, root: $work/app, release: "1", backend: runit, dir: $sv, services: [{name: api, gate: $(gate api 2s)}]}]
E
steps() { jq -r 'select(.step and .status == $s) | "\(.step) \(.what)"' --arg s "$1"; }
order() { tr '\n' ' ' <log/order; }
# same PLAN STATUS: the run did what the plan said, and exits so
same() {
	ts-maint plan -c m.yml -o json "$1" >plan.out
	: >log/order
	ts-maint run -v -c m.yml -s state -o json "$1" >run.out 2>run.err
	rc=$?
	steps planned <plan.out >planned; steps 'done' <run.out >'done'
	check "$1: exits $2" test $rc = "$2"
	[ "$2" != 0 ] || check "$1: the run did what was planned" cmp planned 'done'
}
: >log/order
ts-maint plan -c m.yml restart stop release >/dev/null
check 'a plan touches no service' test ! -s log/order
same restart 0
check 'one after the other, each behind the gate of the one before' test "$(order)" = 'db down db up api down api up worker down worker up '
same stop 0
check 'stopping goes the other way round' test "$(order)" = 'worker down api down db down '
same stop 0
check 'a second time there is nothing to stop' jq -se 'all(.[]; .changed | not)' run.out
same start 0
for s in db api worker; do wait_for 10 up $s; done
check 'starting goes in order' sh -c "grep up log/order | tr '\n' ' ' | grep -q '^db up api up worker up'"

touch fail-api			# its gate holds no more
: >log/order
( wait_for 20 grep -q 'api up' log/order; rm -f fail-api ) & pids="$pids $!"
same restart 4
rm -f fail-api
check 'a gate that fails rolls back' jq -se 'map(select(.task == "services" and .undo)) | .[0].status == "rolled_back"' run.out
check 'the next one was not touched' sh -c "! grep -q worker log/order"
for s in db api worker; do wait_for 10 up $s || not_ok "$s is up again"; done
touch fail-api
same restart 5
check 'a rollback that fails says what to look at' jq -se 'map(select(.kind == "plan"))[0].error | test("a person must look at services: the gate of .api.")' run.out
rm -f fail-api
sv restart "$sv/api" >/dev/null; wait_for 10 up api

same release 0
check 'the link is the new release' test "$(readlink app/current)" = releases/2
same release 0
check 'a second time it is in place' jq -se 'all(.[]; .changed | not)' run.out
same bad 4
check 'a release whose gate fails: the link is as it was' test "$(readlink app/current)" = releases/2
check 'and the service is up with it' up api
check 'and that is what it says' jq -se '.[] | select(.task == "app") | .status == "rolled_back" and (.error | test("all is back"))' run.out
same back 0
check 'rollback' test "$(readlink app/current)" = releases/1
ts-maint plan -c m.yml -o json release | steps planned >planned
check 'the plan of a release shows stop, link, start' test "$(tr '\n' ' ' <planned)" = "verify releases/2 stop api link $work/app/current start api "
check 'the audit log is whole' ts-maint log --verify -s state
