#include "integration.h"

#include "core/utf8.h"

#define TEXT_MAX	4096

static struct str
text_of(struct attempt *a, const struct telegram_config *c)
{
	bool html = str_eq(c->parse_mode, STR("HTML"));
	struct str s = html ? text_html(a, c->message) :
	    text(a, c->message);

	/* A cut through markup would be refused. */
	if (html && utf8_count(s) > TEXT_MAX)
		return STR("Alert message could not be sent: message length "
		    "exceeds Telegram limit");
	return cut_runes(a, s, TEXT_MAX);
}

static struct str
chat_of(struct attempt *a, const struct telegram_config *c)
{
	if (c->chat_id_file.n > 0)
		return secret(a, STR_NONE, c->chat_id_file);
	return arena_printf(&a->arena, "%lld", (long long)c->chat_id);
}

static int
build(struct attempt *a)
{
	const struct telegram_config *c = a->target.conf;
	struct str token;
	struct jw w;

	if (a->step > 0)
		return 0;
	token = secret(a, c->bot_token, c->bot_token_file);
	w = json_begin(a);
	jw_obj(&w);
	jw_member(&w, "chat_id", chat_of(a, c));
	if (c->disable_notifications)
		jw_member(&w, "disable_notification", STR("true"));
	jw_member(&w, "disable_web_page_preview", STR("true"));
	if (c->message_thread_id != 0)
		jw_member(&w, "message_thread_id", arena_printf(&a->arena,
		    "%lld", (long long)c->message_thread_id));
	jw_member_some(&w, "parse_mode", c->parse_mode);
	jw_member(&w, "text", text_of(a, c));
	jw_obj_end(&w);
	return json_post(a, url_join(a, c->api_url, arena_printf(&a->arena,
	    "bot" STR_FMT "/sendMessage", STR_ARG(token)).p));
}

const struct integration int_telegram = {
	.key = "telegram_configs", .retry = RETRY_STATUS, .build = build
};
