/*
 * remote_write, remote_read, and the sections that the suite has no use for
 * but must read: storage, tracing, otlp, runtime.
 */
#include "config/internal.h"

#define W(member)	offsetof(struct remote_write, member)
#define Q(member)	(W(queue.member) - W(queue))
#define R(member)	offsetof(struct remote_read, member)

static const struct yfield queue_rows[] = {
	YROW("capacity", YT_INT, Q(capacity), .dflt = "10000"),
	YROW("max_shards", YT_INT, Q(max_shards), .dflt = "50"),
	YROW("min_shards", YT_INT, Q(min_shards), .dflt = "1"),
	YROW("max_samples_per_send", YT_INT, Q(max_samples_per_send),
	    .dflt = "2000"),
	YROW("batch_send_deadline", YT_DURATION, Q(batch_deadline_ms),
	    .dflt = "5s"),
	YROW("min_backoff", YT_DURATION, Q(min_backoff_ms), .dflt = "30ms"),
	YROW("max_backoff", YT_DURATION, Q(max_backoff_ms), .dflt = "5s"),
	YROW("retry_on_http_429", YT_BOOL, Q(retry_on_429)),
	YROW("sample_age_limit", YT_DURATION, Q(sample_age_limit_ms))
};

static const struct yfields queue_fields = {
	.name = "queue_config",
	.size = sizeof(((struct remote_write *)0)->queue),
	.row = queue_rows, .n = COUNT(queue_rows), .null_is_zero = true
};

struct metadata { bool send; int64_t interval_ms, max_samples; };

static const struct yfield metadata_rows[] = {
	YROW("send", YT_BOOL, offsetof(struct metadata, send)),
	YROW("send_interval", YT_DURATION,
	    offsetof(struct metadata, interval_ms)),
	YROW("max_samples_per_send", YT_INT,
	    offsetof(struct metadata, max_samples))
};

static const struct yfields metadata_fields = {
	.name = "metadata_config", .size = sizeof(struct metadata),
	.row = metadata_rows, .n = COUNT(metadata_rows)
};

/* Read and checked; what signs requests for a cloud stays unused. */
struct write_extra {
	struct remote_write w;
	struct metadata metadata;
	const struct ynode *unused;
	bool failed_request_logging;
};

#define X(member)	offsetof(struct write_extra, member)

static const struct yfield write_rows[] = {
	YROW("url", YT_STR, W(url)),
	YROW("name", YT_STR, W(name)),
	YROW("remote_timeout", YT_DURATION, W(timeout_ms), .dflt = "30s"),
	YROW("headers", YT_STRMAP, W(headers)),
	YROW("write_relabel_configs", YT_CUSTOM, W(relabel),
	    .decode = config_decode_relabels),
	YROW("send_exemplars", YT_BOOL, W(send_exemplars)),
	YROW("send_native_histograms", YT_BOOL, W(send_native_histograms)),
	YROW("round_robin_dns", YT_BOOL, W(round_robin_dns)),
	YROW("protobuf_message", YT_STR, W(protobuf_message),
	    .dflt = "prometheus.WriteRequest"),
	YROW("failed_request_logging", YT_BOOL, X(failed_request_logging)),
	YROW("queue_config", YT_STRUCT, W(queue), .sub = &queue_fields),
	YROW("metadata_config", YT_STRUCT, X(metadata),
	    .sub = &metadata_fields),
	YROW("sigv4", YT_RAW, X(unused)),
	YROW("azuread", YT_RAW, X(unused)),
	YROW("google_iam", YT_RAW, X(unused)),
	HTTP_CONFIG_ROWS(W(http))
};

static const struct yfields write_fields = {
	.name = "remote_write", .size = sizeof(struct write_extra),
	.row = write_rows, .n = COUNT(write_rows), .null_is_zero = true
};

static const struct yfield read_rows[] = {
	YROW("url", YT_STR, R(url)),
	YROW("name", YT_STR, R(name)),
	YROW("remote_timeout", YT_DURATION, R(timeout_ms), .dflt = "1m"),
	YROW("chunked_read_limit", YT_INT, R(chunked_read_limit)),
	YROW("headers", YT_STRMAP, R(headers)),
	YROW("required_matchers", YT_STRMAP, R(required_matchers)),
	YROW("read_recent", YT_BOOL, R(read_recent)),
	YROW("filter_external_labels", YT_BOOL, R(filter_external_labels),
	    .dflt = "true"),
	HTTP_CONFIG_ROWS(R(http))
};

static const struct yfields read_fields = {
	.name = "remote_read", .size = sizeof(struct remote_read),
	.row = read_rows, .n = COUNT(read_rows), .null_is_zero = true
};

