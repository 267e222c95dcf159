#include "config/recv.h"

#define F(member)	offsetof(struct rocketchat_config, member)
#define A(member)	offsetof(struct rocketchat_action, member)
#define DEFAULT(name)	"{{ template \"rocketchat.default." name "\" . }}"

static const struct yfield action_rows[] = {
	YROW("type", YT_STR, A(type)),
	YROW("text", YT_STR, A(text)),
	YROW("url", YT_STR, A(url)),
	YROW("image_url", YT_STR, A(image_url)),
	YROW("is_webview", YT_STR, A(is_webview)),
	YROW("webview_height_ratio", YT_STR, A(webview_height_ratio)),
	YROW("msg", YT_STR, A(msg)),
	YROW("msg_in_chat_window", YT_STR, A(msg_in_chat_window)),
	YROW("msg_processing_type", YT_STR, A(msg_processing_type))
};

static const struct yfields action_fields = {
	.name = "action", .size = sizeof(struct rocketchat_action),
	.row = action_rows, .n = COUNT(action_rows)
};

static const struct yfield rows[] = {
	RECV_ROWS,
	YROW("api_url", YT_CUSTOM, F(api_url), .decode = recv_decode_url),
	YROW("token", YT_STR, F(token), .flags = YF_SECRET),
	YROW("token_file", YT_CUSTOM, F(token_file),
	    .decode = config_decode_path),
	YROW("token_id", YT_STR, F(token_id), .flags = YF_SECRET),
	YROW("token_id_file", YT_CUSTOM, F(token_id_file),
	    .decode = config_decode_path),
	YROW("channel", YT_STR, F(channel)),
	YROW("color", YT_STR, F(color), .dflt =
	    "{{ if eq .Status \"firing\" }}red{{ else }}green{{ end }}"),
	YROW("title", YT_STR, F(title), .dflt = DEFAULT("title")),
	YROW("title_link", YT_STR, F(title_link),
	    .dflt = DEFAULT("titlelink")),
	YROW("text", YT_STR, F(text), .dflt = DEFAULT("text")),
	YROW("fields", YT_LIST, F(fields), .sub = &slack_field_fields),
	YROW("short_fields", YT_BOOL, F(short_fields)),
	YROW("emoji", YT_STR, F(emoji), .dflt = DEFAULT("emoji")),
	YROW("icon_url", YT_STR, F(icon_url), .dflt = DEFAULT("iconurl")),
	YROW("image_url", YT_STR, F(image_url)),
	YROW("thumb_url", YT_STR, F(thumb_url)),
	YROW("link_names", YT_BOOL, F(link_names)),
	YROW("actions", YT_LIST, F(actions), .sub = &action_fields)
};

static int
check(const struct ynode *n, void *out, struct arena *a, struct err *e)
{
	(void)out;
	(void)a;
	if (recv_at_most_one(n, "token", "token_file", e) == -1)
		return -1;
	return recv_at_most_one(n, "token_id", "token_id_file", e);
}

static int
finish(void *conf, const struct am_global *g, struct arena *a, struct err *e)
{
	struct rocketchat_config *c = conf;
	const struct ynode *n = c->common.node;

	(void)a;
	if (c->api_url.n == 0)
		c->api_url = g->rocketchat_api_url;
	if (recv_inherit(n, &c->token_id, &c->token_id_file,
	    g->rocketchat_token_id, g->rocketchat_token_id_file,
	    "Rocketchat TokenID set either inline or in a file", e) == -1)
		return -1;
	return recv_inherit(n, &c->token, &c->token_file,
	    g->rocketchat_token, g->rocketchat_token_file,
	    "Rocketchat Token set either inline or in a file", e);
}

static const struct yfields fields = RECV_TABLE("rocketchat_config",
    struct rocketchat_config, rows, check);

const struct recv_kind recv_rocketchat = {
	.key = "rocketchat_configs", .name = "rocketchat",
	.fields = &fields, .null_ok = true, .finish = finish
};
