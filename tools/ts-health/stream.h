/*
 * stream: a connection to a server with one deadline for all of it, plain or
 * TLS.  For programs that may block.
 */
#ifndef TS_HEALTH_STREAM_H
#define TS_HEALTH_STREAM_H

#include <stdbool.h>
#include <stdint.h>

#include "core/buf.h"
#include "core/err.h"
#include "core/str.h"

struct stream {
	int fd;
	int64_t deadline_ms;	/* monotonic */
	void *tls;		/* SSL *, or NULL */
	double resolve_s, connect_s, tls_s;
	char ip[64];		/* of the peer */
};

struct stream_tls {
	struct str server_name;	/* to ask for and to check; empty: host */
	const char *ca_file;	/* NULL = the system's */
	const char *cert_file, *key_file;	/* to show; NULL = none */
	bool insecure;		/* do not check */
};

/*
 * "host:port", "[v6]:port" or "unix:/path".  False when it is neither.
 */
bool	stream_address(struct str s, struct str *host, struct str *port);

/* Connect; 0, or -1 with *e: what failed, and in what way. */
int	stream_open(struct stream *s, struct str address, int64_t timeout_ms,
	    struct err *e);

/* Its host is an IP address: nobody needs be asked for it. */
bool	stream_literal(struct str address);

/*
 * Connect to such an address without waiting, for a loop: 0 it is connected,
 * 1 it will be, or not, when fd can be written to (then ask stream_begun), -1
 * with *e.  There is no deadline.
 */
int	stream_begin(struct stream *s, struct str address, struct err *e);
int	stream_begun(struct stream *s, struct err *e);

/* The same for datagrams: stream_read then gives one each time. */
int	stream_open_udp(struct stream *s, struct str address,
	    int64_t timeout_ms, struct err *e);

/*
 * Start TLS.  -1 with *e when there is no session; a certificate that does
 * not verify is an error too unless insecure.
 */
int	stream_tls(struct stream *s, struct str host,
	    const struct stream_tls *conf, struct err *e);

int	stream_write(struct stream *s, struct str bytes, struct err *e);

/* What comes, at most n bytes, appended; 0 at the end, -1 with *e. */
int	stream_read(struct stream *s, size_t n, struct buf *out,
	    struct err *e);
void	stream_close(struct stream *s);

#endif
