/*
 * eval: the walk over the tree, what a query may cost, and its annotations.
 */
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>

#include "core/clk.h"
#include "core/num.h"
#include "promql/internal.h"

int
peval_fail(struct peval *ev, const char *fmt, ...)
{
	struct buf text = { 0 };
	va_list ap;

	va_start(ap, fmt);
	buf_vprintf(&text, fmt, ap);
	va_end(ap);
	err_set(ev->e, ERR_CONFIG, STR_FMT, STR_ARG(text));
	buf_release(&text);
	return -1;
}

int
peval_charge(struct peval *ev, uint64_t n)
{
	if (__builtin_add_overflow(ev->c->samples, n, &ev->c->samples) ||
	    ev->c->samples > ev->max_samples)
		return err_set(ev->e, ERR_LIMIT, "query processing would "
		    "load too many samples into memory in query execution");
	return 0;
}

/* As Prometheus weighs them: a sample is 16 bytes. */
int
peval_charge_hist(struct peval *ev, const struct hist *h)
{
	return peval_charge(ev, 8 + (h->npos + h->nneg + h->npos_span +
	    h->nneg_span + h->ncustom) / 2);
}

int
peval_alive(struct peval *ev)
{
	int64_t deadline = ev->c->deadline_mono_ms;

	if (deadline && clk_mono_ms() > deadline)
		return err_set(ev->e, ERR_LIMIT,
		    "query timed out in expression evaluation");
	return 0;
}

struct str
pgo_g(struct peval *ev, double v)
{
	struct buf text = { 0 };
	struct str s;

	num_print(&text, v, NUM_GO_G);
	s = arena_str(ev->a, buf_str(&text));
	buf_release(&text);
	return s;
}

/* Add text in order; a text that is there already is not said twice. */
static void
note_add(struct peval *ev, enum pnote_kind kind, struct str text)
{
	struct pnote **at = &ev->c->notes, *n;

	for (; *at; at = &(*at)->next)
		if ((*at)->kind == kind && str_eq((*at)->text, text))
			return;
	if (ev->nnotes++ == PROMQL_MAX_NOTES)
		return;
	n = ARENA_NEW(ev->a, struct pnote);
	*n = (struct pnote){ .kind = kind, .text = arena_str(ev->a, text) };
	*at = n;
}

void
peval_note(struct peval *ev, enum pnote_kind kind, const struct pexpr *x,
    const char *fmt, ...)
{
	struct buf text = { 0 };
	va_list ap;

	if (ev->nnotes >= PROMQL_MAX_NOTES)
		return;
	buf_put(&text, kind == PNOTE_WARNING ? STR("PromQL warning: ") :
	    STR("PromQL info: "));
	va_start(ap, fmt);
	buf_vprintf(&text, fmt, ap);
	va_end(ap);
	buf_printf(&text, " (%u:%u)", x->line, x->col);
	note_add(ev, kind, buf_str(&text));
	buf_release(&text);
}

/* ---- duration expressions ---- */

static double	duration_seconds(struct peval *ev, const struct pexpr *x);

static double
duration_call(struct peval *ev, const struct pexpr *x)
{
	const struct promql_ctx *c = ev->c;
	struct str name = x->u.dur_call.name;
	double a, b;

	if (str_eq(name, STR("step")))
		return (double)c->step / 1000;
	if (str_eq(name, STR("range")))
		return (double)(c->end - c->start) / 1000;
	a = duration_seconds(ev, x->u.dur_call.arg[0]);
	b = duration_seconds(ev, x->u.dur_call.arg[1]);
	return str_eq(name, STR("min_of")) ? fmin(a, b) : fmax(a, b);
}

static double
duration_seconds(struct peval *ev, const struct pexpr *x)
{
	double v;

	switch (x->kind) {
	case PX_NUMBER:
		return x->u.number.v;
	case PX_PAREN:
		return duration_seconds(ev, x->u.paren);
	case PX_UNARY:
		v = duration_seconds(ev, x->u.unary.expr);
		return x->u.unary.minus ? -v : v;
	case PX_BINARY:
		return pbinop_scalar(x->u.binary.op,
		    duration_seconds(ev, x->u.binary.left),
		    duration_seconds(ev, x->u.binary.right));
	case PX_DUR_CALL:
		return duration_call(ev, x);
	default:
		return NAN;
	}
}

