/*
 * A tree back to text: on one line as Expr.String, or over several as
 * `promtool promql format`.
 */
#include "promql/ast.h"

#include <math.h>
#include <stdlib.h>

#include "core/dur.h"
#include "core/num.h"
#include "promql/functions.h"

static void	put(struct buf *out, const struct pexpr *x);

static void
puts_(struct buf *out, const char *s)
{
	(void)buf_put(out, str_of(s));
}

static void
put_duration(struct buf *out, int64_t ms)
{
	dur_print(out, ms);
}

static void
put_number(struct buf *out, const struct pexpr *x)
{
	if (x->u.number.is_duration)
		put_duration(out, llround(x->u.number.v * 1000));
	else
		num_print(out, x->u.number.v, NUM_GO_F);
}

static void
put_pdur(struct buf *out, const struct pdur *d)
{
	if (d->expr)
		put(out, d->expr);
	else
		put_duration(out, d->ms);
}

static void
put_labels(struct buf *out, const struct str *s, size_t n)
{
	size_t i;

	(void)buf_putc(out, '(');
	for (i = 0; i < n; i++) {
		if (i > 0)
			puts_(out, ", ");
		if (label_name_is_legacy(s[i]))
			(void)buf_put(out, s[i]);
		else
			go_quote(out, s[i]);
	}
	(void)buf_putc(out, ')');
}

/* ---- selectors ---- */

static void
put_matcher(struct buf *out, const struct matcher *m)
{
	if (label_name_is_legacy(m->name))
		(void)buf_put(out, m->name);
	else
		go_quote(out, m->name);
	puts_(out, match_op_text(m->op));
	go_quote(out, m->value);
}

static int
text_cmp(const void *a, const void *b)
{
	const struct buf *x = a, *y = b;

	return str_cmp(buf_str(x), buf_str(y));
}

/* The matchers as text, sorted as text; the one of the bare name left out. */
static void
put_matchers(struct buf *out, const struct pexpr *x)
{
	size_t i, n = x->u.selector.nm - (x->u.selector.name.n > 0);
	struct arena a = { 0 };
	struct buf *text = ARENA_ARRAY(&a, n, struct buf);

	for (i = 0; i < n; i++)
		put_matcher(&text[i], &x->u.selector.m[i]);
	if (n)
		qsort(text, n, sizeof(*text), text_cmp);
	if (n || x->u.selector.name.n == 0)
		(void)buf_putc(out, '{');
	for (i = 0; i < n; i++) {
		if (i > 0)
			(void)buf_putc(out, ',');
		(void)buf_put(out, buf_str(&text[i]));
		buf_release(&text[i]);
	}
	if (n || x->u.selector.name.n == 0)
		(void)buf_putc(out, '}');
	arena_free(&a);
}

static void
put_at(struct buf *out, const struct pwhen *w)
{
	if (w->at == PAT_TIME)
		(void)buf_printf(out, " @ %s%lld.%03lld",
		    w->at_ms < 0 ? "-" : "", llabs(w->at_ms) / 1000,
		    llabs(w->at_ms) % 1000);
	else if (w->at == PAT_START)
		puts_(out, " @ start()");
	else if (w->at == PAT_END)
		puts_(out, " @ end()");
}

static void
put_offset(struct buf *out, const struct pwhen *w)
{
	if (w->offset.expr == NULL && w->offset.ms == 0)
		return;
	puts_(out, " offset ");
	put_pdur(out, &w->offset);
}

static void
put_extended(struct buf *out, const struct pexpr *s)
{
	if (s->u.selector.anchored)
		puts_(out, " anchored");
	else if (s->u.selector.smoothed)
		puts_(out, " smoothed");
}

static void
put_selector(struct buf *out, const struct pexpr *x)
{
	(void)buf_put(out, x->u.selector.name);
	put_matchers(out, x);
	put_at(out, &x->u.selector.when);
	put_extended(out, x);
	put_offset(out, &x->u.selector.when);
}

static void
put_matrix(struct buf *out, const struct pexpr *x)
{
	const struct pexpr *s = x->u.matrix.selector;

	(void)buf_put(out, s->u.selector.name);
	put_matchers(out, s);
	(void)buf_putc(out, '[');
	put_pdur(out, &x->u.matrix.range);
	(void)buf_putc(out, ']');
	put_extended(out, s);
	put_at(out, &s->u.selector.when);
	put_offset(out, &s->u.selector.when);
}

