#include "integration.h"

#define BODY_MAX	((size_t)512 << 10)

static int
build(struct attempt *a)
{
	const struct incidentio_config *c = a->target.conf;
	struct str token;

	if (a->step > 0)
		return 0;
	a->timeout_ms = c->timeout_ms;
	if (c->max_alerts > 0 && (uint64_t)c->max_alerts < a->n.nalerts) {
		a->n.truncated += a->n.nalerts - (size_t)c->max_alerts;
		a->n.nalerts = (size_t)c->max_alerts;
		commons_of(a);
	}
	put_webhook(a, "1");
	if (a->body.n > BODY_MAX && a->n.nalerts > 1) {
		a->n.truncated += a->n.nalerts - 1;
		a->n.nalerts = 1;
		commons_of(a);
		put_webhook(a, "1");
	}
	token = secret(a, c->alert_source_token, c->alert_source_token_file);
	if (token.n > 0)
		add_header(a, "Authorization", arena_printf(&a->arena,
		    "Bearer " STR_FMT, STR_ARG(token)));
	return json_post(a, secret_url(a, c->url, c->url_file));
}

const struct integration int_incidentio = {
	.key = "incidentio_configs", .retry = RETRY_429, .build = build
};
