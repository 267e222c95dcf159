#include "grok_filter.h"

#include "config.h"
#include "core/diag.h"
#include "core/mem.h"
#include "core/vec.h"
#include "date.h"
#include "json/read.h"

struct target {
	struct str field;		/* in the event's form */
	VEC(struct grok *) patterns;
};

struct options {
	const struct ynode *match;
	struct ystrs patterns_dir, overwrite, tag_on_failure;
	struct str files_glob, target, tag_on_timeout, ecs, timeout_scope;
	struct ypairs definitions;
	bool break_on_match, named_captures_only, keep_empty_captures;
	int64_t timeout_ms;
	struct str id;
	struct decorations hit;
};

struct grok_filter {
	struct options o;
	VEC(struct target *) targets;
	struct arena arena;
	bool told_limit;
};

#define AT(f)	offsetof(struct options, f)
static const struct yfield rows[] = {
	YROW("match", YT_RAW, AT(match), .flags = YF_REQUIRED),
	YROW("patterns_dir", YT_CUSTOM, AT(patterns_dir),
	    .decode = decode_words),
	YROW("patterns_files_glob", YT_STR, AT(files_glob), .dflt = "*"),
	YROW("pattern_definitions", YT_STRMAP, AT(definitions)),
	YROW("break_on_match", YT_BOOL, AT(break_on_match), .dflt = "true"),
	YROW("named_captures_only", YT_BOOL, AT(named_captures_only),
	    .dflt = "true"),
	YROW("keep_empty_captures", YT_BOOL, AT(keep_empty_captures)),
	YROW("overwrite", YT_CUSTOM, AT(overwrite), .decode = decode_words),
	YROW("target", YT_STR, AT(target)),
	YROW("tag_on_failure", YT_CUSTOM, AT(tag_on_failure),
	    .decode = decode_words, .dflt = "_grokparsefailure"),
	YROW("timeout_millis", YT_INT, AT(timeout_ms), .dflt = "30000"),
	YROW("timeout_scope", YT_STR, AT(timeout_scope)),
	YROW("tag_on_timeout", YT_STR, AT(tag_on_timeout),
	    .dflt = "_groktimeout"),
	YROW("ecs_compatibility", YT_STR, AT(ecs)),
	YROW("id", YT_STR, AT(id)),
	YROW("add_field", YT_STRMAP, AT(hit.add_field)),
	YROW("add_tag", YT_CUSTOM, AT(hit.add_tag), .decode = decode_words),
	YROW("remove_tag", YT_CUSTOM, AT(hit.remove_tag),
	    .decode = decode_words),
	YROW("remove_field", YT_CUSTOM, AT(hit.remove_field),
	    .decode = decode_words),
};
#undef AT

static const struct yfields fields = {
	.name = "grok", .size = sizeof(struct options),
	.row = rows, .n = sizeof(rows) / sizeof(rows[0]),
};

/* ---- building ---- */

static int
add_target(struct grok_filter *f, struct grok_set *set, struct str field,
    const struct ynode *patterns, struct err *e)
{
	struct target *t = ARENA_NEW(&f->arena, struct target);
	struct err why = { 0 };
	struct ystrs list = { 0 };
	struct grok *g;
	size_t i;

	t->field = grok_field_name(field, &f->arena);
	vec_push(&f->targets, t);
	if (decode_words(patterns, &list, &f->arena, e) == -1)
		return -1;
	for (i = 0; i < list.n; i++) {
		g = grok_compile(set, list.p[i], !f->o.named_captures_only,
		    &why);
		if (g == NULL)
			return ynode_err(patterns, e, "%s", why.msg);
		vec_push(&t->patterns, g);
	}
	return 0;
}

/* {field: pattern, …} or the older [field, pattern, field, pattern]. */
static int
add_targets(struct grok_filter *f, struct grok_set *set, struct err *e)
{
	const struct ynode *n = f->o.match, *c;

	if (n->kind == Y_MAP) {
		for (c = n->child; c != NULL; c = c->next)
			if (add_target(f, set, c->key->scalar, c, e) == -1)
				return -1;
		return 0;
	}
	if (n->kind != Y_SEQ || n->n % 2 != 0)
		return ynode_err(n, e, "'match' maps fields to patterns");
	for (c = n->child; c != NULL; c = c->next->next)
		if (add_target(f, set, c->scalar, c->next, e) == -1)
			return -1;
	return 0;
}

