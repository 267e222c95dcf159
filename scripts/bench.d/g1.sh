#!/bin/sh
# G1: bytes a sample in sealed blocks, index and all, for node_exporter data
# at 15 s; beside the block that promtool makes of the same samples.
# shellcheck source=scripts/bench.d/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=scripts/bench.d/node.sh
. "$TOP/scripts/bench.d/node.sh"
from=$(($(date +%s) / 7200 * 7200 - 7200))	# all in one block of promtool's
node_pages
node_lines
node_history
# a sample two hours on seals the log
printf '{"metric":{"__name__":"later"},"values":[1],"timestamps":[%d000]}\n' $((from + 7200)) |
    ts-eval history import -s state
samples=$(info block_samples)
ours=$(calc "$(info block_bytes) / $samples")
i=0
while [ $i -lt "$pages" ]; do cat lines.$i; i=$((i + 1)); done | node_text 1000 >text
echo '# EOF' >>text
promtool tsdb create-blocks-from openmetrics text blocks >promtool.log 2>&1
total=0 n=0
for b in blocks/*/; do
	total=$((total + $(cat "$b"/chunks/* "$b"/index "$b"/meta.json "$b"/tombstones | wc -c)))
	n=$((n + $(jq .stats.numSamples "$b/meta.json")))
done
peer=$(calc "$total / $n")
row G1 "$ours B/sample ($samples samples)" "prometheus $peer B" "$(calc "$peer / $ours" 1)x" \
    '<=1.65 B' "$samples > $n && $ours <= 1.65"
