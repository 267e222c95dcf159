/*
 * The parser: recursive descent with precedence climbing.  The first error
 * wins; its text and position are those of Prometheus 3.14.
 */
#include "promql/ast.h"

#include <math.h>

#include "core/dur.h"
#include "core/num.h"
#include "core/vec.h"
#include "promql/functions.h"
#include "promql/lex.h"

#define TEXT_MAX	((size_t)1 << 20)	/* bytes of a query */
#define NS_MAX		9223372036.0		/* seconds in 63 bits of ns */

struct parser {
	struct plex lex;
	struct ptoken tok;		/* at hand, not yet taken */
	uint32_t closing;		/* end of the last ) ] } or number */
	const struct promql_features *features;
	struct arena *arena;
	struct err *err;
	bool failed;
	unsigned depth;			/* of the recursion */
	unsigned in_aggregation;	/* for the words of an error */
	VEC(struct pexpr *) selectors;	/* regexes to release on failure */
	VEC(uint32_t) newlines;		/* where they stand in the text */
};

static struct pexpr	*parse_expr(struct parser *p, int limit);
static struct pexpr	*parse_duration(struct parser *p, int limit);

/* ---- positions ---- */

static void
find_newlines(struct parser *p)
{
	struct str text = p->lex.text;
	size_t i;

	for (i = 0; i < text.n; i++)
		if (text.p[i] == '\n')
			vec_push(&p->newlines, (uint32_t)i);
}

static void
position(const struct parser *p, uint32_t at, unsigned *line, unsigned *col)
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

/* NULL, so that callers may `return fail(...)`; the first one is kept. */
static void *
fail(struct parser *p, uint32_t at, const char *msg)
{
	unsigned line, col;

	if (p->failed)
		return NULL;
	p->failed = true;
	position(p, at, &line, &col);
	(void)err_at(p->err, line, col, "%s", msg);
	return NULL;
}

static void *
fail_named(struct parser *p, uint32_t at, const char *before,
    struct str name, const char *behind)
{
	struct buf b = { 0 };

	(void)buf_printf(&b, "%s", before);
	go_quote(&b, name);
	(void)buf_printf(&b, "%s", behind);
	(void)fail(p, at, buf_cstr(&b));
	buf_release(&b);
	return NULL;
}

static void *
unexpected(struct parser *p, const char *context, const char *expected)
{
	struct buf b = { 0 };

	if (p->tok.kind == T_ERROR)
		return fail(p, p->tok.from, p->lex.why);
	(void)buf_put(&b, STR("unexpected "));
	ptoken_describe(&p->tok, &b);
	if (context == NULL && p->in_aggregation)
		context = "aggregation";
	if (context)
		(void)buf_printf(&b, " in %s", context);
	if (expected)
		(void)buf_printf(&b, ", expected %s", expected);
	(void)fail(p, p->tok.from, buf_cstr(&b));
	buf_release(&b);
	return NULL;
}

/* ---- tokens and nodes ---- */

static void
advance(struct parser *p)
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

static bool
take(struct parser *p, enum ptok kind)
{
	if (p->tok.kind != kind)
		return false;
	advance(p);
	return true;
}

static bool
at_op(const struct parser *p, enum pop op)
{
	return p->tok.kind == T_OP && p->tok.sub == (int)op;
}

static struct pexpr *
node(struct parser *p, enum pkind kind, uint32_t from)
{
	struct pexpr *x = ARENA_NEW(p->arena, struct pexpr);

	x->kind = kind;
	x->from = from;
	x->depth = 1;
	position(p, from, &x->line, &x->col);
	return x;
}

/* x stands above child; NULL when the tree gets too deep. */
static struct pexpr *
above(struct parser *p, struct pexpr *x, const struct pexpr *child)
{
	if (child->depth >= x->depth)
		x->depth = child->depth + 1;
	if (x->depth > PROMQL_DEPTH_MAX)
		return fail(p, x->from, "expression is nested too deeply");
	return x;
}

/* ---- literals ---- */

