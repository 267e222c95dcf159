#include "config/recv.h"

#define F(member)	offsetof(struct pushover_config, member)

static const struct yfield rows[] = {
	RECV_ROWS,
	YROW("user_key", YT_STR, F(user_key), .flags = YF_SECRET),
	YROW("user_key_file", YT_CUSTOM, F(user_key_file),
	    .decode = config_decode_path),
	YROW("token", YT_STR, F(token), .flags = YF_SECRET),
	YROW("token_file", YT_CUSTOM, F(token_file),
	    .decode = config_decode_path),
	YROW("title", YT_STR, F(title),
	    .dflt = "{{ template \"pushover.default.title\" . }}"),
	YROW("message", YT_STR, F(message),
	    .dflt = "{{ template \"pushover.default.message\" . }}"),
	YROW("url", YT_STR, F(url),
	    .dflt = "{{ template \"pushover.default.url\" . }}"),
	YROW("url_title", YT_STR, F(url_title)),
	YROW("device", YT_STR, F(device)),
	YROW("sound", YT_STR, F(sound)),
	YROW("priority", YT_STR, F(priority),
	    .dflt = "{{ if eq .Status \"firing\" }}2{{ else }}0{{ end }}"),
	YROW("retry", YT_GO_DURATION, F(retry_ms), .dflt = "1m"),
	YROW("expire", YT_GO_DURATION, F(expire_ms), .dflt = "1h"),
	YROW("ttl", YT_GO_DURATION, F(ttl_ms)),
	YROW("html", YT_BOOL, F(html)),
	YROW("monospace", YT_BOOL, F(monospace))
};

static int
check(const struct ynode *n, void *out, struct arena *a, struct err *e)
{
	const struct pushover_config *c = out;

	(void)a;
	if (recv_exactly_one(n, "user_key", "user_key_file", e) == -1 ||
	    recv_exactly_one(n, "token", "token_file", e) == -1)
		return -1;
	if (c->html && c->monospace)
		return ynode_err(n, e,
		    "at most one of monospace & html must be configured");
	return 0;
}

static const struct yfields fields = RECV_TABLE("pushover_config",
    struct pushover_config, rows, check);

const struct recv_kind recv_pushover = {
	.key = "pushover_configs", .name = "pushover", .fields = &fields,
	.send_resolved = true
};
