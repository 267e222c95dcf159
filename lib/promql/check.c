/*
 * What the grammar cannot say: types, number of arguments, which operators
 * and modifiers go together.  Texts and positions of Prometheus 3.14.
 */
#include "promql/ast.h"

#include <stdarg.h>
#include <stdio.h>

#include "promql/functions.h"

struct check {
	struct str text;
	struct err *err;
};

static int	check(struct check *c, struct pexpr *x);

static int
fail_at(struct check *c, uint32_t at, const char *msg)
{
	unsigned line, col;

	err_position(c->text, at, &line, &col);
	return err_at(c->err, line, col, "%s", msg);
}

static int fail(struct check *c, const struct pexpr *x, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

static int
fail(struct check *c, const struct pexpr *x, const char *fmt, ...)
{
	struct buf b = { 0 };
	va_list ap;

	va_start(ap, fmt);
	(void)buf_vprintf(&b, fmt, ap);
	va_end(ap);
	(void)fail_at(c, x->from, buf_cstr(&b));
	buf_release(&b);
	return -1;
}

static int
expect(struct check *c, struct pexpr *x, enum ptype want,
    const char *context)
{
	if (check(c, x) == -1)
		return -1;
	if (x->type == want)
		return 0;
	return fail(c, x, "expected type %s in %s, got %s", ptype_text(want),
	    context, ptype_text(x->type));
}

static int
check_aggregation(struct check *c, struct pexpr *x)
{
	enum ptype param = x->u.agg.op == PAGG_COUNT_VALUES ? P_STRING :
	    P_SCALAR;

	x->type = P_VECTOR;
	if (expect(c, x->u.agg.expr, P_VECTOR, "aggregation expression") == -1)
		return -1;
	if (x->u.agg.param == NULL)
		return 0;
	return expect(c, x->u.agg.param, param, "aggregation parameter");
}

/* ---- binary ---- */

/* The operator: behind the left side and what blanks follow it. */
static int
fail_op(struct check *c, const struct pexpr *x, const char *msg)
{
	uint32_t at = x->u.binary.left->to;

	while (at < c->text.n && strchr(" \t\r\n", c->text.p[at]))
		at++;
	return fail_at(c, at, msg);
}

static int
check_include(struct check *c, const struct pexpr *x)
{
	struct buf b = { 0 };
	size_t i, j;
	int rc = 0;

	if (!x->u.binary.on)
		return 0;
	for (i = 0; i < x->u.binary.nmatch && rc == 0; i++) {
		for (j = 0; j < x->u.binary.ninclude && rc == 0; j++) {
			if (!str_eq(x->u.binary.match[i],
			    x->u.binary.include[j]))
				continue;
			(void)buf_put(&b, STR("label "));
			go_quote(&b, x->u.binary.match[i]);
			(void)buf_put(&b, STR(" must not occur in ON and "
			    "GROUP clause at once"));
			rc = fail_op(c, x, buf_cstr(&b));
		}
	}
	buf_release(&b);
	return rc;
}

static bool
is_number(enum ptype t)
{
	return t == P_SCALAR || t == P_VECTOR;
}

/* Matching, filling and grouping, where they make no sense. */
static int
check_matching(struct check *c, const struct pexpr *x, bool vectors)
{
	enum pop op = x->u.binary.op;
	bool fill = x->u.binary.fill_left || x->u.binary.fill_right;

	if (!vectors && x->u.binary.nmatch)
		return fail(c, x, "vector matching only allowed between "
		    "instant vectors");
	if (!vectors && fill)
		return fail(c, x, "filling in missing series only allowed "
		    "between instant vectors");
	if (!vectors && pop_is_set(op))
		return fail(c, x, "set operator \"%s\" not allowed in binary "
		    "scalar expression", pop_text(op));
	if (!pop_is_set(op))
		return 0;
	if (x->u.binary.card != PCARD_MANY_TO_MANY)
		return fail(c, x, "no grouping allowed for \"%s\" operation",
		    pop_text(op));
	if (fill)
		return fail(c, x, "filling in missing series not allowed for "
		    "set operators");
	return 0;
}

static int
check_binary(struct check *c, struct pexpr *x)
{
	static const char wrong[] = "binary expression must contain only "
	    "scalar and instant vector types";
	struct pexpr *left = x->u.binary.left, *right = x->u.binary.right;
	enum pop op = x->u.binary.op;
	bool scalars;

	if (check(c, left) == -1 || check(c, right) == -1)
		return -1;
	scalars = left->type == P_SCALAR && right->type == P_SCALAR;
	x->type = scalars ? P_SCALAR : P_VECTOR;
	if (x->u.binary.return_bool && !pop_is_comparison(op))
		return fail_op(c, x, "bool modifier can only be used on "
		    "comparison operators");
	if (pop_is_comparison(op) && !x->u.binary.return_bool && scalars)
		return fail_op(c, x, "comparisons between scalars must use "
		    "BOOL modifier");
	if (pop_is_set(op) && x->u.binary.card == PCARD_ONE_TO_ONE)
		x->u.binary.card = PCARD_MANY_TO_MANY;
	if (check_include(c, x) == -1)
		return -1;
	if (!is_number(left->type))
		return fail(c, left, wrong);
	if (!is_number(right->type))
		return fail(c, right, wrong);
	return check_matching(c, x, left->type == P_VECTOR &&
	    right->type == P_VECTOR);
}

/* ---- calls ---- */

static int
check_count(struct check *c, const struct pexpr *x)
{
	const struct pfunc *f = x->u.call.func;
	size_t n = x->u.call.nargs;

	if (!f->variadic && f->nopt == 0 && n != f->nargs)
		return fail(c, x, "expected %u argument(s) in call to \"%s\", "
		    "got %zu", f->nargs, f->name, n);
	if (n < f->nargs)
		return fail(c, x, "expected at least %u argument(s) in call "
		    "to \"%s\", got %zu", f->nargs, f->name, n);
	if (!f->variadic && n > f->nargs + f->nopt)
		return fail(c, x, "expected at most %u argument(s) in call to "
		    "\"%s\", got %zu", f->nargs + f->nopt, f->name, n);
	return 0;
}

/* The second argument of info() is a bare list of label matchers. */
static int
check_info(struct check *c, const struct pexpr *x)
{
	const struct pexpr *s;

	if (strcmp(x->u.call.func->name, "info") != 0 ||
	    x->u.call.nargs < 2)
		return 0;
	s = x->u.call.arg[1];
	if (s->kind != PX_SELECTOR)
		return fail(c, s, "expected label selectors only");
	if (s->u.selector.name.n)
		return fail(c, s, "expected label selectors only, got vector "
		    "selector instead");
	return 0;
}

/* The type of argument i; the last one of the row repeats. */
static enum ptype
arg_type(const struct pfunc *f, size_t i)
{
	size_t last = 0;

	while (last + 1 < sizeof(f->arg) / sizeof(f->arg[0]) &&
	    f->arg[last + 1] != P_NONE)
		last++;
	return f->arg[i < last ? i : last];
}

static int
check_call(struct check *c, struct pexpr *x)
{
	const struct pfunc *f = x->u.call.func;
	bool info = strcmp(f->name, "info") == 0;
	struct pexpr *a;
	char context[80];
	size_t i;

	x->type = f->ret;
	if (check_count(c, x) == -1 || check_info(c, x) == -1)
		return -1;
	(void)snprintf(context, sizeof(context), "call to function \"%s\"",
	    f->name);
	for (i = 0; i < x->u.call.nargs; i++) {
		a = x->u.call.arg[i];
		if (info && i == 1) {	/* may match everything */
			a->type = P_VECTOR;
			continue;
		}
		if (expect(c, a, arg_type(f, i), context) == -1)
			return -1;
	}
	return 0;
}

/* ---- the rest ---- */

static int
check_unary(struct check *c, struct pexpr *x)
{
	struct pexpr *child = x->u.unary.expr;

	if (check(c, child) == -1)
		return -1;
	x->type = child->type;
	if (is_number(child->type))
		return 0;
	return fail(c, x, "unary expression only allowed on expressions of "
	    "type scalar or instant vector, got \"%s\"",
	    ptype_text(child->type));
}

static int
check_subquery(struct check *c, struct pexpr *x)
{
	static const char *const raw[] = {
		[P_NONE] = "none", [P_SCALAR] = "scalar",
		[P_VECTOR] = "vector", [P_MATRIX] = "matrix",
		[P_STRING] = "string",
	};
	struct pexpr *child = x->u.subquery.expr;

	x->type = P_MATRIX;
	if (check(c, child) == -1)
		return -1;
	if (child->type == P_VECTOR)
		return 0;
	return fail(c, x, "subquery is only allowed on instant vector, got "
	    "%s instead", raw[child->type]);
}

static int
twice(struct check *c, const struct pexpr *x, struct str other)
{
	struct buf b = { 0 };

	go_quote(&b, x->u.selector.name);
	(void)buf_put(&b, STR(" or "));
	go_quote(&b, other);
	(void)fail(c, x, "metric name must not be set twice: %s",
	    buf_cstr(&b));
	buf_release(&b);
	return -1;
}

static int
check_selector(struct check *c, struct pexpr *x)
{
	const struct matcher *m = x->u.selector.m;
	size_t i, n = x->u.selector.nm;

	x->type = P_VECTOR;
	if (x->u.selector.name.n) {
		/* The last one is the name in front. */
		for (i = 0; i + 1 < n; i++)
			if (str_eq(m[i].name, STR("__name__")))
				return twice(c, x, m[i].value);
		return 0;
	}
	for (i = 0; i < n; i++)
		if (!matcher_ok_value(&m[i], STR_NONE))
			return 0;
	return fail(c, x, "vector selector must contain at least one "
	    "non-empty matcher");
}

static int
check_paren(struct check *c, struct pexpr *x)
{
	if (check(c, x->u.paren) == -1)
		return -1;
	x->type = x->u.paren->type;
	return 0;
}

static int
check(struct check *c, struct pexpr *x)
{
	switch (x->kind) {
	case PX_NUMBER:
		x->type = P_SCALAR;
		return 0;
	case PX_STRING:
		x->type = P_STRING;
		return 0;
	case PX_SELECTOR:
		return check_selector(c, x);
	case PX_MATRIX:
		x->type = P_MATRIX;
		return check_selector(c, x->u.matrix.selector);
	case PX_SUBQUERY:
		return check_subquery(c, x);
	case PX_CALL:
		return check_call(c, x);
	case PX_AGG:
		return check_aggregation(c, x);
	case PX_BINARY:
		return check_binary(c, x);
	case PX_UNARY:
		return check_unary(c, x);
	case PX_PAREN:
		return check_paren(c, x);
	case PX_DUR_CALL:
		break;
	}
	x->type = P_SCALAR;
	return 0;
}

int
pexpr_check(struct str text, struct pexpr *x, struct err *e)
{
	struct check c = { .text = text, .err = e };

	return check(&c, x);
}
