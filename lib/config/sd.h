/*
 * config/sd: discovery blocks of prometheus.yml.  A block stays a raw tree
 * under its kind; what ts-scrape decodes is declared here, so that loading
 * checks it.
 */
#ifndef CONFIG_SD_H
#define CONFIG_SD_H

#include "config/common.h"

/* One item of a `<kind>_sd_configs` list, or of static_configs. */
struct sd_config {
	struct str kind;		/* "static", "file", "kubernetes" */
	const struct ynode *raw;	/* the mapping of the item */
	void *conf;	/* struct static_config … by kind; NULL: not decoded */
};

struct sd_configs {
	struct sd_config *p;
	size_t n;
};

struct static_config {
	struct ystrs targets;
	struct ypairs labels;
	const struct ynode *node;	/* for positions */
};

struct file_sd_config {
	struct ystrs files;		/* patterns, seen from the file */
	int64_t refresh_ms;
	const struct ynode *node;
};

struct http_sd_config {
	struct str url;
	int64_t refresh_ms;
	struct http_config http;
	const struct ynode *node;
};

struct dns_sd_config {
	struct ystrs names;
	struct str type;		/* upper case; "SRV" */
	int64_t port;			/* 0 = none */
	int64_t refresh_ms;
	const struct ynode *node;
};

struct kubernetes_selector { struct str role, label, field; };

struct kubernetes_sd_config {
	struct str role, api_server, kubeconfig_file;
	struct http_config http;
	struct {
		bool own_namespace;
		struct ystrs names;
	} namespaces;
	struct ylist selectors;		/* of struct kubernetes_selector */
	struct {
		bool node, namespace, deployment, job, cronjob;
	} attach;
	const struct ynode *node;
};

/*
 * Every `*_sd_configs` and static_configs key of mapping n, in the file's
 * order.  urls_ok: static targets may hold a '/' (relabelling follows).
 */
int	sd_configs_decode(const struct ynode *n, bool urls_ok,
	    struct sd_configs *out, struct arena *a, struct err *e);

/* A name of a discovery key: "static_configs", "consul_sd_configs". */
bool	sd_key(struct str key);

/* The kinds that are decoded, and those that are only known by name. */
bool	sd_kind_decoded(struct str kind);

/*
 * Target groups of a file_sd file, an http_sd body (JSON is YAML): a list of
 * struct static_config.
 */
int	sd_groups_decode(const struct ynode *root, struct ylist *groups,
	    struct arena *a, struct err *e);

#endif
