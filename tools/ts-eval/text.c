/*
 * The templates of labels and annotations.  Most of what a round could cost
 * is here, so constant texts are no templates at all, and annotations are
 * rendered when an alert goes out (unless they query: then in each round,
 * for what they find must be of the alert's own time).
 */
#include "eval.h"

static const struct tmpl_funcs *const funcs[] = { &tmpl_funcs_prom };

static bool
has(struct str s, struct str word)
{
	return str_find(s, word) >= 0;
}

static int
compile(struct text *t, struct str name, struct err *e)
{
	struct buf b = { 0 };
	int rc;

	if (!has(t->value, STR("{{")))
		return 0;
	t->eager = has(t->value, STR("query")) || has(t->value, STR("now"));
	t->set = tmpl_set_new(funcs, 1, false);
	(void)buf_put(&b, STR(TMPL_RULE_PRELUDE));
	(void)buf_put(&b, t->value);
	rc = tmpl_parse(t->set, name, buf_str(&b), e);
	buf_release(&b);
	return rc;
}

int
texts_compile(struct texts *t, const struct ypairs *p,
    struct str template_name, struct arena *a, struct err *e)
{
	size_t i;

	*t = (struct texts){ .p = ARENA_ARRAY(a, p->n, struct text) };
	for (i = 0; i < p->n; i++) {
		t->p[i].name = p->p[i].key;
		t->p[i].value = p->p[i].value;
		t->n++;
		if (compile(&t->p[i], template_name, e) == -1)
			return -1;
		t->eager |= t->p[i].eager;
	}
	return 0;
}

void
texts_release(struct texts *t)
{
	size_t i;

	for (i = 0; i < t->n; i++)
		tmpl_set_free(t->p[i].set);
}

/* ---- query() in a template ---- */

struct host {
	struct eval *ev;
	int64_t ts;
};

static size_t
put_points(const struct pcols *v, struct tmpl_sample *s)
{
	size_t i, n = 0;

	for (i = 0; i < v->nrows; i++)
		if (!pv_absent(v->row[i].v[0]) && (v->row[i].h == NULL ||
		    v->row[i].h[0] == NULL))
			s[n++] = (struct tmpl_sample){
			    .labels = v->row[i].labels,
			    .value = v->row[i].v[0] };
	return n;
}

static int
query(struct tmpl_ctx *c, struct str text, struct tval *out, struct err *e)
{
	struct host *h = c->host;
	struct tmpl_sample *s;
	const struct pexpr *x;
	struct pcols v = { 0 };
	int rc;

	x = promql_parse(text, &h->ev->opt.features, c->arena, e);
	if (x == NULL)
		return -1;
	rc = eval_query(h->ev, x, h->ts, c->arena, &v, e);
	promql_release(x);
	if (rc == -1)
		return -1;
	if (v.type != P_VECTOR && v.type != P_SCALAR)
		return err_set(e, ERR_CONFIG,
		    "query result is not a vector or scalar");
	s = ARENA_ARRAY(c->arena, v.nrows, struct tmpl_sample);
	*out = tval_samples(s, put_points(&v, s), c->arena);
	return 0;
}

/* ---- rendering ---- */

/*
 * An error becomes the text, as upstream: an alert with an ugly annotation
 * is better than none.
 */
void
text_render(struct eval *ev, const struct rule_run *r, const struct text *t,
    const struct active *a, int64_t ts, struct buf *out)
{
	struct host host = { ev, ts - r->group->offset };
	struct arena arena = { 0 };
	struct tmpl_rule data = {
		.labels = a->sample, .value = a->value,
		.external_labels = r->group->set->external_labels,
		.external_url = str_of(ev->opt.external_url),
		.histogram = a->histogram,
	};
	struct tmpl_ctx c = {
		.arena = &arena, .host = &host, .now_ms = ts,
		.query = query, .external_url = data.external_url,
	};
	size_t was = out->n;
	struct err e = { 0 };

	if (t->set == NULL) {
		(void)buf_put(out, t->value);
		return;
	}
	if (tmpl_exec(t->set, r->template_name, tval_rule(&data), &c, out,
	    &e) == -1) {
		out->n = was;
		(void)buf_printf(out, "<error expanding template: error "
		    "executing template " STR_FMT ": template: " STR_FMT
		    ":%u:%u: %s>", STR_ARG(r->template_name),
		    STR_ARG(r->template_name), e.line, e.col, e.msg);
		diag_note("rule '" STR_FMT "', '" STR_FMT "': %s",
		    STR_ARG(r->conf->name), STR_ARG(t->name), e.msg);
	}
	arena_free(&arena);
}

const struct labels *
annotations_render(struct eval *ev, const struct rule_run *r,
    const struct active *a, int64_t ts)
{
	struct labels_builder b = { 0 };
	const struct labels *l;
	size_t i;

	labels_build(&b, ev->history.table, NULL);
	for (i = 0; i < r->annotations.n; i++) {
		buf_reset(&ev->scratch);
		text_render(ev, r, &r->annotations.p[i], a, ts,
		    &ev->scratch);
		labels_put(&b, r->annotations.p[i].name,
		    buf_str(&ev->scratch));
	}
	l = labels_done(&b);
	labels_builder_release(&b);
	return l;
}
