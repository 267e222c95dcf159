#include "carry.h"

#include "promql/functions.h"

static void
put(struct carry *c, const struct matcher *m, struct arena *a)
{
	const struct matcher **p = ARENA_ARRAY(a, c->n + 1,
	    const struct matcher *);

	if (c->n)
		memcpy(p, c->p, c->n * sizeof(*p));
	p[c->n] = m;
	c->p = p;
	c->n++;
}

void
carry_drop(struct carry *c, struct str label)
{
	size_t i, kept = 0;

	for (i = 0; i < c->n; i++)
		if (!str_eq(c->p[i]->name, label))
			c->p[kept++] = c->p[i];
	c->n = kept;
}

static bool
is_listed(const struct str *list, size_t n, struct str name)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (str_eq(list[i], name))
			return true;
	return false;
}

/* Those on the listed labels, or on all others. */
static struct carry
filter(struct carry c, const struct str *list, size_t n, bool listed)
{
	size_t i, kept = 0;

	for (i = 0; i < c.n; i++)
		if (is_listed(list, n, c.p[i]->name) == listed)
			c.p[kept++] = c.p[i];
	c.n = kept;
	return c;
}

static struct carry
of_selector(const struct pexpr *x, struct arena *a)
{
	struct carry c = { 0 };
	size_t i;

	for (i = 0; i < x->u.selector.nm; i++)
		put(&c, &x->u.selector.m[i], a);
	return c;
}

static const struct matcher *
renamed(const struct matcher *m, struct str name, struct arena *a)
{
	struct matcher *copy = ARENA_NEW(a, struct matcher);

	*copy = *m;
	copy->name = name;
	return copy;
}

static const struct matcher *
equals(struct str name, struct str value, struct arena *a)
{
	struct matcher *m = ARENA_NEW(a, struct matcher);

	*m = (struct matcher){ .op = MATCH_EQ, .name = name, .value = value };
	return m;
}

static bool
is_any(struct str regex)
{
	return str_eq(regex, STR("(.*)")) || str_eq(regex, STR(".*"));
}

/*
 * label_replace(v, dst, text, src, regex) sets dst to a plain text when the
 * regex surely matches, and copies src with "$1" and "(.*)".
 */
static void
replace_label(struct carry *c, const struct pexpr *x, struct arena *a)
{
	struct str s[4], dst, text, src;
	struct carry before = *c;
	bool always;
	size_t i;

	for (i = 0; i < 4; i++) {
		const struct pexpr *arg = pexpr_bare(x->u.call.arg[i + 1]);

		s[i] = arg->kind == PX_STRING ? arg->u.string : STR_NONE;
	}
	dst = s[0];
	text = s[1];
	src = s[2];
	always = is_any(s[3]) || (src.n == 0 && s[3].n == 0);
	before.p = ARENA_ARRAY(a, c->n, const struct matcher *);
	if (c->n)
		memcpy(before.p, c->p, c->n * sizeof(*c->p));
	carry_drop(c, dst);
	if (!always)
		return;
	if (str_find_char(text, '$') == -1) {
		put(c, equals(dst, text, a), a);
		return;
	}
	for (i = 0; i < before.n && (str_eq(text, STR("$1")) ||
	    str_eq(text, STR("${1}"))); i++)
		if (str_eq(before.p[i]->name, src))
			put(c, renamed(before.p[i], dst, a), a);
}

/* absent() gives what its selector demands with '='. */
static struct carry
of_absent(const struct pexpr *arg, struct arena *a)
{
	struct carry c = { 0 };
	size_t i;

	arg = pexpr_bare(arg);
	if (arg->kind == PX_MATRIX)
		arg = arg->u.matrix.selector;
	for (i = 0; arg->kind == PX_SELECTOR && i < arg->u.selector.nm; i++)
		if (arg->u.selector.m[i].op == MATCH_EQ)
			put(&c, &arg->u.selector.m[i], a);
	return c;
}

static struct carry
of_call(const struct pexpr *x, struct arena *a)
{
	const char *name = x->u.call.func->name;
	struct carry c = { 0 };
	size_t i;

	if (strncmp(name, "absent", 6) == 0)
		return of_absent(x->u.call.arg[0], a);
	for (i = 0; i < x->u.call.nargs; i++) {
		enum ptype t = x->u.call.arg[i]->type;

		if (t == P_VECTOR || t == P_MATRIX) {
			c = carry_of(x->u.call.arg[i], a);
			break;
		}
	}
	if (strcmp(name, "label_replace") == 0)
		replace_label(&c, x, a);
	else if (strcmp(name, "label_join") == 0)
		carry_drop(&c, pexpr_bare(x->u.call.arg[1])->u.string);
	if (!x->u.call.func->keeps_name)
		carry_drop(&c, STR("__name__"));
	return c;
}

