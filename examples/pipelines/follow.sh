#!/bin/sh
# The long-running form, for a systemd unit (examples/systemd/).  Each tool
# re-reads its configuration on SIGHUP.
set -eu
conf=${TS_CONF:-/etc/truststram}
state=${TS_STATE:-/var/lib/truststram}
ts-scrape -f -c "$conf/prometheus.yml" -s "$state" |
	ts-eval -f -c "$conf/prometheus.yml" -s "$state" |
	ts-route -f -c "$conf/alertmanager.yml" -s "$state" |
	ts-notify -f -c "$conf/alertmanager.yml" -s "$state"