/* Integers first, with base prefix (010 is 8); else floats. */
static bool
number_value(struct parser *p, struct str text, double *out)
{
	char *digits = arena_raw(p->arena, text.n + 1);
	unsigned base = 10;
	uint64_t v = 0;
	size_t i, n = 0;
	struct str s;

	for (i = 0; i < text.n; i++)
		if (text.p[i] != '_')
			digits[n++] = text.p[i];
	s = (struct str){ digits, n };
	if (s.n > 1 && s.p[0] == '0')
		base = (s.p[1] | 0x20) == 'x' ? 16 : 8;
	for (i = base == 16 ? 2 : 0; i < s.n; i++) {
		unsigned c = (unsigned char)s.p[i] | 0x20U;
		unsigned d = c >= 'a' ? c - 'a' + 10 : c - '0';

		if (s.p[i] == '.' || d >= base ||
		    __builtin_mul_overflow(v, base, &v) ||
		    __builtin_add_overflow(v, d, &v) || v > INT64_MAX)
			break;
	}
	if (i == s.n && s.n > (base == 16 ? 2 : 0)) {
		*out = (double)v;
		return true;
	}
	return num_parse_prom(s, out);
}

/* number | duration, as seconds; the caller knows that one is at hand */
static struct pexpr *
parse_number(struct parser *p)
{
	struct pexpr *x = node(p, PX_NUMBER, p->tok.from);
	int64_t ms;

	if (p->tok.kind == T_DURATION) {
		if (!dur_parse(p->tok.text, &ms))
			return fail_named(p, p->tok.from,
			    "not a valid duration string: ", p->tok.text, "");
		x->u.number.v = (double)ms / 1000;
		x->u.number.is_duration = true;
	} else if (!number_value(p, p->tok.text, &x->u.number.v)) {
		return fail_named(p, p->tok.from, "error parsing number: "
		    "strconv.ParseFloat: parsing ", p->tok.text,
		    ": invalid syntax");
	}
	x->to = p->tok.to;
	advance(p);
	return x;
}

/* What a string token says; the lexer has checked its escapes. */
static struct str
string_value(struct parser *p, const struct ptoken *t)
{
	struct str body = str_sub(t->text, 1, t->text.n - 1);
	struct buf b = { 0 };
	struct str s;

	if (t->text.p[0] == '`')
		return body;
	(void)go_unquote(&b, body, t->text.p[0]);
	s = arena_str(p->arena, buf_str(&b));
	buf_release(&b);
	return s;
}

static struct pexpr *
parse_string(struct parser *p)
{
	struct pexpr *x = node(p, PX_STRING, p->tok.from);

	x->u.string = string_value(p, &p->tok);
	x->to = p->tok.to;
	advance(p);
	return x;
}

/* ---- selectors ---- */

typedef VEC(struct matcher) matcher_vec;

static bool
match_operator(const struct parser *p, enum match_op *op)
{
	switch (p->tok.kind) {
	case T_EQL:
		*op = MATCH_EQ;
		return true;
	case T_EQL_REGEX:
		*op = MATCH_RE;
		return true;
	case T_NEQ_REGEX:
		*op = MATCH_NRE;
		return true;
	case T_OP:
		*op = MATCH_NE;
		return p->tok.sub == POP_NE;
	default:
		return false;
	}
}

/* matcher = (LABEL | STRING) op STRING | STRING */
static bool
parse_matcher(struct parser *p, matcher_vec *out)
{
	bool quoted = p->tok.kind == T_STRING;
	uint32_t from = p->tok.from;
	enum match_op op = MATCH_EQ;
	struct str name, value;
	struct matcher m;
	struct err e;

	if (!quoted && p->tok.kind != T_IDENT)
		return unexpected(p, "label matching", "identifier or \"}\"");
	name = quoted ? string_value(p, &p->tok) : p->tok.text;
	advance(p);
	if (match_operator(p, &op)) {
		advance(p);
		if (p->tok.kind != T_STRING)
			return unexpected(p, "label matching", "string");
		value = string_value(p, &p->tok);
		advance(p);
	} else if (quoted) {
		value = name;
		name = STR("__name__");
	} else {
		return unexpected(p, "label matching",
		    "label matching operator");
	}
	if (matcher_init(&m, op, name, value, 0, &e) == -1)
		return fail(p, from, e.msg);
	vec_push(out, m);
	return true;
}

