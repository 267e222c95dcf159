#!/bin/sh
# ts-logwatch -f: through rename and copytruncate, killed and begun again,
# every line once, or after a kill at least once.
# shellcheck source=tests/whole/lib.sh
. "$(dirname "$0")/lib.sh"
cd "$work" || exit 3
pid=
start() { ts-logwatch -f -s state --rotate-wait 1s log >>out 2>>err & pid=$!; }
has() { [ "$(jq -r .message out 2>/dev/null | grep -cx "$1")" -ge "${2:-1}" ]; }
wait_line() {
	left=200
	until has "$1"; do
		left=$((left - 1)); [ $left -gt 0 ] || return 1
		sleep 0.05
	done
}
: >out; : >err
echo one >log
start
wait_line one && ok 'what is there' || not_ok 'what is there' err
printf 'tw' >>log; echo o >>log
wait_line two && ok 'what is appended, a line in two writes' || not_ok 'appended' err
mv log log.1; echo three >>log.1; echo four >log
wait_line four && wait_line three && ok 'rename: the rest of the old, then the new' || not_ok 'rename' err
cp log log.2; : >log; echo five >>log
wait_line five && ok 'copytruncate' || not_ok 'copytruncate' err
kill -9 "$pid"; wait "$pid" 2>/dev/null
echo six >>log; mv log log.3; echo seven >log
start
wait_line seven && wait_line six && ok 'killed, rotated, begun again' || not_ok 'killed' err
kill "$pid"; wait "$pid"; rc=$?
[ $rc -eq 0 ] && ok 'SIGTERM ends it with 0' || not_ok "status $rc" err
for l in one two three four six seven; do
	[ "$(jq -r .message out | grep -cx $l)" -ge 1 ] || echo "$l"
done >missing
[ ! -s missing ] && ok 'no line is missing' || not_ok 'missing' missing
echo "1..$n"
