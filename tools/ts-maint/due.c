/*
 * due: what is due, and running it.
 */
#include "due.h"

#include "core/dur.h"
#include "json/write.h"
#include "table.h"

bool
due_named(const struct plan *p, int argc, char **argv)
{
	int i;

	for (i = 0; i < argc; i++)
		if (str_eq(p->name, str_of(argv[i])))
			return true;
	return argc == 0;
}

bool
due_names_ok(const struct maint_config *m, int argc, char **argv)
{
	int i;

	for (i = 0; i < argc; i++)
		if (maint_find(m, str_of(argv[i])) == NULL) {
			diag("no plan is called '%s'", argv[i]);
			return false;
		}
	return true;
}

int
due_look(const struct plan *p, const char *state, int64_t now_ms,
    struct record *r, struct due *out, struct arena *a)
{
	struct err e;

	if (store_get(state, store_key(a, "plan", p->name, STR_NONE), r, a,
	    &e) == -1) {
		diag_err(&e);
		return -1;
	}
	schedule_due(&p->schedule, p->name, r->since_ms, r->tried_ms, now_ms,
	    out);
	if (out->future)
		diag_warning("plan '" STR_FMT "' was last run in the future: "
		    "has the clock been set back?", STR_ARG(p->name));
	return 0;
}

static struct str
time_text(struct arena *a, int64_t ms)
{
	struct buf b = { 0 };
	struct str s = STR("-");

	if (ms != INT64_MAX) {
		time_print_rfc3339(&b, ms / 1000 * 1000);
		s = arena_str(a, buf_str(&b));
	}
	buf_release(&b);
	return s;
}

/* That it was seen, or that a time has passed, without a run. */
static int
note(struct run *r, const struct plan *p, struct record *rec, int64_t since,
    struct arena *a)
{
	struct err e;

	rec->since_ms = since;
	if (r->dry_run || store_put(r->tool->state, store_key(a, "plan",
	    p->name, STR_NONE), rec, &e) == 0)
		return 0;
	diag_err(&e);
	return -1;
}

static int
run_one(struct run *r, struct plan *p, struct arena *a)
{
	int64_t now = clk_now(&r->tool->clk);
	struct record rec;
	struct due due;

	if (due_look(p, r->tool->state, now, &rec, &due, a) == -1)
		return MAINT_TROUBLE;
	if (due.skipped_ms) {
		diag_warning("plan '" STR_FMT "': the run of " STR_FMT
		    " is too late, skipped", STR_ARG(p->name),
		    STR_ARG(time_text(a, due.skipped_ms)));
		if (note(r, p, &rec, due.skipped_ms, a) == -1)
			return MAINT_TROUBLE;
	} else if (due.future || (rec.since_ms == 0 && !due.due)) {
		/* Its times count from now. */
		if (note(r, p, &rec, now, a) == -1)
			return MAINT_TROUBLE;
	}
	if (!due.due) {
		diag_note("plan '" STR_FMT "': next at " STR_FMT,
		    STR_ARG(p->name), STR_ARG(time_text(a, due.at_ms)));
		return MAINT_OK;
	}
	if (due.missed)
		diag_note("plan '" STR_FMT "': %lld runs before were missed",
		    STR_ARG(p->name), (long long)due.missed);
	return run_plan(r, p, NULL, due.at_ms);
}

int
due_run(struct run *r, int argc, char **argv)
{
	struct arena a = { 0 };
	int status = MAINT_OK;
	size_t i;

	if (!due_names_ok(r->config, argc, argv))
		return MAINT_TROUBLE;
	for (i = 0; i < r->config->plans.n && !run_stop; i++) {
		struct plan *p = r->config->plans.p[i];

		if (schedule_is_set(&p->schedule) &&
		    due_named(p, argc, argv))
			status = run_worse(status, run_one(r, p, &a));
	}
	arena_free(&a);
	return status;
}

/* ---- the verb ---- */

static void
put_json(struct tool *t, const struct plan *p, const struct due *d)
{
	struct buf *out = io_writer_buf(t->out), b = { 0 };
	struct jw w = { .out = out };

	jw_obj(&w);
	jw_key(&w, STR("plan"));
	jw_str(&w, p->name);
	jw_key(&w, STR("due"));
	jw_bool(&w, d->due);
	if (d->at_ms != INT64_MAX) {
		jw_key(&w, STR("at"));
		time_print_rfc3339(&b, d->at_ms);
		jw_str(&w, buf_str(&b));
	}
	if (d->missed) {
		jw_key(&w, STR("missed"));
		jw_int(&w, d->missed);
	}
	jw_obj_end(&w);
	(void)buf_putc(out, '\n');
	buf_release(&b);
}

/* The table has those that are due, the lines all of them. */
static int
show(struct tool *t, const struct maint_config *m, bool json, int argc,
    char **argv)
{
	const struct str heads[] = { STR("DUE"), STR("SINCE"),
	    STR("MISSED") };
	struct table table = { .columns = 3 };
	struct arena a = { 0 };
	struct record r;
	struct due d;
	size_t i;
	int status = MAINT_OK;

	table_row(&table, heads);
	for (i = 0; i < m->plans.n; i++) {
		const struct plan *p = m->plans.p[i];

		if (!schedule_is_set(&p->schedule) ||
		    !due_named(p, argc, argv))
			continue;
		if (due_look(p, t->state, clk_now(&t->clk), &r, &d,
		    &a) == -1) {
			status = MAINT_TROUBLE;
			break;
		}
		if (json)
			put_json(t, p, &d);
		if (!d.due)
			continue;
		const struct str row[] = { p->name, time_text(&a, d.at_ms),
		    arena_printf(&a, "%lld", (long long)d.missed) };

		table_row(&table, row);
	}
	if (!json && table.cells.n > 3)
		table_print(&table, io_writer_buf(t->out));
	table_release(&table);
	arena_free(&a);
	return status;
}

int
verb_due(struct tool *t, int argc, char **argv)
{
	static const char *const words[] = { "table", "json" };
	struct maint_config m = { 0 };
	struct err e;
	int form, status = MAINT_TROUBLE;

	if (t->config == NULL || t->state == NULL)
		return tool_usage(t, "due needs -c FILE and -s URL");
	if ((form = tool_output(t, words, 2)) == -1)
		return MAINT_TROUBLE;
	if (maint_load(&m, t->config, &e) == -1)
		diag_err(&e);
	else if (due_names_ok(&m, argc, argv))
		status = show(t, &m, form == 1, argc, argv);
	maint_release(&m);
	return tool_finish(t, status);
}
