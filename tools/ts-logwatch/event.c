#include "event.h"

#include "core/dur.h"
#include "core/mem.h"
#include "core/num.h"
#include "json/write.h"
#include "level.h"

void
event_reset(struct event *ev, struct str line)
{
	ev->line = line;
	ev->flags = 0;
	ev->bytes = 0;
	ev->has_time = false;
	ev->time_ns = 0;
	ev->message = VALUE_NONE;
	ev->literals = UINT64_MAX;
	ev->level = NULL;
	ev->level_text = STR_NONE;
	ev->nfields = ev->ntags = 0;
	ev->dropped = false;
}

void
event_release(struct event *ev)
{
	mem_free(ev->field);
	ev->field = NULL;
	ev->nfields = ev->cap = 0;
}

/* Equal, a literal dot being a dot. */
static inline bool
char_eq(char a, char b)
{
	return a == b || (a == NAME_DOT && b == '.') ||
	    (a == '.' && b == NAME_DOT);
}

/* Names of one kind begin alike: their ends tell them apart. */
static inline bool
name_eq(struct str a, struct str b)
{
	size_t i = a.n;

	if (a.n != b.n || (i > 0 && !char_eq(a.p[i - 1], b.p[i - 1])))
		return false;
	if (memcmp(a.p, b.p, i) == 0)
		return true;
	while (i > 0 && char_eq(a.p[i - 1], b.p[i - 1]))
		i--;
	return i == 0;
}

static struct field *
find(const struct event *ev, struct str name)
{
	size_t i;

	for (i = 0; i < ev->nfields; i++)
		if (name_eq(ev->field[i].name, name))
			return &ev->field[i];
	return NULL;
}

static struct value
tags_value(const struct event *ev)
{
	struct buf b = { 0 };
	struct jw w = { .out = &b };
	struct value v = { VAL_JSON, STR_NONE };
	size_t i;

	jw_arr(&w);
	for (i = 0; i < ev->ntags; i++)
		jw_str(&w, ev->tag[i]);
	jw_arr_end(&w);
	v.text = arena_str(ev->arena, buf_str(&b));
	buf_release(&b);
	return v;
}

struct value
event_flags(const struct event *ev)
{
	static const struct { unsigned flag; const char *word; } words[] = {
		{ LINE_MULTI, "multiline" }, { LINE_NUL, "nul" },
		{ LINE_PARTIAL, "partial" }, { LINE_TRUNCATED, "truncated" },
		{ LINE_UTF8, "utf8" },
	};
	struct str text = STR("");
	size_t i;

	if (ev->flags == 0)
		return VALUE_NONE;
	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (ev->flags & words[i].flag)
			text = arena_printf(ev->arena, STR_FMT "%s\"%s\"",
			    STR_ARG(text), text.n ? "," : "", words[i].word);
	return (struct value){ VAL_JSON, arena_printf(ev->arena,
	    "[" STR_FMT "]", STR_ARG(text)) };
}

static struct value
time_value(const struct event *ev)
{
	struct buf b = { 0 };
	struct value v = { VAL_STR, STR_NONE };

	time_print_rfc3339(&b, ev->time);
	v.text = arena_str(ev->arena, buf_str(&b));
	buf_release(&b);
	return v;
}

struct value
event_get(const struct event *ev, struct str name)
{
	const struct field *f;

	if (str_eq(name, STR("message")))
		return ev->message;
	if (str_eq(name, STR("log.level")))
		return ev->level ? VALUE_STR(str_of(ev->level->name)) :
		    ev->level_text.n ? VALUE_STR(ev->level_text) : VALUE_NONE;
	if ((f = find(ev, name)) != NULL)
		return f->value;
	if (str_eq(name, STR("tags")) && ev->ntags > 0)
		return tags_value(ev);
	if (str_eq(name, STR("@timestamp")))
		return time_value(ev);
	if (str_eq(name, STR("log.level_original")) && ev->level != NULL &&
	    ev->level_text.n > 0)
		return VALUE_STR(ev->level_text);
	if (str_eq(name, STR("log.flags")))
		return event_flags(ev);
	if (str_eq(name, STR("event.original")))
		return VALUE_STR(ev->line);
	if (str_eq(name, STR("log.file.path")) && ev->origin &&
	    ev->origin->path.n > 0)
		return VALUE_STR(ev->origin->path);
	return VALUE_NONE;
}

bool
event_grow(struct event *ev)
{
	if (ev->cap == EVENT_FIELDS_MAX)
		return false;
	ev->cap = ev->cap ? 2 * ev->cap : 32;
	ev->field = mem_resize(ev->field, ev->cap, sizeof(*ev->field));
	return true;
}

void
event_set(struct event *ev, struct str name, struct value v)
{
	struct field *f;

	if (str_eq(name, STR("message")))
		ev->message = v;
	else if (str_eq(name, STR("log.level")) && v.kind == VAL_STR) {
		if (!event_set_level(ev, v.text)) {
			ev->level = NULL;
			ev->level_text = v.text;
		}
	} else if ((f = find(ev, name)) != NULL)
		f->value = v;
	else
		event_add(ev, name, v);
}

