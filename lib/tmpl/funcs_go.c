#include "core/num.h"
#include "core/utf8.h"
#include "tmpl/internal.h"

/* The functions that Go's text/template always has. */
#define FUNC(f)								\
static int								\
f(struct tmpl_ctx *c, const struct tval *arg, size_t n,			\
    struct tval *out, struct err *e)

#define UNUSED(x)	(void)(x)

/* and, or: the executor stops at the operand that decides; else the last. */
FUNC(fn_last)
{
	UNUSED(c);
	UNUSED(e);
	*out = arg[n - 1];
	return 0;
}

FUNC(fn_not)
{
	UNUSED(c);
	UNUSED(n);
	UNUSED(e);
	*out = tval_bool(!tval_truth(&arg[0]));
	return 0;
}

FUNC(fn_len)
{
	size_t len;

	UNUSED(c);
	UNUSED(n);
	if (arg[0].kind == TV_NIL)
		return err_set(e, ERR_CONFIG, "len of nil pointer");
	if (!tval_len(&arg[0], &len))
		return err_set(e, ERR_CONFIG, "len of type %s",
		    tval_type(&arg[0]));
	*out = tval_int((int64_t)len);
	return 0;
}

/* An index or slice bound within [0, max]. */
static int
bound(const struct tval *v, size_t max, size_t *at, struct err *e)
{
	if (v->kind == TV_NIL)
		return err_set(e, ERR_CONFIG, "cannot index slice/array with "
		    "nil");
	if (v->kind != TV_INT && v->kind != TV_UINT)
		return err_set(e, ERR_CONFIG, "cannot index slice/array with "
		    "type %s", tval_type(v));
	if (v->u.u > max || (v->kind == TV_INT && v->u.i < 0))
		return err_set(e, ERR_CONFIG, "index out of range: %lld",
		    (long long)v->u.i);
	*at = (size_t)v->u.u;
	return 0;
}

static int
index_map(struct tmpl_ctx *c, const struct tval *map, const struct tval *key,
    struct tval *out, struct err *e)
{
	if (key->kind != TV_STR)
		return err_set(e, ERR_CONFIG, "value has type %s; should be "
		    "string", tval_type(key));
	if (!tval_get(map, key->u.s, c, out))
		*out = map->kind == TV_OBJ ? tval_str(STR("")) :
		    (struct tval){ 0 };
	return 0;
}

static int
index_one(struct tmpl_ctx *c, const struct tval *item,
    const struct tval *key, struct tval *out, struct err *e)
{
	struct tval ignored;
	size_t len, at;

	if (item->kind == TV_NIL)
		return err_set(e, ERR_CONFIG, "index of untyped nil");
	if (tval_is_map(item))
		return index_map(c, item, key, out, e);
	if (!tval_len(item, &len))
		return err_set(e, ERR_CONFIG, "can't index item of type %s",
		    tval_type(item));
	if (len == 0)
		return err_set(e, ERR_CONFIG, "index out of range: %lld",
		    (long long)key->u.i);
	if (bound(key, len - 1, &at, e) == -1)
		return -1;
	if (item->kind == TV_STR)
		*out = tval_int((unsigned char)item->u.s.p[at]);
	else
		tval_at(item, at, c, &ignored, out);
	return 0;
}

FUNC(fn_index)
{
	struct tval v = arg[0], next;
	size_t i;

	for (i = 1; i < n; i++) {
		if (index_one(c, &v, &arg[i], &next, e) == -1)
			return -1;
		v = next;
	}
	*out = v;
	return 0;
}

FUNC(fn_slice)
{
	size_t len, from = 0, to, i;
	struct tval *v, ignored;

	if (arg[0].kind == TV_NIL)
		return err_set(e, ERR_CONFIG, "slice of untyped nil");
	if (n > 4)
		return err_set(e, ERR_CONFIG, "too many slice indexes: %zu",
		    n - 1);
	if (tval_is_map(&arg[0]) || !tval_len(&arg[0], &len))
		return err_set(e, ERR_CONFIG, "can't slice item of type %s",
		    tval_type(&arg[0]));
	if (n == 4 && arg[0].kind == TV_STR)
		return err_set(e, ERR_CONFIG,
		    "cannot 3-index slice a string");
	to = len;
	if ((n > 1 && bound(&arg[1], len, &from, e) == -1) ||
	    (n > 2 && bound(&arg[2], len, &to, e) == -1) ||
	    (n > 3 && bound(&arg[3], len, &i, e) == -1))
		return -1;
	if (from > to)
		return err_set(e, ERR_CONFIG,
		    "invalid slice index: %zu > %zu", from, to);
	if (arg[0].kind == TV_STR) {
		*out = tval_str(str_sub(arg[0].u.s, from, to));
		return 0;
	}
	v = ARENA_ARRAY(c->arena, to - from, struct tval);
	for (i = from; i < to; i++)
		tval_at(&arg[0], i, c, &ignored, &v[i - from]);
	*out = tval_list(v, to - from, tval_type(&arg[0]));
	return 0;
}

