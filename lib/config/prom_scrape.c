/*
 * One job of scrape_configs: its fields, what it inherits, what must hold.
 */
#include "config/internal.h"

#define S(member)	offsetof(struct scrape_config, member)

static int
decode_params(const struct ynode *n, void *out, struct arena *a,
    struct err *e)
{
	struct scrape_config *s = out;
	const struct ynode *c, *v;
	struct scrape_param *p;

	if (n->kind != Y_MAP && n->kind != Y_NULL)
		return ynode_err(n, e, "'params' must be a mapping");
	s->params = ARENA_ARRAY(a, n->n, struct scrape_param);
	for (c = n->child; c != NULL; c = c->next) {
		if (c->kind != Y_SEQ && c->kind != Y_NULL)
			return ynode_err(c, e, "parameter '" STR_FMT
			    "' must be a list of strings",
			    STR_ARG(c->key->scalar));
		p = &s->params[s->nparams++];
		p->name = c->key->scalar;
		p->values.p = ARENA_ARRAY(a, c->n, struct str);
		for (v = c->child; v != NULL; v = v->next) {
			if (v->kind == Y_MAP || v->kind == Y_SEQ)
				return ynode_err(v, e, "not a string");
			p->values.p[p->values.n++] = v->scalar;
		}
	}
	return 0;
}

static const struct yfield rows[] = {
	YROW("job_name", YT_STR, S(job_name)),
	YROW("scrape_interval", YT_DURATION, S(common.interval_ms)),
	YROW("scrape_timeout", YT_DURATION, S(common.timeout_ms)),
	YROW("metrics_path", YT_STR, S(metrics_path), .dflt = "/metrics"),
	YROW("scheme", YT_STR, S(scheme), .dflt = "http"),
	YROW("params", YT_CUSTOM, 0, .decode = decode_params),
	YROW("honor_labels", YT_BOOL, S(honor_labels)),
	YROW("honor_timestamps", YT_BOOL, S(honor_timestamps),
	    .dflt = "true"),
	YROW("track_timestamps_staleness", YT_BOOL,
	    S(track_timestamps_staleness)),
	YROW("fallback_scrape_protocol", YT_CUSTOM, S(fallback_protocol),
	    .decode = prom_decode_protocol),
	YROW("enable_compression", YT_BOOL, S(enable_compression),
	    .dflt = "true"),
	YROW("native_histogram_bucket_limit", YT_INT,
	    S(histogram_bucket_limit)),
	YROW("native_histogram_min_bucket_factor", YT_DOUBLE,
	    S(histogram_min_factor)),
	YROW("relabel_configs", YT_CUSTOM, S(relabel),
	    .decode = config_decode_relabels),
	YROW("metric_relabel_configs", YT_CUSTOM, S(metric_relabel),
	    .decode = config_decode_relabels),
	PROM_COMMON_ROWS(S(common)),
	HTTP_CONFIG_ROWS(S(http)),
	SD_ROWS(S(sd_scratch))
};

static const struct yfields fields = {
	.name = "scrape_config", .size = sizeof(struct scrape_config),
	.row = rows, .n = COUNT(rows), .node_offset = 0,
	.null_is_zero = true
};

static bool
is_set(const struct ynode *n, const char *key)
{
	const struct ynode *v = ynode_get(n, key);

	return v != NULL && v->kind != Y_NULL;
}

static void
inherit_limits(struct scrape_limits *l, const struct scrape_limits *g)
{
#define TAKE(member)	if (l->member == 0) l->member = g->member
	TAKE(body_size);
	TAKE(samples);
	TAKE(targets);
	TAKE(labels);
	TAKE(label_name_length);
	TAKE(label_value_length);
	TAKE(keep_dropped_targets);
#undef TAKE
}