int
prom_headers_check(const struct ypairs *h, bool tracing, struct err *e)
{
	static const char *const reserved[] = {
		"host", "content-encoding", "content-length", "content-type",
		"user-agent", "connection", "keep-alive",
		"proxy-authenticate", "proxy-authorization",
		"www-authenticate", "accept-encoding",
		"x-prometheus-remote-write-version",
		"x-prometheus-remote-read-version", "x-amz-date",
		"x-amz-security-token", "x-amz-content-sha256"
	};
	size_t i, j;

	for (i = 0; i < h->n; i++) {
		const struct ynode *key = h->p[i].node->key;

		if (str_eq_nocase(key->scalar, STR("authorization")))
			return ynode_err(key, e, tracing ?
			    "authorization header configuration is not yet "
			    "supported" : "authorization header must be "
			    "changed via the basic_auth, authorization, "
			    "oauth2, sigv4, azuread or google_iam parameter");
		for (j = 0; j < COUNT(reserved); j++)
			if (str_eq_nocase(key->scalar, str_of(reserved[j])))
				return ynode_err(key, e, STR_FMT " is a "
				    "reserved header. It must not be changed",
				    STR_ARG(key->scalar));
	}
	return 0;
}

static int
check_queue(const struct ynode *n, const struct remote_write *w,
    struct err *e)
{
	const struct ynode *q = ynode_get(n, "queue_config");

	if (w->queue.max_shards < 1)
		return ynode_err(q, e,
		    "remote write queue max_shards must be positive");
	if (w->queue.min_shards < 1)
		return ynode_err(q, e,
		    "remote write queue min_shards must be positive");
	if (w->queue.min_shards > w->queue.max_shards)
		return ynode_err(q, e, "remote write queue max_shards must "
		    "not be less than min_shards");
	if (w->queue.max_backoff_ms < w->queue.min_backoff_ms)
		return ynode_err(q, e, "remote write queue max_backoff must "
		    "not be less than min_backoff");
	return 0;
}

static int
check_message(const struct ynode *n, const struct remote_write *w,
    struct err *e)
{
	static const char first[] = "prometheus.WriteRequest",
	    second[] = "io.prometheus.write.v2.Request";

	if (str_eq(w->protobuf_message, STR(first)) ||
	    str_eq(w->protobuf_message, STR(second)))
		return 0;
	return ynode_err(ynode_get(n, "protobuf_message"), e,
	    "invalid protobuf_message value: unknown type for remote write "
	    "protobuf message " STR_FMT ", supported: %s, %s",
	    STR_ARG(w->protobuf_message), first, second);
}

int
prom_remote_write_decode(const struct ynode *n, struct remote_write *out,
    struct arena *a, struct err *e)
{
	struct write_extra x;
	int rc;

	if (n->kind == Y_NULL)
		return ynode_err(n, e,
		    "empty or null remote write config section");
	rc = yaml_decode(n, &write_fields, &x, a, e);
	*out = x.w;
	out->node = n;
	if (rc == -1)
		return -1;
	if (out->url.n == 0)
		return ynode_err(n, e, "url for remote_write is empty");
	if (prom_headers_check(&out->headers, false, e) == -1 ||
	    check_message(n, out, e) == -1 || check_queue(n, out, e) == -1)
		return -1;
	return http_config_check(n, &out->http, e);
}

int
prom_remote_read_decode(const struct ynode *n, struct remote_read *out,
    struct arena *a, struct err *e)
{
	if (n->kind == Y_NULL)
		return ynode_err(n, e,
		    "empty or null remote read config section");
	if (yaml_decode(n, &read_fields, out, a, e) == -1)
		return -1;
	out->node = n;
	if (out->url.n == 0)
		return ynode_err(n, e, "url for remote_read is empty");
	if (prom_headers_check(&out->headers, false, e) == -1)
		return -1;
	return http_config_check(n, &out->http, e);
}

/* ---- the rest ---- */

struct retention { int64_t time_ms, size; double percentage; };

static const struct yfield retention_rows[] = {
	YROW("time", YT_DURATION, offsetof(struct retention, time_ms)),
	YROW("size", YT_SIZE, offsetof(struct retention, size)),
	YROW("percentage", YT_DOUBLE, offsetof(struct retention, percentage))
};

static const struct yfields retention_fields = {
	.name = "retention", .size = sizeof(struct retention),
	.row = retention_rows, .n = COUNT(retention_rows)
};

struct rest {
	int64_t out_of_order_ms, exemplars_max, gogc;
	double stale_threshold, sampling_fraction;
	struct retention retention;
	const struct ynode *unused;
	struct str text;
	struct ypairs headers;
	struct http_config tls;
	int64_t timeout_ms;
	bool flag;
	struct ystrs list;
};

#define T(member)	offsetof(struct rest, member)
#define TABLE(what, rows) {						\
	.name = what, .size = sizeof(struct rest), .row = rows,		\
	.n = COUNT(rows), .null_is_zero = true }

static const struct yfield chunk_rows[] = {
	YROW("floats", YT_STR, T(text))
};

static const struct yfields chunk_fields = TABLE("chunk_encoding",
    chunk_rows);

struct tsdb_rest { struct rest r; struct rest chunk; };

