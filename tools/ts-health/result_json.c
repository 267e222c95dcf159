/*
 * result_json: writing and reading results.
 */
#include "result_json.h"

#include <math.h>

#include "core/dur.h"
#include "json/read.h"

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

/* ---- reading ---- */

/* A value that is one word; another kind is passed over. */
static int
get_word(struct jr *j, struct str *text, double *num)
{
	enum jr_tok t = jr_next(j);

	if (t == JR_STR)
		*text = j->str;
	else if (t == JR_NUM)
		*num = j->num;
	return jr_skip(j, t);
}

static int
get_text(struct jr *j, struct str *text)
{
	double num;

	return get_word(j, text, &num);
}

static int
get_number(struct jr *j, double *num)
{
	struct str text;

	return get_word(j, &text, num);
}

static int
get_phases(struct jr *j, struct check_result *r)
{
	struct check_phase p;
	enum jr_tok t = jr_next(j);

	if (t != JR_OBJ)
		return jr_skip(j, t);
	while ((t = jr_next(j)) == JR_KEY) {
		p = (struct check_phase){ j->str, NAN };
		if (get_number(j, &p.seconds) == -1)
			return -1;
		vec_push(&r->phases, p);
	}
	return t == JR_OBJ_END ? 0 : -1;
}

/* Text fields or numbers, by their keys. */
struct field {
	struct str key;
	struct str *text;
	double *num;
};

/* The members of an object that has begun; others are passed over. */
static int
get_fields(struct jr *j, const struct field *f, size_t n)
{
	enum jr_tok t;
	size_t i;
	int rc;

	while ((t = jr_next(j)) == JR_KEY) {
		for (i = 0; i < n && !str_eq(f[i].key, j->str); i++)
			continue;
		if (i == n)
			rc = jr_skip(j, t);
		else if (f[i].text != NULL)
			rc = get_text(j, f[i].text);
		else
			rc = get_number(j, f[i].num);
		if (rc == -1)
			return -1;
	}
	return t == JR_OBJ_END ? 0 : -1;
}

static int
get_perf(struct jr *j, struct check_result *r)
{
	struct perf p = { .value = NAN, .min = NAN, .max = NAN };
	const struct field fields[] = {
		{ STR("label"), &p.label, NULL },
		{ STR("value"), NULL, &p.value },
		{ STR("uom"), &p.uom, NULL },
		{ STR("warn"), &p.warn, NULL },
		{ STR("crit"), &p.crit, NULL },
		{ STR("min"), NULL, &p.min },
		{ STR("max"), NULL, &p.max },
	};

	if (get_fields(j, fields, sizeof(fields) / sizeof(fields[0])) == -1)
		return -1;
	vec_push(&r->perf, p);
	return 0;
}

static int
get_labels(struct jr *j, struct check_metric *m)
{
	struct check_label label[CHECK_LABELS_MAX];
	enum jr_tok t = jr_next(j);

	if (t != JR_OBJ)
		return jr_skip(j, t);
	while ((t = jr_next(j)) == JR_KEY) {
		struct check_label l = { .name = j->str };

		if (get_text(j, &l.value) == -1)
			return -1;
		if (m->nlabels < CHECK_LABELS_MAX)
			label[m->nlabels++] = l;
	}
	m->label = check_labels_keep(j->arena, label, m->nlabels);
	return t == JR_OBJ_END ? 0 : -1;
}

static int
get_metric(struct jr *j, struct check_result *r)
{
	struct check_metric m = { .value = NAN };
	enum jr_tok t;
	int rc;

	while ((t = jr_next(j)) == JR_KEY) {
		if (str_eq(j->str, STR("name")))
			rc = get_text(j, &m.name);
		else if (str_eq(j->str, STR("value")))
			rc = get_number(j, &m.value);
		else if (str_eq(j->str, STR("labels")))
			rc = get_labels(j, &m);
		else
			rc = jr_skip(j, t);
		if (rc == -1)
			return -1;
	}
	vec_push(&r->metrics, m);
	return t == JR_OBJ_END ? 0 : -1;
}

/* A list of objects, each read by get. */
static int
get_list(struct jr *j, struct check_result *r,
    int (*get)(struct jr *, struct check_result *))
{
	enum jr_tok t = jr_next(j);

	if (t != JR_ARR)
		return jr_skip(j, t);
	while ((t = jr_next(j)) != JR_ARR_END)
		if ((t == JR_OBJ ? get(j, r) : jr_skip(j, t)) == -1)
			return -1;
	return 0;
}

static int
get_status(struct jr *j, enum check_status *status)
{
	struct str text = STR_NONE;

	if (get_text(j, &text) == -1)
		return -1;
	return check_status_parse(text, status) ? 0 : -1;
}

static int
get_member(struct jr *j, struct check_result *r)
{
	struct str key = j->str;

	if (str_eq(key, STR("response_time")))
		return get_number(j, &r->seconds);
	if (str_eq(key, STR("message")))
		return get_text(j, &r->message);
	if (str_eq(key, STR("error")))
		return get_text(j, &r->error);
	if (str_eq(key, STR("phases")))
		return get_phases(j, r);
	if (str_eq(key, STR("perfdata")))
		return get_list(j, r, get_perf);
	if (str_eq(key, STR("metrics")))
		return get_list(j, r, get_metric);
	if (str_eq(key, STR("data")))
		return jr_raw(j, &r->data);
	return jr_skip(j, JR_KEY);
}

int
result_read(struct str text, struct check_result *r, struct err *e)
{
	bool told = false;	/* its status, without which it is none */
	struct jr j;
	enum jr_tok t;
	int rc = 0;

	/* All strings are parts of it. */
	jr_init(&j, arena_str(r->arena, text), r->arena);
	if ((t = jr_next(&j)) != JR_OBJ)
		return jr_err(&j, "a result", e);
	r->seconds = NAN;
	while (rc == 0 && (t = jr_next(&j)) == JR_KEY) {
		if (str_eq(j.str, STR("status"))) {
			rc = get_status(&j, &r->status);
			told = true;
		} else {
			rc = get_member(&j, r);
		}
	}
	if (rc == -1 || t != JR_OBJ_END || !told)
		return jr_err(&j, "a result with its status", e);
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
