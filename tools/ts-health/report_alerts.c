/*
 * report_alerts: alert lines for ts-route, of the debounced state: firing
 * while it is not healthy, once resolved when it has become so.
 */
#include "report.h"

#include <stdlib.h>

#include "core/dur.h"
#include "json/write.h"

static const char *const severities[] = {
	[CHECK_OK] = "none", [CHECK_WARN] = "warning",
	[CHECK_FAIL] = "critical", [CHECK_UNKNOWN] = "warning",
};

#define NOWN	4		/* labels of ours */

static int
cmp_pairs(const void *a, const void *b)
{
	return str_cmp(((const struct ypair *)a)->key,
	    ((const struct ypair *)b)->key);
}

/* Sorted; the check's own labels win. */
static void
put_labels(const struct report *r, const struct outcome *o,
    enum check_status s, struct jw *w)
{
	const struct check *c = o->check;
	const struct ypair own[] = {
		{ STR("alertname"), STR("HealthCheckFailed"), NULL },
		{ STR("check"), c->name, NULL },
		{ STR("kind"), str_of(c->kind->name), NULL },
		{ STR("severity"), str_of(severities[s]), NULL },
	};
	struct ypair *all = ARENA_ARRAY(r->arena, c->labels.n + NOWN,
	    struct ypair);
	size_t i, j, n = 0;

	for (i = 0; i < c->labels.n; i++)
		all[n++] = c->labels.p[i];
	for (i = 0; i < NOWN; i++) {
		for (j = 0; j < n && !str_eq(all[j].key, own[i].key); j++)
			continue;
		if (j == n)
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
put_annotations(const struct report *r, const struct outcome *o,
    struct jw *w)
{
	enum check_status s = outcome_status(o);
	struct str about = o->check->description;

	jw_obj(w);
	if (outcome_text(o).n) {
		jw_key(w, STR("description"));
		jw_str(w, outcome_text(o));
	}
	if (o->check->runbook_url.n) {
		jw_key(w, STR("runbook_url"));
		jw_str(w, o->check->runbook_url);
	}
	jw_key(w, STR("summary"));
	jw_str(w, arena_printf(r->arena, STR_FMT " is %s%s" STR_FMT "%s",
	    STR_ARG(o->check->name), check_status_name(s),
	    about.n ? " (" : "", STR_ARG(about), about.n ? ")" : ""));
	jw_obj_end(w);
}

static void
put_alert(const struct report *r, const struct outcome *o,
    enum check_status s, bool firing, struct buf *out)
{
	struct jw w = { .out = out };

	jw_obj(&w);
	jw_key(&w, STR("labels"));
	put_labels(r, o, s, &w);
	jw_key(&w, STR("annotations"));
	put_annotations(r, o, &w);
	jw_member_time(&w, "startsAt", o->streak.since_ms);
	if (!firing)
		jw_member_time(&w, "endsAt", o->time_ms);
	jw_obj_end(&w);
	(void)buf_putc(out, '\n');
}

/* What counts of a state: of a check that is not critical a warning. */
static enum check_status
counted(const struct outcome *o, enum check_status s)
{
	return s != CHECK_OK && !o->check->critical ? CHECK_WARN : s;
}

/* With the labels that it fired with, or it would never end. */
static bool
must_resolve(const struct outcome *o)
{
	return o->streak.changed && o->streak.was != CHECK_OK &&
	    strcmp(severities[counted(o, o->streak.was)],
	    severities[counted(o, o->streak.status)]) != 0;
}

/* What it depends on has an alert of its own. */
static bool
is_told_elsewhere(const struct outcome *o)
{
	return o->result->skipped && o->streak.status == CHECK_UNKNOWN;
}

void
report_alerts(const struct report *r, struct buf *out)
{
	const struct outcome *o;

	for (o = r->outcome; o != r->outcome + r->n; o++) {
		/* What began before a maintenance window may end in it. */
		if (must_resolve(o))
			put_alert(r, o, counted(o, o->streak.was), false,
			    out);
		if (outcome_status(o) != CHECK_OK && !o->streak.suppressed &&
		    !is_told_elsewhere(o))
			put_alert(r, o, outcome_status(o), true, out);
	}
}
