/*
 * scrape: one page of one target: the request, the answer, the lines it
 * gives, the series about the scrape itself, the markers of what vanished.
 */
#ifndef TS_SCRAPE_SCRAPE_H
#define TS_SCRAPE_SCRAPE_H

#include "line.h"
#include "net/http.h"
#include "net/sink.h"

/* A page of more bytes fails when its job has no body_size_limit. */
#define SCRAPE_BODY_MAX	((size_t)64 << 20)

struct scraper {
	struct http_client *http;
	struct buf *out;		/* the sink's */
	enum line_format format;
	bool loud;		/* a failure is an error, not a note */
	void	(*done)(void *arg, struct target *t, bool up);
	void *arg;

	/* counted, for SIGUSR1 */
	uint64_t scrapes, failures, samples;

	/* scratch */
	struct cache_pass pass;
	struct labels_table *table;
	struct labels_builder builder;
	struct buf text;
};

void	scraper_release(struct scraper *s);

/* The request, and its headers in h; strings live in b until it is reset. */
#define SCRAPE_HEADERS	4
void	scrape_request(const struct target *t, struct http_request *q,
	    struct http_header h[SCRAPE_HEADERS], struct buf *b);

/* Scrape t, with samples stamped at_ms; done is called later. */
void	scrape_start(struct scraper *s, struct target *t, int64_t at_ms);

/* The same without asking: t is down because of *why. */
void	scrape_refuse(struct scraper *s, struct target *t, int64_t at_ms,
	    const struct err *why);

/* Stale markers, stamped at_ms, for everything t has written. */
void	scrape_vanish(struct scraper *s, struct target *t, int64_t at_ms);

/* The names of the series about a scrape of t. */
void	scrape_each_report(const struct target *t,
	    void (*fn)(void *arg, struct str name), void *arg);

#endif