/* Is there a division by zero in it?  Upstream calls that by its name. */
static bool
divides_by_zero(struct peval *ev, const struct pexpr *x)
{
	if (x->kind == PX_PAREN)
		return divides_by_zero(ev, x->u.paren);
	if (x->kind == PX_UNARY)
		return divides_by_zero(ev, x->u.unary.expr);
	if (x->kind != PX_BINARY)
		return false;
	if ((x->u.binary.op == POP_DIV || x->u.binary.op == POP_MOD) &&
	    duration_seconds(ev, x->u.binary.right) == 0)
		return true;
	return divides_by_zero(ev, x->u.binary.left) ||
	    divides_by_zero(ev, x->u.binary.right);
}

static int
duration_fail(struct peval *ev, const struct pexpr *x, const char *what)
{
	return peval_fail(ev, "%u:%u: parse error: %s", x->line, x->col,
	    what);
}

int
peval_duration(struct peval *ev, const struct pdur *d, bool positive,
    const struct pexpr *x, int64_t *ms)
{
	double s;

	*ms = d->ms;
	if (!d->expr && llabs(*ms) > PROMQL_TIME_MAX)
		return duration_fail(ev, x, "duration out of range");
	if (!d->expr)
		return 0;
	x = d->expr;
	if (divides_by_zero(ev, x))
		return duration_fail(ev, x, "division by zero");
	s = duration_seconds(ev, x);
	if (isnan(s) || isinf(s) || fabs(s) > (double)(INT64_MAX / 1000000))
		return duration_fail(ev, x, "duration out of range");
	if (positive && s <= 0)
		return duration_fail(ev, x,
		    "duration must be greater than 0");
	*ms = (int64_t)(s * 1000);
	return 0;
}

/* ---- the walk ---- */

/* One row without labels. */
static int
row_of_scalar(struct peval *ev, const struct pgrid *g, struct pcols *out)
{
	if (pcols_new(ev, g, 1, out) == -1)
		return -1;
	out->type = P_SCALAR;
	out->row[0].labels = labels_empty(ev->table);
	return 0;
}

static int
eval_number(struct peval *ev, const struct pexpr *x, const struct pgrid *g,
    struct pcols *out)
{
	size_t i;

	if (row_of_scalar(ev, g, out) == -1)
		return -1;
	for (i = 0; i < g->n; i++)
		out->row[0].v[i] = x->u.number.v;
	return 0;
}

static void
negate(struct peval *ev, struct prow *r, size_t nsteps)
{
	size_t i;

	for (i = 0; i < nsteps; i++) {
		if (pv_gone(r->v[i]))
			continue;
		if (r->h && r->h[i])
			r->h[i] = hist_scaled(r->h[i], -1, ev->a);
		else
			r->v[i] = -r->v[i];
	}
}

static int
eval_unary(struct peval *ev, const struct pexpr *x, const struct pgrid *g,
    struct pcols *out)
{
	size_t i;

	if (peval_expr(ev, x->u.unary.expr, g, out) == -1)
		return -1;
	if (!x->u.unary.minus)
		return 0;
	for (i = 0; i < out->nrows; i++) {
		negate(ev, &out->row[i], g->n);
		if (out->type == P_VECTOR)
			prow_drop_name(ev, &out->row[i]);
	}
	if (out->type == P_VECTOR && !ev->c->delayed_name_removal)
		return pcols_merge(ev, out);
	return 0;
}

static int
eval_kind(struct peval *ev, const struct pexpr *x, const struct pgrid *g,
    struct pcols *out)
{
	switch (x->kind) {
	case PX_NUMBER:
		return eval_number(ev, x, g, out);
	case PX_STRING:
		pcols_none(g, out);
		out->type = P_STRING;
		out->text = x->u.string;
		return 0;
	case PX_SELECTOR:
		return pselect_vector(ev, x, g, out);
	case PX_MATRIX:
	case PX_SUBQUERY:
		return pselect_top_matrix(ev, x, g, out);
	case PX_CALL:
		return pcall_eval(ev, x, g, out);
	case PX_AGG:
		return pagg_eval(ev, x, g, out);
	case PX_BINARY:
		return pbinop_eval(ev, x, g, out);
	case PX_UNARY:
		return eval_unary(ev, x, g, out);
	case PX_PAREN:
		return peval_expr(ev, x->u.paren, g, out);
	case PX_DUR_CALL:
		break;
	}
	return peval_fail(ev, "unexpected duration expression");
}