FUNC(fn_print)
{
	struct buf b = { .max = TMPL_OUTPUT_MAX };

	UNUSED(e);
	fmt_print(c, arg, n, false, &b);
	out_buf(c, &b, out);
	return 0;
}

FUNC(fn_println)
{
	struct buf b = { .max = TMPL_OUTPUT_MAX };

	UNUSED(e);
	fmt_print(c, arg, n, true, &b);
	out_buf(c, &b, out);
	return 0;
}

FUNC(fn_printf)
{
	struct buf b = { .max = TMPL_OUTPUT_MAX };

	UNUSED(e);
	fmt_printf(c, arg[0].u.s, arg + 1, n - 1, &b);
	out_buf(c, &b, out);
	return 0;
}

/* The one string, or all of them as print shows them. */
static struct str
joined(struct tmpl_ctx *c, const struct tval *arg, size_t n)
{
	struct buf b = { .max = TMPL_OUTPUT_MAX };
	struct tval v;

	if (n == 1 && arg[0].kind == TV_STR)
		return arg[0].u.s;
	fmt_print(c, arg, n, false, &b);
	out_buf(c, &b, &v);
	return v.u.s;
}

FUNC(fn_html)
{
	struct buf b = { .max = TMPL_OUTPUT_MAX };

	UNUSED(e);
	put_html(joined(c, arg, n), &b);
	out_buf(c, &b, out);
	/* In html mode it is the escaper; it shall not be escaped again. */
	if (c->html)
		out->type = tmpl_type_html;
	return 0;
}

static bool
unprintable(uint32_t u)
{
	return u < 0x20 || (u >= 0x7f && u <= 0xa0) || u == 0xad ||
	    (u >= 0x2000 && u <= 0x200f) || (u >= 0x2028 && u <= 0x202f) ||
	    u == 0xfeff;
}

FUNC(fn_js)
{
	struct buf b = { .max = TMPL_OUTPUT_MAX };
	struct str s = joined(c, arg, n);
	size_t at = 0;
	uint32_t u;

	UNUSED(e);
	while (at < s.n) {
		u = utf8_next(s, &at);
		if (u == '\\' || u == '\'' || u == '"')
			(void)buf_printf(&b, "\\%c", (int)u);
		else if (u == '<' || u == '>' || u == '&' || u == '=' ||
		    unprintable(u))
			(void)buf_printf(&b, "\\u%04X", (unsigned)u);
		else
			(void)utf8_put(&b, u);
	}
	out_buf(c, &b, out);
	return 0;
}

FUNC(fn_urlquery)
{
	struct buf b = { .max = TMPL_OUTPUT_MAX };

	UNUSED(e);
	put_query(joined(c, arg, n), &b);
	out_buf(c, &b, out);
	return 0;
}

FUNC(fn_call)
{
	UNUSED(c);
	UNUSED(n);
	UNUSED(out);
	if (arg[0].kind == TV_NIL)
		return err_set(e, ERR_CONFIG, "call of nil");
	/* No value of ours is a function. */
	return err_set(e, ERR_CONFIG, "non-function of type %s",
	    tval_type(&arg[0]));
}

/* What comparisons tell apart. */
enum basic { B_NONE, B_NIL, B_BOOL, B_INT, B_UINT, B_FLOAT, B_STR, B_TIME };

static enum basic
basic(const struct tval *v)
{
	static const enum basic of[] = {
		[TV_NIL] = B_NIL, [TV_BOOL] = B_BOOL, [TV_INT] = B_INT,
		[TV_DURATION] = B_INT, [TV_UINT] = B_UINT,
		[TV_FLOAT] = B_FLOAT, [TV_STR] = B_STR, [TV_TIME] = B_TIME,
		[TV_LIST] = B_NONE, [TV_MAP] = B_NONE, [TV_OBJ] = B_NONE,
	};

	return of[v->kind];
}

static int
not_comparable(struct tmpl_ctx *c, const struct tval *v, struct err *e)
{
	struct buf b = { .max = TMPL_OUTPUT_MAX };
	int rc;

	fmt_value(c, v, &b);
	rc = err_set(e, ERR_CONFIG, "non-comparable type " STR_FMT ": %s",
	    STR_ARG(str_sub(buf_str(&b), 0, 200)), tval_type(v));
	buf_release(&b);
	return rc;
}

