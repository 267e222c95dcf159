/*
 * load: literal series into the store, with custom-bucket twins of classic
 * histograms when asked for.
 */
#include <math.h>
#include <stdlib.h>

#include "core/dur.h"
#include "core/num.h"
#include "internal.h"

/* ---- samples ---- */

/*
 * The hints that Prometheus' storage answers with: the first histogram of a
 * chunk is unknown, the others are no resets; a reset begins a new chunk.
 */
static const struct hist *
as_stored(struct script *s, const struct hist *h, const struct hist **prev)
{
	struct hist *c;

	if (h->hint == HIST_GAUGE) {
		*prev = NULL;
		return h;
	}
	c = hist_copy(h, &s->data);
	c->hint = *prev && !hist_is_reset(c, *prev) ? HIST_NO_RESET :
	    HIST_UNKNOWN;
	if (h->hint == HIST_RESET)
		c->hint = HIST_UNKNOWN;
	*prev = hist_copy(h, &s->data);
	((struct hist *)(uintptr_t)*prev)->hint = HIST_UNKNOWN;
	return c;
}

static int
store_series(struct script *s, const struct pnotation *p, int64_t step,
    const int64_t *st, struct err *e)
{
	const struct hist *h, *prev = NULL;
	const struct pvalue *v;
	size_t i;

	for (i = 0; i < p->n; i++) {
		v = &p->value[i];
		if (v->omitted)
			continue;
		h = v->h ? as_stored(s, v->h, &prev) : NULL;
		if (!h)
			prev = NULL;
		if (pstore_add(s->store, p->labels, (int64_t)i * step, v->v,
		    h, st ? st[i] : 0, e) == -1)
			return -1;
	}
	return 0;
}

/* ---- start times ---- */

static bool
read_offset(struct str *s, int64_t *ms)
{
	bool minus = s->n > 0 && s->p[0] == '-';
	size_t n, from = minus || (s->n > 0 && s->p[0] == '+');

	for (n = from; n < s->n && s->p[n] != 'x' && s->p[n] != '+' &&
	    s->p[n] != '-'; n++)
		continue;
	if (!dur_parse(str_sub(*s, from, n), ms))
		return false;
	if (minus)
		*ms = -*ms;
	*s = str_sub(*s, n, s->n);
	return true;
}

typedef VEC(int64_t) times;

/* -1m, -1m+10sx3, -1mx4, _, _x3; INT64_MIN is "no start time" */
static int
read_offsets(struct str item, times *out, struct err *e)
{
	int64_t ms = INT64_MIN, step = 0, n = 0, i;
	struct str rest = item;
	bool gap = str_starts(item, STR("_"));

	if (gap)
		rest = str_sub(item, 1, item.n);
	else if (!read_offset(&rest, &ms))
		goto bad;
	if (!gap && rest.n > 0 && rest.p[0] != 'x' &&
	    !read_offset(&rest, &step))
		goto bad;
	if (rest.n > 0 && (rest.p[0] != 'x' || !num_parse_i64(str_sub(rest, 1,
	    rest.n), 0, PNOTATION_MAX_VALUES, &n)))
		goto bad;
	if (gap && n > 0)
		n--;
	for (i = 0; i <= n; i++) {
		vec_push(out, ms);
		if (!gap)
			ms += step;
	}
	return 0;
bad:
	return err_set(e, ERR_SYNTAX, "bad start time '" STR_FMT "'",
	    STR_ARG(item));
}

/* Behind "SERIES@st": the offsets, as times of the samples to come. */
static int
read_start_line(struct str text, int64_t step, times *out, struct err *e)
{
	struct str item;
	size_t i;

	for (text = str_trim(text); text.n > 0; text = str_trim(text)) {
		text = str_cut(text, ' ', &item);
		if (!text.p)
			text = STR("");
		if (read_offsets(str_trim(item), out, e) == -1)
			return -1;
	}
	for (i = 0; i < out->n; i++)
		out->p[i] = out->p[i] == INT64_MIN ? 0 :
		    (int64_t)i * step + out->p[i];
	return 0;
}

