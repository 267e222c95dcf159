/*
 * list: what a file has.
 */
#include "run.h"

#include "json/write.h"
#include "table.h"

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

static void
list_table(struct maint_config *m, struct buf *out)
{
	const struct str heads[] = { STR("PLAN"), STR("TASKS"),
	    STR("DESCRIPTION") };
	struct table t = { .columns = 3 };
	size_t i;

	table_row(&t, heads);
	for (i = 0; i < m->plans.n; i++) {
		const struct plan *p = m->plans.p[i];
		const struct str row[] = { p->name, kinds_text(p, &m->arena),
		    p->description };

		table_row(&t, row);
	}
	table_print(&t, out);
	table_release(&t);
}

static void
put_str(struct jw *w, const char *key, struct str s)
{
	if (s.n == 0)
		return;
	jw_key(w, str_of(key));
	jw_str(w, s);
}

static void
list_json(struct maint_config *m, struct buf *out)
{
	struct jw w;
	size_t i, k;

	for (i = 0; i < m->plans.n; i++) {
		const struct plan *p = m->plans.p[i];

		w = (struct jw){ .out = out };
		jw_obj(&w);
		put_str(&w, "plan", p->name);
		put_str(&w, "description", p->description);
		jw_key(&w, STR("tasks"));
		jw_arr(&w);
		for (k = 0; k < p->tasks.n; k++) {
			jw_obj(&w);
			put_str(&w, "name", p->tasks.p[k]->name);
			put_str(&w, "kind", p->tasks.p[k]->kind_name);
			put_str(&w, "description",
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
	static const char *const words[] = { "table", "json" };
	struct maint_config m = { 0 };
	struct err e;
	int form, status = MAINT_OK;

	(void)argv;
	if (t->config == NULL || argc > 0)
		return tool_usage(t, "list of which file? (-c FILE)");
	if ((form = tool_output(t, words, 2)) == -1)
		return MAINT_TROUBLE;
	if (maint_load(&m, t->config, &e) == -1) {
		diag_err(&e);
		status = MAINT_TROUBLE;
	} else if (form == 0) {
		list_table(&m, io_writer_buf(t->out));
	} else {
		list_json(&m, io_writer_buf(t->out));
	}
	maint_release(&m);
	return tool_finish(t, status);
}
