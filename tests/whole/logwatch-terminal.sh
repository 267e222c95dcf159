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

# A table that is drawn again in its place, for a terminal of another size, too.
cat >live.py <<'PY'
import fcntl, os, pty, re, select, signal, struct, sys, termios, time
def size(rows, columns): fcntl.ioctl(master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
def line(path, n): return '192.0.2.1 - - [21/Jan/2026:09:%02d:05 +0000] "GET %s HTTP/1.1" 200 12 "-" "-" rt=0.%03d\n' % (n % 60, path, n)
def add(path, n):
    with open("access.log", "a") as f: f.write("".join(line(path, i) for i in range(n)))
screen = ""
def draws(): return re.split("(?=\x1b\\[H)", screen)[1:]
def wait(what, found):
    global screen
    end = time.time() + 20
    while not (draws() and draws()[-1].endswith("\x1b[J") and found(draws()[-1])):
        if time.time() > end: sys.exit("no %s in %r" % (what, screen[-2000:]))
        if select.select([master], [], [], 0.1)[0]: screen += os.read(master, 65536).decode()
def rows(draw): return re.sub("\x1b\\[[0-9;]*[A-Za-z]", "", draw).split("\r\n")
def must(ok, what):
    if not ok: sys.exit("%s: %r" % (what, draws()[-1]))
for i in range(40): add("/p%c%c" % (97 + i // 26, 97 + i % 26), 40 - i)
pid, master = pty.fork()
if pid == 0:
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGWINCH])     # until the size is set
    os.read(0, 1); signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGWINCH])
    os.execlp("ts-logwatch", "ts-logwatch", "stats", "-f", "--from", "start", "access.log")
size(24, 120); os.write(master, b"\n")
wait("first table", lambda d: "/paa" in d)
first = draws()[-1]
must(len(rows(first)) <= 24, "more rows than the terminal has")
must(all(len(r) <= 120 for r in rows(first)) and "P99" in first and "MIN" in first, "not as wide as it may be")
add("/new", 100); wait("new endpoint", lambda d: "/new" in d)
must(not draws()[-1].startswith("\x1b[H\x1b[2J"), "all is cleared, not drawn over")
must("\x1b[K\r\n" in draws()[-1] , "what stood there is not cleared")
for r, c, has, lacks in (12, 50, "P95", "MIN"), (10, 40, "ERROR", "P95"), (9, 16, "COUNT", "ERROR"), (40, 90, "MAX", "nothing"):
    size(r, c)
    wait("table of %d columns" % c, lambda d: d.startswith("\x1b[H\x1b[2J") and has in d and lacks not in d)
    must(len(rows(draws()[-1])) <= r, "more rows than %d" % r)
    must(c < 30 or all(len(x) <= c for x in rows(draws()[-1])), "wider than %d" % c)
os.write(master, b"\x03")
sys.exit(os.waitpid(pid, 0)[1])
PY
TERM=xterm python3 live.py >why 2>&1 && ok 'stats -f draws in its place and follows the size' || not_ok 'stats -f' why
printf '%s\n' '192.0.2.1 - - [21/Jan/2026:09:00:05 +0000] "GET /x HTTP/1.1" 200 12 "-" "-" rt=1' >access.log
term 'stty cols 50; NO_COLOR=1 ts-logwatch stats access.log' >got
check 'a table for 50 columns is no wider' awk 'length > 50 { bad = 1 } END { exit bad || NR < 4 }' got

# U+009B is the begin of a command for some terminals.
printf 'a \302\2332J \303\251 x\177\nno \302\2332J\n' >raw
term "ts-logwatch grok '^a %{GREEDYDATA:rest}' raw" >got
check 'grok escapes C1 on a terminal' grep -qxF '{"rest":"\u009b2J é x\u007f"}' got
check 'and where there is no match' grep -q 'no ?2J$' got
term "ts-logwatch --format text -o events raw" >got
check 'events, too' grep -qF '"a \u009b2J é x\u007f"' got
ts-logwatch --format text -o events raw >got
check 'but not in a pipe' grep -q "$(printf 'a \302\2332J')" got
echo "1..$n"
