/*
 * Relabelling, as Prometheus 3.14 (reference/prometheus.md 1.5).  An action
 * is one function and one row.
 */
#include "model/relabel.h"

#include "core/hash.h"
#include "core/utf8.h"
#include "core/vec.h"

#define DEFAULT_REGEX		STR("(.*)")
#define DEFAULT_SEPARATOR	STR(";")
#define DEFAULT_REPLACEMENT	STR("$1")

/* What an action needs and refuses. */
enum {
	NEEDS_TARGET = 1 << 0,
	NEEDS_MODULUS = 1 << 1,
	NO_REPLACEMENT = 1 << 2,	/* other than the default */
	ONLY_SOURCE_AND_TARGET = 1 << 3,
	ONLY_REGEX = 1 << 4,
	TEMPLATE_TARGET = 1 << 5,	/* target_label may hold $1 */
	TEMPLATE_REPLACEMENT = 1 << 6	/* replacement makes a label name */
};

/* Scratch of one relabel_apply. */
struct work {
	struct buf value;	/* the source values, joined */
	struct buf name, text;
	VEC(struct label) before;
};

struct relabel_action {
	const char *name;
	unsigned rules;
	bool wants_value;	/* joins the source labels first */
	/* False: dropped. */
	bool	(*run)(const struct relabel *r, struct labels_builder *b,
		    struct work *w);
};

/* ---- the actions ---- */

static bool
name_ok(const struct relabel *r, struct str name)
{
	if (r->legacy_names)
		return label_name_is_legacy(name);
	return name.n > 0 && utf8_valid(name);
}

static bool
run_replace(const struct relabel *r, struct labels_builder *b,
    struct work *w)
{
	struct str group[RE_GROUPS_MAX];
	size_t n = re_groups(r->regex) + 1;

	if (!re_search(r->regex, buf_str(&w->value), 0, group, n))
		return true;
	buf_reset(&w->name);
	buf_reset(&w->text);
	(void)re_expand(r->regex, r->target, group, n, &w->name);
	if (!name_ok(r, buf_str(&w->name)))
		return true;
	(void)re_expand(r->regex, r->replacement, group, n, &w->text);
	labels_set(b, buf_str(&w->name), buf_str(&w->text));
	return true;
}

static bool
run_keep(const struct relabel *r, struct labels_builder *b, struct work *w)
{
	(void)b;
	return re_match(r->regex, buf_str(&w->value));
}

static bool
run_drop(const struct relabel *r, struct labels_builder *b, struct work *w)
{
	(void)b;
	return !re_match(r->regex, buf_str(&w->value));
}

static bool
equals_target(const struct relabel *r, const struct labels_builder *b,
    const struct work *w)
{
	const struct sym *v = labels_peek(b, r->target);

	return str_eq(buf_str(&w->value), v ? v->s : STR_NONE);
}

static bool
run_keepequal(const struct relabel *r, struct labels_builder *b,
    struct work *w)
{
	return equals_target(r, b, w);
}

static bool
run_dropequal(const struct relabel *r, struct labels_builder *b,
    struct work *w)
{
	return !equals_target(r, b, w);
}

/* The last 8 bytes of the MD5, big-endian, modulo. */
static bool
run_hashmod(const struct relabel *r, struct labels_builder *b,
    struct work *w)
{
	unsigned char sum[HASH_MD5_BYTES];
	uint64_t v = 0;
	size_t i;

	hash_md5(buf_str(&w->value), sum);
	for (i = HASH_MD5_BYTES - 8; i < HASH_MD5_BYTES; i++)
		v = v << 8 | sum[i];
	buf_reset(&w->text);
	(void)buf_printf(&w->text, "%llu",
	    (unsigned long long)(v % r->modulus));
	labels_set(b, r->target, buf_str(&w->text));
	return true;
}

static bool
set_mapped(const struct relabel *r, struct labels_builder *b, struct work *w,
    uint32_t (*map)(uint32_t))
{
	struct str s = buf_str(&w->value);
	size_t at = 0;

	buf_reset(&w->text);
	while (at < s.n)
		(void)utf8_put(&w->text, map(utf8_next(s, &at)));
	labels_set(b, r->target, buf_str(&w->text));
	return true;
}

static bool
run_lowercase(const struct relabel *r, struct labels_builder *b,
    struct work *w)
{
	return set_mapped(r, b, w, utf8_lower);
}

static bool
run_uppercase(const struct relabel *r, struct labels_builder *b,
    struct work *w)
{
	return set_mapped(r, b, w, utf8_upper);
}

