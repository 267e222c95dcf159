/* Two ways into Microsoft Teams: connectors, and workflows (v2). */
#include "integration.h"

static int
build_card(struct attempt *a)
{
	const struct msteams_config *c = a->target.conf;
	struct str url;
	struct jw w;

	if (a->step > 0)
		return 0;
	url = secret_url(a, c->webhook_url, c->webhook_url_file);
	w = json_begin(a);
	jw_obj(&w);
	jw_member(&w, "@context", STR("http://schema.org/extensions"));
	jw_member(&w, "type", STR("MessageCard"));
	jw_member(&w, "title", text(a, c->title));
	jw_member(&w, "summary", text(a, c->summary));
	jw_member(&w, "text", text(a, c->text));
	jw_member(&w, "themeColor", a->resolved ? STR("2DC72D") :
	    STR("8C1A1A"));
	jw_obj_end(&w);
	return json_post(a, url);
}

static void
put_true(struct jw *w, const char *key)
{
	jw_key(w, str_of(key));
	jw_bool(w, true);
}

static void
put_blocks(struct attempt *a, const struct msteams_config *c, struct jw *w)
{
	jw_key(w, STR("body"));
	jw_arr(w);
	jw_obj(w);
	jw_member(w, "type", STR("TextBlock"));
	jw_member(w, "text", text(a, c->title));
	jw_member(w, "weight", STR("Bolder"));
	jw_member(w, "size", STR("Medium"));
	put_true(w, "wrap");
	jw_member(w, "style", STR("heading"));
	jw_member(w, "color", a->resolved ? STR("Good") : STR("Attention"));
	jw_obj_end(w);
	jw_obj(w);
	jw_member(w, "type", STR("TextBlock"));
	jw_member(w, "text", text(a, c->text));
	put_true(w, "wrap");
	jw_obj_end(w);
	jw_arr_end(w);
}

static void
put_content(struct attempt *a, const struct msteams_config *c, struct jw *w)
{
	jw_key(w, STR("content"));
	jw_obj(w);
	jw_member(w, "$schema",
	    STR("http://adaptivecards.io/schemas/adaptive-card.json"));
	jw_member(w, "type", STR("AdaptiveCard"));
	jw_member(w, "version", STR("1.2"));
	put_blocks(a, c, w);
	jw_key(w, STR("msteams"));
	jw_obj(w);
	jw_member(w, "width", STR("full"));
	jw_obj_end(w);
	jw_obj_end(w);
}

static int
build_adaptive(struct attempt *a)
{
	const struct msteams_config *c = a->target.conf;
	struct str url;
	struct jw w;

	if (a->step > 0)
		return 0;
	url = secret_url(a, c->webhook_url, c->webhook_url_file);
	w = json_begin(a);
	jw_obj(&w);
	jw_member(&w, "type", STR("message"));
	jw_key(&w, STR("attachments"));
	jw_arr(&w);
	jw_obj(&w);
	jw_member(&w, "contentType",
	    STR("application/vnd.microsoft.card.adaptive"));
	jw_key(&w, STR("contentUrl"));
	jw_null(&w);
	put_content(a, c, &w);
	jw_obj_end(&w);
	jw_arr_end(&w);
	jw_obj_end(&w);
	return json_post(a, url);
}

const struct integration int_msteams = {
	.key = "msteams_configs", .build = build_card
};

const struct integration int_msteamsv2 = {
	.key = "msteamsv2_configs", .build = build_adaptive
};
