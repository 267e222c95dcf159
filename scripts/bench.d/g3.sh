#!/bin/sh
# G3: samples a second of CPU from a block on disk into columns: a query that
# reads all of 10k series over an hour, less one that reads nothing.
# shellcheck source=scripts/bench.d/peers.sh
. "$(dirname "$0")/peers.sh"
hosts=${HOSTS:-100} steps=241
now=$(($(date +%s) / 15 * 15)) end=$((now - 10800))
fleet lines "$hosts" $steps $(((end - (steps - 1) * 15) * 1000)) >lines
samples=$((hosts * 100 * steps))
ts-eval history import -s state lines || failed='history import'
# A sample three hours later seals what came before.
echo "{\"metric\":{\"__name__\":\"late\"},\"values\":[1],\"timestamps\":[${now}000]}" | ts-eval history import -s state || failed='history import'
all='count(last_over_time({__name__=~".+"}[2h]))'
got=$(ts-eval query -s state -t "$end" -o csv "$all" | sed -n '2s/.*,//p')
[ "$got" = $((hosts * 100)) ] || failed="$got series"
cost -n 11 ts-eval query -s state -t "$end" "$all"; all=$cpu_ms
cost -n 11 ts-eval query -s state -t "$end" 'count(last_over_time(none[2h]))'
rate=$(calc "$samples / ($all - $cpu_ms) / 1000" 1)
row G3 "$rate M samples/CPU-s ($samples)" '-' '-' '>=10 M' "$rate >= 10"
