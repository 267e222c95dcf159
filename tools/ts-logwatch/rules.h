/*
 * rules: what in the events makes an alert.  A rule selects events, groups
 * them by a key, and alerts when a window of them is full
 * (logwatch.yml(5)).
 */
#ifndef TS_LOGWATCH_RULES_H
#define TS_LOGWATCH_RULES_H

#include "address.h"
#include "config.h"
#include "model/alert.h"
#include "selector.h"
#include "window.h"

struct collection {
	struct str name, field;
	int64_t max;
};

struct alert_config {
	struct str name;
	struct ypairs labels, annotations;
	int64_t for_resolve_ms;
};

struct ratio {
	struct str of;			/* condition on all events */
	double over;
	int64_t min;
	struct expr *expr;
	uint64_t bad[60], all[60];	/* by sixtieths of the window */
	int64_t at;			/* the newest of them */
};

struct exception {
	struct str field;
	VEC(const struct cidr_list *) lists;
};

struct block_action;

struct rule {
	/* as configured */
	struct str name, severity, distinct;
	struct selector select;
	struct ystrs key, forget, trusted;
	struct str forwarded;
	const struct ynode *key_mask, *require, *except, *collect, *actions;
	int64_t window_ms, threshold, score, cooldown_ms, max_keys;
	bool absent, repeats, own;
	struct alert_config alert;
	struct ratio *ratio;
	const struct ynode *node;
	/* made of it */
	struct grok **forgets;
	uint64_t needs;			/* else no event concerns it */
	int mask_v4, mask_v6;
	struct block_action *block;	/* NULL: nobody is blocked */
	VEC(struct collection) collections;	/* distinct is the last */
	VEC(struct exception) exceptions;
	VEC(struct str) addresses;	/* keys that must be addresses */
	struct cidr_list proxies;	/* that are trusted */
	struct windows windows;
	int64_t seen;			/* newest match, of absent rules */
	bool silent;			/* an absent rule has alerted */
	uint64_t matches, alerts, invalid, excepted, forgotten;
};

/* What an action gets to know of an alert. */
struct incident {
	const struct rule *rule;
	const struct window *window;
	struct str key;			/* of its first part */
	const struct hit *hit;		/* NULL: an absence */
	int64_t time;
	int64_t count;
};

struct rules;

struct rules_host {
	void	(*alert)(void *arg, const struct alert *al);
	void	(*act)(void *arg, const struct incident *i);	/* or NULL */
	void *arg;
};

/* All rules of the configuration's files.  NULL with *e. */
struct rules	*rules_new(const struct config *c, struct grok_set *set,
		    const struct rules_host *host, struct err *e);
void		 rules_free(struct rules *r);
size_t		 rules_count(const struct rules *r);
struct rule	*rules_at(struct rules *r, size_t i);

/* Every rule looks at the event. */
void		 rules_event(struct rules *r, const struct event *ev);

/* Absences, by event time or the wall clock. */
void		 rules_tick(struct rules *r, int64_t now);

/* The key of a hit, its parts joined by 0x1f; false: not to be used. */
bool		 rule_key(struct rule *r, const struct hit *h, struct buf *out);

/* A list of networks by name; NULL. */
const struct cidr_list	*rules_list(const struct rules *r, struct str name);

/*
 * After a reload: rules that still have their name and key go on where those
 * of old were; old loses its windows.
 */
void		 rules_take(struct rules *r, struct rules *old);

/* Windows and sessions that changed go to the state; all comes back. */
struct state;
int		 rules_save(struct rules *r, struct state *s, struct err *e);
int		 rules_load(struct rules *r, struct state *s, int64_t now,
		    struct err *e);

#endif