/* What an action sees of the labels, while it changes them. */
static void
remember(struct work *w, const struct labels_builder *b)
{
	vec_reset(&w->before);
	vec_reserve(&w->before, b->n);
	if (b->n)
		memcpy(w->before.p, b->v, b->n * sizeof(*b->v));
	w->before.n = b->n;
}

static bool
run_labelmap(const struct relabel *r, struct labels_builder *b,
    struct work *w)
{
	struct str group[RE_GROUPS_MAX];
	size_t i, n = re_groups(r->regex) + 1;

	remember(w, b);
	for (i = 0; i < w->before.n; i++) {
		const struct label *l = &w->before.p[i];

		if (!re_search(r->regex, l->name->s, 0, group, n))
			continue;
		buf_reset(&w->name);
		(void)re_expand(r->regex, r->replacement, group, n, &w->name);
		labels_set(b, buf_str(&w->name), l->value->s);
	}
	return true;
}

static bool
delete_names(const struct relabel *r, struct labels_builder *b,
    struct work *w, bool matching)
{
	size_t i;

	remember(w, b);
	for (i = 0; i < w->before.n; i++)
		if (re_match(r->regex, w->before.p[i].name->s) == matching)
			labels_del(b, w->before.p[i].name->s);
	return true;
}

static bool
run_labeldrop(const struct relabel *r, struct labels_builder *b,
    struct work *w)
{
	return delete_names(r, b, w, true);
}

static bool
run_labelkeep(const struct relabel *r, struct labels_builder *b,
    struct work *w)
{
	return delete_names(r, b, w, false);
}

static const struct relabel_action actions[] = {
	{ "replace", NEEDS_TARGET | TEMPLATE_TARGET, true, run_replace },
	{ "keep", 0, true, run_keep },
	{ "drop", 0, true, run_drop },
	{ "keepequal", NEEDS_TARGET | NO_REPLACEMENT |
	    ONLY_SOURCE_AND_TARGET, true, run_keepequal },
	{ "dropequal", NEEDS_TARGET | NO_REPLACEMENT |
	    ONLY_SOURCE_AND_TARGET, true, run_dropequal },
	{ "hashmod", NEEDS_TARGET | NEEDS_MODULUS, true, run_hashmod },
	{ "labelmap", TEMPLATE_REPLACEMENT, false, run_labelmap },
	{ "labeldrop", ONLY_REGEX, false, run_labeldrop },
	{ "labelkeep", ONLY_REGEX, false, run_labelkeep },
	{ "lowercase", NEEDS_TARGET | NO_REPLACEMENT, true, run_lowercase },
	{ "uppercase", NEEDS_TARGET | NO_REPLACEMENT, true, run_uppercase },
};

/* ---- validation ---- */

static const struct relabel_action *
find_action(struct str name)
{
	size_t i;

	for (i = 0; i < sizeof(actions) / sizeof(actions[0]); i++)
		if (str_eq_nocase(name, str_of(actions[i].name)))
			return &actions[i];
	return NULL;
}

static bool
is_word_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9') || c == '_';
}

/* Behind a '$' at s.p[at]: {word} or word; 0 when it is neither. */
static size_t
variable_end(struct str s, size_t at)
{
	bool brace = at < s.n && s.p[at] == '{';
	size_t from = at + brace;

	for (at = from; at < s.n && is_word_char(s.p[at]); at++)
		;
	if (at == from || (brace && (at == s.n || s.p[at] != '}')))
		return 0;
	return at + brace;
}

/* A legacy label name in which $1 and ${name} may stand anywhere. */
static bool
template_is_legacy(struct str s)
{
	size_t i = 0;

	while (i < s.n) {
		if (s.p[i] == '$') {
			if ((i = variable_end(s, i + 1)) == 0)
				return false;
		} else if (is_word_char(s.p[i]) &&
		    (i > 0 || s.p[i] < '0' || s.p[i] > '9')) {
			i++;
		} else {
			return false;
		}
	}
	return s.n > 0;
}

static bool
has_variable(struct str s)
{
	return str_find_char(s, '$') >= 0;
}

static bool
template_ok(const struct relabel *r, struct str s)
{
	if (r->legacy_names)
		return template_is_legacy(s);
	return s.n > 0 && utf8_valid(s);
}

static int
refuse(struct err *e, struct str what, const char *field,
    const struct relabel *r)
{
	struct buf b = { 0 };

	go_quote(&b, what);
	(void)err_set(e, ERR_CONFIG, STR_FMT " is invalid '%s' for %s action",
	    STR_ARG(buf_str(&b)), field, r->action->name);
	buf_release(&b);
	return -1;
}