static struct carry
of_agg(const struct pexpr *x, struct arena *a)
{
	struct carry c = carry_of(x->u.agg.expr, a);

	if (x->u.agg.op == PAGG_TOPK || x->u.agg.op == PAGG_BOTTOMK ||
	    x->u.agg.op == PAGG_LIMITK || x->u.agg.op == PAGG_LIMIT_RATIO)
		return c;
	if (x->u.agg.without)
		carry_drop(&c, STR("__name__"));
	c = filter(c, x->u.agg.by, x->u.agg.nby, !x->u.agg.without);
	if (x->u.agg.op == PAGG_COUNT_VALUES &&
	    pexpr_bare(x->u.agg.param)->kind == PX_STRING)
		carry_drop(&c, pexpr_bare(x->u.agg.param)->u.string);
	return c;
}

/* What both say. */
static struct carry
common(struct carry l, const struct carry *r)
{
	size_t i, k, kept = 0;

	for (i = 0; i < l.n; i++)
		for (k = 0; k < r->n; k++)
			if (l.p[i]->op == r->p[k]->op &&
			    str_eq(l.p[i]->name, r->p[k]->name) &&
			    str_eq(l.p[i]->value, r->p[k]->value)) {
				l.p[kept++] = l.p[i];
				break;
			}
	l.n = kept;
	return l;
}

static struct carry
of_binary(const struct pexpr *x, struct arena *a)
{
	struct carry l = carry_of(x->u.binary.left, a);
	struct carry r = carry_of(x->u.binary.right, a), c;
	size_t i;

	if (x->u.binary.op == POP_OR)
		return common(l, &r);
	c = x->u.binary.left->type != P_VECTOR ||
	    x->u.binary.card == PCARD_ONE_TO_MANY ? r : l;
	if (x->u.binary.left->type != P_VECTOR ||
	    x->u.binary.right->type != P_VECTOR || pop_is_set(x->u.binary.op))
		return c;
	if (x->u.binary.card == PCARD_ONE_TO_ONE)
		c = filter(c, x->u.binary.match, x->u.binary.nmatch,
		    x->u.binary.on);
	for (i = 0; i < x->u.binary.ninclude; i++)
		carry_drop(&c, x->u.binary.include[i]);
	if (!pop_is_comparison(x->u.binary.op) || x->u.binary.return_bool)
		carry_drop(&c, STR("__name__"));
	return c;
}

struct carry
carry_of(const struct pexpr *x, struct arena *a)
{
	switch (x->kind) {
	case PX_SELECTOR:
		return of_selector(x, a);
	case PX_MATRIX:
		return carry_of(x->u.matrix.selector, a);
	case PX_SUBQUERY:
		return carry_of(x->u.subquery.expr, a);
	case PX_CALL:
		return of_call(x, a);
	case PX_AGG:
		return of_agg(x, a);
	case PX_BINARY:
		return of_binary(x, a);
	case PX_UNARY:
		return carry_of(x->u.unary.expr, a);
	case PX_PAREN:
		return carry_of(x->u.paren, a);
	case PX_NUMBER:
	case PX_STRING:
	case PX_DUR_CALL:
		break;
	}
	return (struct carry){ 0 };
}

/* ---- two results ---- */

/* What c says of the label with '='; NULL: nothing. */
static const struct matcher *
value_of(const struct carry *c, struct str label)
{
	size_t i;

	for (i = 0; i < c->n; i++)
		if (c->p[i]->op == MATCH_EQ && str_eq(c->p[i]->name, label))
			return c->p[i];
	return NULL;
}

/* Is the value refused by what c says of the label? */
static bool
refuses(const struct carry *c, const struct matcher *value)
{
	size_t i;

	for (i = 0; i < c->n; i++)
		if (str_eq(c->p[i]->name, value->name) &&
		    !matcher_ok_value(c->p[i], value->value))
			return true;
	return false;
}

/* Pattern m, and on the same label another pattern, but not m. */
static bool
differs(const struct carry *c, const struct matcher *m)
{
	bool other = false;
	size_t i;

	for (i = 0; i < c->n; i++) {
		const struct matcher *k = c->p[i];

		if (!str_eq(k->name, m->name))
			continue;
		if (k->op == m->op && str_eq(k->value, m->value))
			return false;
		other = true;
	}
	return other;
}

static bool
is_apart(const struct carry *a, const struct carry *b)
{
	size_t i;

	for (i = 0; i < a->n; i++) {
		const struct matcher *m = a->p[i];

		if (m->op == MATCH_EQ ? refuses(b, m) :
		    value_of(b, m->name) == NULL && differs(b, m))
			return true;
	}
	return false;
}

bool
carry_apart(const struct carry *a, const struct carry *b)
{
	return is_apart(a, b) || is_apart(b, a);
}
