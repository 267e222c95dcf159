#!/bin/sh
# ts-maint's dead-man ping, the user of a task, and an audit log that somebody
# has been at.
# shellcheck source=tests/whole/lib.sh
. "$(dirname "$0")/lib.sh"
cd "$work" || exit 3
port=$(free_port)
python3 - "$port" "$work/pings" <<'P' & pids="$pids $!"
import http.server, sys
class H(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers.get('Content-Length') or 0))
        with open(sys.argv[2], 'ab') as f:
            f.write(self.path.encode() + b' ' + str(len(body)).encode() + b' ' + body.replace(b'\n', b' ') + b'\n')
        self.send_response(404 if 'gone' in self.path else 500 if 'broken' in self.path else 200); self.end_headers()
    def log_message(self, *a): pass
http.server.ThreadingHTTPServer(('127.0.0.1', int(sys.argv[1])), H).serve_forever()
P
wait_for 20 python3 -c "import socket; socket.create_connection(('127.0.0.1', $port))"

# ---- ping ----
ping() {
	printf 'global: {lock_dir: locks}\ntasks:\n  - {name: t, kind: command, argv: %s, ping: %s}\n' "$1" "$2" >m.yml
	: >pings; ts-maint run -c m.yml -s st -o json t >out 2>err; rc=$?
	cut -d' ' -f1 pings | sed 's/rid=[0-9a-f-]\{36\}/rid=R/' >paths
}
echo "http://127.0.0.1:$port/p/s3cret" >url
ping '[echo, hi]' '{file: url}'
check 'ping: start and success' test "$rc $(tr '\n' ' ' <paths)" = '0 /p/s3cret/start?rid=R /p/s3cret?rid=R '
check 'ping: both of one run' test "$(sed 's/.*rid=\([^ ]*\).*/\1/' pings | sort -u | wc -l)" = 1
check 'ping: the results are its body' sh -c "tail -n 1 pings | grep -q 'ok'"
ping '["false"]' '{file: url}'
check 'ping: fail' test "$rc $(tr '\n' ' ' <paths)" = '2 /p/s3cret/start?rid=R /p/s3cret/fail?rid=R '
ping '[echo, hi]' "{url: \"http://127.0.0.1:$port/q?key=1\", body: false}"
check 'ping: an address with a query, no body' sh -c "test \"\$(tr '\n' ' ' <paths)\" = '/q/start?rid=R&key=1 /q?rid=R&key=1 ' && ! grep -v ' 0 ' pings"
echo "http://127.0.0.1:$port/gone/s3cret" >url; ping '[echo, hi]' '{file: url}'
check 'ping: one that is refused is a warning, the task is well' sh -c "test $rc = 0 && grep -q 'answered 404' err"
echo "http://127.0.0.1:1/s3cret" >url; ping '[echo, hi]' '{url: {file: url}, timeout: 1s}'
check 'ping: nobody there is a warning, the task is well' sh -c "test $rc = 0 && grep -q 'was not reached' err"
ping '[echo, hi]' '{file: nofile}'
check 'ping: no address is a warning, the task is well' sh -c "test $rc = 0 && grep -q 'ping:' err"
echo "http://127.0.0.1:$port/p/s3cret" >url; ping '[echo, hi]' '{file: url}'
: >pings; ts-maint plan -c m.yml -s st t >plan 2>&1
check 'ping: a plan tells nobody' test ! -s pings
check 'ping: the address is nowhere' sh -c "! grep -rq s3cret out err plan st"

# ---- user ----
if [ "$(id -u)" = 0 ]; then
	chmod 755 "$work"
	cat >m.yml <<E
global: {lock_dir: locks}
tasks:
  - {name: t, kind: command, user: nobody, argv: [sh, -c, 'id -u; id -G; echo \$USER \$HOME; umask; cat $work/rootfile 2>/dev/null && echo oops; grep Cap[EPB] /proc/self/status; python3 -c "import os; os.setuid(0)" 2>&1 | tail -n 1'], umask: "027"}
  - {name: nouser, kind: command, user: no-such-user, argv: [id]}
  - {name: b, kind: backup, user: nobody, sources: [$work/src], dest: $work/dst, file: "b_{date}"}
