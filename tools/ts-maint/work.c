/*
 * work: the steps of a task, and what it says about them.
 */
#include "work.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/io.h"
#include "core/utf8.h"
#include "json/tree.h"
#include "task.h"

volatile sig_atomic_t work_stopped;

static const char *const status_names[TASK_NSTATUS] = {
	[TASK_OK] = "ok", [TASK_PLANNED] = "planned",
	[TASK_SKIPPED] = "skipped", [TASK_WARNING] = "warning",
	[TASK_ROLLED_BACK] = "rolled_back", [TASK_FAILED] = "failed",
	[TASK_TIMEOUT] = "timeout",
};

const char *
task_status_name(enum task_status s)
{
	return status_names[s];
}

bool
task_status_parse(struct str s, enum task_status *out)
{
	int i;

	for (i = 0; i < TASK_NSTATUS; i++)
		if (str_eq(s, str_of(status_names[i]))) {
			*out = (enum task_status)i;
			return true;
		}
	return false;
}

bool
task_status_bad(enum task_status s)
{
	return s >= TASK_ROLLED_BACK;
}

/* ---- what a kind says ---- */

struct step *
work_step(struct work *w, struct step s)
{
	s.what = arena_str(w->arena, s.what);
	s.note = arena_str(w->arena, s.note);
	vec_push(&w->steps, s);
	return &w->steps.p[w->steps.n - 1];
}

static __attribute__((format(printf, 2, 0))) struct str
text(struct work *w, const char *fmt, va_list ap)
{
	char room[WORK_TEXT_MAX];
	struct buf b = { 0 };
	struct str s;
	size_t at = 0;

	/* a longer one is cut */
	(void)vsnprintf(room, sizeof(room), fmt, ap);
	s = str_of(room);
	while (at < s.n)
		(void)utf8_put(&b, utf8_next(s, &at));
	s = arena_str(w->arena, buf_str(&b));
	buf_release(&b);
	return s;
}

void
work_say(struct work *w, enum task_status s, const char *fmt, ...)
{
	struct outcome *o = &w->outcome;
	va_list ap;

	if (s < o->status || (s == o->status && (task_status_bad(s) ?
	    o->error.n : o->message.n)))
		return;
	o->status = s;
	va_start(ap, fmt);
	if (task_status_bad(s))
		o->error = text(w, fmt, ap);
	else
		o->message = text(w, fmt, ap);
	va_end(ap);
}

void
work_note(struct work *w, const char *fmt, ...)
{
	va_list ap;

	if (w->outcome.status != TASK_OK && w->outcome.status != TASK_PLANNED)
		return;
	va_start(ap, fmt);
	w->outcome.message = text(w, fmt, ap);
	va_end(ap);
}

static void
tell(struct work *w, struct buf *b)
{
	if (w->fd != -1)
		(void)io_write_all(w->fd, buf_str(b));
	buf_release(b);
}

void
work_progress(struct work *w, const char *fmt, ...)
{
	struct buf b = { 0 };
	va_list ap;

	va_start(ap, fmt);
	message_put_progress(&b, text(w, fmt, ap));
	va_end(ap);
	tell(w, &b);
}

bool
work_stopping(const struct work *w)
{
	(void)w;
	return work_stopped != 0;
}

/* ---- data ---- */

void
work_number(struct work *w, const char *key, double value)
{
	(void)json_object_set_new(w->data, key, json_real(value));
}

void
work_integer(struct work *w, const char *key, int64_t value)
{
	(void)json_object_set_new(w->data, key, json_integer(value));
}

static json_t *
json_text(struct str s)
{
	json_t *j = json_stringn(s.n ? s.p : "", s.n);
	struct buf b = { 0 };
	size_t at = 0;

	if (j != NULL)
		return j;
	while (at < s.n)	/* no UTF-8: a file's name, a program's words */
		(void)utf8_put(&b, utf8_next(s, &at));
	j = json_stringn(b.p, b.n);
	buf_release(&b);
	return j;
}

