/* mutate, json, kv: fields made, renamed, converted, taken apart. */
#include <ctype.h>

#include "core/mem.h"
#include "core/utf8.h"
#include "filter.h"
#include "json/read.h"
#include "members.h"
#include "re/re.h"
#include "scan.h"

struct mutate {
	struct ypairs rename, replace, update, copy, convert;
	struct ystrs lowercase, uppercase, strip, gsub;
	struct str id;
	struct decorations hit;
	struct re **regex;		/* of gsub, every third */
	size_t nregex;
};

#define AT(f)	offsetof(struct mutate, f)
static const struct yfield rows[] = {
	YROW("rename", YT_STRMAP, AT(rename)),
	YROW("replace", YT_STRMAP, AT(replace)),
	YROW("update", YT_STRMAP, AT(update)),
	YROW("copy", YT_STRMAP, AT(copy)),
	YROW("convert", YT_STRMAP, AT(convert)),
	YROW("lowercase", YT_CUSTOM, AT(lowercase), .decode = decode_words),
	YROW("uppercase", YT_CUSTOM, AT(uppercase), .decode = decode_words),
	YROW("strip", YT_CUSTOM, AT(strip), .decode = decode_words),
	YROW("gsub", YT_CUSTOM, AT(gsub), .decode = decode_words),
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
	.name = "mutate", .size = sizeof(struct mutate),
	.row = rows, .n = sizeof(rows) / sizeof(rows[0]),
};

static void close_mutate(void *self);

/* Ruby's \1, \0, \& and \k<name> as Go's ${1}; a '$' is one there. */
static struct str
replacement(struct str s, struct arena *a)
{
	struct buf b = { 0 };
	struct str out;
	ptrdiff_t end;
	size_t i;

	for (i = 0; i < s.n; i++) {
		char c = s.p[i], next = i + 1 < s.n ? s.p[i + 1] : '\0';

		if (c == '$') {
			(void)buf_put(&b, STR("$$"));
		} else if (c != '\\' || next == '\0') {
			(void)buf_putc(&b, c);
		} else if (isdigit((unsigned char)next) || next == '&') {
			(void)buf_printf(&b, "${%c}", next == '&' ? '0' : next);
			i++;
		} else if (next == 'k' && i + 2 < s.n && s.p[i + 2] == '<' &&
		    (end = str_find_char(str_sub(s, i, s.n), '>')) != -1) {
			(void)buf_printf(&b, "${" STR_FMT "}", STR_ARG(str_sub(
			    s, i + 3, i + (size_t)end)));
			i += (size_t)end;
		} else {
			if (next != '\\')
				(void)buf_putc(&b, c);
			(void)buf_putc(&b, next);
			i++;
		}
	}
	out = arena_str(a, buf_str(&b));
	buf_release(&b);
	return out;
}

static void *
open_mutate(struct filters *f, const struct ynode *n, struct err *e)
{
	struct arena *a = filters_arena(f);
	struct mutate *m = ARENA_NEW(a, struct mutate);
	struct err why = { 0 };
	size_t i;

	if (yaml_decode(n, &fields, m, a, e) == -1)
		return NULL;
	if (m->gsub.n % 3 != 0) {
		(void)ynode_err(ynode_get(n, "gsub"), e, "'gsub' is field, "
		    "expression, replacement, and so on");
		return NULL;
	}
	m->regex = ARENA_ARRAY(a, m->gsub.n / 3 + 1, struct re *);
	for (i = 1; i < m->gsub.n; i += 3) {
		m->regex[m->nregex] = re_compile(m->gsub.p[i], RE_RUBY |
		    RE_NUMBERED, &why);
		if (m->regex[m->nregex] == NULL) {
			(void)ynode_err(ynode_get(n, "gsub"), e, "%s",
			    why.msg);
			close_mutate(m);
			return NULL;
		}
		m->nregex++;
		m->gsub.p[i + 1] = replacement(m->gsub.p[i + 1], a);
	}
	return m;
}