/* matchers = "{" [ matcher { "," matcher } [ "," ] ] "}" */
static bool
parse_matchers(struct parser *p, matcher_vec *out)
{
	advance(p);
	while (p->tok.kind != T_RBRACE) {
		if (!parse_matcher(p, out))
			return false;
		if (p->tok.kind == T_RBRACE)
			break;
		if (!take(p, T_COMMA))
			return unexpected(p, "label matching",
			    "\",\" or \"}\"");
	}
	advance(p);
	return true;
}

/* selector = NAME [ matchers ] | matchers */
static struct pexpr *
parse_selector(struct parser *p)
{
	struct pexpr *x = node(p, PX_SELECTOR, p->tok.from);
	matcher_vec v = { 0 };
	struct matcher name;
	bool ok = true;

	x->to = p->tok.to;
	if (p->tok.kind != T_LBRACE) {
		x->u.selector.name = p->tok.text;
		advance(p);
	}
	if (p->tok.kind == T_LBRACE) {
		ok = parse_matchers(p, &v);
		x->to = p->closing;
	}
	if (x->u.selector.name.n) {
		(void)matcher_init(&name, MATCH_EQ, STR("__name__"),
		    x->u.selector.name, 0, p->err);
		vec_push(&v, name);
	}
	x->u.selector.m = ARENA_ARRAY(p->arena, v.n, struct matcher);
	x->u.selector.nm = v.n;
	if (v.n)
		memcpy(x->u.selector.m, v.p, v.n * sizeof(*v.p));
	vec_release(&v);
	vec_push(&p->selectors, x);
	return ok ? x : NULL;
}

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

/* dur-call = ("step" | "range") "(" ")" | ("min_of" | "max_of") "(" a "," b ")" */
static struct pexpr *
parse_duration_call(struct parser *p)
{
	static const struct { enum ptok kind; struct str name; } names[] = {
		{ T_STEP, { "step", 4 } }, { T_RANGE, { "range", 5 } },
		{ T_MIN_OF, { "min_of", 6 } }, { T_MAX_OF, { "max_of", 6 } },
	};
	struct pexpr *x = node(p, PX_DUR_CALL, p->tok.from);
	size_t i, n = p->tok.kind == T_MIN_OF || p->tok.kind == T_MAX_OF ?
	    2 : 0;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (names[i].kind == p->tok.kind)
			x->u.dur_call.name = names[i].name;
	advance(p);
	if (!take(p, T_LPAREN))
		return NULL;
	for (i = 0; i < n; i++) {
		if (i > 0 && !take(p, T_COMMA))
			return NULL;
		x->u.dur_call.arg[i] = parse_duration(p, 0);
		if (x->u.dur_call.arg[i] == NULL ||
		    !above(p, x, x->u.dur_call.arg[i]))
			return NULL;
	}
	x->u.dur_call.nargs = n;
	x->to = p->tok.to;
	return take(p, T_RPAREN) ? x : NULL;
}

static struct pexpr *
parse_duration_paren(struct parser *p)
{
	struct pexpr *x = node(p, PX_PAREN, p->tok.from);

	advance(p);
	if ((x->u.paren = parse_duration(p, 0)) == NULL)
		return NULL;
	if (p->features->no_duration_expr)
		return fail(p, x->u.paren->from,
		    "experimental duration expression is not enabled");
	x->to = p->tok.to;
	if (!take(p, T_RPAREN))
		return NULL;
	return above(p, x, x->u.paren);
}

