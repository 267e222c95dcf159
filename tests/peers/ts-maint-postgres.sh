#!/bin/sh
# ts-maint's pg.* kinds against a PostgreSQL server: as owner and as somebody
# else, locks, a REINDEX that is cancelled and one whose session is ended, dumps
# that are whole and that are not, passwords, thresholds.
# shellcheck source=tests/whole/lib.sh
. "$(dirname "$0")/../whole/lib.sh"
# shellcheck source=tests/lib/servers.sh
. "$(dirname "$0")/../lib/servers.sh"
trap 'stop_all; servers_stop; rm -rf "$work"' EXIT
cd "$work" || exit 3
if ! postgres_start; then skip 'pg.*' 'no server'; exit 0; fi
real=$pg_bin
mkdir bin dst scratch; chmod 755 "$work"
sql() { psql_test -c "$1"; }
conf() {
	printf 'global: {lock_dir: locks, path: "%s/bin:%s:/usr/bin:/bin"}\ntasks:\n' "$work" "$real" >m.yml
	printf '  - {name: t, dsn: "host=127.0.0.1 port=%s dbname=postgres user=%s%s", %s}\n' "$pg_port" "${role:-$pg_user}" "$secret" "$1" >>m.yml
}
role='' secret=''
run() { ts-maint run -c m.yml -s st -o json -v "$@" t >out 2>err; rc=$?; }
is() { check "$1" sh -c 'jq -se "map(select(.kind != \"plan\" and .task))[0] | $1" out || ! cat out' sh "$2"; }
# planned NAME: the plan is what the run then does
planned() {
	ts-maint plan -c m.yml -s st -o json t >plan 2>&1; run
	jq -r 'select(.step) | "\(.step) \(.what)"' plan >a
	jq -r 'select(.step) | "\(.step) \(.what)"' out >b
	check "$1: the run did what was planned" cmp a b
	check "$1: there was something to do" test -s a
}
indexes() { sql "select count(*) from pg_class where relname ~ '_cc(new|old)'"; }
none_left() { test "$(indexes)" = 0; }

sql "create table big (id int primary key, t text); insert into big select i, repeat('x', 20) from generate_series(1, 30000) i;
	create table \"Odd name\" (id int); insert into \"Odd name\" select generate_series(1, 20000);
	create table quiet (id int); insert into quiet values (1); analyze quiet; analyze big; analyze \"Odd name\";
	delete from big where id % 2 = 0; delete from \"Odd name\" where id % 4 = 0;
	create role owner login; create role other login; create role sec login password 's3cret:pw\\x';
	create table mine (id int); insert into mine select generate_series(1, 5000); alter table mine owner to owner;
	grant select on all tables in schema public to other, sec" >/dev/null