static int
check_names(const struct relabel *r, struct err *e)
{
	unsigned rules = r->action->rules;
	bool ok = true;

	if (rules & NEEDS_TARGET) {
		if ((rules & TEMPLATE_TARGET) && has_variable(r->target))
			ok = template_ok(r, r->target);
		else
			ok = name_ok(r, r->target);
	}
	if (!ok)
		return refuse(e, r->target, "target_label", r);
	if ((rules & TEMPLATE_REPLACEMENT) &&
	    !template_ok(r, r->replacement))
		return refuse(e, r->replacement, "replacement", r);
	return 0;
}

static int
check_others(const struct relabel *r, struct str regex, struct err *e)
{
	unsigned rules = r->action->rules;
	bool separator = !str_eq(r->separator, DEFAULT_SEPARATOR);
	bool replacement = !str_eq(r->replacement, DEFAULT_REPLACEMENT);

	if ((rules & NO_REPLACEMENT) && replacement)
		return err_set(e, ERR_CONFIG, "'replacement' can not be set "
		    "for %s action", r->action->name);
	if ((rules & ONLY_SOURCE_AND_TARGET) && (separator || r->modulus ||
	    !str_eq(regex, DEFAULT_REGEX)))
		return err_set(e, ERR_CONFIG, "%s action requires only "
		    "'source_labels' and `target_label`, and no other fields",
		    r->action->name);
	if ((rules & ONLY_REGEX) && (r->nsource || r->target.n ||
	    separator || replacement || r->modulus))
		return err_set(e, ERR_CONFIG, "%s action requires only "
		    "'regex', and no other fields", r->action->name);
	return 0;
}

static struct str
given(bool has, struct str value, bool no_defaults, struct str dflt)
{
	return has || no_defaults ? value : dflt;
}

int
relabel_init(struct relabel *r, const struct relabel_fields *f,
    struct err *e)
{
	bool bare = f->no_defaults;
	struct str action = given(f->has_action, f->action, bare,
	    STR("replace"));
	struct str regex = given(f->has_regex, f->regex, bare, DEFAULT_REGEX);

	*r = (struct relabel){
		.source = f->source, .nsource = f->nsource,
		.separator = given(f->has_separator, f->separator, bare,
		    DEFAULT_SEPARATOR),
		.replacement = given(f->has_replacement, f->replacement, bare,
		    DEFAULT_REPLACEMENT),
		.target = f->target, .modulus = f->modulus,
		.legacy_names = f->legacy_names,
	};
	if (action.n == 0)
		return err_set(e, ERR_CONFIG,
		    "relabel action cannot be empty");
	if ((r->action = find_action(action)) == NULL)
		return err_set(e, ERR_CONFIG,
		    "unknown relabel action \"" STR_FMT "\"",
		    STR_ARG(action));
	if ((r->action->rules & NEEDS_MODULUS) && r->modulus == 0)
		return err_set(e, ERR_CONFIG, "relabel configuration for "
		    "hashmod requires non-zero modulus");
	if ((r->action->rules & NEEDS_TARGET) && r->target.n == 0)
		return err_set(e, ERR_CONFIG, "relabel configuration for %s "
		    "action requires 'target_label' value", r->action->name);
	if (check_names(r, e) == -1 || check_others(r, regex, e) == -1)
		return -1;
	r->regex = re_compile(regex, RE_FULL, e);
	if (r->regex && re_groups(r->regex) >= RE_GROUPS_MAX) {
		relabel_release(r);
		return err_set(e, ERR_LIMIT, "regex has more than %d groups",
		    RE_GROUPS_MAX - 1);
	}
	return r->regex ? 0 : -1;
}

void
relabel_release(struct relabel *r)
{
	re_free(r->regex);
	r->regex = NULL;
}

/* ---- running ---- */

static void
join_sources(const struct relabel *r, const struct labels_builder *b,
    struct buf *out)
{
	const struct sym *v;
	size_t i;

	buf_reset(out);
	for (i = 0; i < r->nsource; i++) {
		if (i > 0)
			(void)buf_put(out, r->separator);
		if ((v = labels_peek(b, r->source[i])) != NULL)
			(void)buf_put(out, v->s);
	}
}

bool
relabel_apply(const struct relabel *r, size_t n, struct labels_builder *b,
    relabel_trace *trace, void *arg)
{
	struct work w = { 0 };
	bool kept = true;
	size_t i;

	for (i = 0; i < n && kept; i++) {
		if (r[i].action->wants_value)
			join_sources(&r[i], b, &w.value);
		kept = r[i].action->run(&r[i], b, &w);
		if (trace)
			trace(arg, i, b, kept);
	}
	buf_release(&w.value);
	buf_release(&w.name);
	buf_release(&w.text);
	vec_release(&w.before);
	return kept;
}
