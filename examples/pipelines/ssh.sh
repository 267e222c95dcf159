#!/bin/sh
# Ad hoc over ssh: what is wrong on HOST right now?  Only ts-health stands
# there; the rules are evaluated here.
# usage: ssh.sh HOST RULES...
set -eu
host=$1
shift
for rules; do set -- "$@" -r "$rules"; shift; done
ssh "$host" ts-health host -o text |
	ts-scrape parse -l job=node-exporter -l "instance=$host" |
	ts-eval "$@" -o all
