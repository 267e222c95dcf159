/*
 * printer: an event as one line of JSON.  Names are nested along their dots
 * and sorted, @timestamp, message and log first.  The order of one event
 * serves the next as long as it has the same names.
 */
#ifndef TS_LOGWATCH_PRINTER_H
#define TS_LOGWATCH_PRINTER_H

#include "event.h"

struct printer;

/* flat: one object of dotted names. */
struct printer	*printer_new(bool flat);
void		 printer_free(struct printer *p);

/* Append the line with its newline. */
void		 printer_put(struct printer *p, const struct event *ev,
		    struct buf *out);

/*
 * The members of an event without @timestamp and with nothing added, as an
 * object: what a grok or a parser found.
 */
void		 printer_put_fields(struct printer *p, const struct event *ev,
		    struct buf *out);

/* 2026-01-21T09:00:00.123Z; six or nine digits when there are more. */
void		 printer_put_time(struct buf *out, int64_t ms, uint32_t ns);

#endif
