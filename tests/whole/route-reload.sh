#!/bin/sh
# SIGHUP: a broken configuration is reported and the old one routes on; a
# good one takes over, with the alerts that are known.
# shellcheck source=tests/whole/lib.sh
. "$(dirname "$0")/lib.sh"
cd "$work" || exit 3
mkfifo in
config() { printf 'route: {receiver: %s, group_by: [alertname], group_wait: 0s}\nreceivers: [{name: %s}]\n' "$1" "$1" >am.yml; }
config old
ts-route -f -c am.yml in >out 2>err &
pid=$!
pids="$pids $pid"
exec 9>in
echo '{"labels":{"alertname":"A"},"endsAt":"2099-01-01T00:00:00Z"}' >&9
told() { jq -r .receiver out | tail -n 1 | grep -qx "$1"; }
check 'the first receiver hears of the alert' wait_for 20 told old
echo 'route: {receiver: nobody}' >am.yml
kill -HUP "$pid"
check 'what is wrong is told, with its place' wait_for 20 grep -q '^ts-route: am.yml:1:' err
check 'that the old one stays is told' wait_for 20 grep -q 'warning: the configuration that was loaded before stays' err
echo '{"labels":{"alertname":"B"},"endsAt":"2099-01-01T00:00:00Z"}' >&9
b_told() { jq -r '.receiver + " " + .alerts[].labels.alertname' out | grep -qx 'old B'; }
check 'it routes as before' wait_for 20 b_told
config new
kill -HUP "$pid"
check 'a good one takes over' wait_for 20 told new
exec 9>&-
kill "$pid"
wait "$pid"
check 'it ends well' test $? = 0
