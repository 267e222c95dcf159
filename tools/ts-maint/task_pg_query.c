/*
 * task_pg_query: a statement, and what its first value or its number of rows
 * should be.
 *
 *	dsn, password, passfile, lock_timeout, statement_timeout (pgwork.h)
 *	sql: TEXT		one statement
 *	warn, crit: RANGE	of the first value of the first row
 *	rows_warn, rows_crit: RANGE	of how many rows there are
 *	expect: REGEX		that the first value must match
 *	max_rows: 100		that data has
 *	write: false		it may change something
 */
#include <math.h>

#include "config/range.h"
#include "core/num.h"
#include "core/utf8.h"
#include "json/tree.h"
#include "kinds.h"
#include "pg/text.h"
#include "pgwork.h"
#include "re/re.h"

#define ROWS_MAX	10000
#define SQL_SHOWN	120	/* characters */

struct query_task {
	struct task task;
	struct pg_where at;
	struct str sql, expect;
	struct re *re;
	struct range warn, crit, rows_warn, rows_crit;
	int64_t max_rows;
	bool write;
};

#define AT(f)	offsetof(struct query_task, f)
static const struct yfield rows[] = {
	TASK_ROWS,
	PG_WHERE_ROWS(AT(at)),
	YROW("sql", YT_STR, AT(sql), .flags = YF_REQUIRED),
	YROW("warn", YT_CUSTOM, AT(warn), .decode = range_decode),
	YROW("crit", YT_CUSTOM, AT(crit), .decode = range_decode),
	YROW("rows_warn", YT_CUSTOM, AT(rows_warn), .decode = range_decode),
	YROW("rows_crit", YT_CUSTOM, AT(rows_crit), .decode = range_decode),
	YROW("expect", YT_STR, AT(expect)),
	YROW("max_rows", YT_INT, AT(max_rows), .dflt = "100"),
	YROW("write", YT_BOOL, AT(write)),
};
TASK_FIELDS(query, struct query_task);
#undef AT

static int
query_configure(struct task *task, struct arena *a, struct err *e)
{
	struct query_task *t = (struct query_task *)task;
	struct err why;

	if (t->max_rows < 0 || t->max_rows > ROWS_MAX)
		return ynode_err(task->node, e, "'max_rows' is from 0 to %d",
		    ROWS_MAX);
	if (t->expect.n && (t->re = re_compile_in(a, t->expect, 0,
	    &why)) == NULL)
		return ynode_err(task->node, e, "expect: %s", why.msg);
	return 0;
}

/* On one line, its literals hidden. */
static struct str
shown(struct work *w, struct str sql)
{
	struct buf b = { 0 };
	struct str s;
	size_t i;

	pg_redact(str_trim(sql), &b);
	for (i = 0; i < b.n; i++)
		if (b.p[i] == '\n' || b.p[i] == '\t')
			b.p[i] = ' ';
	s = arena_str(w->arena, utf8_prefix(buf_str(&b), SQL_SHOWN));
	buf_release(&b);
	return s;
}

static int
query_plan(struct work *w, struct err *e)
{
	const struct query_task *t = (const struct query_task *)w->task;

	(void)e;
	(void)work_step(w, (struct step){ .action = "query",
	    .what = shown(w, t->sql), .reads = !t->write });
	return 0;
}

static void
keep_rows(struct work *w, const struct query_task *t, const PGresult *r)
{
	struct buf b = { 0 };
	struct jw j = { .out = &b };
	struct err e;
	json_t *all;

	pg_put_rows(&j, r, (int)t->max_rows);
	if ((all = json_tree(buf_str(&b), &e)) != NULL)
		(void)json_object_set_new(w->data, "result", all);
	buf_release(&b);
}

static void
judge_number(struct work *w, const struct range *warn,
    const struct range *crit, double v, const char *what)
{
	struct buf b = { 0 };

	num_print(&b, v, NUM_JSON);
	if (range_alert(crit, v))
		work_say(w, TASK_FAILED, "%s is " STR_FMT, what,
		    STR_ARG(buf_str(&b)));
	else if (range_alert(warn, v))
		work_say(w, TASK_WARNING, "%s is " STR_FMT, what,
		    STR_ARG(buf_str(&b)));
	buf_release(&b);
}

static void
judge(struct work *w, const struct query_task *t, const PGresult *r)
{
	bool any = PQntuples(r) > 0 && PQnfields(r) > 0 &&
	    !PQgetisnull(r, 0, 0);
	double v = pg_number(r, 0, 0);

	if (t->warn.set || t->crit.set) {
		if (isnan(v))
			work_say(w, TASK_FAILED, "the first value is no "
			    "number");
		else
			judge_number(w, &t->warn, &t->crit, v, "the value");
	}
	judge_number(w, &t->rows_warn, &t->rows_crit, PQntuples(r),
	    "the number of rows");
	if (t->re != NULL && !re_match(t->re, any ?
	    str_of(PQgetvalue(r, 0, 0)) : STR_NONE))
		work_say(w, TASK_FAILED, "the first value does not match '"
		    STR_FMT "'", STR_ARG(t->expect));
}

static enum step_end
query_apply(struct work *w, struct step *s, struct err *e)
{
	const struct query_task *t = (const struct query_task *)w->task;
	struct pg_work p;
	PGresult *r;

	(void)s;
	if (pg_work_open(&p, w, &t->at, t->write, e) == -1 ||
	    (r = pg_work_do(&p, arena_cstr(w->arena, t->sql), NULL, 0,
	    e)) == NULL) {
		pg_link_close(&p.link);
		return STEP_FAILED;
	}
	work_integer(w, "rows", PQntuples(r));
	if (!isnan(pg_number(r, 0, 0)))
		work_number(w, "value", pg_number(r, 0, 0));
	keep_rows(w, t, r);
	if (p.warning.n)
		work_say(w, TASK_WARNING, STR_FMT, STR_ARG(p.warning));
	judge(w, t, r);
	work_note(w, "%s", *PQcmdStatus(r) ? PQcmdStatus(r) : "done");
	PQclear(r);
	pg_link_close(&p.link);
	return STEP_DONE;
}

const struct task_kind task_pg_query = {
	.name = "pg.query", .about = "a statement, and what it should say",
	.fields = &query_fields, .configure = query_configure,
	.plan = query_plan, .apply = query_apply,
};
