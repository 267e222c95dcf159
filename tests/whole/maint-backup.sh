#!/bin/sh
# ts-maint backup, verify, restore-test: what is stored, what is said of files
# that change or cannot be read, what stays when it is killed, which go, and
# archives of somebody who means harm.
# shellcheck source=tests/whole/lib.sh
. "$(dirname "$0")/lib.sh"
cd "$work" || exit 3
src=$work/src dst=$work/dst
conf() { printf 'global: {lock_dir: locks}\ntasks:\n  - {name: t, %s}\n' "$1" >m.yml; }
run() { ts-maint run -c m.yml -s st -o json "$@" t >out 2>err; rc=$?; }
is() { check "$1" jq -se "map(select(.kind != \"plan\" and .task))[0] | $2" out; }
backup="kind: backup, sources: ['$src'], dest: '$dst'"
mkdir -p "$src/sub" "$src/cache" "$dst"
echo one >"$src/one"; ln "$src/one" "$src/same"; ln -s /etc/passwd "$src/link"; mkfifo "$src/fifo"
truncate -s 20M "$src/holes"; echo end >>"$src/holes"; chmod 4750 "$src/sub"
printf x >"$src/$(printf 'odd\377name')"; echo x >"$src/sub/x.tmp"; echo c >"$src/cache/c"
python3 -c 'import socket, sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])' "$src/socket"

