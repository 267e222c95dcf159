/*
 * report_json: task result lines, with -v a line for each step:
 *	{"step":"remove","of":"daily/temp","what":"/tmp/x","status":"done"}
 */
#include <math.h>

#include "json/write.h"
#include "report.h"
#include "wire/wire.h"

static void
json_step(struct report *r, const struct result *t,
    const struct step_line *s)
{
	static const char *const ends[] = { "planned", "done", "skipped",
	    "failed" };
	struct jw w = { .out = r->out };

	jw_obj(&w);
	jw_member_some(&w, "step", s->action);
	jw_member_some(&w, "of", arena_printf(&r->arena, STR_FMT "/" STR_FMT,
	    STR_ARG(t->plan->name), STR_ARG(t->task->name)));
	jw_member_some(&w, "what", s->what);
	jw_member_some(&w, "status", str_of(ends[s->end + 1]));
	jw_member_some(&w, "note", s->note);
	jw_member_some(&w, "error", s->error);
	if (s->bytes)
		jw_member_int(&w, "bytes", s->bytes);
	jw_obj_end(&w);
	(void)buf_putc(r->out, '\n');
}

/* Members of a result line that are ours, as text: "k":v,"k2":v2 */
static struct str
extra(struct report *r, const struct result *t)
{
	const struct outcome *o = t->outcome;
	struct buf b = { 0 };
	struct jw w = { .out = &b };
	struct str s;

	jw_obj(&w);
	jw_member_some(&w, "plan", t->plan->name);
	jw_member_some(&w, "run", t->run);
	if (t->attempt > 1)
		jw_member_int(&w, "attempt", t->attempt);
	if (t->dry_run) {
		jw_key(&w, STR("dry_run"));
		jw_bool(&w, true);
	}
	if (t->undo) {
		jw_key(&w, STR("undo"));
		jw_bool(&w, true);
	}
	jw_member_some(&w, "error", o->error);
	if (o->undo_failed) {
		jw_key(&w, STR("undo_failed"));
		jw_bool(&w, true);
	}
	if (o->done + o->skipped + o->failed) {
		jw_key(&w, STR("steps"));
		jw_obj(&w);
		jw_member_int(&w, "done", o->done);
		jw_member_int(&w, "skipped", o->skipped);
		jw_member_int(&w, "failed", o->failed);
		jw_obj_end(&w);
	}
	if (o->bytes)
		jw_member_int(&w, "bytes", o->bytes);
	if (o->data.n) {
		jw_key(&w, STR("data"));
		jw_raw(&w, o->data);
	}
	s = arena_str(&r->arena, str_sub(buf_str(&b), 1, b.n));
	buf_release(&b);
	return s;
}

static void
put(struct report *r, const struct result *t, struct str name,
    const char *kind)
{
	const struct outcome *o = t->outcome;
	struct wire_task w = { .task = name, .kind = str_of(kind),
	    .status = str_of(task_status_name(o->status)),
	    .time = t->time_ms, .message = o->message, .output = o->output,
	    .duration = round(t->duration_s * 1000) / 1000,
	    .changed = o->changed, .extra = extra(r, t) };

	wire_put_task(r->out, &w);
}

static void
json_task(struct report *r, const struct result *t)
{
	put(r, t, t->task->name, t->task->kind->name);
}

static void
json_plan(struct report *r, const struct result *t)
{
	put(r, t, t->plan->name, "plan");
}

const struct report_form report_json = {
	.name = "json", .step = json_step, .task = json_task,
	.plan = json_plan,
};
