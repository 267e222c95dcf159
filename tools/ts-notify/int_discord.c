#include "integration.h"

#define TITLE_MAX	256
#define DESCRIPTION_MAX	4096
#define CONTENT_MAX	2000
#define COLOR_FIRING	0x992d22
#define COLOR_RESOLVED	0x2ecc71

static int
build(struct attempt *a)
{
	const struct discord_config *c = a->target.conf;
	struct str url;
	struct jw w;

	if (a->step > 0)
		return 0;
	url = secret_url(a, c->webhook_url, c->webhook_url_file);
	w = json_begin(a);
	jw_obj(&w);
	jw_member(&w, "content", cut_runes(a, text(a, c->content),
	    CONTENT_MAX));
	jw_key(&w, STR("embeds"));
	jw_arr(&w);
	jw_obj(&w);
	jw_member(&w, "title", cut_runes(a, text(a, c->title), TITLE_MAX));
	jw_member(&w, "description", cut_runes(a, text(a, c->message),
	    DESCRIPTION_MAX));
	jw_key(&w, STR("color"));
	jw_int(&w, a->resolved ? COLOR_RESOLVED : COLOR_FIRING);
	jw_obj_end(&w);
	jw_arr_end(&w);
	jw_member_some(&w, "username", text(a, c->username));
	jw_member_some(&w, "avatar_url", text(a, c->avatar_url));
	jw_obj_end(&w);
	return json_post(a, url);
}

const struct integration int_discord = {
	.key = "discord_configs", .build = build
};
