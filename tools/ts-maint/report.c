/*
 * report: what the forms share, and the line of progress.
 */
#include "report.h"

#include <stdlib.h>
#include <unistd.h>

#include "core/clk.h"
#include "core/dur.h"
#include "core/utf8.h"

#define PROGRESS_COLUMNS	78
#define TAIL_MAX		((size_t)64 << 10)

static const struct report_form *const forms[] = {
	&report_json, &report_table, &report_alerts,
};
#define NFORMS	(sizeof(forms) / sizeof(forms[0]))

int
report_init(struct report *r, struct tool *t, bool steps)
{
	static const char *const words[] = { "json", "table", "alerts" };
	int form = tool_output(t, words, NFORMS);

	if (form == -1)
		return -1;
	/* For a person, unless a form was asked for. */
	if (t->output == NULL && isatty(STDOUT_FILENO))
		form = 1;
	*r = (struct report){ .form = forms[form], .tool = t,
	    .out = io_writer_buf(t->out), .verbose = steps || t->verbose,
	    .progress = isatty(STDERR_FILENO) && !t->quiet };
	return 0;
}

void
report_release(struct report *r)
{
	arena_free(&r->arena);
	buf_release(&r->shown);
	buf_release(&r->steps);
	buf_release(&r->tail);
}

const char *
report_severity(enum task_status s)
{
	return s == TASK_WARNING ? "warning" :
	    task_status_bad(s) ? "critical" : NULL;
}

struct str
report_seconds(struct arena *a, double s)
{
	struct buf b = { 0 };
	struct str out;

	if (s < 9.95)
		return arena_printf(a, "%.1fs", s);
	dur_print_go(&b, (int64_t)(s + 0.5) * 1000);
	out = arena_str(a, buf_str(&b));
	buf_release(&b);
	return out;
}

/* ---- progress: one line on the terminal, rewritten in place ---- */

static void
erase(struct report *r)
{
	if (r->shown.n == 0)
		return;
	(void)!write(STDERR_FILENO, "\r\033[K", 4);
	buf_reset(&r->shown);
}

static void
draw(struct report *r, const struct result *t)
{
	struct buf b = { 0 };
	struct str text = r->doing;
	size_t at = 0, width;

	(void)buf_printf(&b, "[%zu/%zu] " STR_FMT "%s  %llds  ", t->nth,
	    t->of, STR_ARG(t->task->name), t->undo ? " (undo)" : "",
	    (long long)(clk_mono_ms() - r->began_ms) / 1000);
	width = utf8_columns(buf_str(&b));
	/* What a file is called must not drive the terminal. */
	while (at < text.n && width < PROGRESS_COLUMNS) {
		uint32_t c = utf8_next(text, &at);

		(void)utf8_put(&b, c < ' ' || (c >= 0x7f && c < 0xa0) ? '?' :
		    c);
		width++;
	}
	erase(r);
	(void)!write(STDERR_FILENO, b.p, b.n);
	(void)buf_put(&r->shown, buf_str(&b));
	buf_release(&b);
}

void
report_begin(struct report *r, const struct result *t)
{
	arena_reset(&r->arena);
	r->began_ms = clk_mono_ms();
	r->doing = STR_NONE;
	if (r->progress)
		draw(r, t);
}

void
report_progress(struct report *r, const struct result *t, struct str text)
{
	static int64_t last;

	if (!r->progress)
		return;
	arena_reset(&r->arena);
	r->doing = arena_str(&r->arena, text);
	if (clk_mono_ms() - last < 100)
		return;		/* the next tick shows it */
	last = clk_mono_ms();
	draw(r, t);
}

void
report_tick(struct report *r, const struct result *t)
{
	if (r->progress)
		draw(r, t);
}

/* ---- results ---- */

void
report_step(struct report *r, const struct result *t,
    const struct step_line *s)
{
	if (r->form->step == NULL || !r->verbose)
		return;
	erase(r);
	r->form->step(r, t, s);
	(void)tool_flush(r->tool);
}

static void
keep_tail(struct report *r, const struct result *t)
{
	const struct outcome *o = t->outcome;

	(void)buf_printf(&r->tail, "%s " STR_FMT ": " STR_FMT "\n",
	    task_status_name(o->status), STR_ARG(t->task ? t->task->name :
	    t->plan->name), STR_ARG(o->error.n ? o->error : o->message));
	if (r->tail.n > TAIL_MAX)
		buf_drop(&r->tail, r->tail.n - TAIL_MAX);
}

void
report_task(struct report *r, const struct result *t)
{
	erase(r);
	keep_tail(r, t);
	r->form->task(r, t);
	(void)tool_flush(r->tool);
}

void
report_plan(struct report *r, const struct result *t)
{
	erase(r);
	keep_tail(r, t);
	r->form->plan(r, t);
	(void)tool_flush(r->tool);
}
