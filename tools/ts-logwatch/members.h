/*
 * members: what formats of named members (JSON, logfmt, csv) share: which of
 * them tells the time, the level and the message, under the many names that
 * loggers use.
 */
#ifndef TS_LOGWATCH_MEMBERS_H
#define TS_LOGWATCH_MEMBERS_H

#include "parser.h"

/* A member's key as a name of ours: its dots do not nest. */
struct str	member_name(struct str key, struct arena *a);

/*
 * Take time, level and message out of the fields of ev; the rest stays.  A
 * time that cannot be read stays a field, with a tag.
 */
void		members_done(struct source_state *s, struct event *ev);

/* A record of the journal (journalctl -o json): its names become ours. */
void		journal_done(struct event *ev);

/* A record of winston with a request or an error: ECS names. */
void		winston_done(struct event *ev);

#endif
