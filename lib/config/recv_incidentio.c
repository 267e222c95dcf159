#include "config/recv.h"

#define F(member)	offsetof(struct incidentio_config, member)

static const struct yfield rows[] = {
	RECV_ROWS,
	YROW("url", YT_CUSTOM, F(url), .decode = recv_decode_url),
	YROW("url_file", YT_CUSTOM, F(url_file),
	    .decode = config_decode_path),
	YROW("alert_source_token", YT_STR, F(alert_source_token),
	    .flags = YF_SECRET),
	YROW("alert_source_token_file", YT_CUSTOM,
	    F(alert_source_token_file), .decode = config_decode_path),
	YROW("max_alerts", YT_INT, F(max_alerts)),
	YROW("timeout", YT_GO_DURATION, F(timeout_ms))
};

static int
check(const struct ynode *n, void *out, struct arena *a, struct err *e)
{
	const struct incidentio_config *c = out;
	bool token = c->alert_source_token.n || c->alert_source_token_file.n;
	bool auth = c->common.http != NULL &&
	    c->common.http->auth == HTTP_BEARER;

	(void)a;
	if (recv_exactly_one(n, "url", "url_file", e) == -1 ||
	    recv_at_most_one(n, "alert_source_token",
	    "alert_source_token_file", e) == -1)
		return -1;
	if (token && auth)
		return ynode_err(n, e, "cannot specify alert_source_token or "
		    "alert_source_token_file when using "
		    "http_config.authorization");
	if (!token && !auth)
		return ynode_err(n, e, "at least one of alert_source_token, "
		    "alert_source_token_file or http_config.authorization "
		    "must be configured");
	return 0;
}

static const struct yfields fields = RECV_TABLE("incidentio_config",
    struct incidentio_config, rows, check);

const struct recv_kind recv_incidentio = {
	.key = "incidentio_configs", .name = "incidentio",
	.fields = &fields, .send_resolved = true
};
