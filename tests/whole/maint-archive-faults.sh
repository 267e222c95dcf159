#!/bin/sh
# No schedule of faults loses a file: 500 runs of ts-maint against a store that
# fails at random, some of them killed.  SEED=N repeats one; RUNS=N for more.
# shellcheck source=tests/whole/lib.sh
. "$(dirname "$0")/lib.sh"
python3 "$TOP/tests/lib/s3faults.py" "$work" "${RUNS:-500}" "${SEED:-}" >"$work/log" 2>&1
rc=$?
grep '^#' "$work/log"
[ $rc = 0 ] && ok "$(tail -n 1 "$work/log")" || not_ok 'no file is lost' "$work/log"
echo "1..$n"
