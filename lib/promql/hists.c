/*
 * hists: rates and sums of histograms over a window, as Prometheus 3.14.
 */
#include "promql/hists.h"

/* ---- annotations ---- */

/* The range argument of the call. */
static const struct pexpr *
range_arg(const struct pcall *c)
{
	size_t i;

	for (i = 0; i < c->x->u.call.nargs; i++)
		if (c->x->u.call.arg[i]->type == P_MATRIX)
			return pcall_arg(c, i);
	return c->x;
}

static void
note_metric(struct pcall *c, enum pnote_kind kind, const struct pexpr *at,
    const char *text)
{
	struct buf name = { 0 };

	go_quote(&name, pcall_metric(c));
	peval_note(c->ev, kind, at, "%s " STR_FMT, text, STR_ARG(name));
	buf_release(&name);
}

void
pnote_mixed_at(struct pcall *c, const struct pexpr *x)
{
	note_metric(c, PNOTE_WARNING, x, "encountered a mix of histograms "
	    "and floats for metric name");
}

void
pnote_mixed(struct pcall *c)
{
	pnote_mixed_at(c, range_arg(c));
}

void
pnote_ignored_hists_at(struct pcall *c, const struct pexpr *x)
{
	note_metric(c, PNOTE_INFO, x, "ignored histograms in a range "
	    "containing both floats and histograms for metric name");
}

void
pnote_ignored_hists(struct pcall *c)
{
	pnote_ignored_hists_at(c, range_arg(c));
}

void
pnote_not(struct pcall *c, bool counter)
{
	note_metric(c, PNOTE_WARNING, range_arg(c), counter ?
	    "this native histogram metric is not a counter:" :
	    "this native histogram metric is not a gauge:");
}

static void
note_schemas(struct pcall *c)
{
	note_metric(c, PNOTE_WARNING, range_arg(c), "vector contains a mix "
	    "of histograms with exponential and custom buckets schemas for "
	    "metric name");
}

bool
pnote_hist_op(struct pcall *c, unsigned what, const char *doing)
{
	if (what & HIST_INCOMPATIBLE)
		note_schemas(c);
	else if (what & HIST_BOUNDS_RECONCILED)
		peval_note(c->ev, PNOTE_INFO, range_arg(c), "mismatched "
		    "custom buckets were reconciled during %s", doing);
	return !(what & HIST_INCOMPATIBLE);
}

void
pnote_overlap(struct pcall *c)
{
	note_metric(c, PNOTE_WARNING, range_arg(c), "sample has start time "
	    "that overlaps with previous sample timestamp for metric");
}

/* ---- sums ---- */

/* Which hints were seen among the samples of a window. */
static void
note_hints(struct pcall *c, const struct pwin *w)
{
	bool reset = false, no_reset = false;
	size_t i;

	for (i = 0; i < w->nh; i++) {
		reset |= w->h[i]->hint == HIST_RESET;
		no_reset |= w->h[i]->hint == HIST_NO_RESET;
	}
	if (reset && no_reset)
		peval_note(c->ev, PNOTE_WARNING, range_arg(c), "conflicting "
		    "counter resets during histogram aggregation");
}

unsigned
phist_total_add(struct phist_total *t, const struct hist *h,
    struct arena *a)
{
	if (t->sum)
		return hist_kahan_add(t->sum, &t->comp, h, a);
	t->sum = hist_copy(h, a);
	t->n = 1;
	return 0;
}

const struct hist *
phist_total(struct phist_total *t, struct arena *a)
{
	hist_add_comp(t->sum, t->comp, a);
	return t->sum;
}

/* From the plain sum to a running mean, and one more. */
static unsigned
mean_step(struct phist_total *t, const struct hist *h, struct arena *a)
{
	struct hist *part;
	double q;

	if (!t->incremental) {
		t->incremental = true;
		hist_div(t->sum, t->n - 1);
		if (t->comp)
			hist_div(t->comp, t->n - 1);
	}
	q = (t->n - 1) / t->n;
	hist_mul(t->sum, q);
	if (t->comp)
		hist_mul(t->comp, q);
	part = hist_copy(h, a);
	hist_div(part, t->n);
	return hist_kahan_add(t->sum, &t->comp, part, a);
}

unsigned
phist_mean_add(struct phist_total *t, const struct hist *h, struct arena *a)
{
	struct hist *sum, *comp;
	unsigned what;

	if (!t->sum)
		return phist_total_add(t, h, a);
	t->n++;
	if (t->incremental)
		return mean_step(t, h, a);
	if (!hist_would_overflow(t->sum, h))
		return hist_kahan_add(t->sum, &t->comp, h, a);
	sum = hist_copy(t->sum, a);
	comp = t->comp ? hist_copy(t->comp, a) : NULL;
	what = hist_kahan_add(sum, &comp, h, a);
	if (!(what & HIST_INCOMPATIBLE) && hist_overflows(sum))
		return mean_step(t, h, a);
	t->sum = sum;
	t->comp = comp;
	return what;
}

const struct hist *
phist_mean(struct phist_total *t, struct arena *a)
{
	if (!t->incremental) {
		hist_div(t->sum, t->n);
		if (t->comp)
			hist_div(t->comp, t->n);
	}
	return phist_total(t, a);
}

