#include "config/recv.h"

#define F(member)	offsetof(struct webhook_config, member)

static const struct yfield rows[] = {
	RECV_ROWS,
	YROW("url", YT_CUSTOM, F(url), .decode = recv_decode_url_template,
	    .flags = YF_SECRET),
	YROW("url_file", YT_CUSTOM, F(url_file),
	    .decode = config_decode_path),
	YROW("max_alerts", YT_INT, F(max_alerts)),
	YROW("timeout", YT_GO_DURATION, F(timeout_ms)),
	YROW("payload", YT_RAW, F(payload))
};

static int
check(const struct ynode *n, void *out, struct arena *a, struct err *e)
{
	const struct webhook_config *c = out;

	(void)a;
	if (c->max_alerts < 0)
		return ynode_err(ynode_get(n, "max_alerts"), e,
		    "field 'max_alerts' must not be negative");
	return recv_exactly_one(n, "url", "url_file", e);
}

static const struct yfields fields = RECV_TABLE("webhook_config",
    struct webhook_config, rows, check);

const struct recv_kind recv_webhook = {
	.key = "webhook_configs", .name = "webhook", .fields = &fields,
	.send_resolved = true
};
