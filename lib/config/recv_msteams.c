/* msteams_configs (message cards) and msteamsv2_configs (adaptive cards). */
#include "config/recv.h"

#define F(member)	offsetof(struct msteams_config, member)
#define COMMON								\
	RECV_ROWS,							\
	YROW("webhook_url", YT_CUSTOM, F(webhook_url),			\
	    .decode = recv_decode_url, .flags = YF_SECRET),		\
	YROW("webhook_url_file", YT_CUSTOM, F(webhook_url_file),	\
	    .decode = config_decode_path)

static const struct yfield rows[] = {
	COMMON,
	YROW("title", YT_STR, F(title),
	    .dflt = "{{ template \"msteams.default.title\" . }}"),
	YROW("summary", YT_STR, F(summary),
	    .dflt = "{{ template \"msteams.default.summary\" . }}"),
	YROW("text", YT_STR, F(text),
	    .dflt = "{{ template \"msteams.default.text\" . }}")
};

static const struct yfield v2_rows[] = {
	COMMON,
	YROW("title", YT_STR, F(title),
	    .dflt = "{{ template \"msteamsv2.default.title\" . }}"),
	YROW("text", YT_STR, F(text),
	    .dflt = "{{ template \"msteamsv2.default.text\" . }}")
};

static int
check(const struct ynode *n, void *out, struct arena *a, struct err *e)
{
	(void)out;
	(void)a;
	return recv_exactly_one(n, "webhook_url", "webhook_url_file", e);
}

static const struct yfields fields = RECV_TABLE("msteams_config",
    struct msteams_config, rows, check);
static const struct yfields v2_fields = RECV_TABLE("msteamsv2_config",
    struct msteams_config, v2_rows, check);

const struct recv_kind recv_msteams = {
	.key = "msteams_configs", .name = "msteams", .fields = &fields,
	.send_resolved = true
};

const struct recv_kind recv_msteamsv2 = {
	.key = "msteamsv2_configs", .name = "msteamsv2",
	.fields = &v2_fields, .send_resolved = true
};
