/*
 * compare: is the answer what was expected?
 */
#include <float.h>
#include <math.h>

#include "core/num.h"
#include "internal.h"

#define TOLERANCE	1e-6

static bool
same_value(double a, double b)
{
	double sum = fabs(a) + fabs(b), diff = fabs(a - b);

	if (num_is_stale(a) || num_is_stale(b))
		return num_is_stale(a) && num_is_stale(b);
	if (isnan(a) && isnan(b))
		return true;
	if (a == b)
		return true;
	if (a == 0 || b == 0 || sum < DBL_MIN)
		return diff < TOLERANCE * DBL_MIN;
	return diff / fmin(sum, DBL_MAX) < TOLERANCE;
}

static bool
same_side(const struct hist *a, const struct hist *b, bool positive)
{
	struct hist_iter ia, ib;
	struct hist_bucket x, y;
	bool more;

	hist_side_init(&ia, a, positive);
	hist_side_init(&ib, b, positive);
	while (hist_side_next(&ia, &x)) {
		more = hist_side_next(&ib, &y);
		if (!more || x.index != y.index ||
		    !same_value(x.count, y.count))
			return false;
	}
	return !hist_side_next(&ib, &y);
}

static bool
same_hist(const struct hist *want, const struct hist *got, bool hint)
{
	struct arena a = { 0 };
	struct hist *x = hist_copy(want, &a), *y = hist_copy(got, &a);
	bool same;

	hist_compact(x, &a);
	hist_compact(y, &a);
	same = x->schema == y->schema && hist_bounds_eq(x, y) &&
	    (!hint || x->hint == y->hint) &&
	    same_value(x->zero_threshold, y->zero_threshold) &&
	    same_value(x->zero_count, y->zero_count) &&
	    same_value(x->count, y->count) && same_value(x->sum, y->sum) &&
	    same_side(x, y, true) && same_side(x, y, false);
	arena_free(&a);
	return same;
}

static bool
same_point(const struct pvalue *want, double v, const struct hist *h)
{
	if (want->h || h)
		return want->h && h && same_hist(want->h, h, want->hint_set);
	return same_value(want->v, v);
}

/* ---- text for a failure ---- */

static void
print_point(double v, const struct hist *h, struct buf *out)
{
	static const char *const hints[] = { "", " reset", " not_reset",
	    " gauge" };

	if (h) {
		hist_print(h, out);
		buf_printf(out, "/%d/%g", h->schema, h->zero_threshold);
		buf_put(out, str_of(hints[h->hint]));
	} else {
		num_print(out, v, NUM_GO_G);
	}
}

static void
print_expected(const struct eval *v, struct buf *out)
{
	const struct pnotation *p;
	size_t i, k;

	for (i = 0; i < v->series.n; i++) {
		p = &v->series.p[i];
		buf_put(out, i ? STR("\n\t\t") : STR(""));
		labels_print(p->labels, out);
		for (k = 0; k < p->n; k++) {
			buf_putc(out, ' ');
			if (p->value[k].omitted)
				buf_putc(out, '_');
			else
				print_point(p->value[k].v, p->value[k].h,
				    out);
		}
	}
}

static void
print_row(const struct prow *r, size_t nsteps, struct buf *out)
{
	size_t k;

	labels_print(r->labels, out);
	for (k = 0; k < nsteps; k++) {
		buf_putc(out, ' ');
		if (pv_absent(r->v[k]))
			buf_putc(out, '_');
		else
			print_point(r->v[k], r->h ? r->h[k] : NULL, out);
	}
}

static void
print_got(const struct result *r, struct buf *out)
{
	const struct pseries *s;
	size_t i, k;

	if (r->v.type == P_STRING) {
		go_quote(out, r->v.text);
		return;
	}
	for (i = 0; i < r->v.nrows; i++) {
		buf_put(out, i ? STR("\n\t\t") : STR(""));
		print_row(&r->v.row[i], r->v.nsteps, out);
	}
	for (i = 0; i < r->v.nseries; i++) {
		s = &r->v.series[i];
		buf_put(out, i ? STR("\n\t\t") : STR(""));
		labels_print(s->labels, out);
		for (k = 0; k < s->n; k++) {
			buf_putc(out, ' ');
			print_point(s->v[k], s->h ? s->h[k] : NULL, out);
			buf_printf(out, "@%lld", (long long)s->t[k]);
		}
	}
}

