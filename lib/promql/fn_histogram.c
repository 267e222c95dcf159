/*
 * fn_histogram: quantiles and fractions of histograms, classic (series with a
 * label le) and native.  Numerics as Prometheus 3.14.
 */
#include <math.h>
#include <stdlib.h>

#include "core/dur.h"
#include "core/num.h"
#include "promql/histogram.h"

/* ---- one native histogram to one number ---- */

double
fn_histogram_count(const struct hist *h)
{
	return h->count;
}

double
fn_histogram_sum(const struct hist *h)
{
	return h->sum;
}

double
fn_histogram_avg(const struct hist *h)
{
	return h->sum / h->count;
}

/* Where the observations of a bucket are taken to be. */
static double
bucket_middle(const struct hist *h, const struct hist_bucket *b)
{
	double v;

	if (hist_is_custom(h))
		return (b->upper + b->lower) / 2;
	if (b->lower <= 0 && b->upper >= 0)
		return 0;
	v = sqrt(b->upper * b->lower);
	return b->upper < 0 ? -v : v;
}

double
fn_histogram_stdvar(const struct hist *h)
{
	double mean = h->sum / h->count, sum = 0, c = 0, d;
	struct hist_iter it;
	struct hist_bucket b;

	hist_iter_init(&it, h, false);
	while (hist_iter_next(&it, &b)) {
		if (b.count == 0)
			continue;
		d = bucket_middle(h, &b) - mean;
		kahan_inc(b.count * d * d, &sum, &c);
	}
	return (sum + c) / h->count;
}

double
fn_histogram_stddev(const struct hist *h)
{
	return sqrt(fn_histogram_stdvar(h));
}

/* ---- classic histograms, grouped by their labels without le ---- */

/* A series of a histogram: its upper bound. */
struct bucket_row {
	double le;
	uint32_t row;
};

struct hgroup {
	const struct labels *labels;	/* without le */
	struct bucket_row *b;		/* by rising le */
	size_t nb;
	uint32_t native;		/* the row of native ones, or NO_ROW */
	bool drop_name;
};

#define NO_ROW	UINT32_MAX

/* The argument, sorted out. */
struct hinput {
	struct pcall *c;
	const struct pexpr *arg;	/* the vector's expression */
	const struct pcols *v;
	struct hgroup *group;
	size_t ngroups;
	struct pbucket *scratch;
	struct raised *raised;		/* messages to be */
};

static struct str
note_name(struct hinput *in, const struct labels *l)
{
	if (!in->c->ev->c->delayed_name_removal)
		return STR_NONE;
	return labels_get(l, STR("__name__"));
}

/* text, and for which metric, when that is known. */
static void
note(struct hinput *in, enum pnote_kind kind, const struct pexpr *at,
    const struct labels *l, const char *text)
{
	struct str name = note_name(in, l);
	struct buf b = { 0 };

	buf_put(&b, str_of(text));
	if (name.n) {
		buf_put(&b, STR(" for metric name "));
		go_quote(&b, name);
	}
	peval_note(in->c->ev, kind, at, STR_FMT, STR_ARG(b));
	buf_release(&b);
}

static void
note_bad_le(struct hinput *in, const struct labels *l, struct str le)
{
	struct buf b = { 0 };

	buf_put(&b, STR("bucket label \"le\" is missing or has a malformed "
	    "value of "));
	go_quote(&b, le);
	note(in, PNOTE_WARNING, in->arg, l, buf_cstr(&b));
	buf_release(&b);
}

static bool
row_has_floats(const struct prow *r, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (!pv_gone(r->v[i]) && !(r->h && r->h[i]))
			return true;
	return false;
}

static bool
row_has_hists(const struct prow *r, size_t n)
{
	size_t i;

	for (i = 0; r->h && i < n; i++)
		if (r->h[i])
			return true;
	return false;
}

/* The group of these labels; made when it is new. */
static struct hgroup *
group_at(struct hinput *in, struct pmap *by, const struct labels *l,
    bool drop)
{
	struct hgroup *g;
	uint32_t *at;
	bool fresh;

	at = pmap_at(by, l, &fresh);
	if (fresh) {
		*at = (uint32_t)in->ngroups++;
		in->group[*at] = (struct hgroup){ .labels = l,
		    .native = NO_ROW, .drop_name = drop };
	}
	g = &in->group[*at];
	return g;
}

/* Rows by their le; NaN for those that are no bucket. */
struct parsed {
	double le;
	const struct labels *labels;
	bool floats, hists;
};

