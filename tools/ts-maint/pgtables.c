#include "pgtables.h"

#include <math.h>
#include <string.h>

#include "core/clk.h"
#include "core/dur.h"

#define LISTED_MAX	100	/* tables that data names */

struct table {
	struct str quoted, plain;
	bool ours;		/* its owner, or that of the database */
	int64_t rows;		/* that made it due */
};

struct tables {
	struct pg_work pg;
	int64_t denied, locked, left, rows;
	size_t nth, of;
	struct str first;	/* why the first one was left out */
};

int
pg_tables_configure(struct task *task, struct arena *a, struct err *e)
{
	const struct pg_tables *t = (const struct pg_tables *)task;

	(void)a;
	if (t->min_rows < 0 || t->min_ratio < 0 || t->min_ratio > 100)
		return ynode_err(task->node, e, "thresholds count from 0, "
		    "'min_ratio' is a percentage");
	if (t->full && !task->confirm)
		return ynode_err(task->node, e, "'full' locks each table while "
		    "it is written anew: it needs 'confirm: true'");
	return 0;
}

const struct pg_link *
pg_tables_link(const struct work *w)
{
	return &((const struct tables *)w->own)->pg.link;
}

/* ---- which ones ---- */

/* From the catalogue and the statistics alone: no table is locked. */
static struct str
list_sql(struct work *w, const struct pg_tables *t, const struct pg_work *p,
    const char *counter)
{
	return arena_printf(w->arena, "select format('%%I.%%I', n.nspname, "
	    "c.relname), n.nspname, c.relname, coalesce(s.%s, 0), "
	    "coalesce(100.0 * s.%s / nullif(greatest(s.n_live_tup, 0) + "
	    "case when '%s' = 'n_dead_tup' then s.n_dead_tup else 0 end, 0), "
	    "case when s.%s > 0 then 100 else 0 end)::float8, "
	    "extract(epoch from clock_timestamp() - greatest(s.last_analyze, "
	    "s.last_autoanalyze))::float8, "
	    "pg_has_role(c.relowner, 'USAGE') or (select "
	    "pg_has_role(d.datdba, 'USAGE') from pg_database d where "
	    "d.datname = current_database())%s "
	    "from pg_class c join pg_namespace n on n.oid = c.relnamespace "
	    "left join pg_stat_all_tables s on s.relid = c.oid "
	    "where c.relkind in ('r', 'm'%s) and c.relpersistence <> 't' and "
	    "n.nspname !~ '^pg_(toast|temp)'%s order by 5 desc, 4 desc, 1",
	    counter, counter, counter, counter, p->link.version >= 170000 ?
	    " or has_table_privilege(c.oid, 'MAINTAIN')" : "",
	    t->partitioned ? ", 'p'" : "", t->system ? "" :
	    " and n.nspname not in ('pg_catalog', 'information_schema')");
}

static bool
is_due(const struct pg_tables *t, const PGresult *r, int row)
{
	double age = pg_number(r, row, 5);

	if (t->all)
		return true;
	if (pg_int(r, row, 3) > t->min_rows &&
	    pg_number(r, row, 4) > t->min_ratio)
		return true;
	return t->analyze_after_ms && (isnan(age) ||
	    age * 1000 > (double)t->analyze_after_ms);
}

static void
add(struct work *w, const struct pg_tables *t, struct tables *o,
    const PGresult *r, int row, const char *action)
{
	struct str schema = pg_text(&o->pg, r, row, 1),
	    name = pg_text(&o->pg, r, row, 2);
	struct table *x;
	struct step *s;

	if ((t->tables.n && !pg_like(w, &t->tables, schema, name)) ||
	    pg_like(w, &t->exclude, schema, name) || !is_due(t, r, row))
		return;
	x = ARENA_NEW(w->arena, struct table);
	x->quoted = pg_text(&o->pg, r, row, 0);
	x->plain = arena_printf(w->arena, STR_FMT "." STR_FMT,
	    STR_ARG(schema), STR_ARG(name));
	x->rows = pg_int(r, row, 3);
	x->ours = *PQgetvalue(r, row, 6) == 't';
	s = work_step(w, (struct step){ .action = action, .what = x->plain,
	    .note = arena_printf(w->arena, "%lld rows, %.0f %%%s",
	    (long long)x->rows, pg_number(r, row, 4), x->ours ? "" :
	    "; not ours") });
	s->own = x;
}

int
pg_tables_plan(struct work *w, const char *action, const char *counter,
    struct err *e)
{
	const struct pg_tables *t = (const struct pg_tables *)w->task;
	struct tables *o = ARENA_NEW(w->arena, struct tables);
	PGresult *r;
	int row;

