#include "config/recv.h"

#define F(member)	offsetof(struct mattermost_config, member)
#define A(member)	offsetof(struct mattermost_attachment, member)
#define DEFAULT(name)	"{{ template \"mattermost.default." name "\" . }}"

/* The fields of an attachment, in one or in the block itself. */
#define ATTACHMENT(at, default_)					\
	YROW("fallback", YT_STR, (at) + A(fallback),			\
	    .dflt = default_("fallback")),				\
	YROW("color", YT_STR, (at) + A(color), .dflt = default_("color")), \
	YROW("pretext", YT_STR, (at) + A(pretext)),			\
	YROW("author_name", YT_STR, (at) + A(author_name)),		\
	YROW("author_link", YT_STR, (at) + A(author_link)),		\
	YROW("author_icon", YT_STR, (at) + A(author_icon)),		\
	YROW("title", YT_STR, (at) + A(title), .dflt = default_("title")), \
	YROW("title_link", YT_STR, (at) + A(title_link),		\
	    .dflt = default_("titlelink")),				\
	YROW("fields", YT_LIST, (at) + A(fields),			\
	    .sub = &slack_field_fields),				\
	YROW("thumb_url", YT_STR, (at) + A(thumb_url)),			\
	YROW("footer", YT_STR, (at) + A(footer)),			\
	YROW("footer_icon", YT_STR, (at) + A(footer_icon)),		\
	YROW("image_url", YT_STR, (at) + A(image_url))
#define NO_DEFAULT(name)	NULL

static const struct yfield attachment_rows[] = {
	ATTACHMENT(0, NO_DEFAULT),
	YROW("text", YT_STR, A(text))
};

static const struct yfields attachment_fields = {
	.name = "attachment", .size = sizeof(struct mattermost_attachment),
	.row = attachment_rows, .n = COUNT(attachment_rows)
};

static const struct yfield props_rows[] = {
	YROW("card", YT_STR, F(card))
};

static const struct yfield priority_rows[] = {
	YROW("priority", YT_STR, F(priority)),
	YROW("requested_ack", YT_BOOL, F(requested_ack)),
	YROW("persistent_notifications", YT_BOOL,
	    F(persistent_notifications))
};

static int
decode_props(const struct ynode *n, void *out, struct arena *a,
    struct err *e)
{
	static const struct yfields fields = RECV_TABLE("props",
	    struct mattermost_config, props_rows, NULL);
	struct mattermost_config *c = out, part;

	if (yaml_decode(n, &fields, &part, a, e) == -1)
		return -1;
	c->card = part.card;
	return 0;
}

static int
decode_priority(const struct ynode *n, void *out, struct arena *a,
    struct err *e)
{
	static const struct yfields fields = RECV_TABLE("priority",
	    struct mattermost_config, priority_rows, NULL);
	struct mattermost_config *c = out, part;

	if (yaml_decode(n, &fields, &part, a, e) == -1)
		return -1;
	c->priority = part.priority;
	c->requested_ack = part.requested_ack;
	c->persistent_notifications = part.persistent_notifications;
	return 0;
}

static const struct yfield rows[] = {
	RECV_ROWS,
	YROW("webhook_url", YT_CUSTOM, F(webhook_url),
	    .decode = recv_decode_url, .flags = YF_SECRET),
	YROW("webhook_url_file", YT_CUSTOM, F(webhook_url_file),
	    .decode = config_decode_path),
	YROW("channel", YT_STR, F(channel)),
	YROW("username", YT_STR, F(username), .dflt = DEFAULT("username")),
	YROW("text", YT_STR, F(text), .dflt = DEFAULT("text")),
	YROW("icon_url", YT_STR, F(icon_url)),
	YROW("icon_emoji", YT_STR, F(icon_emoji)),
	YROW("type", YT_STR, F(type)),
	ATTACHMENT(F(own), DEFAULT),
	YROW("attachments", YT_LIST, F(attachments),
	    .sub = &attachment_fields),
	YROW("props", YT_CUSTOM, 0, .decode = decode_props),
	YROW("priority", YT_CUSTOM, 0, .decode = decode_priority)
};

static int
check(const struct ynode *n, void *out, struct arena *a, struct err *e)
{
	(void)out;
	(void)a;
	return recv_at_most_one(n, "webhook_url", "webhook_url_file", e);
}

static int
finish(void *conf, const struct am_global *g, struct arena *a, struct err *e)
{
	struct mattermost_config *c = conf;

	(void)a;
	return recv_inherit(c->common.node, &c->webhook_url,
	    &c->webhook_url_file, g->mattermost_webhook_url,
	    g->mattermost_webhook_url_file,
	    "Mattermost Webhook URL set either inline or in a file", e);
}

static const struct yfields fields = RECV_TABLE("mattermost_config",
    struct mattermost_config, rows, check);

const struct recv_kind recv_mattermost = {
	.key = "mattermost_configs", .name = "mattermost",
	.fields = &fields, .send_resolved = true, .finish = finish
};
