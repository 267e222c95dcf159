/*
 * config/receivers: the receivers of alertmanager.yml, every integration of
 * 0.34 decoded into a plain struct with its defaults, and checked.  A kind is
 * one file (recv_<kind>.c) and one row in receivers.c.
 *
 * Strings marked T are templates, kept as text.  X and X_file exclude each
 * other; a file is read at use (config/secret.h).  What a receiver leaves out
 * and global has, is filled in from global.
 */
#ifndef CONFIG_RECEIVERS_H
#define CONFIG_RECEIVERS_H

#include "config/common.h"

struct am_global {
	const struct ynode *node;	/* NULL: no such block */
	int64_t resolve_timeout_ms;
	struct http_config http;
	struct str smtp_smarthost, smtp_from, smtp_hello, smtp_auth_username,
	    smtp_auth_password, smtp_auth_password_file, smtp_auth_secret,
	    smtp_auth_secret_file, smtp_auth_identity;
	bool smtp_require_tls;
	struct http_config smtp_tls;	/* its tls fields */
	bool smtp_force_implicit_tls, smtp_force_implicit_tls_set;
	struct str slack_api_url, slack_api_url_file, slack_app_token,
	    slack_app_token_file, slack_app_url;
	struct str pagerduty_url;
	struct str opsgenie_api_url, opsgenie_api_key, opsgenie_api_key_file;
	struct str wechat_api_url, wechat_api_secret, wechat_api_secret_file,
	    wechat_api_corp_id;
	struct str victorops_api_url, victorops_api_key,
	    victorops_api_key_file;
	struct str telegram_api_url, telegram_bot_token,
	    telegram_bot_token_file;
	struct str webex_api_url;
	struct str rocketchat_api_url, rocketchat_token,
	    rocketchat_token_file, rocketchat_token_id,
	    rocketchat_token_id_file;
	struct str mattermost_webhook_url, mattermost_webhook_url_file;
	struct str jira_api_url;
};

/* Every integration's struct starts with this one. */
struct recv_common {
	const struct ynode *node;
	bool send_resolved;
	struct http_config *http;	/* global's when it has none */
};

struct webhook_config {
	struct recv_common common;
	struct str url, url_file;			/* url: T */
	int64_t max_alerts;				/* 0 = all */
	int64_t timeout_ms;				/* 0 = none */
	const struct ynode *payload;	/* NULL = the standard body; T */
};

struct email_config {
	struct recv_common common;
	struct str to, from;				/* T */
	struct str hello, smarthost, auth_username, auth_password,
	    auth_password_file, auth_secret, auth_secret_file, auth_identity;
	bool require_tls;
	bool force_implicit_tls, force_implicit_tls_set;
	struct http_config tls;				/* its tls fields */
	struct ypairs headers;	/* canonical names, in order; values T */
	struct str html, text;				/* T */
	struct str subject, body;	/* ours; headers and text have them */
	bool threading;
	struct str thread_by_date;			/* none, daily */
};

struct slack_field {
	struct str title, value;			/* T */
	bool short_field, short_set;
};

struct slack_confirm {
	struct str text, title, ok_text, dismiss_text;	/* T */
};

struct slack_action {
	struct str type, text, url, style, name, value;	/* T */
	struct slack_confirm *confirm;			/* NULL = none */
};

struct slack_config {
	struct recv_common common;
	struct str api_url, api_url_file, app_token, app_token_file, app_url;
	struct str channel, username, color, title, title_link, pretext,
	    text, fallback, callback_id, footer, icon_emoji, icon_url,
	    image_url, thumb_url, message_text;		/* T */
	struct ylist fields;				/* slack_field */
	struct ylist actions;				/* slack_action */
	struct ystrs mrkdwn_in;
	bool short_fields, link_names, update_message;
	int64_t timeout_ms;
};

struct pagerduty_image { struct str src, alt, href; };	/* T */
struct pagerduty_link { struct str href, text; };	/* T */

struct pagerduty_config {
	struct recv_common common;
	struct str service_key, service_key_file, routing_key,
	    routing_key_file, url;
	struct str client, client_url, description, severity, source,
	    class, component, group;			/* T */
	struct ypairs details;	/* defaults behind; scalars T; see the node */
	struct ylist images;				/* pagerduty_image */
	struct ylist links;				/* pagerduty_link */
	int64_t timeout_ms;
};

struct opsgenie_responder { struct str id, name, username, type; }; /* T */

struct opsgenie_config {
	struct recv_common common;
	struct str api_key, api_key_file, api_url;
	struct str message, description, source, entity, actions, tags, note,
	    priority;					/* T */
	struct ypairs details;				/* values T */
	struct ylist responders;			/* opsgenie_responder */
	bool update_alerts;
};

struct victorops_config {
	struct recv_common common;
	struct str api_key, api_key_file, api_url;
	struct str routing_key, message_type, state_message,
	    entity_display_name, monitoring_tool;	/* T */
	struct ypairs custom_fields;			/* values T */
};

struct pushover_config {
	struct recv_common common;
	struct str user_key, user_key_file, token, token_file;
	struct str title, message, url, url_title, device, sound,
	    priority;					/* T */
	int64_t retry_ms, expire_ms, ttl_ms;
	bool html, monospace;
};

