/*
 * Results: promtool's text, the HTTP API's JSON, sample lines, CSV; and what
 * tables and plots need to know of them.
 */
#include <stdlib.h>

#include "core/num.h"
#include "eval.h"
#include "json/write.h"

void
print_points(const struct pcols *v, size_t i, print_point_fn *fn, void *arg)
{
	size_t k;

	if (v->type == P_MATRIX) {
		const struct pseries *s = &v->series[i];

		for (k = 0; k < s->n; k++)
			fn(arg, &(struct print_point){ s->t[k], s->v[k],
			    s->h ? s->h[k] : NULL });
		return;
	}
	for (k = 0; k < v->nsteps; k++) {
		const struct hist *h = v->row[i].h ? v->row[i].h[k] : NULL;

		if (h || !pv_absent(v->row[i].v[k]))
			fn(arg, &(struct print_point){ v->start +
			    (int64_t)k * v->step, v->row[i].v[k], h });
	}
}

size_t
print_rows(const struct pcols *v)
{
	return v->type == P_MATRIX ? v->nseries : v->nrows;
}

const struct labels *
print_labels(const struct pcols *v, size_t i)
{
	return v->type == P_MATRIX ? v->series[i].labels : v->row[i].labels;
}

bool
print_is_matrix(const struct pcols *v)
{
	return v->type == P_MATRIX || v->step > 0;
}

static int
name_cmp(const void *a, const void *b)
{
	const struct sym *const *x = a, *const *y = b;

	return str_cmp((*x)->s, (*y)->s);
}

size_t
print_label_names(const struct pcols *v, struct arena *a,
    const struct sym ***out)
{
	struct map seen = { 0 };
	struct map_entry *e;
	size_t i, j, n = 0, at = 0;

	for (i = 0; i < print_rows(v); i++) {
		const struct labels *l = print_labels(v, i);

		for (j = 0; l && j < l->n; j++)
			(void)map_put(&seen, l->v[j].name->s,
			    (void *)(uintptr_t)l->v[j].name);
	}
	*out = (const struct sym **)arena_array(a, seen.n + 1, sizeof(**out));
	while ((e = map_next(&seen, &at)) != NULL)
		(*out)[n++] = e->value;
	if (n)
		qsort((void *)(uintptr_t)*out, n, sizeof(**out), name_cmp);
	map_release(&seen);
	return n;
}

static void
put_seconds(struct buf *out, int64_t ms)
{
	num_print(out, (double)ms / 1000, NUM_GO_F);
}

static void
put_value(struct buf *out, const struct print_point *p)
{
	if (p->h)
		hist_print(p->h, out);
	else
		num_print(out, p->v, NUM_GO_F);
}

/* ---- text: as promtool query prints ---- */

static void
text_point(void *arg, const struct print_point *p)
{
	struct buf *out = arg;

	put_value(out, p);
	(void)buf_put(out, STR(" @["));
	put_seconds(out, p->ts);
	(void)buf_put(out, STR("]\n"));
}

static void
put_text(struct buf *out, const struct pcols *v)
{
	size_t i;

	for (i = 0; i < print_rows(v); i++) {
		if (v->type == P_SCALAR && !print_is_matrix(v)) {
			(void)buf_put(out, STR("scalar: "));
		} else {
			labels_print(print_labels(v, i), out);
			(void)buf_put(out, print_is_matrix(v) ? STR(" =>\n") :
			    STR(" => "));
		}
		print_points(v, i, text_point, out);
	}
}

/* ---- json: as /api/v1/query answers ---- */

static void
json_point(void *arg, const struct print_point *p)
{
	struct jw *w = arg;
	struct buf text = { 0 };

	if (p->h) {
		wire_put_hist_point(w, p->ts, p->h, false);
		return;
	}
	jw_arr(w);
	wire_put_api_time(&text, p->ts);
	jw_raw(w, buf_str(&text));
	buf_reset(&text);
	wire_put_api_number(&text, p->v);
	jw_str(w, buf_str(&text));
	jw_arr_end(w);
	buf_release(&text);
}

/* The points of one kind, in an array when there may be several. */
struct json_kind {
	struct jw *w;
	bool hist, matrix, any;
};

static void
json_kind_point(void *arg, const struct print_point *p)
{
	struct json_kind *k = arg;

	if ((p->h != NULL) != k->hist)
		return;
	if (!k->any) {
		jw_key(k->w, k->matrix ? k->hist ? STR("histograms") :
		    STR("values") : k->hist ? STR("histogram") :
		    STR("value"));
		if (k->matrix)
			jw_arr(k->w);
	}
	k->any = true;
	json_point(k->w, p);
}

static void
json_points(struct jw *w, const struct pcols *v, size_t i, bool hist)
{
	struct json_kind k = { w, hist, print_is_matrix(v), false };

	print_points(v, i, json_kind_point, &k);
	if (k.any && k.matrix)
		jw_arr_end(w);
}

