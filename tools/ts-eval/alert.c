/*
 * The life of an alert, as Prometheus 3.14 has it: pending from the first
 * result on, firing once it has lasted for `for`, kept firing for
 * `keep_firing_for` after the last result, resolved, and remembered for 15
 * minutes.
 */
#include <stdlib.h>

#include "core/dur.h"
#include "core/mem.h"
#include "core/num.h"
#include "eval.h"

enum alert_event {
	EV_GONE,	/* not in the result */
	EV_KEPT,	/* the same, but keep_firing_for holds it */
	EV_TRUE,	/* in the result, not yet for long enough */
	EV_HELD,	/* in the result for at least `for` */
	ALERT_NEVENTS
};

enum alert_action { DO_NOTHING, DO_FIRE, DO_RESOLVE, DO_FORGET };

static const struct step {
	enum alert_state next;
	enum alert_action action;
} steps[ALERT_NSTATES][ALERT_NEVENTS] = {
	[ALERT_INACTIVE] = {
		[EV_GONE] = { ALERT_INACTIVE, DO_NOTHING },
		[EV_KEPT] = { ALERT_INACTIVE, DO_NOTHING },
		[EV_TRUE] = { ALERT_PENDING, DO_NOTHING },
		[EV_HELD] = { ALERT_FIRING, DO_FIRE },
	},
	[ALERT_PENDING] = {
		[EV_GONE] = { ALERT_INACTIVE, DO_FORGET },
		[EV_KEPT] = { ALERT_INACTIVE, DO_FORGET },
		[EV_TRUE] = { ALERT_PENDING, DO_NOTHING },
		[EV_HELD] = { ALERT_FIRING, DO_FIRE },
	},
	[ALERT_FIRING] = {
		[EV_GONE] = { ALERT_INACTIVE, DO_RESOLVE },
		[EV_KEPT] = { ALERT_FIRING, DO_NOTHING },
		/* `for` was raised by a reload */
		[EV_TRUE] = { ALERT_PENDING, DO_NOTHING },
		[EV_HELD] = { ALERT_FIRING, DO_NOTHING },
	},
};

/* ---- the alerts of a rule ---- */

static struct str
key_of(const struct active *a)
{
	return (struct str){ (const char *)&a->labels, sizeof(a->labels) };
}

static struct active *
find(const struct rule_run *r, const struct labels *l)
{
	return map_get(&r->alerts, (struct str){ (const char *)&l,
	    sizeof(l) });
}

struct active *
alert_add(struct rule_run *r, const struct labels *l)
{
	struct active *a = mem_zalloc(sizeof(*a));

	a->labels = l;
	a->dirty = true;
	(void)map_put(&r->alerts, key_of(a), a);
	vec_push(&r->order, a);
	r->unsorted = true;
	return a;
}

void
active_free(struct active *a)
{
	mem_free((void *)(uintptr_t)a->histogram.p);
	mem_free(a);
}

static int
order_cmp(const void *x, const void *y)
{
	const struct active *const *a = x, *const *b = y;

	return labels_cmp((*a)->labels, (*b)->labels);
}

/* One order for all runs, whatever the order of appearance was. */
void
alerts_sort(struct rule_run *r)
{
	if (r->unsorted && r->order.n)
		qsort(r->order.p, r->order.n, sizeof(*r->order.p),
		    order_cmp);
	r->unsorted = false;
}

void
alerts_clear(struct eval *ev, struct rule_run *r)
{
	size_t i;

	for (i = 0; i < r->order.n; i++) {
		save_forget(ev, r, r->order.p[i]);
		active_free(r->order.p[i]);
	}
	vec_reset(&r->order);
	map_reset(&r->alerts);
}

/* ---- one round ---- */

