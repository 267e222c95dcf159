#!/bin/sh
# Random expressions over random series: ours and the packaged Prometheus give
# the same values and labels, and fail on the same ones.  SEED and COUNT may be
# given; the default is the same on every run.
# shellcheck source=tests/whole/lib.sh
. "$(dirname "$0")/../whole/lib.sh"
if ! command -v prometheus >/dev/null || ! command -v python3 >/dev/null; then
	skip 'random expressions' 'prometheus or python3 is not installed'
	exit 0
fi
for seed in ${SEED:-1 2 3}; do
	mkdir "$work/$seed"
	check "random expressions, seed $seed" \
	    python3 "$TOP/tests/peers/promql-differential.py" "$seed" "${COUNT:-1500}" "$work/$seed"
done