# ---- vacuum, analyze ----
conf 'kind: pg.vacuum, exclude: [mine]'
wait_for 20 sh -c "'$real/psql' -h 127.0.0.1 -p $pg_port -U $pg_user -d postgres -qAtXc \"select n_dead_tup from pg_stat_user_tables where relname = 'big'\" | grep -qx 15000"
planned vacuum
is 'vacuum: the worst first, and only what needs it' '.status == "ok" and [.data.tables[].table] == ["public.big", "public.Odd name"]'
is 'vacuum: how many rows' '.data.rows == 20000 and .changed'
check 'vacuum: it was analyzed too' test "$(sql "select last_analyze is not null and n_dead_tup = 0 from pg_stat_user_tables where relname = 'Odd name'")" = t
run; is 'vacuum: a second time there is nothing to do' '.status == "ok" and (.changed | not) and (.message | test("no table needs it"))'
conf 'kind: pg.vacuum, all: true'
run; is 'vacuum: all of them' '.data.done == 4'
conf 'kind: pg.vacuum, all: true, tables: ["public.q*"]'
run; is 'vacuum: only some' '[.data.tables[].table] == ["public.quiet"]'
conf 'kind: pg.vacuum, all: true, budget: 1ms'
run; is 'vacuum: no time' '.data.left_for_next_time >= 3'
conf 'kind: pg.vacuum, full: true'
check 'vacuum: full needs confirm' sh -c '! ts-maint check m.yml 2>e; grep -q confirm e'
role=owner; conf 'kind: pg.vacuum, all: true'
run; is 'vacuum: the owner of one of four: a warning says what was left out' '.status == "warning" and .data.done == 1 and .data.skipped_denied == 3 and (.message | test("only table or database owner"))'
role=other; conf 'kind: pg.vacuum, all: true'
run; is 'vacuum: none is ours: nothing was done, and that is a failure' '.status == "failed" and .data.done == 0 and (.changed | not) and (.error | test("only table or database owner"))'
conf 'kind: pg.analyze, all: true'
run; is 'analyze: none is ours' '.status == "failed" and .data.skipped_denied == 4'
role=''; conf 'kind: pg.analyze'
sql "update quiet set id = 2; create table parts (id int) partition by range (id); create table part1 partition of parts for values from (0) to (100)" >/dev/null
planned analyze
is 'analyze: of partitioned tables too' '.status == "ok" and ([.data.tables[].table] | contains(["public.parts", "public.part1"]))'
hold() { (echo "begin; $1;"; while test ! -e release; do sleep 0.1; done; echo 'commit;') | psql_test >held 2>&1 & holder=$!; pids="$pids $holder"; }
let_go() { touch release; wait $holder; rm -f release; }
hold 'lock table big in access exclusive mode; select 1'; wait_for 20 grep -q 1 held
conf 'kind: pg.vacuum, all: true, tables: [big, mine]'
run; is 'vacuum: a locked table is left, the other is not' '.status == "warning" and .data.skipped_locked == 1 and .data.done == 1'
conf 'kind: pg.query, sql: "select count(*) from big", lock_timeout: 200ms'
run; is 'lock_timeout' '.status == "failed" and (.error | test("timeout: .*lock timeout"))'
let_go
cat >ptyrun.py <<'P'
import pty, sys
def read(fd):
    import os
    return os.read(fd, 4096)
pty.spawn(sys.argv[1:], read)
P
conf 'kind: pg.vacuum, all: true'
python3 ptyrun.py ts-maint run -c m.yml t >seen 2>&1
check 'vacuum: progress on a terminal' sh -c "grep -q '\[1/1\] t  *[0-9.]*m\{0,1\}s  *table 1/[0-9]* public' seen || ! cat -v seen"
# ---- reindex ----
conf 'kind: pg.reindex, min_size: 8KiB'
run; is 'reindex: nothing is known yet' '.status == "ok" and (.message | test("no index needs it"))'
sql "create unique index bad on \"Odd name\" (id)" >/dev/null
sql "update pg_index set indisvalid = false where indexrelid = 'bad'::regclass" >/dev/null
planned 'reindex of an invalid one'
is 'reindex: an invalid one' '.status == "ok" and [.data.indexes[].index] == ["public.bad"]'
check 'reindex: it is valid again' test "$(sql "select indisvalid from pg_index where indexrelid = 'bad'::regclass")" = t
sql "delete from big where id % 10 <> 1" >/dev/null; sql "vacuum analyze big" >/dev/null
planned 'reindex of a bloated one'
is 'reindex: one that has grown by the row' '[.data.indexes[] | select(.bloat > 60) | .index] == ["public.big_pkey"]'
sql 'create extension pgstattuple; insert into big select i from generate_series(100000, 130000) i' >/dev/null
sql "delete from big where id % 7 <> 1" >/dev/null; sql "vacuum analyze big" >/dev/null
conf 'kind: pg.reindex, min_size: 8KiB, indexes: ["big*"]'
planned 'reindex by density'; is 'reindex: by how full its leaves are' '.data.indexes[0].bloat > 30'
role=other; conf 'kind: pg.reindex, all: true, min_size: 8KiB, indexes: [big_pkey]'
run; is 'reindex: as somebody else it is an error' '.status == "failed" and (.error | test("owner|permission"))'
role=''; hold 'select id from big limit 1'; wait_for 20 grep -q 1 held
conf 'kind: pg.reindex, all: true, indexes: [big_pkey], lock_timeout: 200ms'
run; is 'reindex: somebody is in the way: a warning' '.status == "warning" and .data.skipped_locked == 1'
let_go
conf 'kind: pg.reindex, indexes: [none]'
run; check 'reindex: what had to stay goes later' none_left
# One that takes its time.
sql 'create function slow(int) returns int language plpgsql immutable as $$ begin perform pg_sleep(0.002); return $1; end $$;
	create table slow_t (id int); insert into slow_t select generate_series(1, 700); create index slow_i on slow_t (slow(id))' >/dev/null