static void
parse_row(struct hinput *in, const struct prow *r, struct parsed *p)
{
	struct peval *ev = in->c->ev;
	struct str le = labels_get(r->labels, STR("le"));

	p->floats = row_has_floats(r, in->v->nsteps);
	p->hists = row_has_hists(r, in->v->nsteps);
	p->labels = r->labels;
	if (!p->floats)
		return;
	if (!le.p || !num_parse_prom(le, &p->le)) {
		note_bad_le(in, r->labels, le.p ? le : STR(""));
		p->floats = false;
		return;
	}
	labels_build(&ev->lb, ev->table, r->labels);
	labels_del(&ev->lb, STR("le"));
	p->labels = labels_done(&ev->lb);
}

static int
bucket_cmp(const void *a, const void *b)
{
	const struct bucket_row *x = a, *y = b;

	if (x->le != y->le)
		return x->le < y->le ? -1 : 1;
	return x->row < y->row ? -1 : x->row > y->row;
}

/* Count the buckets of each group, then give each its place. */
static void
fill_buckets(struct hinput *in, const struct parsed *p, struct pmap *by)
{
	struct bucket_row *all;
	struct hgroup *g;
	size_t i, at = 0, n = in->v->nrows;

	all = ARENA_ARRAY(in->c->ev->a, n, struct bucket_row);
	for (i = 0; i < n; i++)
		if (p[i].floats)
			group_at(in, by, p[i].labels, false)->nb++;
	for (i = 0; i < in->ngroups; i++) {
		in->group[i].b = all + at;
		at += in->group[i].nb;
		in->group[i].nb = 0;
	}
	for (i = 0; i < n; i++) {
		if (!p[i].floats)
			continue;
		g = group_at(in, by, p[i].labels, false);
		g->b[g->nb++] = (struct bucket_row){ p[i].le, (uint32_t)i };
	}
	for (i = 0; i < in->ngroups; i++)
		qsort(in->group[i].b, in->group[i].nb, sizeof(*all),
		    bucket_cmp);
}

static void
input_init(struct hinput *in, struct pcall *c, const struct pcols *v,
    const struct pexpr *arg)
{
	struct arena *a = c->ev->a;
	struct parsed *p;
	struct pmap by;
	size_t i;

	*in = (struct hinput){ .c = c, .arg = arg, .v = v };
	/* A row may be in two groups: as a bucket and as native ones. */
	in->group = ARENA_ARRAY(a, v->nrows * 2, struct hgroup);
	in->scratch = ARENA_ARRAY(a, v->nrows, struct pbucket);
	p = ARENA_ARRAY(a, v->nrows, struct parsed);
	pmap_init(&by, a, v->nrows * 2);
	for (i = 0; i < v->nrows; i++) {
		parse_row(in, &v->row[i], &p[i]);
		if (p[i].floats)
			group_at(in, &by, p[i].labels, v->row[i].drop_name);
		if (p[i].hists)
			group_at(in, &by, v->row[i].labels,
			    v->row[i].drop_name)->native = (uint32_t)i;
	}
	fill_buckets(in, p, &by);
}

/* ---- a group at a step ---- */

/* The buckets that have a point, equal bounds added up. */
static size_t
step_buckets(struct hinput *in, const struct hgroup *g, size_t step)
{
	const struct prow *r;
	struct pbucket *out = in->scratch;
	size_t i, n = 0;

	for (i = 0; i < g->nb; i++) {
		r = &in->v->row[g->b[i].row];
		if (pv_gone(r->v[step]) || (r->h && r->h[step]))
			continue;
		if (n > 0 && out[n - 1].le == g->b[i].le)
			out[n - 1].count += r->v[step];
		else
			out[n++] = (struct pbucket){ g->b[i].le, r->v[step] };
	}
	return n;
}

static const struct hist *
step_native(struct hinput *in, const struct hgroup *g, size_t step)
{
	const struct prow *r;

	if (g->native == NO_ROW)
		return NULL;
	r = &in->v->row[g->native];
	return r->h ? r->h[step] : NULL;
}

/* What a function answers for a group at a step. */
struct hfunc {
	double (*classic)(struct hinput *in, const struct hgroup *g,
	    struct pbucket *b, size_t n, size_t step, const double *arg);
	double (*native)(struct hinput *in, const struct hgroup *g,
	    const struct hist *h, const double *arg);
};

static void
group_row(struct hinput *in, const struct hgroup *g, const struct hfunc *f,
    double *const *arg, size_t nargs, struct prow *r)
{
	const struct hist *h;
	double at[2] = { 0 };
	size_t step, n, i;

	for (step = 0; step < in->v->nsteps; step++) {
		for (i = 0; i < nargs; i++)
			at[i] = arg[i][step];
		h = step_native(in, g, step);
		n = step_buckets(in, g, step);
		if (h && n > 0) {
			note(in, PNOTE_WARNING, in->arg, g->labels, "vector "
			    "contains a mix of classic and native "
			    "histograms");
			continue;
		}
		if (h)
			r->v[step] = f->native(in, g, h, at);
		else if (n > 0)
			r->v[step] = f->classic(in, g, in->scratch, n, step,
			    at);
	}
}

