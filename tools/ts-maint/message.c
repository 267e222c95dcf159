/*
 * message: what a task's process tells the one that waits for it.
 *	{"step":"remove","what":"/tmp/x","note":"...","bytes":1,"reads":false,
 *	 "end":0,"error":"..."}
 *	{"progress":"table 14/60"}
 *	{"remember":"..."}
 *	{"outcome":"ok", ...}
 */
#include "work.h"

#include "json/tree.h"
#include "json/write.h"

void
message_put_step(struct buf *out, const struct step *s, int end,
    struct str error)
{
	struct jw w = { .out = out };

	jw_obj(&w);
	jw_member_some(&w, "step", str_of(s->action));
	jw_member_some(&w, "what", s->what);
	jw_member_some(&w, "note", s->note);
	jw_member_int_some(&w, "bytes", s->bytes);
	jw_member_int_some(&w, "reads", s->reads);
	jw_key(&w, STR("end"));
	jw_int(&w, end);
	jw_member_some(&w, "error", error);
	jw_obj_end(&w);
	(void)buf_putc(out, '\n');
}

void
message_put_progress(struct buf *out, struct str text)
{
	struct jw w = { .out = out };

	jw_obj(&w);
	jw_key(&w, STR("progress"));
	jw_str(&w, text);
	jw_obj_end(&w);
	(void)buf_putc(out, '\n');
}

void
message_put_memory(struct buf *out, struct str memory)
{
	struct jw w = { .out = out };

	jw_obj(&w);
	jw_key(&w, STR("remember"));
	jw_str(&w, memory);
	jw_obj_end(&w);
	(void)buf_putc(out, '\n');
}

void
message_put_outcome(struct buf *out, const struct outcome *o)
{
	struct jw w = { .out = out };

	jw_obj(&w);
	jw_member_some(&w, "outcome", str_of(task_status_name(o->status)));
	jw_member_int_some(&w, "undo_failed", o->undo_failed);
	jw_member_int_some(&w, "changed", o->changed);
	jw_member_some(&w, "message", o->message);
	jw_member_some(&w, "error", o->error);
	jw_member_some(&w, "data", o->data);
	jw_member_some(&w, "output", o->output);
	jw_member_some(&w, "memory", o->memory);
	jw_member_some(&w, "undo", o->undo);
	jw_member_int_some(&w, "done", o->done);
	jw_member_int_some(&w, "skipped", o->skipped);
	jw_member_int_some(&w, "failed", o->failed);
	jw_member_int_some(&w, "bytes", o->bytes);
	jw_obj_end(&w);
	(void)buf_putc(out, '\n');
}

static struct str
get_str(const json_t *j, const char *key, struct arena *a)
{
	return arena_str(a, json_get_str(j, key));
}

static int64_t
get_int(const json_t *j, const char *key)
{
	return (int64_t)json_integer_value(json_object_get(j, key));
}

static void
read_step(const json_t *j, struct arena *a, struct step_line *s)
{
	s->action = get_str(j, "step", a);
	s->what = get_str(j, "what", a);
	s->note = get_str(j, "note", a);
	s->error = get_str(j, "error", a);
	s->bytes = get_int(j, "bytes");
	s->reads = get_int(j, "reads") != 0;
	s->end = (int)get_int(j, "end");
}

static bool
read_outcome(const json_t *j, struct arena *a, struct outcome *o)
{
	if (!task_status_parse(json_get_str(j, "outcome"), &o->status))
		return false;
	o->undo_failed = get_int(j, "undo_failed") != 0;
	o->changed = get_int(j, "changed") != 0;
	o->message = get_str(j, "message", a);
	o->error = get_str(j, "error", a);
	o->data = get_str(j, "data", a);
	o->output = get_str(j, "output", a);
	o->memory = get_str(j, "memory", a);
	o->undo = get_str(j, "undo", a);
	o->done = get_int(j, "done");
	o->skipped = get_int(j, "skipped");
	o->failed = get_int(j, "failed");
	o->bytes = get_int(j, "bytes");
	return true;
}

int
message_read(struct str line, struct arena *a, struct message *m,
    struct err *e)
{
	json_t *j = json_tree(line, e);
	int rc = 0;

	memset(m, 0, sizeof(*m));
	if (j == NULL)
		return -1;
	if (json_object_get(j, "step") != NULL) {
		m->kind = MESSAGE_STEP;
		read_step(j, a, &m->step);
	} else if (json_object_get(j, "progress") != NULL) {
		m->kind = MESSAGE_PROGRESS;
		m->progress = get_str(j, "progress", a);
	} else if (json_object_get(j, "remember") != NULL) {
		m->kind = MESSAGE_MEMORY;
		m->memory = get_str(j, "remember", a);
	} else {
		m->kind = MESSAGE_OUTCOME;
		if (!read_outcome(j, a, &m->outcome))
			rc = err_set(e, ERR_SYNTAX, "no such message");
	}
	json_decref(j);
	return rc;
}
