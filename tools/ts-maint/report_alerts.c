/*
 * report_alerts: alert lines for ts-route: one for each task that did not go
 * well, and a resolved one when it does again.
 */
#include <stdlib.h>

#include "core/dur.h"
#include "json/write.h"
#include "report.h"

#define NOWN	5		/* labels of ours */

static int
cmp_pairs(const void *a, const void *b)
{
	return str_cmp(((const struct ypair *)a)->key,
	    ((const struct ypair *)b)->key);
}

/* Sorted; the plan's own labels win. */
static void
put_labels(struct report *r, const struct result *t, struct str severity,
    struct jw *w)
{
	const struct ypair own[NOWN] = {
		{ STR("alertname"), STR("MaintenanceTaskFailed"), NULL },
		{ STR("plan"), t->plan->name, NULL },
		{ STR("task"), t->task->name, NULL },
		{ STR("kind"), str_of(t->task->kind->name), NULL },
		{ STR("severity"), severity, NULL },
	};
	const struct ypairs *set = &t->plan->labels;
	struct ypair *all = ARENA_ARRAY(&r->arena, set->n + NOWN,
	    struct ypair);
	size_t i, j, n = 0;

	for (i = 0; i < set->n; i++)
		all[n++] = set->p[i];
	for (i = 0; i < NOWN; i++) {
		for (j = 0; j < set->n && !str_eq(all[j].key, own[i].key); j++)
			continue;
		if (j == set->n)
			all[n++] = own[i];
	}
	qsort(all, n, sizeof(*all), cmp_pairs);
	jw_obj(w);
	for (i = 0; i < n; i++) {
		jw_key(w, all[i].key);
		jw_str(w, all[i].value);
	}
	jw_obj_end(w);
}

static void
put_annotations(struct report *r, const struct result *t, struct jw *w)
{
	const struct outcome *o = t->outcome;
	struct str text = o->error.n ? o->error : o->message;

	jw_obj(w);
	if (text.n) {
		jw_key(w, STR("description"));
		jw_str(w, text);
	}
	if (t->plan->runbook_url.n) {
		jw_key(w, STR("runbook_url"));
		jw_str(w, t->plan->runbook_url);
	}
	jw_key(w, STR("summary"));
	jw_str(w, arena_printf(&r->arena, STR_FMT "/" STR_FMT ": %s",
	    STR_ARG(t->plan->name), STR_ARG(t->task->name),
	    task_status_name(o->status)));
	jw_obj_end(w);
}

static void
put_alert(struct report *r, const struct result *t, struct str severity,
    bool firing)
{
	struct jw w = { .out = r->out };

	jw_obj(&w);
	jw_key(&w, STR("labels"));
	put_labels(r, t, severity, &w);
	jw_key(&w, STR("annotations"));
	put_annotations(r, t, &w);
	jw_member_time(&w, "startsAt", t->bad_since_ms ? t->bad_since_ms :
	    t->time_ms);
	if (!firing)
		jw_member_time(&w, "endsAt", t->time_ms);
	jw_obj_end(&w);
	(void)buf_putc(r->out, '\n');
}

/* A skipped task is as it was before. */
static void
alerts_task(struct report *r, const struct result *t)
{
	struct str now = str_of(report_severity(t->outcome->status));

	if (t->dry_run || t->undo || t->outcome->status == TASK_SKIPPED)
		return;
	if (t->was_severity.n && !str_eq(t->was_severity, now))
		put_alert(r, t, t->was_severity, false);
	if (now.n)
		put_alert(r, t, now, true);
}

static void
alerts_plan(struct report *r, const struct result *t)
{
	(void)r;
	(void)t;
}

const struct report_form report_alerts = {
	.name = "alerts", .task = alerts_task, .plan = alerts_plan,
};
