/*
 * list: what a file has.
 */
#include "due.h"

#include "core/dur.h"
#include "json/write.h"
#include "table.h"
#include "units.h"

static struct str
kinds_text(const struct plan *p, struct arena *a)
{
	struct buf b = { 0 };
	struct str s;
	size_t i;

	for (i = 0; i < p->tasks.n; i++)
		(void)buf_printf(&b, "%s" STR_FMT, i ? ", " : "",
		    STR_ARG(p->tasks.p[i]->name));
	s = arena_str(a, buf_str(&b));
	buf_release(&b);
	return s;
}

static struct str
when_text(const struct plan *p, struct arena *a)
{
	struct buf b = { 0 };
	struct str s;
	size_t i;

	for (i = 0; i < p->schedule.text.n; i++)
		(void)buf_printf(&b, "%s" STR_FMT, i ? "; " : "",
		    STR_ARG(p->schedule.text.p[i]));
	s = arena_str(a, buf_str(&b));
	buf_release(&b);
	return s;
}

/* When it will be due, by what -s knows; empty: never. */
static struct str
next_text(const struct tool *t, const struct plan *p, struct arena *a)
{
	struct buf b = { 0 };
	struct str s = STR_NONE;
	struct record r;
	struct due d;

	if (!schedule_is_set(&p->schedule) || due_look(p, t->state,
	    clk_now(&t->clk), &r, &d, a) == -1)
		return s;
	if (d.due)
		return STR("now");
	if (d.at_ms == INT64_MAX)
		return s;
	time_print_rfc3339(&b, d.at_ms / 1000 * 1000);
	s = arena_str(a, buf_str(&b));
	buf_release(&b);
	return s;
}

static void
list_table(const struct tool *tool, struct maint_config *m, struct buf *out)
{
	const struct str heads[] = { STR("PLAN"), STR("WHEN"), STR("NEXT"),
	    STR("TASKS"), STR("DESCRIPTION") };
	struct table t = { .columns = 5 };
	size_t i;

	table_row(&t, heads);
	for (i = 0; i < m->plans.n; i++) {
		const struct plan *p = m->plans.p[i];
		const struct str row[] = { p->name, when_text(p, &m->arena),
		    next_text(tool, p, &m->arena), kinds_text(p, &m->arena),
		    p->description };

		table_row(&t, row);
	}
	table_print(&t, out);
	table_release(&t);
}

static void
list_json(const struct tool *t, struct maint_config *m, struct buf *out)
{
	struct jw w;
	size_t i, k;

	for (i = 0; i < m->plans.n; i++) {
		const struct plan *p = m->plans.p[i];

		w = (struct jw){ .out = out };
		jw_obj(&w);
		jw_member_some(&w, "plan", p->name);
		jw_member_some(&w, "description", p->description);
		jw_member_some(&w, "when", when_text(p, &m->arena));
		jw_member_some(&w, "next", next_text(t, p, &m->arena));
		jw_key(&w, STR("tasks"));
		jw_arr(&w);
		for (k = 0; k < p->tasks.n; k++) {
			jw_obj(&w);
			jw_member_some(&w, "name", p->tasks.p[k]->name);
			jw_member_some(&w, "kind", p->tasks.p[k]->kind_name);
			jw_member_some(&w, "description",
			    p->tasks.p[k]->description);
			jw_obj_end(&w);
		}
		jw_arr_end(&w);
		jw_obj_end(&w);
		(void)buf_putc(out, '\n');
	}
}

int
verb_list(struct tool *t, int argc, char **argv)
{
	static const char *const words[] = { "table", "json", "systemd",
	    "cron" };
	struct maint *self = t->self;
	struct maint_config m = { 0 };
	struct buf *out = io_writer_buf(t->out);
	struct err e;
	int form, status = MAINT_OK;

	(void)argv;
	if (t->config == NULL || argc > 0)
		return tool_usage(t, "list of which file? (-c FILE)");
	if ((form = tool_output(t, words, 4)) == -1)
		return MAINT_TROUBLE;
	if (maint_load(&m, t->config, &e) == -1) {
		diag_err(&e);
		status = MAINT_TROUBLE;
	} else if (form == 0) {
		list_table(t, &m, out);
	} else if (form == 1) {
		list_json(t, &m, out);
	} else if (form == 3) {
		units_cron(t, &m, out);
	} else if (units_systemd(t, &m, self->to, out, &e) == -1) {
		diag_err(&e);
		status = MAINT_TROUBLE;
	}
	maint_release(&m);
	return tool_finish(t, status);
}
