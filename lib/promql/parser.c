/*
 * What the files of the parser share: positions, errors, tokens, nodes, and
 * how tightly operators bind.
 */
#include "promql/parser.h"

/* ---- positions ---- */

void
parser_find_newlines(struct parser *p)
{
	struct str text = p->lex.text;
	size_t i;

	for (i = 0; i < text.n; i++)
		if (text.p[i] == '\n')
			vec_push(&p->newlines, (uint32_t)i);
}

void
parser_position(const struct parser *p, uint32_t at, unsigned *line,
    unsigned *col)
{
	size_t lo = 0, hi = p->newlines.n, mid;

	while (lo < hi) {
		mid = (lo + hi) / 2;
		if (p->newlines.p[mid] < at)
			lo = mid + 1;
		else
			hi = mid;
	}
	*line = (unsigned)lo + 1;
	*col = at + 1 - (lo ? p->newlines.p[lo - 1] + 1 : 0);
}

/* ---- errors ---- */

void *
parser_fail(struct parser *p, uint32_t at, const char *msg)
{
	unsigned line, col;

	if (p->failed)
		return NULL;
	p->failed = true;
	parser_position(p, at, &line, &col);
	(void)err_at(p->err, line, col, "%s", msg);
	return NULL;
}

void *
parser_fail_named(struct parser *p, uint32_t at, const char *before,
    struct str name, const char *behind)
{
	struct buf b = { 0 };

	(void)buf_printf(&b, "%s", before);
	go_quote(&b, name);
	(void)buf_printf(&b, "%s", behind);
	(void)parser_fail(p, at, buf_cstr(&b));
	buf_release(&b);
	return NULL;
}

void *
parser_unexpected(struct parser *p, const char *context, const char *expected)
{
	struct buf b = { 0 };

	if (p->tok.kind == T_ERROR)
		return parser_fail(p, p->tok.from, p->lex.why);
	(void)buf_put(&b, STR("unexpected "));
	ptoken_describe(&p->tok, &b);
	if (context == NULL && p->in_aggregation)
		context = "aggregation";
	if (context)
		(void)buf_printf(&b, " in %s", context);
	if (expected)
		(void)buf_printf(&b, ", expected %s", expected);
	(void)parser_fail(p, p->tok.from, buf_cstr(&b));
	buf_release(&b);
	return NULL;
}

/* ---- tokens and nodes ---- */

void
parser_advance(struct parser *p)
{
	switch (p->tok.kind) {
	case T_RPAREN: case T_RBRACE: case T_RBRACKET: case T_NUMBER:
	case T_DURATION:
		p->closing = p->tok.to;
		break;
	default:
		break;
	}
	lex_next(&p->lex, &p->tok);
}

bool
parser_take(struct parser *p, enum ptok kind)
{
	if (p->tok.kind != kind)
		return false;
	parser_advance(p);
	return true;
}

bool
parser_at_op(const struct parser *p, enum pop op)
{
	return p->tok.kind == T_OP && p->tok.sub == (int)op;
}

struct pexpr *
parser_node(struct parser *p, enum pkind kind, uint32_t from)
{
	struct pexpr *x = ARENA_NEW(p->arena, struct pexpr);

	x->kind = kind;
	x->from = from;
	x->depth = 1;
	parser_position(p, from, &x->line, &x->col);
	return x;
}

struct pexpr *
parser_above(struct parser *p, struct pexpr *x, const struct pexpr *child)
{
	if (child->depth >= x->depth)
		x->depth = child->depth + 1;
	if (x->depth > PROMQL_DEPTH_MAX)
		return parser_fail(p, x->from,
		    "expression is nested too deeply");
	return x;
}

struct pexpr *
parser_negate(struct parser *p, struct pexpr *x, uint32_t from, bool minus)
{
	struct pexpr *un;

	if (x->kind == PX_NUMBER) {
		if (minus)
			x->u.number.v = -x->u.number.v;
		x->from = from;
		parser_position(p, from, &x->line, &x->col);
		return x;
	}
	un = parser_node(p, PX_UNARY, from);
	un->u.unary.expr = x;
	un->u.unary.minus = minus;
	un->to = x->to;
	return parser_above(p, un, x);
}

/* ---- binary operators ---- */

const struct parser_priority parser_priority[POP_NOPS] = {
	[POP_OR] = { 1, 2 },
	[POP_AND] = { 3, 4 }, [POP_UNLESS] = { 3, 4 },
	[POP_EQ] = { 5, 6 }, [POP_NE] = { 5, 6 }, [POP_LT] = { 5, 6 },
	[POP_LE] = { 5, 6 }, [POP_GT] = { 5, 6 }, [POP_GE] = { 5, 6 },
	[POP_TRIM_UPPER] = { 5, 6 }, [POP_TRIM_LOWER] = { 5, 6 },
	[POP_ADD] = { 7, 8 }, [POP_SUB] = { 7, 8 },
	[POP_MUL] = { 9, 10 }, [POP_DIV] = { 9, 10 }, [POP_MOD] = { 9, 10 },
	[POP_ATAN2] = { 9, 10 },
	[POP_POW] = { 12, 11 },
};

struct pexpr *
parser_binary(struct parser *p, enum pop op, struct pexpr *left,
    struct pexpr *right, struct pexpr *x)
{
	x->from = left->from;
	x->line = left->line;
	x->col = left->col;
	x->to = right->to;
	x->u.binary.op = op;
	x->u.binary.left = left;
	x->u.binary.right = right;
	return parser_above(p, x, left) ? parser_above(p, x, right) : NULL;
}
