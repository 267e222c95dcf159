/*
 * status: how the last runs ended, by what -s knows.
 */
#include "run.h"

#include "core/dur.h"
#include "json/write.h"
#include "store.h"
#include "table.h"

struct status {
	struct tool *tool;
	struct arena arena;
	struct table table;
	bool json;
	int worst;
};

static struct str
time_text(struct arena *a, int64_t ms)
{
	struct buf b = { 0 };
	struct str s = STR("-");

	if (ms) {
		time_print_rfc3339(&b, ms / 1000 * 1000);
		s = arena_str(a, buf_str(&b));
	}
	buf_release(&b);
	return s;
}

static void
put_time(struct jw *w, const char *key, int64_t ms)
{
	struct buf b = { 0 };

	if (ms == 0)
		return;
	jw_key(w, str_of(key));
	time_print_rfc3339(&b, ms);
	jw_str(w, buf_str(&b));
	buf_release(&b);
}

static void
put_json(struct status *s, const struct plan *p, const struct task *t,
    const struct record *r, bool known)
{
	struct buf *out = io_writer_buf(s->tool->out);
	struct jw w = { .out = out };

	jw_obj(&w);
	jw_key(&w, STR("plan"));
	jw_str(&w, p->name);
	if (t != NULL) {
		jw_key(&w, STR("of"));
		jw_str(&w, t->name);
	}
	jw_key(&w, STR("status"));
	jw_str(&w, known ? str_of(task_status_name(r->status)) :
	    STR("never run"));
	put_time(&w, "time", r->time_ms);
	put_time(&w, "last_success", r->success_ms);
	put_time(&w, "bad_since", r->bad_since_ms);
	if (known) {
		jw_key(&w, STR("duration"));
		jw_num(&w, r->duration_s);
		jw_key(&w, STR("message"));
		jw_str(&w, r->message);
	}
	jw_obj_end(&w);
	(void)buf_putc(out, '\n');
}

static int
show(struct status *s, const struct plan *p, const struct task *t)
{
	struct str key = store_key(&s->arena, t ? "task" : "plan", p->name,
	    t ? t->name : STR_NONE);
	struct record r;
	struct err e;
	int found = store_get(s->tool->state, key, &r, &s->arena, &e);
	bool known = found == 1 && r.time_ms;

	if (found == -1) {
		diag_err(&e);
		return -1;
	}
	if (t == NULL && known && task_status_bad(r.status))
		s->worst = run_worse(s->worst, MAINT_FAILED);
	else if (t == NULL && known && r.status == TASK_WARNING)
		s->worst = run_worse(s->worst, MAINT_WARNING);
	if (s->json) {
		put_json(s, p, t, &r, known);
		return 0;
	}
	const struct str row[] = {
		t ? arena_printf(&s->arena, STR_FMT "/" STR_FMT,
		    STR_ARG(p->name), STR_ARG(t->name)) : p->name,
		known ? str_of(task_status_name(r.status)) : STR("never run"),
		time_text(&s->arena, r.time_ms),
		known ? report_seconds(&s->arena, r.duration_s) : STR_NONE,
		time_text(&s->arena, r.success_ms), r.message,
	};
	table_row(&s->table, row);
	return 0;
}

static bool
named(const struct plan *p, int argc, char **argv)
{
	int i;

	for (i = 0; i < argc; i++)
		if (str_eq(p->name, str_of(argv[i])))
			return true;
	return argc == 0;
}

static int
show_all(struct status *s, const struct maint_config *m, int argc,
    char **argv)
{
	static const char *const heads[] = { "PLAN", "STATUS", "TIME",
	    "TOOK", "LAST SUCCESS", "MESSAGE" };
	struct str row[6];
	size_t i, k;

	for (i = 0; i < 6; i++)
		row[i] = str_of(heads[i]);
	table_row(&s->table, row);
	for (i = 0; i < m->plans.n; i++) {
		const struct plan *p = m->plans.p[i];

		if (!named(p, argc, argv))
			continue;
		if (show(s, p, NULL) == -1)
			return -1;
		for (k = 0; k < p->tasks.n; k++)
			if (show(s, p, p->tasks.p[k]) == -1)
				return -1;
	}
	return 0;
}

int
verb_status(struct tool *t, int argc, char **argv)
{
	static const char *const words[] = { "table", "json" };
	struct maint_config m = { 0 };
	struct status s = { .tool = t, .table = { .columns = 6 } };
	struct err e;
	int form;

	if (t->config == NULL || t->state == NULL)
		return tool_usage(t, "status needs -c FILE and -s URL");
	if ((form = tool_output(t, words, 2)) == -1)
		return MAINT_TROUBLE;
	s.json = form == 1;
	if (maint_load(&m, t->config, &e) == -1) {
		diag_err(&e);
		s.worst = MAINT_TROUBLE;
	} else if (show_all(&s, &m, argc, argv) == -1) {
		s.worst = MAINT_TROUBLE;
	} else if (!s.json) {
		table_print(&s.table, io_writer_buf(t->out));
	}
	table_release(&s.table);
	arena_free(&s.arena);
	maint_release(&m);
	return tool_finish(t, s.worst);
}
