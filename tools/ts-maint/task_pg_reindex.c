/*
 * task_pg_reindex: REINDEX INDEX CONCURRENTLY of the indexes that are invalid
 * or bloated; what a REINDEX that did not end has left goes first, and what
 * one of ours leaves goes at once.
 *
 *	dsn, password, passfile, lock_timeout, statement_timeout (pgwork.h)
 *	indexes, exclude: [PATTERN]	schema.index or index
 *	bloat: 30		percent from when on one is made anew
 *	min_size: 1MiB		smaller ones are left, unless invalid
 *	all: false
 *	budget: 1h		no other index is begun after that
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>

#include "core/clk.h"
#include "core/dur.h"
#include "kinds.h"
#include "pgwork.h"

#define LISTED_MAX	100
#define CLEANUP_MS	8000	/* less than the grace after SIGTERM */

struct reindex_task {
	struct task task;
	struct pg_where at;
	struct ystrs indexes, exclude;
	double bloat;
	int64_t min_bytes, budget_ms;
	bool all;
};

#define AT(f)	offsetof(struct reindex_task, f)
static const struct yfield rows[] = {
	TASK_ROWS,
	PG_WHERE_ROWS(AT(at)),
	YROW("indexes", YT_STRLIST, AT(indexes)),
	YROW("exclude", YT_STRLIST, AT(exclude)),
	YROW("bloat", YT_DOUBLE, AT(bloat), .dflt = "30"),
	YROW("min_size", YT_SIZE, AT(min_bytes), .dflt = "1MiB"),
	YROW("all", YT_BOOL, AT(all)),
	YROW("budget", YT_DURATION, AT(budget_ms)),
};
TASK_FIELDS(reindex, struct reindex_task);
#undef AT

static int
reindex_configure(struct task *task, struct arena *a, struct err *e)
{
	const struct reindex_task *t = (const struct reindex_task *)task;

	(void)a;
	if (t->bloat < 1 || t->bloat > 100)
		return ynode_err(task->node, e, "'bloat' is a percentage");
	return 0;
}

struct index {
	struct str quoted, plain, place;	/* place: of its files */
	struct str oid, table_oid;
	bool valid, left_over, toast;
	int64_t bytes;
	double tuples, bloat;	/* bloat NaN: not known */
};

struct reindex {
	struct pg_work pg;
	struct str pgstattuple;		/* its schema, quoted; or empty */
	VEC(struct index) all;
	int64_t dropped, left, locked, bytes_before;
	size_t nth, of;
};

/* ---- what there is ---- */

#define LEFT_OVER	"(not i.indisvalid and c.relname ~ '_cc(new|old)[0-9]*$')"

/* Those of extensions and of the system are not ours to work on. */
static const char list_sql[] =
	"select format('%I.%I', n.nspname, c.relname), n.nspname, c.relname, "
	"i.indisvalid, " LEFT_OVER ", n.nspname = 'pg_toast', "
	"c.relpages::float8 * current_setting('block_size')::float8, "
	"t.reltuples::float8, c.oid, t.oid, am.amname = 'btree', "
	"coalesce(substring(array_to_string(c.reloptions, ',') from "
	"'fillfactor=([0-9]+)')::float8, 90), "
	"coalesce(nullif(pg_tablespace_location(c.reltablespace), ''), '') "
	"from pg_index i join pg_class c on c.oid = i.indexrelid "
	"join pg_class t on t.oid = i.indrelid "
	"join pg_namespace n on n.oid = c.relnamespace "
	"join pg_am am on am.oid = c.relam "
	"where c.relkind = 'i' and c.relpersistence <> 't' and n.nspname not "
	"in ('pg_catalog', 'information_schema') and not i.indisexclusion "
	"and (n.nspname <> 'pg_toast' or " LEFT_OVER ") order by 1";

static int
ask_extension(struct reindex *o, struct err *e)
{
	PGresult *r = pg_work_do(&o->pg, "select format('%I', n.nspname) from "
	    "pg_extension x join pg_namespace n on n.oid = x.extnamespace "
	    "where x.extname = 'pgstattuple'", NULL, 0, e);

	if (r == NULL)
		return -1;
	if (PQntuples(r))
		o->pgstattuple = pg_text(&o->pg, r, 0, 0);
	PQclear(r);
	return 0;
}

