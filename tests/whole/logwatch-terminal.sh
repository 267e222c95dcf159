#!/bin/sh
# On a terminal: records as coloured text, the progress of a long file, none
# of either where nobody looks.
# shellcheck source=tests/whole/lib.sh
. "$(dirname "$0")/lib.sh"
cd "$work" || exit 3
unset NO_COLOR
# term COMMAND: what it writes to a terminal
term() { TERM=xterm script -qec "$1" /dev/null </dev/null | tr -d '\r'; }
esc=$(printf '\033')
printf '%s\n' '{"level":"error","message":"a\u001b[2J","timestamp":"2026-01-21T09:00:00Z","user":"bob"}' \
    '{"level":"warn","message":"one\ntwo","timestamp":"2026-01-21T09:00:01Z"}' >log

term 'ts-logwatch log' >got
cat >want <<T
2026-01-21T09:00:00.000Z ${esc}[31merror${esc}[0m  a?[2J ${esc}[2m user=bob${esc}[0m
2026-01-21T09:00:01.000Z ${esc}[33mwarn${esc}[0m   one
    two
T
check "text in colour is the default" diff want got
term 'NO_COLOR=1 ts-logwatch log' >got
check "NO_COLOR" sh -c "! grep -q '$esc' got && grep -q ' error  a?\\[2J  user=bob$' got"
term 'ts-logwatch --color never -o events log' >got
check "events when asked for" grep -q '^{"@timestamp":"2026-01-21T09:00:00.000Z"' got
ts-logwatch -o text log >got
check "no colour in a pipe" sh -c "! grep -q '$esc' got && [ \$(wc -l <got) = 3 ]"

# Large enough that it takes longer than a second, however fast this is.
awk 'BEGIN { for (i = 0; i < 100000; i++) printf "Jan  1 00:%02d:%02d h sshd[%d]: Invalid user u%d from 203.0.113.%d port 1\n", i / 60 % 60, i % 60, i, i, i % 250 }' >part
cp "$TOP/examples/logwatch/rules/sshd.yml" rules.yml
cat part part part >long
tries=0
until term 'ts-logwatch -r rules.yml long >out' >got
    grep -q "lines" got || [ $((tries += 1)) -ge 6 ]; do
	cat long long >longer && mv longer long
done
check "progress of a long file" grep -Eq 'long  [0-9]+%  [0-9]+ lines  [0-9]+/s' got
check "erased at its end" sh -c "tail -c 6 got | grep -q '$esc\\[K$esc\\[K'"
check "not part of the output" sh -c "[ -s out ] && ! grep -q '$esc' out"
# A shell's background jobs ignore SIGINT.
mkfifo keys; cat long long long >longer; : >got
TERM=xterm script -qefc 'env --default-signal=INT ts-logwatch -r rules.yml longer >out' got <keys >/dev/null 2>&1 & pid=$!; pids="$pids $pid"
exec 8>keys; wait_for 20 grep -q 'lines' got; printf '\003' >&8; wait "$pid"; rc=$?; exec 8>&-
check "Ctrl-C ends it" test $rc -eq 130
check "and leaves a clean line" sh -c "tr '\\r' '>' <got | grep -q '\\^C>$esc\\[K'"
term 'ts-logwatch -q -r rules.yml long >out' >got
check "none with -q" test ! -s got
ts-logwatch -r rules.yml long >out 2>got
check "none without a terminal" test ! -s got
echo "1..$n"
