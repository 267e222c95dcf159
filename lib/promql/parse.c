/*
 * The parser: recursive descent with precedence climbing.  The first error
 * wins; its text and position are those of Prometheus 3.14.
 */
#include "promql/parser.h"

#include "promql/functions.h"

#define TEXT_MAX	((size_t)1 << 20)	/* bytes of a query */

/* ---- calls and aggregations ---- */

typedef VEC(struct str) str_vec;

static bool
is_label_token(const struct ptoken *t)
{
	return t->kind == T_IDENT || t->kind == T_AGG ||
	    t->kind >= T_ANCHORED || (t->kind == T_OP && t->sub >= POP_AND) ||
	    (t->kind == T_OP && t->sub == POP_ATAN2);
}

/* labels = "(" [ label { "," label } [ "," ] ] ")" */
static bool
parse_labels(struct parser *p, struct str **out, size_t *n)
{
	str_vec v = { 0 };
	bool ok = false;

	if (!parser_take(p, T_LPAREN))
		return parser_unexpected(p, "grouping opts", "\"(\"");
	while (p->tok.kind != T_RPAREN) {
		struct str name = p->tok.text;

		if (p->tok.kind == T_STRING)
			name = parser_string_value(p, &p->tok);
		else if (!is_label_token(&p->tok) ||
		    p->tok.kind == T_WITHOUT) {
			(void)parser_unexpected(p, "grouping opts", "label");
			goto out;
		}
		if (name.n == 0) {
			(void)parser_fail(p, p->tok.from,
			    "invalid label name for grouping: \"\"");
			goto out;
		}
		vec_push(&v, name);
		parser_advance(p);
		if (p->tok.kind != T_RPAREN && !parser_take(p, T_COMMA)) {
			(void)parser_unexpected(p, "grouping opts",
			    "\",\" or \")\"");
			goto out;
		}
	}
	parser_advance(p);
	*out = ARENA_ARRAY(p->arena, v.n, struct str);
	*n = v.n;
	if (v.n)
		memcpy(*out, v.p, v.n * sizeof(*v.p));
	ok = true;
out:
	vec_release(&v);
	return ok;
}

/* args = "(" [ expr { "," expr } ] ")" */
static bool
parse_args(struct parser *p, struct pexpr *above_them, struct pexpr ***out,
    size_t *n)
{
	VEC(struct pexpr *) v = { 0 };
	struct pexpr *x;
	uint32_t comma;
	bool ok = false;

	if (!parser_take(p, T_LPAREN))
		return parser_unexpected(p, NULL, NULL);
	while (p->tok.kind != T_RPAREN) {
		if ((x = parser_expr(p, 0)) == NULL ||
		    !parser_above(p, above_them, x))
			goto out;
		vec_push(&v, x);
		comma = p->tok.from;
		if (!parser_take(p, T_COMMA))
			break;
		if (p->tok.kind == T_RPAREN) {
			(void)parser_fail(p, comma, "trailing commas not "
			    "allowed in function call args");
			goto out;
		}
	}
	if (!parser_take(p, T_RPAREN)) {
		(void)parser_unexpected(p, NULL, NULL);
		goto out;
	}
	*out = ARENA_ARRAY(p->arena, v.n, struct pexpr *);
	*n = v.n;
	if (v.n)
		memcpy(*out, v.p, v.n * sizeof(*v.p));
	ok = true;
out:
	vec_release(&v);
	return ok;
}

static struct pexpr *
parse_call(struct parser *p)
{
	struct pexpr *x = parser_node(p, PX_CALL, p->tok.from);
	struct str name = p->tok.text;

	parser_advance(p);
	if (!parse_args(p, x, &x->u.call.arg, &x->u.call.nargs))
		return NULL;
	x->to = p->closing;
	x->u.call.func = pfunc_find(name);
	if (x->u.call.func == NULL)
		return parser_fail_named(p, x->from,
		    "unknown function with name ", name, "");
	if (x->u.call.func->experimental &&
	    !p->features->experimental_functions)
		return parser_fail_named(p, x->from, "function ", name,
		    " is not enabled");
	return x;
}

/* by | without labels */
static bool
parse_grouping(struct parser *p, struct pexpr *x)
{
	if (p->tok.kind != T_BY && p->tok.kind != T_WITHOUT)
		return true;
	x->u.agg.without = p->tok.kind == T_WITHOUT;
	x->u.agg.has_grouping = true;
	parser_advance(p);
	return parse_labels(p, &x->u.agg.by, &x->u.agg.nby);
}

static bool
takes_param(enum pagg op)
{
	return op >= PAGG_TOPK;
}

