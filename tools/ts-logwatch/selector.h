/*
 * selector: which events a rule or a metric is about, and what it takes out
 * of them: a condition, then the first pattern that matches.
 */
#ifndef TS_LOGWATCH_SELECTOR_H
#define TS_LOGWATCH_SELECTOR_H

#include "config.h"
#include "expr.h"
#include "grok.h"
#include "session.h"
#include "yaml/fields.h"

struct pattern_match {
	struct str regex, after;
	int64_t weight;
	const struct ynode *node;
	struct grok *grok;
	bool whole;			/* it captures time: the whole line */
	uint64_t needs;			/* one of event->literals, if the
					   text is a part of the line */
	struct grok *earlier;		/* of after; or NULL */
};

struct selector {
	/* as configured */
	struct str where, field;
	struct ylist match;		/* struct pattern_match */
	struct ystrs ignore;
	struct sessions sessions;
	const struct ynode *node;
	/* made of it */
	struct expr *expr;
	uint64_t needs;			/* all of its patterns' */
	struct grok **ignored;
	const char *owner;		/* for the message about a limit */
	uint64_t limits;		/* matches that were given up */
	bool disabled;			/* after too many of them */
};

/* A hit: what the patterns captured. */
struct hit {
	const struct event *ev;
	const struct pattern_match *match;	/* NULL: the condition alone */
	struct str text;			/* that was matched */
	struct str value[GROK_FIELDS_MAX];
	const struct window *note;		/* of match->earlier; or NULL */
	int64_t repeats;			/* "repeated N times" */
};

/* Rows of the configuration: where, field, match, ignore, session. */
#define SELECTOR_ROWS(at)						\
	YROW("where", YT_STR, (at) + offsetof(struct selector, where)),	\
	YROW("field", YT_STR, (at) + offsetof(struct selector, field)),	\
	YROW("match", YT_CUSTOM, (at) + offsetof(struct selector, match), \
	    .decode = decode_match),					\
	YROW("ignore", YT_CUSTOM, (at) + offsetof(struct selector, ignore), \
	    .decode = decode_words),					\
	YROW("session", YT_CUSTOM, (at) + offsetof(struct selector,	\
	    sessions.id), .decode = decode_words)

int	decode_match(const struct ynode *n, void *field, struct arena *a,
	    struct err *e);

/* Compile what was configured; 0, or -1 with *e at its place. */
int	selector_init(struct selector *s, struct grok_set *set,
	    const struct ynode *node, const char *owner, struct arena *a,
	    struct err *e);
void	selector_release(struct selector *s);

/*
 * What its sessions have told: what changed goes to the state under the name
 * of its owner; comes back (rest is the key behind the owner's name and a
 * colon; false when no pattern asks for it); goes on in place of old's after a reload.
 */
struct state;
int	selector_save(struct selector *s, struct str owner,
	    struct state *state, struct err *e);
bool	selector_load(struct selector *s, struct str rest, struct str value);
void	selector_take(struct selector *s, struct selector *old);

bool	selector_run(struct selector *s, const struct event *ev,
	    struct hit *out);

/* A capture of that name, or of the session, else a field of the event. */
struct value	hit_get(const struct hit *h, struct str name);

/* The text that patterns of a selector match, without a repeat count. */
struct str	hit_text(const struct selector *s, const struct pattern_match *m,
		    const struct event *ev, int64_t *repeats);

#endif
