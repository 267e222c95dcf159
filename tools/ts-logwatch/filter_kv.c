/*
 * kv: words like key=value in a field become fields.  The options of
 * Logstash's filter become one regular expression, which finds a pair at a
 * time.
 */
#include "core/utf8.h"
#include "core/vec.h"
#include "filter.h"
#include "members.h"
#include "re/re.h"

#define DEPTH_MAX	8	/* of values that hold pairs themselves */
#define GROUPS		13	/* of a pair: all, key, value in 11 ways */

struct kv_step {
	struct str source, target, prefix;
	struct str field_split, value_split, field_pattern, value_pattern;
	struct str trim_key, trim_value, remove_key, remove_value;
	struct str transform_key, transform_value, whitespace;
	struct ystrs include, exclude;
	struct ypairs defaults;
	bool brackets, duplicates, recursive;
	struct decorations hit;
	struct re *pair;
	struct re *trims[2], *removes[2];	/* of keys, values; or NULL */
};

#define AT(f)	offsetof(struct kv_step, f)
static const struct yfield kv_rows[] = {
	YROW("source", YT_STR, AT(source), .dflt = "message"),
	YROW("target", YT_STR, AT(target)),
	YROW("prefix", YT_STR, AT(prefix)),
	YROW("field_split", YT_STR, AT(field_split), .dflt = " "),
	YROW("value_split", YT_STR, AT(value_split), .dflt = "="),
	YROW("field_split_pattern", YT_STR, AT(field_pattern)),
	YROW("value_split_pattern", YT_STR, AT(value_pattern)),
	YROW("trim_key", YT_STR, AT(trim_key)),
	YROW("trim_value", YT_STR, AT(trim_value)),
	YROW("remove_char_key", YT_STR, AT(remove_key)),
	YROW("remove_char_value", YT_STR, AT(remove_value)),
	YROW("transform_key", YT_STR, AT(transform_key)),
	YROW("transform_value", YT_STR, AT(transform_value)),
	YROW("whitespace", YT_STR, AT(whitespace), .dflt = "lenient"),
	YROW("include_keys", YT_CUSTOM, AT(include), .decode = decode_words),
	YROW("exclude_keys", YT_CUSTOM, AT(exclude), .decode = decode_words),
	YROW("default_keys", YT_STRMAP, AT(defaults)),
	YROW("include_brackets", YT_BOOL, AT(brackets), .dflt = "true"),
	YROW("allow_duplicate_values", YT_BOOL, AT(duplicates),
	    .dflt = "true"),
	YROW("recursive", YT_BOOL, AT(recursive)),
	YROW("add_field", YT_STRMAP, AT(hit.add_field)),
	YROW("add_tag", YT_CUSTOM, AT(hit.add_tag), .decode = decode_words),
	YROW("remove_tag", YT_CUSTOM, AT(hit.remove_tag),
	    .decode = decode_words),
	YROW("remove_field", YT_CUSTOM, AT(hit.remove_field),
	    .decode = decode_words),
};
#undef AT

static const struct yfields kv_fields = {
	.name = "kv", .size = sizeof(struct kv_step),
	.row = kv_rows, .n = sizeof(kv_rows) / sizeof(kv_rows[0]),
};

/* ---- the expression ---- */

/* A set of characters is what stands in the brackets of a class. */
static struct str
splitter(struct str pattern, struct str set, struct arena *a)
{
	return pattern.n > 0 ? arena_printf(a, "(?:" STR_FMT ")",
	    STR_ARG(pattern)) : arena_printf(a, "[" STR_FMT "]", STR_ARG(set));
}

/*
 * A group of what goes on until then; a backslash takes the next with it.
 * Nothing of it is given back: a long word costs no more than many short ones.
 */
static struct str
until(struct str what, struct arena *a)
{
	return what.p[0] == '[' ? arena_printf(a, "((?:[^" STR_FMT "\\\\]++|"
	    "\\\\.|\\\\)++)", STR_ARG(str_sub(what, 1, what.n - 1))) :
	    arena_printf(a, "((?:\\\\.|(?!" STR_FMT ").)++)", STR_ARG(what));
}

/*
 * A value in quotes, in which they may be escaped; else, as after a path
 * that ends in a backslash, up to the next.
 */
static struct str
quoted(const char *open, const char *close, struct arena *a)
{
	return arena_printf(a, "%s((?:[^%s\\\\]++|\\\\.)++)?%s|%s([^%s]++)?%s|",
	    open, close, close, open, close, close);
}