/* [range:step] @ … offset … */
static void
put_subquery_tail(struct buf *out, const struct pexpr *x)
{
	(void)buf_putc(out, '[');
	put_pdur(out, &x->u.subquery.range);
	(void)buf_putc(out, ':');
	if (x->u.subquery.step.set)
		put_pdur(out, &x->u.subquery.step);
	(void)buf_putc(out, ']');
	put_at(out, &x->u.subquery.when);
	put_offset(out, &x->u.subquery.when);
}

/* ---- the rest ---- */

static bool
has_grouping(const struct pexpr *x)
{
	return x->u.agg.without || x->u.agg.nby > 0;
}

/* sum by (a) */
static void
put_agg_head(struct buf *out, const struct pexpr *x)
{
	puts_(out, pagg_text(x->u.agg.op));
	if (!has_grouping(x))
		return;
	puts_(out, x->u.agg.without ? " without " : " by ");
	put_labels(out, x->u.agg.by, x->u.agg.nby);
}

static void
put_fill_value(struct buf *out, const char *word, double v)
{
	(void)buf_printf(out, " %s (", word);
	num_print(out, v, NUM_GO_G);
	(void)buf_putc(out, ')');
}

static void
put_fill(struct buf *out, const struct pexpr *x)
{
	bool left = x->u.binary.fill_left, right = x->u.binary.fill_right;
	double l = x->u.binary.fill_left_v, r = x->u.binary.fill_right_v;

	if (left && right && num_bits(l) == num_bits(r)) {
		put_fill_value(out, "fill", l);
		return;
	}
	if (left)
		put_fill_value(out, "fill_left", l);
	if (right)
		put_fill_value(out, "fill_right", r);
}

/* + on (a) group_left (b) */
static void
put_operator(struct buf *out, const struct pexpr *x)
{
	bool grouped = x->u.binary.card == PCARD_MANY_TO_ONE ||
	    x->u.binary.card == PCARD_ONE_TO_MANY;

	puts_(out, pop_text(x->u.binary.op));
	if (x->u.binary.return_bool)
		puts_(out, " bool");
	if (x->u.binary.nmatch || x->u.binary.on || grouped) {
		puts_(out, x->u.binary.on ? " on " : " ignoring ");
		put_labels(out, x->u.binary.match, x->u.binary.nmatch);
	}
	if (grouped) {
		puts_(out, x->u.binary.card == PCARD_MANY_TO_ONE ?
		    " group_left " : " group_right ");
		put_labels(out, x->u.binary.include, x->u.binary.ninclude);
	}
	put_fill(out, x);
}

static void
put_args(struct buf *out, struct pexpr *const *arg, size_t n)
{
	size_t i;

	(void)buf_putc(out, '(');
	for (i = 0; i < n; i++) {
		if (i > 0)
			puts_(out, ", ");
		put(out, arg[i]);
	}
	(void)buf_putc(out, ')');
}

static void
put(struct buf *out, const struct pexpr *x)
{
	switch (x->kind) {
	case PX_NUMBER:
		put_number(out, x);
		break;
	case PX_STRING:
		go_quote(out, x->u.string);
		break;
	case PX_SELECTOR:
		put_selector(out, x);
		break;
	case PX_MATRIX:
		put_matrix(out, x);
		break;
	case PX_SUBQUERY:
		put(out, x->u.subquery.expr);
		put_subquery_tail(out, x);
		break;
	case PX_CALL:
		puts_(out, x->u.call.func->name);
		put_args(out, x->u.call.arg, x->u.call.nargs);
		break;
	case PX_AGG:
		put_agg_head(out, x);
		puts_(out, has_grouping(x) ? " (" : "(");
		if (x->u.agg.param) {
			put(out, x->u.agg.param);
			puts_(out, ", ");
		}
		put(out, x->u.agg.expr);
		(void)buf_putc(out, ')');
		break;
	case PX_BINARY:
		put(out, x->u.binary.left);
		(void)buf_putc(out, ' ');
		put_operator(out, x);
		(void)buf_putc(out, ' ');
		put(out, x->u.binary.right);
		break;
	case PX_UNARY:
		(void)buf_putc(out, x->u.unary.minus ? '-' : '+');
		put(out, x->u.unary.expr);
		break;
	case PX_PAREN:
		(void)buf_putc(out, '(');
		put(out, x->u.paren);
		(void)buf_putc(out, ')');
		break;
	case PX_DUR_CALL:
		(void)buf_put(out, x->u.dur_call.name);
		put_args(out, x->u.dur_call.arg, x->u.dur_call.nargs);
		break;
	}
}