/* NULL without an error: the caller says what it expected. */
static struct pexpr *
parse_duration_atom(struct parser *p)
{
	struct pexpr *x;

	switch (p->tok.kind) {
	case T_NUMBER: case T_DURATION:
		x = parse_number(p);
		if (x && !in_range(x->u.number.v))
			return fail(p, x->from, "duration out of range");
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
negate(struct parser *p, struct pexpr *x, uint32_t from, bool minus)
{
	struct pexpr *un;

	if (x->kind == PX_NUMBER) {
		if (minus)
			x->u.number.v = -x->u.number.v;
		x->from = from;
		position(p, from, &x->line, &x->col);
		return x;
	}
	un = node(p, PX_UNARY, from);
	un->u.unary.expr = x;
	un->u.unary.minus = minus;
	un->to = x->to;
	return above(p, un, x);
}

/* ---- binary operators ---- */

/* Left and right binding power, lowest first; ^ is right-associative. */
static const struct { int left, right; } priority[POP_NOPS] = {
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

#define UNARY_LIMIT	10	/* a sign binds as tightly as * */

static struct pexpr *
binary(struct parser *p, enum pop op, struct pexpr *left,
    struct pexpr *right, struct pexpr *x)
{
	x->from = left->from;
	x->line = left->line;
	x->col = left->col;
	x->to = right->to;
	x->u.binary.op = op;
	x->u.binary.left = left;
	x->u.binary.right = right;
	return above(p, x, left) ? above(p, x, right) : NULL;
}

static struct pexpr *
parse_duration_unary(struct parser *p)
{
	bool minus = at_op(p, POP_SUB);
	uint32_t from = p->tok.from;
	struct pexpr *x;

	if (!minus && !at_op(p, POP_ADD))
		return parse_duration_atom(p);
	advance(p);
	x = parse_duration(p, UNARY_LIMIT);
	return x ? negate(p, x, from, minus) : NULL;
}

static struct pexpr *
duration_binary(struct parser *p, enum pop op, uint32_t at,
    struct pexpr *left, struct pexpr *right)
{
	bool zero = right->kind == PX_NUMBER && right->u.number.v == 0;

	if (p->features->no_duration_expr)
		return fail(p, left->from,
		    "experimental duration expression is not enabled");
	if (op == POP_DIV && zero)
		return fail(p, at, "division by zero");
	if (op == POP_MOD && zero)
		return fail(p, at, "modulo by zero");
	return binary(p, op, left, right, node(p, PX_BINARY, left->from));
}

/* durexpr = durunary { op durunary }, with + - * / % ^ only */
static struct pexpr *
parse_duration(struct parser *p, int limit)
{
	struct pexpr *left, *right;
	uint32_t at;
	enum pop op;

	if (p->depth >= PROMQL_DEPTH_MAX)
		return fail(p, p->tok.from, "expression is nested too deeply");
	p->depth++;
	left = parse_duration_unary(p);
	while (left && p->tok.kind == T_OP && p->tok.sub <= POP_POW &&
	    priority[p->tok.sub].left > limit) {
		op = (enum pop)p->tok.sub;
		at = p->tok.from;
		advance(p);
		right = parse_duration(p, priority[op].right - 1);
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
		return unexpected(p, context, expected);
	d->set = true;
	if (x->kind != PX_NUMBER) {
		d->expr = x;
		return true;
	}
	if (x->u.number.v <= 0)
		return fail(p, x->from, "duration must be greater than 0");
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

	advance(p);
	minus = at_op(p, POP_SUB);
	sign = minus || at_op(p, POP_ADD);
	from = p->tok.from;
	if (sign)
		advance(p);
	if ((d = parse_duration_atom(p)) == NULL)
		return unexpected(p, "offset", A_DURATION);
	if (sign && (d = negate(p, d, from, minus)) == NULL)
		return NULL;
	if (w == NULL)
		return fail(p, x->from, "offset modifier must be preceded by "
		    "an instant vector selector or range vector selector or "
		    "a subquery");
	if (w->offset.set && (w->offset.ms != 0 || w->offset.expr))
		return fail(p, x->from, "offset may not be set multiple times");
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
	bool minus = at_op(p, POP_SUB);
	double v;

	if (minus || at_op(p, POP_ADD))
		advance(p);
	if (p->tok.kind != T_NUMBER && p->tok.kind != T_DURATION)
		return unexpected(p, "@", "timestamp");
	if ((n = parse_number(p)) == NULL)
		return false;
	v = minus ? -n->u.number.v : n->u.number.v;
	if (isnan(v) || isinf(v) || fabs(v) >= 9223372036854775.0) {
		struct buf b = { 0 };

		(void)buf_printf(&b,
		    "timestamp out of bounds for @ modifier: %f", v);
		(void)fail(p, x->from, buf_cstr(&b));
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

	advance(p);
	if (p->tok.kind == T_START || p->tok.kind == T_END) {
		at = p->tok.kind == T_START ? PAT_START : PAT_END;
		advance(p);
		if (!take(p, T_LPAREN) || p->tok.kind != T_RPAREN)
			return unexpected(p, "@", "timestamp");
		advance(p);
	} else if (!parse_timestamp(p, x, &ms)) {
		return NULL;
	}
	if (w == NULL)
		return fail(p, x->from, "@ modifier must be preceded by an "
		    "instant vector selector or range vector selector or a "
		    "subquery");
	if (w->at != PAT_NONE)
		return fail(p, x->from,
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

	advance(p);
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
		(void)fail(p, x->from, buf_cstr(&b));
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
		return fail(p, bracket,
		    "ranges only allowed for vector selectors");
	if (x->u.selector.when.offset.ms || x->u.selector.when.offset.expr)
		return fail(p, bracket,
		    "no offset modifiers allowed before range");
	if (x->u.selector.when.at != PAT_NONE)
		return fail(p, bracket,
		    "no @ modifiers allowed before range");
	m = node(p, PX_MATRIX, x->from);
	m->u.matrix.selector = x;
	m->u.matrix.range = *range;
	m->to = p->closing;
	return above(p, m, x);
}

/* "[" durexpr "]" | "[" durexpr ":" [ durexpr ] "]" */
static struct pexpr *
parse_brackets(struct parser *p, struct pexpr *x)
{
	uint32_t bracket = p->tok.from;
	struct pdur range = { 0 };
	struct pexpr *q;

	advance(p);
	if (!parse_bracket_duration(p, &range, "subquery or range selector",
	    A_DURATION))
		return NULL;
	if (take(p, T_RBRACKET))
		return matrix(p, x, &range, bracket);
	if (!take(p, T_COLON))
		return unexpected(p, "subquery or range", "\":\" or \"]\"");
	q = node(p, PX_SUBQUERY, x->from);
	q->u.subquery.expr = x;
	q->u.subquery.range = range;
	if (p->tok.kind != T_RBRACKET &&
	    !parse_bracket_duration(p, &q->u.subquery.step,
	    "subquery selector", A_DURATION ", or \"]\""))
		return NULL;
	if (!take(p, T_RBRACKET))
		return unexpected(p, "subquery selector", "\"]\"");
	q->to = p->closing;
	return above(p, q, x);
}

static struct pexpr *
parse_postfix(struct parser *p, struct pexpr *x)
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

	if (!take(p, T_LPAREN))
		return unexpected(p, "grouping opts", "\"(\"");
	while (p->tok.kind != T_RPAREN) {
		struct str name = p->tok.text;

		if (p->tok.kind == T_STRING)
			name = string_value(p, &p->tok);
		else if (!is_label_token(&p->tok) ||
		    p->tok.kind == T_WITHOUT) {
			(void)unexpected(p, "grouping opts", "label");
			goto out;
		}
		if (name.n == 0) {
			(void)fail(p, p->tok.from,
			    "invalid label name for grouping: \"\"");
			goto out;
		}
		vec_push(&v, name);
		advance(p);
		if (p->tok.kind != T_RPAREN && !take(p, T_COMMA)) {
			(void)unexpected(p, "grouping opts", "\",\" or \")\"");
			goto out;
		}
	}
	advance(p);
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

	if (!take(p, T_LPAREN))
		return unexpected(p, NULL, NULL);
	while (p->tok.kind != T_RPAREN) {
		if ((x = parse_expr(p, 0)) == NULL ||
		    !above(p, above_them, x))
			goto out;
		vec_push(&v, x);
		comma = p->tok.from;
		if (!take(p, T_COMMA))
			break;
		if (p->tok.kind == T_RPAREN) {
			(void)fail(p, comma, "trailing commas not allowed in "
			    "function call args");
			goto out;
		}
	}
	if (!take(p, T_RPAREN)) {
		(void)unexpected(p, NULL, NULL);
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
	struct pexpr *x = node(p, PX_CALL, p->tok.from);
	struct str name = p->tok.text;

	advance(p);
	if (!parse_args(p, x, &x->u.call.arg, &x->u.call.nargs))
		return NULL;
	x->to = p->closing;
	x->u.call.func = pfunc_find(name);
	if (x->u.call.func == NULL)
		return fail_named(p, x->from, "unknown function with name ",
		    name, "");
	if (x->u.call.func->experimental &&
	    !p->features->experimental_functions)
		return fail_named(p, x->from, "function ", name,
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
	advance(p);
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
		(void)fail(p, x->from, buf_cstr(&b));
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
	struct pexpr *x = node(p, PX_AGG, p->tok.from);
	struct pexpr **arg;
	size_t n;
	bool ok;

	x->u.agg.op = (enum pagg)p->tok.sub;
	advance(p);
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
	struct pexpr *x = node(p, PX_PAREN, p->tok.from);

	advance(p);
	if ((x->u.paren = parse_expr(p, 0)) == NULL)
		return NULL;
	x->to = p->tok.to;
	if (!take(p, T_RPAREN))
		return unexpected(p, NULL, NULL);
	return above(p, x, x->u.paren);
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
	return parse_selector(p);
}

static struct pexpr *
parse_primary(struct parser *p)
{
	switch (p->tok.kind) {
	case T_NUMBER: case T_DURATION:
		return parse_number(p);
	case T_STRING:
		return parse_string(p);
	case T_LPAREN:
		return parse_paren(p);
	case T_LBRACE:
		return parse_selector(p);
	default:
		if (p->tok.metric)
			return parse_word(p);
		return unexpected(p, NULL, NULL);
	}
}

/* unary = [+|-] unary | primary { postfix } */
static struct pexpr *
parse_unary(struct parser *p)
{
	bool minus = at_op(p, POP_SUB);
	uint32_t from = p->tok.from;
	struct pexpr *x;

	if (!minus && !at_op(p, POP_ADD))
		return parse_postfix(p, parse_primary(p));
	advance(p);
	x = parse_expr(p, UNARY_LIMIT);
	return x ? negate(p, x, from, minus) : NULL;
}

/* v = [+|-] number|duration, in parentheses */
static bool
parse_fill_value(struct parser *p, double *out)
{
	struct pexpr *n;
	bool minus;

	advance(p);
	if (!take(p, T_LPAREN))
		return unexpected(p, NULL, NULL);
	minus = at_op(p, POP_SUB);
	if (minus || at_op(p, POP_ADD))
		advance(p);
	if (p->tok.kind != T_NUMBER && p->tok.kind != T_DURATION)
		return unexpected(p, NULL, NULL);
	if ((n = parse_number(p)) == NULL)
		return false;
	*out = minus ? -n->u.number.v : n->u.number.v;
	if (!take(p, T_RPAREN))
		return unexpected(p, NULL, NULL);
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
	x->u.binary.return_bool = take(p, T_BOOL);
	if (p->tok.kind == T_ON || p->tok.kind == T_IGNORING) {
		x->u.binary.on = p->tok.kind == T_ON;
		x->u.binary.has_matching = true;
		advance(p);
		if (!parse_labels(p, &x->u.binary.match,
		    &x->u.binary.nmatch))
			return false;
		if (p->tok.kind == T_GROUP_LEFT ||
		    p->tok.kind == T_GROUP_RIGHT) {
			x->u.binary.card = p->tok.kind == T_GROUP_LEFT ?
			    PCARD_MANY_TO_ONE : PCARD_ONE_TO_MANY;
			advance(p);
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
	struct pexpr *x = node(p, PX_BINARY, left->from), *right;

	advance(p);
	if (!parse_modifiers(p, x))
		return NULL;
	right = parse_expr(p, priority[op].right - 1);
	if (right == NULL)
		return NULL;
	if ((x->u.binary.fill_left || x->u.binary.fill_right) &&
	    !p->features->fill_modifiers)
		return fail(p, left->from,
		    "binop fill modifiers are experimental and not enabled");
	return binary(p, op, left, right, x);
}

/* expr = unary { op modifiers expr }, by priority */
static struct pexpr *
parse_expr(struct parser *p, int limit)
{
	struct pexpr *left;

	if (p->depth >= PROMQL_DEPTH_MAX)
		return fail(p, p->tok.from, "expression is nested too deeply");
	p->depth++;
	left = parse_unary(p);
	while (left && p->tok.kind == T_OP &&
	    priority[p->tok.sub].left > limit)
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
		return fail(p, 0, "no expression found in input");
	x = parse_expr(p, 0);
	if (x && p->tok.kind != T_EOF)
		return unexpected(p, NULL, NULL);
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
	find_newlines(&p);
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
