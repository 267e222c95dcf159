/* json: the members of an object in a field become fields. */
#include "filter.h"
#include "json/read.h"
#include "members.h"

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
	struct value v = event_get(ev, grok_field_name(s->source, ev->arena));
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
		    STR_FMT "." STR_FMT, STR_ARG(grok_field_name(s->target,
		    ev->arena)), STR_ARG(member_name(key, ev->arena))) :
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
