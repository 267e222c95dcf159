#!/bin/sh
# One pass from cron; what must last is in the state directory.
#	* * * * *  monitor  /usr/local/share/truststram/pipelines/cron.sh
# Exit status: that of the last tool; messages go to cron's mail.
set -eu
conf=${TS_CONF:-/etc/truststram}
state=${TS_STATE:-/var/lib/truststram}
ts-scrape -c "$conf/prometheus.yml" -s "$state" |
	ts-eval -c "$conf/prometheus.yml" -s "$state" |
	ts-route -c "$conf/alertmanager.yml" -s "$state" |
	ts-notify -c "$conf/alertmanager.yml" -s "$state"