/* An int and an unsigned compare by value. */
static int
cmp_mixed(const struct tval *i, const struct tval *u)
{
	if (i->u.i < 0)
		return -1;
	return (i->u.u > u->u.u) - (i->u.u < u->u.u);
}

/* Equal? 1, 0; -1 with *e. */
static int
equal(struct tmpl_ctx *c, const struct tval *a, const struct tval *b,
    struct err *e)
{
	enum basic x = basic(a), y = basic(b);

	if (x == B_NONE)
		return not_comparable(c, a, e);
	if (y == B_NONE)
		return not_comparable(c, b, e);
	if (x == B_INT && y == B_UINT)
		return cmp_mixed(a, b) == 0;
	if (x == B_UINT && y == B_INT)
		return cmp_mixed(b, a) == 0;
	if (x != y && x != B_NIL && y != B_NIL)
		return err_set(e, ERR_CONFIG,
		    "incompatible types for comparison");
	if (x != y)
		return 0;
	switch (x) {
	case B_BOOL:
		return a->u.b == b->u.b;
	case B_INT:
	case B_UINT:
		return a->u.u == b->u.u;
	case B_FLOAT:
		return a->u.f == b->u.f;
	case B_STR:
		return str_eq(a->u.s, b->u.s);
	case B_TIME:
		return a->u.time.ms == b->u.time.ms;
	default:
		return 1;
	}
}

FUNC(fn_eq)
{
	size_t i;
	int rc = 0;

	if (n < 2)
		return err_set(e, ERR_CONFIG,
		    "missing argument for comparison");
	for (i = 1; i < n && rc == 0; i++)
		rc = equal(c, &arg[0], &arg[i], e);
	*out = tval_bool(rc == 1);
	return rc == -1 ? -1 : 0;
}

FUNC(fn_ne)
{
	int rc = equal(c, &arg[0], &arg[1], e);

	UNUSED(n);
	*out = tval_bool(rc == 0);
	return rc == -1 ? -1 : 0;
}

/* *less, *same: how a stands to b; NaN is neither. */
static int
order(const struct tval *a, const struct tval *b, bool *less, bool *same,
    struct err *e)
{
	enum basic x = basic(a), y = basic(b);
	int cmp;

	if (x == B_NONE || x == B_NIL || x == B_BOOL || x == B_TIME ||
	    y == B_NONE || y == B_NIL)
		return err_set(e, ERR_CONFIG, "invalid type for comparison");
	if (x == B_FLOAT && y == B_FLOAT) {
		*less = a->u.f < b->u.f;
		*same = a->u.f == b->u.f;
		return 0;
	}
	if (x == B_INT && y == B_UINT)
		cmp = cmp_mixed(a, b);
	else if (x == B_UINT && y == B_INT)
		cmp = -cmp_mixed(b, a);
	else if (x != y)
		return err_set(e, ERR_CONFIG,
		    "incompatible types for comparison");
	else if (x == B_STR)
		cmp = str_cmp(a->u.s, b->u.s);
	else if (x == B_INT)
		cmp = (a->u.i > b->u.i) - (a->u.i < b->u.i);
	else
		cmp = (a->u.u > b->u.u) - (a->u.u < b->u.u);
	*less = cmp < 0;
	*same = cmp == 0;
	return 0;
}

#define ORDER(f, result)						\
FUNC(f)									\
{									\
	bool less, same;						\
									\
	UNUSED(c);							\
	UNUSED(n);							\
	if (order(&arg[0], &arg[1], &less, &same, e) == -1)		\
		return -1;						\
	*out = tval_bool(result);					\
	return 0;							\
}

ORDER(fn_lt, less)
ORDER(fn_le, less || same)
ORDER(fn_gt, !less && !same)
ORDER(fn_ge, !less)

/* The executor knows the first two by their place. */
static const struct tmpl_func rows[] = {
	{ "and", "vv.", fn_last },
	{ "or", "vv.", fn_last },
	{ "call", "vv.", fn_call },
	{ "eq", "vv.", fn_eq },
	{ "ge", "vv", fn_ge },
	{ "gt", "vv", fn_gt },
	{ "html", "v.", fn_html },
	{ "index", "vv.", fn_index },
	{ "js", "v.", fn_js },
	{ "le", "vv", fn_le },
	{ "len", "v", fn_len },
	{ "lt", "vv", fn_lt },
	{ "ne", "vv", fn_ne },
	{ "not", "v", fn_not },
	{ "print", "v.", fn_print },
	{ "printf", "sv.", fn_printf },
	{ "println", "v.", fn_println },
	{ "slice", "vv.", fn_slice },
	{ "urlquery", "v.", fn_urlquery },
};

const struct tmpl_funcs tmpl_funcs_go = {
	rows, sizeof(rows) / sizeof(rows[0])
};
