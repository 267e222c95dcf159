#include "config/recv.h"

#define F(member)	offsetof(struct victorops_config, member)

static const struct yfield rows[] = {
	RECV_ROWS,
	YROW("api_key", YT_STR, F(api_key), .flags = YF_SECRET),
	YROW("api_key_file", YT_CUSTOM, F(api_key_file),
	    .decode = config_decode_path),
	YROW("api_url", YT_CUSTOM, F(api_url), .decode = recv_decode_url),
	YROW("routing_key", YT_STR, F(routing_key)),
	YROW("message_type", YT_STR, F(message_type), .dflt = "CRITICAL"),
	YROW("state_message", YT_STR, F(state_message),
	    .dflt = "{{ template \"victorops.default.state_message\" . }}"),
	YROW("entity_display_name", YT_STR, F(entity_display_name), .dflt =
	    "{{ template \"victorops.default.entity_display_name\" . }}"),
	YROW("monitoring_tool", YT_STR, F(monitoring_tool),
	    .dflt = "{{ template \"victorops.default.monitoring_tool\" . }}"),
	YROW("custom_fields", YT_STRMAP, F(custom_fields))
};

static int
check(const struct ynode *n, void *out, struct arena *a, struct err *e)
{
	static const char *const fixed[] = {
		"routing_key", "message_type", "state_message",
		"entity_display_name", "monitoring_tool", "entity_id",
		"entity_state"
	};
	const struct victorops_config *c = out;
	size_t i, j;

	(void)a;
	if (c->routing_key.n == 0)
		return ynode_err(n, e,
		    "missing Routing key in VictorOps config");
	if (recv_at_most_one(n, "api_key", "api_key_file", e) == -1)
		return -1;
	for (i = 0; i < c->custom_fields.n; i++)
		for (j = 0; j < COUNT(fixed); j++)
			if (str_eq(c->custom_fields.p[i].key,
			    str_of(fixed[j])))
				return ynode_err(c->custom_fields.p[i].node,
				    e, "victorOps config contains custom "
				    "field %s which cannot be used as it "
				    "conflicts with the fixed/static fields",
				    fixed[j]);
	return 0;
}

static int
finish(void *conf, const struct am_global *g, struct arena *a, struct err *e)
{
	struct victorops_config *c = conf;

	(void)a;
	if (c->api_url.n == 0)
		c->api_url = g->victorops_api_url;
	return recv_inherit(c->common.node, &c->api_key, &c->api_key_file,
	    g->victorops_api_key, g->victorops_api_key_file,
	    "VictorOps API Key set", e);
}

static const struct yfields fields = RECV_TABLE("victorops_config",
    struct victorops_config, rows, check);

const struct recv_kind recv_victorops = {
	.key = "victorops_configs", .name = "victorops", .fields = &fields,
	.send_resolved = true, .finish = finish
};
