/*
 * http: requests over one curl multi handle inside a loop: keep-alive, gzip,
 * TLS, proxies, unix sockets, credentials read from files at each use.
 * Bodies, headers and redirects are bounded.
 */
#ifndef NET_HTTP_H
#define NET_HTTP_H

#include "core/arena.h"
#include "core/buf.h"
#include "core/err.h"
#include "core/str.h"
#include "net/loop.h"

struct http_header { struct str name, value; };

enum http_auth { HTTP_NO_AUTH, HTTP_BASIC, HTTP_BEARER, HTTP_OAUTH2 };

/*
 * One http_config block of Prometheus or Alertmanager; plain data, filled by
 * lib/config/http.c.  Empty str = not set.
 */
struct http_config {
	enum http_auth auth;
	struct str username, username_file, password, password_file;
	struct str auth_type, credentials, credentials_file;
	struct {
		struct str client_id, client_secret, client_secret_file,
		    token_url;
		struct str *scopes;
		size_t nscopes;
		struct http_header *params;
		size_t nparams;
		const struct http_config *tls;	/* its own tls and proxy */
	} oauth2;
	struct str ca, ca_file, cert, cert_file, key, key_file, server_name;
	bool insecure_skip_verify;
	int min_tls, max_tls;		/* 10..13; 0 = default */
	struct str proxy_url, no_proxy;
	bool proxy_from_environment;
	struct http_header *headers;
	size_t nheaders;
	struct http_header *file_headers;	/* value: a file, read at use */
	size_t nfile_headers;
	struct http_header *proxy_headers;	/* to the proxy, in CONNECT */
	size_t nproxy_headers;
	bool no_redirects;		/* follow_redirects: false */
	bool no_http2;
};

struct http_request {
	struct str method;		/* empty = GET */
	struct str url;
	struct str body;		/* borrowed until the callback */
	const struct http_header *headers;
	size_t nheaders;
	const struct http_config *config;	/* NULL = defaults */
	struct str unix_socket;
	/* Each HOST:PORT:ADDRESS[,ADDRESS]: not asked of a name server. */
	const struct str *resolve;
	size_t nresolve;
	struct str interface;		/* to go out by; or an own address */
	int ip_version;			/* 4, 6; 0 = either */
	int64_t timeout_ms;		/* 0 = none */
	size_t body_max;		/* decompressed; 0 = 16 MiB */
	bool compression;		/* Accept-Encoding: gzip */
	bool want_headers, want_cert;	/* fill these in the response */
	bool fresh;			/* a new connection, closed after */
	/*
	 * Asked when the connection stands, right before the request goes
	 * out; false: it does not (an error without status).  NULL: it may.
	 */
	bool	(*may_send)(void *arg);
	void *may_send_arg;
	const struct str *secrets;	/* masked by http_print wherever */
	size_t nsecrets;		/* they stand */
};

/*
 * Each time is that phase alone, in seconds, of the last request; 0 when it
 * did not happen (a kept connection has no dns, connect and tls); of those
 * before, which were redirected, in before; total_s is all of it.
 */
struct http_times {
	double dns_s, connect_s, tls_s, first_byte_s, total_s;
};

struct http_response {
	int status;			/* 0: no response, see err */
	struct str body, content_type, retry_after, location, last_modified;
	size_t body_bytes;		/* even when it was over body_max */
	const struct http_header *headers;	/* want_headers */
	size_t nheaders;
	double dns_s, connect_s, tls_s, first_byte_s, total_s;
	struct http_times before;
	double version;			/* 1, 1.1, 2 */
	int64_t length;			/* Content-Length; -1 = none */
	unsigned redirects;		/* that were followed */
	struct str ip;			/* the last hop's address; of a socket
					   file none */
	bool ipv6;
	int64_t cert_not_after;		/* s since the epoch, of the one in the
					   chain that ends first; 0 = unknown */
	struct str cert;		/* PEM, the server's own; want_cert */
	struct err err;			/* kind ERR_NONE: a response came */
};

struct http_client;
typedef void http_fn(void *arg, const struct http_response *r);

/*
 * At most max_parallel requests run at a time, the others wait (0 = no
 * bound); their timeout starts when they do.  http_client_free aborts what
 * runs without calling back.
 */
struct http_client	*http_client_new(struct loop *l, unsigned max_parallel);
void			 http_client_free(struct http_client *c);

/*
 * Copies what it needs except the body and the config.  fn is always called,
 * later, once.  Redirects (at most 10) keep credentials and config headers
 * only on the same host.
 */
void	http_send(struct http_client *c, const struct http_request *q,
	    http_fn *fn, void *arg);

/*
 * What would be sent, as text, with credentials masked: request line,
 * headers, blank line, body.  For -n.
 */
void	http_print(const struct http_request *q, struct buf *out);

/* "Sun, 06 Nov 1994 08:49:37 GMT": seconds since the epoch; -1 = it is none. */
int64_t	http_date(struct str s);

/* A header's value would be masked by http_print: Authorization, X-Api-Key… */
bool	http_header_is_secret(struct str name);

#endif
