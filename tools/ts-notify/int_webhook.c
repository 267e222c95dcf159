#include "integration.h"

/*
 * The notification itself, or a payload of the operator's own: any YAML with
 * templates in its strings.
 */
static int
build(struct attempt *a)
{
	const struct webhook_config *c = a->target.conf;
	struct str url;

	if (a->step > 0)
		return 0;
	if (c->max_alerts > 0 && (uint64_t)c->max_alerts < a->n.nalerts) {
		a->n.truncated += a->n.nalerts - (size_t)c->max_alerts;
		a->n.nalerts = (size_t)c->max_alerts;
		commons_of(a);
	}
	url = secret_url(a, text(a, secret(a, c->url, c->url_file)),
	    STR_NONE);
	a->timeout_ms = c->timeout_ms;
	if (c->payload != NULL) {
		struct jw w = json_begin(a);

		put_payload(a, c->payload, &w);
	} else
		put_webhook(a, "4");
	if (a->once.n > 0)
		add_header(a, "Idempotency-Key", a->once);
	return json_post(a, url);
}

const struct integration int_webhook = {
	.key = "webhook_configs", .build = build
};
