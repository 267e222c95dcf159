/*
 * task_pg_vacuum: VACUUM (ANALYZE) of the tables that need it, the worst
 * first.
 *
 *	dsn, password, passfile, lock_timeout, statement_timeout (pgwork.h)
 *	tables, exclude: [PATTERN]	schema.table or table
 *	min_dead: 1000, min_ratio: 10	rows, and percent of all
 *	analyze_after: 7d		or not analyzed for so long
 *	all: false, system: false	all tables; also those of the system
 *	full: false			needs confirm
 *	budget: 1h			no other table is begun after that
 */
#include "kinds.h"
#include "pgtables.h"

static const struct yfield rows[] = {
	PG_TABLES_ROWS,
	YROW("min_dead", YT_INT, PG_TABLES_AT(min_rows), .dflt = "1000"),
	YROW("full", YT_BOOL, PG_TABLES_AT(full)),
};
TASK_FIELDS(vacuum, struct pg_tables);

static int
vacuum_plan(struct work *w, struct err *e)
{
	return pg_tables_plan(w, "vacuum", "n_dead_tup", e);
}

static enum step_end
vacuum_apply(struct work *w, struct step *s, struct err *e)
{
	const struct pg_tables *t = (const struct pg_tables *)w->task;
	int version = pg_tables_link(w)->version;
	struct str sql = arena_printf(w->arena, "vacuum (%sanalyze%s%s)",
	    t->full ? "full, " : "", version >= 120000 ? ", skip_locked" : "",
	    version >= 130000 && !t->full ? ", parallel 0" : "");

	return pg_tables_do(w, s, sql.p, e);
}

const struct task_kind task_pg_vacuum = {
	.name = "pg.vacuum", .about = "dead rows of tables are made room",
	.fields = &vacuum_fields, .go_on = true,
	.configure = pg_tables_configure, .plan = vacuum_plan,
	.apply = vacuum_apply, .finish = pg_tables_finish,
};
