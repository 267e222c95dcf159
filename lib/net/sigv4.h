/*
 * sigv4: AWS Signature Version 4, the Authorization header of requests to S3,
 * SNS and what speaks their protocols.  The algorithm is that of the "AWS
 * Signature Version 4 signing process" in the reference guide of IAM; what S3
 * does otherwise is in "Authenticating Requests" of the S3 API reference.
 *
 * libcurl signs too, but the 7.88 that we meet in the field signs keys with
 * '+' or parentheses, queries that are not sorted or lack a '=' and empty
 * headers in a way that a server refuses.
 */
#ifndef NET_SIGV4_H
#define NET_SIGV4_H

#include "core/arena.h"
#include "net/http.h"

struct sigv4 {
	struct str access_key, secret_key, region, service;
	/*
	 * S3: the path as it goes out is encoded already and taken as it is.
	 * Else: "." and ".." and empty segments are resolved, and what is
	 * there is encoded (once more).
	 */
	bool s3;
};

struct sigv4_request {
	struct str method;
	struct str path, query;		/* as sent; query without its '?' */
	/*
	 * All of these are signed: Host, X-Amz-Date and, where there is one,
	 * X-Amz-Security-Token must be among them.  Names in any case and
	 * order; one that stands there twice counts in that order.
	 */
	const struct http_header *headers;
	size_t nheaders;
	struct str stamp;		/* the value of X-Amz-Date */
	struct str body_sha256;		/* hexadecimal; or UNSIGNED-PAYLOAD */
};

struct sigv4_signed {
	struct str canonical, to_sign;	/* the two steps, for tests */
	struct str authorization;	/* the header's value */
};

/* "20130524T000000Z" of ms since the epoch. */
struct str	sigv4_stamp(int64_t ms, struct arena *a);

/* Lower-case hexadecimal SHA-256, as body_sha256 wants it. */
struct str	sigv4_sha256(struct str bytes, struct arena *a);

/* Everything but A-Z a-z 0-9 - _ . ~ (and '/', with slash) as %XX. */
void	sigv4_put_encoded(struct buf *out, struct str s, bool slash);

/* Sign q; the texts are in the arena.  The secret key appears in none. */
void	sigv4_sign(const struct sigv4 *s, const struct sigv4_request *q,
	    struct arena *a, struct sigv4_signed *out);

#endif
