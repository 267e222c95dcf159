/*
 * plain: HTTP/1.1 over TCP without TLS, to numeric addresses, without a
 * request body, on kept connections.  That is what nearly every scrape is;
 * here it costs a tenth of what it costs through curl, and no memory to
 * speak of for a connection that waits.  Everything else is curl's.
 */
#ifndef NET_PLAIN_H
#define NET_PLAIN_H

#include <sys/socket.h>

#include "net/answer.h"
#include "net/loop.h"
#include "net/url.h"

struct plain;
struct plain_conn;

struct plain_address {
	struct sockaddr_storage addr;
	socklen_t n;
};

/* False when the URL's host is a name. */
bool	plain_resolve(const struct url *u, struct plain_address *out);

struct plain_call {
	/* what to do; borrowed until done */
	struct plain_address to;
	struct str host;		/* for messages */
	struct str request;		/* head and blank line */
	int64_t timeout_ms;		/* 0 = none */
	bool fresh;			/* a new connection, closed after */
	answer_body *body;
	void (*done)(struct plain_call *c, struct err *e);	/* NULL: whole */
	void *arg;

	/* what came */
	struct answer answer;
	double connect_s, first_byte_s;	/* of clk_mono_s; 0 = never */
	double start_s;

	/* private */
	struct plain *plain;
	struct plain_conn *conn;
	struct ltimer timer;
	size_t sent;
	bool again;			/* a kept connection had gone */
	struct err early;
};

struct plain	*plain_new(struct loop *l);
void		 plain_free(struct plain *p);

/* done is called later, once, unless plain_abort comes first. */
void	plain_start(struct plain *p, struct plain_call *c);
void	plain_abort(struct plain_call *c);

#endif
