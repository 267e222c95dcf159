/*
 * config/common: what all configuration files share: warnings, paths beside
 * the file, http_config blocks, relabel lists.
 */
#ifndef CONFIG_COMMON_H
#define CONFIG_COMMON_H

#include "model/labels.h"
#include "model/relabel.h"
#include "net/http.h"
#include "yaml/fields.h"

/* Things that load but are not as upstream has them; in the file's order. */
struct config_warnings {
	struct err *p;		/* with file, line, col */
	size_t n;
};

/* Append a warning at n (in the arena, where n lives). */
void	config_warn(struct config_warnings *w, const struct ynode *n,
	    struct arena *a, const char *fmt, ...)
	    __attribute__((format(printf, 4, 5)));

/* path as seen from the folder of n's file; NUL behind it; empty: empty. */
struct str	config_path(const struct ynode *n, struct str path,
		    struct arena *a);

/*
 * An error found inside the text of scalar n (line and col count in that
 * text, as promql and tmpl report them) is moved to its place in the file.
 */
void	config_err_in(const struct ynode *n, struct err *e);

/* A map of labels, in the table. */
const struct labels	*config_labels(struct labels_table *t,
			    const struct ypairs *p);

/* YT_CUSTOM decoders; the field is a struct str. */
int	config_decode_path(const struct ynode *n, void *str, struct arena *a,
	    struct err *e);
/* http or https with a host; "<secret>" is taken as empty. */
int	config_decode_url(const struct ynode *n, void *str, struct arena *a,
	    struct err *e);

/* ---- http_config ---- */

/* The fields, to be put inline into rows: `HTTP_CONFIG_ROWS(offset),`. */
#define HTTP_CONFIG_ROWS(at)						\
	YROW("basic_auth", YT_CUSTOM, at, .decode = http_decode_basic),	\
	YROW("authorization", YT_CUSTOM, at,				\
	    .decode = http_decode_authorization),			\
	YROW("bearer_token", YT_CUSTOM, at, .flags = YF_SECRET,		\
	    .decode = http_decode_bearer),				\
	YROW("bearer_token_file", YT_CUSTOM, at,				\
	    .decode = http_decode_bearer_file),			\
	YROW("oauth2", YT_CUSTOM, at, .decode = http_decode_oauth2),	\
	YROW("tls_config", YT_CUSTOM, at, .decode = http_decode_tls),	\
	HTTP_PROXY_ROWS(at),						\
	YROW("follow_redirects", YT_CUSTOM, at,				\
	    .decode = http_decode_redirects),				\
	YROW("enable_http2", YT_CUSTOM, at, .decode = http_decode_http2),	\
	YROW("http_headers", YT_CUSTOM, at, .decode = http_decode_headers)

#define HTTP_PROXY_ROWS(at)						\
	YROW("proxy_url", YT_STR, (at) + offsetof(struct http_config,	\
	    proxy_url)),						\
	YROW("no_proxy", YT_STR, (at) + offsetof(struct http_config,	\
	    no_proxy)),						\
	YROW("proxy_from_environment", YT_BOOL,				\
	    (at) + offsetof(struct http_config, proxy_from_environment)), \
	YROW("proxy_connect_header", YT_CUSTOM, at,			\
	    .decode = http_decode_proxy_header)

typedef int http_decode_fn(const struct ynode *n, void *http_config,
	    struct arena *a, struct err *e);
http_decode_fn	http_decode_basic, http_decode_authorization,
	    http_decode_bearer, http_decode_bearer_file, http_decode_oauth2,
	    http_decode_tls, http_decode_redirects, http_decode_http2,
	    http_decode_headers, http_decode_proxy_header;

/* The rules between fields, for the mapping n that holds them. */
int	http_config_check(const struct ynode *n, struct http_config *h,
	    struct err *e);

/* A mapping of its own (Alertmanager's http_config). */
extern const struct yfields http_config_fields;

/* A file of these fields; NULL: the defaults. */
int	http_config_load(const char *path, struct http_config *out,
	    struct arena *a, struct err *e);

/* True when n sets any http_config field (by its rows). */
bool	http_config_present(const struct ynode *n);

/* tls_config fields alone, into a struct http_config. */
extern const struct yfields tls_config_fields;

/* ---- relabelling ---- */

struct relabels {
	struct relabel *p;
	size_t n;
};

/* YT_CUSTOM: a list of relabel_config into struct relabels. */
int	config_decode_relabels(const struct ynode *n, void *relabels,
	    struct arena *a, struct err *e);

/* Again, for names of the legacy scheme (metric_name_validation_scheme). */
int	config_relabels_legacy(const struct ynode *n, struct relabels *r,
	    struct arena *a, struct err *e);
void	relabels_release(struct relabels *r);

#endif
