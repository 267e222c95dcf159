#include "config/alertmanagers.h"

#include "config/common.h"

struct alertmanagers *
alertmanager_options_open(struct alertmanager_options *o, struct loop *l,
    alertmanagers_fn *report, void *arg, struct err *e)
{
	struct alertmanagers *m;
	size_t i;

	if (http_config_load(o->config, &o->http, &o->arena, e) == -1)
		return NULL;
	m = alertmanagers_new(l, report, arg);
	for (i = 0; i < o->url.n; i++)
		if (alertmanagers_add(m, str_of(o->url.p[i]), &o->http,
		    ALERTMANAGERS_TIMEOUT_MS, e) == -1) {
			alertmanagers_free(m);
			return NULL;
		}
	return m;
}

void
alertmanager_options_release(struct alertmanager_options *o)
{
	vec_release(&o->url);
	arena_free(&o->arena);
}