static const struct yfield tsdb_rows[] = {
	YROW("out_of_order_time_window", YT_DURATION, T(out_of_order_ms)),
	YROW("stale_series_compaction_threshold", YT_DOUBLE,
	    T(stale_threshold)),
	YROW("chunk_encoding", YT_STRUCT, offsetof(struct tsdb_rest, chunk),
	    .sub = &chunk_fields),
	YROW("retention", YT_STRUCT, T(retention), .sub = &retention_fields)
};

static const struct yfields tsdb_fields = {
	.name = "tsdb", .size = sizeof(struct tsdb_rest), .row = tsdb_rows,
	.n = COUNT(tsdb_rows), .null_is_zero = true
};

static const struct yfield exemplars_rows[] = {
	YROW("max_exemplars", YT_INT, T(exemplars_max), .dflt = "100000")
};

static const struct yfields exemplars_fields = TABLE("exemplars",
    exemplars_rows);

struct storage { struct tsdb_rest tsdb; struct rest exemplars; };

static const struct yfield storage_rows[] = {
	YROW("tsdb", YT_STRUCT, offsetof(struct storage, tsdb),
	    .sub = &tsdb_fields),
	YROW("exemplars", YT_STRUCT, offsetof(struct storage, exemplars),
	    .sub = &exemplars_fields)
};

static const struct yfields storage_fields = {
	.name = "storage", .size = sizeof(struct storage),
	.row = storage_rows, .n = COUNT(storage_rows)
};

static const struct yfield tracing_rows[] = {
	YROW("client_type", YT_STR, T(text), .dflt = "grpc"),
	YROW("endpoint", YT_STR, T(text), .flags = YF_REQUIRED),
	YROW("sampling_fraction", YT_DOUBLE, T(sampling_fraction)),
	YROW("insecure", YT_BOOL, T(flag)),
	YROW("tls_config", YT_STRUCT, T(tls), .sub = &tls_config_fields),
	YROW("headers", YT_STRMAP, T(headers)),
	YROW("compression", YT_STR, T(text)),
	YROW("timeout", YT_DURATION, T(timeout_ms))
};

static const struct yfields tracing_fields = TABLE("tracing", tracing_rows);

static const struct yfield otlp_rows[] = {
	YROW("promote_resource_attributes", YT_STRLIST, T(list)),
	YROW("promote_all_resource_attributes", YT_BOOL, T(flag)),
	YROW("ignore_resource_attributes", YT_STRLIST, T(list)),
	YROW("translation_strategy", YT_STR, T(text)),
	YROW("keep_identifying_resource_attributes", YT_BOOL, T(flag)),
	YROW("convert_histograms_to_nhcb", YT_BOOL, T(flag)),
	YROW("promote_scope_metadata", YT_BOOL, T(flag)),
	YROW("label_name_underscore_sanitization", YT_BOOL, T(flag)),
	YROW("label_name_preserve_multiple_underscores", YT_BOOL, T(flag))
};

static const struct yfields otlp_fields = TABLE("otlp", otlp_rows);

static const struct yfield runtime_rows[] = {
	YROW("gogc", YT_INT, T(gogc))
};

static const struct yfields runtime_fields = TABLE("runtime", runtime_rows);

static int
storage_decode(const struct ynode *n, struct prom_config *c,
    struct arena *a, struct err *e)
{
	struct storage s;
	const struct retention *r = &s.tsdb.r.retention;

	if (yaml_decode(n, &storage_fields, &s, a, e) == -1)
		return -1;
	if (r->percentage < 0 || r->percentage > 100)
		return ynode_err(n, e, "'storage.tsdb.retention.percentage' "
		    "must be in the range [0, 100]");
	c->retention_ms = r->time_ms;
	c->retention_bytes = r->size;
	c->out_of_order_ms = s.tsdb.r.out_of_order_ms;
	return 0;
}

static int
tracing_decode(const struct ynode *n, struct arena *a, struct err *e)
{
	struct rest r;

	if (n->kind == Y_NULL)
		return 0;
	if (yaml_decode(n, &tracing_fields, &r, a, e) == -1)
		return -1;
	return prom_headers_check(&r.headers, true, e);
}

int
prom_rest_decode(const struct ynode *root, struct prom_config *c,
    struct arena *a, struct err *e)
{
	const struct ynode *n;
	struct rest unused;

	if ((n = ynode_get(root, "storage")) != NULL &&
	    storage_decode(n, c, a, e) == -1)
		return -1;
	if ((n = ynode_get(root, "tracing")) != NULL &&
	    tracing_decode(n, a, e) == -1)
		return -1;
	if ((n = ynode_get(root, "otlp")) != NULL &&
	    yaml_decode(n, &otlp_fields, &unused, a, e) == -1)
		return -1;
	if ((n = ynode_get(root, "runtime")) != NULL &&
	    yaml_decode(n, &runtime_fields, &unused, a, e) == -1)
		return -1;
	return 0;
}
