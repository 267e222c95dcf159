/*
 * mail: one message over SMTP, through the client of net/http, so that it
 * shares its loop and its limits.
 */
#ifndef NET_MAIL_H
#define NET_MAIL_H

#include "net/http.h"

enum mail_auth {
	MAIL_AUTH_NONE,
	MAIL_AUTH_PASSWORD,	/* PLAIN or LOGIN */
	MAIL_AUTH_SECRET	/* CRAM-MD5 */
};

struct mail_request {
	struct str host, port;
	struct str hello;		/* of EHLO; empty: this host's name */
	struct str from;		/* address alone */
	const struct str *to;
	size_t nto;
	struct str message;		/* CRLF lines; borrowed until the end */
	bool implicit_tls;		/* TLS from the first byte */
	bool starttls;			/* required; else it is not used */
	const struct http_config *tls;	/* its tls fields */
	enum mail_auth auth;		/* used when the server offers it */
	struct str user, password, identity;
	int64_t timeout_ms;		/* 0 = none */
	bool	(*may_send)(void *arg);	/* as in struct http_request */
	void *may_send_arg;
};

/* status: the server's last reply, 0 = none; err kind ERR_NONE: accepted. */
struct mail_result {
	int status;
	struct err err;
};

struct mail;
typedef void mail_fn(void *arg, const struct mail_result *r);

/* fn is called once, later, unless it is cancelled. */
struct mail	*mail_send(struct http_client *c, const struct mail_request *q,
		    mail_fn *fn, void *arg);
void		 mail_cancel(struct mail *m);

#endif
