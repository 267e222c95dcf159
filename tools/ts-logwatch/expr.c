#include "expr.h"

#include <ctype.h>

#include "core/mem.h"
#include "core/num.h"
#include "core/vec.h"
#include "grok.h"
#include "json/read.h"
#include "re/re.h"
#include "scan.h"

#define DEPTH_MAX	50

enum op { OP_AND, OP_OR, OP_NOT, OP_EQ, OP_NE, OP_LT, OP_LE, OP_GT, OP_GE,
    OP_MATCH, OP_NOMATCH, OP_IN, OP_NOTIN, OP_THERE };

enum operand_kind { OPERAND_FIELD, OPERAND_TEXT, OPERAND_NUMBER,
    OPERAND_LIST };

struct operand {
	enum operand_kind kind;
	struct str text;	/* name or text */
	double num;
	struct operand *item;
	size_t n;
};

struct node {
	enum op op;
	struct node *left, *right;
	struct operand a, b;
	struct re *re;
};

struct expr {
	struct node *root;
	struct arena arena;
	VEC(struct re *) regexes;
};

struct parse {
	struct scan c;
	struct expr *x;
	struct err *e;
	unsigned depth;
};

/* ---- parsing ---- */

static int
bad(struct parse *p, const char *what)
{
	return err_at(p->e, 1, (unsigned)p->c.at + 1, "%s in condition '"
	    STR_FMT "'", what, STR_ARG(p->c.s));
}

static bool
is_word(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '@' || c == '-' ||
	    c == '.';
}

/* A word of the grammar, not the begin of a name. */
static bool
keyword(struct parse *p, struct str word)
{
	size_t end;

	scan_blanks(&p->c);
	end = p->c.at + word.n;
	if (!str_starts(scan_rest(&p->c), word) ||
	    (isalpha((unsigned char)word.p[0]) && end < p->c.s.n &&
	    is_word(p->c.s.p[end])))
		return false;
	p->c.at = end;
	return true;
}

static int
quoted(struct parse *p, struct str *out)
{
	char q = p->c.s.p[p->c.at++];
	size_t from = p->c.at;
	bool escaped = false;

	while (!scan_end(&p->c) && p->c.s.p[p->c.at] != q) {
		if (p->c.s.p[p->c.at] == '\\' && q != '/') {
			escaped = true;
			p->c.at++;
		} else if (p->c.s.p[p->c.at] == '\\') {
			p->c.at++;
		}
		p->c.at++;
	}
	if (scan_end(&p->c))
		return bad(p, "a text is not closed");
	*out = str_sub(p->c.s, from, p->c.at++);
	if (escaped && q == '"')
		*out = scan_unescape(*out, &p->x->arena);
	return 0;
}

static int operand(struct parse *p, struct operand *out);

static int
list(struct parse *p, struct operand *out)
{
	VEC(struct operand) items = { 0 };
	struct operand one;
	int rc = -1;

	p->c.at++;
	for (;;) {
		if (keyword(p, STR("]")))
			break;
		if (operand(p, &one) == -1)
			goto out;
		vec_push(&items, one);
		if (keyword(p, STR("]")))
			break;
		if (!keyword(p, STR(","))) {
			(void)bad(p, "expected ',' or ']'");
			goto out;
		}
	}
	*out = (struct operand){ .kind = OPERAND_LIST, .n = items.n,
	    .item = ARENA_ARRAY(&p->x->arena, items.n + 1,
	    struct operand) };
	if (items.n > 0)
		memcpy(out->item, items.p, items.n * sizeof(*items.p));
	rc = 0;
out:
	vec_release(&items);
	return rc;
}

/* [a][b] as Logstash writes fields; ["a", 1] is a list. */
static bool
is_reference(struct str s)
{
	size_t i = 1;

	while (i < s.n && s.p[i] == ' ')
		i++;
	return i < s.n && (isalpha((unsigned char)s.p[i]) || s.p[i] == '@' ||
	    s.p[i] == '_');
}

static int
reference(struct parse *p, struct operand *out)
{
	size_t from = p->c.at;

	while (!scan_end(&p->c) && p->c.s.p[p->c.at] == '[') {
		while (!scan_end(&p->c) && p->c.s.p[p->c.at] != ']')
			p->c.at++;
		if (scan_end(&p->c))
			return bad(p, "missing ']'");
		p->c.at++;
	}
	*out = (struct operand){ .kind = OPERAND_FIELD,
	    .text = grok_field_name(str_sub(p->c.s, from, p->c.at),
	    &p->x->arena) };
	return 0;
}

