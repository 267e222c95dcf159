/*
 * WeChat Work: a token first, then the message.  A token serves for two
 * hours; it is kept while the process lives.
 */
#include "integration.h"

#include "core/mem.h"
#include "json/tree.h"
#include "net/url.h"

#define TOKEN_MS	(INT64_C(7200) * 1000)
#define TOKENS_MAX	1000

enum { STEP_TOKEN, STEP_MESSAGE };

struct token {
	struct buf key, value;
	int64_t until;			/* monotonic */
};

static struct map tokens;		/* by corporation and URL */

static struct str
token_key(struct attempt *a, const struct wechat_config *c)
{
	return arena_printf(&a->arena, STR_FMT " " STR_FMT,
	    STR_ARG(text(a, c->corp_id)), STR_ARG(c->api_url));
}

static struct str
token_get(struct attempt *a)
{
	const struct token *t = map_get(&tokens, token_key(a,
	    a->target.conf));

	return t == NULL || t->until <= clk_mono_ms() ? STR_NONE :
	    arena_str(&a->arena, buf_str(&t->value));
}

static void
token_put(struct attempt *a, struct str value)
{
	struct str key = token_key(a, a->target.conf);
	struct token *t = map_get(&tokens, key);

	if (t == NULL) {
		if (tokens.n >= TOKENS_MAX)
			return;
		t = mem_zalloc(sizeof(*t));
		(void)buf_put(&t->key, key);
		(void)map_put(&tokens, buf_str(&t->key), t);
	}
	buf_reset(&t->value);
	(void)buf_put(&t->value, value);
	t->until = clk_mono_ms() + (value.n > 0 ? TOKEN_MS : 0);
}

static int
ask_token(struct attempt *a, const struct wechat_config *c)
{
	struct buf url = { 0 };

	(void)buf_put(&url, url_join(a, c->api_url, "gettoken?corpid="));
	url_put_query(&url, text(a, c->corp_id));
	(void)buf_put(&url, STR("&corpsecret="));
	url_put_query(&url, text(a, secret(a, c->api_secret,
	    c->api_secret_file)));
	a->request.method = STR("GET");
	a->request.url = arena_str(&a->arena, buf_str(&url));
	buf_release(&url);
	return 1;
}

static void
put_content(struct jw *w, const char *key, struct str content)
{
	jw_key(w, str_of(key));
	jw_obj(w);
	jw_member(w, "content", content);
	jw_obj_end(w);
}

static int
send_message(struct attempt *a, const struct wechat_config *c)
{
	bool markdown = str_eq(c->message_type, STR("markdown"));
	struct str message = text(a, c->message);
	struct buf url = { 0 };
	struct jw w = json_begin(a);
	int rc;

	jw_obj(&w);
	put_content(&w, "text", markdown ? STR("") : message);
	jw_member_some(&w, "touser", text(a, c->to_user));
	jw_member_some(&w, "toparty", text(a, c->to_party));
	jw_member_some(&w, "totag", text(a, c->to_tag));
	jw_member_some(&w, "agentid", text(a, c->agent_id));
	jw_member(&w, "safe", STR("0"));
	jw_member(&w, "msgtype", markdown ? STR("markdown") : STR("text"));
	put_content(&w, "markdown", markdown ? message : STR(""));
	jw_obj_end(&w);
	secret_add(a, a->kept);
	(void)buf_put(&url, url_join(a, c->api_url,
	    "message/send?access_token="));
	url_put_query(&url, a->kept);
	rc = json_post(a, arena_str(&a->arena, buf_str(&url)));
	buf_release(&url);
	return rc;
}

static int
build(struct attempt *a)
{
	const struct wechat_config *c = a->target.conf;

	if (a->step == STEP_TOKEN) {
		a->kept = token_get(a);
		if (a->kept.n == 0)
			return ask_token(a, c);
		a->step = STEP_MESSAGE;
	}
	return a->step == STEP_MESSAGE ? send_message(a, c) : 0;
}

#define TOKEN_EXPIRED	42001

static enum verdict
answer(struct attempt *a, const struct http_response *r)
{
	enum verdict v = DELIVERED;
	json_int_t code;
	json_t *j;
	struct err e;

	if (r->status != 200 || (j = json_tree(r->body, &e)) == NULL)
		return RETRY;
	code = json_integer_value(json_object_get(j, "errcode"));
	if (a->step == STEP_TOKEN) {
		a->kept = arena_str(&a->arena, json_get_str(j,
		    "access_token"));
		if (a->kept.n == 0)
			v = FAILED;
		else
			token_put(a, a->kept);
	} else if (code == TOKEN_EXPIRED) {
		token_put(a, STR(""));
		v = RETRY;
	} else if (code != 0)
		v = FAILED;
	json_decref(j);
	return v;
}

const struct integration int_wechat = {
	.key = "wechat_configs", .build = build, .answer = answer
};