/* Does a @st stand behind the labels? */
static bool
is_start_line(struct script *s, struct str line, struct str *offsets)
{
	const struct labels *l;
	struct str rest;
	struct err e;
	ptrdiff_t at = str_find(line, STR("@st"));

	if (at < 0 || pnotation_labels(str_sub(line, 0, (size_t)at), s->table,
	    &l, &rest, &e) == -1)
		return false;
	*offsets = str_sub(line, (size_t)at + 3, line.n);
	return true;
}

/* ---- custom-bucket twins ---- */

struct bucket {
	double le, count;
};

/* A classic histogram at one time. */
struct moment {
	VEC(struct bucket) b;
	double count, sum;
	bool has_count;
};

struct twin {
	const struct labels *labels;
	struct moment *at;
	size_t n;
};

typedef VEC(struct twin) twins;

enum role { ROLE_NONE, ROLE_BUCKET, ROLE_COUNT, ROLE_SUM };

/* Which part of a histogram a series is, and of which. */
static enum role
series_role(struct script *s, const struct labels *l,
    const struct labels **of, double *le)
{
	static const struct { struct str end; enum role role; } roles[] = {
		{ { "_bucket", 7 }, ROLE_BUCKET },
		{ { "_count", 6 }, ROLE_COUNT }, { { "_sum", 4 }, ROLE_SUM },
	};
	struct str name = labels_get(l, STR("__name__"));
	struct labels_builder b = { 0 };
	size_t i;

	for (i = 0; i < 3 && !str_ends(name, roles[i].end); i++)
		continue;
	if (i == 3)
		return ROLE_NONE;
	if (roles[i].role == ROLE_BUCKET && (!num_parse_prom(labels_get(l,
	    STR("le")), le) || isnan(*le)))
		return ROLE_NONE;
	labels_build(&b, s->table, l);
	labels_set(&b, STR("__name__"), str_sub(name, 0,
	    name.n - roles[i].end.n));
	labels_del(&b, STR("le"));
	*of = labels_done(&b);
	labels_builder_release(&b);
	return roles[i].role;
}

static struct twin *
twin_of(twins *all, const struct labels *l, size_t n)
{
	struct moment *more;
	struct twin *t;
	size_t i;

	for (i = 0; i < all->n && all->p[i].labels != l; i++)
		continue;
	if (i == all->n)
		vec_push(all, (struct twin){ .labels = l });
	t = &all->p[i];
	if (t->n < n) {
		more = mem_array(n, sizeof(*more));
		if (t->n)
			memcpy(more, t->at, t->n * sizeof(*more));
		mem_free(t->at);
		t->at = more;
		t->n = n;
	}
	return t;
}

static void
collect(struct script *s, const struct pnotation *p, twins *all)
{
	const struct labels *of;
	struct moment *m;
	struct twin *t;
	enum role role;
	double le = 0;
	size_t i;

	if ((role = series_role(s, p->labels, &of, &le)) == ROLE_NONE)
		return;
	t = twin_of(all, of, p->n);
	for (i = 0; i < p->n; i++) {
		m = &t->at[i];
		if (p->value[i].omitted || p->value[i].h)
			continue;
		if (role == ROLE_BUCKET) {
			vec_push(&m->b, (struct bucket){ le,
			    p->value[i].v });
		} else if (role == ROLE_COUNT) {
			m->count = p->value[i].v;
			m->has_count = true;
		} else {
			m->sum = p->value[i].v;
		}
	}
}

static int
bucket_cmp(const void *a, const void *b)
{
	const struct bucket *x = a, *y = b;

	return x->le < y->le ? -1 : x->le > y->le;
}

