#include "flow.h"

#include "promql/functions.h"

bool
names_have(const struct names *n, struct str name)
{
	size_t i;

	for (i = 0; i < n->n; i++)
		if (str_eq(n->p[i], name))
			return true;
	return false;
}

bool
flow_can_have(const struct flow *f, struct str name)
{
	return f->open ? !names_have(&f->never, name) :
	    names_have(&f->may, name);
}

static struct names
with(struct names n, struct str name, struct arena *a)
{
	struct names out;

	if (names_have(&n, name))
		return n;
	out.p = ARENA_ARRAY(a, n.n + 1, struct str);
	if (n.n)
		memcpy(out.p, n.p, n.n * sizeof(*n.p));
	out.p[n.n] = name;
	out.n = n.n + 1;
	return out;
}

static struct names
without(struct names n, struct str name, struct arena *a)
{
	struct names out = { ARENA_ARRAY(a, n.n, struct str), 0 };
	size_t i;

	for (i = 0; i < n.n; i++)
		if (!str_eq(n.p[i], name))
			out.p[out.n++] = n.p[i];
	return out;
}

static struct flow
add(struct flow f, struct str name, struct arena *a)
{
	if (f.open)
		f.never = without(f.never, name, a);
	else
		f.may = with(f.may, name, a);
	return f;
}

static struct flow
drop(struct flow f, struct str name, struct arena *a)
{
	if (f.open)
		f.never = with(f.never, name, a);
	else
		f.may = without(f.may, name, a);
	return f;
}

/* Only those of keep that f can have. */
static struct flow
keep_only(const struct flow *f, const struct str *keep, size_t n,
    struct arena *a)
{
	struct flow out = { .may = { ARENA_ARRAY(a, n, struct str), 0 } };
	size_t i;

	for (i = 0; i < n; i++)
		if (flow_can_have(f, keep[i]))
			out.may.p[out.may.n++] = keep[i];
	return out;
}

static struct flow
of_selector(const struct pexpr *x, struct arena *a)
{
	struct flow f = { .open = true };
	size_t i;

	for (i = 0; i < x->u.selector.nm; i++) {
		const struct matcher *m = &x->u.selector.m[i];

		if (m->op == MATCH_EQ && m->value.n == 0)
			f = drop(f, m->name, a);
	}
	return f;
}

/* absent(): the labels that its selector demands with '='. */
static struct flow
of_absent(const struct pexpr *arg, struct arena *a)
{
	struct flow f = { 0 };
	size_t i;

	arg = pexpr_bare(arg);
	if (arg->kind == PX_MATRIX)
		arg = arg->u.matrix.selector;
	if (arg->kind != PX_SELECTOR)
		return f;
	for (i = 0; i < arg->u.selector.nm; i++)
		if (arg->u.selector.m[i].op == MATCH_EQ &&
		    !str_eq(arg->u.selector.m[i].name, STR("__name__")))
			f = add(f, arg->u.selector.m[i].name, a);
	return f;
}

static bool
starts_with(const char *name, const char *prefix)
{
	return strncmp(name, prefix, strlen(prefix)) == 0;
}

static struct flow
of_call(const struct pexpr *x, struct arena *a)
{
	const char *name = x->u.call.func->name;
	struct flow f = { 0 };
	size_t i;

	if (starts_with(name, "absent"))
		return of_absent(x->u.call.arg[0], a);
	for (i = 0; i < x->u.call.nargs; i++) {
		enum ptype t = x->u.call.arg[i]->type;

		if (t == P_VECTOR || t == P_MATRIX) {
			f = flow_of(x->u.call.arg[i], a);
			break;
		}
	}
	if (strcmp(name, "label_replace") == 0 ||
	    strcmp(name, "label_join") == 0) {
		const struct pexpr *dst = pexpr_bare(x->u.call.arg[1]);

		if (dst->kind == PX_STRING)
			f = add(f, dst->u.string, a);
	}
	if (strcmp(name, "info") == 0)
		f.open = true;
	if (strcmp(name, "histogram_quantile") == 0 ||
	    strcmp(name, "histogram_fraction") == 0)
		f = drop(f, STR("le"), a);
	return x->u.call.func->keeps_name ? f : drop(f, STR("__name__"), a);
}

