/*
 * ship_parts: what the files of the shipper share.
 *	ship.c		batches and how far everything is safe
 *	ship_send.c	requests, answers, retries
 *	ship_url.c	the URL of --to
 */
#ifndef TS_LOGWATCH_SHIP_PARTS_H
#define TS_LOGWATCH_SHIP_PARTS_H

#include "core/vec.h"
#include "ship.h"

struct ship_host {
	struct buf url;			/* up to the path, without '/' */
	struct buf name;		/* for messages */
	int64_t dead_until;		/* monotonic ms; 0: it is up */
};

/* One document of a batch: places in its text. */
struct ship_entry {
	uint64_t seq;
	size_t head, body, end;
	int64_t time;
	uint32_t ns;
	unsigned char tries;		/* of SHIP_MAYBE */
	bool done;
};

/* Documents that go together; a document that is refused does not hold them. */
struct ship_batch {
	struct ship *ship;
	struct buf text, request, url;
	VEC(struct ship_entry) entry;
	VEC(size_t) flying;		/* entries of the request under way */
	VEC(struct ship_doc) doc;	/* the same, for the destination */
	size_t first;			/* the first that is not done */
	size_t left;			/* that are not done */
	size_t limit;			/* documents of a request; 0: all */
	bool sent;			/* a request is under way */
	int64_t backoff_ms;		/* 0: the last answer was good */
	struct ship_host *host;		/* that got it */
	struct ltimer retry;
};

struct ship {
	struct watch *w;
	const struct destination *d;
	void *self;
	struct arena arena;
	struct loop *loop;		/* its own: it runs while we wait */
	struct http_client *http;
	struct http_config config;
	VEC(struct ship_host *) host;
	size_t turn;			/* the host that is next */
	struct str *params;		/* as d->params */
	int64_t timeout_ms, retry_ms;
	size_t batch_max;
	int dead_fd;			/* of dead letters; -1: none */
	struct str dead_path;
	unsigned char run[16];		/* names events without a place */

	struct ship_batch *filling;
	VEC(struct ship_batch *) sealed;	/* in order */
	VEC(struct ship_batch *) spare;
	int64_t since;			/* mono ms: filling is begun */
	int64_t progress;		/* mono ms: something was stored */
	int64_t stopping;		/* mono ms: w->stop was seen; 0: not */
	bool prepared, preparing;
	bool down;			/* that was reported */
	bool denied, given_up;
	uint64_t lost_from;		/* the first event that was not taken */
	uint64_t lost;
	struct ltimer look, again;	/* of waiting; of prepare */
	int64_t again_ms;
	struct buf url, request;	/* of prepare */
};

/* ---- ship_url.c ---- */

int	ship_read_url(struct ship *s, const char *url, struct err *e);

/* ---- ship_send.c ---- */

/* Send what is left of a batch, or what has to go before all. */
void	ship_post(struct ship_batch *b);

/* ---- ship.c ---- */

/* A batch has nothing left, or waits for its time: wake who waits. */
void	ship_progress(struct ship *s);

#endif
