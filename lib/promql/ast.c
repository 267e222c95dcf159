/*
 * What everybody asks of a tree: operator texts, children, how far it looks
 * back.
 */
#include "promql/ast.h"

static const char *const op_text[POP_NOPS] = {
	[POP_ADD] = "+", [POP_SUB] = "-", [POP_MUL] = "*", [POP_DIV] = "/",
	[POP_MOD] = "%", [POP_POW] = "^", [POP_ATAN2] = "atan2",
	[POP_EQ] = "==", [POP_NE] = "!=", [POP_LT] = "<", [POP_LE] = "<=",
	[POP_GT] = ">", [POP_GE] = ">=", [POP_TRIM_UPPER] = "</",
	[POP_TRIM_LOWER] = ">/", [POP_AND] = "and", [POP_OR] = "or",
	[POP_UNLESS] = "unless",
};

static const char *const agg_text[PAGG_NAGGS] = {
	[PAGG_SUM] = "sum", [PAGG_AVG] = "avg", [PAGG_COUNT] = "count",
	[PAGG_MIN] = "min", [PAGG_MAX] = "max", [PAGG_GROUP] = "group",
	[PAGG_STDDEV] = "stddev", [PAGG_STDVAR] = "stdvar",
	[PAGG_TOPK] = "topk", [PAGG_BOTTOMK] = "bottomk",
	[PAGG_COUNT_VALUES] = "count_values", [PAGG_QUANTILE] = "quantile",
	[PAGG_LIMITK] = "limitk", [PAGG_LIMIT_RATIO] = "limit_ratio",
};

const char *
pop_text(enum pop op)
{
	return op_text[op];
}

const char *
pagg_text(enum pagg op)
{
	return agg_text[op];
}

bool
pop_is_comparison(enum pop op)
{
	return op >= POP_EQ && op <= POP_GE;
}

bool
pop_is_set(enum pop op)
{
	return op >= POP_AND && op <= POP_UNLESS;
}

const char *
ptype_text(enum ptype t)
{
	static const char *const text[] = {
		[P_NONE] = "none", [P_SCALAR] = "scalar",
		[P_VECTOR] = "instant vector", [P_MATRIX] = "range vector",
		[P_STRING] = "string",
	};

	return text[t];
}

enum ptype
promql_type(const struct pexpr *x)
{
	return x->type;
}

const struct pexpr *
pexpr_bare(const struct pexpr *x)
{
	while (x->kind == PX_PAREN)
		x = x->u.paren;
	return x;
}

const struct pexpr *
pexpr_child(const struct pexpr *x, size_t i)
{
	switch (x->kind) {
	case PX_NUMBER: case PX_STRING: case PX_SELECTOR: case PX_DUR_CALL:
		return NULL;
	case PX_MATRIX:
		return i == 0 ? x->u.matrix.selector : NULL;
	case PX_SUBQUERY:
		return i == 0 ? x->u.subquery.expr : NULL;
	case PX_CALL:
		return i < x->u.call.nargs ? x->u.call.arg[i] : NULL;
	case PX_AGG:
		if (x->u.agg.param == NULL)
			i++;
		return i == 0 ? x->u.agg.param : i == 1 ? x->u.agg.expr :
		    NULL;
	case PX_BINARY:
		return i == 0 ? x->u.binary.left : i == 1 ?
		    x->u.binary.right : NULL;
	case PX_UNARY:
		return i == 0 ? x->u.unary.expr : NULL;
	case PX_PAREN:
		return i == 0 ? x->u.paren : NULL;
	}
	return NULL;
}

void
pexpr_walk(const struct pexpr *x, pexpr_fn *fn, void *arg)
{
	const struct pexpr *child;
	size_t i;

	if (x == NULL || !fn(arg, x))
		return;
	for (i = 0; (child = pexpr_child(x, i)) != NULL; i++)
		pexpr_walk(child, fn, arg);
}

static bool
release_one(void *arg, const struct pexpr *x)
{
	(void)arg;
	if (x->kind == PX_SELECTOR)
		matchers_release(x->u.selector.m, x->u.selector.nm);
	return true;
}

void
promql_release(const struct pexpr *x)
{
	pexpr_walk(x, release_one, NULL);
}

/* ---- how far back ---- */

/* A duration expression in ms, as an instant query sees it: step() is 0. */
static double
duration_ms(const struct pexpr *x)
{
	double a, b;

	switch (x->kind) {
	case PX_NUMBER:
		return x->u.number.v * 1000;
	case PX_PAREN:
		return duration_ms(x->u.paren);
	case PX_UNARY:
		a = duration_ms(x->u.unary.expr);
		return x->u.unary.minus ? -a : a;
	case PX_DUR_CALL:
		if (x->u.dur_call.nargs == 0)
			return 0;
		a = duration_ms(x->u.dur_call.arg[0]);
		b = duration_ms(x->u.dur_call.arg[1]);
		return a > b ? a : b;
	case PX_BINARY:
		a = duration_ms(x->u.binary.left);
		b = duration_ms(x->u.binary.right);
		switch (x->u.binary.op) {
		case POP_ADD:
			return a + b;
		case POP_SUB:
			return a - b;
		case POP_MUL:
			return a * b / 1000;
		case POP_DIV:
			return b != 0 ? a / b * 1000 : 0;
		default:	/* % and ^ of durations: more than enough */
			return a > 1000 && b > 0 ? a * b / 1000 : a;
		}
	default:
		return 0;
	}
}

static int64_t
dur_back(const struct pdur *d)
{
	double ms;

	if (!d->set)
		return 0;
	if (d->expr == NULL)
		return d->ms;
	ms = duration_ms(d->expr);
	return ms > 0 && ms < (double)(INT64_MAX / 4) ? (int64_t)ms : 0;
}

static int64_t
add_back(int64_t a, int64_t b)
{
	int64_t sum;

	return __builtin_add_overflow(a, b, &sum) ? INT64_MAX : sum;
}

static int64_t
when_back(const struct pwhen *w, int64_t back)
{
	/* A fixed time may be any time ago. */
	if (w->at == PAT_TIME)
		return INT64_MAX;
	back = add_back(back, dur_back(&w->offset));
	return back > 0 ? back : 0;
}

struct back { int64_t lookback, most; };

static bool
look_back(void *arg, const struct pexpr *x)
{
	struct back *b = arg;
	const struct pexpr *s;
	int64_t ms = 0;

	switch (x->kind) {
	case PX_SELECTOR:
		ms = when_back(&x->u.selector.when, b->lookback);
		break;
	case PX_MATRIX:
		s = x->u.matrix.selector;
		ms = dur_back(&x->u.matrix.range);
		if (s->u.selector.anchored || s->u.selector.smoothed)
			ms = add_back(ms, b->lookback);
		ms = when_back(&s->u.selector.when, ms);
		break;
	case PX_SUBQUERY:
		ms = add_back(dur_back(&x->u.subquery.range),
		    promql_lookbehind_ms(x->u.subquery.expr, b->lookback));
		ms = when_back(&x->u.subquery.when, ms);
		break;
	default:
		return true;
	}
	if (ms > b->most)
		b->most = ms;
	return false;
}

int64_t
promql_lookbehind_ms(const struct pexpr *x, int64_t lookback_ms)
{
	struct back b = { .lookback = lookback_ms };

	pexpr_walk(x, look_back, &b);
	return b.most;
}
