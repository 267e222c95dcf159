/*
 * What stands behind a selector or a subquery: ranges, offset, @, and the
 * arithmetic of durations in them.
 */
#include "promql/parser.h"

#include <math.h>

#define NS_MAX		9223372036.0		/* seconds in 63 bits of ns */

static struct pexpr	*parse_duration(struct parser *p, int limit);

/* ---- durations ---- */

#define A_DURATION	"number, duration, step(), or range()"

static bool
in_range(double seconds)
{
	return seconds <= NS_MAX && seconds >= -NS_MAX;
}

/* Whole nanoseconds first, then cut to ms, as time.Duration does. */
static int64_t
to_ms(double seconds)
{
	return (int64_t)(round(seconds * 1e9) / 1e6);
}

/*
 * dur-call = ("step" | "range") "(" ")" |
 *	("min_of" | "max_of") "(" durexpr "," durexpr ")"
 */
static struct pexpr *
parse_duration_call(struct parser *p)
{
	static const struct { enum ptok kind; struct str name; } names[] = {
		{ T_STEP, { "step", 4 } }, { T_RANGE, { "range", 5 } },
		{ T_MIN_OF, { "min_of", 6 } }, { T_MAX_OF, { "max_of", 6 } },
	};
	struct pexpr *x = parser_node(p, PX_DUR_CALL, p->tok.from);
	size_t i, n = p->tok.kind == T_MIN_OF || p->tok.kind == T_MAX_OF ?
	    2 : 0;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (names[i].kind == p->tok.kind)
			x->u.dur_call.name = names[i].name;
	parser_advance(p);
	if (!parser_take(p, T_LPAREN))
		return NULL;
	for (i = 0; i < n; i++) {
		if (i > 0 && !parser_take(p, T_COMMA))
			return NULL;
		x->u.dur_call.arg[i] = parse_duration(p, 0);
		if (x->u.dur_call.arg[i] == NULL ||
		    !parser_above(p, x, x->u.dur_call.arg[i]))
			return NULL;
	}
	x->u.dur_call.nargs = n;
	x->to = p->tok.to;
	return parser_take(p, T_RPAREN) ? x : NULL;
}

static struct pexpr *
parse_duration_paren(struct parser *p)
{
	struct pexpr *x = parser_node(p, PX_PAREN, p->tok.from);

	parser_advance(p);
	if ((x->u.paren = parse_duration(p, 0)) == NULL)
		return NULL;
	if (p->features->no_duration_expr)
		return parser_fail(p, x->u.paren->from,
		    "experimental duration expression is not enabled");
	x->to = p->tok.to;
	if (!parser_take(p, T_RPAREN))
		return NULL;
	return parser_above(p, x, x->u.paren);
}

/* NULL without an error: the caller says what it expected. */
static struct pexpr *
parse_duration_atom(struct parser *p)
{
	struct pexpr *x;

	switch (p->tok.kind) {
	case T_NUMBER: case T_DURATION:
		x = parser_number(p);
		if (x && !in_range(x->u.number.v))
			return parser_fail(p, x->from, "duration out of range");
		return x;
	case T_LPAREN:
		return parse_duration_paren(p);
	case T_STEP: case T_RANGE: case T_MIN_OF: case T_MAX_OF:
		return parse_duration_call(p);
	default:
		return NULL;
	}
}

static struct pexpr *
parse_duration_unary(struct parser *p)
{
	bool minus = parser_at_op(p, POP_SUB);
	uint32_t from = p->tok.from;
	struct pexpr *x;

	if (!minus && !parser_at_op(p, POP_ADD))
		return parse_duration_atom(p);
	parser_advance(p);
	x = parse_duration(p, UNARY_LIMIT);
	return x ? parser_negate(p, x, from, minus) : NULL;
}

static struct pexpr *
duration_binary(struct parser *p, enum pop op, uint32_t at,
    struct pexpr *left, struct pexpr *right)
{
	bool zero = right->kind == PX_NUMBER && right->u.number.v == 0;

	if (p->features->no_duration_expr)
		return parser_fail(p, left->from,
		    "experimental duration expression is not enabled");
	if (op == POP_DIV && zero)
		return parser_fail(p, at, "division by zero");
	if (op == POP_MOD && zero)
		return parser_fail(p, at, "modulo by zero");
	return parser_binary(p, op, left, right,
	    parser_node(p, PX_BINARY, left->from));
}