static void
inherit_flags(const struct ynode *n, struct scrape_common *c,
    const struct scrape_common *g)
{
	if (!is_set(n, "scrape_native_histograms"))
		c->native_histograms = g->native_histograms;
	if (!is_set(n, "convert_classic_histograms_to_nhcb"))
		c->classic_to_nhcb = g->classic_to_nhcb;
	if (!is_set(n, "always_scrape_classic_histograms"))
		c->always_classic = g->always_classic;
	if (!is_set(n, "extra_scrape_metrics"))
		c->extra_metrics = g->extra_metrics;
	if (!is_set(n, "metric_name_validation_scheme"))
		c->names = g->names;
	if (c->failure_log_file.n == 0)
		c->failure_log_file = g->failure_log_file;
}

static int
inherit_times(const struct ynode *n, struct scrape_config *s,
    const struct scrape_common *g, struct err *e)
{
	struct scrape_common *c = &s->common;

	if (c->interval_ms == 0)
		c->interval_ms = g->interval_ms;
	if (c->timeout_ms > c->interval_ms)
		return ynode_err(ynode_get(n, "scrape_timeout"), e,
		    "scrape timeout greater than scrape interval for scrape "
		    "config with job name \"" STR_FMT "\"",
		    STR_ARG(s->job_name));
	if (c->timeout_ms == 0)
		c->timeout_ms = g->timeout_ms < c->interval_ms ?
		    g->timeout_ms : c->interval_ms;
	return 0;
}

static int
inherit_protocols(const struct ynode *n, struct scrape_common *c,
    const struct scrape_common *g, struct arena *a, struct err *e)
{
	static const char *const order[] = {
		"PrometheusProto", "OpenMetricsText1.0.0",
		"OpenMetricsText0.0.1", "PrometheusText1.0.0",
		"PrometheusText0.0.4"
	};
	size_t i = c->native_histograms ? 0 : 1;

	if (c->protocols.n == 0)
		c->protocols = g->protocols;
	if (c->protocols.n == 0) {
		c->protocols.p = ARENA_ARRAY(a, COUNT(order), struct str);
		for (; i < COUNT(order); i++)
			c->protocols.p[c->protocols.n++] = str_of(order[i]);
	}
	if (c->escaping.n == 0)
		c->escaping = g->escaping;
	if (c->escaping.n == 0)
		c->escaping = c->names == NAMES_LEGACY ? STR("underscores") :
		    STR("allow-utf-8");
	if (c->names == NAMES_LEGACY &&
	    str_eq(c->escaping, STR("allow-utf-8")))
		return ynode_err(n, e, "utf8 metric names requested but "
		    "validation scheme is not set to UTF8");
	return 0;
}

/* Names of the legacy scheme make more relabel rules wrong. */
static int
check_relabels(const struct ynode *n, struct scrape_config *s,
    struct arena *a, struct err *e)
{
	const struct ynode *list;

	if (s->common.names != NAMES_LEGACY)
		return 0;
	list = ynode_get(n, "relabel_configs");
	if (list && config_relabels_legacy(list, &s->relabel, a, e) == -1)
		return -1;
	list = ynode_get(n, "metric_relabel_configs");
	if (list && config_relabels_legacy(list, &s->metric_relabel, a,
	    e) == -1)
		return -1;
	return 0;
}

int
prom_scrape_decode(const struct ynode *n, const struct prom_global *g,
    struct scrape_config *s, struct arena *a, struct err *e)
{
	const struct scrape_common *from = &g->scrape;

	if (n->kind == Y_NULL)
		return ynode_err(n, e, "empty or null scrape config section");
	if (yaml_decode(n, &fields, s, a, e) == -1)
		return -1;
	s->node = n;
	if (http_config_check(n, &s->http, e) == -1 ||
	    sd_configs_decode(n, s->relabel.n > 0, &s->sd, a, e) == -1)
		return -1;
	if (s->job_name.n == 0)
		return ynode_err(n, e, "job_name is empty");
	inherit_limits(&s->common.limits, &from->limits);
	inherit_flags(n, &s->common, from);
	if (inherit_times(n, s, from, e) == -1 ||
	    inherit_protocols(n, &s->common, from, a, e) == -1)
		return -1;
	return check_relabels(n, s, a, e);
}

void
prom_scrape_release(struct scrape_config *s)
{
	relabels_release(&s->relabel);
	relabels_release(&s->metric_relabel);
}
