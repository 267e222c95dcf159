#include "integration.h"

#define TEXT_MAX	16383

static void
put_fields(struct attempt *a, const struct ylist *fields, struct jw *w)
{
	const struct slack_field *f = fields->p;
	size_t i;

	if (fields->n == 0)
		return;
	jw_key(w, STR("fields"));
	jw_arr(w);
	for (i = 0; i < fields->n; i++) {
		jw_obj(w);
		jw_member_some(w, "title", text(a, f[i].title));
		jw_member_some(w, "value", text(a, f[i].value));
		jw_key(w, STR("short"));
		jw_bool(w, f[i].short_set && f[i].short_field);
		jw_obj_end(w);
	}
	jw_arr_end(w);
}

static void
put_attachment(struct attempt *a, const struct mattermost_attachment *m,
    struct jw *w)
{
	jw_obj(w);
	jw_member_some(w, "fallback", text(a, m->fallback));
	jw_member_some(w, "color", text(a, m->color));
	jw_member_some(w, "pretext", text(a, m->pretext));
	jw_member_some(w, "text", text(a, m->text));
	jw_member_some(w, "author_name", text(a, m->author_name));
	jw_member_some(w, "author_link", text(a, m->author_link));
	jw_member_some(w, "author_icon", text(a, m->author_icon));
	jw_member_some(w, "title", text(a, m->title));
	jw_member_some(w, "title_link", text(a, m->title_link));
	put_fields(a, &m->fields, w);
	jw_member_some(w, "thumb_url", text(a, m->thumb_url));
	jw_member_some(w, "footer", text(a, m->footer));
	jw_member_some(w, "footer_icon", text(a, m->footer_icon));
	jw_member_some(w, "image_url", text(a, m->image_url));
	jw_obj_end(w);
}

static void
put_attachments(struct attempt *a, const struct mattermost_config *c,
    struct jw *w)
{
	const struct mattermost_attachment *m = c->attachments.p;
	size_t i;

	jw_key(w, STR("attachments"));
	jw_arr(w);
	if (c->attachments.n == 0)
		put_attachment(a, &c->own, w);
	for (i = 0; i < c->attachments.n; i++)
		put_attachment(a, &m[i], w);
	jw_arr_end(w);
}

static void
put_priority(struct attempt *a, const struct mattermost_config *c,
    struct jw *w)
{
	if (c->priority.n == 0)
		return;
	jw_key(w, STR("priority"));
	jw_obj(w);
	jw_member(w, "priority", text(a, c->priority));
	if (c->requested_ack) {
		jw_key(w, STR("requested_ack"));
		jw_bool(w, true);
	}
	if (c->persistent_notifications) {
		jw_key(w, STR("persistent_notifications"));
		jw_bool(w, true);
	}
	jw_obj_end(w);
}

static int
build(struct attempt *a)
{
	const struct mattermost_config *c = a->target.conf;
	struct str url, card;
	struct jw w;

	if (a->step > 0)
		return 0;
	url = secret_url(a, c->webhook_url, c->webhook_url_file);
	w = json_begin(a);
	jw_obj(&w);
	jw_member_some(&w, "text", cut_runes(a, text(a, c->text), TEXT_MAX));
	jw_member_some(&w, "channel", text(a, c->channel));
	jw_member_some(&w, "username", text(a, c->username));
	jw_member_some(&w, "icon_url", text(a, c->icon_url));
	jw_member_some(&w, "icon_emoji", text(a, c->icon_emoji));
	put_attachments(a, c, &w);
	jw_member_some(&w, "type", text(a, c->type));
	card = text(a, c->card);
	if (card.n > 0) {
		jw_key(&w, STR("props"));
		jw_obj(&w);
		jw_member(&w, "card", card);
		jw_obj_end(&w);
	}
	put_priority(a, c, &w);
	jw_obj_end(&w);
	return json_post(a, url);
}

const struct integration int_mattermost = {
	.key = "mattermost_configs", .build = build
};
