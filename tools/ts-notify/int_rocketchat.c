#include "integration.h"

#include "json/tree.h"

#define TITLE_MAX	1024

static void
put_fields(struct attempt *a, const struct rocketchat_config *c,
    struct jw *w)
{
	const struct slack_field *f = c->fields.p;
	size_t i;

	if (c->fields.n == 0)
		return;
	jw_key(w, STR("fields"));
	jw_arr(w);
	for (i = 0; i < c->fields.n; i++) {
		jw_obj(w);
		jw_member(w, "title", text(a, f[i].title));
		jw_member(w, "value", text(a, f[i].value));
		jw_key(w, STR("short"));
		jw_bool(w, f[i].short_set ? f[i].short_field :
		    c->short_fields);
		jw_obj_end(w);
	}
	jw_arr_end(w);
}

static void
put_actions(struct attempt *a, const struct rocketchat_config *c,
    struct jw *w)
{
	const struct rocketchat_action *x = c->actions.p;
	size_t i;

	if (c->actions.n == 0)
		return;
	jw_key(w, STR("actions"));
	jw_arr(w);
	for (i = 0; i < c->actions.n; i++) {
		jw_obj(w);
		jw_member_some(w, "type", text(a, x[i].type));
		jw_member_some(w, "text", text(a, x[i].text));
		jw_member_some(w, "url", text(a, x[i].url));
		jw_member_some(w, "image_url", text(a, x[i].image_url));
		jw_member_some(w, "msg", text(a, x[i].msg));
		jw_obj_end(w);
	}
	jw_arr_end(w);
}

static int
build(struct attempt *a)
{
	const struct rocketchat_config *c = a->target.conf;
	struct jw w;

	if (a->step > 0)
		return 0;
	w = json_begin(a);
	jw_obj(&w);
	jw_member_some(&w, "channel", text(a, c->channel));
	jw_member_some(&w, "emoji", text(a, c->emoji));
	jw_member_some(&w, "avatar", text(a, c->icon_url));
	jw_key(&w, STR("attachments"));
	jw_arr(&w);
	jw_obj(&w);
	jw_member_some(&w, "title", cut_runes(a, text(a, c->title), TITLE_MAX));
	jw_member_some(&w, "title_link", text(a, c->title_link));
	jw_member_some(&w, "text", text(a, c->text));
	jw_member_some(&w, "image_url", text(a, c->image_url));
	jw_member_some(&w, "thumb_url", text(a, c->thumb_url));
	jw_member_some(&w, "color", text(a, c->color));
	put_fields(a, c, &w);
	put_actions(a, c, &w);
	jw_obj_end(&w);
	jw_arr_end(&w);
	jw_obj_end(&w);
	add_header(a, "X-User-Id", secret(a, c->token_id, c->token_id_file));
	add_header(a, "X-Auth-Token", secret(a, c->token, c->token_file));
	return json_post(a, url_join(a, c->api_url,
	    "api/v1/chat.postMessage"));
}

/* 200 may still say no, and means it; what cannot be read is tried again. */
static enum verdict
answer(struct attempt *a, const struct http_response *r)
{
	enum verdict v = verdict_of(a, r);
	json_t *j;
	struct err e;

	if (v != DELIVERED)
		return v;
	if ((j = json_tree(r->body, &e)) == NULL)
		return RETRY;
	if (!json_is_true(json_object_get(j, "success"))) {
		(void)attempt_fail(a, "rocketchat says '" STR_FMT "'",
		    STR_ARG(str_sub(json_get_str(j, "error"), 0, 200)));
		v = FAILED;
	}
	json_decref(j);
	return v;
}

const struct integration int_rocketchat = {
	.key = "rocketchat_configs", .build = build, .answer = answer
};