for z in zstd:.tar.zst gzip:.tar.gz xz:.tar.xz none:.tar; do
	conf "$backup, file: 'b_{date}', compress: ${z%:*}, exclude: ['*.tmp', '$src/cache']"
	run --now 2026-01-01T12:00:00Z
	f=$dst/b_20260101${z#*:}
	check "${z%:*}: it is there" test "$rc" = 0 -a -e "$f"
	check "${z%:*}: sha256sum agrees" sh -c "cd '$dst' && sha256sum -c '$f.sha256'"
	rm -rf there; mkdir there
	check "${z%:*}: tar reads it" tar -xf "$f" -C there
	check "${z%:*}: tar has the same" sh -c "cd 'there$work' && cmp src/one '$src/one' && cmp src/holes '$src/holes' && test src/one -ef src/same -a -p src/fifo &&
	    test \"\$(readlink src/link)\" = /etc/passwd && test \"\$(stat -c %a src/sub)\" = 4750 && test ! -e src/sub/x.tmp -a ! -e src/cache -a ! -e src/socket"
done
check 'holes stay holes' test "$(du -k "there$src/holes" | cut -f1)" -lt 1000
is 'a socket that was left out is said' '.data.sockets_left_out == 1'
check 'only root reads it' test "$(stat -c %a "$f")" = 600
check 'nothing else is left' test "$(find "$dst" -name '.*.partial*' | wc -l)" = 0
conf "$backup, file: 'b_{date}', compress: none"
run --now 2026-01-01T13:00:00Z
check 'no backup is replaced: the second has a time' test -e "$dst/b_20260101_130000.tar" -a -e "$dst/b_20260101.tar"

# Retention, as of restic: the newest of each of three days; what is not ours stays.
rm -rf "$dst"; mkdir "$dst"
conf "$backup, file: 'b_{date}', compress: gzip, keep: {daily: 3}"
echo mine >"$dst/b_notes.tar.gz"; echo mine >"$dst/other_20200101.tar.gz"
for d in 1 2 3 4 5; do run --now "2026-01-0${d}T02:00:00Z"; touch -d "2026-01-0${d}T02:00:00Z" "$dst/b_2026010$d.tar.gz"; done
check 'retention: three days, and what is not ours' test "$(cd "$dst" && echo *.gz)" = 'b_20260103.tar.gz b_20260104.tar.gz b_20260105.tar.gz b_notes.tar.gz other_20200101.tar.gz'
check 'retention: their checksums go with them' test "$(find "$dst" -name '*.sha256' | wc -l)" = 3
chmod 000 "$src/one"
if [ "$(id -u)" = 0 ]; then
	conf "$backup, file: 'b_{date}', compress: gzip, keep: {daily: 1}, user: nobody"
	chmod 755 "$work"; chown nobody "$dst" "$src"
	run --now 2026-01-06T02:00:00Z
	is 'what cannot be read is a failure' '.status == "failed" and (.error | test("cannot read|cannot be read"))'
	check 'then none goes and none is left half' test "$(cd "$dst" && echo b_2*.gz .b*)" = 'b_20260103.tar.gz b_20260104.tar.gz b_20260105.tar.gz .b*'
	chown root "$dst" "$src"
else
	skip 'what cannot be read' 'needs root'
fi
chmod 644 "$src/one"

# A file that is written all the time.
mkdir busy; dd if=/dev/zero of=busy/log bs=1M count=8 2>/dev/null
conf "kind: backup, sources: ['$work/busy'], dest: '$dst', file: 'busy_{date}'"
(while :; do echo more >>busy/log; done) & writer=$!; pids="$pids $writer"
run --now 2026-01-06T02:00:00Z; kill $writer; wait $writer 2>/dev/null
is 'a file that changes is a warning' '.status == "warning" and (.message | test("busy/log. changed while it was read"))'
conf "kind: verify, dir: '$dst', match: ['busy_*']"
run
is '... and the backup is whole' '.status == "ok"'

# Killed in the middle: nothing has the name of a backup; a day later it is cleaned up.
mkdir big; dd if=/dev/urandom of=big/f bs=1M count=96 2>/dev/null
conf "kind: backup, sources: ['$work/big'], dest: '$dst', file: 'big_{date}', compress: xz"
for how in TERM KILL; do
	ts-maint run -c m.yml -s st --now 2026-01-06T02:00:00Z t >/dev/null 2>&1 & run=$!; pids="$pids $run"
	wait_for 20 sh -c "ls '$dst'/.big_*.partial.*"
	kill -$how $run; wait $run 2>/dev/null
	wait_for 20 sh -c "! pgrep -P $run"
	check "$how: nothing has the name of a backup" sh -c "! ls '$dst'/big_* 2>/dev/null"
	[ $how = KILL ] || check 'TERM: the half one is gone' wait_for 20 sh -c "! ls '$dst'/.big_*.partial.*"
	wait_for 20 flock -n locks/t.lock true
	[ $how = TERM ] || touch "$dst/.big_20251231.tar.xz.partial.1" "$dst/.keep.partial.1"
done
touch -d '2 days ago' "$dst"/.big_*.partial.* "$dst/.keep.partial.1"
echo 1 >big/f
run
check 'what a killed run left goes a day later' sh -c "! ls '$dst'/.big_*.partial.* && test -e '$dst/.keep.partial.1'"

# Which ones verify looks at.
conf "kind: verify, dir: '$dst', match: ['nothing_*']"
run; is 'verify: no backup at all is a failure' '.status == "failed"'
rm -rf v; mkdir v
for i in 1 2 3 4 5 6; do (cd v && tar -czf "v$i.tar.gz" -C "$src" one && sha256sum "v$i.tar.gz" >"v$i.tar.gz.sha256"); touch -d "$i days ago" "v/v$i.tar.gz"; done
conf "kind: verify, dir: '$work/v', match: ['v*'], subset: 3"
for i in 1 2 3; do ts-maint run -v -c m.yml -s st -o json t | jq -r 'select(.step) | .what'; done | sort >seen
check 'verify: three runs of a third look at all' test "$(uniq seen | wc -l) $(wc -l <seen)" = '6 6'
conf "kind: verify, dir: '$work/v', match: ['v*'], newest: 2"
run; is 'verify: the newest' '.data.verified == 2 and .data.matched == 6'
conf "kind: verify, dir: '$work/v', match: ['v*'], max_age: 12h"
run; is 'verify: too old' '.status == "failed" and (.error | test("newest is 1d"))'
dd if=/dev/urandom of=v/v2.tar.gz bs=1k count=64 2>/dev/null; (cd v && sha256sum v2.tar.gz >v2.tar.gz.sha256); touch -d '2 days ago' v/v2.tar.gz
conf "kind: verify, dir: '$work/v', match: ['v1*', 'v2*'], newest: 1"
run; is 'verify: it has shrunk' '.status == "warning" and (.message | test("smaller than the one before"))'
conf "kind: verify, dir: '$work/v', match: ['v2*']"
run; is 'verify: a right checksum of what is no archive' '.status == "failed"'
# Without checksums: gzip, zstd and xz have their own.
rm -rf p; mkdir p; seq 20000 >p/text
for c in 'gzip -k' 'xz -k' 'zstd -q'; do
	(cd p && $c text)
	f=$(cd p && echo text.*); conf "kind: verify, dir: '$work/p', match: ['text.*']"
	run; is "verify: $f without a checksum is a warning" '.status == "warning" and (.message | test("no checksum"))'
	for at in 30 half end; do
		size=$(stat -c %s "p/$f"); cp "p/$f" good
		case $at in half) at=$((size / 2)) ;; end) at=$((size - 6)) ;; esac
		printf '\125\252' | dd of="p/$f" bs=1 seek="$at" conv=notrunc 2>/dev/null
		run; is "verify: $f with a byte changed at $at" '.status == "failed"'
		cp good "p/$f"
	done
	rm "p/$f"