/* ---- annotations ---- */

static bool
note_matches(const struct note_expect *x, struct str text)
{
	size_t i;

	if (x->msg.n + x->re.n == 0)
		return true;
	for (i = 0; i < x->msg.n; i++)
		if (str_eq(x->msg.p[i], text))
			return true;
	for (i = 0; i < x->re.n; i++)
		if (re_match(x->re.p[i], text))
			return true;
	return false;
}

static bool
msg_said(const struct pnote *n, enum pnote_kind kind, struct str msg)
{
	for (; n; n = n->next)
		if (n->kind == kind && str_eq(n->text, msg))
			return true;
	return false;
}

static bool
re_said(const struct pnote *n, enum pnote_kind kind, const struct re *re)
{
	for (; n; n = n->next)
		if (n->kind == kind && re_match(re, n->text))
			return true;
	return false;
}

static bool
notes_ok(const struct note_expect *x, enum pnote_kind kind,
    const struct pnote *notes)
{
	const struct pnote *n;
	size_t i, count = 0;

	for (n = notes; n; n = n->next) {
		if (n->kind != kind)
			continue;
		count++;
		if (x->some && !note_matches(x, n->text))
			return false;
	}
	if (x->none && count > 0)
		return false;
	if (x->some && count == 0)
		return false;
	for (i = 0; i < x->msg.n; i++)
		if (!msg_said(notes, kind, x->msg.p[i]))
			return false;
	for (i = 0; i < x->re.n; i++)
		if (!re_said(notes, kind, x->re.p[i]))
			return false;
	return true;
}

static void
print_notes(const struct eval *v, const struct result *r, struct buf *want,
    struct buf *got)
{
	static const char *const kind[] = { "warn", "info" };
	const struct pnote *n;
	size_t i, k;

	for (i = 0; i < 2; i++) {
		if (v->note[i].none)
			buf_printf(want, " no_%s", kind[i]);
		if (v->note[i].some)
			buf_printf(want, " %s", kind[i]);
		for (k = 0; k < v->note[i].msg.n; k++)
			buf_printf(want, " '" STR_FMT "'",
			    STR_ARG(v->note[i].msg.p[k]));
		for (k = 0; k < v->note[i].re.n; k++)
			buf_printf(want, " /" STR_FMT "/",
			    STR_ARG(re_pattern(v->note[i].re.p[k])));
	}
	for (n = r->ctx.notes; n; n = n->next)
		buf_printf(got, " '" STR_FMT "'", STR_ARG(n->text));
}

/* ---- values ---- */

static const struct prow *
row_of(const struct pcols *v, const struct labels *l)
{
	size_t i;

	for (i = 0; i < v->nrows; i++)
		if (v->row[i].labels == l)
			return &v->row[i];
	return NULL;
}

/* The points of one step, each with its expectation. */
static bool
vector_ok(const struct eval *v, const struct result *r)
{
	const struct pnotation *p;
	const struct prow *row;
	size_t i, points = 0;

	for (i = 0; i < r->v.nrows; i++)
		points += !pv_absent(r->v.row[i].v[r->step]);
	if (points != v->series.n)
		return false;
	for (i = 0; i < v->series.n; i++) {
		p = &v->series.p[i];
		row = v->ordered ? &r->v.row[i] : row_of(&r->v, p->labels);
		if (!row || row->labels != p->labels || p->n != 1 ||
		    pv_absent(row->v[r->step]) ||
		    !same_point(&p->value[0], row->v[r->step],
		    row->h ? row->h[r->step] : NULL))
			return false;
	}
	return true;
}