/* The sample's labels, the rule's own, and the name of the alert. */
static const struct labels *
identity(struct eval *ev, const struct rule_run *r, struct active *seen,
    int64_t ts)
{
	struct labels_builder *b = &ev->builder;
	const struct text *t;
	size_t i;

	labels_build(b, ev->history.table, seen->sample);
	labels_del(b, STR("__name__"));
	for (i = 0; i < r->labels.n; i++) {
		t = &r->labels.p[i];
		if (t->set == NULL) {
			labels_set(b, t->name, t->value);
			continue;
		}
		buf_reset(&ev->scratch);
		text_render(ev, r, t, seen, ts, &ev->scratch);
		labels_set(b, t->name, buf_str(&ev->scratch));
	}
	labels_set(b, STR("alertname"), r->conf->name);
	return labels_done(b);
}

static void
set_histogram(struct active *a, struct str text)
{
	char *copy = NULL;

	if (text.n) {
		copy = mem_alloc(text.n);
		memcpy(copy, text.p, text.n);
	}
	mem_free((void *)(uintptr_t)a->histogram.p);
	a->histogram = (struct str){ copy, text.n };
}

/* What the result says about one label set. */
static void
update(struct eval *ev, struct rule_run *r, const struct active *seen,
    int64_t ts)
{
	struct active *a = find(r, seen->labels);

	if (a && a->state == ALERT_INACTIVE) {	/* a new life */
		const struct labels *l = a->labels;

		set_histogram(a, STR_NONE);
		*a = (struct active){ .labels = l, .dirty = true,
		    .active_at = ts };
	} else if (a == NULL) {
		a = alert_add(r, seen->labels);
		a->active_at = ts;
	}
	if (a->sample != seen->sample || num_bits(a->value) !=
	    num_bits(seen->value) || a->keep_since ||
	    !str_eq(a->histogram, seen->histogram))
		a->dirty = true;
	a->sample = seen->sample;
	a->value = seen->value;
	set_histogram(a, seen->histogram);
	a->keep_since = 0;
	a->seen = ev->round;
	if (r->annotations.eager)
		a->annotations = annotations_render(ev, r, a, ts);
}

static enum alert_event
event_of(const struct eval *ev, const struct rule_run *r, struct active *a,
    int64_t ts)
{
	if (a->seen == ev->round)
		return ts - a->active_at >= r->conf->for_ms ? EV_HELD :
		    EV_TRUE;
	if (a->state != ALERT_FIRING || r->conf->keep_firing_for_ms == 0)
		return EV_GONE;
	if (a->keep_since == 0) {
		a->keep_since = ts;
		a->dirty = true;
	}
	return ts - a->keep_since < r->conf->keep_firing_for_ms ? EV_KEPT :
	    EV_GONE;
}

/* False: the alert is to be forgotten. */
static bool
step(struct eval *ev, struct rule_run *r, struct active *a, int64_t ts)
{
	const struct step *s;

	s = &steps[a->state][event_of(ev, r, a, ts)];
	if (s->next != a->state || s->action != DO_NOTHING)
		a->dirty = true;
	a->state = s->next;
	switch (s->action) {
	case DO_FIRE:
		a->fired_at = ts;
		break;
	case DO_RESOLVE:
		a->resolved_at = ts;
		break;
	case DO_FORGET:
		return false;
	case DO_NOTHING:
		break;
	}
	return a->state != ALERT_INACTIVE ||
	    ts - a->resolved_at <= RESOLVED_KEPT_MS;
}

static void
forget(struct eval *ev, struct rule_run *r, struct active *a)
{
	save_forget(ev, r, a);
	(void)map_del(&r->alerts, key_of(a));
	active_free(a);
}

static size_t
step_all(struct eval *ev, struct rule_run *r, int64_t ts)
{
	size_t i, kept = 0, active = 0;
	struct active *a;

	for (i = 0; i < r->order.n; i++) {
		a = r->order.p[i];
		if (!step(ev, r, a, ts)) {
			forget(ev, r, a);
			continue;
		}
		r->order.p[kept++] = a;
		active += a->state != ALERT_INACTIVE;
	}
	r->order.n = kept;
	return active;
}

/* ---- what the history gets ---- */