static void
close_mutate(void *self)
{
	struct mutate *m = self;
	size_t i;

	for (i = 0; i < m->nregex; i++)
		re_free(m->regex[i]);
}

static struct str
name_of(struct str spelled, const struct event *ev)
{
	return grok_field_name(spelled, ev->arena);
}

static struct value
convert(struct value v, struct str type, struct event *ev)
{
	if (v.kind != VAL_STR && v.kind != VAL_NUM && v.kind != VAL_BOOL)
		return v;
	if (str_eq(type, STR("integer")))
		return grok_value(GROK_INT, v.text, ev->arena);
	if (str_eq(type, STR("float")))
		return grok_value(GROK_FLOAT, v.text, ev->arena);
	if (str_eq(type, STR("boolean"))) {
		static const char *const yes[] = { "true", "t", "yes", "y",
		    "1", "1.0" };
		size_t i;

		for (i = 0; i < sizeof(yes) / sizeof(yes[0]); i++)
			if (str_eq_nocase(v.text, str_of(yes[i])))
				return (struct value){ VAL_BOOL,
				    STR("true") };
		return (struct value){ VAL_BOOL, STR("false") };
	}
	return VALUE_STR(v.text);
}

static void
change_case(struct event *ev, struct str spelled, bool upper)
{
	struct str name = name_of(spelled, ev);
	struct value v = event_get(ev, name);
	struct buf b = { 0 };
	size_t at = 0;

	if (v.kind != VAL_STR)
		return;
	while (at < v.text.n) {
		uint32_t c = utf8_next(v.text, &at);

		(void)utf8_put(&b, upper ? utf8_upper(c) : utf8_lower(c));
	}
	event_set(ev, name, VALUE_STR(arena_str(ev->arena, buf_str(&b))));
	buf_release(&b);
}

static void
substitute(const struct mutate *m, struct event *ev)
{
	struct buf b = { 0 };
	struct value v;
	struct str name;
	size_t i;

	for (i = 0; i < m->nregex; i++) {
		name = name_of(m->gsub.p[3 * i], ev);
		v = event_get(ev, name);
		buf_reset(&b);
		if (v.kind == VAL_STR && re_replace_all(m->regex[i], v.text,
		    m->gsub.p[3 * i + 2], &b) == 0)
			event_set(ev, name, VALUE_STR(arena_str(ev->arena,
			    buf_str(&b))));
	}
	buf_release(&b);
}

/* In the order of logstash-filter-mutate. */
static void
run_mutate(void *self, struct event *ev)
{
	const struct mutate *m = self;
	struct value v;
	struct str name;
	size_t i;

	for (i = 0; i < m->rename.n; i++) {
		name = name_of(m->rename.p[i].key, ev);
		v = event_get(ev, name);
		if (v.kind == VAL_NONE)
			continue;
		event_remove(ev, name);
		event_set(ev, name_of(m->rename.p[i].value, ev), v);
	}
	for (i = 0; i < m->update.n; i++) {
		name = name_of(m->update.p[i].key, ev);
		if (event_get(ev, name).kind != VAL_NONE)
			event_set(ev, name, VALUE_STR(event_sprintf(ev,
			    m->update.p[i].value)));
	}
	for (i = 0; i < m->replace.n; i++)
		event_set(ev, name_of(m->replace.p[i].key, ev), VALUE_STR(
		    event_sprintf(ev, m->replace.p[i].value)));
	for (i = 0; i < m->convert.n; i++) {
		name = name_of(m->convert.p[i].key, ev);
		v = event_get(ev, name);
		if (v.kind != VAL_NONE)
			event_set(ev, name, convert(v,
			    m->convert.p[i].value, ev));
	}
	substitute(m, ev);
	for (i = 0; i < m->uppercase.n; i++)
		change_case(ev, m->uppercase.p[i], true);
	for (i = 0; i < m->lowercase.n; i++)
		change_case(ev, m->lowercase.p[i], false);
	for (i = 0; i < m->strip.n; i++) {
		name = name_of(m->strip.p[i], ev);
		v = event_get(ev, name);
		if (v.kind == VAL_STR)
			event_set(ev, name, VALUE_STR(str_trim(v.text)));
	}
	for (i = 0; i < m->copy.n; i++) {
		v = event_get(ev, name_of(m->copy.p[i].key, ev));
		if (v.kind != VAL_NONE)
			event_set(ev, name_of(m->copy.p[i].value, ev), v);
	}
	decorate(&m->hit, ev);
}

