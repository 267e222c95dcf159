#include "config/recv.h"

#define F(member)	offsetof(struct slack_config, member)
#define FIELD(member)	offsetof(struct slack_field, member)
#define C(member)	offsetof(struct slack_confirm, member)
#define A(member)	offsetof(struct slack_action, member)
#define DEFAULT(name)	"{{ template \"slack.default." name "\" . }}"
#define BOT_URL		"https://slack.com/api/chat.postMessage"

/* ---- fields, shared with rocketchat and mattermost ---- */

static const struct yfield field_rows[] = {
	YROW("title", YT_STR, FIELD(title)),
	YROW("value", YT_STR, FIELD(value)),
	YROW("short", YT_BOOL, FIELD(short_field))
};

static int
check_field(const struct ynode *n, void *out, struct arena *a, struct err *e)
{
	struct slack_field *f = out;

	(void)a;
	f->short_set = recv_is_set(n, "short");
	if (f->title.n == 0)
		return ynode_err(n, e,
		    "missing title in Slack field configuration");
	if (f->value.n == 0)
		return ynode_err(n, e,
		    "missing value in Slack field configuration");
	return 0;
}

const struct yfields slack_field_fields = {
	.name = "field", .size = sizeof(struct slack_field),
	.row = field_rows, .n = COUNT(field_rows), .check = check_field
};

/* ---- actions ---- */

static const struct yfield confirm_rows[] = {
	YROW("text", YT_STR, C(text)),
	YROW("title", YT_STR, C(title)),
	YROW("ok_text", YT_STR, C(ok_text)),
	YROW("dismiss_text", YT_STR, C(dismiss_text))
};

static int
check_confirm(const struct ynode *n, void *out, struct arena *a,
    struct err *e)
{
	(void)a;
	if (((const struct slack_confirm *)out)->text.n > 0)
		return 0;
	return ynode_err(n, e,
	    "missing text in Slack confirmation configuration");
}

static const struct yfields confirm_fields = {
	.name = "confirm", .size = sizeof(struct slack_confirm),
	.row = confirm_rows, .n = COUNT(confirm_rows),
	.check = check_confirm
};

static const struct yfield action_rows[] = {
	YROW("type", YT_STR, A(type)),
	YROW("text", YT_STR, A(text)),
	YROW("url", YT_STR, A(url)),
	YROW("style", YT_STR, A(style)),
	YROW("name", YT_STR, A(name)),
	YROW("value", YT_STR, A(value)),
	YROW("confirm", YT_STRUCT_PTR, A(confirm), .sub = &confirm_fields)
};

static int
check_action(const struct ynode *n, void *out, struct arena *a,
    struct err *e)
{
	struct slack_action *x = out;

	(void)a;
	if (x->type.n == 0)
		return ynode_err(n, e,
		    "missing type in Slack action configuration");
	if (x->text.n == 0)
		return ynode_err(n, e,
		    "missing text in Slack action configuration");
	if (x->url.n > 0) {
		/* A link button has none of these. */
		x->name = x->value = STR_NONE;
		x->confirm = NULL;
		return 0;
	}
	if (x->name.n == 0)
		return ynode_err(n, e,
		    "missing name or url in Slack action configuration");
	return 0;
}

static const struct yfields action_fields = {
	.name = "action", .size = sizeof(struct slack_action),
	.row = action_rows, .n = COUNT(action_rows), .check = check_action
};

/* ---- the block ---- */