static struct hist *
moment_hist(struct script *s, struct moment *m)
{
	struct hist *h = ARENA_NEW(&s->data, struct hist);
	struct hist_flat *f;
	double before = 0;
	size_t i, n = m->b.n;

	if (n)
		qsort(m->b.p, n, sizeof(*m->b.p), bucket_cmp);
	h->schema = HIST_CUSTOM_SCHEMA;
	h->sum = m->sum;
	h->count = m->has_count ? m->count : n ? m->b.p[n - 1].count : 0;
	h->custom = ARENA_ARRAY(&s->data, n, double);
	f = ARENA_ARRAY(&s->data, n + 1, struct hist_flat);
	for (i = 0; i < n && m->b.p[i].le != INFINITY; i++) {
		h->custom[h->ncustom++] = m->b.p[i].le;
		f[i] = (struct hist_flat){ (int32_t)i,
		    m->b.p[i].count - before };
		before = m->b.p[i].count;
	}
	f[i] = (struct hist_flat){ (int32_t)i, h->count - before };
	hist_set_side(h, true, f, i + 1, &s->data);
	hist_compact(h, &s->data);
	return h;
}

static int
store_twin(struct script *s, struct twin *t, int64_t step, struct err *e)
{
	struct pnotation p = { .labels = t->labels, .n = t->n };
	struct moment *m;
	size_t i;

	p.value = ARENA_ARRAY(&s->arena, t->n, struct pvalue);
	for (i = 0; i < t->n; i++) {
		m = &t->at[i];
		p.value[i].omitted = m->b.n == 0 && !m->has_count;
		if (!p.value[i].omitted)
			p.value[i].h = moment_hist(s, m);
	}
	return store_series(s, &p, step, NULL, e);
}

static int
store_twins(struct script *s, twins *all, int64_t step, struct err *e)
{
	size_t i, k;
	int rc = 0;

	for (i = 0; i < all->n; i++) {
		if (rc == 0)
			rc = store_twin(s, &all->p[i], step, e);
		for (k = 0; k < all->p[i].n; k++)
			vec_release(&all->p[i].at[k].b);
		mem_free(all->p[i].at);
	}
	vec_release(all);
	return rc;
}

/* ---- the command ---- */

/* A later definition of a series within one load replaces the earlier. */
struct loaded {
	struct pnotation p;
	times st;
};

typedef VEC(struct loaded) loads;

static void
remember(loads *all, struct loaded l)
{
	size_t i;

	for (i = 0; i < all->n; i++)
		if (all->p[i].p.labels == l.p.labels) {
			vec_release(&all->p[i].st);
			all->p[i] = l;
			return;
		}
	vec_push(all, l);
}

static int
read_lines(struct script *s, int64_t step, loads *all, struct err *e)
{
	struct loaded l = { 0 };
	struct str line, offsets;

	for (; s->lines.at < s->lines.n; s->lines.at++) {
		line = s->lines.p[s->lines.at];
		if (line.n == 0)
			break;
		if (is_start_line(s, line, &offsets)) {
			vec_reset(&l.st);
			if (read_start_line(offsets, step, &l.st, e) == -1)
				goto bad;
			continue;
		}
		if (pnotation_parse(line, s->table, &s->data, &l.p, e) == -1)
			goto bad;
		if (l.st.n && l.st.n != l.p.n) {
			err_set(e, ERR_SYNTAX, "as many start times as "
			    "samples are needed");
			goto bad;
		}
		remember(all, l);
		l = (struct loaded){ 0 };
	}
	vec_release(&l.st);
	return 0;
bad:
	vec_release(&l.st);
	return -1;
}

int
script_load(struct script *s, struct str text, bool nhcb, struct err *e)
{
	loads all = { 0 };
	twins t = { 0 };
	int64_t step;
	size_t i;
	int rc;

	if (!dur_parse(text, &step))
		return err_set(e, ERR_SYNTAX, "invalid step '" STR_FMT "'",
		    STR_ARG(text));
	rc = read_lines(s, step, &all, e);
	for (i = 0; i < all.n; i++) {
		if (rc == 0)
			rc = store_series(s, &all.p[i].p, step,
			    all.p[i].st.n ? all.p[i].st.p : NULL, e);
		if (nhcb)
			collect(s, &all.p[i].p, &t);
		vec_release(&all.p[i].st);
	}
	vec_release(&all);
	if (store_twins(s, &t, step, e) == -1)
		rc = -1;
	return rc;
}
