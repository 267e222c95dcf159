/*
 * result_json: writing and reading results.
 */
#include "result_json.h"

#include <math.h>

#include "core/dur.h"
#include "json/tree.h"

static void
put_text(struct jw *w, const char *key, struct str s)
{
	jw_key(w, str_of(key));
	if (s.p == NULL)
		jw_null(w);
	else
		jw_str(w, s);
}

static void
put_phases(struct jw *w, const struct check_result *r)
{
	size_t i;

	jw_key(w, STR("phases"));
	jw_obj(w);
	for (i = 0; i < r->phases.n; i++) {
		jw_key(w, r->phases.p[i].name);
		jw_num(w, r->phases.p[i].seconds);
	}
	jw_obj_end(w);
}

static void
put_perf(struct jw *w, const struct check_result *r)
{
	const struct perf *p;

	jw_key(w, STR("perfdata"));
	jw_arr(w);
	for (p = r->perf.p; p != r->perf.p + r->perf.n; p++) {
		jw_obj(w);
		put_text(w, "label", p->label);
		jw_member_num(w, "value", p->value);
		put_text(w, "uom", p->uom);
		put_text(w, "warn", p->warn);
		put_text(w, "crit", p->crit);
		jw_member_num(w, "min", p->min);
		jw_member_num(w, "max", p->max);
		jw_obj_end(w);
	}
	jw_arr_end(w);
}

static void
put_metrics(struct jw *w, const struct check_result *r)
{
	const struct check_metric *m;
	size_t i;

	jw_key(w, STR("metrics"));
	jw_arr(w);
	for (m = r->metrics.p; m != r->metrics.p + r->metrics.n; m++) {
		jw_obj(w);
		put_text(w, "name", m->name);
		jw_member_num(w, "value", m->value);
		jw_key(w, STR("labels"));
		jw_obj(w);
		for (i = 0; i < m->nlabels; i++) {
			jw_key(w, m->label[i].name);
			jw_str(w, m->label[i].value);
		}
		jw_obj_end(w);
		jw_obj_end(w);
	}
	jw_arr_end(w);
}

static void
put_seen(struct jw *w, const struct check_result *r)
{
	put_text(w, "status", str_of(check_status_name(r->status)));
	jw_member_num(w, "response_time", r->seconds);
	put_text(w, "message", r->message);
	put_text(w, "error", r->error);
}

void
result_write(const struct check_result *r, struct buf *out)
{
	struct jw w = { .out = out };

	jw_obj(&w);
	put_seen(&w, r);
	put_phases(&w, r);
	put_perf(&w, r);
	put_metrics(&w, r);
	if (r->data.p != NULL) {
		jw_key(&w, STR("data"));
		jw_raw(&w, r->data);
	}
	jw_obj_end(&w);
}

/* p NULL when it is absent or null. */
static struct str
get_text(struct arena *a, const json_t *o, const char *key)
{
	struct str s = json_get_str(o, key);

	return s.p == NULL ? STR_NONE : arena_str(a, s);
}

static double
get_number(const json_t *o, const char *key)
{
	const json_t *v = json_object_get(o, key);

	return json_is_number(v) ? json_number_value(v) : NAN;
}

static struct check_metric
get_metric(const json_t *o, struct arena *a)
{
	struct check_metric m = { .name = get_text(a, o, "name"),
	    .value = get_number(o, "value") };
	const char *key;
	json_t *v;

	json_object_foreach(json_object_get(o, "labels"), key, v)
		if (m.nlabels < CHECK_LABELS_MAX)
			m.label[m.nlabels++] = (struct check_label){
			    arena_str(a, str_of(key)), arena_str(a,
			    (struct str){ json_string_value(v),
			    json_string_length(v) }) };
	return m;
}

static void
get_lists(const json_t *o, struct check_result *r)
{
	struct arena *a = r->arena;
	const char *key;
	json_t *v;
	size_t i;

	json_object_foreach(json_object_get(o, "phases"), key, v)
		vec_push(&r->phases, (struct check_phase){
		    arena_str(a, str_of(key)), json_number_value(v) });
	json_array_foreach(json_object_get(o, "perfdata"), i, v)
		vec_push(&r->perf, (struct perf){ get_text(a, v, "label"),
		    get_number(v, "value"), get_text(a, v, "uom"),
		    get_text(a, v, "warn"), get_text(a, v, "crit"),
		    get_number(v, "min"), get_number(v, "max") });
	json_array_foreach(json_object_get(o, "metrics"), i, v)
		vec_push(&r->metrics, get_metric(v, a));
}

int
result_read(struct str text, struct check_result *r, struct err *e)
{
	struct buf data = { 0 };
	json_t *o = json_tree(text, e);
	const json_t *v;

	if (o == NULL)
		return -1;
	if (!check_status_parse(json_get_str(o, "status"), &r->status)) {
		json_decref(o);
		return err_set(e, ERR_SYNTAX, "no status");
	}
	r->seconds = get_number(o, "response_time");
	r->message = get_text(r->arena, o, "message");
	r->error = get_text(r->arena, o, "error");
	get_lists(o, r);
	if ((v = json_object_get(o, "data")) != NULL) {
		(void)json_put_tree(&data, v);
		r->data = arena_str(r->arena, buf_str(&data));
		buf_release(&data);
	}
	json_decref(o);
	return 0;
}

static void
put_streak(struct jw *w, const struct streak *s)
{
	jw_key(w, STR("state"));
	jw_obj(w);
	put_text(w, "status", str_of(check_status_name(s->status)));
	jw_member_time(w, "since", s->since_ms);
	jw_key(w, STR("failures"));
	jw_int(w, s->failures);
	jw_key(w, STR("recoveries"));
	jw_int(w, s->recoveries);
	jw_key(w, STR("changed"));
	jw_bool(w, s->changed);
	jw_key(w, STR("flapping"));
	jw_bool(w, s->flapping);
	jw_key(w, STR("suppressed"));
	jw_bool(w, s->suppressed);
	jw_obj_end(w);
}

/* What the configuration says of it, where it does. */
static void
put_notes(struct jw *w, const struct check *c)
{
	if (c->group.n)
		put_text(w, "group", c->group);
	if (c->description.n)
		put_text(w, "description", c->description);
	if (c->runbook_url.n)
		put_text(w, "runbook_url", c->runbook_url);
}

void
result_put(const struct check *c, const struct check_result *r,
    const struct streak *s, int64_t time_ms, struct buf *out)
{
	struct jw w = { .out = out };
	size_t i;

	jw_obj(&w);
	put_text(&w, "check", c->name);
	put_seen(&w, r);
	jw_member_time(&w, "time", time_ms);
	put_text(&w, "kind", str_of(c->kind->name));
	put_text(&w, "target", c->target);
	put_streak(&w, s);
	put_phases(&w, r);
	put_perf(&w, r);
	jw_key(&w, STR("labels"));
	jw_obj(&w);
	for (i = 0; i < c->labels.n; i++)
		put_text(&w, arena_cstr(r->arena, c->labels.p[i].key),
		    c->labels.p[i].value);
	jw_obj_end(&w);
	put_notes(&w, c);
	if (r->data.p != NULL) {
		jw_key(&w, STR("data"));
		jw_raw(&w, r->data);
	}
	jw_obj_end(&w);
}