static bool
picks_series(enum pagg op)
{
	return op == PAGG_TOPK || op == PAGG_BOTTOMK || op == PAGG_LIMITK ||
	    op == PAGG_LIMIT_RATIO;
}

static struct flow
of_agg(const struct pexpr *x, struct arena *a)
{
	struct flow f = flow_of(x->u.agg.expr, a);
	const struct pexpr *param;
	size_t i;

	if (picks_series(x->u.agg.op))
		return f;
	if (x->u.agg.without) {
		for (i = 0; i < x->u.agg.nby; i++)
			f = drop(f, x->u.agg.by[i], a);
		f = drop(f, STR("__name__"), a);
	} else {
		f = keep_only(&f, x->u.agg.by, x->u.agg.nby, a);
	}
	if (x->u.agg.op == PAGG_COUNT_VALUES && x->u.agg.param) {
		param = pexpr_bare(x->u.agg.param);
		if (param->kind == PX_STRING)
			f = add(f, param->u.string, a);
	}
	return f;
}

/* What either side can have. */
static struct flow
of_either(struct flow l, struct flow r, struct arena *a)
{
	struct flow out;
	size_t i;

	if (!l.open && !r.open) {
		for (i = 0; i < r.may.n; i++)
			l = add(l, r.may.p[i], a);
		return l;
	}
	out = l.open ? l : r;
	if (l.open && r.open)
		out.never = (struct names){ ARENA_ARRAY(a, l.never.n,
		    struct str), 0 };
	else
		out.never = (struct names){ ARENA_ARRAY(a, out.never.n,
		    struct str), 0 };
	for (i = 0; i < (l.open ? l.never.n : r.never.n); i++) {
		struct str s = l.open ? l.never.p[i] : r.never.p[i];

		if (!flow_can_have(&l, s) && !flow_can_have(&r, s))
			out.never.p[out.never.n++] = s;
	}
	return out;
}

static struct flow
of_match(const struct pexpr *x, struct flow many, struct flow one,
    struct arena *a)
{
	size_t i;

	if (x->u.binary.card == PCARD_ONE_TO_ONE && x->u.binary.on)
		many = keep_only(&many, x->u.binary.match, x->u.binary.nmatch,
		    a);
	else if (x->u.binary.card == PCARD_ONE_TO_ONE)
		for (i = 0; i < x->u.binary.nmatch; i++)
			many = drop(many, x->u.binary.match[i], a);
	for (i = 0; i < x->u.binary.ninclude; i++)
		many = flow_can_have(&one, x->u.binary.include[i]) ?
		    add(many, x->u.binary.include[i], a) :
		    drop(many, x->u.binary.include[i], a);
	if (!pop_is_comparison(x->u.binary.op) || x->u.binary.return_bool)
		many = drop(many, STR("__name__"), a);
	return many;
}

static struct flow
of_binary(const struct pexpr *x, struct arena *a)
{
	struct flow l = flow_of(x->u.binary.left, a);
	struct flow r = flow_of(x->u.binary.right, a);

	if (x->u.binary.left->type != P_VECTOR)
		return r;
	if (x->u.binary.right->type != P_VECTOR)
		return l;
	if (x->u.binary.op == POP_OR)
		return of_either(l, r, a);
	if (pop_is_set(x->u.binary.op))
		return l;
	if (x->u.binary.card == PCARD_ONE_TO_MANY)
		return of_match(x, r, l, a);
	return of_match(x, l, r, a);
}

struct flow
flow_of(const struct pexpr *x, struct arena *a)
{
	switch (x->kind) {
	case PX_SELECTOR:
		return of_selector(x, a);
	case PX_MATRIX:
		return flow_of(x->u.matrix.selector, a);
	case PX_SUBQUERY:
		return flow_of(x->u.subquery.expr, a);
	case PX_CALL:
		return of_call(x, a);
	case PX_AGG:
		return of_agg(x, a);
	case PX_BINARY:
		return of_binary(x, a);
	case PX_UNARY:
		return flow_of(x->u.unary.expr, a);
	case PX_PAREN:
		return flow_of(x->u.paren, a);
	case PX_NUMBER:
	case PX_STRING:
	case PX_DUR_CALL:
		break;
	}
	return (struct flow){ 0 };
}