void
work_text(struct work *w, const char *key, struct str value)
{
	(void)json_object_set_new(w->data, key, json_text(value));
}

void
work_append(struct work *w, const char *key, struct str value)
{
	json_t *list = json_object_get(w->data, key);

	if (list == NULL) {
		list = json_array();
		(void)json_object_set_new(w->data, key, list);
	}
	(void)json_array_append_new(list, json_text(value));
}

static struct str
json_str(struct work *w, const json_t *j)
{
	struct buf b = { 0 };
	struct str s = STR_NONE;

	if (j != NULL && json_put_tree(&b, j) == 0)
		s = arena_str(w->arena, buf_str(&b));
	buf_release(&b);
	return s;
}

void
work_remember(struct work *w, json_t *j)
{
	struct buf b = { 0 };

	json_decref(w->keep);
	w->keep = j;
	message_put_memory(&b, json_str(w, j));
	tell(w, &b);
}

struct str
bytes_text(struct arena *a, int64_t bytes)
{
	static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB",
	    "PiB", "EiB" };
	double v = (double)bytes;
	size_t u = 0;

	while (v >= 1024 && u + 1 < sizeof(units) / sizeof(units[0])) {
		v /= 1024;
		u++;
	}
	if (u == 0)
		return arena_printf(a, "%lld B", (long long)bytes);
	return arena_printf(a, v < 10 ? "%.1f %s" : "%.0f %s", v, units[u]);
}

/* ---- programs ---- */

extern char **environ;

static int
run(struct work *w, const char *const *argv, struct str input,
    int64_t timeout_ms, struct proc_result *r, struct err *e)
{
	size_t n = 0, i;
	char **args;
	struct proc_request q = { .envp = environ, .input = input,
	    .timeout_ms = timeout_ms, .output_max = (size_t)4 << 20,
	    .same_group = true, .stop = &work_stopped, .linger_ms = 1000 };

	while (argv[n] != NULL)
		n++;
	args = ARENA_ARRAY(w->arena, n + 1, char *);
	for (i = 0; i < n; i++)
		args[i] = arena_cstr(w->arena, str_of(argv[i]));
	q.argv = args;
	return proc_run(&q, r, e);
}

/* Only the end is kept, from the start of a line. */
static void
keep_output(struct work *w, struct str s)
{
	size_t over;

	(void)buf_put(&w->output, s);
	if (w->output.n && w->output.p[w->output.n - 1] != '\n')
		(void)buf_putc(&w->output, '\n');
	if (w->output.n <= WORK_OUTPUT_MAX)
		return;
	over = w->output.n - WORK_OUTPUT_MAX;
	while (over < w->output.n && w->output.p[over - 1] != '\n')
		over++;
	buf_drop(&w->output, over);
}

int
work_run(struct work *w, const char *const *argv, struct str input,
    struct proc_result *r, struct err *e)
{
	if (run(w, argv, input, 0, r, e) == -1)
		return -1;
	if (r->out.n)
		keep_output(w, buf_str(&r->out));
	if (r->err.n)
		keep_output(w, buf_str(&r->err));
	return 0;
}

int
work_ask(struct work *w, const char *const *argv, int64_t timeout_ms,
    struct proc_result *r, struct err *e)
{
	return run(w, argv, STR_NONE, timeout_ms, r, e);
}

struct str
work_ending(struct work *w, const struct proc_result *r)
{
	if (r->stopped)
		return STR("stopped");
	if (r->timed_out)
		return STR("no end in time");
	if (r->signal)
		return arena_printf(w->arena, "ended by signal %d", r->signal);
	if (r->status)
		return arena_printf(w->arena, "exit status %d", r->status);
	return STR("");
}

/* ---- all of it ---- */

