/*
 * The global block of alertmanager.yml.
 */
#include "config/am.h"
#include "config/recv.h"

#define G(member)	offsetof(struct am_global, member)
#define TEXT(name)	YROW(#name, YT_STR, G(name))
#define SECRET(name)	YROW(#name, YT_STR, G(name), .flags = YF_SECRET)
#define PATH(name)	YROW(#name, YT_CUSTOM, G(name),			\
			    .decode = config_decode_path)
#define URL(name, ...)	YROW(#name, YT_CUSTOM, G(name),			\
			    .decode = recv_decode_url, __VA_ARGS__)

static const struct yfield rows[] = {
	YROW("resolve_timeout", YT_DURATION, G(resolve_timeout_ms),
	    .dflt = "5m"),
	YROW("http_config", YT_STRUCT, G(http), .sub = &http_config_fields),
	YROW("smtp_smarthost", YT_CUSTOM, G(smtp_smarthost),
	    .decode = recv_decode_hostport),
	TEXT(smtp_from),
	YROW("smtp_hello", YT_STR, G(smtp_hello), .dflt = "localhost"),
	TEXT(smtp_auth_username), SECRET(smtp_auth_password),
	PATH(smtp_auth_password_file), SECRET(smtp_auth_secret),
	PATH(smtp_auth_secret_file), TEXT(smtp_auth_identity),
	YROW("smtp_require_tls", YT_BOOL, G(smtp_require_tls),
	    .dflt = "true"),
	YROW("smtp_tls_config", YT_STRUCT, G(smtp_tls),
	    .sub = &tls_config_fields),
	YROW("smtp_force_implicit_tls", YT_BOOL, G(smtp_force_implicit_tls)),
	URL(slack_api_url), PATH(slack_api_url_file),
	SECRET(slack_app_token), PATH(slack_app_token_file),
	URL(slack_app_url,
	    .dflt = "https://slack.com/api/chat.postMessage"),
	URL(pagerduty_url,
	    .dflt = "https://events.pagerduty.com/v2/enqueue"),
	URL(opsgenie_api_url, .dflt = "https://api.opsgenie.com/"),
	SECRET(opsgenie_api_key), PATH(opsgenie_api_key_file),
	URL(wechat_api_url, .dflt = "https://qyapi.weixin.qq.com/cgi-bin/"),
	SECRET(wechat_api_secret), PATH(wechat_api_secret_file),
	TEXT(wechat_api_corp_id),
	URL(victorops_api_url, .dflt = "https://alert.victorops.com/"
	    "integrations/generic/20131114/alert/"),
	SECRET(victorops_api_key), PATH(victorops_api_key_file),
	URL(telegram_api_url, .dflt = "https://api.telegram.org"),
	SECRET(telegram_bot_token), PATH(telegram_bot_token_file),
	URL(webex_api_url, .dflt = "https://webexapis.com/v1/messages"),
	URL(rocketchat_api_url, .dflt = "https://open.rocket.chat/"),
	SECRET(rocketchat_token), PATH(rocketchat_token_file),
	SECRET(rocketchat_token_id), PATH(rocketchat_token_id_file),
	URL(mattermost_webhook_url), PATH(mattermost_webhook_url_file),
	URL(jira_api_url)
};

static const struct yfields fields = {
	.name = "global", .size = sizeof(struct am_global), .row = rows,
	.n = COUNT(rows), .null_is_zero = true
};

const struct yfields *
am_global_fields(void)
{
	return &fields;
}

static int
check_slack(const struct ynode *n, const struct am_global *g, struct err *e)
{
	bool token = g->slack_app_token.n || g->slack_app_token_file.n;
	bool url = g->slack_api_url.n || g->slack_api_url_file.n;

	/* The bot's own URL beside a token is how it was done before 0.30. */
	if (!token || !url || str_eq(g->slack_api_url, g->slack_app_url))
		return 0;
	return ynode_err(n, e, "at most one of slack_app_token/"
	    "slack_app_token_file & slack_api_url/slack_api_url_file must be "
	    "configured");
}

static int
check(const struct ynode *n, const struct am_global *g, struct err *e)
{
	static const char *const pairs[][2] = {
		{ "smtp_auth_password", "smtp_auth_password_file" },
		{ "smtp_auth_secret", "smtp_auth_secret_file" },
		{ "slack_api_url", "slack_api_url_file" },
		{ "slack_app_token", "slack_app_token_file" },
		{ "opsgenie_api_key", "opsgenie_api_key_file" },
		{ "victorops_api_key", "victorops_api_key_file" },
		{ "telegram_bot_token", "telegram_bot_token_file" },
		{ "wechat_api_secret", "wechat_api_secret_file" },
		{ "rocketchat_token", "rocketchat_token_file" },
		{ "rocketchat_token_id", "rocketchat_token_id_file" },
		{ "mattermost_webhook_url", "mattermost_webhook_url_file" }
	};
	size_t i;

	for (i = 0; i < COUNT(pairs); i++)
		if (recv_at_most_one(n, pairs[i][0], pairs[i][1], e) == -1)
			return -1;
	return check_slack(n, g, e);
}

int
am_global_decode(const struct ynode *n, struct am_global *g,
    struct arena *a, struct err *e)
{
	static const struct ynode none = { .kind = Y_NULL };

	if (n == NULL)
		n = &none;
	if (yaml_decode(n, &fields, g, a, e) == -1)
		return -1;
	if (n->kind != Y_MAP)
		return 0;
	g->node = n;
	g->smtp_force_implicit_tls_set =
	    recv_is_set(n, "smtp_force_implicit_tls");
	return check(n, g, e);
}
