#!/bin/sh
# A wrong configuration of each kind, given to each tool that reads it: one
# message with its place, status 2, and nothing done.
# shellcheck source=tests/whole/lib.sh
. "$(dirname "$0")/lib.sh"
cd "$work" || exit 3

# one KIND NAME PLACE TEXT TOOL...: every tool line says PLACE once, status 2
one() {
	kind=$1 what=$2 place=$3
	printf '%b' "$4" >"$kind.yml"
	shift 4
	for tool; do
		# shellcheck disable=SC2086 # a tool line is several words
		timeout 20 $tool "$kind.yml" </dev/null >out 2>err
		rc=$?
		{ echo "status $rc"; cat err out; } >log
		if [ $rc -eq 2 ] && [ ! -s out ] &&
		    [ "$(wc -l <err)" -eq 1 ] &&
		    grep -q "^${tool%% *}: $place" err
		then ok "$tool: $kind with $what"
		else not_ok "$tool: $kind with $what" log
		fi
	done
}

prom() { one prom "$@" 'ts-scrape -c' 'ts-eval -c'; }
rules() { one rules "$@" 'ts-eval -r'; }
am() { one am "$@" 'ts-route -c' 'ts-notify -c'; }

prom 'an unknown field' 'prom.yml:2:3: unknown field' \
    'scrape_configs:\n- job_nam: a\n'
prom 'a duplicate key' "prom.yml:2:1: key 'global' already" \
    'global: {}\nglobal: {}\n'
prom 'a wrong indent' 'prom.yml:3:2: ' \
    'global:\n  scrape_interval: 1m\n evaluation_interval: 1m\n'
prom 'a tab' 'prom.yml:2:1: ' 'global:\n\tscrape_interval: 1m\n'
prom 'a bad regex' 'prom.yml:5:13: error parsing regexp' \
    'scrape_configs:\n- job_name: a\n  relabel_configs:\n  - target_label: x\n    regex: "a(b"\n'
prom 'a bad duration' 'prom.yml:2:20: .*not a valid duration' \
    'global:\n  scrape_interval: 5 minutes\n'

g='groups:\n- name: g\n  rules:\n  - alert: A\n    expr: up\n'
rules 'an unknown field' 'rules.yml:6:5: unknown field' "$g    fro: 1m\n"
rules 'a duplicate key' "rules.yml:6:5: key 'expr' already" "$g    expr: up\n"
rules 'a wrong indent' 'rules.yml:6:4: ' "$g   for: 1m\n"
rules 'a tab' 'rules.yml:6:1: ' "$g\tfor: 1m\n"
rules 'a bad duration' 'rules.yml:6:10: .*not a valid duration' \
    "$g    for: 1.5m\n"
rules 'a bad expression' 'rules.yml:7:10: ' \
    'groups:\n- name: g\n  rules:\n  - alert: A\n    expr: |\n      up\n      == )\n'
rules 'a bad regex' 'rules.yml:5:1' \
    'groups:\n- name: g\n  rules:\n  - alert: A\n    expr: up{a=~"("}\n'

r='route:\n  receiver: r\n'
am 'an unknown field' 'am.yml:3:3: unknown field' "$r  group_wiat: 1m\n"
am 'a duplicate key' "am.yml:3:3: key 'receiver' already" "$r  receiver: s\n"
am 'a wrong indent' 'am.yml:3:2: ' "$r group_wait: 1m\n"
am 'a tab' 'am.yml:3:1: ' "$r\tgroup_wait: 1m\n"
am 'a bad regex' 'am.yml:4:19: .*error parsing regexp' \
    "$r  routes:\n  - match_re: {a: '(b'}\n"
am 'a bad duration' 'am.yml:3:15: .*not a valid duration' "$r  group_wait: 30\n"
am 'a receiver that is not there' 'am.yml:2:3: undefined receiver "r"' "$r"

mkdir -p folder
for tool in 'ts-scrape -c' 'ts-eval -c' 'ts-eval -r' 'ts-route -c' 'ts-notify -c'; do
	for file in folder none.yml; do
		# shellcheck disable=SC2086
		timeout 20 $tool $file </dev/null >out 2>err
		rc=$?
		{ echo "status $rc"; cat err out; } >log
		if [ $rc -eq 2 ] && [ "$(wc -l <err)" -eq 1 ] &&
		    grep -q "^${tool%% *}: cannot .*'$file': " err
		then ok "$tool $file"
		else not_ok "$tool $file" log
		fi
	done
done
echo "1..$n"