conf 'kind: pg.reindex, all: true, indexes: [slow_i]'
python3 ptyrun.py ts-maint run -c m.yml t >seen 2>&1
check 'progress on a terminal' sh -c "grep -q 'index 1/1 public.slow_i' seen || ! cat -v seen"
begun() { ts-maint run -c m.yml -o json t >out 2>err & run=$!; pids="$pids $run"; wait_for 20 some_left; }
some_left() { ! none_left; }
check 'reindex: at work' begun
kill -TERM $run; wait $run
is 'reindex: stopped midway it has failed' '.status == "failed"'
check 'reindex: what it had begun is dropped' none_left
conf 'kind: pg.reindex, all: true, indexes: [slow_i], timeout: 1s'
run; is 'reindex: out of time' '.status == "timeout"'
check 'reindex: what it had begun is dropped then too' none_left
conf 'kind: pg.reindex, all: true, indexes: [slow_i], statement_timeout: 500ms'
run; is 'reindex: statement_timeout' '.status == "failed" and (.error | test("statement timeout"))'
check 'reindex: and then' none_left
# The session ends under it; and a REINDEX of somebody with its TOAST table:
# what stays the next run finds.
conf 'kind: pg.reindex, all: true, indexes: [slow_i]'
begun
sql "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'ts-maint'" >/dev/null; wait $run
is 'reindex: a session that is ended is a failure' '.status == "failed" and (.error | test("connection lost"))'
hold 'update big set t = t where id = 1; select 1'; wait_for 20 grep -q 1 held
psql_test -c 'reindex table concurrently big' >/dev/null 2>&1 & somebody=$!; pids="$pids $somebody"
wait_for 20 sh -c "'$real/psql' -h 127.0.0.1 -p $pg_port -U $pg_user -d postgres -qAtXc \"select pg_terminate_backend(pid) from pg_stat_activity where query ~ '^reindex table' and wait_event_type = 'Lock'\" | grep -q t"
wait $somebody; let_go
left=$(indexes)
check 'reindex: three are left over, one of TOAST' test "$left" = 3
conf 'kind: pg.reindex, indexes: [none]'
planned 'dropping what was left over'
check 'reindex: each of it was dropped' none_left
is 'reindex: and counted' '.status == "ok" and .data.dropped == 3'

# ---- dump ----
dump="kind: pg.dump, dest: '$work/dst', file: 'pg_{date}', keep: {last: 2}"
cat >bin/pg_dump <<E
#!/bin/sh
echo "argv \$*" >>$work/calls; env | grep -i pass >>$work/calls
test ! -e $work/old || { echo 'pg_dump (PostgreSQL) 9.6.1'; exit; }
$real/pg_dump "\$@" || exit
test ! -e $work/corrupt || { while [ "\$1" != -f ]; do shift; done; case \$(cat $work/corrupt) in
	cut) truncate -s -200 "\$2" ;;
	byte) s=\$(stat -c %s "\$2"); printf XYZ | dd of="\$2" bs=1 seek=\$((s / 2)) conv=notrunc 2>/dev/null ;;
	empty) : >"\$2" ;;
	esac; }