/* By how full its leaves are; reads all of it. */
static double
bloat_measured(struct reindex *o, const struct index *x, double fillfactor)
{
	const char *param = x->oid.p;
	struct err e;
	PGresult *r = pg_work_do(&o->pg, arena_printf(o->pg.w->arena,
	    "select avg_leaf_density from " STR_FMT ".pgstatindex("
	    "$1::oid::regclass)", STR_ARG(o->pgstattuple)).p, &param, 1, &e);
	double density = pg_number(r, 0, 0);

	PQclear(r);
	if (isnan(density))
		return NAN;
	return density >= fillfactor ? 0 : 100 - density * 100 / fillfactor;
}

/*
 * Without the extension: by how many bytes a row took when it was densest, of
 * all the times that it was seen.
 */
static double
bloat_remembered(struct work *w, const struct index *x)
{
	double now = x->tuples > 0 ? (double)x->bytes / x->tuples : NAN, best;
	json_t *old = json_object_getn(json_object_get(w->memory, "bytes_row"),
	    x->plain.p, x->plain.n);

	if (isnan(now))
		return NAN;
	if (w->keep == NULL)
		w->keep = json_pack("{s:{}}", "bytes_row");
	best = json_is_number(old) && json_number_value(old) < now ?
	    json_number_value(old) : now;
	(void)json_object_setn_new(json_object_get(w->keep, "bytes_row"),
	    x->plain.p, x->plain.n, json_real(best));
	return old == NULL ? NAN : 100 - best * 100 / now;
}

static void
add(struct work *w, struct reindex *o, const PGresult *r, int row)
{
	const struct reindex_task *t = (const struct reindex_task *)w->task;
	struct str schema = pg_text(&o->pg, r, row, 1),
	    name = pg_text(&o->pg, r, row, 2);
	struct index x = { .quoted = pg_text(&o->pg, r, row, 0),
	    .valid = *PQgetvalue(r, row, 3) == 't',
	    .left_over = *PQgetvalue(r, row, 4) == 't',
	    .toast = *PQgetvalue(r, row, 5) == 't',
	    .bytes = pg_int(r, row, 6), .tuples = pg_number(r, row, 7),
	    .oid = pg_text(&o->pg, r, row, 8),
	    .table_oid = pg_text(&o->pg, r, row, 9),
	    .place = pg_text(&o->pg, r, row, 12), .bloat = NAN };

	if ((t->indexes.n && !pg_like(w, &t->indexes, schema, name) &&
	    !x.left_over) || pg_like(w, &t->exclude, schema, name))
		return;
	x.plain = arena_printf(w->arena, STR_FMT "." STR_FMT,
	    STR_ARG(schema), STR_ARG(name));
	if (x.valid && x.bytes >= t->min_bytes) {
		if (*PQgetvalue(r, row, 10) == 't' && o->pgstattuple.n)
			x.bloat = bloat_measured(o, &x, pg_number(r, row,
			    11));
		if (isnan(x.bloat))
			x.bloat = bloat_remembered(w, &x);
	}
	vec_push(&o->all, x);
}

static int
look(struct work *w, struct reindex *o, struct err *e)
{
	PGresult *r;
	int row;

	if (ask_extension(o, e) == -1 ||
	    (r = pg_work_do(&o->pg, list_sql, NULL, 0, e)) == NULL)
		return -1;
	for (row = 0; row < PQntuples(r); row++)
		add(w, o, r, row);
	PQclear(r);
	return 0;
}

/* ---- which ones, in which order ---- */

static int
rank(const struct index *x)
{
	return x->left_over ? 0 : x->valid ? 2 : 1;
}

static int
worst_first(const void *a, const void *b)
{
	const struct index *x = a, *y = b;
	double bx = isnan(x->bloat) ? -1 : x->bloat,
	    by = isnan(y->bloat) ? -1 : y->bloat;

	if (rank(x) != rank(y))
		return rank(x) - rank(y);
	if (bx != by)
		return bx < by ? 1 : -1;
	return str_cmp(x->plain, y->plain);
}

static void
plan_one(struct work *w, const struct reindex_task *t, struct index *x)
{
	struct step s = { .action = "reindex", .what = x->plain,
	    .bytes = x->bytes };

	if (x->left_over) {
		s.action = "drop";
		s.note = STR("left by a REINDEX that did not end");
	} else if (!x->valid) {
		s.note = STR("invalid");
	} else if (!isnan(x->bloat) && x->bloat >= t->bloat) {
		s.note = arena_printf(w->arena, "bloat %.0f %%", x->bloat);
	} else if (!t->all) {
		return;
	}
	work_step(w, s)->own = x;
}

