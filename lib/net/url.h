/*
 * url: the parts of an absolute URL, as slices of it.
 */
#ifndef NET_URL_H
#define NET_URL_H

#include <stdbool.h>

#include "core/arena.h"
#include "core/buf.h"
#include "core/str.h"

struct url {
	struct str scheme;
	struct str userinfo;	/* in front of the '@', or empty */
	struct str host;	/* an IPv6 address with its brackets */
	struct str port;	/* or empty */
	struct str path;	/* from the first '/', '?' or the end; query too */
};

/* False when s has no scheme, no host, a bad port or a blank or control byte. */
bool	url_parse(struct str s, struct url *out);

/* The port as a number, with the default of http and https; 0 = unknown. */
unsigned	url_port(const struct url *u);

/* The value of a Host header: without a port that goes without saying. */
struct str	url_host_header(const struct url *u, struct arena *a);

/*
 * What ref means seen from base (RFC 3986, 5.2), without a fragment: a
 * Location header.  False when base or the result is no URL.
 */
bool	url_resolve(struct buf *out, struct str base, struct str ref);

/* Percent-encoding for a query (a blank is '+'). */
void	url_put_query(struct buf *out, struct str s);

/*
 * A URL as it may be shown: what stands before the '@', and the values of
 * parameters whose names tell a secret (token, api_key, signature …), are
 * URL_HIDDEN.  It may be relative, or no URL at all.  url_secret.c
 */
#define URL_HIDDEN	"***"
void		url_put_shown(struct buf *out, struct str url);
struct str	url_shown(struct str url, struct arena *a);

/*
 * The value of the next parameter of that kind, as it stands in a path with
 * its query; *rest is what follows it.  False: there is none left.
 */
bool	url_next_secret(struct str *rest, struct str *value);

/* Percent-decoding; what is no %XX stays as it is. */
void	url_decode(struct buf *out, struct str s);

#endif
