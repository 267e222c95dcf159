#!/bin/sh
# C3: unit tests of rules over an hour of series at 15 s, beside promtool on
# the same file; both must say that the tests pass.
# shellcheck source=scripts/bench.d/peers.sh
. "$(dirname "$0")/peers.sh"
rules seven >seven.yml
# test_file HOSTS RULES...
test_file() {
	hosts=$1
	shift
	echo 'rule_files:'; printf -- '- %s\n' "$@"
	echo 'evaluation_interval: 15s'
	echo 'tests:'
	echo '- interval: 15s'
	echo '  input_series:'
	fleet tests "$hosts" 241
	echo '  promql_expr_test:'
	echo "  - {expr: count(up), eval_time: 1h, exp_samples: [{labels: '{}', value: $hosts}]}"
}
# one NAME HOSTS MOST GOAL RULES...
one() {
	name=$1 hosts=$2 most=$3 goal=$4
	shift 4
	test_file "$hosts" "$@" >tests.yml
	cost -n 1 promtool test rules tests.yml; p=$cpu_ms
	cost -n 5 ts-eval test tests.yml
	row C3 "$name: $cpu_ms ms" "promtool $p ms" "$(calc "$p / $cpu_ms" 1)x" "<=$most ms; >=${goal}x" \
	    "$cpu_ms <= $most && $p / $cpu_ms >= $goal"
}
one '300 series, 25 rules' 3 90 35 "$TOP"/examples/rules/*.yml seven.yml
one '300 series, 7 rules' 3 60 11 seven.yml
one '1000 series, 25 rules' 10 300 35 "$TOP"/examples/rules/*.yml seven.yml