/* All samples of a window, by one of the two. */
static bool
window_total(struct pcall *c, const struct pwin *w, bool mean,
    const struct hist **out)
{
	struct arena *a = &c->ev->tmp;
	struct phist_total t = { 0 };
	unsigned what = 0;
	size_t i;

	for (i = 0; i < w->nh && !(what & HIST_INCOMPATIBLE); i++)
		what |= mean ? phist_mean_add(&t, w->h[i], a) :
		    phist_total_add(&t, w->h[i], a);
	if (!pnote_hist_op(c, what, "aggregation"))
		return false;
	note_hints(c, w);
	*out = mean ? phist_mean(&t, a) : phist_total(&t, a);
	return true;
}

bool
phist_sum(struct pcall *c, const struct pwin *w, const struct hist **out)
{
	return window_total(c, w, false, out);
}

bool
phist_avg(struct pcall *c, const struct pwin *w, const struct hist **out)
{
	return window_total(c, w, true, out);
}

/* ---- rates ---- */

static bool
point_resets(const struct pwin *w, size_t i, const struct hist *prev)
{
	if (w->hst && pst_reset(w->hst[i - 1], w->ht[i - 1], w->hst[i],
	    w->ht[i]))
		return true;
	return hist_is_reset(w->h[i], prev);
}

/* A histogram of nothing, with the layout of h. */
static struct hist *
nothing_like(const struct hist *h, struct arena *a)
{
	struct hist *c = ARENA_NEW(a, struct hist);

	c->schema = h->schema;
	c->custom = h->custom;
	c->ncustom = h->ncustom;
	return c;
}

/*
 * The coarsest schema of the window; false (and a note) when exponential and
 * custom ones are mixed.
 */
static bool
window_schema(struct pcall *c, const struct pwin *w, const struct hist *prev,
    bool counter, int32_t *schema)
{
	const struct hist *last = w->h[w->nh - 1], *h;
	bool custom = hist_is_custom(prev);
	size_t i;

	*schema = last->schema < prev->schema ? last->schema : prev->schema;
	if (hist_is_custom(last) != custom) {
		note_schemas(c);
		return false;
	}
	for (i = 1; counter && i < w->nh - 1; i++) {
		h = w->h[i];
		if (h->hint == HIST_GAUGE)
			pnote_not(c, true);
		if (h->schema < *schema)
			*schema = h->schema;
		if (hist_is_custom(h) != custom) {
			note_schemas(c);
			return false;
		}
	}
	return true;
}

static bool
add_resets(struct pcall *c, const struct pwin *w, const struct hist *prev,
    struct hist *h)
{
	bool overlaps = false;
	size_t i;

	for (i = 1; i < w->nh; i++) {
		overlaps |= w->hst && pst_overlaps(w->hst[i - 1],
		    w->ht[i - 1], w->hst[i]);
		if (point_resets(w, i, prev) && !pnote_hist_op(c,
		    hist_add(h, prev, &c->ev->tmp), "addition"))
			return false;
		prev = w->h[i];
	}
	if (overlaps)
		pnote_overlap(c);
	return true;
}

static struct hist *
change(struct pcall *c, const struct pwin *w, bool counter)
{
	struct arena *a = &c->ev->tmp;
	const struct hist *prev = w->h[0], *last = w->h[w->nh - 1];
	bool gauges = prev->hint == HIST_GAUGE && last->hint == HIST_GAUGE;
	struct hist *h;
	int32_t schema;

	if (counter && (prev->hint == HIST_GAUGE || last->hint == HIST_GAUGE))
		pnote_not(c, true);
	/* After a reset, what the first one looked like does not matter. */
	if (counter && point_resets(w, 1, prev))
		prev = nothing_like(w->h[1], a);
	if (!window_schema(c, w, prev, counter, &schema))
		return NULL;
	h = hist_copy(last, a);
	hist_reduce(h, schema, a);
	if (!pnote_hist_op(c, hist_sub(h, prev, a), "subtraction"))
		return NULL;
	if (counter && !add_resets(c, w, prev, h))
		return NULL;
	if (!counter && !gauges)
		pnote_not(c, false);
	h->hint = HIST_GAUGE;
	hist_compact(h, a);
	return h;
}

struct hist *
phist_change(struct pcall *c, const struct pwin *w, bool counter,
    bool from_zero)
{
	struct hist *h = w->nh > 1 ? change(c, w, counter) : NULL;

	if (w->nh < 2)
		return hist_copy(w->h[0], &c->ev->tmp);
	if (h && from_zero && !pnote_hist_op(c, hist_add(h, w->h[0],
	    &c->ev->tmp), "addition"))
		return NULL;
	return h;
}

bool
phist_instant(struct pcall *c, const struct hist *a, const struct hist *b,
    bool rate, bool reset, double seconds, const struct hist **out)
{
	struct hist *h = hist_copy(b, &c->ev->tmp);
	bool gauges = a->hint == HIST_GAUGE && b->hint == HIST_GAUGE;
	bool some = a->hint == HIST_GAUGE || b->hint == HIST_GAUGE;

	if (rate ? some : !gauges)
		pnote_not(c, rate);
	if ((!rate || (!reset && !hist_is_reset(b, a))) &&
	    !pnote_hist_op(c, hist_sub(h, a, &c->ev->tmp), "subtraction"))
		return false;
	h->hint = HIST_GAUGE;
	hist_compact(h, &c->ev->tmp);
	if (rate)
		hist_div(h, seconds);
	*out = h;
	return true;
}
