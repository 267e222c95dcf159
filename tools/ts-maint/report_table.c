/*
 * report_table: for a terminal, a line a task.
 */
#include "core/utf8.h"
#include "report.h"

static const char *const colors[TASK_NSTATUS] = {
	[TASK_OK] = "\033[32m", [TASK_PLANNED] = "\033[36m",
	[TASK_SKIPPED] = "\033[2m", [TASK_WARNING] = "\033[33m",
	[TASK_ROLLED_BACK] = "\033[35m", [TASK_FAILED] = "\033[31m",
	[TASK_TIMEOUT] = "\033[31m",
};

static void
put_padded(struct buf *out, struct str s, size_t width)
{
	size_t w = utf8_columns(s);

	(void)buf_put(out, s);
	for (; w < width; w++)
		(void)buf_putc(out, ' ');
	(void)buf_put(out, STR("  "));
}

/* One line, and nothing that drives the terminal. */
static void
put_text(struct buf *out, struct str s)
{
	size_t at = 0;
	uint32_t c;

	while (at < s.n) {
		c = utf8_next(s, &at);
		(void)utf8_put(out, c == '\n' || c == '\t' ? ' ' :
		    c < ' ' || (c >= 0x7f && c < 0xa0) ? '?' : c);
	}
}

static void
put_status(struct report *r, enum task_status s)
{
	if (r->tool->color)
		(void)buf_put(r->out, str_of(colors[s]));
	put_padded(r->out, str_of(task_status_name(s)), 7);
	if (r->tool->color)
		(void)buf_put(r->out, STR("\033[0m"));
}

static size_t
name_width(const struct plan *p)
{
	size_t width = 4, i, w;

	for (i = 0; i < p->tasks.n; i++)
		if ((w = utf8_columns(p->tasks.p[i]->name)) > width)
			width = w;
	return width;
}

static void
put_message(struct report *r, const struct outcome *o)
{
	put_text(r->out, o->error.n ? o->error : o->message);
	while (r->out->n && r->out->p[r->out->n - 1] == ' ')
		r->out->n--;
	(void)buf_putc(r->out, '\n');
}

static void
table_step(struct report *r, const struct result *t,
    const struct step_line *s)
{
	struct buf *out = t->dry_run ? &r->steps : r->out;

	if (s->end == STEP_SKIPPED && s->note.n == 0)
		return;
	(void)buf_printf(out, "        %s" STR_FMT " ",
	    s->end == STEP_SKIPPED ? "skipped: " :
	    s->end == STEP_FAILED ? "failed: " : "", STR_ARG(s->action));
	put_text(out, s->what);
	if (s->bytes)
		(void)buf_printf(out, "  " STR_FMT,
		    STR_ARG(bytes_text(&r->arena, s->bytes)));
	if (s->error.n || s->note.n) {
		(void)buf_put(out, STR("  ("));
		put_text(out, s->error.n ? s->error : s->note);
		(void)buf_putc(out, ')');
	}
	(void)buf_putc(out, '\n');
}

static void
table_task(struct report *r, const struct result *t)
{
	struct str nth = arena_printf(&r->arena, "[%zu/%zu]", t->nth, t->of);

	put_padded(r->out, nth, 7);
	put_padded(r->out, t->task->name, name_width(t->plan));
	put_status(r, t->outcome->status);
	put_padded(r->out, report_seconds(&r->arena, t->duration_s), 6);
	if (t->undo)
		(void)buf_put(r->out, STR("undone: "));
	put_message(r, t->outcome);
	(void)buf_put(r->out, buf_str(&r->steps));
	buf_reset(&r->steps);
}

static void
table_plan(struct report *r, const struct result *t)
{
	(void)buf_printf(r->out, STR_FMT ": ", STR_ARG(t->plan->name));
	put_status(r, t->outcome->status);
	put_padded(r->out, report_seconds(&r->arena, t->duration_s), 0);
	put_message(r, t->outcome);
}

const struct report_form report_table = {
	.name = "table", .step = table_step, .task = table_task,
	.plan = table_plan,
};
