#include "plan.h"

struct task *
plan_find(const struct plan *p, struct str name)
{
	size_t i;

	for (i = 0; i < p->tasks.n; i++)
		if (str_eq(p->tasks.p[i]->name, name))
			return p->tasks.p[i];
	return NULL;
}

static int
known(const struct plan *p, const struct task *t, struct str name,
    const char *field, struct err *e)
{
	if (str_eq(name, t->name))
		return ynode_err(t->node, e, "'%s' of task '" STR_FMT
		    "' names itself", field, STR_ARG(t->name));
	if (plan_find(p, name) == NULL)
		return ynode_err(t->node, e, "'%s' of task '" STR_FMT
		    "' names '" STR_FMT "', which is no task of the plan",
		    field, STR_ARG(t->name), STR_ARG(name));
	return 0;
}

static int
known_all(const struct plan *p, const struct task *t, const struct ystrs *s,
    const char *field, struct err *e)
{
	size_t i;

	for (i = 0; i < s->n; i++)
		if (known(p, t, s->p[i], field, e) == -1)
			return -1;
	return 0;
}

/* Tasks that run only when others were undone or have failed. */
static int
set_aside(const struct plan *p, struct err *e)
{
	struct task *t;
	size_t i, j;

	for (i = 0; i < p->tasks.n; i++) {
		t = p->tasks.p[i];
		if (known_all(p, t, &t->needs, "needs", e) == -1 ||
		    known_all(p, t, &t->after, "after", e) == -1 ||
		    known_all(p, t, &t->undo, "undo", e) == -1)
			return -1;
		if (t->condition.task.n && known(p, t, t->condition.task,
		    "if", e) == -1)
			return -1;
		if (t->instead.n && known(p, t, t->instead, "on_failure",
		    e) == -1)
			return -1;
		for (j = 0; j < t->undo.n; j++)
			plan_find(p, t->undo.p[j])->aside = true;
		if (t->instead.n)
			plan_find(p, t->instead)->aside = true;
	}
	if (p->instead.n == 0)
		return 0;
	if ((t = plan_find(p, p->instead)) == NULL)
		return ynode_err(p->node, e, "'on_failure' names '" STR_FMT
		    "', which is no task of the plan", STR_ARG(p->instead));
	t->aside = true;
	return 0;
}

static bool
waits_for(const struct task *t, struct str name)
{
	size_t i;

	for (i = 0; i < t->needs.n; i++)
		if (str_eq(t->needs.p[i], name))
			return true;
	for (i = 0; i < t->after.n; i++)
		if (str_eq(t->after.p[i], name))
			return true;
	return t->condition.task.n && str_eq(t->condition.task, name);
}

/* Something that t waits for has not been placed yet. */
static bool
must_wait(const struct plan *p, const bool *placed, const struct task *t)
{
	size_t i;

	for (i = 0; i < p->tasks.n; i++)
		if (!placed[i] && waits_for(t, p->tasks.p[i]->name))
			return true;
	return false;
}

static int
check_aside(const struct plan *p, struct err *e)
{
	const struct task *t, *u;
	size_t i, j;

	for (i = 0; i < p->tasks.n; i++)
		for (j = 0; j < p->tasks.n; j++) {
			t = p->tasks.p[i];
			u = p->tasks.p[j];
			if (u->aside && waits_for(t, u->name))
				return ynode_err(t->node, e, "task '" STR_FMT
				    "' waits for '" STR_FMT "', which runs "
				    "only when another one has failed",
				    STR_ARG(t->name), STR_ARG(u->name));
		}
	return 0;
}

int
plan_order(struct plan *p, struct arena *a, struct err *e)
{
	size_t n = p->tasks.n, done, i;
	struct task **in_order = ARENA_ARRAY(a, n + 1, struct task *);
	bool *placed = ARENA_ARRAY(a, n + 1, bool);

	if (set_aside(p, e) == -1 || check_aside(p, e) == -1)
		return -1;
	for (done = 0; done < n; done++) {
		for (i = 0; i < n; i++)
			if (!placed[i] && !must_wait(p, placed,
			    p->tasks.p[i]))
				break;
		if (i == n)
			break;
		placed[i] = true;
		in_order[done] = p->tasks.p[i];
	}
	for (i = 0; i < n; i++)
		if (!placed[i])
			return ynode_err(p->tasks.p[i]->node, e, "task '"
			    STR_FMT "' waits for itself, by way of others",
			    STR_ARG(p->tasks.p[i]->name));
	if (n)
		memcpy(p->tasks.p, in_order, n * sizeof(*in_order));
	return 0;
}
