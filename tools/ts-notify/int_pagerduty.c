#include "integration.h"

#include "json/tree.h"

#define V1_URL	\
	"https://events.pagerduty.com/generic/2010-04-15/create_event.json"
#define SUMMARY_MAX	1024
#define EVENT_MAX	512000
#define TOO_LARGE	"Custom details have been removed because the "	\
	"original event exceeds the maximum size of 512KB"

static int
pair_cmp(const struct ypair *x, const struct ypair *y)
{
	return str_cmp(x->key, y->key);
}

/* {"firing":…, …} in order of key; `whole` false: they did not fit. */
static void
put_details(struct attempt *a, const struct pagerduty_config *c, bool whole,
    struct jw *w)
{
	struct ypair *p = ARENA_ARRAY(&a->arena, c->details.n, struct ypair);
	size_t i, j;

	for (i = 0; i < c->details.n; i++) {
		for (j = i; j > 0 && pair_cmp(&p[j - 1],
		    &c->details.p[i]) > 0; j--)
			p[j] = p[j - 1];
		p[j] = c->details.p[i];
	}
	jw_obj(w);
	if (!whole)
		jw_member(w, "error", STR(TOO_LARGE));
	for (i = 0; whole && i < c->details.n; i++) {
		struct str v = text(a, p[i].value);

		jw_key(w, p[i].key);
		if (a->nf->compat_025)
			jw_str(w, v);
		else
			put_retyped(a, v, w);
	}
	jw_obj_end(w);
}

static const char *
event_of(const struct attempt *a)
{
	return a->resolved ? "resolve" : "trigger";
}

static void
put_v1(struct attempt *a, const struct pagerduty_config *c, struct str key,
    bool whole, struct jw *w)
{
	jw_obj(w);
	jw_member(w, "service_key", key);
	jw_member(w, "incident_key", key_hash(a));
	jw_member(w, "event_type", str_of(event_of(a)));
	jw_member_some(w, "description", cut_runes(a, text(a, c->description),
	    SUMMARY_MAX));
	/* Both versions share a struct upstream. */
	jw_member(w, "event_action", STR(""));
	jw_key(w, STR("payload"));
	jw_null(w);
	if (!a->resolved) {
		jw_member_some(w, "client", text(a, c->client));
		jw_member_some(w, "client_url", text(a, c->client_url));
	}
	if (c->details.n > 0) {
		jw_key(w, STR("details"));
		put_details(a, c, whole, w);
	}
	jw_obj_end(w);
}

static void
put_images(struct attempt *a, const struct pagerduty_config *c, struct jw *w)
{
	const struct pagerduty_image *m = c->images.p;
	bool any = false;
	size_t i;

	for (i = 0; i < c->images.n; i++) {
		struct str src = text(a, m[i].src);

		if (src.n == 0)
			continue;
		if (!any) {
			jw_key(w, STR("images"));
			jw_arr(w);
			any = true;
		}
		jw_obj(w);
		jw_member(w, "src", src);
		jw_member(w, "alt", text(a, m[i].alt));
		jw_member(w, "href", text(a, m[i].href));
		jw_obj_end(w);
	}
	if (any)
		jw_arr_end(w);
}

static void
put_links(struct attempt *a, const struct pagerduty_config *c, struct jw *w)
{
	const struct pagerduty_link *l = c->links.p;
	bool any = false;
	size_t i;

	for (i = 0; i < c->links.n; i++) {
		struct str href = text(a, l[i].href);

		if (href.n == 0)
			continue;
		if (!any) {
			jw_key(w, STR("links"));
			jw_arr(w);
			any = true;
		}
		jw_obj(w);
		jw_member(w, "href", href);
		jw_member(w, "text", text(a, l[i].text));
		jw_obj_end(w);
	}
	if (any)
		jw_arr_end(w);
}

static void
put_v2(struct attempt *a, const struct pagerduty_config *c, struct str key,
    bool whole, struct jw *w)
{
	struct str severity = text(a, c->severity);

	jw_obj(w);
	jw_member(w, "routing_key", key);
	jw_member(w, "dedup_key", key_hash(a));
	jw_member(w, "event_action", str_of(event_of(a)));
	jw_key(w, STR("payload"));
	jw_obj(w);
	jw_member(w, "summary", cut_runes(a, text(a, c->description),
	    SUMMARY_MAX));
	jw_member(w, "source", text(a, c->source));
	jw_member(w, "severity", severity.n > 0 ? severity : STR("error"));
	jw_member_some(w, "class", text(a, c->class));
	jw_member_some(w, "component", text(a, c->component));
	jw_member_some(w, "group", text(a, c->group));
	if (c->details.n > 0) {
		jw_key(w, STR("custom_details"));
		put_details(a, c, whole, w);
	}
	jw_obj_end(w);
	jw_member_some(w, "client", text(a, c->client));
	jw_member_some(w, "client_url", text(a, c->client_url));
	put_images(a, c, w);
	put_links(a, c, w);
	jw_obj_end(w);
}

static bool
is_v1(const struct pagerduty_config *c)
{
	return c->service_key.n > 0 || c->service_key_file.n > 0;
}

static int
build(struct attempt *a)
{
	const struct pagerduty_config *c = a->target.conf;
	bool v1 = is_v1(c), whole = true;
	struct str key;
	struct jw w;

	if (a->step > 0)
		return 0;
	a->timeout_ms = c->timeout_ms;
	key = v1 ? secret(a, c->service_key, c->service_key_file) :
	    secret(a, c->routing_key, c->routing_key_file);
	key = text(a, key);
	secret_add(a, key);
	if (key.n == 0)
		return attempt_fail(a, "the key is empty");
	for (;;) {
		w = json_begin(a);
		if (v1)
			put_v1(a, c, key, whole, &w);
		else
			put_v2(a, c, key, whole, &w);
		if (a->body.n <= EVENT_MAX || !whole)
			break;
		whole = false;
	}
	return json_post(a, v1 ? STR(V1_URL) : c->url);
}

/* A refusal says why: message, errors. */
static enum verdict
answer(struct attempt *a, const struct http_response *r)
{
	enum verdict v = verdict_of(a, r);
	json_t *j, *item;
	struct buf b = { 0 };
	struct err e;
	size_t i;

	/* Which statuses pass differs by version. */
	if (is_v1(a->target.conf) ? r->status == 403 : r->status == 429)
		v = RETRY;
	if (r->status != 400 || (j = json_tree(r->body, &e)) == NULL)
		return v;
	(void)buf_put(&b, json_get_str(j, "message"));
	json_array_foreach(json_object_get(j, "errors"), i, item)
		(void)buf_printf(&b, "%s" STR_FMT, i > 0 ? ", " : ": ",
		    STR_ARG(str_of(json_is_string(item) ?
		    json_string_value(item) : "")));
	(void)attempt_fail(a, "unexpected status 400: " STR_FMT,
	    STR_ARG(str_sub(buf_str(&b), 0, 256)));
	buf_release(&b);
	json_decref(j);
	return v;
}

const struct integration int_pagerduty = {
	.key = "pagerduty_configs", .build = build, .answer = answer
};
