#!/bin/sh
# Alert lines to the receivers of a configuration, once, in the lines' own
# time: try out what each of them gets.
# usage: deliver.sh ALERTMANAGER.YML [ALERTS...]	(-n: only show it)
set -eu
dry=
[ "$1" != -n ] || { dry=-n; shift; }
conf=$1
shift
ts-route --clock input -c "$conf" "$@" |
	ts-notify --clock input ${dry:+"$dry"} -c "$conf"
