/*
 * task_service: services started, stopped, restarted or reloaded one after
 * the other, each behind the gate of the one before.  Stopping goes in the
 * opposite order.
 */
#include "kinds.h"
#include "service.h"

struct service_task {
	struct task task;
	struct str action;
	struct services services;
};

static const struct yfield rows[] = {
	TASK_ROWS,
	YROW("action", YT_STR, offsetof(struct service_task, action),
	    .flags = YF_REQUIRED),
	SERVICES_ROWS(offsetof(struct service_task, services)),
};
TASK_FIELDS(service, struct service_task);

/* What a step knows. */
struct turn {
	const struct service *one;
	bool was_up;
};

static bool
action_is(const struct service_task *t, const char *word)
{
	return str_eq(t->action, str_of(word));
}

static int
service_configure(struct task *task, struct arena *a, struct err *e)
{
	struct service_task *t = (struct service_task *)task;

	if (!action_is(t, "start") && !action_is(t, "stop") &&
	    !action_is(t, "restart") && !action_is(t, "reload"))
		return ynode_err(task->node, e, "'action' is start, stop, "
		    "restart or reload, not '" STR_FMT "'",
		    STR_ARG(t->action));
	if (services_configure(&t->services, task->node, a, e) == -1)
		return -1;
	if (t->services.n == 0)
		return ynode_err(task->node, e, "'services' names none");
	return 0;
}

/* NULL: it is as it should be. */
static const char *
needed(const struct service_task *t, bool up)
{
	if (action_is(t, "start"))
		return up ? NULL : "start";
	if (action_is(t, "stop"))
		return up ? "stop" : NULL;
	if (action_is(t, "restart"))
		return up ? "restart" : "start";
	return up ? "reload" : NULL;
}

static int
service_plan(struct work *w, struct err *e)
{
	const struct service_task *t = (const struct service_task *)w->task;
	size_t i, n = t->services.n;
	const struct service *one;
	const struct gate *g;
	struct turn *turn;
	const char *how;
	int up;

	for (i = 0; i < n; i++) {
		one = &t->services.p[action_is(t, "stop") ? n - 1 - i : i];
		if ((up = service_is_up(w, &t->services, one, e)) == -1)
			return -1;
		if ((how = needed(t, up)) == NULL)
			continue;
		turn = ARENA_NEW(w->arena, struct turn);
		*turn = (struct turn){ one, up };
		g = action_is(t, "stop") ? &one->stop_gate : &one->gate;
		(void)work_step(w, (struct step){ .action = how,
		    .what = one->name, .own = turn,
		    .note = g->set ? arena_printf(w->arena, "gate: " STR_FMT,
		    STR_ARG(gate_text(g, w->arena))) : STR_NONE });
	}
	return 0;
}

/* How it was, before anything is done to it. */
static void
remember(struct work *w, const struct turn *turn)
{
	if (w->undo_keep == NULL)
		w->undo_keep = json_array();
	(void)json_array_append_new(w->undo_keep, json_pack("{s:s%, s:b}",
	    "name", turn->one->name.p, turn->one->name.n, "up",
	    turn->was_up));
}

static enum step_end
service_apply(struct work *w, struct step *s, struct err *e)
{
	const struct service_task *t = (const struct service_task *)w->task;
	const struct turn *turn = s->own;
	int rc;

	remember(w, turn);
	if (action_is(t, "reload"))
		rc = service_reload(w, &t->services, turn->one, e);
	else if (action_is(t, "restart"))
		rc = service_restart(w, &t->services, turn->one, e);
	else
		rc = service_set(w, &t->services, turn->one,
		    action_is(t, "start"), e);
	return rc == -1 ? STEP_FAILED : STEP_DONE;
}

static const struct service *
find(const struct services *s, const char *name)
{
	size_t i;

	for (i = 0; i < s->n; i++)
		if (str_eq(s->p[i].name, str_of(name)))
			return &s->p[i];
	return NULL;
}

/* All of them are tried, whatever becomes of one. */
static int
service_undo(struct work *w, struct err *e)
{
	const struct service_task *t = (const struct service_task *)w->task;
	struct buf bad = { 0 };
	const struct service *one;
	struct err why;
	size_t i, n = json_array_size(w->undo);
	int rc = 0;

	for (i = n; i-- > 0;) {
		const json_t *j = json_array_get(w->undo, i);

		one = find(&t->services, json_string_value(
		    json_object_get(j, "name")));
		if (one == NULL || service_restore(w, &t->services, one,
		    json_is_true(json_object_get(j, "up")), &why) == 0)
			continue;
		(void)buf_printf(&bad, "%s%s", bad.n ? "; " : "", why.msg);
	}
	if (bad.n)
		rc = err_set(e, ERR_SYS, "%s", buf_cstr(&bad));
	else
		work_note(w, "%zu services are as they were", n);
	buf_release(&bad);
	return rc;
}

const struct task_kind task_service = {
	.name = "service", .about = "services, one behind the other's gate",
	.fields = &service_fields, .configure = service_configure,
	.plan = service_plan, .apply = service_apply, .undo = service_undo,
};
