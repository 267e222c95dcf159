/*
 * http_call: one request from http_send to its callback, as the files of the
 * HTTP client share it.  It runs over curl (http_curl.c) or, when nothing
 * special is asked, over plain TCP (http_plain.c).
 */
#ifndef NET_HTTP_CALL_H
#define NET_HTTP_CALL_H

#include "net/client.h"
#include "net/gunzip.h"
#include "net/plain.h"

struct http_call {
	struct transfer transfer;	/* first: done() gets it */
	struct http_client *client;
	struct http_call *next, **prev;
	http_fn *fn;
	void *arg;
	struct arena arena;		/* copies of what q points to */
	struct http_request q;
	struct buf body, scratch;
	size_t body_bytes;
	bool over;			/* the body passed its maximum */
	bool other_host;		/* after a redirect: no credentials */
	unsigned redirects;
	int64_t left_ms;		/* of timeout_ms, at the start */
	struct http_times before;	/* what redirects took */
	struct ltimer later;		/* a failure before the start */
	struct err early;

	struct curl_slist *headers, *connect_to;	/* of http_curl.c */
	struct curl_slist *proxy_headers, *resolve;
	struct plain_call plain;			/* of http_plain.c */
	struct gunzip *gunzip;
	struct buf request;
};

/* A piece of the body; -1 with *e when it is too much. */
int	call_take_body(struct http_call *h, struct str bytes, struct err *e);

/*
 * Every header that the request needs, credentials among them: put is called
 * for each.  0, -1 with *e.
 */
typedef void header_fn(struct http_call *h, struct str name,
    struct str value);
int	call_each_header(struct http_call *h, header_fn *put, struct err *e);

/* The answer is there (or r->err): follow a redirect or call back. */
void	call_answered(struct http_call *h, struct http_response *r);

/* Make it ready; 0, -1 with *e.  Then it is started as a transfer. */
int	curl_set_up(struct http_call *h, struct err *e);
void	curl_clean_up(struct http_call *h);

bool	plain_fits(const struct http_call *h, struct plain_address *to);
int	plain_set_up(struct http_call *h, const struct plain_address *to,
	    struct err *e);
void	plain_clean_up(struct http_call *h);

#endif