static struct pexpr *
aggregation(struct parser *p, struct pexpr *x, struct pexpr **arg, size_t n)
{
	enum pagg op = x->u.agg.op;
	size_t want = takes_param(op) ? 2 : 1;
	struct buf b = { 0 };

	if (n == 0)
		(void)buf_printf(&b, "no arguments for aggregate expression "
		    "provided");
	else if (op >= PAGG_LIMITK && !p->features->experimental_functions)
		(void)buf_printf(&b, "%s() is experimental and must be "
		    "enabled with "
		    "--enable-feature=promql-experimental-functions",
		    pagg_text(op));
	else if (n != want)
		(void)buf_printf(&b, "wrong number of arguments for "
		    "aggregate expression provided, expected %zu, got %zu",
		    want, n);
	if (b.n) {
		(void)parser_fail(p, x->from, buf_cstr(&b));
		buf_release(&b);
		return NULL;
	}
	if (takes_param(op))
		x->u.agg.param = arg[0];
	x->u.agg.expr = arg[want - 1];
	return x;
}

/* aggr = OP [grouping] args | OP args grouping */
static struct pexpr *
parse_aggregation(struct parser *p)
{
	struct pexpr *x = parser_node(p, PX_AGG, p->tok.from);
	struct pexpr **arg;
	size_t n;
	bool ok;

	x->u.agg.op = (enum pagg)p->tok.sub;
	parser_advance(p);
	p->in_aggregation++;
	ok = parse_grouping(p, x) && parse_args(p, x, &arg, &n) &&
	    (x->u.agg.has_grouping || parse_grouping(p, x));
	p->in_aggregation--;
	if (!ok)
		return NULL;
	x->to = p->closing;
	return aggregation(p, x, arg, n);
}

/* ---- expressions ---- */

static struct pexpr *
parse_paren(struct parser *p)
{
	struct pexpr *x = parser_node(p, PX_PAREN, p->tok.from);

	parser_advance(p);
	if ((x->u.paren = parser_expr(p, 0)) == NULL)
		return NULL;
	x->to = p->tok.to;
	if (!parser_take(p, T_RPAREN))
		return parser_unexpected(p, NULL, NULL);
	return parser_above(p, x, x->u.paren);
}

/* The token behind the one at hand, which is a word. */
static enum ptok
next_kind(const struct parser *p)
{
	struct plex ahead = p->lex;
	struct ptoken t;

	lex_next(&ahead, &t);
	return t.kind;
}

static struct pexpr *
parse_word(struct parser *p)
{
	enum ptok next = next_kind(p);

	if (p->tok.kind == T_AGG && (next == T_LPAREN || next == T_BY ||
	    next == T_WITHOUT))
		return parse_aggregation(p);
	if (next == T_LPAREN && (p->tok.kind == T_IDENT ||
	    p->tok.kind >= T_END))
		return parse_call(p);
	return parser_selector(p);
}

static struct pexpr *
parse_primary(struct parser *p)
{
	switch (p->tok.kind) {
	case T_NUMBER: case T_DURATION:
		return parser_number(p);
	case T_STRING:
		return parser_string(p);
	case T_LPAREN:
		return parse_paren(p);
	case T_LBRACE:
		return parser_selector(p);
	default:
		if (p->tok.metric)
			return parse_word(p);
		return parser_unexpected(p, NULL, NULL);
	}
}

/* unary = [+|-] unary | primary { postfix } */
static struct pexpr *
parse_unary(struct parser *p)
{
	bool minus = parser_at_op(p, POP_SUB);
	uint32_t from = p->tok.from;
	struct pexpr *x;

	if (!minus && !parser_at_op(p, POP_ADD))
		return parser_postfix(p, parse_primary(p));
	parser_advance(p);
	x = parser_expr(p, UNARY_LIMIT);
	return x ? parser_negate(p, x, from, minus) : NULL;
}

/* v = [+|-] number|duration, in parentheses */
static bool
parse_fill_value(struct parser *p, double *out)
{
	struct pexpr *n;
	bool minus;

	parser_advance(p);
	if (!parser_take(p, T_LPAREN))
		return parser_unexpected(p, NULL, NULL);
	minus = parser_at_op(p, POP_SUB);
	if (minus || parser_at_op(p, POP_ADD))
		parser_advance(p);
	if (p->tok.kind != T_NUMBER && p->tok.kind != T_DURATION)
		return parser_unexpected(p, NULL, NULL);
	if ((n = parser_number(p)) == NULL)
		return false;
	*out = minus ? -n->u.number.v : n->u.number.v;
	if (!parser_take(p, T_RPAREN))
		return parser_unexpected(p, NULL, NULL);
	return true;
}

