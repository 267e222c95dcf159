#include "config/recv.h"

#define F(member)	offsetof(struct webex_config, member)

static const struct yfield rows[] = {
	RECV_ROWS,
	YROW("api_url", YT_CUSTOM, F(api_url), .decode = recv_decode_url),
	YROW("room_id", YT_STR, F(room_id)),
	YROW("message", YT_STR, F(message),
	    .dflt = "{{ template \"webex.default.message\" . }}")
};

static int
check(const struct ynode *n, void *out, struct arena *a, struct err *e)
{
	const struct webex_config *c = out;

	(void)a;
	if (c->room_id.n == 0)
		return ynode_err(n, e, "missing room_id on webex_config");
	if (c->common.http == NULL || c->common.http->auth != HTTP_BEARER)
		return ynode_err(n, e,
		    "missing webex_configs.http_config.authorization");
	return 0;
}

static int
finish(void *conf, const struct am_global *g, struct arena *a, struct err *e)
{
	struct webex_config *c = conf;

	(void)a;
	(void)e;
	if (c->api_url.n == 0)
		c->api_url = g->webex_api_url;
	return 0;
}

static const struct yfields fields = RECV_TABLE("webex_config",
    struct webex_config, rows, check);

const struct recv_kind recv_webex = {
	.key = "webex_configs", .name = "webex", .fields = &fields,
	.send_resolved = true, .finish = finish
};
