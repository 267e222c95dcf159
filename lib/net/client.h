/*
 * client: what the files of the HTTP client share.
 */
#ifndef NET_CLIENT_H
#define NET_CLIENT_H

#include "core/map.h"
#include "core/vec.h"
#include "net/transfer.h"
#include "net/url.h"

struct http_call;
struct plain;

/*
 * curl walks all connections of a multi handle at the end of each transfer.
 * With a thousand targets that is most of the work, hence several handles,
 * each for a part of the peers.
 */
#define CLIENT_SHARDS	8

struct shard {
	struct http_client *client;
	CURLM *multi;			/* made when first used */
	struct ltimer timer;		/* curl's only one */
};

struct curl_socket {
	struct shard *shard;
	curl_socket_t fd;
};

struct http_client {
	struct loop *loop;
	struct shard shard[CLIENT_SHARDS];
	struct plain *plain;
	unsigned max_parallel, nrunning;
	struct transfer *active;
	struct transfer *waiting, **waiting_end;
	VEC(CURL *) spare;
	VEC(struct curl_socket *) sockets;	/* by descriptor */
	struct http_call *calls;		/* all that were sent */
	struct http_call *spare_calls;
	struct map tokens;			/* oauth2.c */
};

void	transfers_free(struct http_client *c);

/*
 * The access token for an oauth2 block.  1: *token is set (borrowed);
 * 0: it is being fetched, ready is called later (e NULL when it came);
 * -1 with *e.
 */
typedef void token_fn(void *arg, const struct err *e);
int	oauth2_token(struct http_client *c, const struct http_config *config,
	    struct str *token, token_fn *ready, void *arg, struct err *e);

/* The server refused the token: ask for a new one next time. */
void	oauth2_refused(struct http_client *c,
	    const struct http_config *config);
void	oauth2_free(struct http_client *c);

#endif