static struct value
both(struct event *ev, struct value old, struct value v)
{
	struct buf b = { 0 };
	struct value out = { VAL_JSON, STR_NONE };

	if (old.kind == VAL_JSON) {
		(void)buf_put(&b, str_sub(old.text, 0, old.text.n - 1));
		if (old.text.n > 2)
			(void)buf_putc(&b, ',');
	} else {
		(void)buf_putc(&b, '[');
		value_put(&b, old);
		(void)buf_putc(&b, ',');
	}
	value_put(&b, v);
	(void)buf_putc(&b, ']');
	out.text = arena_str(ev->arena, buf_str(&b));
	buf_release(&b);
	return out;
}

void
event_append(struct event *ev, struct str name, struct value v)
{
	struct value *at;
	struct field *f;

	if (str_eq(name, STR("message"))) {
		at = &ev->message;
	} else if ((f = find(ev, name)) != NULL) {
		at = &f->value;
	} else {
		event_add(ev, name, v);
		return;
	}
	if (at->kind == VAL_NONE)
		*at = v;
	else if (at->kind == VAL_STR ||
	    (at->kind == VAL_JSON && at->text.p[0] == '['))
		*at = both(ev, *at, v);
}

void
event_remove(struct event *ev, struct str name)
{
	size_t i, n = 0;

	if (str_eq(name, STR("message"))) {
		ev->message = VALUE_NONE;
	} else if (str_eq(name, STR("log.level"))) {
		ev->level = NULL;
		ev->level_text = STR_NONE;
	} else if (str_eq(name, STR("tags"))) {
		ev->ntags = 0;
	} else {
		for (i = 0; i < ev->nfields; i++)
			if (!event_is_below(ev->field[i].name, name))
				ev->field[n++] = ev->field[i];
		ev->nfields = n;
	}
}

bool
event_is_below(struct str field, struct str name)
{
	return field.n >= name.n && (field.n == name.n ||
	    field.p[name.n] == '.') && name_eq(str_sub(field, 0, name.n),
	    name);
}

void
event_copy(struct event *ev, struct str from, struct str to)
{
	struct value v = event_get(ev, from);
	size_t i, n = ev->nfields;
	struct str name;

	if (v.kind != VAL_NONE)
		event_set(ev, to, v);
	for (i = 0; i < n; i++) {
		name = ev->field[i].name;
		if (name.n == from.n || !event_is_below(name, from))
			continue;
		event_set(ev, arena_printf(ev->arena, STR_FMT STR_FMT,
		    STR_ARG(to), STR_ARG(str_sub(name, from.n, name.n))),
		    ev->field[i].value);
	}
}

bool
event_has_tag(const struct event *ev, struct str tag)
{
	size_t i;

	for (i = 0; i < ev->ntags; i++)
		if (str_eq(ev->tag[i], tag))
			return true;
	return false;
}

void
event_tag(struct event *ev, struct str tag)
{
	if (ev->ntags < EVENT_TAGS_MAX && !event_has_tag(ev, tag))
		ev->tag[ev->ntags++] = tag;
}

bool
event_set_level(struct event *ev, struct str text)
{
	const struct level *l = level_find(text);

	if (l == NULL)
		return false;
	ev->level = l;
	ev->level_text = str_eq(text, str_of(l->name)) ? STR_NONE : text;
	return true;
}

bool
json_number(struct str text)
{
	const char *end = text.p + text.n;
	double v;
	size_t i;

	/* Most numbers of logs are a few digits. */
	if (text.n > 0 && text.n < 16 && text.p[0] >= '1' &&
	    text.p[0] <= '9') {
		for (i = 1; i < text.n && text.p[i] >= '0' &&
		    text.p[i] <= '9'; i++)
			;
		if (i == text.n)
			return true;
	}
	return text.n > 0 && num_scan(text.p, end, &v) == end;
}

void
event_add_num(struct event *ev, struct str name, struct str digits)
{
	if (json_number(digits))
		event_add(ev, name, (struct value){ VAL_NUM, digits });
	else
		event_add_str(ev, name, digits);
}

void
event_add_int(struct event *ev, struct str name, int64_t v)
{
	char digits[24];
	struct buf b = { .p = digits, .cap = sizeof(digits) };

	num_print_i64(&b, v);
	event_add(ev, name, (struct value){ VAL_NUM,
	    arena_str(ev->arena, buf_str(&b)) });
}

struct str
value_text(struct value v)
{
	return v.kind == VAL_NULL || v.kind == VAL_NONE ? STR_NONE : v.text;
}

bool
value_number(struct value v, double *out)
{
	uint64_t n = 0;
	size_t i;

	if (v.kind != VAL_NUM && v.kind != VAL_STR)
		return false;
	for (i = 0; i < v.text.n && i < 15 && v.text.p[i] >= '0' &&
	    v.text.p[i] <= '9'; i++)
		n = 10 * n + (uint64_t)(v.text.p[i] - '0');
	if (i == 0 || i < v.text.n)
		return num_parse_double(v.text, out);
	*out = (double)n;
	return true;
}

void
value_put(struct buf *out, struct value v)
{
	switch (v.kind) {
	case VAL_STR:
		json_put_str(out, v.text, false);
		break;
	case VAL_NONE:
	case VAL_NULL:
		(void)buf_put(out, STR("null"));
		break;
	case VAL_NUM:
	case VAL_BOOL:
	case VAL_JSON:
		(void)buf_put(out, v.text);
		break;
	}
}
