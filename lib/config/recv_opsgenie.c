#include "config/recv.h"

#define F(member)	offsetof(struct opsgenie_config, member)
#define R(member)	offsetof(struct opsgenie_responder, member)

static const struct yfield responder_rows[] = {
	YROW("id", YT_STR, R(id)),
	YROW("name", YT_STR, R(name)),
	YROW("username", YT_STR, R(username)),
	YROW("type", YT_STR, R(type))
};

static int
check_responder(const struct ynode *n, void *out, struct arena *a,
    struct err *e)
{
	static const char *const types[] = {
		"team", "teams", "user", "escalation", "schedule"
	};
	const struct opsgenie_responder *r = out;
	size_t i;

	(void)a;
	if (r->id.n == 0 && r->username.n == 0 && r->name.n == 0)
		return ynode_err(n, e, "opsGenieConfig responder has to have "
		    "at least one of id, username or name specified");
	if (str_find(r->type, STR("{{")) != -1)
		return 0;
	for (i = 0; i < COUNT(types); i++)
		if (str_eq_nocase(r->type, str_of(types[i])))
			return 0;
	return ynode_err(n, e, "opsGenieConfig responder type '" STR_FMT
	    "' does not match valid options "
	    "^(team|teams|user|escalation|schedule)$", STR_ARG(r->type));
}

static const struct yfields responder_fields = {
	.name = "responder", .size = sizeof(struct opsgenie_responder),
	.row = responder_rows, .n = COUNT(responder_rows),
	.check = check_responder
};

static const struct yfield rows[] = {
	RECV_ROWS,
	YROW("api_key", YT_STR, F(api_key), .flags = YF_SECRET),
	YROW("api_key_file", YT_CUSTOM, F(api_key_file),
	    .decode = config_decode_path),
	YROW("api_url", YT_CUSTOM, F(api_url), .decode = recv_decode_url),
	YROW("message", YT_STR, F(message),
	    .dflt = "{{ template \"opsgenie.default.message\" . }}"),
	YROW("description", YT_STR, F(description),
	    .dflt = "{{ template \"opsgenie.default.description\" . }}"),
	YROW("source", YT_STR, F(source),
	    .dflt = "{{ template \"opsgenie.default.source\" . }}"),
	YROW("details", YT_STRMAP, F(details)),
	YROW("entity", YT_STR, F(entity)),
	YROW("responders", YT_LIST, F(responders), .sub = &responder_fields),
	YROW("actions", YT_STR, F(actions)),
	YROW("tags", YT_STR, F(tags)),
	YROW("note", YT_STR, F(note)),
	YROW("priority", YT_STR, F(priority)),
	YROW("update_alerts", YT_BOOL, F(update_alerts))
};

static int
check(const struct ynode *n, void *out, struct arena *a, struct err *e)
{
	(void)out;
	(void)a;
	return recv_at_most_one(n, "api_key", "api_key_file", e);
}

static int
finish(void *conf, const struct am_global *g, struct arena *a, struct err *e)
{
	struct opsgenie_config *c = conf;

	(void)a;
	if (c->api_url.n == 0)
		c->api_url = g->opsgenie_api_url;
	return recv_inherit(c->common.node, &c->api_key, &c->api_key_file,
	    g->opsgenie_api_key, g->opsgenie_api_key_file,
	    "OpsGenie API Key set either inline or in a file", e);
}

static const struct yfields fields = RECV_TABLE("opsgenie_config",
    struct opsgenie_config, rows, check);

const struct recv_kind recv_opsgenie = {
	.key = "opsgenie_configs", .name = "opsgenie", .fields = &fields,
	.send_resolved = true, .null_ok = true, .finish = finish
};
