/*
 * x509: certificates, from files and from servers.
 */
#ifndef TS_HEALTH_X509_H
#define TS_HEALTH_X509_H

#include "core/arena.h"
#include "core/err.h"
#include "core/str.h"
#include "stream.h"

#define X509_CERTS_MAX	100

struct cert {
	struct str subject, issuer;	/* RFC 2253 */
	struct str subject_cn;		/* p NULL: none */
	struct str serial;		/* hexadecimal, lower case */
	int64_t not_before_s, not_after_s;	/* since the epoch */
	struct str *san;		/* "DNSName:example.test" … */
	size_t nsan;
	struct str sha256;		/* of the DER, hexadecimal */
};

struct certs {
	struct cert *p;
	size_t n;
};

/* All certificates of a PEM bundle, or one in DER; -1 with *e. */
int	x509_read(struct str text, struct certs *out, struct arena *a,
	    struct err *e);

/* What the server has shown, its own first. */
int	x509_peer(const struct stream *s, struct certs *out, struct arena *a,
	    struct err *e);

/* probe_ssl_last_chain_info, of a server's own certificate. */
struct check_result;
void	x509_tell(const struct cert *c, struct check_result *r);

#endif