static int
operand(struct parse *p, struct operand *out)
{
	size_t from;
	char c;

	scan_blanks(&p->c);
	if (scan_end(&p->c))
		return bad(p, "something is missing at the end");
	c = p->c.s.p[p->c.at];
	*out = (struct operand){ .kind = OPERAND_TEXT };
	if (c == '"' || c == '\'' || c == '/')
		return quoted(p, &out->text);
	if (c == '[')
		return is_reference(scan_rest(&p->c)) ? reference(p, out) :
		    list(p, out);
	from = p->c.at;
	while (!scan_end(&p->c) && is_word(p->c.s.p[p->c.at]))
		p->c.at++;
	out->text = str_sub(p->c.s, from, p->c.at);
	if (out->text.n == 0)
		return bad(p, "expected a field, a text or a number");
	if (num_parse_double(out->text, &out->num))
		out->kind = OPERAND_NUMBER;
	else
		out->kind = OPERAND_FIELD;
	return 0;
}

static const struct { struct str text; enum op op; } compares[] = {
	{ STR("=="), OP_EQ }, { STR("!="), OP_NE }, { STR("<="), OP_LE },
	{ STR(">="), OP_GE }, { STR("=~"), OP_MATCH },
	{ STR("!~"), OP_NOMATCH }, { STR("<"), OP_LT }, { STR(">"), OP_GT },
	{ STR("not in"), OP_NOTIN }, { STR("in"), OP_IN },
};

static struct node *either(struct parse *p);

static struct node *
node_new(struct parse *p, enum op op, struct node *left, struct node *right)
{
	struct node *n = ARENA_NEW(&p->x->arena, struct node);

	n->op = op;
	n->left = left;
	n->right = right;
	return n;
}

static struct node *
comparison(struct parse *p)
{
	struct node *n = node_new(p, OP_THERE, NULL, NULL);
	struct err why;
	size_t i;

	if (operand(p, &n->a) == -1)
		return NULL;
	for (i = 0; i < sizeof(compares) / sizeof(compares[0]); i++)
		if (keyword(p, compares[i].text))
			break;
	if (i == sizeof(compares) / sizeof(compares[0]))
		return n;
	n->op = compares[i].op;
	if (operand(p, &n->b) == -1)
		return NULL;
	if (n->op != OP_MATCH && n->op != OP_NOMATCH)
		return n;
	if (n->b.kind != OPERAND_TEXT) {
		(void)bad(p, "expected a regular expression in quotes");
		return NULL;
	}
	n->re = re_compile(n->b.text, RE_RUBY, &why);
	if (n->re == NULL) {
		(void)bad(p, why.msg);
		return NULL;
	}
	vec_push(&p->x->regexes, n->re);
	return n;
}

/* unary -> ( "not" | "!" ) unary | "(" either ")" | comparison */
static struct node *
unary(struct parse *p)
{
	struct node *n;

	if (++p->depth > DEPTH_MAX) {
		(void)bad(p, "nested too deep");
		return NULL;
	}
	scan_blanks(&p->c);
	if (keyword(p, STR("not")) || (!str_starts(scan_rest(&p->c),
	    STR("!~")) && keyword(p, STR("!")))) {
		n = unary(p);
		n = n ? node_new(p, OP_NOT, n, NULL) : NULL;
	} else if (keyword(p, STR("("))) {
		n = either(p);
		if (n != NULL && !keyword(p, STR(")"))) {
			(void)bad(p, "missing ')'");
			n = NULL;
		}
	} else {
		n = comparison(p);
	}
	p->depth--;
	return n;
}

/* both -> unary { "and" unary } */
static struct node *
both(struct parse *p)
{
	struct node *n = unary(p), *right;

	while (n != NULL && (keyword(p, STR("and")) ||
	    keyword(p, STR("&&")))) {
		right = unary(p);
		n = right ? node_new(p, OP_AND, n, right) : NULL;
	}
	return n;
}

/* either -> both { "or" both } */
static struct node *
either(struct parse *p)
{
	struct node *n = both(p), *right;

	while (n != NULL && (keyword(p, STR("or")) ||
	    keyword(p, STR("||")))) {
		right = both(p);
		n = right ? node_new(p, OP_OR, n, right) : NULL;
	}
	return n;
}

struct expr *
expr_parse(struct str text, struct err *e)
{
	struct expr *x = mem_zalloc(sizeof(*x));
	struct parse p = { .x = x, .e = e };

	p.c.s = arena_str(&x->arena, text);
	x->root = either(&p);
	scan_blanks(&p.c);
	if (x->root != NULL && !scan_end(&p.c)) {
		(void)bad(&p, "expected 'and' or 'or'");
		x->root = NULL;
	}
	if (x->root == NULL) {
		expr_free(x);
		return NULL;
	}
	return x;
}

