/*
 * silences: alerts that nobody wants to hear about for a while.  Kept in the
 * state under the tool name SILENCES_STATE, one record a silence, in
 * Alertmanager's JSON.
 */
#ifndef TS_ROUTE_SILENCES_H
#define TS_ROUTE_SILENCES_H

#include "core/arena.h"
#include "core/err.h"
#include "core/map.h"
#include "model/matcher.h"
#include "state/state.h"

#define SILENCES_STATE		"ts-silence"
#define SILENCE_KEEP_MS		(120 * INT64_C(3600000))	/* expired */

struct silence_matchers {
	struct matcher *p;
	size_t n;
};

struct silence {
	struct str id;
	struct silence_matchers *set;	/* any of them; each all of it */
	size_t nsets;
	int64_t starts_at, ends_at, updated_at;
	struct str created_by, comment;
	struct str annotations;		/* JSON as written; or empty */
	struct str interval;	/* annotations.timeInterval: only within it */
	struct arena arena;
};

enum silence_state { SILENCE_PENDING, SILENCE_ACTIVE, SILENCE_EXPIRED };

struct silences {
	struct map by_id;
	uint32_t version;	/* rises when what is silenced may change */
	int64_t valid_from, valid_to;	/* the version holds in [from, to) */
};

void	silences_release(struct silences *s);

/* Read all from the state; 0, or -1 with *e and *s unchanged. */
int	silences_load(struct silences *s, struct state *st, struct err *e);

/* Forget them and have the version rise. */
void	silences_reset(struct silences *s);

/* s takes sil; one with the same id is replaced. */
void	silences_put(struct silences *s, struct silence *sil);
struct silence	*silences_find(const struct silences *s, struct str id);

/*
 * The version at `now`: the same number means that the same silences were
 * active, so what was found then still holds.
 */
uint32_t	silences_version(struct silences *s, int64_t now);

/* The first active one that matches, or NULL.  *at walks on; 0 at first. */
const struct silence	*silences_match(const struct silences *s,
			    const struct labels *l, int64_t now, size_t *at);

/* ---- one silence ---- */

void			 silence_free(struct silence *sil);
enum silence_state	 silence_state_at(const struct silence *sil,
			    int64_t now);
const char		*silence_state_name(enum silence_state st);
bool			 silence_matches(const struct silence *sil,
			    const struct labels *l);

/* "key":"2026-01-21T09:00:00.000Z", as Alertmanager's API has times. */
struct jw;
void	put_api_time(struct jw *w, const char *key, int64_t ms);

/* From Alertmanager's JSON; id may be absent.  NULL with *e. */
struct silence	*silence_parse(struct str json, struct err *e);

/* As the API gives it out, with status when now is not 0. */
void	silence_print(const struct silence *sil, int64_t now,
	    struct buf *out);

/*
 * The rules for a new one: at least one matcher in each set, one of which
 * does not match the empty string; the end not before the start or now.  A
 * start in the past becomes now.
 */
int	silence_check(struct silence *sil, int64_t now, struct err *e);

/* A random UUID (version 4) as its id. */
void	silence_set_id(struct silence *sil);

/* End it now. */
void	silence_expire(struct silence *sil, int64_t now);

#endif