static void
json_result(struct jw *w, const struct pcols *v)
{
	size_t i;

	if (v->type == P_SCALAR && !print_is_matrix(v)) {
		print_points(v, 0, json_point, w);
		return;
	}
	jw_arr(w);
	for (i = 0; i < print_rows(v); i++) {
		jw_obj(w);
		jw_key(w, STR("metric"));
		wire_put_labels(w, print_labels(v, i));
		json_points(w, v, i, false);
		json_points(w, v, i, true);
		jw_obj_end(w);
	}
	jw_arr_end(w);
}

static void
json_notes(struct jw *w, const struct pnote *n, enum pnote_kind kind,
    struct str key)
{
	bool any = false;

	for (; n; n = n->next) {
		if (n->kind != kind)
			continue;
		if (!any) {
			jw_key(w, key);
			jw_arr(w);
		}
		any = true;
		jw_str(w, n->text);
	}
	if (any)
		jw_arr_end(w);
}

static void
put_json(struct buf *out, const struct pcols *v, const struct pnote *notes)
{
	struct jw w = { .out = out };
	struct str type = print_is_matrix(v) ? STR("matrix") :
	    v->type == P_SCALAR ? STR("scalar") :
	    v->type == P_STRING ? STR("string") : STR("vector");

	jw_obj(&w);
	jw_key(&w, STR("status"));
	jw_str(&w, STR("success"));
	jw_key(&w, STR("data"));
	jw_obj(&w);
	jw_key(&w, STR("resultType"));
	jw_str(&w, type);
	jw_key(&w, STR("result"));
	if (v->type == P_STRING) {
		struct buf ts = { 0 };

		wire_put_api_time(&ts, v->start);
		jw_arr(&w);
		jw_raw(&w, buf_str(&ts));
		jw_str(&w, v->text);
		jw_arr_end(&w);
		buf_release(&ts);
	} else {
		json_result(&w, v);
	}
	jw_obj_end(&w);
	json_notes(&w, notes, PNOTE_WARNING, STR("warnings"));
	json_notes(&w, notes, PNOTE_INFO, STR("infos"));
	jw_obj_end(&w);
	(void)buf_putc(out, '\n');
}

/* ---- samples ---- */

struct lines { struct buf *out; const struct labels *labels; };

static void
sample_point(void *arg, const struct print_point *p)
{
	struct lines *l = arg;

	wire_put_hists(l->out, l->labels, &p->ts, &p->v, &p->h, 1);
}

/* ---- csv: a column for each label name, then time and value ---- */

struct csv {
	struct buf *out;
	const struct labels *labels;
	const struct sym **name;
	size_t n;
};

static void
put_cell(struct buf *out, struct str s)
{
	size_t i;

	if (str_find_char(s, '"') < 0 && str_find_char(s, ',') < 0 &&
	    str_find_char(s, '\n') < 0 && str_find_char(s, '\r') < 0) {
		(void)buf_put(out, s);
		return;
	}
	(void)buf_putc(out, '"');
	for (i = 0; i < s.n; i++) {
		if (s.p[i] == '"')
			(void)buf_putc(out, '"');
		(void)buf_putc(out, s.p[i]);
	}
	(void)buf_putc(out, '"');
}

static void
csv_point(void *arg, const struct print_point *p)
{
	struct csv *c = arg;
	struct buf text = { 0 };
	const struct sym *value;
	size_t i;

	for (i = 0; i < c->n; i++) {
		if ((value = labels_get_sym(c->labels, c->name[i])) != NULL)
			put_cell(c->out, value->s);
		(void)buf_putc(c->out, ',');
	}
	put_seconds(c->out, p->ts);
	(void)buf_putc(c->out, ',');
	put_value(&text, p);
	put_cell(c->out, buf_str(&text));
	buf_release(&text);
	(void)buf_putc(c->out, '\n');
}

static void
put_csv(struct buf *out, const struct pcols *v)
{
	struct csv c = { .out = out };
	struct arena a = { 0 };
	size_t i;

	c.n = print_label_names(v, &a, &c.name);
	for (i = 0; i < c.n; i++) {
		put_cell(out, c.name[i]->s);
		(void)buf_putc(out, ',');
	}
	(void)buf_put(out, STR("time,value\n"));
	for (i = 0; i < print_rows(v); i++) {
		c.labels = print_labels(v, i);
		print_points(v, i, csv_point, &c);
	}
	arena_free(&a);
}

void
print_value(struct buf *out, const struct pcols *v, enum print_form form,
    enum print_unit unit, const struct pnote *notes)
{
	struct lines l = { .out = out };
	size_t i;

	if (form == PRINT_JSON) {
		put_json(out, v, notes);
	} else if (v->type == P_STRING) {
		go_quote(out, v->text);
		(void)buf_putc(out, '\n');
	} else if (form == PRINT_TABLE) {
		print_table(out, v, unit);
	} else if (form == PRINT_TEXT) {
		put_text(out, v);
	} else if (form == PRINT_CSV) {
		put_csv(out, v);
	} else {
		for (i = 0; i < print_rows(v); i++) {
			l.labels = print_labels(v, i);
			print_points(v, i, sample_point, &l);
		}
	}
}