const struct step_kind step_mutate = {
	"mutate", open_mutate, run_mutate, close_mutate
};

/* ---- json ---- */

struct json_step {
	struct str source, target;
	struct ystrs tag_on_failure;
	struct decorations hit;
};

static const struct yfield json_rows[] = {
	YROW("source", YT_STR, offsetof(struct json_step, source),
	    .dflt = "message"),
	YROW("target", YT_STR, offsetof(struct json_step, target)),
	YROW("tag_on_failure", YT_CUSTOM, offsetof(struct json_step,
	    tag_on_failure), .decode = decode_words,
	    .dflt = "_jsonparsefailure"),
	YROW("add_field", YT_STRMAP, offsetof(struct json_step,
	    hit.add_field)),
	YROW("add_tag", YT_CUSTOM, offsetof(struct json_step, hit.add_tag),
	    .decode = decode_words),
	YROW("remove_tag", YT_CUSTOM, offsetof(struct json_step,
	    hit.remove_tag), .decode = decode_words),
	YROW("remove_field", YT_CUSTOM, offsetof(struct json_step,
	    hit.remove_field), .decode = decode_words),
};

static const struct yfields json_fields = {
	.name = "json", .size = sizeof(struct json_step),
	.row = json_rows, .n = sizeof(json_rows) / sizeof(json_rows[0]),
};

static void *
open_json(struct filters *f, const struct ynode *n, struct err *e)
{
	struct json_step *s = ARENA_NEW(filters_arena(f), struct json_step);

	return yaml_decode(n, &json_fields, s, filters_arena(f), e) == -1 ?
	    NULL : s;
}

static struct value
json_value(struct jr *r, enum jr_tok tok)
{
	size_t from = r->start;

	switch (tok) {
	case JR_STR: return VALUE_STR(r->str);
	case JR_NUM: return (struct value){ VAL_NUM, r->str };
	case JR_TRUE: return (struct value){ VAL_BOOL, STR("true") };
	case JR_FALSE: return (struct value){ VAL_BOOL, STR("false") };
	case JR_NULL: return (struct value){ VAL_NULL, STR_NONE };
	case JR_OBJ: case JR_ARR:
		if (jr_skip(r, tok) == 0)
			return (struct value){ VAL_JSON, str_sub(r->text,
			    from, r->at) };
		break;
	default:
		break;
	}
	return VALUE_NONE;
}

static void
run_json(void *self, struct event *ev)
{
	struct json_step *s = self;
	struct value v = event_get(ev, name_of(s->source, ev));
	struct str key;
	struct jr r;
	size_t i;
	enum jr_tok tok;

	if (v.kind != VAL_STR)
		return;
	jr_init(&r, v.text, ev->arena);
	tok = jr_next(&r);
	while (tok == JR_OBJ && (tok = jr_next(&r)) == JR_KEY) {
		key = r.str;
		v = json_value(&r, jr_next(&r));
		if (v.kind == VAL_NONE)
			break;
		event_set(ev, s->target.n > 0 ? arena_printf(ev->arena,
		    STR_FMT "." STR_FMT, STR_ARG(name_of(s->target, ev)),
		    STR_ARG(member_name(key, ev->arena))) :
		    member_name(key, ev->arena), v);
		tok = JR_OBJ;
	}
	if (tok != JR_OBJ_END || jr_next(&r) != JR_END) {
		for (i = 0; i < s->tag_on_failure.n; i++)
			event_tag(ev, s->tag_on_failure.p[i]);
		return;
	}
	decorate(&s->hit, ev);
}

