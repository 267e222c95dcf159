/*
 * task_pg_analyze: ANALYZE of the tables whose statistics are old, those that
 * changed most first.
 *
 *	as task_pg_vacuum, with
 *	min_changed: 1000, min_ratio: 10	rows since the last one
 */
#include "kinds.h"
#include "pgtables.h"

static const struct yfield rows[] = {
	PG_TABLES_ROWS,
	YROW("min_changed", YT_INT, PG_TABLES_AT(min_rows), .dflt = "1000"),
};
TASK_FIELDS(analyze, struct pg_tables);

static int
analyze_configure(struct task *t, struct arena *a, struct err *e)
{
	/* Nobody else looks at the statistics of a partitioned table. */
	((struct pg_tables *)t)->partitioned = true;
	return pg_tables_configure(t, a, e);
}

static int
analyze_plan(struct work *w, struct err *e)
{
	return pg_tables_plan(w, "analyze", "n_mod_since_analyze", e);
}

static enum step_end
analyze_apply(struct work *w, struct step *s, struct err *e)
{
	return pg_tables_do(w, s, pg_tables_link(w)->version >= 120000 ?
	    "analyze (skip_locked)" : "analyze", e);
}

const struct task_kind task_pg_analyze = {
	.name = "pg.analyze", .about = "statistics of tables are renewed",
	.fields = &analyze_fields, .go_on = true,
	.configure = analyze_configure, .plan = analyze_plan,
	.apply = analyze_apply, .finish = pg_tables_finish,
};