static const struct labels *
series(struct eval *ev, const struct active *a, const char *name,
    const char *state)
{
	struct labels_builder *b = &ev->builder;

	labels_build(b, ev->history.table, a->labels);
	labels_set(b, STR("__name__"), str_of(name));
	if (state)
		labels_set(b, STR("alertstate"), str_of(state));
	return labels_done(b);
}

static void
find_series(struct eval *ev, struct active *a)
{
	static const char *const name[] = { [ALERT_PENDING] = "pending",
	    [ALERT_FIRING] = "firing" };

	if (a->series[a->state] == NULL)
		a->series[a->state] = series(ev, a, "ALERTS",
		    name[a->state]);
	if (a->for_series == NULL)
		a->for_series = series(ev, a, "ALERTS_FOR_STATE", NULL);
}

/* After a restart: what the last round has given, from the alerts alone. */
void
alert_outputs(struct eval *ev, struct rule_run *r)
{
	struct active *a;
	size_t i;

	for (i = 0; i < r->order.n; i++) {
		a = r->order.p[i];
		if (a->state == ALERT_INACTIVE)
			continue;
		find_series(ev, a);
		vec_push(&r->outputs, a->series[a->state]);
		vec_push(&r->outputs, a->for_series);
	}
}

static void
put_series(struct eval *ev, struct rule_run *r, int64_t ts)
{
	size_t i, previous = r->outputs.n;
	int64_t at = ts - r->group->offset;
	struct active *a;

	outputs_begin(ev);
	for (i = 0; i < r->order.n; i++) {
		a = r->order.p[i];
		if (a->state == ALERT_INACTIVE)
			continue;
		find_series(ev, a);
		outputs_add(ev, r, a->series[a->state], at, 1, NULL);
		outputs_add(ev, r, a->for_series, at,
		    (double)(a->active_at / 1000), NULL);
	}
	outputs_end(ev, r, previous, at);
}

/* ---- a rule ---- */

static bool
present(const struct pcols *v, size_t i)
{
	const struct prow *row = &v->row[i];

	return (row->h && row->h[0]) || !pv_absent(row->v[0]);
}

/* A histogram's text, for templates; its number is 0, as upstream's. */
static void
set_value(struct eval *ev, struct active *a, const struct prow *row)
{
	const struct hist *h = row->h ? row->h[0] : NULL;
	struct buf text = { 0 };

	if (h == NULL) {
		a->value = row->v[0];
		return;
	}
	hist_print(h, &text);
	a->histogram = arena_str(&ev->query, buf_str(&text));
	buf_release(&text);
}

/* The labels of every point of the result; two alike are an error. */
static int
identify(struct eval *ev, struct rule_run *r, const struct pcols *v,
    struct active *seen, size_t *n, int64_t ts, struct err *e)
{
	size_t i;

	outputs_begin(ev);
	for (i = 0, *n = 0; i < v->nrows; i++) {
		struct active *a = &seen[*n];

		if (!present(v, i))
			continue;
		*a = (struct active){ .sample = v->row[i].labels };
		set_value(ev, a, &v->row[i]);
		a->labels = identity(ev, r, a, ts);
		if (!outputs_stamp(ev, a->labels))
			return err_set(e, ERR_CONFIG, "vector contains "
			    "metrics with the same labelset after applying "
			    "alert labels");
		(*n)++;
	}
	return 0;
}

int
alert_rule_eval(struct eval *ev, struct rule_run *r, const struct pcols *v,
    int64_t ts, struct err *e)
{
	struct active *seen = ARENA_ARRAY(&ev->query, v->nrows,
	    struct active);
	int64_t limit = r->group->conf->limit;
	size_t i, n, active;

	if (identify(ev, r, v, seen, &n, ts, e) == -1)
		return -1;
	for (i = 0; i < n; i++)
		update(ev, r, &seen[i], ts);
	alerts_sort(r);
	active = step_all(ev, r, ts);
	if (limit > 0 && active > (size_t)limit) {
		alerts_clear(ev, r);
		return err_set(e, ERR_LIMIT, "exceeded limit of %lld with "
		    "%zu alerts", (long long)limit, active);
	}
	put_series(ev, r, ts);
	return 0;
}