int
peval_expr(struct peval *ev, const struct pexpr *x, const struct pgrid *g,
    struct pcols *out)
{
	struct pexplain_node *around;
	int rc;

	if (ev->depth >= PROMQL_DEPTH_MAX)
		return err_set(ev->e, ERR_LIMIT,
		    "expression is nested too deeply");
	if (peval_alive(ev) == -1)
		return -1;
	around = pexplain_enter(ev, x);
	ev->depth++;
	rc = eval_kind(ev, x, g, out);
	ev->depth--;
	pexplain_leave(ev, around, rc == 0 ? out : NULL);
	return rc;
}

int
peval_scalar(struct peval *ev, const struct pexpr *x, const struct pgrid *g,
    double **out)
{
	struct pcols v;

	if (peval_expr(ev, x, g, &v) == -1)
		return -1;
	*out = v.row[0].v;
	return 0;
}

/* ---- a query ---- */

/* Upstream says so for every sort in a range query. */
static bool
note_sort(void *arg, const struct pexpr *x)
{
	if (x->kind == PX_CALL &&
	    str_starts(str_of(x->u.call.func->name), STR("sort")))
		peval_note(arg, PNOTE_WARNING, x, "sort is ineffective for "
		    "range queries since results are always ordered by "
		    "labels");
	return true;
}

static int
row_cmp(const void *a, const void *b)
{
	const struct prow *x = a, *y = b;

	return labels_cmp(x->labels, y->labels);
}

/* Names that were to be removed at the end, empty rows, the order. */
static int
finish_vector(struct peval *ev, struct pcols *out)
{
	size_t i;

	for (i = 0; i < out->nrows; i++)
		if (out->row[i].drop_name)
			out->row[i].labels = labels_without_meta(ev,
			    out->row[i].labels);
	pcols_drop_empty(out);
	if (pcols_merge(ev, out) == -1)
		return -1;
	if (ev->c->step > 0 && out->nrows > 1)
		qsort(out->row, out->nrows, sizeof(*out->row), row_cmp);
	return 0;
}

static int
query_init(struct peval *ev, struct promql_ctx *c, struct err *e)
{
	struct intern *symbols;

	*ev = (struct peval){ .c = c, .a = c->arena, .e = e,
	    .table = c->source->table };
	ev->lookback = c->lookback ? c->lookback : PROMQL_LOOKBACK_MS;
	ev->max_samples = c->max_samples ? c->max_samples :
	    PROMQL_MAX_SAMPLES;
	symbols = labels_symbols(ev->table);
	ev->name = intern_str(symbols, STR("__name__"));
	ev->type = intern_str(symbols, STR("__type__"));
	ev->unit = intern_str(symbols, STR("__unit__"));
	e->kind = ERR_NONE;
	c->notes = NULL;
	c->samples = 0;
	if (c->step < 0 || c->end < c->start || c->start < -PROMQL_TIME_MAX ||
	    c->end > PROMQL_TIME_MAX)
		return err_set(e, ERR_CONFIG, "invalid range of the query");
	return 0;
}

static int
query_run(struct peval *ev, const struct pexpr *x, struct pcols *out)
{
	const struct promql_ctx *c = ev->c;
	struct pgrid g = { .start = c->start, .step = c->step, .n = 1 };
	uint64_t span;

	if (c->step > 0) {
		if (x->type != P_SCALAR && x->type != P_VECTOR)
			return peval_fail(ev, "invalid expression type \"%s\" "
			    "for range query, must be Scalar or instant "
			    "Vector", ptype_text(x->type));
		span = (uint64_t)c->end - (uint64_t)c->start;
		if (span / (uint64_t)c->step >= ev->max_samples)
			return peval_charge(ev, UINT64_MAX);
		g.n += span / (uint64_t)c->step;
		pexpr_walk(x, note_sort, ev);
	}
	if (peval_expr(ev, x, &g, out) == -1)
		return -1;
	if (out->type == P_VECTOR)
		return finish_vector(ev, out);
	return 0;
}

int
promql_eval(const struct pexpr *x, struct promql_ctx *c, struct pcols *out,
    struct err *e)
{
	struct peval ev;
	int rc = -1;

	if (query_init(&ev, c, e) == 0)
		rc = query_run(&ev, x, out);
	if (c->explain)
		pexplain_finish(&ev);
	labels_builder_release(&ev.lb);
	arena_free(&ev.tmp);
	return rc;
}
