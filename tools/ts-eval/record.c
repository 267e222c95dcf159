/*
 * Recording rules, and the stale markers of series that a rule gave in its
 * last round and not in this one.
 */
#include "core/num.h"
#include "eval.h"

/*
 * The outputs of a round follow those of the last one in r->outputs, until
 * outputs_end compares them and drops the old ones.
 */
void
outputs_begin(struct eval *ev)
{
	ev->stamp_now++;
}

bool
outputs_stamp(struct eval *ev, const struct labels *l)
{
	vec_reserve(&ev->stamp, l->id + 1);
	while (ev->stamp.n <= l->id)
		ev->stamp.p[ev->stamp.n++] = 0;
	if (ev->stamp.p[l->id] == ev->stamp_now)
		return false;
	ev->stamp.p[l->id] = ev->stamp_now;
	return true;
}

void
outputs_add(struct eval *ev, struct rule_run *r, const struct labels *l,
    int64_t ts, double v, const struct hist *h)
{
	(void)outputs_stamp(ev, l);
	vec_push(&r->outputs, l);
	put_sample(ev, l, ts, v, h);
}

void
outputs_end(struct eval *ev, struct rule_run *r, size_t previous, int64_t ts)
{
	size_t i, n = r->outputs.n - previous, gone = 0;

	for (i = 0; i < previous; i++) {
		if (!outputs_stamp(ev, r->outputs.p[i]))
			continue;
		put_sample(ev, r->outputs.p[i], ts, num_stale(), NULL);
		gone++;
	}
	if (gone || n != previous)
		r->outputs_changed = true;
	if (n)
		memmove(r->outputs.p, r->outputs.p + previous,
		    n * sizeof(*r->outputs.p));
	r->outputs.n = n;
}

void
outputs_bury(struct eval *ev, int64_t ts)
{
	struct ruleset *s = ev->rules;
	size_t i, j, k;

	if (s->gone.n == 0 || ts < s->gone_at)
		return;
	outputs_begin(ev);
	for (i = 0; i < s->n; i++)
		for (j = 0; j < s->group[i].n; j++)
			for (k = 0; k < s->group[i].rule[j].outputs.n; k++)
				(void)outputs_stamp(ev,
				    s->group[i].rule[j].outputs.p[k]);
	for (i = 0; i < s->gone.n; i++)
		if (outputs_stamp(ev, s->gone.p[i]))
			put_sample(ev, s->gone.p[i], ts, num_stale(), NULL);
	s->gone.n = 0;
}

static const struct labels *
recorded(struct eval *ev, const struct rule_run *r, const struct labels *l)
{
	struct labels_builder *b = &ev->builder;
	size_t i;

	labels_build(b, ev->history.table, l);
	labels_set(b, STR("__name__"), r->conf->name);
	for (i = 0; i < r->conf->labels.n; i++)
		labels_set(b, r->conf->labels.p[i].key,
		    r->conf->labels.p[i].value);
	return labels_done(b);
}

struct point {
	const struct labels *labels;
	double v;
	const struct hist *h;
};

/* Nothing is put before the whole result is known to be good. */
static int
points_of(struct eval *ev, struct rule_run *r, const struct pcols *v,
    struct point *p, size_t *n, struct err *e)
{
	size_t i;

	outputs_begin(ev);
	for (i = 0, *n = 0; i < v->nrows; i++) {
		const struct prow *row = &v->row[i];
		const struct hist *h = row->h ? row->h[0] : NULL;

		if (h == NULL && pv_absent(row->v[0]))
			continue;
		p[*n] = (struct point){ recorded(ev, r, row->labels),
		    row->v[0], h };
		if (!outputs_stamp(ev, p[*n].labels))
			return err_set(e, ERR_CONFIG, "vector contains "
			    "metrics with the same labelset after applying "
			    "rule labels");
		(*n)++;
	}
	return 0;
}

int
record_rule_eval(struct eval *ev, struct rule_run *r, const struct pcols *v,
    int64_t ts, struct err *e)
{
	struct point *p = ARENA_ARRAY(&ev->query, v->nrows, struct point);
	size_t i, n, previous = r->outputs.n;
	int64_t limit = r->group->conf->limit, at = ts - r->group->offset;
	int rc = points_of(ev, r, v, p, &n, e);

	if (rc == 0 && limit > 0 && n > (size_t)limit)
		rc = err_set(e, ERR_LIMIT, "exceeded limit of %lld with "
		    "%zu series", (long long)limit, n);
	if (rc == -1)
		return -1;
	outputs_begin(ev);
	for (i = 0; i < n; i++)
		outputs_add(ev, r, p[i].labels, at, p[i].v, p[i].h);
	outputs_end(ev, r, previous, at);
	return 0;
}
