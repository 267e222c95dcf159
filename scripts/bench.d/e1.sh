#!/bin/sh
# E1: routing, grouping and rendering without inhibition, few groups, beside
# the packaged Alertmanager (which also posts).  E4: many groups.
# shellcheck source=scripts/bench.d/am.sh
. "$(dirname "$0")/am.sh"
n=10000
alerts $n >lines
sink
# one ID GROUP_BY TIMES GOAL
one() {
	config "$sink_port" "$2" >am.yml
	alertmanager am.yml lines
	route am.yml lines
	us=$(calc "($route_ms + $render_ms) * 1000 / $n" 1)
	peer=$(calc "$am_ms * 1000 / $n" 1)
	row "$1" "$us us/alert, $notes notifications" "alertmanager $peer us, $am_notes" \
	    "$(calc "$peer / $us" 1)x" "$4" "$peer / $us >= $3 && ($us <= 11 || \"$1\" != \"E1\")"
}
one E1 alertname 6 '<=11 us/alert; >=6x'
one E4 'alertname, instance' 20 '>=20x'
