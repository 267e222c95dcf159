/*
 * session: lines that belong together, as those of one process.  A pattern
 * with `after` counts only when an earlier line of its session matched that;
 * what it does not capture itself, that line has told.
 */
#ifndef TS_LOGWATCH_SESSION_H
#define TS_LOGWATCH_SESSION_H

#include "event.h"
#include "grok.h"
#include "window.h"
#include "yaml/fields.h"

/* Sessions that are remembered; the one not seen for longest goes first. */
#define SESSIONS_MAX	20000

struct sessions {
	struct ystrs id;	/* fields that name a session */
	struct windows notes;	/* by session and pattern */
	struct buf key;
};

/* What is in s->id stays; fields: the most that a pattern captures. */
void	sessions_init(struct sessions *s, size_t fields);
void	sessions_release(struct sessions *s);

/* The event matched pattern number i, with these captures. */
void	sessions_note(struct sessions *s, const struct event *ev, size_t i,
	    const struct grok *g, const struct str *value);

/*
 * What the event's session has of pattern number i; NULL: nothing, or nothing
 * of the last ten minutes.  Valid until the next note.
 */
const struct window	*sessions_find(struct sessions *s,
			    const struct event *ev, size_t i);

/*
 * A note of pattern number i as it is kept: id is what names its session,
 * without the pattern.
 */
struct window	*sessions_put(struct sessions *s, struct str id, size_t i);
struct str	sessions_id(const struct window *note, size_t *i);

/* Nothing of the last ten minutes before the newest note. */
bool	sessions_over(const struct sessions *s, const struct window *note);

/* A capture of a note of pattern g; empty: none of that name. */
struct str	session_capture(const struct window *note,
		    const struct grok *g, struct str name);

#endif