	w->own = o;
	if (pg_work_open(&o->pg, w, &t->at, true, e) == -1)
		return -1;
	if (o->pg.standby) {
		work_say(w, TASK_SKIPPED, "recovery is in progress: this is a "
		    "standby");
		return 0;
	}
	r = pg_work_do(&o->pg, list_sql(w, t, &o->pg, counter).p, NULL, 0, e);
	if (r == NULL)
		return -1;
	for (row = 0; row < PQntuples(r); row++)
		add(w, t, o, r, row, action);
	PQclear(r);
	o->of = w->steps.n;
	return 0;
}

/* ---- one of them ---- */

/*
 * The server leaves a table out with a warning and says that it did the work.
 * Its words may be of another language; then who we are decides.
 */
static bool
left_out(const struct tables *o, const struct table *x)
{
	return o->pg.warning.n && (strcmp(o->pg.warning_state, "55P03") ==
	    0 || str_starts(o->pg.warning, STR("skipping ")) ||
	    str_starts(o->pg.warning, STR("permission denied")) || !x->ours);
}

static enum step_end
leave_out(struct tables *o, struct step *s, struct str why, bool locked)
{
	if (o->denied + o->locked == 0)
		o->first = why;
	if (locked)
		o->locked++;
	else
		o->denied++;
	s->note = why;
	return STEP_SKIPPED;
}

static void
listed(struct work *w, const struct table *x, double seconds)
{
	json_t *all = json_object_get(w->data, "tables");

	if (all == NULL) {
		all = json_array();
		(void)json_object_set_new(w->data, "tables", all);
	}
	if (json_array_size(all) < LISTED_MAX)
		(void)json_array_append_new(all, json_pack(
		    "{s:s%, s:I, s:f}", "table", x->plain.p, x->plain.n,
		    "rows", (json_int_t)x->rows, "seconds", seconds));
}

enum step_end
pg_tables_do(struct work *w, struct step *s, const char *sql, struct err *e)
{
	const struct pg_tables *t = (const struct pg_tables *)w->task;
	struct tables *o = w->own;
	const struct table *x = s->own;
	double began = clk_mono_s();
	PGresult *r;

	o->nth++;
	if (pg_over(&o->pg, t->budget_ms)) {
		o->left++;
		s->note = STR("no time is left");
		return STEP_SKIPPED;
	}
	work_progress(w, "table %zu/%zu " STR_FMT, o->nth, o->of,
	    STR_ARG(x->plain));
	r = pg_work_do(&o->pg, arena_printf(w->arena, "%s " STR_FMT, sql,
	    STR_ARG(x->quoted)).p, NULL, 0, e);
	PQclear(r);
	if (r == NULL && strcmp(o->pg.link.state, "55P03") == 0)
		return leave_out(o, s, arena_str(w->arena, str_of(e->msg)),
		    true);
	if (r == NULL)
		return STEP_FAILED;
	if (left_out(o, x))
		return leave_out(o, s, o->pg.warning,
		    strcmp(o->pg.warning_state, "55P03") == 0);
	if (o->pg.warning.n)
		work_say(w, TASK_WARNING, STR_FMT ": " STR_FMT,
		    STR_ARG(x->plain), STR_ARG(o->pg.warning));
	o->rows += x->rows;
	listed(w, x, clk_mono_s() - began);
	return STEP_DONE;
}

/* Left out one and all for want of rights: nothing was done. */
void
pg_tables_finish(struct work *w)
{
	struct tables *o = w->own;
	int64_t out = o->denied + o->locked;

	if (w->dry_run || o->pg.standby)
		return;
	work_integer(w, "done", w->outcome.done);
	work_integer(w, "rows", o->rows);
	work_integer(w, "skipped_locked", o->locked);
	work_integer(w, "skipped_denied", o->denied);
	work_integer(w, "left_for_next_time", o->left);
	if (out && o->denied == (int64_t)o->of)
		work_say(w, TASK_FAILED, "all %zu tables were left out: "
		    STR_FMT, o->of, STR_ARG(o->first));
	else if (out)
		work_say(w, TASK_WARNING, "%lld of %zu tables were left out: "
		    STR_FMT, (long long)out, o->of, STR_ARG(o->first));
	if (o->of)
		work_note(w, "%lld of %zu tables%s", (long long)
		    w->outcome.done, o->of, o->left ? "; the rest when there "
		    "is time" : "");
	else
		work_note(w, "no table needs it");
}
