/*
 * http_check: what a check of kind http is told; http_options.c reads it,
 * check_http.c does it.
 */
#ifndef TS_HEALTH_HTTP_CHECK_H
#define TS_HEALTH_HTTP_CHECK_H

#include "check.h"
#include "net/http.h"
#include "re/re.h"

/* A header that must match, or with not must not. */
struct header_rule {
	struct str header, regex;
	bool allow_missing;
	struct re *re;
};

struct http_check {
	struct check check;
	struct str url, method, body, body_file, user_agent;
	struct ypairs headers, proxy_headers;
	struct str unix_socket, interface;
	struct ystrs resolve;
	int ip;				/* 4, 6; 0 = either */
	struct http_config config;	/* TLS, proxy, credentials */
	bool follow_redirects, compression, fail_if_ssl, fail_if_not_ssl;
	bool http2_required;

	struct ystrs valid_status, valid_versions, json;
	struct str contains, not_contains, regex, not_regex, expect_redirect;
	struct ylist header_regex, header_not_regex;
	int64_t body_limit, save_body, cert_warn_ms, cert_crit_ms;

	/* made of those above */
	struct re *re, *not_re, *redirect_re;
	struct http_header *header;
	size_t nheaders;
	const struct condition *json_condition;	/* of each in json */
};

extern const struct yfields http_fields;

/* After decoding; a check_kind's configure. */
int	http_configure(struct check *c, struct arena *a, struct err *e);

#endif