static int
reindex_plan(struct work *w, struct err *e)
{
	const struct reindex_task *t = (const struct reindex_task *)w->task;
	struct reindex *o = ARENA_NEW(w->arena, struct reindex);
	size_t i;

	w->own = o;
	if (pg_work_open(&o->pg, w, &t->at, true, e) == -1)
		return -1;
	if (o->pg.standby) {
		work_say(w, TASK_SKIPPED, "recovery is in progress: this is a "
		    "standby");
		return 0;
	}
	if (o->pg.link.version < 120000 && !t->task.confirm)
		return err_set(e, ERR_CONFIG, "the server is older than 12: "
		    "REINDEX locks the table while it works; that needs "
		    "'confirm: true'");
	if (look(w, o, e) == -1)
		return -1;
	if (o->all.n)
		qsort(o->all.p, o->all.n, sizeof(*o->all.p), worst_first);
	for (i = 0; i < o->all.n; i++)
		plan_one(w, t, &o->all.p[i]);
	o->of = w->steps.n;
	return 0;
}

/* ---- what is left over ---- */

/* One of the system's own tables (TOAST) only without CONCURRENTLY. */
static int
drop_index(struct reindex *o, struct str quoted, bool toast, struct err *e)
{
	PGresult *r = pg_work_do(&o->pg, arena_printf(o->pg.w->arena,
	    "drop index %sif exists " STR_FMT, toast ? "" : "concurrently ",
	    STR_ARG(quoted)).p, NULL, 0, e);

	PQclear(r);
	return r == NULL ? -1 : 0;
}

/* How long a statement of the clean-up may take, and wait for a lock. */
static void
set_limits(struct reindex *o, int64_t statement_ms, int64_t lock_ms)
{
	struct err e;

	PQclear(pg_work_do(&o->pg, arena_printf(o->pg.w->arena,
	    "select set_config('statement_timeout', '%lld', false), "
	    "set_config('lock_timeout', '%lld', false)",
	    (long long)statement_ms, (long long)lock_ms).p, NULL, 0, &e));
}

/*
 * What our own REINDEX of a table's index has left when it failed.  As long as
 * anybody's transaction uses the table it cannot be dropped: then the next
 * run does it.
 */
static void
drop_ours(struct reindex *o, const struct index *x)
{
	const struct pg_where *at = &((const struct reindex_task *)
	    o->pg.w->task)->at;
	const char *param = x->table_oid.p;
	int64_t until = clk_mono_ms() + CLEANUP_MS, left;
	struct err e;
	PGresult *r;
	int row;

	o->pg.link.stop = NULL;		/* this must be done yet, and soon */
	set_limits(o, CLEANUP_MS, CLEANUP_MS);
	r = pg_work_do(&o->pg, "select format('%I.%I', n.nspname, c.relname) "
	    "from pg_index i join pg_class c on c.oid = i.indexrelid join "
	    "pg_namespace n on n.oid = c.relnamespace where i.indrelid = $1 "
	    "and " LEFT_OVER, &param, 1, &e);
	for (row = 0; r != NULL && row < PQntuples(r); row++) {
		left = until - clk_mono_ms();
		left = left < 1 ? 1 : left;
		set_limits(o, left, !work_stopping(o->pg.w) &&
		    at->lock_timeout_ms && at->lock_timeout_ms < left ?
		    at->lock_timeout_ms : left);
		if (drop_index(o, pg_text(&o->pg, r, row, 0), x->toast,
		    &e) == 0)
			o->dropped++;
		else
			work_say(o->pg.w, TASK_WARNING, "'%s' is left over, "
			    "the next run drops it: %s",
			    PQgetvalue(r, row, 0), e.msg);
	}
	PQclear(r);
	set_limits(o, at->statement_timeout_ms, at->lock_timeout_ms);
	o->pg.link.stop = &work_stopped;
}

/* ---- one of them ---- */

/* Twice its size must be free: of a server that is on this machine. */
static int
check_room(struct reindex *o, const struct index *x, struct err *e)
{
	struct statvfs fs;
	PGresult *r;
	struct err none;
	struct str dir = x->place;
	int64_t room;

	r = pg_work_do(&o->pg, "select current_setting('data_directory', true) "
	    "where inet_server_addr() is null or inet_server_addr() <<= "
	    "'127.0.0.0/8' or inet_server_addr() = '::1'", NULL, 0, &none);
	if (r != NULL && PQntuples(r) && dir.n == 0)
		dir = pg_text(&o->pg, r, 0, 0);
	if (r == NULL || PQntuples(r) == 0)
		dir = STR_NONE;
	PQclear(r);
	if (dir.n == 0 || statvfs(arena_cstr(o->pg.w->arena, dir), &fs) == -1)
		return 0;
	room = (int64_t)fs.f_bavail * (int64_t)fs.f_frsize;
	if (room / 2 >= x->bytes)
		return 0;
	return err_set(e, ERR_SYS, "only " STR_FMT " free where its files "
	    "are, twice its size is needed", STR_ARG(bytes_text(
	    o->pg.w->arena, room)));
}

