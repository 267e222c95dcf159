/* kv: words like key=value in a field become fields. */
#include "filter.h"
#include "members.h"
#include "scan.h"

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
	struct value v = event_get(ev, grok_field_name(s->source, ev->arena));
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
		    STR_FMT, STR_ARG(grok_field_name(s->target, ev->arena)),
		    s->target.n ? "." : "", STR_ARG(s->prefix), STR_ARG(member_name(key,
		    ev->arena))),
		    VALUE_STR(s->trim.n ? trim_set(value, s->trim) : value));
	}
	if (any)
		decorate(&s->hit, ev);
}

const struct step_kind step_kv = { "kv", open_kv, run_kv, NULL };
