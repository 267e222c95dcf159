#include "config/recv.h"

const struct recv_kind *const recv_kinds[] = {
	&recv_discord, &recv_email, &recv_exec, &recv_incidentio, &recv_jira,
	&recv_mattermost, &recv_msteams, &recv_msteamsv2, &recv_opsgenie,
	&recv_pagerduty, &recv_pushover, &recv_rocketchat, &recv_slack,
	&recv_sns, &recv_stdout, &recv_telegram, &recv_victorops, &recv_webex,
	&recv_webhook, &recv_wechat
};
const size_t recv_nkinds = COUNT(recv_kinds);

const struct recv_kind *
recv_kind_find(struct str key)
{
	size_t i;

	for (i = 0; i < recv_nkinds; i++)
		if (str_eq(key, str_of(recv_kinds[i]->key)))
			return recv_kinds[i];
	return NULL;
}

/* ---- what the kinds share ---- */

bool
recv_is_set(const struct ynode *n, const char *key)
{
	const struct ynode *v = ynode_get(n, key);

	return v != NULL && v->kind != Y_NULL &&
	    !(v->kind == Y_SCALAR && v->scalar.n == 0);
}

int
recv_at_most_one(const struct ynode *n, const char *a, const char *b,
    struct err *e)
{
	if (!recv_is_set(n, a) || !recv_is_set(n, b))
		return 0;
	return ynode_err(ynode_get(n, b), e,
	    "at most one of %s & %s must be configured", a, b);
}

int
recv_exactly_one(const struct ynode *n, const char *a, const char *b,
    struct err *e)
{
	if (!recv_is_set(n, a) && !recv_is_set(n, b))
		return ynode_err(n, e, "one of %s or %s must be configured",
		    a, b);
	return recv_at_most_one(n, a, b, e);
}

int
recv_inherit(const struct ynode *n, struct str *value, struct str *file,
    struct str global_value, struct str global_file, const char *what,
    struct err *e)
{
	if (value->n || file->n)
		return 0;
	*value = global_value;
	*file = global_file;
	if (value->n || file->n || what == NULL)
		return 0;
	return ynode_err(n, e, "no global %s", what);
}

/*
 * YOUR_SLACK_WEBHOOK_URL, <url>, CHANGEME: no part of a URL is there, so it
 * was left to be filled in.  It fails when something is to be sent.
 */
bool
recv_is_placeholder(struct str url)
{
	return url.n > 0 && str_find_char(url, ':') == -1 &&
	    str_find_char(url, '/') == -1;
}

int
recv_decode_url(const struct ynode *n, void *out, struct arena *a,
    struct err *e)
{
	if (n->kind == Y_SCALAR && recv_is_placeholder(n->scalar) &&
	    !str_eq(n->scalar, STR("<secret>"))) {
		*(struct str *)out = n->scalar;
		return 0;
	}
	return config_decode_url(n, out, a, e);
}

int
recv_decode_url_template(const struct ynode *n, void *out, struct arena *a,
    struct err *e)
{
	if (n->kind == Y_SCALAR && str_find(n->scalar, STR("{{")) != -1) {
		*(struct str *)out = n->scalar;
		return 0;
	}
	return recv_decode_url(n, out, a, e);
}

int
recv_decode_hostport(const struct ynode *n, void *out, struct arena *a,
    struct err *e)
{
	struct str s = n->scalar;
	size_t colon = s.n;

	(void)a;
	if (n->kind == Y_NULL || (n->kind == Y_SCALAR && s.n == 0))
		return 0;
	if (n->kind != Y_SCALAR)
		return ynode_err(n, e, "an address must be a string");
	while (colon > 0 && s.p[colon - 1] != ':')
		colon--;
	if (colon == 0 || s.p[s.n - 1] == ']')
		return ynode_err(n, e, "address " STR_FMT
		    ": missing port in address", STR_ARG(s));
	if (colon == s.n)
		return ynode_err(n, e, "address " STR_FMT
		    ": port cannot be empty", STR_ARG(s));
	*(struct str *)out = s;
	return 0;
}

int
recv_decode_any_map(const struct ynode *n, void *pairs, struct arena *a,
    struct err *e)
{
	struct ypairs *out = pairs;
	const struct ynode *c;

	if (n->kind != Y_MAP && n->kind != Y_NULL)
		return ynode_err(n, e, "'" STR_FMT "' must be a mapping",
		    STR_ARG(n->key->scalar));
	out->p = ARENA_ARRAY(a, n->n, struct ypair);
	for (c = n->child; c != NULL; c = c->next)
		out->p[out->n++] = (struct ypair){ c->key->scalar,
		    c->kind == Y_SCALAR ? c->scalar : STR_NONE, c };
	return 0;
}

/* ---- warnings ---- */

int
recv_warn(const struct ynode *n, const struct yfields *f, bool strict,
    struct config_warnings *w, struct arena *a, struct err *e)
{
	const struct ynode *v;
	const struct yfield *row;

