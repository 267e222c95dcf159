/* mutate: fields made, renamed, converted. */
#include <ctype.h>

#include "core/mem.h"
#include "core/utf8.h"
#include "filter.h"
#include "json/read.h"
#include "re/re.h"

struct mutate {
	struct ypairs rename, replace, update, copy, convert;
	struct ypairs split, join, merge;
	struct ystrs lowercase, uppercase, capitalize, strip, gsub;
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
	YROW("capitalize", YT_CUSTOM, AT(capitalize), .decode = decode_words),
	YROW("strip", YT_CUSTOM, AT(strip), .decode = decode_words),
	YROW("split", YT_STRMAP, AT(split)),
	YROW("join", YT_STRMAP, AT(join)),
	YROW("merge", YT_STRMAP, AT(merge)),
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

enum letters { LOWER, UPPER, CAPITAL };

static void
change_case(struct event *ev, struct str spelled, enum letters how)
{
	struct str name = name_of(spelled, ev);
	struct value v = event_get(ev, name);
	struct buf b = { 0 };
	size_t at = 0;

	if (v.kind != VAL_STR)
		return;
	while (at < v.text.n) {
		bool upper = how == UPPER || (how == CAPITAL && at == 0);
		uint32_t c = utf8_next(v.text, &at);

		(void)utf8_put(&b, upper ? utf8_upper(c) : utf8_lower(c));
	}
	event_set(ev, name, VALUE_STR(arena_str(ev->arena, buf_str(&b))));
	buf_release(&b);
}

/* In a name below itself it would be lost; so it stays. */
static void
rename_field(struct event *ev, struct str from, struct str to)
{
	if (event_is_below(to, from))
		return;
	event_copy(ev, from, to);
	event_remove(ev, from);
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

/* ---- arrays ---- */

static bool
is_array(struct value v)
{
	return v.kind == VAL_JSON && v.text.p[0] == '[';
}

/* v, or each element of it, goes on the array that is begun in out. */
static void
put_elements(struct buf *out, struct value v)
{
	if (v.kind == VAL_NONE || (is_array(v) && v.text.n == 2))
		return;
	if (out->n > 1)
		(void)buf_putc(out, ',');
	if (is_array(v))
		(void)buf_put(out, str_sub(v.text, 1, v.text.n - 1));
	else
		value_put(out, v);
}

static void
set_array(struct event *ev, struct str name, struct buf *b)
{
	(void)buf_putc(b, ']');
	event_set(ev, name, (struct value){ VAL_JSON, arena_str(ev->arena,
	    buf_str(b)) });
	buf_release(b);
}

/* As Ruby: a blank stands for any, and what is empty at the end is dropped. */
static void
split(struct event *ev, struct str name, struct str by)
{
	struct value v = event_get(ev, name);
	bool blanks = str_eq(by, STR(" "));
	struct str rest = blanks ? str_trim(v.text) : v.text;
	struct buf b = { 0 };
	size_t at;

	if (v.kind != VAL_STR || by.n == 0)
		return;
	while (str_ends(rest, by))
		rest.n -= by.n;
	(void)buf_putc(&b, '[');
	while (rest.n > 0) {
		at = 0;
		while (at < rest.n && (blanks ? !isspace((unsigned char)
		    rest.p[at]) : !str_starts(str_sub(rest, at, rest.n), by)))
			at++;
		put_elements(&b, VALUE_STR(str_sub(rest, 0, at)));
		rest = str_sub(rest, at + by.n, rest.n);
		if (blanks)
			rest = str_trim(rest);
	}
	set_array(ev, name, &b);
}

static void
join(struct event *ev, struct str name, struct str by)
{
	struct value v = event_get(ev, name);
	struct buf b = { 0 };
	enum jr_tok tok;
	struct jr r;
	size_t n = 0, from;

	if (!is_array(v))
		return;
	jr_init(&r, v.text, ev->arena);
	(void)jr_next(&r);
	while ((tok = jr_next(&r)) != JR_ARR_END && tok != JR_BAD) {
		from = r.start;
		if (n++ > 0)
			(void)buf_put(&b, by);
		if ((tok == JR_OBJ || tok == JR_ARR) && jr_skip(&r, tok) == -1)
			break;
		if (tok != JR_NULL)
			(void)buf_put(&b, tok == JR_STR ? r.str :
			    str_sub(r.text, from, r.at));
	}
	event_set(ev, name, VALUE_STR(arena_str(ev->arena, buf_str(&b))));
	buf_release(&b);
}

static void
merge(struct event *ev, struct str name, struct str other)
{
	struct value v = event_get(ev, name), more = event_get(ev, other);
	struct buf b = { 0 };

	if (more.kind == VAL_NONE)
		return;
	(void)buf_putc(&b, '[');
	put_elements(&b, v);
	put_elements(&b, more);
	set_array(ev, name, &b);
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
		rename_field(ev, name, name_of(m->rename.p[i].value, ev));
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
		change_case(ev, m->uppercase.p[i], UPPER);
	for (i = 0; i < m->capitalize.n; i++)
		change_case(ev, m->capitalize.p[i], CAPITAL);
	for (i = 0; i < m->lowercase.n; i++)
		change_case(ev, m->lowercase.p[i], LOWER);
	for (i = 0; i < m->strip.n; i++) {
		name = name_of(m->strip.p[i], ev);
		v = event_get(ev, name);
		if (v.kind == VAL_STR)
			event_set(ev, name, VALUE_STR(str_trim(v.text)));
	}
	for (i = 0; i < m->split.n; i++)
		split(ev, name_of(m->split.p[i].key, ev), m->split.p[i].value);
	for (i = 0; i < m->join.n; i++)
		join(ev, name_of(m->join.p[i].key, ev), m->join.p[i].value);
	for (i = 0; i < m->merge.n; i++)
		merge(ev, name_of(m->merge.p[i].key, ev),
		    name_of(m->merge.p[i].value, ev));
	for (i = 0; i < m->copy.n; i++)
		event_copy(ev, name_of(m->copy.p[i].key, ev),
		    name_of(m->copy.p[i].value, ev));
	decorate(&m->hit, ev);
}

const struct step_kind step_mutate = {
	"mutate", open_mutate, run_mutate, close_mutate
};
