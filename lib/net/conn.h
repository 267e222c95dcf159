/*
 * conn: bytes to and from one server, waiting for them, but never past a
 * deadline: for small request-and-answer protocols outside of a loop.  TCP,
 * unix sockets, TLS with the server's name checked; by libcurl, so that
 * looking up a name is bounded too.
 */
#ifndef NET_CONN_H
#define NET_CONN_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "core/buf.h"
#include "core/err.h"
#include "core/str.h"

struct conn;

struct conn_to {
	struct str host, port;		/* IPv6 in brackets */
	struct str unix_socket;		/* or a path */
	bool tls;
	struct str ca_file;		/* empty: those of the system */
};

/* Deadlines are on clk_mono_ms.  NULL with *e (ERR_NET; no libcurl: ERR_SYS). */
struct conn	*conn_open(const struct conn_to *to, int64_t deadline,
		    struct err *e);

/* 0 when all of it is written; -1 with *e (ERR_NET). */
int	conn_write(struct conn *c, struct str s, int64_t deadline,
	    struct err *e);

/*
 * At least one byte and at most n into p.  How many; -1 with *e (ERR_NET),
 * also at the end.
 */
ssize_t	conn_read(struct conn *c, char *p, size_t n, int64_t deadline,
	    struct err *e);

void	conn_close(struct conn *c);	/* NULL does nothing */

#endif