void
promql_print(const struct pexpr *x, struct buf *out)
{
	put(out, x);
}

/* ---- over several lines ---- */

#define LINE_MAX_CHARS	100

static void
indent(struct buf *out, unsigned level)
{
	while (level--)
		puts_(out, "  ");
}

static bool
fits(const struct pexpr *x)
{
	struct buf b = { 0 };
	bool ok;

	put(&b, x);
	ok = b.n <= LINE_MAX_CHARS;
	buf_release(&b);
	return ok;
}

static void	pretty(struct buf *out, const struct pexpr *x, unsigned level);

static void
pretty_list(struct buf *out, struct pexpr *const *arg, size_t n,
    unsigned level)
{
	size_t i;

	puts_(out, "(\n");
	for (i = 0; i < n; i++) {
		if (i > 0)
			puts_(out, ",\n");
		pretty(out, arg[i], level + 1);
	}
	(void)buf_putc(out, '\n');
	indent(out, level);
	(void)buf_putc(out, ')');
}

static void
pretty_agg(struct buf *out, const struct pexpr *x, unsigned level)
{
	struct pexpr *arg[2] = { x->u.agg.param, x->u.agg.expr };
	size_t first = arg[0] == NULL;

	put_agg_head(out, x);
	if (has_grouping(x))
		(void)buf_putc(out, ' ');
	pretty_list(out, arg + first, 2 - first, level);
}

static void
pretty_binary(struct buf *out, const struct pexpr *x, unsigned level)
{
	pretty(out, x->u.binary.left, level + 1);
	(void)buf_putc(out, '\n');
	indent(out, level);
	put_operator(out, x);
	(void)buf_putc(out, '\n');
	pretty(out, x->u.binary.right, level + 1);
}

static void
pretty_unary(struct buf *out, const struct pexpr *x, unsigned level)
{
	struct buf b = { 0 };

	(void)buf_putc(out, x->u.unary.minus ? '-' : '+');
	pretty(&b, x->u.unary.expr, level);
	(void)buf_put(out, str_sub(buf_str(&b), (size_t)level * 2, b.n));
	buf_release(&b);
}

static void
pretty(struct buf *out, const struct pexpr *x, unsigned level)
{
	bool broken = !fits(x);

	if (broken && x->kind == PX_SUBQUERY) {
		pretty(out, x->u.subquery.expr, level);
		put_subquery_tail(out, x);
		return;
	}
	if (broken && x->kind == PX_BINARY) {
		pretty_binary(out, x, level);
		return;
	}
	indent(out, level);
	if (broken && x->kind == PX_AGG) {
		pretty_agg(out, x, level);
	} else if (broken && x->kind == PX_CALL) {
		puts_(out, x->u.call.func->name);
		pretty_list(out, x->u.call.arg, x->u.call.nargs, level);
	} else if (broken && x->kind == PX_PAREN) {
		pretty_list(out, &x->u.paren, 1, level);
	} else if (broken && x->kind == PX_UNARY) {
		pretty_unary(out, x, level);
	} else {
		put(out, x);
	}
}

void
promql_print_pretty(const struct pexpr *x, struct buf *out)
{
	pretty(out, x, 0);
}

/* ---- as a tree ---- */

void
pexpr_print_node(const struct pexpr *x, struct buf *out)
{
	switch (x->kind) {
	case PX_SUBQUERY:
		put_subquery_tail(out, x);
		break;
	case PX_CALL:
		puts_(out, x->u.call.func->name);
		break;
	case PX_AGG:
		put_agg_head(out, x);
		break;
	case PX_BINARY:
		put_operator(out, x);
		break;
	case PX_UNARY:
		(void)buf_putc(out, x->u.unary.minus ? '-' : '+');
		break;
	case PX_PAREN:
		puts_(out, "()");
		break;
	default:
		put(out, x);
	}
}

static void
tree(struct buf *out, const struct pexpr *x, unsigned level)
{
	const struct pexpr *child;
	size_t i;

	indent(out, level);
	pexpr_print_node(x, out);
	(void)buf_printf(out, "  (%s)\n", ptype_text(x->type));
	/* The selector of a range is in its text. */
	if (x->kind == PX_MATRIX)
		return;
	for (i = 0; (child = pexpr_child(x, i)) != NULL; i++)
		tree(out, child, level + 1);
}

void
promql_print_tree(const struct pexpr *x, struct buf *out)
{
	tree(out, x, 0);
}
