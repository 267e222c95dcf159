#include "config/recv.h"

#define F(member)	offsetof(struct pagerduty_config, member)
#define I(member)	offsetof(struct pagerduty_image, member)
#define L(member)	offsetof(struct pagerduty_link, member)

static const struct yfield image_rows[] = {
	YROW("src", YT_STR, I(src)),
	YROW("alt", YT_STR, I(alt)),
	YROW("href", YT_STR, I(href))
};

static const struct yfields image_fields = {
	.name = "image", .size = sizeof(struct pagerduty_image),
	.row = image_rows, .n = COUNT(image_rows)
};

static const struct yfield link_rows[] = {
	YROW("href", YT_STR, L(href)),
	YROW("text", YT_STR, L(text))
};

static const struct yfields link_fields = {
	.name = "link", .size = sizeof(struct pagerduty_link),
	.row = link_rows, .n = COUNT(link_rows)
};

static const struct yfield rows[] = {
	RECV_ROWS,
	YROW("service_key", YT_STR, F(service_key), .flags = YF_SECRET),
	YROW("service_key_file", YT_CUSTOM, F(service_key_file),
	    .decode = config_decode_path),
	YROW("routing_key", YT_STR, F(routing_key), .flags = YF_SECRET),
	YROW("routing_key_file", YT_CUSTOM, F(routing_key_file),
	    .decode = config_decode_path),
	YROW("url", YT_CUSTOM, F(url), .decode = recv_decode_url),
	YROW("client", YT_STR, F(client),
	    .dflt = "{{ template \"pagerduty.default.client\" . }}"),
	YROW("client_url", YT_STR, F(client_url),
	    .dflt = "{{ template \"pagerduty.default.clientURL\" . }}"),
	YROW("description", YT_STR, F(description),
	    .dflt = "{{ template \"pagerduty.default.description\" . }}"),
	YROW("severity", YT_STR, F(severity)),
	YROW("details", YT_CUSTOM, F(details),
	    .decode = recv_decode_any_map),
	YROW("images", YT_LIST, F(images), .sub = &image_fields),
	YROW("links", YT_LIST, F(links), .sub = &link_fields),
	YROW("source", YT_STR, F(source)),
	YROW("class", YT_STR, F(class)),
	YROW("component", YT_STR, F(component)),
	YROW("group", YT_STR, F(group)),
	YROW("timeout", YT_GO_DURATION, F(timeout_ms))
};

/* What the block does not set itself, sorted among the rest by name later. */
static const struct { const char *key, *value; } default_details[] = {
	{ "firing", "{{ template \"pagerduty.default.instances\" "
	    ".Alerts.Firing }}" },
	{ "resolved", "{{ template \"pagerduty.default.instances\" "
	    ".Alerts.Resolved }}" },
	{ "num_firing", "{{ .Alerts.Firing | len }}" },
	{ "num_resolved", "{{ .Alerts.Resolved | len }}" }
};

static void
add_default_details(struct ypairs *d, const struct ynode *n, struct arena *a)
{
	struct ypair *p = ARENA_ARRAY(a, d->n + COUNT(default_details),
	    struct ypair);
	size_t i, j, own = d->n;

	if (own > 0)
		memcpy(p, d->p, own * sizeof(*p));
	d->p = p;
	for (i = 0; i < COUNT(default_details); i++) {
		struct str key = str_of(default_details[i].key);

		for (j = 0; j < own && !str_eq(p[j].key, key); j++)
			;
		if (j == own)
			p[d->n++] = (struct ypair){ key,
			    str_of(default_details[i].value), n };
	}
}

static int
check(const struct ynode *n, void *out, struct arena *a, struct err *e)
{
	struct pagerduty_config *c = out;

	if (c->routing_key.n == 0 && c->service_key.n == 0 &&
	    c->routing_key_file.n == 0 && c->service_key_file.n == 0)
		return ynode_err(n, e,
		    "missing service or routing key in PagerDuty config");
	if (recv_at_most_one(n, "routing_key", "routing_key_file", e) == -1 ||
	    recv_at_most_one(n, "service_key", "service_key_file", e) == -1)
		return -1;
	if (c->source.n == 0)
		c->source = c->client;
	add_default_details(&c->details, n, a);
	return 0;
}

static int
finish(void *conf, const struct am_global *g, struct arena *a, struct err *e)
{
	struct pagerduty_config *c = conf;

	(void)a;
	(void)e;
	if (c->url.n == 0)
		c->url = g->pagerduty_url;
	return 0;
}

static const struct yfields fields = RECV_TABLE("pagerduty_config",
    struct pagerduty_config, rows, check);

const struct recv_kind recv_pagerduty = {
	.key = "pagerduty_configs", .name = "pagerduty", .fields = &fields,
	.send_resolved = true, .finish = finish
};
