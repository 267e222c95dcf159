/*
 * task_pg_dump: a dump of a database by pg_dump; it gets its name only when
 * pg_restore has read all of it, and old ones go only then.
 *
 *	dsn, password, passfile (pgwork.h)
 *	dest: DIR, file: app_{date}, keep: {...}	as task_backup
 *	compress: 6		0 to 9
 *	schemas, tables, exclude_tables: [PATTERN]	as pg_dump's
 *	lock_wait: 30s		for a table, then it fails
 *	shrink_warn: 50		percent less than the one before
 *	allow_empty: false	no table in it is no failure
 */
#include <ctype.h>
#include <string.h>
#include <unistd.h>

#include "backupcheck.h"
#include "backupset.h"
#include "core/num.h"
#include "kinds.h"
#include "pgwork.h"

#define EXT	".dump"

struct dump_task {
	struct task task;
	struct pg_where at;
	struct str dest, file;
	struct retention keep;
	struct ystrs schemas, tables, exclude_tables;
	int64_t compress, lock_wait_ms;
	double shrink_warn;
	bool allow_empty;
};

#define AT(f)	offsetof(struct dump_task, f)
static const struct yfield rows[] = {
	TASK_ROWS,
	PG_WHERE_ROWS(AT(at)),
	YROW("dest", YT_STR, AT(dest), .flags = YF_REQUIRED),
	YROW("file", YT_STR, AT(file), .flags = YF_REQUIRED),
	YROW("keep", YT_CUSTOM, AT(keep), .decode = retention_decode),
	YROW("schemas", YT_STRLIST, AT(schemas)),
	YROW("tables", YT_STRLIST, AT(tables)),
	YROW("exclude_tables", YT_STRLIST, AT(exclude_tables)),
	YROW("compress", YT_INT, AT(compress), .dflt = "6"),
	YROW("lock_wait", YT_DURATION, AT(lock_wait_ms), .dflt = "30s"),
	YROW("shrink_warn", YT_DOUBLE, AT(shrink_warn), .dflt = "50"),
	YROW("allow_empty", YT_BOOL, AT(allow_empty)),
};
TASK_FIELDS(dump, struct dump_task);
#undef AT

static int
dump_configure(struct task *task, struct arena *a, struct err *e)
{
	const struct dump_task *t = (const struct dump_task *)task;
	const char *why;

	(void)a;
	if (!backup_name_ok(t->file, &why))
		return ynode_err(task->node, e, "%s", why);
	if (t->dest.n == 0 || t->dest.p[0] != '/')
		return ynode_err(task->node, e, "'dest' must be an absolute "
		    "path");
	if (t->compress < 0 || t->compress > 9)
		return ynode_err(task->node, e, "'compress' is from 0 to 9");
	return 0;
}

struct dump {
	struct backupset set;
	struct str name;
	int64_t database_bytes, tables, before_bytes;
};

/* ---- looking ---- */

/* "pg_dump (PostgreSQL) 15.18 (Debian …)": 15 */
static int
client_version(struct work *w, int64_t *major, struct err *e)
{
	const char *argv[] = { "pg_dump", "--version", NULL };
	struct proc_result r = { 0 };
	struct str text;
	ptrdiff_t at;
	size_t n = 0;

	if (work_ask(w, argv, 10000, &r, e) == -1)
		return -1;
	text = arena_str(w->arena, buf_str(&r.out));
	proc_result_release(&r);
	if ((at = str_find(text, STR(") "))) >= 0)
		text = str_sub(text, (size_t)at + 2, text.n);
	while (n < text.n && isdigit((unsigned char)text.p[n]))
		n++;
	if (!num_parse_i64(str_sub(text, 0, n), 1, 1000, major))
		return err_set(e, ERR_SYS, "pg_dump does not say which version "
		    "it is");
	return 0;
}

/* Tables that a dump of everything must have. */
static const char tables_sql[] =
	"select pg_database_size(current_database()), (select count(*) from "
	"pg_class c join pg_namespace n on n.oid = c.relnamespace where "
	"c.relkind in ('r', 'p') and c.relpersistence <> 't' and n.nspname "
	"!~ '^pg_' and n.nspname <> 'information_schema' and not exists "
	"(select from pg_depend d where d.objid = c.oid and d.classid = "
	"'pg_class'::regclass and d.deptype = 'e') and not exists (select "
	"from pg_depend d where d.objid = n.oid and d.classid = "
	"'pg_namespace'::regclass and d.deptype = 'e'))";

