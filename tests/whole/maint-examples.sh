#!/bin/sh
# The plans of examples/maint load and can be shown, every alert has its
# runbook, what a runbook runs is there, and the capacity table is right.
# shellcheck source=tests/whole/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/lib/servers.sh
. "$(dirname "$0")/../lib/servers.sh"
trap 'stop_all; servers_stop; rm -rf "$work"' EXIT
cd "$work" || exit 3
ex=$TOP/examples
mkdir bin calls
for p in systemctl logrotate; do printf '#!/bin/sh\nexit 0\n' >bin/$p; chmod +x bin/$p; done
cp -r "$ex/maint" plans
mkdir -p backup/postgresql truststram; echo conf >truststram/app.conf
server=; postgres_start && psql_test -c 'create database truststram' >/dev/null && server=yes
dsn="host=127.0.0.1 port=${pg_port:-1} user=$pg_user dbname=truststram"
for f in plans/*.yml; do
	case $f in
	*maint-health.yml) check "$f loads" ts-health check "$f"; continue ;;
	esac
	check "$f loads" ts-maint check "$f"
	sed -i "s|^global: {|global: {lock_dir: $work/locks, path: \"$work/bin:/usr/sbin:/usr/bin:/sbin:/bin\", user: \"$(id -un)\", |" "$f"
	sed -i '/^ *user: postgres$/d; s/user: postgres, //' "$f"
	sed -i "s|dsn: \"dbname=truststram\"|dsn: \"$dsn\"|; s|tcp: \"127.0.0.1:5432\"|tcp: \"127.0.0.1:${pg_port:-1}\"|; s|/backup\b|$work/backup|; s|: \[/etc/truststram\]|: [$work/truststram]|; s|test, -d, etc/|test, -d, ${work#/}/|" "$f"
	sed -i "s|dir: $work/backup|&|; s|path: \"$work/bin:|path: \"$work/bin:$pg_bin:|" "$f"
	# What the rollback would put in place is not on this machine.
	sed -i "s|file: /opt/truststram/bin/truststram|file: $work/prog|; s|from: [^ ]*/truststram-previous|from: $work/previous|" "$f"
	echo new >prog; echo old >previous
	[ -n "$server" ] || continue
	# There is something for the weekly plan to look at.
	case $f in *weekly.yml) ts-maint run -q -c plans/daily.yml -o json daily/backup >out; check 'the daily backup is made' jq -se '.[0].status == "ok"' out ;; esac
	for plan in $(ts-maint list -c "$f" -o json | jq -r .plan); do
		check "$f: $plan can be shown" ts-maint plan -c "$f" -o json "$plan"
		check "$f: $plan is as the script" grep -q '^ *#' "$f"
	done
	case $f in
	*daily.yml) check 'the daily database work' sh -c "ts-maint run -q -c '$f' -o json daily/vacuum && ts-maint run -q -c '$f' -o json daily/reindex" ;;
	*weekly.yml) for t in analyze backups restore; do check "weekly: $t" ts-maint run -q -c "$f" -o json "weekly/$t"; done ;;
	*emergency.yml) ts-maint run -q --yes -c "$f" -o json emergency-restart/dump >out
		check 'emergency: a database without tables is no good dump' jq -se '.[0].status == "failed" and (.[0].error | test("no table"))' out
		psql_test -d truststram -c 'create table t (id int)' >/dev/null
		check 'emergency: the dump' ts-maint run -q --yes -c "$f" -o json emergency-restart/dump ;;
	esac
	rm -rf locks
	check "$f: nothing was done" sh -c 'test "$(cat prog)" = new && test ! -e locks'
done
check 'the daily plan is due at two' sh -c "ts-maint list -c plans/daily.yml --now 2026-01-01T00:00:00Z -o json | jq -e '.next | test(\"2026-01-01T02:0\")'"
check 'the weekly one on Sunday at three' sh -c "ts-maint list -c plans/weekly.yml --now 2026-01-01T00:00:00Z -o json | jq -e '.next | test(\"2026-01-04T03:\")'"
check 'the checks every five minutes' sh -c "ts-maint list -c plans/preventive.yml -o json | jq -e '.when == \"every 5m\"'"

# alert, runbook_url or nothing
awk '/alert:/ { if (a) print a, u; a = $NF; u = "" } /runbook_url:/ { u = $NF; gsub(/"/, "", u) } END { print a, u }' "$ex"/rules/*.yml |
    sort -u >alerts
check 'there are alerts' test "$(wc -l <alerts)" -ge 14
while read -r alert url; do
	check "$alert has its runbook" grep -q '^## Resolution Steps' "$ex/runbooks/$(basename "${url:-no runbook_url}").md"
done <alerts
grep -ho '`ts-maint [^`]*`' "$ex"/runbooks/*.md | tr -d '`' | sort -u >commands
check 'runbooks run plans' test "$(wc -l <commands)" -ge 5
while read -r command; do
	file=$(echo "$command" | sed -n 's/.* -c \([^ ]*\).*/\1/p')
	for target in $(echo "$command" | sed 's/^ts-maint [a-z]*//; s/ -[cs] [^ ]*//g; s/ --yes//'); do
		check "'$command': $target is there" sh -c "ts-maint list -c '$TOP/$file' -o json |
		    jq -se --arg t '$target' 'any(.[]; .plan as \$p | (\$p == \$t) or any(.tasks[]; \"\\(\$p)/\\(.name)\" == \$t))'"
	done
done <commands
for f in "$ex"/runbooks/*.md; do
	for l in $(grep -o '([a-z-]*\.md)' "$f" | tr -d '()'); do check "$(basename "$f") leads to $l" test -e "$ex/runbooks/$l"; done
done

mkdir conf
t=1700000000
echo "tasks: [{name: disk, kind: disk, paths: [/]}]" >conf/ts-maint.yml
sed -i 's/^/global: {lock_dir: locks}\n/' conf/ts-maint.yml
awk -v t=$t 'function put(n, v) { printf "{\"metric\":{\"__name__\":\"%s\"},\"values\":[%.1f],\"timestamps\":[%.0f]}\n", n, v, (t + i * 300) * 1000 }
	BEGIN { for (i = -288; i <= 0; i++) {
		put("node_memory_MemAvailable_bytes", 500 - (i + 288) * 0.1); put("node_memory_MemTotal_bytes", 1000)
		put("pg_stat_database_numbackends", 20 + (i + 288) / 28.8) } }' >samples
ts-eval history -s st import samples >/dev/null
cap() { TS_CONF=conf TS_STATE=st TS_AT=$t "$ex/pipelines/capacity.sh" "$@"; }
cap >table 2>&1
check 'capacity: disk, memory and connections' sh -c "grep -q '^disk /' table && grep -q '^memory' table && grep -q '^connections' table"
check 'capacity: connections rise by ten a day, seven days are left' awk '/^connections/ { exit !($2 == 30 && $3 > 9.9 && $3 < 10.1 && $4 > 325 && $6 == 7.0) }' table
check 'capacity: memory' awk '/^memory/ { exit !($3 > 52 && $4 > 2.8 && $4 < 2.9 && $7 > 12 && $7 < 14) }' table
cap --html >page 2>&1
check 'capacity: as HTML' sh -c "grep -q '<!DOCTYPE html>' page && grep -c '<tr' page | grep -qx 4"