void
expr_free(struct expr *x)
{
	size_t i;

	if (x == NULL)
		return;
	for (i = 0; i < x->regexes.n; i++)
		re_free(x->regexes.p[i]);
	vec_release(&x->regexes);
	arena_free(&x->arena);
	mem_free(x);
}

/* ---- evaluation ---- */

static struct value
value_of(const struct operand *o, const struct event *ev)
{
	if (o->kind == OPERAND_FIELD)
		return event_get(ev, o->text);
	return (struct value){ o->kind == OPERAND_NUMBER ? VAL_NUM : VAL_STR,
	    o->text };
}

/* A value that is compared, perhaps with several; its number is read once. */
struct side {
	struct value v;
	bool read, number;
	double num;
};

static struct side
side_of(const struct operand *o, const struct event *ev)
{
	return (struct side){ .v = value_of(o, ev), .num = o->num,
	    .read = o->kind == OPERAND_NUMBER,
	    .number = o->kind == OPERAND_NUMBER };
}

static bool
is_number(struct side *s)
{
	if (!s->read)
		s->number = value_number(s->v, &s->num);
	s->read = true;
	return s->number;
}

/* x and b; false: they do not compare. */
static bool
compare(struct side *x, const struct operand *b, const struct event *ev,
    int *out)
{
	struct side y = side_of(b, ev);

	if (x->v.kind == VAL_NONE || y.v.kind == VAL_NONE)
		return false;
	if ((x->v.kind == VAL_NUM || y.v.kind == VAL_NUM) && is_number(x) &&
	    is_number(&y))
		*out = x->num < y.num ? -1 : x->num > y.num;
	else
		*out = str_cmp(value_text(x->v), value_text(y.v));
	return true;
}

/* An element of the array, or a part of the text. */
static bool
contains(const struct event *ev, struct value hay, struct str needle)
{
	enum jr_tok tok;
	struct jr r;

	if (hay.kind == VAL_STR)
		return str_find(hay.text, needle) != -1;
	if (hay.kind != VAL_JSON)
		return false;
	jr_init(&r, hay.text, ev->arena);
	if (jr_next(&r) != JR_ARR)
		return false;
	while ((tok = jr_next(&r)) == JR_STR || tok == JR_NUM)
		if (str_eq(r.str, needle))
			return true;
	return false;
}

static bool
is_in(const struct node *n, const struct event *ev)
{
	struct side x = side_of(&n->a, ev);
	size_t i;
	int order;

	if (x.v.kind == VAL_NONE)
		return false;
	if (n->b.kind != OPERAND_LIST) {
		/* tags are looked at where they are */
		if (n->b.kind == OPERAND_FIELD &&
		    str_eq(n->b.text, STR("tags")))
			return event_has_tag(ev, x.v.text);
		return contains(ev, value_of(&n->b, ev), x.v.text);
	}
	for (i = 0; i < n->b.n; i++)
		if (compare(&x, &n->b.item[i], ev, &order) && order == 0)
			return true;
	return false;
}

static bool
matches(const struct node *n, const struct event *ev)
{
	struct value v = value_of(&n->a, ev);

	return v.kind != VAL_NONE && re_match(n->re, value_text(v));
}

static bool
is_there(const struct operand *o, const struct event *ev)
{
	struct value v = value_of(o, ev);
	size_t i;

	/* An object is there when something is in it. */
	for (i = 0; v.kind == VAL_NONE && i < ev->nfields; i++)
		if (event_is_below(ev->field[i].name, o->text))
			return true;
	return v.kind != VAL_NONE && v.kind != VAL_NULL &&
	    !(v.kind == VAL_BOOL && v.text.p[0] == 'f');
}

static bool
evaluate(const struct node *n, const struct event *ev)
{
	struct side x;
	int order;

	switch (n->op) {
	case OP_AND:
		return evaluate(n->left, ev) && evaluate(n->right, ev);
	case OP_OR:
		return evaluate(n->left, ev) || evaluate(n->right, ev);
	case OP_NOT:
		return !evaluate(n->left, ev);
	case OP_THERE:
		return is_there(&n->a, ev);
	case OP_IN:
		return is_in(n, ev);
	case OP_NOTIN:
		return !is_in(n, ev);
	case OP_MATCH:
		return matches(n, ev);
	case OP_NOMATCH:
		return !matches(n, ev);
	default:
		break;
	}
	x = side_of(&n->a, ev);
	if (!compare(&x, &n->b, ev, &order))
		return false;
	switch (n->op) {
	case OP_EQ: return order == 0;
	case OP_NE: return order != 0;
	case OP_LT: return order < 0;
	case OP_LE: return order <= 0;
	case OP_GT: return order > 0;
	default: return order >= 0;
	}
}

bool
expr_true(const struct expr *x, const struct event *ev)
{
	return evaluate(x->root, ev);
}