static struct str
values(const struct kv_step *s, struct str field, struct arena *a)
{
	struct str out = arena_printf(a, STR_FMT STR_FMT,
	    STR_ARG(quoted("\"", "\"", a)), STR_ARG(quoted("'", "'", a)));

	if (s->brackets)
		out = arena_printf(a, STR_FMT STR_FMT STR_FMT STR_FMT,
		    STR_ARG(out), STR_ARG(quoted("\\(", "\\)", a)),
		    STR_ARG(quoted("\\[", "\\]", a)),
		    STR_ARG(quoted("<", ">", a)));
	return arena_printf(a, STR_FMT STR_FMT, STR_ARG(out),
	    STR_ARG(until(field, a)));
}

static struct re *
compile_pair(const struct kv_step *s, struct arena *a, struct err *e)
{
	struct str field = splitter(s->field_pattern, s->field_split, a);
	struct str value = splitter(s->value_pattern, s->value_split, a);
	struct str set = arena_printf(a, STR_FMT STR_FMT,
	    STR_ARG(s->value_split), STR_ARG(s->field_split));
	bool sets = s->field_pattern.n == 0 && s->value_pattern.n == 0;
	struct str key = until(sets ? arena_printf(a, "[" STR_FMT "]",
	    STR_ARG(set)) : arena_printf(a, "(?:" STR_FMT "|" STR_FMT ")",
	    STR_ARG(value), STR_ARG(field)), a);
	/* No key begins in the middle of a word. */
	struct str begin = sets ? arena_printf(a, "(?:\\G|(?<![^" STR_FMT
	    "]))", STR_ARG(set)) : STR("");
	const char *blanks = str_eq(s->whitespace, STR("lenient")) ? " *" : "";

	return re_compile_in(a, arena_printf(a, STR_FMT STR_FMT "%s" STR_FMT
	    "%s(?:" STR_FMT ")?(?:" STR_FMT "|$)", STR_ARG(begin),
	    STR_ARG(key), blanks, STR_ARG(value), blanks,
	    STR_ARG(values(s, field, a)), STR_ARG(field)), RE_RUBY |
	    RE_NUMBERED, e);
}

/* NULL also when there is nothing to look for. */
static struct re *
compile_set(struct str set, const char *format, struct arena *a,
    struct err *e)
{
	struct str class = arena_printf(a, "[" STR_FMT "]", STR_ARG(set));

	if (set.n == 0)
		return NULL;
	return re_compile_in(a, format[0] == '^' ? arena_printf(a,
	    "^" STR_FMT "+|" STR_FMT "+$", STR_ARG(class), STR_ARG(class)) :
	    class, RE_RUBY | RE_NUMBERED, e);
}

static bool
is_case(struct str s)
{
	return s.n == 0 || str_eq(s, STR("lowercase")) ||
	    str_eq(s, STR("uppercase")) || str_eq(s, STR("capitalize"));
}

static const char *
what_is_wrong(const struct kv_step *s)
{
	if (s->value_split.n == 0 || s->field_split.n == 0)
		return "'field_split' and 'value_split' are characters";
	if (!is_case(s->transform_key) || !is_case(s->transform_value))
		return "'transform_key' and 'transform_value' are lowercase, "
		    "uppercase or capitalize";
	if (!str_eq(s->whitespace, STR("lenient")) &&
	    !str_eq(s->whitespace, STR("strict")))
		return "'whitespace' is lenient or strict";
	return NULL;
}

static void *
open_kv(struct filters *f, const struct ynode *n, struct err *e)
{
	struct arena *a = filters_arena(f);
	struct kv_step *s = ARENA_NEW(a, struct kv_step);
	struct err why = { 0 };
	const char *wrong;

	if (yaml_decode(n, &kv_fields, s, a, e) == -1)
		return NULL;
	if ((wrong = what_is_wrong(s)) != NULL) {
		(void)ynode_err(n, e, "%s", wrong);
		return NULL;
	}
	s->pair = compile_pair(s, a, &why);
	s->trims[0] = compile_set(s->trim_key, "^", a, &why);
	s->trims[1] = compile_set(s->trim_value, "^", a, &why);
	s->removes[0] = compile_set(s->remove_key, "", a, &why);
	s->removes[1] = compile_set(s->remove_value, "", a, &why);
	if (why.kind != ERR_NONE) {
		(void)ynode_err(n, e, "%s", why.msg);
		return NULL;
	}
	return s;
}

/* ---- pairs ---- */

struct pair {
	struct str name, value;
};

typedef VEC(struct pair) pairs;

