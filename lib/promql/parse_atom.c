/*
 * The leaves of an expression: numbers, strings, selectors.
 */
#include "promql/parser.h"

#include "core/dur.h"
#include "core/num.h"

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

struct pexpr *
parser_number(struct parser *p)
{
	struct pexpr *x = parser_node(p, PX_NUMBER, p->tok.from);
	int64_t ms;

	if (p->tok.kind == T_DURATION) {
		if (!dur_parse(p->tok.text, &ms))
			return parser_fail_named(p, p->tok.from,
			    "not a valid duration string: ", p->tok.text, "");
		x->u.number.v = (double)ms / 1000;
		x->u.number.is_duration = true;
	} else if (!number_value(p, p->tok.text, &x->u.number.v)) {
		return parser_fail_named(p, p->tok.from,
		    "error parsing number: strconv.ParseFloat: parsing ",
		    p->tok.text, ": invalid syntax");
	}
	x->to = p->tok.to;
	parser_advance(p);
	return x;
}

struct str
parser_string_value(struct parser *p, const struct ptoken *t)
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

struct pexpr *
parser_string(struct parser *p)
{
	struct pexpr *x = parser_node(p, PX_STRING, p->tok.from);

	x->u.string = parser_string_value(p, &p->tok);
	x->to = p->tok.to;
	parser_advance(p);
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
		return parser_unexpected(p, "label matching",
		    "identifier or \"}\"");
	name = quoted ? parser_string_value(p, &p->tok) : p->tok.text;
	parser_advance(p);
	if (match_operator(p, &op)) {
		parser_advance(p);
		if (p->tok.kind != T_STRING)
			return parser_unexpected(p, "label matching", "string");
		value = parser_string_value(p, &p->tok);
		parser_advance(p);
	} else if (quoted) {
		value = name;
		name = STR("__name__");
	} else {
		return parser_unexpected(p, "label matching",
		    "label matching operator");
	}
	if (matcher_init(&m, op, name, value, 0, &e) == -1)
		return parser_fail(p, from, e.msg);
	vec_push(out, m);
	return true;
}

/* matchers = "{" [ matcher { "," matcher } [ "," ] ] "}" */
static bool
parse_matchers(struct parser *p, matcher_vec *out)
{
	parser_advance(p);
	while (p->tok.kind != T_RBRACE) {
		if (!parse_matcher(p, out))
			return false;
		if (p->tok.kind == T_RBRACE)
			break;
		if (!parser_take(p, T_COMMA))
			return parser_unexpected(p, "label matching",
			    "\",\" or \"}\"");
	}
	parser_advance(p);
	return true;
}

/* selector = NAME [ matchers ] | matchers */
struct pexpr *
parser_selector(struct parser *p)
{
	struct pexpr *x = parser_node(p, PX_SELECTOR, p->tok.from);
	matcher_vec v = { 0 };
	struct matcher name;
	bool ok = true;

	x->to = p->tok.to;
	if (p->tok.kind != T_LBRACE) {
		x->u.selector.name = p->tok.text;
		parser_advance(p);
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
