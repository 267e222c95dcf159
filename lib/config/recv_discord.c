#include "config/recv.h"

#define F(member)	offsetof(struct discord_config, member)

static const struct yfield rows[] = {
	RECV_ROWS,
	YROW("webhook_url", YT_CUSTOM, F(webhook_url),
	    .decode = recv_decode_url, .flags = YF_SECRET),
	YROW("webhook_url_file", YT_CUSTOM, F(webhook_url_file),
	    .decode = config_decode_path),
	YROW("title", YT_STR, F(title),
	    .dflt = "{{ template \"discord.default.title\" . }}"),
	YROW("message", YT_STR, F(message),
	    .dflt = "{{ template \"discord.default.message\" . }}"),
	YROW("content", YT_STR, F(content)),
	YROW("username", YT_STR, F(username)),
	YROW("avatar_url", YT_STR, F(avatar_url))
};

static int
check(const struct ynode *n, void *out, struct arena *a, struct err *e)
{
	(void)out;
	(void)a;
	return recv_exactly_one(n, "webhook_url", "webhook_url_file", e);
}

static const struct yfields fields = RECV_TABLE("discord_config",
    struct discord_config, rows, check);

const struct recv_kind recv_discord = {
	.key = "discord_configs", .name = "discord", .fields = &fields,
	.send_resolved = true
};