#!/bin/sh
echo "argv \$*" >>$work/calls; env | grep -i pass >>$work/calls
test ! -e $work/old || { echo 'pg_dump (PostgreSQL) 9.6.1'; exit; }
$real/pg_dump "\$@" || exit
test ! -e $work/corrupt || { while [ "\$1" != -f ]; do shift; done; case \$(cat $work/corrupt) in
	cut) truncate -s -200 "\$2" ;;
	byte) s=\$(stat -c %s "\$2"); printf XYZ | dd of="\$2" bs=1 seek=\$((s / 2)) conv=notrunc 2>/dev/null ;;
	empty) : >"\$2" ;;
	esac; }
E
chmod +x bin/pg_dump
conf "$dump"
planned dump
is 'dump: read back, all tables' '.status == "ok" and .data.tables == 7 and .data.entries > 6'
f=$(ls dst/*.dump)
check 'dump: its checksum' sh -c "cd dst && sha256sum -c *.sha256"
sql 'create database copy' >/dev/null
check 'dump: it can be restored' sh -c "'$real/pg_restore' -h 127.0.0.1 -p $pg_port -U $pg_user -d copy '$f' && test \"\$('$real/psql' -h 127.0.0.1 -p $pg_port -U $pg_user -d copy -qAtXc 'select count(*) from mine')\" = 5000"
conf "kind: verify, dir: '$work/dst', match: ['pg_*']"; sed -i 's/dsn: "[^"]*", //' m.yml
run; is 'dump: verify reads it' '.status == "ok" and .data.verified == 1'
good=$(cat "$f.sha256")
for how in cut byte empty; do
	echo $how >corrupt; conf "$dump"; run --now 2030-01-01T00:00:00Z; rm corrupt
	is "dump: damaged ($how): a failure" '.status == "failed" and (.error | test("read back"))'
	check "dump: damaged ($how): it has no name, the good one stays" test "$(ls dst/*.dump)$(cat "$f.sha256")$(find dst -name '*partial*' | wc -l)" = "$f${good}0"
done
touch old; run; rm old
is 'dump: the server is newer than pg_dump' '.status == "failed" and (.error | test("must not be older"))'
conf "$dump, tables: [quiet]"
run --now 2030-01-01T00:00:00Z
is 'dump: it has shrunk' '.status == "warning" and (.message | test("smaller"))'
conf "$dump"; sed -i 's/dbname=postgres/dbname=template1/' m.yml
run; is 'dump: no table at all' '.status == "failed" and (.error | test("no table"))'
# The restart of an emergency waits for the dump.
printf 'global: {lock_dir: locks, path: "%s/bin:%s:/usr/bin:/bin"}\nplans:\n  - name: t\n    tasks:\n      - {name: dump, dsn: "host=127.0.0.1 port=%s dbname=postgres user=%s", %s, on_failure: stop}\n      - {name: restart, kind: command, argv: [touch, %s/restarted]}\n' \
	"$work" "$real" "$pg_port" "$pg_user" "$dump" "$work" >m.yml
echo byte >corrupt; run; rm corrupt
check 'emergency: no restart after a bad dump' test "$rc" = 2 -a ! -e restarted
run
check 'emergency: a good one lets it go on' test -e restarted

# ---- who we are ----
echo "host all sec 127.0.0.1/32 scram-sha-256
host all all 127.0.0.1/32 trust" >"$servers/pg/data/pg_hba.conf"
sql 'select pg_reload_conf()' >/dev/null
role=sec
secret=" password='s3cret:pw\\\\\\\\x'"; : >calls
conf "$dump, tables: [quiet], allow_empty: true"
wait_for 20 sh -c "! '$real/psql' -w -h 127.0.0.1 -p $pg_port -U sec -d postgres -c 'select 1'"
run --now 2031-01-01T00:00:00Z; is 'a password in the dsn' '.status == "ok" or .status == "warning"'
secret=''; printf '%s\n' 's3cret:pw\x' >pw; printf '127.0.0.1:*:*:sec:s3cret\\:pw\\\\x\n' >passfile; chmod 600 pw passfile
conf "$dump, tables: [quiet], password: {file: pw}"
run --now 2031-01-02T00:00:00Z; is 'a password of a file' '.status == "ok" or .status == "warning"'
ts-maint plan -c m.yml t >>out 2>&1
conf "$dump, tables: [quiet], passfile: '$work/passfile'"
run --now 2031-01-03T00:00:00Z; is 'a password file' '.status == "ok" or .status == "warning"'
check 'pg_dump got no password as an argument or variable' sh -c "grep -q argv calls && ! grep -q s3cret calls"
conf 'kind: pg.query, sql: "select 1", password: {env: NOPE}'
NOPE=wr0ng; export NOPE; run; is 'a wrong password is said, not shown' '.status == "failed" and (.error | test("^auth: "))'
check 'no message has one' sh -c "! grep -rq 's3cret\|wr0ng' out err plan st"
secret=' password=abc'\''def g'; conf 'kind: pg.query, sql: "select 1"'; run
check 'a dsn that cannot be read is not shown' sh -c "! grep -q 'abc' out err"
role='' secret=''

# ---- query ----
query() { conf "kind: pg.query, $1"; run; }
query 'sql: "select 41 as n, '\''a'\'' as t", warn: "40", crit: "50"'
is 'query: a warning' '.status == "warning" and .message == "the value is 41" and .data.result == [{n: 41, t: "a"}]'
query 'sql: "select 41", warn: "30", crit: "40"'; is 'query: critical' '.status == "failed" and .error == "the value is 41"'
query 'sql: "select 41", warn: "50"'; is 'query: fine' '.status == "ok" and .data.value == 41 and (.changed | not)'
query 'sql: "select id from mine", rows_warn: "10", max_rows: 3'; is 'query: rows' '.status == "warning" and .data.rows == 5000 and (.data.result | length) == 3'
query 'sql: "select null", crit: "1"'; is 'query: no number' '.status == "failed"'
query 'sql: "select '\''abc'\''", expect: "^b"'; is 'query: expect' '.status == "failed" and (.error | test("does not match"))'
query 'sql: "delete from mine"'; is 'query: it may not write' '.status == "failed" and (.error | test("read-only"))'
query 'sql: "delete from mine where id = 1", write: true'; is 'query: unless it is told to' '.status == "ok" and .changed and .message == "DELETE 1"'
conf 'kind: pg.query, sql: "delete from mine where id = 2", write: true'
ts-maint plan -c m.yml -o json t >plan; check 'query: a plan writes nothing' test "$(sql 'select count(*) from mine where id = 2')" = 1
planned 'query'; check 'query: the run does' test "$(sql 'select count(*) from mine where id = 2')" = 0
conf 'kind: pg.query, sql: "select 41"'; planned 'query that reads'
query 'sql: "select 1; delete from mine"'; is 'query: one statement' '.status == "failed"'
query 'sql: "copy mine to stdout"'; is 'query: no COPY' '.status == "failed" and (.error | test("COPY"))'
query 'sql: "select pg_sleep(60)", statement_timeout: 200ms'; is 'query: statement_timeout' '.status == "failed" and (.error | test("statement timeout"))'
query 'sql: "select pg_sleep(60)", timeout: 1s'; is 'query: the deadline of the task' '.status == "timeout"'
check 'and the server was told' wait_for 20 sh -c "test \"\$('$real/psql' -h 127.0.0.1 -p $pg_port -U $pg_user -d postgres -qAtXc \"select count(*) from pg_stat_activity where query ~ '^select pg_sleep'\")\" = 0"
sed -i "s/port=$pg_port/port=1/" m.yml; run; is 'no server' '.status == "failed" and (.error | test("^unreachable: "))'
