/*
 * cache: the series of a target's last scrape in the order of its page, so
 * that an unchanged page costs one comparison a line: the next line is
 * expected to be the next slot.  What was worked out for a line once
 * (relabelling) is kept with it; what vanished is known for its stale marker.
 *
 * One pass reads one page:
 *	cache_begin(p, c);
 *	for each line:
 *		if (!cache_find(p, raw, timed, &hit))
 *			hit.kind = cache_add(p, raw, kind, id, out);
 *	cache_end(p, vanished, arg);	or cache_fail(p, vanished, arg);
 */
#ifndef TS_SCRAPE_CACHE_H
#define TS_SCRAPE_CACHE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/buf.h"
#include "core/str.h"
#include "core/vec.h"
#include "expfmt/expfmt.h"

enum slot_kind {
	SLOT_SERIES,		/* gets a stale marker when it vanishes */
	SLOT_TIMED,		/* has its own timestamps: no marker */
	SLOT_DROPPED,		/* by relabelling */
	SLOT_DUPLICATE		/* of another line of the page */
};

/* 16 bytes a series: a hundred thousand of them are nothing special. */
struct slot {
	uint64_t id;		/* of the output; the low bits are the kind */
	uint32_t at;		/* of raw in text; out follows to the next */
	uint32_t nraw;
};

struct cache {
	char *text;
	struct slot *slot;
	uint32_t ntext, n;
	enum expfmt_format format;	/* of the raws */
	bool distrust;		/* the rules changed: work all out again */
	bool loaded;		/* from saved state: slots without raw */
};

struct cache_hit {
	enum slot_kind kind;
	struct str raw;		/* as written; empty: came from saved state */
	struct str out;		/* what was stored; p NULL = nothing */
};

/* Scratch of a pass; one is enough for all caches.  { 0 } is ready. */
struct cache_pass {
	struct cache *cache;
	bool changed;		/* the page is not the last one */
	bool full;		/* the page passes 4 GiB: let it fail */
	uint32_t pos;		/* the slot expected next */
	struct buf text;	/* of the new page */
	VEC(struct slot) slot;
	VEC(uint8_t) seen;	/* by old slot */
	struct id_table { uint64_t *id; uint32_t n, cap; } taken, old;
	struct raw_table { uint32_t *slot; uint32_t cap; bool made; } raws;
};

void	cache_release(struct cache *c);

/* The identity of a series by its output text; never 0. */
uint64_t	cache_id(struct str out);

void	cache_begin(struct cache_pass *p, struct cache *c);

/* Nothing of the last page counts: only cache_add follows. */
void	cache_begin_new(struct cache_pass *p, struct cache *c);

/* True: the line is known and *hit set.  timed: it has its own timestamp. */
bool	cache_find(struct cache_pass *p, struct str raw, bool timed,
	    struct cache_hit *hit);

/*
 * A line that was not found.  out is stored when its p is set.  The kind it
 * really has: SLOT_DUPLICATE when this series stood on the page before.
 */
enum slot_kind	cache_add(struct cache_pass *p, struct str raw,
		    enum slot_kind kind, uint64_t id, struct str out);

/* The last page had series id, whose line was not found. */
bool	cache_had(const struct cache_pass *p, uint64_t id);

/*
 * The page is complete: fn for each series that vanished; true when it is
 * another page than the last.  Or it failed: every series vanished.
 */
typedef void cache_fn(void *arg, const struct cache_hit *gone);
bool	cache_end(struct cache_pass *p, cache_fn *fn, void *arg);
void	cache_fail(struct cache_pass *p, cache_fn *fn, void *arg);
void	cache_pass_release(struct cache_pass *p);

/* fn for every SLOT_SERIES. */
void	cache_each(const struct cache *c, cache_fn *fn, void *arg);

#endif
