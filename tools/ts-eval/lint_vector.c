/*
 * Lints of how two vectors are matched.
 */
#include "flow.h"
#include "lint.h"
#include "promql/functions.h"

struct walk {
	struct lint_run *run;
	const struct lint_rule *r;
};

/* A selector below calls, parentheses and ranges, without aggregation. */
static const struct pexpr *
only_selector(const struct pexpr *x)
{
	x = pexpr_bare(x);
	while (x->kind == PX_CALL || x->kind == PX_MATRIX) {
		if (x->kind == PX_MATRIX)
			return x->u.matrix.selector;
		if (x->u.call.nargs == 0)
			return NULL;
		x = pexpr_bare(x->u.call.arg[0]);
	}
	return x->kind == PX_SELECTOR ? x : NULL;
}

static bool
has_matcher(const struct pexpr *sel, const struct matcher *m)
{
	size_t i;

	for (i = 0; i < sel->u.selector.nm; i++) {
		const struct matcher *k = &sel->u.selector.m[i];

		if (k->op == m->op && str_eq(k->name, m->name) &&
		    str_eq(k->value, m->value))
			return true;
	}
	return false;
}

/* Every matcher of all stands in some, which has others besides. */
static const struct matcher *
extra_matcher(const struct pexpr *some, const struct pexpr *all)
{
	const struct matcher *extra = NULL;
	size_t i;

	for (i = 0; i < all->u.selector.nm; i++)
		if (!has_matcher(some, &all->u.selector.m[i]))
			return NULL;
	for (i = 0; i < some->u.selector.nm; i++)
		if (!has_matcher(all, &some->u.selector.m[i]))
			extra = &some->u.selector.m[i];
	return extra;
}

static bool
same_time(const struct pexpr *a, const struct pexpr *b)
{
	const struct pwhen *x = &a->u.selector.when, *y = &b->u.selector.when;

	return x->offset.ms == y->offset.ms && !x->offset.expr &&
	    !y->offset.expr && x->at == y->at && x->at_ms == y->at_ms;
}

static bool
matches_on(const struct pexpr *x, struct str label)
{
	size_t i;

	for (i = 0; i < x->u.binary.nmatch; i++)
		if (str_eq(x->u.binary.match[i], label))
			return x->u.binary.on;
	return !x->u.binary.on;
}

static bool
note_same_series(void *arg, const struct pexpr *x)
{
	struct walk *w = arg;
	const struct pexpr *l, *r;
	const struct matcher *extra;

	if (x->kind != PX_BINARY || x->u.binary.op != POP_DIV)
		return true;
	l = only_selector(x->u.binary.left);
	r = only_selector(x->u.binary.right);
	if (l == NULL || r == NULL || !same_time(l, r))
		return true;
	extra = extra_matcher(l, r);
	if (extra && matches_on(x, extra->name))
		lint_at_expr(w->run, w->r, x, "each series with " STR_FMT
		    "%s\"" STR_FMT "\" is divided by itself, so the ratio is "
		    "always 1: aggregate both sides, sum by (...) (...) / "
		    "sum by (...) (...)", STR_ARG(extra->name),
		    match_op_text(extra->op), STR_ARG(extra->value));
	return true;
}

void
lint_ratio_same_series(struct lint_run *run, const struct lint_rule *r)
{
	struct walk w = { run, r };

	pexpr_walk(r->expr, note_same_series, &w);
}

/* "node_memory" of node_memory_MemTotal_bytes: what one source exports. */
static struct str
family(struct str name)
{
	size_t i, parts = 0;

	for (i = 0; i < name.n; i++)
		if (name.p[i] == '_' && ++parts == 2)
			break;
	return str_sub(name, 0, i);
}

static bool
note_matching(void *arg, const struct pexpr *x)
{
	struct walk *w = arg;
	const struct pexpr *l, *r;

	if (x->kind != PX_BINARY || pop_is_set(x->u.binary.op) ||
	    x->u.binary.has_matching)
		return true;
	l = only_selector(x->u.binary.left);
	r = only_selector(x->u.binary.right);
	if (l == NULL || r == NULL || l->u.selector.name.n == 0 ||
	    r->u.selector.name.n == 0 ||
	    str_eq(family(l->u.selector.name), family(r->u.selector.name)))
		return true;
	lint_at_expr(w->run, w->r, x, "'" STR_FMT "' and '" STR_FMT "' must "
	    "have exactly the same labels to match here; if they do not, the "
	    "result is empty: say on (...) or ignoring (...)",
	    STR_ARG(l->u.selector.name), STR_ARG(r->u.selector.name));
	return true;
}

void
lint_vector_matching(struct lint_run *run, const struct lint_rule *r)
{
	struct walk w = { run, r };

	/* Samples tell what matches: match-empty. */
	if (run->in->data == NULL)
		pexpr_walk(r->expr, note_matching, &w);
}

/* A label of side a, surely there or matched on, that b cannot have. */
static struct str
missing_on(const struct pexpr *x, const struct flow *l, const struct flow *r)
{
	size_t i;

	for (i = 0; i < x->u.binary.nmatch; i++)
		if (flow_can_have(l, x->u.binary.match[i]) !=
		    flow_can_have(r, x->u.binary.match[i]))
			return x->u.binary.match[i];
	return STR_NONE;
}

static bool
is_ignored(const struct pexpr *x, struct str name)
{
	size_t i;

	for (i = 0; i < x->u.binary.nmatch; i++)
		if (str_eq(x->u.binary.match[i], name))
			return true;
	return false;
}

/* Without on(): a label that closed set a keeps and closed set b has not. */
static struct str
missing_all(const struct pexpr *x, const struct flow *a, const struct flow *b)
{
	size_t i;

	for (i = 0; !a->open && !b->open && i < a->may.n; i++)
		if (!flow_can_have(b, a->may.p[i]) &&
		    !is_ignored(x, a->may.p[i]))
			return a->may.p[i];
	return STR_NONE;
}

static bool
note_impossible(void *arg, const struct pexpr *x)
{
	struct walk *w = arg;
	struct arena *a = w->run->in->arena;
	struct flow l, r;
	struct str name;

	if (x->kind != PX_BINARY || x->u.binary.op == POP_OR ||
	    x->u.binary.left->type != P_VECTOR ||
	    x->u.binary.right->type != P_VECTOR)
		return true;
	l = flow_of(x->u.binary.left, a);
	r = flow_of(x->u.binary.right, a);
	if (x->u.binary.on)
		name = missing_on(x, &l, &r);
	else if ((name = missing_all(x, &l, &r)).n == 0)
		name = missing_all(x, &r, &l);
	if (name.n)
		lint_at_expr(w->run, w->r, x, "label '" STR_FMT "' is matched, "
		    "but only one side of '%s' can have it: they match only "
		    "where it is empty", STR_ARG(name),
		    pop_text(x->u.binary.op));
	return true;
}

void
lint_impossible_match(struct lint_run *run, const struct lint_rule *r)
{
	struct walk w = { run, r };

	pexpr_walk(r->expr, note_impossible, &w);
}