/* durexpr = durunary { op durunary }, with + - * / % ^ only */
static struct pexpr *
parse_duration(struct parser *p, int limit)
{
	struct pexpr *left, *right;
	uint32_t at;
	enum pop op;

	if (p->depth >= PROMQL_DEPTH_MAX)
		return parser_fail(p, p->tok.from,
		    "expression is nested too deeply");
	p->depth++;
	left = parse_duration_unary(p);
	while (left && p->tok.kind == T_OP && p->tok.sub <= POP_POW &&
	    parser_priority[p->tok.sub].left > limit) {
		op = (enum pop)p->tok.sub;
		at = p->tok.from;
		parser_advance(p);
		right = parse_duration(p, parser_priority[op].right - 1);
		left = right ? duration_binary(p, op, at, left, right) : NULL;
	}
	p->depth--;
	return left;
}

/* A range or step: above zero when it is a literal. */
static bool
parse_bracket_duration(struct parser *p, struct pdur *d, const char *context,
    const char *expected)
{
	struct pexpr *x = parse_duration(p, 0);

	if (x == NULL)
		return parser_unexpected(p, context, expected);
	d->set = true;
	if (x->kind != PX_NUMBER) {
		d->expr = x;
		return true;
	}
	if (x->u.number.v <= 0)
		return parser_fail(p, x->from,
		    "duration must be greater than 0");
	d->ms = to_ms(x->u.number.v);
	return true;
}

/* ---- postfixes ---- */

static struct pwhen *
when_of(struct pexpr *x)
{
	switch (x->kind) {
	case PX_SELECTOR:
		return &x->u.selector.when;
	case PX_MATRIX:
		return &x->u.matrix.selector->u.selector.when;
	case PX_SUBQUERY:
		return &x->u.subquery.when;
	default:
		return NULL;
	}
}

/* offset [+|-] (literal | dur-call | "(" durexpr ")") */
static struct pexpr *
parse_offset(struct parser *p, struct pexpr *x)
{
	struct pwhen *w = when_of(x);
	bool minus, sign;
	struct pexpr *d;
	uint32_t from;

	parser_advance(p);
	minus = parser_at_op(p, POP_SUB);
	sign = minus || parser_at_op(p, POP_ADD);
	from = p->tok.from;
	if (sign)
		parser_advance(p);
	if ((d = parse_duration_atom(p)) == NULL)
		return parser_unexpected(p, "offset", A_DURATION);
	if (sign && (d = parser_negate(p, d, from, minus)) == NULL)
		return NULL;
	if (w == NULL)
		return parser_fail(p, x->from, "offset modifier must be "
		    "preceded by an instant vector selector or range vector "
		    "selector or a subquery");
	if (w->offset.set && (w->offset.ms != 0 || w->offset.expr))
		return parser_fail(p, x->from,
		    "offset may not be set multiple times");
	w->offset.set = true;
	if (d->kind == PX_NUMBER)
		w->offset.ms = to_ms(d->u.number.v);
	else
		w->offset.expr = d;
	x->to = p->closing;
	return x;
}

/* @ [+|-] number|duration */
static bool
parse_timestamp(struct parser *p, const struct pexpr *x, int64_t *ms)
{
	struct pexpr *n;
	bool minus = parser_at_op(p, POP_SUB);
	double v;

	if (minus || parser_at_op(p, POP_ADD))
		parser_advance(p);
	if (p->tok.kind != T_NUMBER && p->tok.kind != T_DURATION)
		return parser_unexpected(p, "@", "timestamp");
	if ((n = parser_number(p)) == NULL)
		return false;
	v = minus ? -n->u.number.v : n->u.number.v;
	if (isnan(v) || isinf(v) || fabs(v) >= 9223372036854775.0) {
		struct buf b = { 0 };

		(void)buf_printf(&b,
		    "timestamp out of bounds for @ modifier: %f", v);
		(void)parser_fail(p, x->from, buf_cstr(&b));
		buf_release(&b);
		return false;
	}
	*ms = (int64_t)round(v * 1000);
	return true;
}