static int
build(struct grok_filter *f, const struct ynode *n,
    const struct config *c, bool ecs, struct arena *a, struct err *e)
{
	struct grok_set *set;
	size_t i;
	int rc = -1;

	if (yaml_decode(n, &fields, &f->o, a, e) == -1)
		return -1;
	if (f->o.ecs.n > 0)
		ecs = f->o.ecs.p[0] == 'v';
	set = grok_set_new(ecs);
	if (c != NULL && config_patterns(c, set, e) == -1)
		goto out;
	for (i = 0; i < f->o.patterns_dir.n; i++)
		if (grok_set_dir(set, arena_cstr(a, f->o.patterns_dir.p[i]),
		    arena_cstr(a, f->o.files_glob), e) == -1)
			goto out;
	for (i = 0; i < f->o.definitions.n; i++)
		grok_set_put(set, f->o.definitions.p[i].key,
		    f->o.definitions.p[i].value);
	rc = add_targets(f, set, e);
out:
	grok_set_free(set);
	return rc;
}

struct grok_filter *
grok_filter_new(const struct ynode *n, const struct config *c, bool ecs,
    struct arena *a, struct err *e)
{
	struct grok_filter *f = mem_zalloc(sizeof(*f));

	if (build(f, n, c, ecs, a, e) == -1) {
		grok_filter_free(f);
		return NULL;
	}
	return f;
}

void
grok_filter_free(struct grok_filter *f)
{
	size_t i, j;

	if (f == NULL)
		return;
	for (i = 0; i < f->targets.n; i++) {
		for (j = 0; j < f->targets.p[i]->patterns.n; j++)
			grok_free(f->targets.p[i]->patterns.p[j]);
		vec_release(&f->targets.p[i]->patterns);
	}
	vec_release(&f->targets);
	arena_free(&f->arena);
	mem_free(f);
}

/* ---- decorations ---- */

static struct value
lookup(const struct event *ev, struct str name)
{
	struct arena *a = ev->arena;

	return event_get(ev, grok_field_name(name, a));
}

struct str
event_sprintf(const struct event *ev, struct str text)
{
	struct buf b = { 0 };
	struct str out, name;
	ptrdiff_t at, end;
	struct value v;

	if (str_find(text, STR("%{")) == -1)
		return text;
	while ((at = str_find(text, STR("%{"))) != -1) {
		(void)buf_put(&b, str_sub(text, 0, (size_t)at));
		text = str_sub(text, (size_t)at, text.n);
		end = str_find_char(text, '}');
		if (end == -1)
			break;
		name = str_sub(text, 2, (size_t)end);
		if (name.n > 1 && name.p[0] == '+')
			(void)date_print(&b, str_sub(name, 1, name.n),
			    ev->time);
		else if ((v = lookup(ev, name)).kind != VAL_NONE)
			(void)buf_put(&b, value_text(v));
		else
			(void)buf_put(&b, str_sub(text, 0, (size_t)end + 1));
		text = str_sub(text, (size_t)end + 1, text.n);
	}
	(void)buf_put(&b, text);
	out = arena_str(ev->arena, buf_str(&b));
	buf_release(&b);
	return out;
}

static void
remove_tag(struct event *ev, struct str tag)
{
	size_t i, n = 0;

	for (i = 0; i < ev->ntags; i++)
		if (!str_eq(ev->tag[i], tag))
			ev->tag[n++] = ev->tag[i];
	ev->ntags = n;
}

void
decorate(const struct decorations *d, struct event *ev)
{
	size_t i;

	for (i = 0; i < d->add_field.n; i++)
		event_append(ev, grok_field_name(event_sprintf(ev,
		    d->add_field.p[i].key), ev->arena), VALUE_STR(
		    event_sprintf(ev, d->add_field.p[i].value)));
	for (i = 0; i < d->remove_field.n; i++)
		event_remove(ev, grok_field_name(event_sprintf(ev,
		    d->remove_field.p[i]), ev->arena));
	for (i = 0; i < d->add_tag.n; i++)
		event_tag(ev, event_sprintf(ev, d->add_tag.p[i]));
	for (i = 0; i < d->remove_tag.n; i++)
		remove_tag(ev, event_sprintf(ev, d->remove_tag.p[i]));
}