static int
ask_server(struct work *w, const struct dump_task *t, struct dump *d,
    struct err *e)
{
	struct pg_work p;
	PGresult *r = NULL;
	int64_t major;
	int rc = -1;

	if (client_version(w, &major, e) == -1)
		return -1;
	if (pg_work_open(&p, w, &t->at, false, e) == 0 &&
	    (r = pg_work_do(&p, tables_sql, NULL, 0, e)) != NULL) {
		d->database_bytes = pg_int(r, 0, 0);
		d->tables = pg_int(r, 0, 1);
		rc = p.link.version / 10000 > major ? err_set(e, ERR_CONFIG,
		    "the server is version %d, pg_dump only %lld: it must not "
		    "be older", p.link.version / 10000, (long long)major) : 0;
	}
	PQclear(r);
	pg_link_close(&p.link);
	return rc;
}

/* By the last one, if there is one; a dump is less than the database. */
static int
check_room(struct work *w, struct dump *d, struct err *e)
{
	int64_t room = backupset_room(&d->set, e), want;

	if (room == -1)
		return -1;
	d->before_bytes = backupset_newest_bytes(&d->set, w->arena);
	want = d->before_bytes > 0 ? d->before_bytes + d->before_bytes / 4 :
	    d->database_bytes;
	if (room >= want)
		return 0;
	return err_set(e, ERR_SYS, "only " STR_FMT " free in '" STR_FMT "', "
	    STR_FMT " may be needed", STR_ARG(bytes_text(w->arena, room)),
	    STR_ARG(d->set.dir), STR_ARG(bytes_text(w->arena, want)));
}

static int
dump_plan(struct work *w, struct err *e)
{
	const struct dump_task *t = (const struct dump_task *)w->task;
	struct dump *d = ARENA_NEW(w->arena, struct dump);
	struct str dir = t->dest;

	while (dir.n > 1 && dir.p[dir.n - 1] == '/')
		dir.n--;
	w->own = d;
	d->set = (struct backupset){ .dir = dir, .name = t->file, .ext = EXT,
	    .keep = &t->keep };
	if (backupset_open(&d->set, w->arena, e) == -1 ||
	    ask_server(w, t, d, e) == -1 || check_room(w, d, e) == -1)
		return -1;
	d->name = backupset_name(&d->set, w->now_ms, w->arena);
	(void)work_step(w, (struct step){ .action = "dump",
	    .what = arena_printf(w->arena, STR_FMT "/" STR_FMT, STR_ARG(dir),
	    STR_ARG(d->name)), .note = arena_printf(w->arena, "%lld tables",
	    (long long)d->tables), .bytes = d->database_bytes });
	return backupset_plan_removal(&d->set, w, e);
}

/* ---- doing it ---- */

static void
add_all(struct work *w, const char **argv, size_t *n, const char *option,
    const struct ystrs *s)
{
	size_t i;

	for (i = 0; i < s->n; i++)
		argv[(*n)++] = arena_printf(w->arena, "%s=" STR_FMT, option,
		    STR_ARG(s->p[i])).p;
}

static int
run_dump(struct work *w, const struct dump_task *t, struct str dsn,
    const char *path, struct err *e)
{
	const char **argv = ARENA_ARRAY(w->arena, t->schemas.n + t->tables.n +
	    t->exclude_tables.n + 16, const char *);
	struct proc_result r = { 0 };
	struct str how, line;
	size_t n = 0;

	argv[n++] = "pg_dump";
	argv[n++] = "-Fc";
	argv[n++] = "-w";	/* there is nobody to ask for a password */
	argv[n++] = arena_printf(w->arena, "-Z%lld", (long long)t->compress).p;
	argv[n++] = arena_printf(w->arena, "--lock-wait-timeout=%lld",
	    (long long)t->lock_wait_ms).p;
	argv[n++] = "-f";
	argv[n++] = path;
	add_all(w, argv, &n, "--schema", &t->schemas);
	add_all(w, argv, &n, "--table", &t->tables);
	add_all(w, argv, &n, "--exclude-table", &t->exclude_tables);
	if (dsn.n) {
		argv[n++] = "-d";
		argv[n++] = dsn.p;
	}
	if (work_run(w, argv, STR_NONE, &r, e) == -1)
		return -1;
	how = work_ending(w, &r);
	(void)str_cut(str_trim(buf_str(&r.err)), '\n', &line);
	if (how.n)
		err_set(e, ERR_SYS, STR_FMT "%s" STR_FMT, STR_ARG(how),
		    line.n ? ": " : "", STR_ARG(line));
	proc_result_release(&r);
	return how.n ? -1 : 0;
}

