#!/bin/sh
# Every kind of ts-maint: -n touches nothing and shows exactly the steps that
# the run then takes; what the programs of others say is read, not repeated.
# shellcheck source=tests/whole/lib.sh
. "$(dirname "$0")/lib.sh"
cd "$work" || exit 3
mkdir bin data out
stub() { { echo '#!/bin/sh'; echo "echo \"\$0 \$*\" >>$work/calls"; cat; } >bin/"$1"; chmod +x bin/"$1"; }
stub apt-get <<'E'
case $* in
*update*) ;;
*dist-upgrade*) echo 'Inst bash [5.2-1] (5.2-2 Debian:12.1/stable [amd64])'
	echo 'Inst libssl3 [3.0.1] (3.0.2 Debian:12.1/stable, Debian-Security:12/stable-security [amd64])' ;;
esac
E
stub freshclam <<E
touch $work/data/daily.cld
E
stub certbot <<'E'
echo '  /etc/letsencrypt/live/a.test/fullchain.pem (success)'
E
stub lynis <<E
while [ "\$1" != --report-file ]; do shift; done
printf 'lynis_version=3.0.8\nwarning[]=FIRE-4512|iptables module loaded but no rules|-|-|\nsuggestion[]=SSH-7408|x|-|-|\nhardening_index=58\n' >"\$2"
E
stub iostat <<'E'
b='{"avg-cpu":{"user":1,"idle":50},"disk":[{"disk_device":"vda","util":1}]}'
c='{"avg-cpu":{"user":9,"idle":90},"disk":[{"disk_device":"vda","util":99}]}'
echo "{\"sysstat\":{\"hosts\":[{\"statistics\":[$b,$c]}]}}"
E
port=$(free_port)
python3 - "$port" "$work/posted" <<'EOP' & pids="$pids $!"
import http.server, sys
class H(http.server.BaseHTTPRequestHandler):
    def answer(self):
        n = int(self.headers.get('Content-Length') or 0)
        open(sys.argv[2], 'ab').write(self.command.encode() + b' ' + self.path.encode() + b' ' + self.rfile.read(n) + b'\n')
        self.send_response(500 if 'bad' in self.path else 200); self.end_headers()
    do_POST = do_GET = answer
    def log_message(self, *a): pass
http.server.HTTPServer(('127.0.0.1', int(sys.argv[1])), H).serve_forever()
EOP
wait_for 20 python3 -c "import socket; socket.create_connection(('127.0.0.1', $port))"
openssl req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out cert.pem -days 20 -subj /CN=short 2>/dev/null
cat >health.yml <<E
checks:
  - {name: disk, type: disk, path: /, warn: "@0:0"}
  - {name: port, type: tcp, address: "127.0.0.1:$port"}
  - {name: closed, type: tcp, address: "127.0.0.1:1"}
E
s3=$(free_port)
python3 "$TOP/tests/lib/s3double.py" "$s3" >s3.log & pids="$pids $!"
wait_for 20 grep -q ready s3.log
mkdir old; for f in a b c; do echo $f >old/$f.log.gz; touch -d 2026-01-01 old/$f.log.gz; done
mkdir releases app app/releases app/releases/1 app/releases/2; ln -s releases/1 app/current
echo new >from; echo old >prog
(cd app/releases/2 && echo x >f && sha256sum f >SHA256SUMS)
logdir=$work/logs; mkdir -m 755 "$logdir"; echo text >"$logdir/a.log"; echo text >"$logdir/b.log"
cat >m.yml <<E
global: {lock_dir: locks, path: "$work/bin:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"}
tasks:
  - {name: command, kind: command, argv: [touch, $work/out/x], creates: $work/out/x}
  - {name: apt, kind: apt}
  - {name: archive, kind: archive, paths: ["$work/old"], match: ["*.gz"], older_than: 7d, endpoint: "http://127.0.0.1:$s3", bucket: logs, access_key: AKIDEXAMPLE, secret_key: wJalr/XUtn+FEMI}
  - {name: freshclam, kind: freshclam, database: $work/data, pid_file: $work/nopid}
  - {name: certbot, kind: certbot}
  - {name: lynis, kind: lynis, report: $work/lynis.dat}
  - {name: sysstat, kind: sysstat, interval: 1s}
  - {name: disk, kind: disk, paths: [/], below: [$work], top: 3, warn: 100, crit: 101}
  - {name: cert, kind: cert, sources: [$work/cert.pem]}
  - {name: health, kind: health, config: health.yml, checks: [disk, port]}
  - {name: sick, kind: health, config: health.yml}
  - {name: http, kind: http, url: "http://127.0.0.1:$port/hook/s3cret", json: {status: emergency_stop}}
  - {name: optional, kind: http, url: "http://127.0.0.1:$port/bad", json: {a: b}, optional: true}
  - {name: strict, kind: http, url: "http://127.0.0.1:$port/bad", json: {a: b}}
  - {name: deploy, kind: deploy, root: $work/app, release: "2"}
  - {name: rollback, kind: rollback, root: $work/app}
  - {name: file, kind: rollback, file: $work/prog, from: $work/from}
  - {name: backup, kind: backup, sources: [$work/app], dest: $work/dst, file: "app_{date}", keep: {last: 1}}
  - {name: verify, kind: verify, dir: $work/dst, match: ["app_*"]}
  - {name: restore, kind: restore-test, dir: $work/dst, match: ["app_*"], scratch: $work/scratch, check: [test, -e, "${work#/}/app/releases"]}
  - {name: rotate, kind: rotate, file: $work/app.conf, state: $work/rotate.status, logs: ["$logdir/*.log"], rotate: 3, options: [missingok, compress, delaycompress, notifempty]}