static const struct yfield rows[] = {
	RECV_ROWS,
	YROW("api_url", YT_CUSTOM, F(api_url), .decode = recv_decode_url,
	    .flags = YF_SECRET),
	YROW("api_url_file", YT_CUSTOM, F(api_url_file),
	    .decode = config_decode_path),
	YROW("app_token", YT_STR, F(app_token), .flags = YF_SECRET),
	YROW("app_token_file", YT_CUSTOM, F(app_token_file),
	    .decode = config_decode_path),
	YROW("app_url", YT_CUSTOM, F(app_url), .decode = recv_decode_url),
	YROW("channel", YT_STR, F(channel)),
	YROW("username", YT_STR, F(username), .dflt = DEFAULT("username")),
	YROW("color", YT_STR, F(color), .dflt = DEFAULT("color")),
	YROW("title", YT_STR, F(title), .dflt = DEFAULT("title")),
	YROW("title_link", YT_STR, F(title_link),
	    .dflt = DEFAULT("titlelink")),
	YROW("pretext", YT_STR, F(pretext), .dflt = DEFAULT("pretext")),
	YROW("text", YT_STR, F(text), .dflt = DEFAULT("text")),
	YROW("fields", YT_LIST, F(fields), .sub = &slack_field_fields),
	YROW("short_fields", YT_BOOL, F(short_fields)),
	YROW("footer", YT_STR, F(footer), .dflt = DEFAULT("footer")),
	YROW("fallback", YT_STR, F(fallback), .dflt = DEFAULT("fallback")),
	YROW("callback_id", YT_STR, F(callback_id),
	    .dflt = DEFAULT("callbackid")),
	YROW("icon_emoji", YT_STR, F(icon_emoji),
	    .dflt = DEFAULT("iconemoji")),
	YROW("icon_url", YT_STR, F(icon_url), .dflt = DEFAULT("iconurl")),
	YROW("image_url", YT_STR, F(image_url)),
	YROW("thumb_url", YT_STR, F(thumb_url)),
	YROW("message_text", YT_STR, F(message_text)),
	YROW("link_names", YT_BOOL, F(link_names)),
	YROW("mrkdwn_in", YT_STRLIST, F(mrkdwn_in)),
	YROW("actions", YT_LIST, F(actions), .sub = &action_fields),
	YROW("update_message", YT_BOOL, F(update_message)),
	YROW("timeout", YT_GO_DURATION, F(timeout_ms))
};

static int
check(const struct ynode *n, void *out, struct arena *a, struct err *e)
{
	static struct str markdown[] = {
		{ "fallback", 8 }, { "pretext", 7 }, { "text", 4 }
	};
	struct slack_config *c = out;

	(void)a;
	if (!recv_is_set(n, "mrkdwn_in"))
		c->mrkdwn_in = (struct ystrs){ markdown, COUNT(markdown) };
	if (recv_at_most_one(n, "api_url", "api_url_file", e) == -1 ||
	    recv_at_most_one(n, "app_token", "app_token_file", e) == -1)
		return -1;
	if ((c->api_url.n || c->api_url_file.n) &&
	    (c->app_token.n || c->app_token_file.n))
		return ynode_err(n, e, "at most one of app_token/"
		    "app_token_file & api_url/api_url_file must be "
		    "configured");
	return 0;
}

/*
 * Which way to Slack: the block's own, else global's app token (unless the
 * block brings its own authorization), else global's URL.
 */
static void
take_global(struct slack_config *c, const struct am_global *g)
{
	bool own_auth = c->common.http != &g->http &&
	    c->common.http->auth != HTTP_NO_AUTH;

	if (c->app_url.n == 0)
		c->app_url = g->slack_app_url;
	if (c->api_url.n || c->api_url_file.n || c->app_token.n ||
	    c->app_token_file.n)
		return;
	if (!own_auth && (g->slack_app_token.n || g->slack_app_token_file.n)) {
		c->app_token = g->slack_app_token;
		c->app_token_file = g->slack_app_token_file;
		return;
	}
	c->api_url = g->slack_api_url;
	c->api_url_file = g->slack_api_url_file;
}

static int
finish(void *conf, const struct am_global *g, struct arena *a, struct err *e)
{
	struct slack_config *c = conf;

	(void)a;
	take_global(c, g);
	if (c->app_token.n || c->app_token_file.n) {
		c->api_url = c->app_url;
		return 0;
	}
	if (c->api_url.n == 0 && c->api_url_file.n == 0)
		return ynode_err(c->common.node, e, "no global Slack API URL "
		    "set either inline or in a file");
	if (c->update_message && !str_eq(c->api_url, STR(BOT_URL)))
		return ynode_err(c->common.node, e, "update_message can only "
		    "be used with bot tokens. api_url must be set to "
		    BOT_URL);
	return 0;
}

static const struct yfields fields = RECV_TABLE("slack_config",
    struct slack_config, rows, check);

const struct recv_kind recv_slack = {
	.key = "slack_configs", .name = "slack", .fields = &fields,
	.null_ok = true, .finish = finish
};