/* What it has on disk now: all of it readable, and not too little. */
static int
read_back(struct work *w, const struct dump_task *t, struct dump *d,
    struct backup_file *f, struct backup_report *r, struct err *e)
{
	bool whole = t->schemas.n + t->tables.n + t->exclude_tables.n == 0;

	work_progress(w, "reading it back");
	if (fsync(f->fd) == -1)
		return err_sys(e, "cannot write the dump");
	if (sum_file(f->fd, w, f->sha256, NULL, e) == -1 ||
	    backup_check(w, d->set.fd, d->set.dir, f->partial, -1, 0, r,
	    e) == -1)
		return err_prefix(e, "it does not read back");
	if (strcmp(r->form, "dump") != 0)
		return err_set(e, ERR_SYS, "pg_dump wrote no dump");
	if (r->tables == 0 && !t->allow_empty)
		return err_set(e, ERR_SYS, "there is no table in it");
	if (whole && r->tables < d->tables)
		work_say(w, TASK_WARNING, "it has %lld tables, the database "
		    "%lld", (long long)r->tables, (long long)d->tables);
	return 0;
}

static void
tell(struct work *w, const struct dump_task *t, const struct dump *d,
    const struct backup_report *r)
{
	double less = d->before_bytes > 0 ? 100 - (double)r->bytes * 100 /
	    (double)d->before_bytes : 0;

	work_text(w, "file", d->name);
	work_integer(w, "bytes", r->bytes);
	work_integer(w, "tables", r->tables);
	work_integer(w, "entries", r->entries);
	work_integer(w, "database_bytes", d->database_bytes);
	if (less > t->shrink_warn)
		work_say(w, TASK_WARNING, "it is %.0f %% smaller than the one "
		    "before", less);
	work_note(w, STR_FMT ", %lld tables, " STR_FMT ", read back",
	    STR_ARG(d->name), (long long)r->tables,
	    STR_ARG(bytes_text(w->arena, r->bytes)));
}

static enum step_end
dump_it(struct work *w, struct dump *d, struct step *step, struct err *e)
{
	const struct dump_task *t = (const struct dump_task *)w->task;
	struct backup_file f = { .fd = -1 };
	struct backup_report r = { 0 };
	enum step_end end = STEP_FAILED;
	struct str dsn;

	if (pg_work_argument(w, &t->at, &dsn, e) == 0 &&
	    backup_create(&d->set, d->name, w->arena, &f, e) == 0 &&
	    run_dump(w, t, dsn, arena_printf(w->arena, STR_FMT "/%s",
	    STR_ARG(d->set.dir), f.partial).p, e) == 0 &&
	    read_back(w, t, d, &f, &r, e) == 0 &&
	    backup_commit(&d->set, &f, STR_NONE, w->arena, e) == 0) {
		end = STEP_DONE;
		step->bytes = r.bytes;
		tell(w, t, d, &r);
	}
	backup_abandon(&d->set, &f);
	return end;
}

static enum step_end
dump_apply(struct work *w, struct step *s, struct err *e)
{
	struct dump *d = w->own;

	if (strcmp(s->action, "dump") == 0)
		return dump_it(w, d, s, e);
	return backupset_remove(&d->set, w, s, e);
}

const struct task_kind task_pg_dump = {
	.name = "pg.dump", .about = "a dump of a database, read back",
	.fields = &dump_fields, .removes = true,
	.configure = dump_configure, .plan = dump_plan, .apply = dump_apply,
};
