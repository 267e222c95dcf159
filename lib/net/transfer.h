/*
 * transfer: one curl easy handle running in a multi handle of the client.
 * For the protocols of net (HTTP, mail); nobody else sees curl.
 */
#ifndef NET_TRANSFER_H
#define NET_TRANSFER_H

#include "core/err.h"
#include "net/curl_api.h"
#include "net/http.h"

struct plain_call;

struct transfer {
	CURL *easy;
	struct plain_call *plain;	/* not NULL: it runs without curl */
	void	(*done)(struct transfer *t, CURLcode rc);
	struct transfer *next, **prev;	/* the list it stands in */
	char error[CURL_ERROR_SIZE];
	bool	(*may_send)(void *arg);
	void *may_send_arg;
	unsigned shard;		/* same peer, same value: to use it again */
	bool running;
};

struct loop	*http_client_loop(struct http_client *c);

/* Before transfer_init.  0; -1 with *e when libcurl cannot be loaded. */
int	http_client_check(struct http_client *c, struct err *e);

/*
 * Take an easy handle with the options all transfers share already set, and
 * give it back when done (its connections stay with the client).
 */
void	transfer_init(struct http_client *c, struct transfer *t);
void	transfer_release(struct http_client *c, struct transfer *t);

/* Run it as soon as max_parallel allows; holds the loop until done. */
void	transfer_start(struct http_client *c, struct transfer *t);

/* Forget one that was started; done is not called. */
void	transfer_abort(struct http_client *c, struct transfer *t);

/* For what runs without curl: it has ended; and start what waited. */
void	transfer_left(struct http_client *c, struct transfer *t);
void	transfers_start(struct http_client *c);

/* Why it failed, in one line: "cannot connect to 'h:1': Connection refused". */
void	transfer_err(struct transfer *t, CURLcode rc, struct err *e);

/* Have may_send(arg) asked right before the request goes out; NULL: not. */
void	transfer_ask(struct transfer *t, bool (*may_send)(void *arg),
	    void *arg);

/* TLS and proxy of an http_config (NULL = defaults); tls.c. */
int	transfer_config(struct transfer *t, const struct http_config *config,
	    struct err *e);

/*
 * The value itself, or the trimmed contents of file (read anew); the result
 * is appended to out.  0, -1 with *e.
 */
int	secret_read(struct str value, struct str file, struct buf *out,
	    struct err *e);

#endif
