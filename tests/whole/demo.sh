#!/bin/sh
# What a newcomer sees first: the demo ends well, whatever the second of the
# minute, and each line that it says can be pasted does run.
# shellcheck source=tests/whole/lib.sh
. "$(dirname "$0")/lib.sh"
bin=$TOP/build/${MODE:-debug}/bin

check 'the demo ends well' sh -c '"$1" "$2" >"$3" 2>&1 || { cat "$3"; exit 1; }' \
    - "$TOP/scripts/demo" "$bin" "$work/out"
for alert in TrustStramDown DatabaseDown; do
	check "its rules fire $alert" grep -q "^{\"labels\":{\"alertname\":\"$alert\"" "$work/out"
	check "its operator reads of $alert" sh -c 'sed "1,/^3\. /d" "$1" | grep "$2"' - "$work/out" $alert
done
sed '1,/^The same as one line/d' "$work/out" >"$work/paste"
check 'it says two pipelines to paste' sh -c '[ "$(grep -c "|" "$1")" = 2 ]' - "$work/paste"
check 'and they run as pasted' sh -c 'sh -e "$1" && sh "$1" | grep TrustStramDown' - "$work/paste"

echo "1..$n"