done

# restore-test
rm -rf "$dst"; mkdir "$dst" scratch
conf "$backup, file: 'b_{date}'"
run
restore() { conf "kind: restore-test, dir: '$dst', match: ['*.tar*'], scratch: '$work/scratch', $1"; run; }
restore "check: [cmp, '${src#/}/one', '$src/one']"
is 'restore-test: all comes out, the check agrees' '.status == "ok" and .data.entries > 8 and .data.left_out == 1'
check 'restore-test: nothing stays' test -z "$(ls scratch)"
restore "check: ['false']"
is 'restore-test: a check that says no' '.status == "failed" and (.error | test("says no"))'
check 'restore-test: nothing stays then either' test -z "$(ls scratch)"
restore "max_bytes: 1MiB"
is 'restore-test: more than max_bytes' '.status == "failed" and (.error | test("more than 1.0 MiB"))'
rm "$dst"/*; mkdir scratch/out; echo safe >victim
python3 - "$dst" "$work" <<'P'
import io, sys, tarfile
dst, work = sys.argv[1:]
def make(name, *members):
    with tarfile.open(f'{dst}/{name}.tar', 'w') as t:
        for m in members:
            i = tarfile.TarInfo(m[0]); i.type = m[1]; i.linkname = m[2] if len(m) > 2 else ''
            data = b'evil\n' if m[1] == tarfile.REGTYPE else b''
            i.size = len(data); t.addfile(i, io.BytesIO(data))
R, L, H = tarfile.REGTYPE, tarfile.SYMTYPE, tarfile.LNKTYPE
make('absolute', (work + '/victim', R))
make('dotdot', ('../../victim', R))
make('inner', ('a/../../../victim', R))
make('link', ('d', L, work), ('d/victim', R))
make('linkdots', ('d', L, '../..'), ('d/victim', R))
make('chain', ('a', L, '.'), ('a/b', L, '..'), ('a/b/victim', R))
make('hard', ('h', H, work + '/victim'), ('h', R))
make('harddots', ('h', H, '../../victim'), ('h', R))
make('hardlink', ('d', L, work), ('h', H, 'd/victim'), ('h', R))
make('twice', ('f', R), ('f', L, work + '/victim'), ('f', R))
make('device', ('sda', tarfile.BLKTYPE), ('f', R))
make('deep', ('/'.join(['d'] * 300) + '/f', R))
make('fine', ('d', L, 'real'), ('real/f', R))
P
for f in "$dst"/*.tar; do
	evil=$(basename "$f" .tar)
	conf "kind: restore-test, dir: '$dst', match: ['$evil.tar'], scratch: '$work/scratch'"
	run
	case $evil in
	device | fine | link | linkdots) is "restore-test: $evil is a warning, there is no manifest" '.status == "warning"' ;;
	*) is "restore-test: $evil is refused" '.status == "failed"' ;;
	esac
done
check 'restore-test: nothing was written elsewhere' test "$(cat victim) $(ls scratch)" = 'safe out'
rm "$dst"/*
python3 -c 'import tarfile, sys
t = tarfile.TarFile(sys.argv[1], "w"); i = tarfile.TarInfo("bomb"); i.size = 2 ** 40; i.pax_headers = {}
t.fileobj.write(i.tobuf())' "$dst/bomb.tar"
restore "max_bytes: 10MiB"
is 'restore-test: a file that says it is a TiB' '.status == "failed"'
