#!/bin/sh
# Every command under EXAMPLES of every man page runs as it would be pasted,
# in a directory that has the files it names: status 0, no message, and
# something said.  What needs a peer or a terminal is named in elsewhere().
# shellcheck source=tests/whole/lib.sh
. "$(dirname "$0")/lib.sh"
cd "$work" || exit 3

# commands PAGE: NN.sh, one for each .Dl line or literal block.
commands() {
	awk '
	function text(s) {
		gsub(/\\\(dq/, "\"", s); gsub(/\\e/, "\\", s)
		gsub(/\\&/, "", s); gsub(/\\-/, "-", s)
		return s
	}
	/^\.Sh/ { on = /EXAMPLES/ }
	!on { next }
	/^\.Dl / { print text(substr($0, 5)) >sprintf("%02d.sh", ++n) }
	/^\.Ed/ { block = 0 }
	block { print text($0) >sprintf("%02d.sh", n) }
	/^\.Bd -literal/ { block = 1; n++ }' "$1"
}

# elsewhere COMMAND: the test that shows it, for what cannot run here.
elsewhere() {
	case $1 in
	*systemd-socket-activate*) echo tests/peers/ts-health-socket.sh ;;
	*ts-logwatch*--act*-s*) echo tests/peers/ts-logwatch-act.sh ;;
	*ts-logwatch*--to*) echo tests/whole/logwatch-ship.sh ;;
	*ts-health*-f*) echo tests/e2e/ts-health/host-follow/cmd ;;
	*ts-logwatch*-f*) echo tests/whole/logwatch-follow.sh ;;
	*postgres-stats*) echo tests/peers/ts-health-postgres.sh ;;
	*--source*) echo tests/peers/ts-eval-source.sh ;;
	*) return 1 ;;
	esac
}

# scene: what the pages call prometheus.yml, rules.yml, samples.ndjson ...
scene() {
	mkdir -p rules state units
	cat >prometheus.yml <<END
rule_files: [rules.yml]
scrape_configs:
- job_name: node
  static_configs: [{targets: ['127.0.0.1:$port']}]
- job_name: db
  static_configs: [{targets: ['127.0.0.1:1']}]
END
	cat >rules.yml <<'END'
groups:
- name: hosts
  rules:
  - alert: Down
    expr: up == 0
    labels: {severity: critical, team: db}
    annotations: {summary: '{{ $labels.instance }} is down'}
END
	cp rules.yml rules/hosts.yml
	cat >alertmanager.yml <<'END'
route: {receiver: log, group_wait: 0s}
receivers:
- name: log
  exec_configs: [{command: [sh, -c, 'cat >>sent']}]
END
	cp "$TOP/tests/e2e/ts-health/import/setup-uptime-monitoring.sh" .
	! command -v ts-health >results || ts-health disk / >results-1.ndjson
	cat >ts-maint.yml <<'END'
plans:
- name: daily
  when: "*-*-* 02:00:00"
  tasks:
  - {name: hello, kind: command, argv: [echo, hello]}
END
	cat >alertmanager_test.yml <<'END'
tests:
- name: a database is down
  alerts: [{labels: {alertname: Down, team: db}, to: 12m}]
  states: [{at: 1m, alert: {alertname: Down}, is: active, receivers: [log]}]
END
	printf 'checks:\n- {name: disk, type: disk, path: /}\n- {name: db, type: tcp, host: 127.0.0.1, port: 1}\n- {name: backup, type: heartbeat, stamp: backup.ndjson, every: 1d}\n' >health.yml
	printf '#!/bin/sh\necho done\n' >backup.sh; chmod +x backup.sh
	printf '2026-01-21 09:00:0%d %s db - text\n' 1 INFO 2 ERROR >app.log
	printf '192.0.2.1 - - [%s] "GET /users/7 HTTP/1.1" 503 12 "-" "-" rt=0.1\n' \
	    "$(LC_ALL=C date '+%d/%b/%Y:%H:%M:%S +0000')" >access.log
	cp "$TOP/examples/logwatch/rules/sshd.yml" .
	for i in 0 1 2 3 4 5 6 7 8 9; do
		echo "Jan 21 09:00:0$i db sshd[7]: Failed password for root from 198.51.100.7 port 4000$i ssh2"
	done >auth.log
	for i in 1 2 3 4 5 6; do
		printf 'up{instance="db1:9100",job="node"} 0\nhttp_requests_total{instance="db1:9100"} %d\n' $i |
		    ts-scrape parse --time "17000000${i}0"
	done >samples.ndjson
	ts-eval --clock input -r rules.yml samples.ndjson >alerts
	ts-route --clock input -c alertmanager.yml alerts |
	    ts-notify --clock input -c alertmanager.yml >deliveries
	ts-eval --clock input -r rules.yml -s state --keep 1h samples.ndjson >state/log
	! command -v ts-maint >maint || ts-maint run -c ts-maint.yml -s state daily >maint
}

# here PAGE N.sh: the hosts and folders that it names are ours; what stands
# in ts-promql(7) is no command, what stands in a file format's page a file.
here() {
	case $1 in
	*/ts-promql.7) echo "ts-eval parse '$(cat "$2")'"; return ;;
	*/logwatch.yml.5) cp "$2" logwatch.yml; echo 'ts-logwatch check logwatch.yml && echo fine'; return ;;
	*/ts-maint.yml.5) cp "$2" ts-maint.yml; echo 'ts-maint check ts-maint.yml && echo fine'; return ;;
	*/health.yml.5) cp "$2" health.yml; echo 'ts-health check health.yml && echo fine'; return ;;
	esac
	sed "s,localhost:9100,127.0.0.1:$port,; s,vm:8428,file://$PWD/vm.,
	    s,/api/v1/import,import,; s,/var/lib/ts[-a-z]*,state,g; s,/var/lib/truststram,state,g
	    s,/etc/systemd/system,units," "$2"
}

# run_one PAGE NN.sh
run_one() {
	name="$(basename "$1"): $(head -n 1 "$2" | tr "\\\\" /)"
	if shown=$(elsewhere "$(cat "$2")"); then
		check "$name, by $shown" test -e "$TOP/$shown"
		return
	fi
	here "$1" "$2" >run
	said=$(sed -n 's/.* >\([a-z.]*\)$/\1/p' run)
	rc=0
	timeout 60 sh -e run >out 2>err </dev/null || rc=$?
	# --explain speaks on stderr
	! grep -q -e --explain run || { cat err >>out; : >err; }
	# a check says 1 or 2 when this machine is short of something
	case $1 in */ts-health.1) [ $rc -ge 3 ] || rc=0 ;; esac
	if [ $rc -eq 0 ] && [ ! -s err ] && cat out sent vm.* units/* $said 2>/dev/null | grep -q .
	then ok "$name"
	else echo "status $rc" >>err; not_ok "$name" err
	fi
}

mkdir page && cd page || exit 3
# shellcheck source=tests/lib/canned.sh
. "$TOP/tests/lib/canned.sh"
trap 'kill $canned_pid 2>/dev/null; rm -rf "$work"' EXIT
echo 'node_memory_MemFree_bytes 1e9' | page metrics

for page in "$TOP"/man/*.[157]; do
	rm -rf ./[0-9]*.sh state sent vm.* units
	scene 2>made || not_ok "the files for $(basename "$page")" made
	commands "$page"
	for c in [0-9]*.sh; do
		[ ! -e "$c" ] || run_one "$page" "$c"
	done
done
echo "1..$n"
