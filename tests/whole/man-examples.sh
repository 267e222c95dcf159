#!/bin/sh
# Every command under EXAMPLES of every man page runs, as pasted, in a
# directory that has the files it names: no message, and something said.
# shellcheck source=tests/whole/lib.sh
. "$(dirname "$0")/lib.sh"
cd "$work" || exit 3

# commands PAGE: N.sh, one for each .Dl line or literal block
commands() {
	awk '
	function text(s) {
		gsub(/\\\(dq/, "\"", s); gsub(/\\e/, "\\", s)
		gsub(/\\&/, "", s); gsub(/\\-/, "-", s)
		return s
	}
	/^\.Sh/ { on = /EXAMPLES/ }
	!on { next }
	/^\.Dl / { print text(substr($0, 5)) >(++n ".sh") }
	/^\.Ed/ { block = 0 }
	block { print text($0) >(n ".sh") }
	/^\.Bd -literal/ { block = 1; n++ }' "$1"
}

# What the pages call prometheus.yml, rules.yml, samples.ndjson …
files() {
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
	cat >alertmanager.yml <<'END'
route: {receiver: log, group_wait: 0s}
receivers:
- name: log
  exec_configs: [{command: [sh, -c, 'cat >>sent']}]
END
	for i in 1 2 3 4 5 6; do
		echo 'up{instance="db1:9100",job="node"} 0' |
		    ts-scrape parse --time "17000000${i}0"
	done >samples.ndjson
	ts-eval --clock input -r rules.yml samples.ndjson >alerts
	ts-route --clock input -c alertmanager.yml alerts |
	    ts-notify --clock input -c alertmanager.yml >deliveries
	mkdir -p state
	ts-eval --clock input -r rules.yml -s state samples.ndjson >state/log
}

# here PAGE N.sh: the machines and folders that it names are ours; what stands
# in ts-promql(7) is no command
here() {
	case $1 in
	*/ts-promql.7) echo "ts-eval parse '$(cat "$2")'"; return ;;
	esac
	sed "s,localhost:9100,127.0.0.1:$port,; s,vm:8428,file://$PWD/vm.,
	    s,/api/v1/import,import,; s,/var/lib/truststram,state,g" "$2"
}

mkdir page && cd page || exit 3
# shellcheck source=tests/lib/canned.sh
. "$TOP/tests/lib/canned.sh"
trap 'kill $canned_pid 2>/dev/null; rm -rf "$work"' EXIT
echo 'node_memory_MemFree_bytes 1e9' | page metrics

for page in "$TOP"/man/*.[157]; do
	rm -rf ./*.sh state sent vm.*
	files 2>made || not_ok "the files for $(basename "$page")" made
	commands "$page"
	for c in [0-9]*.sh; do
		[ -e "$c" ] || continue
		here "$page" "$c" >run
		rc=0
		timeout 60 sh -e run >out 2>err </dev/null || rc=$?
		if [ $rc -eq 0 ] && [ ! -s err ] && cat out sent vm.* 2>/dev/null | grep -q .
		then ok "$(basename "$page"): $(head -n 1 "$c" | tr "\\\\" /)"
		else echo "status $rc" >>err; not_ok "$(basename "$page"): $(head -n 1 "$c")" err
		fi
	done
done
echo "1..$n"