static bool
range_row_ok(const struct pnotation *p, const struct prow *row, size_t n)
{
	bool want, has;
	size_t k;

	if (p->n > n)
		return false;
	for (k = 0; k < n; k++) {
		want = k < p->n && !p->value[k].omitted;
		has = !pv_absent(row->v[k]);
		if (want != has || (want && !same_point(&p->value[k],
		    row->v[k], row->h ? row->h[k] : NULL)))
			return false;
	}
	return true;
}

static bool
range_ok(const struct eval *v, const struct result *r)
{
	const struct prow *row;
	size_t i;

	if (r->v.nrows != v->series.n)
		return false;
	for (i = 1; i < r->v.nrows; i++)
		if (labels_cmp(r->v.row[i - 1].labels,
		    r->v.row[i].labels) >= 0)
			return false;
	for (i = 0; i < v->series.n; i++) {
		row = row_of(&r->v, v->series.p[i].labels);
		if (!row || !range_row_ok(&v->series.p[i], row, r->v.nsteps))
			return false;
	}
	return true;
}

static bool
matrix_row_ok(const struct eval *v, const struct pnotation *p,
    const struct pseries *s)
{
	size_t i, k = 0;

	for (i = 0; i < p->n; i++) {
		if (p->value[i].omitted)
			continue;
		if (k == s->n ||
		    s->t[k] != v->m_start + (int64_t)i * v->m_step ||
		    !same_point(&p->value[i], s->v[k],
		    s->h ? s->h[k] : NULL))
			return false;
		k++;
	}
	return k == s->n;
}

static bool
matrix_ok(const struct eval *v, const struct result *r)
{
	size_t i, k;

	if (r->v.nseries != v->series.n)
		return false;
	for (i = 0; i < v->series.n; i++) {
		for (k = 0; k < r->v.nseries; k++)
			if (r->v.series[k].labels == v->series.p[i].labels)
				break;
		if (k == r->v.nseries || !matrix_row_ok(v,
		    &v->series.p[i], &r->v.series[k]))
			return false;
	}
	return true;
}

static bool
value_ok(const struct eval *v, const struct result *r)
{
	if (v->is_string)
		return r->v.type == P_STRING && str_eq(r->v.text, v->string);
	if (v->is_matrix)
		return r->v.type == P_MATRIX && matrix_ok(v, r);
	if (v->is_scalar)
		return r->v.nrows == 1 && r->v.row[0].labels->n == 0 &&
		    r->v.type == P_SCALAR &&
		    same_value(v->scalar, r->v.row[0].v[r->step]);
	if (r->v.type == P_MATRIX || r->v.type == P_STRING)
		return false;
	return v->range ? range_ok(v, r) : vector_ok(v, r);
}

/* ---- all of it ---- */

static bool
failure_ok(const struct eval *v, const struct result *r, struct buf *want,
    struct buf *got)
{
	struct str msg = str_of(r->err.msg);

	buf_put(want, v->fail ? STR("failure ") : STR("success"));
	if (v->has_msg)
		buf_put(want, v->fail_msg);
	if (v->fail_re)
		buf_put(want, re_pattern(v->fail_re));
	if (r->failed)
		buf_put(got, msg);
	else
		print_got(r, got);
	if (v->fail != r->failed || r->err.kind == ERR_SYNTAX)
		return false;
	return (!v->has_msg || str_eq(msg, v->fail_msg)) &&
	    (!v->fail_re || re_match(v->fail_re, msg));
}

bool
result_ok(const struct eval *v, const struct result *r, struct buf *want,
    struct buf *got)
{
	if (v->fail || r->failed)
		return failure_ok(v, r, want, got);
	/* Other steps of a re-run as a range may have something to say. */
	if ((v->range || !r->as_range) &&
	    (!notes_ok(&v->note[PNOTE_WARNING], PNOTE_WARNING,
	    r->ctx.notes) ||
	    !notes_ok(&v->note[PNOTE_INFO], PNOTE_INFO, r->ctx.notes))) {
		print_notes(v, r, want, got);
		return false;
	}
	if (value_ok(v, r))
		return true;
	print_expected(v, want);
	if (v->is_scalar)
		num_print(want, v->scalar, NUM_GO_G);
	if (v->is_string)
		go_quote(want, v->string);
	print_got(r, got);
	return false;
}
