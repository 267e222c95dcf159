#include "config/recv.h"

#define F(member)	offsetof(struct wechat_config, member)

static const struct yfield rows[] = {
	RECV_ROWS,
	YROW("api_secret", YT_STR, F(api_secret), .flags = YF_SECRET),
	YROW("api_secret_file", YT_CUSTOM, F(api_secret_file),
	    .decode = config_decode_path),
	YROW("corp_id", YT_STR, F(corp_id)),
	YROW("api_url", YT_CUSTOM, F(api_url), .decode = recv_decode_url),
	YROW("message", YT_STR, F(message),
	    .dflt = "{{ template \"wechat.default.message\" . }}"),
	YROW("to_user", YT_STR, F(to_user),
	    .dflt = "{{ template \"wechat.default.to_user\" . }}"),
	YROW("to_party", YT_STR, F(to_party),
	    .dflt = "{{ template \"wechat.default.to_party\" . }}"),
	YROW("to_tag", YT_STR, F(to_tag),
	    .dflt = "{{ template \"wechat.default.to_tag\" . }}"),
	YROW("agent_id", YT_STR, F(agent_id),
	    .dflt = "{{ template \"wechat.default.agent_id\" . }}"),
	YROW("message_type", YT_STR, F(message_type))
};

static int
check(const struct ynode *n, void *out, struct arena *a, struct err *e)
{
	struct wechat_config *c = out;

	(void)a;
	if (c->message_type.n == 0)
		c->message_type = STR("text");
	if (!str_eq(c->message_type, STR("text")) &&
	    !str_eq(c->message_type, STR("markdown")))
		return ynode_err(ynode_get(n, "message_type"), e,
		    "weChat message type \"" STR_FMT "\" does not match valid "
		    "options ^(text|markdown)$", STR_ARG(c->message_type));
	return recv_at_most_one(n, "api_secret", "api_secret_file", e);
}

static int
finish(void *conf, const struct am_global *g, struct arena *a, struct err *e)
{
	struct wechat_config *c = conf;

	(void)a;
	if (c->api_url.n == 0)
		c->api_url = g->wechat_api_url;
	if (recv_inherit(c->common.node, &c->api_secret, &c->api_secret_file,
	    g->wechat_api_secret, g->wechat_api_secret_file,
	    "Wechat Api Secret set either inline or in a file", e) == -1)
		return -1;
	if (c->corp_id.n == 0)
		c->corp_id = g->wechat_api_corp_id;
	if (c->corp_id.n == 0)
		return ynode_err(c->common.node, e,
		    "no global Wechat CorpID set");
	return 0;
}

static const struct yfields fields = RECV_TABLE("wechat_config",
    struct wechat_config, rows, check);

const struct recv_kind recv_wechat = {
	.key = "wechat_configs", .name = "wechat", .fields = &fields,
	.null_ok = true, .finish = finish
};