	for (row = f->row; row < f->row + f->n; row++) {
		if ((v = ynode_get(n, row->key)) == NULL ||
		    v->kind != Y_SCALAR)
			continue;
		if (row->flags & YF_LENIENT) {
			if (strict)
				return ynode_err(v->key, e,
				    "unknown field '%s' in %s", row->key,
				    f->name);
			config_warn(w, v->key, a, "field '%s' is not one of "
			    "Alertmanager's %s; read as %s", row->key,
			    f->name, str_eq(v->key->scalar, STR("subject")) ?
			    "headers.Subject" : "text");
		}
		if ((row->decode != recv_decode_url &&
		    row->decode != recv_decode_url_template) ||
		    !recv_is_placeholder(v->scalar) ||
		    str_find(v->scalar, STR("{{")) != -1)
			continue;
		if (strict)
			return ynode_err(v, e,
			    "unsupported scheme \"\" for URL");
		config_warn(w, v, a, "'%s' is not a URL; nothing can be sent "
		    "until it is", row->key);
	}
	return 0;
}

/* ---- decoding ---- */

struct context {
	const struct am_global *g;
	bool strict;
	struct config_warnings *w;
	struct arena *a;
	struct err *e;
};

static int
decode_integration(const struct context *c, const struct ynode *n,
    struct integration_config *out)
{
	const struct recv_kind *k = out->kind;
	struct recv_common *common;

	if (n->kind == Y_NULL && !k->null_ok)
		return ynode_err(n, c->e, "missing %s config", k->name);
	out->raw = n;
	out->conf = arena_alloc(c->a, k->fields->size);
	out->common = common = out->conf;
	if (yaml_decode(n, k->fields, out->conf, c->a, c->e) == -1)
		return -1;
	common->node = n;
	if (!recv_is_set(n, "send_resolved"))
		common->send_resolved = k->send_resolved;
	if (common->http == NULL)
		common->http = (struct http_config *)(uintptr_t)&c->g->http;
	if (k->finish != NULL &&
	    k->finish(out->conf, c->g, c->a, c->e) == -1)
		return -1;
	return recv_warn(n, k->fields, c->strict, c->w, c->a, c->e);
}

static int
unknown_kind(const struct context *c, const struct ynode *key)
{
	const char *words[COUNT(recv_kinds) + 2], *near;
	size_t i;

	for (i = 0; i < recv_nkinds; i++)
		words[i] = recv_kinds[i]->key;
	words[i++] = "name";
	words[i++] = "labels";
	near = yaml_near(key->scalar, words, i);
	return ynode_err(key, c->e, "unknown field '" STR_FMT
	    "' in receiver%s%s%s", STR_ARG(key->scalar),
	    near ? ", did you mean '" : "", near ? near : "",
	    near ? "'?" : "");
}

static int
decode_kind(const struct context *c, const struct ynode *list,
    struct am_receiver *out)
{
	const struct recv_kind *k = recv_kind_find(list->key->scalar);
	struct integration_config *i;
	const struct ynode *n;
	size_t index = 0;

	if (k == NULL || (k->ours && c->strict))
		return unknown_kind(c, list->key);
	if (list->kind == Y_NULL)
		return 0;
	if (list->kind != Y_SEQ)
		return ynode_err(list, c->e, "'%s' must be a list", k->key);
	for (n = list->child; n != NULL; n = n->next) {
		i = &out->integration[out->n++];
		i->kind = k;
		i->key = str_of(k->key);
		i->index = index++;
		if (decode_integration(c, n, i) == -1)
			return -1;
	}
	return 0;
}

struct head { struct str name; struct ypairs labels; };

/* name and labels; the rest is kinds */
static int
decode_head(const struct context *c, const struct ynode *n,
    struct am_receiver *out)
{
	static const struct yfield rows[] = {
		YROW("name", YT_STR, offsetof(struct head, name)),
		YROW("labels", YT_STRMAP, offsetof(struct head, labels))
	};
	static const struct yfields fields = {
		.name = "receiver", .size = sizeof(struct head), .row = rows,
		.n = COUNT(rows)
	};
	struct head h;

	if (yaml_decode(yaml_prune(n, &fields, c->a), &fields, &h, c->a,
	    c->e) == -1)
		return -1;
	out->node = n;
	out->name = h.name;
	out->labels = h.labels;
	if (h.name.n == 0)
		return ynode_err(n, c->e, "missing name in receiver");
	return 0;
}

int
am_receiver_decode(const struct ynode *n, const struct am_global *g,
    bool strict, struct am_receiver *out, struct config_warnings *w,
    struct arena *a, struct err *e)
{
	struct context c = { .g = g, .strict = strict, .w = w, .a = a,
	    .e = e };
	const struct ynode *list;
	size_t count = 0;

	*out = (struct am_receiver){ 0 };
	if (n->kind == Y_NULL)
		return ynode_err(n, e, "missing name in receiver");
	if (decode_head(&c, n, out) == -1)
		return -1;
	for (list = n->child; list != NULL; list = list->next)
		count += list->kind == Y_SEQ ? list->n : 0;
	out->integration = ARENA_ARRAY(a, count, struct integration_config);
	for (list = n->child; list != NULL; list = list->next)
		if (!str_eq(list->key->scalar, STR("name")) &&
		    !str_eq(list->key->scalar, STR("labels")) &&
		    decode_kind(&c, list, out) == -1)
			return -1;
	return 0;
}
