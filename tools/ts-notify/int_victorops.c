#include "integration.h"

#define MESSAGE_MAX	20480

static bool
known_type(struct str s)
{
	return str_eq(s, STR("CRITICAL")) || str_eq(s, STR("WARNING")) ||
	    str_eq(s, STR("INFO"));
}

static struct str
type_of(struct attempt *a, const struct victorops_config *c)
{
	struct str type = text(a, c->message_type);

	if (a->resolved)
		return STR("RECOVERY");
	return known_type(type) ? type : STR("CRITICAL");
}

static void
put_event(struct attempt *a, const struct victorops_config *c, struct jw *w)
{
	struct member *m = arena_array(&a->arena, c->custom_fields.n + 5,
	    sizeof(*m));
	size_t i;

	m[0] = (struct member){ STR("entity_display_name"),
	    text(a, c->entity_display_name) };
	m[1] = (struct member){ STR("entity_id"), key_hash(a) };
	m[2] = (struct member){ STR("message_type"), type_of(a, c) };
	m[3] = (struct member){ STR("monitoring_tool"),
	    text(a, c->monitoring_tool) };
	m[4] = (struct member){ STR("state_message"),
	    cut_runes(a, text(a, c->state_message), MESSAGE_MAX) };
	for (i = 0; i < c->custom_fields.n; i++)
		m[5 + i] = (struct member){ c->custom_fields.p[i].key,
		    text(a, c->custom_fields.p[i].value) };
	put_members(w, m, 5 + i);
}

static int
build(struct attempt *a)
{
	const struct victorops_config *c = a->target.conf;
	struct jw w;

	if (a->step > 0)
		return 0;
	w = json_begin(a);
	put_event(a, c, &w);
	return json_post(a, url_join(a, c->api_url, arena_printf(&a->arena,
	    STR_FMT "/" STR_FMT,
	    STR_ARG(secret(a, c->api_key, c->api_key_file)),
	    STR_ARG(text(a, c->routing_key))).p));
}

const struct integration int_victorops = {
	.key = "victorops_configs", .build = build
};