/* ---- running ---- */

static bool
overwrites(const struct grok_filter *f, struct str spelled)
{
	size_t i;

	/* The spelling counts, as upstream: b is not [b]. */
	for (i = 0; i < f->o.overwrite.n; i++)
		if (str_eq(f->o.overwrite.p[i], spelled))
			return true;
	return false;
}

static void
store(const struct grok_filter *f, const struct grok *g,
    const struct str *value, struct event *ev)
{
	const struct grok_field *field;
	size_t n = grok_fields(g, &field), i;
	struct str name;
	struct value v;

	for (i = 0; i < n; i++) {
		if (value[i].n == 0 && !f->o.keep_empty_captures)
			continue;
		name = field[i].name;
		if (f->o.target.n > 0)
			name = arena_printf(ev->arena, STR_FMT "." STR_FMT,
			    STR_ARG(grok_field_name(f->o.target, ev->arena)),
			    STR_ARG(name));
		v = value[i].p == NULL ? (struct value){ VAL_NULL, STR_NONE } :
		    grok_value(field[i].type, value[i], ev->arena);
		if (overwrites(f, field[i].spelled))
			event_set(ev, name, v);
		else
			event_append(ev, name, v);
	}
}

/* 1 hit, 0 miss, -1 a limit. */
static int
match_text(struct grok_filter *f, const struct target *t, struct str text,
    struct event *ev)
{
	struct str value[GROK_FIELDS_MAX];
	size_t i;
	int rc, hit = 0;

	for (i = 0; i < t->patterns.n; i++) {
		rc = grok_match(t->patterns.p[i], text, value);
		if (rc == -1) {
			if (!f->told_limit)
				diag_warning("grok '" STR_FMT "' costs too "
				    "much on a line and was given up",
				    STR_ARG(str_sub(grok_pattern(
				    t->patterns.p[i]), 0, 60)));
			f->told_limit = true;
			return -1;
		}
		if (rc == 0)
			continue;
		store(f, t->patterns.p[i], value, ev);
		hit = 1;
		if (f->o.break_on_match)
			break;
	}
	return hit;
}

/* Each element of an array. */
static int
match_array(struct grok_filter *f, const struct target *t, struct str json,
    struct event *ev)
{
	enum jr_tok tok;
	int rc, hit = 0;
	struct jr r;

	jr_init(&r, json, ev->arena);
	if (jr_next(&r) != JR_ARR)
		return 0;
	while ((tok = jr_next(&r)) != JR_ARR_END && tok != JR_BAD) {
		if (tok != JR_STR && tok != JR_NUM) {
			if (jr_skip(&r, tok) == -1)
				break;
			continue;
		}
		rc = match_text(f, t, r.str, ev);
		if (rc == -1)
			return -1;
		hit |= rc;
	}
	return hit;
}

bool
grok_filter_run(struct grok_filter *f, struct event *ev)
{
	struct value v;
	size_t i;
	int rc, hit = 0;

	for (i = 0; i < f->targets.n; i++) {
		v = event_get(ev, f->targets.p[i]->field);
		if (v.kind == VAL_NONE || v.kind == VAL_NULL)
			continue;
		rc = v.kind == VAL_JSON ?
		    match_array(f, f->targets.p[i], v.text, ev) :
		    match_text(f, f->targets.p[i], v.text, ev);
		if (rc == -1) {
			event_tag(ev, f->o.tag_on_timeout);
			return false;
		}
		hit |= rc;
		if (hit && f->o.break_on_match)
			break;
	}
	if (hit)
		decorate(&f->o.hit, ev);
	else
		for (i = 0; i < f->o.tag_on_failure.n; i++)
			event_tag(ev, f->o.tag_on_failure.p[i]);
	return hit != 0;
}
