#include "config/recv.h"

#define F(member)	offsetof(struct telegram_config, member)

static const struct yfield rows[] = {
	RECV_ROWS,
	YROW("api_url", YT_CUSTOM, F(api_url), .decode = recv_decode_url),
	YROW("bot_token", YT_STR, F(bot_token), .flags = YF_SECRET),
	YROW("bot_token_file", YT_CUSTOM, F(bot_token_file),
	    .decode = config_decode_path),
	YROW("chat_id", YT_INT, F(chat_id)),
	YROW("chat_id_file", YT_CUSTOM, F(chat_id_file),
	    .decode = config_decode_path),
	YROW("message_thread_id", YT_INT, F(message_thread_id)),
	YROW("message", YT_STR, F(message),
	    .dflt = "{{ template \"telegram.default.message\" . }}"),
	YROW("disable_notifications", YT_BOOL, F(disable_notifications)),
	YROW("parse_mode", YT_STR, F(parse_mode), .dflt = "HTML")
};

static int
check(const struct ynode *n, void *out, struct arena *a, struct err *e)
{
	static const char *const modes[] = {
		"", "Markdown", "MarkdownV2", "HTML"
	};
	const struct telegram_config *c = out;
	size_t i;

	(void)a;
	if (recv_at_most_one(n, "bot_token", "bot_token_file", e) == -1)
		return -1;
	if (c->chat_id == 0 && c->chat_id_file.n == 0)
		return ynode_err(n, e, "missing chat_id on telegram_config");
	if (recv_at_most_one(n, "chat_id", "chat_id_file", e) == -1)
		return -1;
	for (i = 0; i < COUNT(modes); i++)
		if (str_eq(c->parse_mode, str_of(modes[i])))
			return 0;
	return ynode_err(ynode_get(n, "parse_mode"), e, "unknown parse_mode "
	    "on telegram_config, must be Markdown, MarkdownV2, HTML or empty "
	    "string");
}

static int
finish(void *conf, const struct am_global *g, struct arena *a, struct err *e)
{
	struct telegram_config *c = conf;

	(void)a;
	if (c->api_url.n == 0)
		c->api_url = g->telegram_api_url;
	if (recv_inherit(c->common.node, &c->bot_token, &c->bot_token_file,
	    g->telegram_bot_token, g->telegram_bot_token_file, NULL, e) == -1)
		return -1;
	if (c->bot_token.n == 0 && c->bot_token_file.n == 0)
		return ynode_err(c->common.node, e, "missing bot_token or "
		    "bot_token_file on telegram_config");
	return 0;
}

static const struct yfields fields = RECV_TABLE("telegram_config",
    struct telegram_config, rows, check);

const struct recv_kind recv_telegram = {
	.key = "telegram_configs", .name = "telegram", .fields = &fields,
	.send_resolved = true, .finish = finish
};