static void
step_out(struct work *w, const struct step *s, int end, struct str error)
{
	struct buf b = { 0 };

	message_put_step(&b, s, end, error);
	tell(w, &b);
}

static void
do_step(struct work *w, struct step *s)
{
	struct outcome *o = &w->outcome;
	struct err e = { 0 };
	enum step_end end = w->task->kind->apply(w, s, &e);

	switch (end) {
	case STEP_DONE:
		o->done++;
		o->bytes += s->bytes;
		o->changed |= !s->reads;
		break;
	case STEP_SKIPPED:
		o->skipped++;
		break;
	case STEP_FAILED:
		o->failed++;
		if (w->steps.n == 1)
			work_say(w, TASK_FAILED, "%s", e.msg);
		else
			work_say(w, TASK_FAILED, "%s " STR_FMT ": %s",
			    s->action, STR_ARG(s->what), e.msg);
		break;
	}
	step_out(w, s, (int)end, end == STEP_FAILED ? str_of(e.msg) :
	    STR_NONE);
}

static void
do_steps(struct work *w)
{
	size_t i;

	for (i = 0; i < w->steps.n; i++) {
		if (work_stopping(w)) {
			work_say(w, TASK_FAILED, "stopped after %zu of %zu "
			    "steps", i, w->steps.n);
			return;
		}
		if (w->steps.n > 1)
			work_progress(w, "%zu/%zu %s " STR_FMT, i + 1,
			    w->steps.n, w->steps.p[i].action,
			    STR_ARG(w->steps.p[i].what));
		do_step(w, &w->steps.p[i]);
		if (w->outcome.failed && !w->task->kind->go_on)
			return;
	}
}

static void
show_steps(struct work *w)
{
	size_t i;

	for (i = 0; i < w->steps.n; i++) {
		w->outcome.done++;
		w->outcome.bytes += w->steps.p[i].bytes;
		step_out(w, &w->steps.p[i], -1, STR_NONE);
	}
	if (w->outcome.status == TASK_OK)
		w->outcome.status = TASK_PLANNED;
}

/* What a kind says nothing about itself. */
static void
sum_up(struct work *w)
{
	struct outcome *o = &w->outcome;

	if (o->message.n || o->error.n)
		return;
	if (w->steps.n == 0)
		work_note(w, "nothing to do");
	else if (w->dry_run)
		work_note(w, "%zu steps", w->steps.n);
	else
		work_note(w, "%lld of %zu steps done", (long long)o->done,
		    w->steps.n);
}

static void
finish(struct work *w)
{
	struct outcome *o = &w->outcome;

	if (json_object_size(w->data) > 0)
		o->data = json_str(w, w->data);
	o->memory = json_str(w, w->keep);
	o->undo = json_str(w, w->undo_keep);
	o->output = buf_str(&w->output);
}

void
work_do(struct work *w)
{
	const struct task_kind *kind = w->task->kind;
	struct err e = { 0 };
	struct str why;

	w->data = json_object();
	if (!probe_ask(w, &w->task->condition.probe, 30 * 1000, &why))
		work_say(w, TASK_SKIPPED, "not needed: " STR_FMT,
		    STR_ARG(why));
	else if (kind->plan(w, &e) == -1)
		work_say(w, TASK_FAILED, "%s", e.msg);
	else {
		if (w->dry_run)
			show_steps(w);
		else
			do_steps(w);
		if (kind->finish != NULL)
			kind->finish(w);
		sum_up(w);
	}
	finish(w);
}

void
work_undo(struct work *w)
{
	struct err e = { 0 };

	w->data = json_object();
	if (w->task->kind->undo(w, &e) == -1) {
		work_say(w, TASK_FAILED, "%s", e.msg);
		w->outcome.undo_failed = true;
	} else if (w->outcome.status < TASK_ROLLED_BACK) {
		w->outcome.status = TASK_ROLLED_BACK;
	}
	finish(w);
}
