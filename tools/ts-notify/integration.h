/*
 * integration: a way to deliver.  A kind is one file (int_<kind>.c) and one
 * row in integrations.c.
 */
#ifndef INTEGRATION_H
#define INTEGRATION_H

#include "json/write.h"
#include "notify.h"

#define REQUESTS_MAX	8	/* of one attempt */

enum verdict {
	DELIVERED,	/* or: go on with the next request */
	RETRY,
	FAILED		/* for good; until the group's next flush */
};

/* Beside 5xx and connection errors, what is worth another try. */
enum {
	RETRY_403 = 1 << 0,
	RETRY_429 = 1 << 1,
	RETRY_STATUS = 1 << 2,		/* any status but 2xx */
	NO_RETRY_CONNECTION = 1 << 3
};

/* One try to deliver one notification to one target. */
struct attempt {
	struct notifier *nf;
	struct job *job;		/* NULL: a dry run, or given up */
	struct attempt *link, **back;	/* all of nf */
	struct target target;
	struct setup *setup;
	bool in_flight;			/* curl holds our body */
	bool too_late;			/* the lease ran out: nothing was sent */
	struct notification n;		/* resolved ones out when unwanted */
	struct tmpl_data data;		/* when a template asked for it */
	bool has_data;
	struct tmpl_ctx ctx;
	struct arena arena;
	struct buf body;		/* of the request at hand */
	struct http_request request;
	struct http_header header[8];
	VEC(struct str) secrets;
	unsigned step;			/* requests answered so far */
	struct str kept;		/* an integration's own, between steps */
	bool resolved;			/* no alert fires */
	struct str key_hash;		/* when it was asked for */
	struct str once;		/* an idempotency key; or empty */
	int64_t timeout_ms;
	int64_t retry_after_ms;		/* as the server asks; 0 = it does not */
	struct err err;			/* kind ERR_NONE: all is well */
	struct ltimer timer;
	void *own;			/* the integration's */
};

struct integration {
	const char *key;		/* "slack_configs" */
	unsigned retry;
	/*
	 * HTTP: fill a->request for step a->step.  1; 0 when nothing is left
	 * to send; -1 with a->err, a failure for good.
	 */
	int	(*build)(struct attempt *a);
	/* What an answer means; NULL: its status alone.  FAILED sets a->err. */
	enum verdict	(*answer)(struct attempt *a,
		    const struct http_response *r);
	/* Another transport: deliver, then call attempt_end, once. */
	void	(*deliver)(struct attempt *a);
	void	(*cancel)(struct attempt *a);
	/* What deliver would do, for -n. */
	void	(*show)(struct attempt *a, struct buf *out);
};

/* NULL when we cannot deliver that way. */
const struct integration	*integration_find(struct str key);
extern const struct integration	int_stdout;

/* ---- attempt.c ---- */

/*
 * For the notification, target, reason and log of j.  Resolved alerts leave
 * when the target does not want them, or has been told of them: ts-route
 * repeats them for a while, as it does not see what is delivered.
 */
struct attempt	*attempt_new(const struct job *j);
void		 attempt_start(struct attempt *a);
void		 attempt_end(struct attempt *a, enum verdict v);

/* What attempt_start would send (the first request), secrets masked. */
int		 attempt_show(struct attempt *a, struct buf *out);
void		 attempt_free(struct attempt *a);	/* also a running one */

/* For may_send of requests: a is an attempt, and its lease still holds. */
bool		 attempt_may_send(void *a);

/* Milliseconds that a request of it may take. */
int64_t		 attempt_time_left(const struct attempt *a);

/* Note the first error of an attempt; later ones are dropped. */
int	attempt_fail(struct attempt *a, const char *fmt, ...)
	    __attribute__((format(printf, 2, 3)));
bool	attempt_ok(const struct attempt *a);

/* "unexpected status 500: " and what the server said, made harmless. */
void	attempt_status_err(struct attempt *a, const struct http_response *r);

/* By the status and the row's retry flags. */
enum verdict	verdict_of(const struct attempt *a,
		    const struct http_response *r);

/* ---- what build functions use (compose.c) ---- */

/* The labels and annotations that the alerts of a->n have in common. */
void		commons_of(struct attempt *a);

/* SHA-256 of the group key, hex: the handle of one incident. */
struct str	key_hash(struct attempt *a);

/* A template rendered over a->n as it is now; empty after an error. */
struct str	text(struct attempt *a, struct str template);
struct str	text_html(struct attempt *a, struct str template);

/* The value or the contents of the file; never shown. */
struct str	secret(struct attempt *a, struct str value, struct str file);
void		secret_add(struct attempt *a, struct str value);

/* A URL that is a secret: what stands behind its host is never shown. */
struct str	secret_url(struct attempt *a, struct str value,
		    struct str file);

/* At most n characters (or bytes), the last one an ellipsis when cut. */
struct str	cut_runes(struct attempt *a, struct str s, size_t n);
struct str	cut_bytes(struct attempt *a, struct str s, size_t n);

/* A JSON body: begin, write, end (LF behind it, type, POST to url). */
struct jw	json_begin(struct attempt *a);
int		json_post(struct attempt *a, struct str url);
void		add_header(struct attempt *a, const char *name,
		    struct str value);

/* The webhook v4 body as a->body, with that version. */
void	put_webhook(struct attempt *a, const char *version);

/* A YAML tree with templates in it, as JSON; a text alone (payload.c). */
void	put_payload(struct attempt *a, const struct ynode *n, struct jw *w);
void	put_retyped(struct attempt *a, struct str s, struct jw *w);

/* {"a":…} in order of key; of equal keys the last one given counts. */
struct member { struct str key, value; };
void	put_members(struct jw *w, struct member *m, size_t n);

/* url with path behind it, one slash between. */
struct str	url_join(struct attempt *a, struct str url, const char *path);

#endif