const struct step_kind step_json = { "json", open_json, run_json, NULL };

/* ---- kv ---- */

struct kv_step {
	struct str source, target, prefix, field_split, value_split, trim;
	struct decorations hit;
};

static const struct yfield kv_rows[] = {
	YROW("source", YT_STR, offsetof(struct kv_step, source),
	    .dflt = "message"),
	YROW("target", YT_STR, offsetof(struct kv_step, target)),
	YROW("prefix", YT_STR, offsetof(struct kv_step, prefix)),
	YROW("field_split", YT_STR, offsetof(struct kv_step, field_split),
	    .dflt = " "),
	YROW("value_split", YT_STR, offsetof(struct kv_step, value_split),
	    .dflt = "="),
	YROW("trim_value", YT_STR, offsetof(struct kv_step, trim)),
	YROW("add_field", YT_STRMAP, offsetof(struct kv_step,
	    hit.add_field)),
	YROW("remove_tag", YT_CUSTOM, offsetof(struct kv_step,
	    hit.remove_tag), .decode = decode_words),
	YROW("add_tag", YT_CUSTOM, offsetof(struct kv_step, hit.add_tag),
	    .decode = decode_words),
	YROW("remove_field", YT_CUSTOM, offsetof(struct kv_step,
	    hit.remove_field), .decode = decode_words),
};

static const struct yfields kv_fields = {
	.name = "kv", .size = sizeof(struct kv_step),
	.row = kv_rows, .n = sizeof(kv_rows) / sizeof(kv_rows[0]),
};

static void *
open_kv(struct filters *f, const struct ynode *n, struct err *e)
{
	struct kv_step *s = ARENA_NEW(filters_arena(f), struct kv_step);

	return yaml_decode(n, &kv_fields, s, filters_arena(f), e) == -1 ?
	    NULL : s;
}

static bool
one_of(char c, struct str set)
{
	return memchr(set.p, c, set.n) != NULL;
}

static struct str
trim_set(struct str s, struct str set)
{
	while (s.n > 0 && one_of(s.p[0], set))
		s = str_sub(s, 1, s.n);
	while (s.n > 0 && one_of(s.p[s.n - 1], set))
		s.n--;
	return s;
}

static void
run_kv(void *self, struct event *ev)
{
	const struct kv_step *s = self;
	struct value v = event_get(ev, name_of(s->source, ev));
	struct scan c = { value_text(v), 0 };
	struct str key, value;
	bool escaped = false, any = false;
	size_t from;

	while (v.kind == VAL_STR && !scan_end(&c)) {
		from = c.at;
		while (!scan_end(&c) && !one_of(c.s.p[c.at],
		    s->field_split) && !one_of(c.s.p[c.at], s->value_split))
			c.at++;
		key = str_sub(c.s, from, c.at);
		if (scan_end(&c) || !one_of(c.s.p[c.at], s->value_split)) {
			c.at++;
			continue;
		}
		from = ++c.at;
		if (!scan_quoted(&c, &value, &escaped)) {
			while (!scan_end(&c) && !one_of(c.s.p[c.at],
			    s->field_split))
				c.at++;
			value = str_sub(c.s, from, c.at);
		}
		c.at++;
		if (key.n == 0)
			continue;
		any = true;
		event_append(ev, arena_printf(ev->arena, STR_FMT "%s" STR_FMT
		    STR_FMT, STR_ARG(name_of(s->target, ev)), s->target.n ?
		    "." : "", STR_ARG(s->prefix), STR_ARG(member_name(key,
		    ev->arena))),
		    VALUE_STR(s->trim.n ? trim_set(value, s->trim) : value));
	}
	if (any)
		decorate(&s->hit, ev);
}

const struct step_kind step_kv = { "kv", open_kv, run_kv, NULL };
