/*
 * config/prom: prometheus.yml (reference: Prometheus 3.14) with everything
 * inherited, defaulted, checked and resolved.  Lives in the caller's arena;
 * prom_config_release frees the compiled regexes.
 */
#ifndef CONFIG_PROM_H
#define CONFIG_PROM_H

#include "config/common.h"
#include "config/sd.h"

enum name_scheme { NAMES_UTF8, NAMES_LEGACY };

/* 0 = no limit.  body_size counts decompressed bytes. */
struct scrape_limits {
	int64_t body_size, samples, targets, labels, label_name_length,
	    label_value_length, keep_dropped_targets;
};

/* What a job takes from global when it says nothing. */
struct scrape_common {
	int64_t interval_ms, timeout_ms;
	struct ystrs protocols;		/* "OpenMetricsText1.0.0" … */
	struct scrape_limits limits;
	enum name_scheme names;
	struct str escaping;		/* allow-utf-8, underscores … */
	bool native_histograms, classic_to_nhcb, always_classic,
	    extra_metrics;
	struct str failure_log_file;
};

struct prom_global {
	struct scrape_common scrape;
	int64_t evaluation_interval_ms, rule_query_offset_ms;
	struct ypairs external_labels;	/* sorted by name, $VAR expanded */
	struct str query_log_file;
	const struct ynode *node;	/* NULL: no such block */
};

struct scrape_param {
	struct str name;
	struct ystrs values;
};

struct scrape_config {
	const struct ynode *node;
	struct str job_name, metrics_path, scheme;
	struct scrape_common common;	/* effective */
	struct scrape_param *params;
	size_t nparams;
	bool honor_labels, honor_timestamps, track_timestamps_staleness,
	    enable_compression;
	struct str fallback_protocol;	/* empty = none */
	int64_t histogram_bucket_limit;	/* 0 = none */
	double histogram_min_factor;
	struct http_config http;
	struct relabels relabel, metric_relabel;
	struct sd_configs sd;
	const struct ynode *sd_scratch;
};

struct alertmanager_config {
	const struct ynode *node;
	struct str scheme, path_prefix, api_version;
	int64_t timeout_ms;
	struct http_config http;
	struct relabels relabel, alert_relabel;
	struct sd_configs sd;
	const struct ynode *sd_scratch;
};

struct remote_write {
	const struct ynode *node;
	struct str url, name, protobuf_message;
	int64_t timeout_ms;
	struct ypairs headers;
	struct relabels relabel;
	bool send_exemplars, send_native_histograms, round_robin_dns;
	struct http_config http;
	struct {
		int64_t capacity, max_shards, min_shards,
		    max_samples_per_send, batch_deadline_ms, min_backoff_ms,
		    max_backoff_ms, sample_age_limit_ms;
		bool retry_on_429;
	} queue;
};

struct remote_read {
	const struct ynode *node;
	struct str url, name;
	int64_t timeout_ms, chunked_read_limit;
	struct ypairs headers, required_matchers;
	bool read_recent, filter_external_labels;
	struct http_config http;
};

struct prom_config {
	const char *file;
	struct prom_global global;
	struct ystrs rule_files;	/* patterns, seen from the file */
	struct ynode const **rule_file_nodes;	/* where each is said */
	struct scrape_config *scrape;	/* those of scrape_config_files too */
	size_t nscrape;
	struct relabels alert_relabel;
	struct alertmanager_config *alertmanagers;
	size_t nalertmanagers;
	struct remote_write *remote_write;
	size_t nremote_write;
	struct remote_read *remote_read;
	size_t nremote_read;
	int64_t retention_ms, retention_bytes;	/* storage.tsdb; 0 = unsaid */
	int64_t out_of_order_ms;
	struct config_warnings warnings;
	const struct ynode *scratch;
};

/* NULL with *e: file:line:col of what is wrong. */
struct prom_config	*prom_config_load(const char *path, struct arena *a,
			    struct err *e);
/* The same from a tree that is loaded already. */
struct prom_config	*prom_config_decode(const struct ynode *root,
			    struct arena *a, struct err *e);
void			 prom_config_release(struct prom_config *c);

const struct scrape_config	*prom_config_job(const struct prom_config *c,
			    struct str job_name);

/*
 * The rule files that the patterns find, each once, in order.  A pattern
 * without '*' that finds nothing is an error when must_exist.
 */
int	prom_config_rule_files(const struct prom_config *c, bool must_exist,
	    struct arena *a, struct ystrs *out, struct err *e);

#endif
