#include "integration.h"

#define MARKDOWN_MAX	7439	/* bytes */

static int
build(struct attempt *a)
{
	const struct webex_config *c = a->target.conf;
	struct jw w;

	if (a->step > 0)
		return 0;
	w = json_begin(a);
	jw_obj(&w);
	jw_member(&w, "markdown", cut_bytes(a, text(a, c->message),
	    MARKDOWN_MAX));
	jw_member_some(&w, "roomId", text(a, c->room_id));
	jw_obj_end(&w);
	return json_post(a, c->api_url);
}

const struct integration int_webex = {
	.key = "webex_configs", .build = build
};
