/*
 * pgtables: what pg.vacuum and pg.analyze share: the tables that need it, the
 * worst first, one step each; and what became of them.
 */
#ifndef TS_MAINT_PGTABLES_H
#define TS_MAINT_PGTABLES_H

#include "pgwork.h"

struct pg_tables {
	struct task task;
	struct pg_where at;
	struct ystrs tables, exclude;
	bool all, system, full, partitioned;
	int64_t min_rows;	/* dead, or changed since the last analyze */
	double min_ratio;	/* percent of all rows */
	int64_t analyze_after_ms, budget_ms;
};

#define PG_TABLES_AT(f)	offsetof(struct pg_tables, f)
#define PG_TABLES_ROWS							\
	TASK_ROWS,							\
	PG_WHERE_ROWS(PG_TABLES_AT(at)),				\
	YROW("tables", YT_STRLIST, PG_TABLES_AT(tables)),		\
	YROW("exclude", YT_STRLIST, PG_TABLES_AT(exclude)),		\
	YROW("all", YT_BOOL, PG_TABLES_AT(all)),			\
	YROW("system", YT_BOOL, PG_TABLES_AT(system)),			\
	YROW("min_ratio", YT_DOUBLE, PG_TABLES_AT(min_ratio),		\
	    .dflt = "10"),						\
	YROW("analyze_after", YT_DURATION,				\
	    PG_TABLES_AT(analyze_after_ms), .dflt = "7d"),		\
	YROW("budget", YT_DURATION, PG_TABLES_AT(budget_ms))

int	pg_tables_configure(struct task *t, struct arena *a, struct err *e);

/* counter: the column of pg_stat_all_tables that says what there is to do. */
int	pg_tables_plan(struct work *w, const char *action,
	    const char *counter, struct err *e);

/* `sql TABLE`, where a warning means that the server left it out. */
enum step_end	pg_tables_do(struct work *w, struct step *s, const char *sql,
		    struct err *e);
void	pg_tables_finish(struct work *w);

/* The session of the plan. */
const struct pg_link	*pg_tables_link(const struct work *w);

#endif