struct telegram_config {
	struct recv_common common;
	struct str api_url, bot_token, bot_token_file, chat_id_file;
	int64_t chat_id;
	int64_t message_thread_id;			/* 0 = none */
	struct str message;				/* T */
	struct str parse_mode;
	bool disable_notifications;
};

struct discord_config {
	struct recv_common common;
	struct str webhook_url, webhook_url_file;
	struct str title, message, content, username, avatar_url; /* T */
};

struct webex_config {
	struct recv_common common;
	struct str api_url;
	struct str room_id, message;			/* T */
};

struct sns_config {
	struct recv_common common;
	struct str api_url;				/* T */
	struct {
		struct str region, access_key, secret_key, profile,
		    role_arn, external_id;
		bool use_fips;
	} sigv4;
	struct str topic_arn, phone_number, target_arn, subject,
	    message;					/* T */
	struct ypairs attributes;			/* both T */
	bool use_aws_http_client;
};

struct wechat_config {
	struct recv_common common;
	struct str api_secret, api_secret_file, corp_id, api_url;
	struct str message, to_user, to_party, to_tag, agent_id; /* T */
	struct str message_type;
};

/* msteams_configs and msteamsv2_configs (without summary). */
struct msteams_config {
	struct recv_common common;
	struct str webhook_url, webhook_url_file;
	struct str title, summary, text;		/* T */
};

/* A jira summary or description: text, or {template, enable_update}. */
struct jira_text {
	struct str template;				/* T */
	bool enable_update, enable_update_set;
};

struct jira_config {
	struct recv_common common;
	struct str api_url, api_type, project, issue_type, priority,
	    reopen_transition, resolve_transition, wont_fix_resolution; /* T */
	struct jira_text summary, description;
	struct ystrs labels;				/* T */
	int64_t reopen_duration_ms;
	const struct ynode *fields;			/* any; NULL = none */
};

struct rocketchat_action {
	struct str type, text, url, image_url, is_webview,
	    webview_height_ratio, msg, msg_in_chat_window,
	    msg_processing_type;
};

struct rocketchat_config {
	struct recv_common common;
	struct str api_url, token, token_file, token_id, token_id_file;
	struct str channel, color, title, title_link, text, emoji, icon_url,
	    image_url, thumb_url;			/* T */
	struct ylist fields;				/* slack_field */
	struct ylist actions;				/* rocketchat_action */
	bool short_fields, link_names;
};

struct mattermost_attachment {
	struct str fallback, color, pretext, text, author_name, author_link,
	    author_icon, title, title_link, thumb_url, footer, footer_icon,
	    image_url;					/* T */
	struct ylist fields;				/* slack_field */
};

struct mattermost_config {
	struct recv_common common;
	struct str webhook_url, webhook_url_file;
	struct str channel, username, text, icon_url, icon_emoji, type; /* T */
	struct mattermost_attachment own;	/* the fields in the block */
	struct ylist attachments;		/* mattermost_attachment */
	struct str card;				/* props.card; T */
	struct str priority;				/* empty = none */
	bool requested_ack, persistent_notifications;
};

struct incidentio_config {
	struct recv_common common;
	struct str url, url_file, alert_source_token,
	    alert_source_token_file;
	int64_t max_alerts, timeout_ms;
};

/* Ours: a program that is given the webhook body. */
struct exec_config {
	struct recv_common common;
	struct ystrs command;		/* argv; T */
	int64_t timeout_ms;		/* 0 = none */
};

/* Ours: a view for the terminal. */
struct stdout_config {
	struct recv_common common;
};

/* ---- the table ---- */

struct recv_kind {
	const char *key;	/* "slack_configs" */
	const char *name;	/* "slack": as in notification logs */
	const struct yfields *fields;
	bool send_resolved;	/* when the block does not say */
	bool null_ok;		/* a null item means all defaults */
	bool ours;		/* not one of Alertmanager's */
	/* Fill in from global, then check; or NULL. */
	int	(*finish)(void *conf, const struct am_global *g,
		    struct arena *a, struct err *e);
};

const struct recv_kind	*recv_kind_find(struct str key);
extern const struct recv_kind *const recv_kinds[];
extern const size_t recv_nkinds;

struct integration_config {
	const struct recv_kind *kind;
	struct str key;			/* "slack_configs" */
	size_t index;			/* within its list */
	const struct ynode *raw;
	void *conf;			/* struct slack_config … */
	const struct recv_common *common;	/* the start of conf */
};

struct am_receiver {
	const struct ynode *node;
	struct str name;
	struct ypairs labels;
	struct integration_config *integration;
	size_t n;
};

/* The `global:` block (n NULL: all defaults). */
int	am_global_decode(const struct ynode *n, struct am_global *g,
	    struct arena *a, struct err *e);

/* One item of `receivers:`.  w takes warnings. */
int	am_receiver_decode(const struct ynode *n, const struct am_global *g,
	    bool strict, struct am_receiver *out,
	    struct config_warnings *w, struct arena *a, struct err *e);

#endif
