/*
 * page: the body of a scrape, all or nothing: lines are written behind what
 * is in the output already, and taken back when the page turns out bad.
 */
#ifndef TS_SCRAPE_PAGE_H
#define TS_SCRAPE_PAGE_H

#include "scrape.h"

struct page {
	struct scraper *scraper;
	struct target *target;
	struct line_time at;		/* the scrape's */

	bool up;
	size_t scraped;			/* samples on the page */
	size_t kept;			/* after relabelling */
	size_t added;			/* series that are new */
	size_t duplicates, future;	/* dropped */
};

/* 0; -1 with *e, then page_fail follows. */
int	page_read(struct page *p, struct str body, enum expfmt_format f,
	    struct err *e);

/* Nothing came: every series of the last page vanished. */
void	page_fail(struct page *p);

#endif