/* fill(v) | fill_left(v) | fill_right(v), the two sides in any order */
static bool
parse_fill(struct parser *p, struct pexpr *x)
{
	double v;

	if (p->tok.kind == T_FILL) {
		if (!parse_fill_value(p, &v))
			return false;
		x->u.binary.fill_left = x->u.binary.fill_right = true;
		x->u.binary.fill_left_v = x->u.binary.fill_right_v = v;
		return true;
	}
	for (;;) {
		if (p->tok.kind == T_FILL_LEFT && !x->u.binary.fill_left) {
			if (!parse_fill_value(p, &x->u.binary.fill_left_v))
				return false;
			x->u.binary.fill_left = true;
		} else if (p->tok.kind == T_FILL_RIGHT &&
		    !x->u.binary.fill_right) {
			if (!parse_fill_value(p, &x->u.binary.fill_right_v))
				return false;
			x->u.binary.fill_right = true;
		} else {
			return true;
		}
	}
}

/* [bool] [on|ignoring labels [group_left|group_right [labels]]] [fill] */
static bool
parse_modifiers(struct parser *p, struct pexpr *x)
{
	x->u.binary.return_bool = parser_take(p, T_BOOL);
	if (p->tok.kind == T_ON || p->tok.kind == T_IGNORING) {
		x->u.binary.on = p->tok.kind == T_ON;
		x->u.binary.has_matching = true;
		parser_advance(p);
		if (!parse_labels(p, &x->u.binary.match,
		    &x->u.binary.nmatch))
			return false;
		if (p->tok.kind == T_GROUP_LEFT ||
		    p->tok.kind == T_GROUP_RIGHT) {
			x->u.binary.card = p->tok.kind == T_GROUP_LEFT ?
			    PCARD_MANY_TO_ONE : PCARD_ONE_TO_MANY;
			parser_advance(p);
			if (p->tok.kind == T_LPAREN &&
			    !parse_labels(p, &x->u.binary.include,
			    &x->u.binary.ninclude))
				return false;
		}
	}
	return parse_fill(p, x);
}

static struct pexpr *
parse_binary(struct parser *p, struct pexpr *left)
{
	enum pop op = (enum pop)p->tok.sub;
	struct pexpr *x = parser_node(p, PX_BINARY, left->from), *right;

	parser_advance(p);
	if (!parse_modifiers(p, x))
		return NULL;
	right = parser_expr(p, parser_priority[op].right - 1);
	if (right == NULL)
		return NULL;
	if ((x->u.binary.fill_left || x->u.binary.fill_right) &&
	    !p->features->fill_modifiers)
		return parser_fail(p, left->from,
		    "binop fill modifiers are experimental and not enabled");
	return parser_binary(p, op, left, right, x);
}

/* expr = unary { op modifiers expr }, by priority */
struct pexpr *
parser_expr(struct parser *p, int limit)
{
	struct pexpr *left;

	if (p->depth >= PROMQL_DEPTH_MAX)
		return parser_fail(p, p->tok.from,
		    "expression is nested too deeply");
	p->depth++;
	left = parse_unary(p);
	while (left && p->tok.kind == T_OP &&
	    parser_priority[p->tok.sub].left > limit)
		left = parse_binary(p, left);
	p->depth--;
	return left;
}

static struct pexpr *
parse_all(struct parser *p)
{
	struct pexpr *x;

	lex_next(&p->lex, &p->tok);
	if (p->tok.kind == T_EOF)
		return parser_fail(p, 0, "no expression found in input");
	x = parser_expr(p, 0);
	if (x && p->tok.kind != T_EOF)
		return parser_unexpected(p, NULL, NULL);
	return x;
}

const struct pexpr *
promql_parse(struct str text, const struct promql_features *f,
    struct arena *a, struct err *e)
{
	static const struct promql_features none;
	struct parser p = { .features = f ? f : &none, .arena = a, .err = e };
	struct pexpr *x;
	size_t i;

	if (text.n > TEXT_MAX) {
		(void)err_set(e, ERR_LIMIT, "query is longer than %zu bytes",
		    TEXT_MAX);
		return NULL;
	}
	p.lex.text = arena_str(a, text);
	parser_find_newlines(&p);
	x = parse_all(&p);
	if (x && pexpr_check(p.lex.text, x, e) == -1)
		x = NULL;
	if (x == NULL)
		for (i = 0; i < p.selectors.n; i++)
			matchers_release(p.selectors.p[i]->u.selector.m,
			    p.selectors.p[i]->u.selector.nm);
	vec_release(&p.selectors);
	vec_release(&p.newlines);
	return x;
}