static struct str
without(const struct re *r, struct str s, struct arena *a)
{
	struct buf b = { 0 };

	if (r == NULL || re_replace_all(r, s, STR(""), &b) == -1) {
		buf_release(&b);
		return s;
	}
	s = arena_str(a, buf_str(&b));
	buf_release(&b);
	return s;
}

static struct str
in_case(struct str how, struct str s, struct arena *a)
{
	struct buf b = { 0 };
	size_t at = 0;

	if (how.n == 0)
		return s;
	while (at < s.n) {
		bool upper = how.p[0] == 'u' || (how.p[0] == 'c' && at == 0);
		uint32_t c = utf8_next(s, &at);

		(void)utf8_put(&b, upper ? utf8_upper(c) : utf8_lower(c));
	}
	s = arena_str(a, buf_str(&b));
	buf_release(&b);
	return s;
}

static bool
is_among(const struct ystrs *list, struct str key, const struct event *ev)
{
	size_t i;

	for (i = 0; i < list->n; i++)
		if (str_eq(event_sprintf(ev, list->p[i]), key))
			return true;
	return false;
}

static bool
is_there(const pairs *all, struct str name, const struct str *value)
{
	size_t i;

	for (i = 0; i < all->n; i++)
		if (str_eq(all->p[i].name, name) && (value == NULL ||
		    str_eq(all->p[i].value, *value)))
			return true;
	return false;
}

static struct str
name_below(struct str prefix, struct str name, struct arena *a)
{
	return prefix.n == 0 ? name : arena_printf(a, STR_FMT "." STR_FMT,
	    STR_ARG(prefix), STR_ARG(name));
}

static void find_pairs(const struct kv_step *s, struct event *ev,
    struct str text, struct str prefix, unsigned depth, pairs *all);

/* One pair: what is left of it goes on the list. */
static void
take_pair(const struct kv_step *s, struct event *ev, struct str key,
    struct str value, struct str prefix, unsigned depth, pairs *all)
{
	struct arena *a = ev->arena;
	size_t had = all->n;
	struct str name;

	key = without(s->removes[0], without(s->trims[0], key, a), a);
	key = in_case(s->transform_key, key, a);
	if (key.n == 0 || (s->include.n > 0 &&
	    !is_among(&s->include, key, ev)) || is_among(&s->exclude, key, ev))
		return;
	name = name_below(prefix, arena_printf(a, STR_FMT STR_FMT,
	    STR_ARG(event_sprintf(ev, s->prefix)),
	    STR_ARG(member_name(key, a))), a);
	value = without(s->removes[1], without(s->trims[1], value, a), a);
	value = in_case(s->transform_value, value, a);
	if (!s->duplicates && is_there(all, name, &value))
		return;
	if (s->recursive && depth < DEPTH_MAX)
		find_pairs(s, ev, value, name, depth + 1, all);
	if (all->n == had)
		vec_push(all, (struct pair){ name, value });
}

static void
find_pairs(const struct kv_step *s, struct event *ev, struct str text,
    struct str prefix, unsigned depth, pairs *all)
{
	struct str g[GROUPS];
	size_t at = 0, i;

	while (at < text.n && all->n < EVENT_FIELDS_MAX &&
	    re_search(s->pair, text, at, g, GROUPS)) {
		at = (size_t)(g[0].p - text.p) + g[0].n;
		for (i = 2; i < GROUPS && g[i].p == NULL; i++)
			;
		if (i < GROUPS && g[i].n > 0)
			take_pair(s, ev, g[1], g[i], prefix, depth, all);
	}
}

static void
run_kv(void *self, struct event *ev)
{
	const struct kv_step *s = self;
	struct str target = grok_field_name(s->target, ev->arena), name;
	struct value v = event_get(ev, grok_field_name(s->source, ev->arena));
	pairs all = { 0 };
	size_t i;

	if (v.kind == VAL_STR)
		find_pairs(s, ev, v.text, target, 0, &all);
	for (i = 0; i < s->defaults.n; i++) {
		name = name_below(target, member_name(s->defaults.p[i].key,
		    ev->arena), ev->arena);
		if (!is_there(&all, name, NULL))
			vec_push(&all, (struct pair){ name, event_sprintf(ev,
			    s->defaults.p[i].value) });
	}
	/* What was there of that name gives way; what comes again adds up. */
	for (i = 0; i < all.n; i++)
		event_remove(ev, all.p[i].name);
	for (i = 0; i < all.n; i++)
		event_append(ev, all.p[i].name, VALUE_STR(all.p[i].value));
	if (all.n > 0)
		decorate(&s->hit, ev);
	vec_release(&all);
}

const struct step_kind step_kv = { "kv", open_kv, run_kv, NULL };
