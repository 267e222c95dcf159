#include "integration.h"

#include "net/url.h"

#define API_URL		"https://api.pushover.net/1/messages.json"
#define TITLE_MAX	250
#define MESSAGE_MAX	1024
#define URL_MAX		512

/* key=value of a query that ends in order of key. */
static void
put(struct buf *url, const char *key, struct str value)
{
	(void)buf_printf(url, "%c%s=",
	    str_find_char(buf_str(url), '?') == -1 ? '?' : '&', key);
	url_put_query(url, value);
}

static struct str
seconds(struct attempt *a, int64_t ms)
{
	return arena_printf(&a->arena, "%lld", (long long)(ms / 1000));
}

static struct str
message_of(struct attempt *a, const struct pushover_config *c)
{
	struct str s = c->html ? text_html(a, c->message) :
	    text(a, c->message);

	s = str_trim(cut_runes(a, s, MESSAGE_MAX));
	return s.n > 0 ? s : STR("(no details)");
}

static int
build(struct attempt *a)
{
	const struct pushover_config *c = a->target.conf;
	struct str device = text(a, c->device);
	struct buf url = { 0 };

	if (a->step > 0)
		return 0;
	(void)buf_put(&url, STR(API_URL));
	if (device.n > 0)
		put(&url, "device", device);
	put(&url, "expire", seconds(a, c->expire_ms));
	if (c->html)
		put(&url, "html", STR("1"));
	put(&url, "message", message_of(a, c));
	if (c->monospace)
		put(&url, "monospace", STR("1"));
	put(&url, "priority", text(a, c->priority));
	put(&url, "retry", seconds(a, c->retry_ms));
	put(&url, "sound", text(a, c->sound));
	put(&url, "title", cut_runes(a, text(a, c->title), TITLE_MAX));
	put(&url, "token", text(a, secret(a, c->token, c->token_file)));
	if (c->ttl_ms > 0)
		put(&url, "ttl", seconds(a, c->ttl_ms));
	put(&url, "url", cut_runes(a, text(a, c->url), URL_MAX));
	put(&url, "url_title", text(a, c->url_title));
	put(&url, "user", text(a, secret(a, c->user_key, c->user_key_file)));
	a->request.method = STR("POST");
	a->request.url = arena_str(&a->arena, buf_str(&url));
	add_header(a, "Content-Type", STR("text/plain"));
	buf_release(&url);
	return 1;
}

const struct integration int_pushover = {
	.key = "pushover_configs", .build = build
};
