/* http_sd_configs: target groups as JSON from a URL. */
#include "sd.h"

#include "core/diag.h"
#include "core/dur.h"
#include "core/mem.h"
#include "json/read.h"

#define BODY_MAX	((size_t)64 << 20)

struct http_sd {
	struct sd *sd;
	struct ltimer refresh;
	struct http_client *http;	/* its own: freed, it calls no more */
};

static void	ask(struct http_sd *h);

/* application/json, at most with charset=utf-8. */
static bool
is_json_type(struct str type)
{
	struct str media, rest = str_cut(type, ';', &media);

	rest = str_trim(rest);
	return str_eq_nocase(str_trim(media), STR("application/json")) &&
	    (rest.n == 0 || str_eq_nocase(rest, STR("charset=utf-8")));
}

/* YAML would take more than JSON. */
static int
check_json(struct str body, struct arena *a, struct err *e)
{
	struct jr r;
	enum jr_tok tok;

	jr_init(&r, body, a);
	do
		tok = jr_next(&r);
	while (tok != JR_END && tok != JR_BAD);
	return tok == JR_END ? 0 : jr_err(&r, "JSON", e);
}

static int
take(struct sd *sd, const struct http_response *r, struct err *e)
{
	const struct http_sd_config *c = sd->config->conf;
	struct arena a = { 0 }, parsed = { 0 };
	const struct ynode *root;
	struct ylist groups = { 0 };
	struct sd_group *g;
	int rc = -1;

	if (r->err.kind != ERR_NONE) {
		*e = r->err;
		return -1;
	}
	if (r->status != 200)
		return err_set(e, ERR_NET, "server returned HTTP status %d",
		    r->status);
	if (!is_json_type(r->content_type))
		return err_set(e, ERR_NET, "unsupported content type '"
		    STR_FMT "'", STR_ARG(r->content_type));
	if (check_json(r->body, &parsed, e) == 0 &&
	    (root = yaml_load(r->body, NULL, &parsed, e)) != NULL &&
	    sd_groups_decode(root, &groups, &parsed, e) == 0) {
		g = sd_groups_of(groups.p, groups.n, STR("__meta_url"),
		    arena_str(&a, c->url), &a);
		sd_put(sd, "http", &a, g, groups.n);
		rc = 0;
	}
	arena_free(&a);
	arena_free(&parsed);
	return rc;
}

static void
on_reply(void *arg, const struct http_response *r)
{
	struct http_sd *h = arg;
	const struct http_sd_config *c = h->sd->config->conf;
	struct loop *l = h->sd->env->loop;
	struct err e = { 0 };

	h->sd->failed = take(h->sd, r, &e) == -1;
	if (h->sd->failed) {
		e.file = NULL;
		err_prefix(&e, "discovery from '" STR_FMT "'",
		    STR_ARG(c->url));
		diag_err(&e);
	}
	if (h->sd->env->follow)
		loop_timer(l, &h->refresh, loop_now(l) + c->refresh_ms);
	sd_ready(h->sd);
}

static void
on_refresh(struct loop *l, void *arg, unsigned events)
{
	(void)l;
	(void)events;
	ask(arg);
}

static void
ask(struct http_sd *h)
{
	const struct http_sd_config *c = h->sd->config->conf;
	struct buf seconds = { 0 };
	struct http_header headers[2];
	struct http_request q = { .url = c->url, .config = &c->http,
	    .headers = headers, .nheaders = 2, .timeout_ms = c->refresh_ms,
	    .body_max = BODY_MAX, .compression = true };

	(void)buf_printf(&seconds, "%g", (double)c->refresh_ms / 1000);
	headers[0] = (struct http_header){ STR("Accept"),
	    STR("application/json") };
	headers[1] = (struct http_header){
	    STR("X-Prometheus-Refresh-Interval-Seconds"), buf_str(&seconds) };
	http_send(h->http, &q, on_reply, h);
	buf_release(&seconds);
}

static void
start(struct sd *sd)
{
	struct http_sd *h = sd->self = mem_zalloc(sizeof(*h));

	h->sd = sd;
	h->http = http_client_new(sd->env->loop, 1);
	h->refresh.fn = on_refresh;
	h->refresh.arg = h;
	ask(h);
}

static void
stop(struct sd *sd)
{
	struct http_sd *h = sd->self;

	if (h == NULL)
		return;
	http_client_free(h->http);
	loop_timer_stop(sd->env->loop, &h->refresh);
	mem_free(h);
}

const struct sd_kind sd_http = { .name = "http", .start = start,
    .stop = stop };