static void
listed(struct work *w, const struct index *x, double seconds)
{
	json_t *all = json_object_get(w->data, "indexes");

	if (all == NULL) {
		all = json_array();
		(void)json_object_set_new(w->data, "indexes", all);
	}
	if (json_array_size(all) < LISTED_MAX)
		(void)json_array_append_new(all, json_pack(
		    "{s:s%, s:I, s:o, s:f}", "index", x->plain.p, x->plain.n,
		    "bytes_before", (json_int_t)x->bytes, "bloat",
		    isnan(x->bloat) ? json_null() : json_real(x->bloat),
		    "seconds", seconds));
}

static enum step_end
locked(struct reindex *o, struct step *s, const struct err *e)
{
	o->locked++;
	s->note = arena_str(o->pg.w->arena, str_of(e->msg));
	work_say(o->pg.w, TASK_WARNING, STR_FMT ": %s", STR_ARG(s->what),
	    e->msg);
	return STEP_SKIPPED;
}

static enum step_end
reindex_one(struct work *w, struct reindex *o, struct step *s, struct err *e)
{
	const struct index *x = s->own;
	double began = clk_mono_s();
	char state[6];
	PGresult *r;

	if (check_room(o, x, e) == -1)
		return STEP_FAILED;
	r = pg_work_do(&o->pg, arena_printf(w->arena, "reindex index %s"
	    STR_FMT, o->pg.link.version >= 120000 ? "concurrently " : "",
	    STR_ARG(x->quoted)).p, NULL, 0, e);
	if (r == NULL) {
		memcpy(state, o->pg.link.state, sizeof(state));
		drop_ours(o, x);
		return strcmp(state, "55P03") == 0 ? locked(o, s, e) :
		    STEP_FAILED;
	}
	PQclear(r);
	if (o->pg.warning.n) {
		s->note = o->pg.warning;
		work_say(w, TASK_WARNING, STR_FMT ": " STR_FMT,
		    STR_ARG(x->plain), STR_ARG(o->pg.warning));
		return STEP_SKIPPED;
	}
	o->bytes_before += x->bytes;
	listed(w, x, clk_mono_s() - began);
	return STEP_DONE;
}

static enum step_end
reindex_apply(struct work *w, struct step *s, struct err *e)
{
	const struct reindex_task *t = (const struct reindex_task *)w->task;
	struct reindex *o = w->own;
	const struct index *x = s->own;

	o->nth++;
	if (pg_over(&o->pg, t->budget_ms)) {
		o->left++;
		s->note = STR("no time is left");
		return STEP_SKIPPED;
	}
	work_progress(w, "index %zu/%zu " STR_FMT, o->nth, o->of,
	    STR_ARG(x->plain));
	if (!x->left_over)
		return reindex_one(w, o, s, e);
	if (drop_index(o, x->quoted, x->toast, e) == 0) {
		o->dropped++;
		return STEP_DONE;
	}
	/* Somebody's REINDEX is still at work with it. */
	return strcmp(o->pg.link.state, "55P03") == 0 ? locked(o, s, e) :
	    STEP_FAILED;
}

static void
reindex_finish(struct work *w)
{
	struct reindex *o = w->own;

	if (w->dry_run || o->pg.standby)
		return;
	work_integer(w, "dropped", o->dropped);
	work_integer(w, "skipped_locked", o->locked);
	work_integer(w, "left_for_next_time", o->left);
	work_integer(w, "bytes_before", o->bytes_before);
	if (o->of)
		work_note(w, "%lld of %zu steps, " STR_FMT " made anew%s",
		    (long long)w->outcome.done, o->of,
		    STR_ARG(bytes_text(w->arena, o->bytes_before)), o->left ?
		    "; the rest when there is time" : "");
	else
		work_note(w, "no index needs it");
}

const struct task_kind task_pg_reindex = {
	.name = "pg.reindex", .about = "bloated and invalid indexes anew",
	.fields = &reindex_fields, .go_on = true, .removes = true,
	.configure = reindex_configure, .plan = reindex_plan,
	.apply = reindex_apply, .finish = reindex_finish,
};