E
	echo secret >rootfile; chmod 600 rootfile; mkdir src dst; echo x >src/x; chown nobody dst
	ts-maint run -c m.yml -o json t >out
	check 'user: it is nobody, with its groups alone' sh -c "jq -r 'select(.output) | .output' out | head -n 2 | tr '\n' ' ' | grep -qx \"$(id -u nobody) $(id -G nobody) \""
	check 'user: its name, home and umask' sh -c "jq -r 'select(.output) | .output' out | sed -n '3,4p' | tr '\n' ' ' | grep -q \"^nobody $(getent passwd nobody | cut -d: -f6) 0027 $\""
	check 'user: it reads nothing of root' sh -c "! grep -q 'secret\|oops' out"
	check 'user: it has no capability, and no way back' sh -c "jq -r 'select(.output) | .output' out | grep -q 'CapEff:.*0000000000000000' && grep -q 'not permitted' out"
	ts-maint run -c m.yml -o json nouser >out; check 'user: one that there is not' sh -c "grep -q \"no such user\" out"
	ts-maint run -c m.yml -o json b >out; check 'user: a backup is theirs' test "$(stat -c %U dst/*.zst)" = nobody
	sed -i 's/user: nobody/user: root/' m.yml; chmod 777 .; mkdir nl; chmod 777 nl; sed -i "s|lock_dir: locks|lock_dir: $work/nl|" m.yml
	setpriv --reuid=nobody --regid=nogroup --clear-groups env PATH="$PATH" ts-maint run -c m.yml -o json t >out 2>&1
	check 'user: only root becomes another' grep -q "only root may become 'root'" out
else
	skip 'user' 'needs root'
fi

# ---- the audit log ----
printf 'global: {lock_dir: locks}\ntasks: [{name: a, kind: command, argv: [echo, hi]}]\n' >m.yml
for i in 1 2 3 4; do ts-maint run -q -c m.yml -s au a >/dev/null; done
log=au/ts-maint.audit; cp $log good; lines=$(wc -l <good)
verify() { ts-maint log --verify -s au >out 2>err; rc=$?; }
verify; check 'audit: it is whole' test $rc = 0
bad() { verify; check "audit: $1" sh -c "test $rc = 2 && test -s err && ! grep -qi 'sanitizer' err"; cp good $log; }
i=1
while [ $i -le "$lines" ]; do
	sed "${i}s/\"run\":\"\(.\)./\"run\":\"\1_/" good >$log; bad "record $i changed"
	[ $i = 1 ] || { sed "${i}d" good >$log; bad "record $i gone"; }
	i=$((i + 1))
done
awk 'NR == 3 { hold = $0; next } { print } NR == 4 { print hold }' good >$log; bad 'two records in another order'
sed 5p good >$log; bad 'a record twice'
head -n 4 good >$log; bad 'the end cut off'
: >$log; bad 'emptied'
sed '6s/^/ /' good >$log; bad 'a blank put in'
{ cat good; tail -n 1 good; } >$log; bad 'the last one again'
# Whole again from the third on, but the first two are others.
sed '1,2s/"echo"/"rm"/; 2s/ok/no/' good >$log; cmp -s good $log || bad 'the beginning written anew'
printf '\000\377{"audit"' >$log; bad 'rubbish'
python3 -c 'print("[" * 100000)' >$log; bad 'deep rubbish'
python3 - good $log <<'P'
import hashlib, json, sys
out, prev = [], '0' * 64
for line in open(sys.argv[1]):
    r = json.loads(line); r['prev'] = prev
    if r['n'] == 3: r['status'] = 'forged'
    out.append(json.dumps(r, separators=(',', ':'))); prev = hashlib.sha256(out[-1].encode()).hexdigest()
open(sys.argv[2], 'w').write('\n'.join(out) + '\n')
P
bad 'all of it written anew: the state knows its end'
rm $log; verify; check 'audit: it is gone' test $rc -ge 2; cp good $log
ln -sf /etc/passwd au/link; ts-maint log --verify au/link >out 2>&1; check 'audit: another file' test $? = 2
verify; check 'audit: the good one is good still' test $rc = 0
