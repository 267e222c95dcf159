/*
 * report_metrics: results as samples, under the names of the exporters that
 * people have rules for.
 */
#include "report.h"

#include <math.h>
#include <stdlib.h>

#include "core/num.h"
#include "json/write.h"

struct label { struct str name, value; };

struct point {
	struct str name;
	struct label *label;	/* sorted by name */
	size_t nlabels;
	double value;
	int64_t time_ms;
	size_t at;		/* in order of making */
};

struct points { struct point *p; size_t n, cap; };

static int
cmp_labels(const void *a, const void *b)
{
	return str_cmp(((const struct label *)a)->name,
	    ((const struct label *)b)->name);
}

/* A name given twice keeps its first value: check, kind and target stay. */
static void
add_label(struct point *p, struct str name, struct str value)
{
	size_t i;

	for (i = 0; i < p->nlabels; i++)
		if (str_eq(p->label[i].name, name))
			return;
	p->label[p->nlabels++] = (struct label){ name, value };
}

static void
add(struct points *all, const struct report *r, const struct outcome *o,
    struct str name, const struct check_label *label, size_t nlabels,
    double value)
{
	const struct check *c = o->check;
	struct point p = { .name = name, .value = value,
	    .time_ms = o->time_ms, .at = all->n };
	size_t i;

	if (isnan(value))
		return;
	p.label = ARENA_ARRAY(r->arena, c->labels.n + nlabels + 3,
	    struct label);
	add_label(&p, STR("check"), c->name);
	add_label(&p, STR("kind"), str_of(c->kind->name));
	add_label(&p, STR("target"), c->target);
	for (i = 0; i < nlabels; i++)
		add_label(&p, label[i].name, label[i].value);
	for (i = 0; i < c->labels.n; i++)
		add_label(&p, c->labels.p[i].key, c->labels.p[i].value);
	qsort(p.label, p.nlabels, sizeof(*p.label), cmp_labels);
	vec_push(all, p);
}

static void
add_outcome(struct points *all, const struct report *r,
    const struct outcome *o)
{
	const struct check_result *res = o->result;
	double success = res->status == CHECK_OK || res->status == CHECK_WARN;
	struct check_label one;
	int s;
	size_t i;

	if (o->check->kind->network) {
		add(all, r, o, STR("up"), NULL, 0, success);
		add(all, r, o, STR("probe_success"), NULL, 0, success);
		add(all, r, o, STR("probe_duration_seconds"), NULL, 0,
		    res->seconds);
	}
	for (s = CHECK_OK; s <= CHECK_UNKNOWN; s++) {
		one = (struct check_label){ STR("status"),
		    str_of(check_status_name((enum check_status)s)) };
		add(all, r, o, STR("ts_check_status"), &one, 1,
		    (enum check_status)s == res->status);
	}
	add(all, r, o, STR("ts_check_response_seconds"), NULL, 0,
	    res->seconds);
	add(all, r, o, STR("ts_check_state_changed_timestamp_seconds"), NULL,
	    0, (double)o->streak.since_ms / 1000);
	for (i = 0; i < res->metrics.n; i++)
		add(all, r, o, res->metrics.p[i].name,
		    res->metrics.p[i].label, res->metrics.p[i].nlabels,
		    res->metrics.p[i].value);
	for (i = 0; i < res->perf.n; i++) {
		one = (struct check_label){ STR("label"),
		    res->perf.p[i].label };
		add(all, r, o, STR("ts_check_value"), &one, 1,
		    res->perf.p[i].value);
	}
}

static void
gather(struct points *all, const struct report *r)
{
	size_t i;

	for (i = 0; i < r->n; i++)
		add_outcome(all, r, &r->outcome[i]);
}

void
report_samples(const struct report *r, struct buf *out)
{
	struct points all = { 0 };
	struct jw w = { .out = out };
	const struct point *p;
	size_t i;

	gather(&all, r);
	for (p = all.p; p != all.p + all.n; p++) {
		w.comma = false;
		jw_obj(&w);
		jw_key(&w, STR("metric"));
		jw_obj(&w);
		jw_key(&w, STR("__name__"));
		jw_str(&w, p->name);
		for (i = 0; i < p->nlabels; i++) {
			jw_key(&w, p->label[i].name);
			jw_str(&w, p->label[i].value);
		}
		jw_obj_end(&w);
		jw_key(&w, STR("values"));
		jw_arr(&w);
		jw_num(&w, p->value);
		jw_arr_end(&w);
		jw_key(&w, STR("timestamps"));
		jw_arr(&w);
		jw_int(&w, p->time_ms);
		jw_arr_end(&w);
		jw_obj_end(&w);
		(void)buf_putc(out, '\n');
	}
	vec_release(&all);
}

/* The text format wants all samples of a family together. */
static int
cmp_points(const void *a, const void *b)
{
	const struct point *x = a, *y = b;
	int c = str_cmp(x->name, y->name);

	return c ? c : (x->at > y->at) - (x->at < y->at);
}

static void
put_value(struct buf *out, struct str s)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		if (s.p[i] == '\n')
			(void)buf_put(out, STR("\\n"));
		else if (s.p[i] == '"' || s.p[i] == '\\')
			(void)buf_printf(out, "\\%c", s.p[i]);
		else
			(void)buf_putc(out, s.p[i]);
}

static void
put_point(struct buf *out, const struct point *p)
{
	size_t i;

	(void)buf_put(out, p->name);
	for (i = 0; i < p->nlabels; i++) {
		(void)buf_printf(out, "%c" STR_FMT "=\"", i ? ',' : '{',
		    STR_ARG(p->label[i].name));
		put_value(out, p->label[i].value);
		(void)buf_putc(out, '"');
	}
	(void)buf_put(out, STR("} "));
	num_print(out, p->value, NUM_GO_G);
	(void)buf_putc(out, '\n');
}

void
report_text(const struct report *r, struct buf *out)
{
	struct points all = { 0 };
	size_t i;

	gather(&all, r);
	if (all.n)
		qsort(all.p, all.n, sizeof(*all.p), cmp_points);
	for (i = 0; i < all.n; i++) {
		if (i == 0 || !str_eq(all.p[i].name, all.p[i - 1].name))
			(void)buf_printf(out, "# TYPE " STR_FMT " %s\n",
			    STR_ARG(all.p[i].name),
			    str_ends(all.p[i].name, STR("_total")) ?
			    "counter" : "gauge");
		put_point(out, &all.p[i]);
	}
	vec_release(&all);
}
