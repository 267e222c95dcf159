#!/bin/sh
# The capacity table: disk, memory, connections; now, growth a day, in 30 days,
# days until the threshold.  Disks as ts-maint measures them, the rest from
# ts-eval's history, by predict_linear.
# usage: capacity.sh [--html]
#	TS_CONF	where ts-maint.yml with the task `disk` is (/etc/truststram)
#	TS_STATE	history of ts-eval and state of ts-maint (/var/lib/truststram)
#	TS_AT	until when to look (now); TS_WINDOW	how far back (1d)
#	TS_CONNECTIONS	how many connections there may be (100)
set -eu
conf=${TS_CONF:-/etc/truststram} state=${TS_STATE:-/var/lib/truststram}
at=${TS_AT:-$(date +%s)} window=${TS_WINDOW:-1d} max=${TS_CONNECTIONS:-100}
step=3600

# value EXPR: its newest value, empty when there is none
value() {
	ts-eval range -q -s "$state" -o samples --start "$at" --end "$at" --step "$step" "$1" |
	    jq -rs 'map(.values[-1] | select(. != null)) | first // empty'
}
# row NAME EXPR THRESHOLD: tab-separated name, now, a day, in 30 days, threshold
row() {
	now=$(value "$2"); day=$(value "predict_linear(($2)[$window:5m], 86400)")
	month=$(value "predict_linear(($2)[$window:5m], 30 * 86400)")
	[ -n "$now" ] || return 0
	printf '%s\t%s\t%s\t%s\t%s\n' "$1" "$now" "${day:-$now}" "${month:-$now}" "$3"
}
rows() {
	# A full or filling disk is no reason to have no table.
	{ ts-maint run -q -c "$conf/ts-maint.yml" -s "$state" -o json disk || true; } |
	    jq -r 'select(.kind == "disk") | .data.mounts[]? | ((.growth_per_day // 0) / .size * 100) as $g |
		["disk " + .mount + " (%)", .percent, .percent + $g, .percent + 30 * $g, 85] | @tsv'
	row 'memory (%)' 'max(100 * (1 - node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes))' 90
	row 'connections' 'sum(pg_stat_database_numbackends)' "$max"
}
# The growth of a day is what a day adds; what does not grow is never full.
rows | awk -F '\t' -v html="${1:-}" '
	function esc(s) { gsub(/&/, "\\&amp;", s); gsub(/</, "\\&lt;", s); return s }
	BEGIN {
		if (html == "--html") {
			print "<!DOCTYPE html>\n<html lang=\"en\"><meta charset=\"utf-8\"><title>Capacity</title>"
			print "<style>td{text-align:right;padding:0 1em}td:first-child{text-align:left}.soon{background:#fbb}</style>"
			print "<table><tr><th>resource<th>now<th>a day<th>in 30 days<th>threshold<th>days left"
		} else
			printf "%-24s %10s %10s %12s %10s %10s\n", "RESOURCE", "NOW", "A DAY", "IN 30 DAYS", "THRESHOLD", "DAYS LEFT"
	}
	{
		grows = $3 - $2
		left = ($2 >= $5) ? 0 : ((grows > 0.0001) ? ($5 - $2) / grows : -1)
		days = (left < 0) ? "-" : ((left > 9999) ? ">9999" : sprintf("%.1f", left))
		if (html == "--html")
			printf "<tr%s><td>%s<td>%.1f<td>%+.2f<td>%.1f<td>%s<td>%s\n", (left >= 0 && left < 30) ? " class=\"soon\"" : "", esc($1), $2, grows, $4, $5, days
		else
			printf "%-24s %10.1f %+10.2f %12.1f %10s %10s\n", $1, $2, grows, $4, $5, days
	}
	END { if (html == "--html") print "</table></html>" }'
