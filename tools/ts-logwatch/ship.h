/*
 * ship: events that go to a server over HTTP, in batches, until it has said
 * of each that it is stored.  A destination (to_*.c) knows the protocol: how
 * an event is written, and what an answer says of it.  What is the same for
 * all stands here: batches, several hosts, retries with back-off, dead
 * letters, and how far everything is safe.
 *
 * The program stops reading while SHIP_FLYING batches wait for an answer, so
 * memory is bounded however long the server is away.
 */
#ifndef TS_LOGWATCH_SHIP_H
#define TS_LOGWATCH_SHIP_H

#include "net/http.h"
#include "output.h"
#include "watch.h"

#define SHIP_FLYING	2		/* batches that wait for an answer */
#define SHIP_BATCH	1000		/* documents in one */
#define SHIP_BYTES	((size_t)5 << 20)	/* and their bytes */

struct ship;

/* A document as the destination wrote it: what it shares, and itself. */
struct ship_doc {
	struct str head, body;
	int64_t time;			/* ms since the epoch */
	uint32_t ns;			/* behind them */
	size_t index;			/* in the order of events */
};

enum ship_fate {
	SHIP_STORED,
	SHIP_AGAIN,	/* the server is busy or away */
	SHIP_MAYBE,	/* again, but not for ever */
	SHIP_SPLIT,	/* too much at once, or one of them is bad */
	SHIP_NEVER,	/* a dead letter */
	SHIP_DENIED	/* of all: who we are or where we ask is wrong */
};

/* What an answer says of a document; why is borrowed from it. */
struct ship_verdict {
	enum ship_fate fate;
	struct str why;
};

struct destination {
	const char *path;		/* behind the path of the URL */
	const char *query;		/* with its '?', or NULL */
	const char *type;		/* Content-Type */
	unsigned port;			/* when the URL has none */
	const char *const *params;	/* of the URL, ends with NULL */
	/* NULL with *e.  ship_param tells what the URL says. */
	void	*(*open)(struct ship *s, struct err *e);
	/* Append what the event shares with others, then the event. */
	void	(*put_head)(void *self, const struct event *ev, struct str id,
		    struct buf *out);
	void	(*put_body)(void *self, const struct event *ev, struct str id,
		    struct buf *out);
	/* The body of a request; may put the documents in another order. */
	void	(*compose)(void *self, struct ship_doc *docs, size_t n,
		    struct buf *out);
	/*
	 * v[0 .. n) in the order of events, SHIP_STORED as it comes; r has a
	 * status.  a lives as long as the verdicts.
	 */
	void	(*judge)(void *self, const struct http_response *r,
		    struct ship_verdict *v, size_t n, struct arena *a);
	/*
	 * A request that goes first, once: method, path and body; false when
	 * there is none.  NULL: never.
	 */
	bool	(*prepare)(void *self, struct str *method, struct buf *path,
		    struct buf *body);
	void	(*close)(void *self);
};

/*
 * For the open of an output.  url is NAME://HOST[:PORT][,HOST...][/PATH]
 * with ?PARAMETER=VALUE&... behind, or NAME+https://.
 */
struct ship	*ship_open(struct watch *w, const char *url,
		    const struct destination *d, struct err *e);

/* A parameter of the URL, empty when it is not given; lives as long as s. */
struct str	 ship_param(const struct ship *s, const char *name);
bool		 ship_flat(const struct ship *s);
/* So many were refused without our being told which. */
void		 ship_refused(struct ship *s, uint64_t n);
int64_t		 ship_now(const struct ship *s);	/* of the tool's clock */

/* The functions of an output, for all destinations. */
void		 ship_event(void *ship, const struct event *ev);
int		 ship_flush(void *ship, bool final);
void		 ship_settle(void *ship);
void		 ship_tick(void *ship, int64_t now);
uint64_t	 ship_acknowledged(void *ship);
void		 ship_close(void *ship);

#define SHIP_OUTPUT							\
	.event = ship_event, .flush = ship_flush, .tick = ship_tick,	\
	.settle = ship_settle, .acknowledged = ship_acknowledged,	\
	.close = ship_close, .wants_all = true, .ships = true

/* By head, then by time, then as they came: what streams want. */
void		 ship_sort(struct ship_doc *docs, size_t n);

#endif