static int
eval_groups(struct hinput *in, const struct hfunc *f, double *const *arg,
    size_t nargs, struct pcols *out)
{
	struct prow *r;
	size_t i;

	if (pcols_new(in->c->ev, in->c->g, in->ngroups, out) == -1)
		return -1;
	for (i = 0; i < in->ngroups; i++) {
		r = &out->row[i];
		group_row(in, &in->group[i], f, arg, nargs, r);
		r->labels = in->group[i].labels;
		r->drop_name = in->group[i].drop_name;
		prow_drop_name(in->c->ev, r);
	}
	pcols_drop_empty(out);
	return 0;
}

/* ---- quantiles ---- */

/*
 * One message for all steps and groups of a metric: between which bounds, how
 * much, how often, and when.
 */
struct raised {
	struct str name;
	struct pfixed fixed;
	size_t n;
	int64_t first, last;
	struct raised *next;
};

static void
remember_raised(struct hinput *in, const struct hgroup *g,
    const struct pfixed *f, size_t step)
{
	struct str name = note_name(in, g->labels);
	int64_t ts = pgrid_at(in->c->g, step);
	struct raised *r = in->raised;

	while (r && !str_eq(r->name, name))
		r = r->next;
	if (!r) {
		r = ARENA_NEW(in->c->ev->a, struct raised);
		*r = (struct raised){ .name = name, .fixed = *f, .first = ts,
		    .last = ts, .next = in->raised };
		in->raised = r;
	}
	r->n++;
	r->first = ts < r->first ? ts : r->first;
	r->last = ts > r->last ? ts : r->last;
	r->fixed.min = fmin(r->fixed.min, f->min);
	r->fixed.max = fmax(r->fixed.max, f->max);
	r->fixed.diff = fmax(r->fixed.diff, f->diff);
}

static void
note_raised(struct hinput *in, const struct pexpr *at)
{
	struct peval *ev = in->c->ev;
	const struct raised *r;
	struct buf b = { 0 };

	for (r = in->raised; r; r = r->next) {
		struct str min = pgo_g(ev, r->fixed.min);
		struct str max = pgo_g(ev, r->fixed.max);

		buf_put(&b, STR("input to histogram_quantile needed to be "
		    "fixed for monotonicity (see https://prometheus.io/docs/"
		    "prometheus/latest/querying/functions/"
		    "#histogram_quantile)"));
		if (r->name.n) {
			buf_put(&b, STR(" for metric name "));
			go_quote(&b, r->name);
		}
		buf_printf(&b, ", from buckets " STR_FMT " to " STR_FMT
		    ", with a max diff of %.2g, over %zu samples from ",
		    STR_ARG(min), STR_ARG(max), r->fixed.diff, r->n);
		time_print_rfc3339(&b, r->first / 1000 * 1000);
		buf_put(&b, STR(" to "));
		time_print_rfc3339(&b, r->last / 1000 * 1000);
		peval_note(ev, PNOTE_INFO, at, STR_FMT, STR_ARG(b));
		buf_reset(&b);
	}
	buf_release(&b);
}

static double
quantile_classic(struct hinput *in, const struct hgroup *g,
    struct pbucket *b, size_t n, size_t step, const double *arg)
{
	struct pfixed fixed = { 0 };
	double v = pbucket_quantile(arg[0], b, n, &fixed);

	if (fixed.forced)
		remember_raised(in, g, &fixed, step);
	return v;
}

static double
quantile_native(struct hinput *in, const struct hgroup *g,
    const struct hist *h, const double *arg)
{
	enum pnan_note nan = PNAN_NONE;
	double v = phist_quantile(arg[0], h, &nan);

	if (nan == PNAN_RESULT)
		note(in, PNOTE_INFO, in->arg, g->labels, "input to "
		    "histogram_quantile has NaN observations, result is NaN");
	if (nan == PNAN_SKEW)
		note(in, PNOTE_INFO, in->arg, g->labels, "input to "
		    "histogram_quantile has NaN observations, result is "
		    "skewed higher");
	return v;
}

static const struct hfunc quantile = { quantile_classic, quantile_native };

static void
check_quantile(struct pcall *c, size_t arg, const double *q)
{
	struct str text;
	size_t i;

	for (i = 0; i < c->g->n; i++) {
		if (q[i] >= 0 && q[i] <= 1)
			continue;
		text = pgo_g(c->ev, q[i]);
		peval_note(c->ev, PNOTE_WARNING, pcall_arg(c, arg),
		    "quantile value should be between 0 and 1, got " STR_FMT,
		    STR_ARG(text));
	}
}

