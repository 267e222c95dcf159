/*
 * config/internal: what the files of this module share.
 */
#ifndef CONFIG_INTERNAL_H
#define CONFIG_INTERNAL_H

#include "config/am.h"
#include "config/glob.h"
#include "config/prom.h"
#include "config/recv.h"
#include "core/dur.h"

extern const struct yfields kubernetes_sd_fields;

/* A target's address is no URL. */
int	sd_check_address(const struct ynode *n, struct str address,
	    struct err *e);

/*
 * A row for every discovery key, so that a misspelt one is told what is near.
 * The nodes are read by sd_configs_decode; the field is scratch.
 */
#define SD_ROWS(at)							\
	SD_ROW("static_configs", at),					\
	SD_ROW("dns_sd_configs", at),					\
	SD_ROW("file_sd_configs", at),					\
	SD_ROW("http_sd_configs", at),					\
	SD_ROW("kubernetes_sd_configs", at),				\
	SD_ROW("aws_sd_configs", at),					\
	SD_ROW("azure_sd_configs", at),					\
	SD_ROW("consul_sd_configs", at),				\
	SD_ROW("digitalocean_sd_configs", at),				\
	SD_ROW("docker_sd_configs", at),				\
	SD_ROW("dockerswarm_sd_configs", at),				\
	SD_ROW("ec2_sd_configs", at),					\
	SD_ROW("ecs_sd_configs", at),					\
	SD_ROW("elasticache_sd_configs", at),				\
	SD_ROW("eureka_sd_configs", at),				\
	SD_ROW("gce_sd_configs", at),					\
	SD_ROW("hetzner_sd_configs", at),				\
	SD_ROW("ionos_sd_configs", at),					\
	SD_ROW("kuma_sd_configs", at),					\
	SD_ROW("lightsail_sd_configs", at),				\
	SD_ROW("linode_sd_configs", at),				\
	SD_ROW("marathon_sd_configs", at),				\
	SD_ROW("msk_sd_configs", at),					\
	SD_ROW("nerve_sd_configs", at),					\
	SD_ROW("nomad_sd_configs", at),					\
	SD_ROW("oci_sd_configs", at),					\
	SD_ROW("openstack_sd_configs", at),				\
	SD_ROW("outscale_sd_configs", at),				\
	SD_ROW("ovhcloud_sd_configs", at),				\
	SD_ROW("puppetdb_sd_configs", at),				\
	SD_ROW("rds_sd_configs", at),					\
	SD_ROW("scaleway_sd_configs", at),				\
	SD_ROW("serverset_sd_configs", at),				\
	SD_ROW("stackit_sd_configs", at),				\
	SD_ROW("triton_sd_configs", at),				\
	SD_ROW("uyuni_sd_configs", at),					\
	SD_ROW("vultr_sd_configs", at)
#define SD_ROW(key, at)	YROW(key, YT_RAW, at)

/* What decoding an alertmanager.yml carries along. */
struct am_context {
	struct am_options o;
	struct config_warnings *w;
	struct arena *a;
	struct err *e;
};

int	am_route_decode(const struct am_context *c, const struct ynode *n,
	    struct am_route *parent, struct am_route *r, size_t *index);
void	am_route_release(struct am_route *r);

/* match, match_re and matchers, sorted as upstream prints them. */
int	am_matchers_decode(const struct am_context *c,
	    const struct ypairs *match, const struct ypairs *match_re,
	    const struct ynode *list, struct matchers *out);
bool	am_is_label_name(const struct am_context *c, struct str s);

/* A list under n's key `name`: its items, none when null or absent. */
int	config_list(const struct ynode *n, const char *name,
	    const struct ynode **first, size_t *count, struct err *e);

/* Fields of global that a job may set for itself; at: a scrape_common. */
#define C(at, member)	((at) + offsetof(struct scrape_common, member))
#define PROM_COMMON_ROWS(at)						\
	YROW("scrape_protocols", YT_CUSTOM, C(at, protocols),		\
	    .decode = prom_decode_protocols),				\
	YROW("body_size_limit", YT_SIZE, C(at, limits.body_size)),	\
	YROW("sample_limit", YT_INT, C(at, limits.samples)),		\
	YROW("target_limit", YT_INT, C(at, limits.targets)),		\
	YROW("label_limit", YT_INT, C(at, limits.labels)),		\
	YROW("label_name_length_limit", YT_INT,				\
	    C(at, limits.label_name_length)),				\
	YROW("label_value_length_limit", YT_INT,			\
	    C(at, limits.label_value_length)),				\
	YROW("keep_dropped_targets", YT_INT,				\
	    C(at, limits.keep_dropped_targets)),			\
	YROW("metric_name_validation_scheme", YT_CUSTOM, C(at, names),	\
	    .decode = prom_decode_names),				\
	YROW("metric_name_escaping_scheme", YT_CUSTOM, C(at, escaping),	\
	    .decode = prom_decode_escaping),				\
	YROW("scrape_native_histograms", YT_BOOL,			\
	    C(at, native_histograms)),					\
	YROW("convert_classic_histograms_to_nhcb", YT_BOOL,		\
	    C(at, classic_to_nhcb)),					\
	YROW("always_scrape_classic_histograms", YT_BOOL,		\
	    C(at, always_classic)),					\
	YROW("extra_scrape_metrics", YT_BOOL, C(at, extra_metrics)),	\
	YROW("scrape_failure_log_file", YT_CUSTOM,			\
	    C(at, failure_log_file), .decode = config_decode_path)

typedef int config_decode_fn(const struct ynode *n, void *field,
	    struct arena *a, struct err *e);
config_decode_fn	prom_decode_names, prom_decode_escaping,
	    prom_decode_protocols, prom_decode_protocol;

/* One scrape job, inherited from g; its scheme is checked too. */
int	prom_scrape_decode(const struct ynode *n, const struct prom_global *g,
	    struct scrape_config *out, struct arena *a, struct err *e);
void	prom_scrape_release(struct scrape_config *s);

/* The global block and what jobs share with it. */
int	prom_global_decode(const struct ynode *n, struct prom_global *g,
	    struct config_warnings *w, struct arena *a, struct err *e);

/* remote_write and remote_read items. */
int	prom_remote_write_decode(const struct ynode *n,
	    struct remote_write *out, struct arena *a, struct err *e);
int	prom_remote_read_decode(const struct ynode *n,
	    struct remote_read *out, struct arena *a, struct err *e);

/* headers: of remote_write, remote_read and tracing; what is reserved. */
int	prom_headers_check(const struct ypairs *headers, bool tracing,
	    struct err *e);

/* storage, tracing, otlp, runtime: parsed, mostly not used. */
int	prom_rest_decode(const struct ynode *root, struct prom_config *c,
	    struct arena *a, struct err *e);

#endif