E
steps() { jq -r 'select(.step and .status == $s) | "\(.step) \(.what)"' --arg s "$1"; }
tree() { find "$work" -path "$work/posted" -prune -o -path "$work/calls" -prune -o -path "$work/s3.log" -prune -o -newer "$work/mark" -type f -print; }
# same NAME STATUS
same() {
	: >calls; : >posted; touch mark
	ts-maint plan -c m.yml -s state -o json "$1" >out/plan 2>out/plan.err
	check "$1: a plan posts nothing, changes no file" test -z "$(cat posted)$(tree | grep -v "^$work/out/plan")"
	ts-maint run -v -c m.yml -s state -o json "$1" >out/run 2>out/run.err
	rc=$?
	check "$1: exits $2" test "$rc" = "$2"
	steps planned <out/plan >planned; jq -r 'select(.step and .status != "planned") | "\(.step) \(.what)"' out/run >'done'
	check "$1: the run did what was planned" cmp planned 'done'
	check "$1: it had something to do" test -s 'done'
}
has() { check "$1" jq -se "map(select(.kind != \"plan\" and .task))[0] | $2" out/run; }
same command 0
same apt 1; has 'apt: upgrades are counted' '.data.upgrades == 2 and .data.security == 1 and .data.security_packages == ["libssl3"]'
same archive 0; has 'archive: what went is counted' '.data.uploaded == 3 and .data.removed == 3'; check 'archive: they are over there' test "$(ls old)$(curl -s "http://127.0.0.1:$s3/_objects" | jq 'keys | length')" = 4
same freshclam 0; has 'freshclam: the age is known' '.data.age_days < 1'
same certbot 0; has 'certbot: renewals are counted' '.data.renewals == 1'
same lynis 1; has 'lynis: the report is read' '.data.hardening_index == 58 and .data.new_warnings == ["FIRE-4512: iptables module loaded but no rules"]'
same lynis 0; has 'lynis: what was known is not told again' '.data.new_warnings == null'
same sysstat 1; has 'sysstat: the second report counts' '.data.disks.vda.util == 99 and (.message | test("vda is busy 99 %"))'
same disk 0; has 'disk: a report' '.data.mounts[0].mount == "/" and .data.mounts[0].days_until_full == null'
ts-maint run -c m.yml -s grow --now 2026-01-01T00:00:00Z -o json disk >/dev/null
dd if=/dev/zero of=big bs=1M count=64 2>/dev/null
ts-maint run -c m.yml -s grow --now 2026-01-02T00:00:00Z -o json disk >out/run
rm -f big
has 'disk: growth and days until full' '.data.mounts[0] | .growth_per_day > 1000000 and .days_until_full > 0'
same cert 1; has 'cert: the days are known' '.data.days[] == 19 and (.message | test("expires in"))'
same health 0
same sick 2; has 'health: what is unhealthy is named' '.data.unhealthy == ["closed"]'
same http 0
check 'http: the body is JSON' sh -c "grep '^POST /hook/s3cret' posted | cut -d' ' -f3- | jq -e '.status == \"emergency_stop\" and .timestamp and .host'"
check 'http: the address is not shown' sh -c '! grep -q s3cret out/run out/plan out/run.err state/ts-maint.audit'
same optional 1
same strict 2
same deploy 0; check 'deploy: the link' test "$(readlink app/current)" = releases/2
same rollback 0; check 'rollback: the link' test "$(readlink app/current)" = releases/1
echo tampered >app/releases/2/f
ts-maint run -c m.yml -o json deploy >out/run; check 'deploy: a release that was tampered with' test "$?$(readlink app/current)" = 2releases/1
same file 0; check 'rollback of a file' test "$(cat prog) $(cat prog.rollback)" = 'new old'
mkdir dst scratch; ts-maint run -q -c m.yml --now 2020-01-01T00:00:00Z backup >/dev/null
same backup 0; check 'backup: the new one, read back, in place of the old' test "$(find dst -name '*.zst' ! -name '*2020*' | wc -l) $(find dst -name '*2020*' | wc -l)" = '1 0'
same verify 0; has 'verify: a report' '.data.verified == 1 and (.changed | not)'
same restore 0; has 'restore-test: a report' '.data.entries > 3 and (.changed | not)'
if command -v logrotate >/dev/null; then
	same rotate 0
	check 'rotate: the snippet is in place' logrotate -d -s /dev/null app.conf
	sed -i "s/\" 20[0-9-]*:/\" 2020-1-1-0:/" rotate.status
	same rotate 0
	check 'rotate: the logs were rotated' test -e "$logdir/a.log.1" -a -e "$logdir/b.log.1"
	echo 'dayly' >>app.conf; sed -i 's/logs: \[[^]]*\], //' m.yml
	ts-maint run -c m.yml -o json rotate >out/run; check 'rotate: an unknown directive is a failure' test $? = 2
else
	skip 'rotate' 'no logrotate'
fi
