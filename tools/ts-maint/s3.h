/*
 * s3: requests to a store that speaks the S3 protocol: signed by our own
 * signer, sent again where that may help, their errors in words.
 */
#ifndef TS_MAINT_S3_H
#define TS_MAINT_S3_H

#include "config/common.h"
#include "config/secret.h"
#include "net/http.h"
#include "net/sigv4.h"
#include "work.h"

/* The fields of a task that uses a store; lives as long as its task. */
struct s3_config {
	struct str endpoint, region, bucket, path_style;
	struct secret access_key, secret_key, session_token;
	struct str profile, credentials_file;
	struct str storage_class, sse, sse_key;
	struct http_config http;	/* its tls_config and proxy_url */
	int64_t tries, backoff_ms, wait_ms;
};

#define S3_ROWS(at)							\
	YROW("endpoint", YT_STR, (at) + offsetof(struct s3_config,	\
	    endpoint)),							\
	YROW("region", YT_STR, (at) + offsetof(struct s3_config, region)), \
	YROW("bucket", YT_STR, (at) + offsetof(struct s3_config, bucket), \
	    .flags = YF_REQUIRED),					\
	YROW("path_style", YT_STR, (at) + offsetof(struct s3_config,	\
	    path_style), .dflt = "auto"),				\
	YROW("access_key", YT_CUSTOM, (at) + offsetof(struct s3_config,	\
	    access_key), .decode = secret_decode, .flags = YF_SECRET),	\
	YROW("secret_key", YT_CUSTOM, (at) + offsetof(struct s3_config,	\
	    secret_key), .decode = secret_decode, .flags = YF_SECRET),	\
	YROW("session_token", YT_CUSTOM, (at) + offsetof(struct s3_config, \
	    session_token), .decode = secret_decode, .flags = YF_SECRET), \
	YROW("profile", YT_STR, (at) + offsetof(struct s3_config,	\
	    profile)),							\
	YROW("credentials_file", YT_CUSTOM, (at) + offsetof(		\
	    struct s3_config, credentials_file),			\
	    .decode = config_decode_path),				\
	YROW("storage_class", YT_STR, (at) + offsetof(struct s3_config,	\
	    storage_class)),						\
	YROW("sse", YT_STR, (at) + offsetof(struct s3_config, sse)),	\
	YROW("sse_key", YT_STR, (at) + offsetof(struct s3_config,	\
	    sse_key)),							\
	YROW("tls_config", YT_CUSTOM, (at) + offsetof(struct s3_config,	\
	    http), .decode = http_decode_tls),				\
	YROW("proxy_url", YT_STR, (at) + offsetof(struct s3_config, http) + \
	    offsetof(struct http_config, proxy_url)),			\
	YROW("tries", YT_INT, (at) + offsetof(struct s3_config, tries),	\
	    .dflt = "5"),						\
	YROW("backoff", YT_DURATION, (at) + offsetof(struct s3_config,	\
	    backoff_ms), .dflt = "1s"),					\
	YROW("wait", YT_DURATION, (at) + offsetof(struct s3_config,	\
	    wait_ms), .dflt = "2m")

/* Sense and defaults; n: for positions. */
int	s3_configure(struct s3_config *c, const struct ynode *n, struct err *e);

struct s3;

/* Credentials are looked up now; -1 with *e, which holds no secret. */
struct s3	*s3_open(const struct s3_config *c, struct work *w,
		    struct err *e);
void		 s3_close(struct s3 *s);

struct s3_request {
	struct str method;
	struct str key;		/* any bytes; empty = the bucket */
	struct str query;	/* encoded */
	struct str body;
	bool md5;		/* with Content-MD5 of the body */
	const struct http_header *headers;	/* x-amz-..., Range: signed */
	size_t nheaders;
	size_t body_max;	/* of the answer; 0 = 1 MiB */
	int tries;		/* 0 = as configured */
	int64_t wait_ms;	/* 0 = as configured */
};

struct s3_answer {
	int status;
	struct buf body;
	struct arena arena;	/* of the texts */
	struct str etag;	/* without its quotes */
	struct str sha256;	/* x-amz-meta-sha256 */
	struct str sse, region, date;
	int64_t length;		/* Content-Length; -1 = none */
	struct str code, message;	/* of an <Error> */
};

/*
 * 0 with an answer, which may be a refusal; -1 with *e when none came that
 * is final.  Sent again after 429, 500, 502, 503, 504, a broken connection
 * or no answer in time.  An <Error> in an answer of 200 is told by code.
 */
int	s3_call(struct s3 *s, const struct s3_request *q,
	    struct s3_answer *out, struct err *e);
void	s3_answer_release(struct s3_answer *r);

/* Why it was refused, for people; -1. */
int	s3_refused(const struct s3_request *q, struct s3_answer *r,
	    struct err *e);

/* No call has been answered well for a while: not worth trying on. */
bool	s3_is_dead(const struct s3 *s);

/* "s3://bucket/key" */
struct str	s3_name(const struct s3_config *c, struct str key,
		    struct arena *a);

/*
 * s3_keys.c: access and secret key and session token, by the configuration,
 * the AWS_ variables or the shared credentials file.
 */
int	s3_credentials(const struct s3_config *c, struct arena *a,
	    struct sigv4 *keys, struct str *token, struct err *e);
/* A variable of our own environment, or empty. */
struct str	s3_env(const char *name, struct arena *a);

#endif
