#include "integration.h"

#include "json/tree.h"

#define TITLE_MAX	1024

static void
put_fields(struct attempt *a, const struct slack_config *c, struct jw *w)
{
	const struct slack_field *f = c->fields.p;
	size_t i;

	if (c->fields.n == 0)
		return;
	jw_key(w, STR("fields"));
	jw_arr(w);
	for (i = 0; i < c->fields.n; i++) {
		jw_obj(w);
		jw_member_some(w, "title", text(a, f[i].title));
		jw_member_some(w, "value", text(a, f[i].value));
		jw_key(w, STR("short"));
		jw_bool(w, f[i].short_set ? f[i].short_field :
		    c->short_fields);
		jw_obj_end(w);
	}
	jw_arr_end(w);
}

static void
put_action(struct attempt *a, const struct slack_action *x, struct jw *w)
{
	const struct slack_confirm *c = x->confirm;
	struct str url = text(a, x->url);

	jw_obj(w);
	jw_member(w, "type", text(a, x->type));
	jw_member(w, "text", text(a, x->text));
	jw_member_some(w, "url", url);
	jw_member_some(w, "style", text(a, x->style));
	jw_member_some(w, "name", text(a, x->name));
	jw_member_some(w, "value", text(a, x->value));
	if (c != NULL) {
		jw_key(w, STR("confirm"));
		jw_obj(w);
		jw_member(w, "text", text(a, c->text));
		jw_member_some(w, "title", text(a, c->title));
		jw_member_some(w, "ok_text", text(a, c->ok_text));
		jw_member_some(w, "dismiss_text", text(a, c->dismiss_text));
		jw_obj_end(w);
	}
	jw_obj_end(w);
}

static void
put_actions(struct attempt *a, const struct slack_config *c, struct jw *w)
{
	const struct slack_action *x = c->actions.p;
	size_t i;

	if (c->actions.n == 0)
		return;
	jw_key(w, STR("actions"));
	jw_arr(w);
	for (i = 0; i < c->actions.n; i++)
		put_action(a, &x[i], w);
	jw_arr_end(w);
}

static void
put_attachment(struct attempt *a, const struct slack_config *c, struct jw *w)
{
	size_t i;

	jw_obj(w);
	jw_member_some(w, "title", cut_runes(a, text(a, c->title), TITLE_MAX));
	jw_member_some(w, "title_link", text(a, c->title_link));
	jw_member_some(w, "pretext", text(a, c->pretext));
	jw_member(w, "text", text(a, c->text));
	jw_member(w, "fallback", text(a, c->fallback));
	jw_member(w, "callback_id", text(a, c->callback_id));
	put_fields(a, c, w);
	put_actions(a, c, w);
	jw_member_some(w, "image_url", text(a, c->image_url));
	jw_member_some(w, "thumb_url", text(a, c->thumb_url));
	jw_member(w, "footer", text(a, c->footer));
	jw_member_some(w, "color", text(a, c->color));
	jw_key(w, STR("mrkdwn_in"));
	jw_arr(w);
	if (c->mrkdwn_in.n == 0) {
		jw_str(w, STR("fallback"));
		jw_str(w, STR("pretext"));
		jw_str(w, STR("text"));
	}
	for (i = 0; i < c->mrkdwn_in.n; i++)
		jw_str(w, c->mrkdwn_in.p[i]);
	jw_arr_end(w);
	jw_obj_end(w);
}

/* Of the first message of the group, when it shall be changed: {ts,channel} */
static json_t *
first_message(const struct attempt *a, const struct slack_config *c)
{
	struct err e;

	if (!c->update_message || a->job == NULL ||
	    a->job->entry.extra.n == 0)
		return NULL;
	return json_tree(a->job->entry.extra, &e);
}

/* chat.postMessage and chat.update stand beside each other. */
static struct str
update_url(struct attempt *a, struct str url)
{
	static const struct str post = { "chat.postMessage", 16 };

	if (!str_ends(url, post))
		return url;
	return arena_printf(&a->arena, STR_FMT "chat.update",
	    STR_ARG(str_sub(url, 0, url.n - post.n)));
}

static int
build(struct attempt *a)
{
	const struct slack_config *c = a->target.conf;
	bool app = c->app_token.n > 0 || c->app_token_file.n > 0;
	struct str url = app ? c->app_url :
	    secret_url(a, c->api_url, c->api_url_file), token, channel;
	json_t *first = first_message(a, c);
	struct jw w;

	if (a->step > 0) {
		json_decref(first);
		return 0;
	}
	a->timeout_ms = c->timeout_ms;
	channel = text(a, c->channel);
	if (first != NULL) {
		channel = arena_str(&a->arena, json_get_str(first,
		    "channel"));
		url = update_url(a, url);
	}
	w = json_begin(a);
	jw_obj(&w);
	jw_member_some(&w, "channel", channel);
	if (first != NULL)
		jw_member_some(&w, "ts", json_get_str(first, "ts"));
	jw_member_some(&w, "username", text(a, c->username));
	jw_member_some(&w, "icon_emoji", text(a, c->icon_emoji));
	jw_member_some(&w, "icon_url", text(a, c->icon_url));
	if (c->link_names) {
		jw_key(&w, STR("link_names"));
		jw_bool(&w, true);
	}
	jw_member_some(&w, "text", text(a, c->message_text));
	jw_key(&w, STR("attachments"));
	jw_arr(&w);
	put_attachment(a, c, &w);
	jw_arr_end(&w);
	jw_obj_end(&w);
	if (app) {
		token = secret(a, c->app_token, c->app_token_file);
		add_header(a, "Authorization", arena_printf(&a->arena,
		    "Bearer " STR_FMT, STR_ARG(token)));
	}
	json_decref(first);
	return json_post(a, url);
}

/* Where the message stands, so that the next one can change it. */
static void
keep_message(struct attempt *a, const json_t *answer)
{
	const struct slack_config *c = a->target.conf;
	struct str ts = json_get_str(answer, "ts");
	struct buf b = { 0 };
	struct jw w = { .out = &b };

	if (!c->update_message || ts.n == 0)
		return;
	jw_obj(&w);
	jw_member(&w, "ts", ts);
	jw_member(&w, "channel", json_get_str(answer, "channel"));
	jw_obj_end(&w);
	a->job->entry.extra = arena_str(&a->job->arena, buf_str(&b));
	buf_release(&b);
}

/* With status 200 Slack may still say no, in one of two ways; 0.25 was deaf. */
static enum verdict
answer(struct attempt *a, const struct http_response *r)
{
	enum verdict v = verdict_of(a, r);
	json_t *j;
	struct err e;

	if (v != DELIVERED || a->nf->compat_025)
		return v;
	if (str_find(r->content_type, STR("application/json")) == -1) {
		if (str_eq(str_trim(r->body), STR("ok")))
			return DELIVERED;
		attempt_status_err(a, r);
		return FAILED;
	}
	if ((j = json_tree(r->body, &e)) == NULL) {
		(void)attempt_fail(a, "answer is no JSON");
		return FAILED;
	}
	if (!json_is_true(json_object_get(j, "ok"))) {
		(void)attempt_fail(a, "slack says '" STR_FMT "'",
		    STR_ARG(str_sub(json_get_str(j, "error"), 0, 200)));
		v = FAILED;
	} else
		keep_message(a, j);
	json_decref(j);
	return v;
}

const struct integration int_slack = {
	.key = "slack_configs", .build = build, .answer = answer
};