int
fn_histogram_quantile(struct pcall *c, struct pcols *arg, size_t nargs,
    struct pcols *out)
{
	struct hinput in;
	double *q;

	(void)nargs;
	check_quantile(c, 0, arg[0].row[0].v);
	input_init(&in, c, &arg[1], pcall_arg(c, 1));
	q = arg[0].row[0].v;
	if (eval_groups(&in, &quantile, &q, 1, out) == -1)
		return -1;
	note_raised(&in, in.arg);
	return 0;
}

/* ---- several quantiles: one label more ---- */

static void
label_rows(struct peval *ev, struct pcols *v, struct str name, double q)
{
	struct buf text = { 0 };
	size_t i;

	num_print(&text, q, NUM_GO_G);
	if (isfinite(q) && str_find_char(buf_str(&text), '.') < 0 &&
	    str_find_char(buf_str(&text), 'e') < 0)
		buf_put(&text, STR(".0"));
	for (i = 0; i < v->nrows; i++) {
		labels_build(&ev->lb, ev->table, v->row[i].labels);
		labels_set(&ev->lb, name, buf_str(&text));
		v->row[i].labels = labels_done(&ev->lb);
	}
	buf_release(&text);
}

/* The points of the steps where the quantile is q, and nothing else. */
static int
rows_of_quantile(struct hinput *in, const struct pcols *all,
    double *qs, double q, bool *done, struct pcols *out)
{
	size_t i, step;

	if (pcols_new(in->c->ev, in->c->g, all->nrows, out) == -1)
		return -1;
	for (step = 0; step < in->c->g->n; step++) {
		if (num_bits(qs[step]) != num_bits(q))
			continue;
		done[step] = true;
		for (i = 0; i < all->nrows; i++)
			out->row[i].v[step] = all->row[i].v[step];
	}
	for (i = 0; i < all->nrows; i++) {
		out->row[i].labels = all->row[i].labels;
		out->row[i].drop_name = all->row[i].drop_name;
	}
	pcols_drop_empty(out);
	return 0;
}

/* A scalar may differ from step to step; its label then does, too. */
static int
quantile_rows(struct hinput *in, double *qs, struct str name,
    struct pcols *out)
{
	struct peval *ev = in->c->ev;
	bool *done = ARENA_ARRAY(ev->a, in->c->g->n, bool);
	struct pcols all, one;
	size_t step;

	if (eval_groups(in, &quantile, &qs, 1, &all) == -1)
		return -1;
	for (step = 0; step < in->c->g->n; step++) {
		if (done[step])
			continue;
		if (rows_of_quantile(in, &all, qs, qs[step], done,
		    &one) == -1)
			return -1;
		label_rows(ev, &one, name, qs[step]);
		pcols_append(ev, out, &one);
	}
	return 0;
}

int
fn_histogram_quantiles(struct pcall *c, struct pcols *arg, size_t nargs,
    struct pcols *out)
{
	struct hinput in;
	size_t i;

	for (i = 2; i < nargs; i++)
		check_quantile(c, i, arg[i].row[0].v);
	input_init(&in, c, &arg[0], pcall_arg(c, 0));
	pcols_none(c->g, out);
	for (i = 2; i < nargs; i++)
		if (quantile_rows(&in, arg[i].row[0].v, arg[1].text,
		    out) == -1)
			return -1;
	note_raised(&in, in.arg);
	return 0;
}

/* ---- fractions ---- */

static double
fraction_classic(struct hinput *in, const struct hgroup *g,
    struct pbucket *b, size_t n, size_t step, const double *arg)
{
	(void)in, (void)g, (void)step;
	return pbucket_fraction(arg[0], arg[1], b, n);
}

static double
fraction_native(struct hinput *in, const struct hgroup *g,
    const struct hist *h, const double *arg)
{
	bool nans = false;
	double v = phist_fraction(arg[0], arg[1], h, &nans);

	if (nans)
		note(in, PNOTE_INFO, in->arg, g->labels, "input "
		    "to histogram_fraction has NaN observations, which are "
		    "excluded from all fractions");
	return v;
}

static const struct hfunc fraction = { fraction_classic, fraction_native };

int
fn_histogram_fraction(struct pcall *c, struct pcols *arg, size_t nargs,
    struct pcols *out)
{
	double *const bounds[2] = { arg[0].row[0].v, arg[1].row[0].v };
	struct hinput in;

	(void)nargs;
	input_init(&in, c, &arg[2], pcall_arg(c, 2));
	return eval_groups(&in, &fraction, bounds, 2, out);
}