/* at = "@" timestamp | "@" ("start" | "end") "(" ")" */
static struct pexpr *
parse_at(struct parser *p, struct pexpr *x)
{
	struct pwhen *w = when_of(x);
	enum pat at = PAT_TIME;
	int64_t ms = 0;

	parser_advance(p);
	if (p->tok.kind == T_START || p->tok.kind == T_END) {
		at = p->tok.kind == T_START ? PAT_START : PAT_END;
		parser_advance(p);
		if (!parser_take(p, T_LPAREN) || p->tok.kind != T_RPAREN)
			return parser_unexpected(p, "@", "timestamp");
		parser_advance(p);
	} else if (!parse_timestamp(p, x, &ms)) {
		return NULL;
	}
	if (w == NULL)
		return parser_fail(p, x->from, "@ modifier must be preceded "
		    "by an instant vector selector or range vector selector "
		    "or a subquery");
	if (w->at != PAT_NONE)
		return parser_fail(p, x->from,
		    "@ <timestamp> may not be set multiple times");
	w->at = at;
	w->at_ms = ms;
	x->to = p->closing;
	return x;
}

static struct pexpr *
parse_extended(struct parser *p, struct pexpr *x)
{
	bool anchored = p->tok.kind == T_ANCHORED;
	const char *word = anchored ? "anchored" : "smoothed";
	struct pexpr *s = x->kind == PX_MATRIX ? x->u.matrix.selector : x;
	struct buf b = { 0 };

	parser_advance(p);
	if (!p->features->extended_range_selectors)
		(void)buf_printf(&b,
		    "%s modifier is experimental and not enabled", word);
	else if (x->kind == PX_SUBQUERY)
		(void)buf_printf(&b,
		    "%s modifier is not supported for subqueries", word);
	else if (s->kind != PX_SELECTOR)
		(void)buf_printf(&b, "%s modifier not implemented", word);
	else if (anchored ? s->u.selector.smoothed : s->u.selector.anchored)
		(void)buf_printf(&b, "anchored and smoothed modifiers cannot "
		    "be used together");
	if (b.n) {
		(void)parser_fail(p, x->from, buf_cstr(&b));
		buf_release(&b);
		return NULL;
	}
	if (anchored)
		s->u.selector.anchored = true;
	else
		s->u.selector.smoothed = true;
	return x;
}

static struct pexpr *
matrix(struct parser *p, struct pexpr *x, const struct pdur *range,
    uint32_t bracket)
{
	struct pexpr *m;

	if (x->kind != PX_SELECTOR)
		return parser_fail(p, bracket,
		    "ranges only allowed for vector selectors");
	if (x->u.selector.when.offset.ms || x->u.selector.when.offset.expr)
		return parser_fail(p, bracket,
		    "no offset modifiers allowed before range");
	if (x->u.selector.when.at != PAT_NONE)
		return parser_fail(p, bracket,
		    "no @ modifiers allowed before range");
	m = parser_node(p, PX_MATRIX, x->from);
	m->u.matrix.selector = x;
	m->u.matrix.range = *range;
	m->to = p->closing;
	return parser_above(p, m, x);
}

/* "[" durexpr "]" | "[" durexpr ":" [ durexpr ] "]" */
static struct pexpr *
parse_brackets(struct parser *p, struct pexpr *x)
{
	uint32_t bracket = p->tok.from;
	struct pdur range = { 0 };
	struct pexpr *q;

	parser_advance(p);
	if (!parse_bracket_duration(p, &range, "subquery or range selector",
	    A_DURATION))
		return NULL;
	if (parser_take(p, T_RBRACKET))
		return matrix(p, x, &range, bracket);
	if (!parser_take(p, T_COLON))
		return parser_unexpected(p, "subquery or range",
		    "\":\" or \"]\"");
	q = parser_node(p, PX_SUBQUERY, x->from);
	q->u.subquery.expr = x;
	q->u.subquery.range = range;
	if (p->tok.kind != T_RBRACKET &&
	    !parse_bracket_duration(p, &q->u.subquery.step,
	    "subquery selector", A_DURATION ", or \"]\""))
		return NULL;
	if (!parser_take(p, T_RBRACKET))
		return parser_unexpected(p, "subquery selector", "\"]\"");
	q->to = p->closing;
	return parser_above(p, q, x);
}

struct pexpr *
parser_postfix(struct parser *p, struct pexpr *x)
{
	while (x) {
		switch (p->tok.kind) {
		case T_LBRACKET:
			x = parse_brackets(p, x);
			break;
		case T_OFFSET:
			x = parse_offset(p, x);
			break;
		case T_AT:
			x = parse_at(p, x);
			break;
		case T_ANCHORED: case T_SMOOTHED:
			x = parse_extended(p, x);
			break;
		default:
			return x;
		}
	}
	return NULL;
}
