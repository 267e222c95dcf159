/*
 * cache: the series of a target's last scrape in the order of its page.  On
 * an unchanged page the next line is the next slot, and what it gives is
 * there: no labels are parsed.  What vanished is known for its stale marker.
 *
 * A slot keeps a hash of the line's series text and, as `out`, what the
 * series part of its output is made from (line.h); only out's expansion says
 * which series it is.
 *
 * One pass reads one page:
 *	cache_begin(p, c, expand, arg);
 *	for each line:
 *		if (!cache_find(p, &line, &hit))
 *			hit.kind = cache_add(p, &line, kind, out, &is_new);
 *	cache_end(p, gone, arg);	or cache_fail(p, gone, arg);
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

#define SLOT_RAW_MAX	((size_t)1 << 26)	/* bytes of a series text */

/* A hundred thousand of them are nothing special. */
struct slot {
	uint64_t hash;		/* of raw; of no line when nraw is 0 */
	uint32_t at;		/* of out in text; it ends where the next's is */
	uint32_t nraw : 26, kind : 2, type : 4;
};

struct cache {
	char *text;
	struct slot *slot;
	uint32_t ntext, n;
	bool distrust;		/* the rules changed: work all out again */
	bool loaded;		/* from saved state: slots without raw */
};

/* A line: what its series part looks like, and what bears on its meaning. */
struct cache_line {
	struct str raw;
	enum expfmt_type type;	/* in force: le and quantile go by it */
	bool timed;		/* SLOT_TIMED, if it is a series */
};

struct cache_hit {
	enum slot_kind kind;
	struct str out;
};

/* Append the output that out stands for. */
typedef void cache_expand(void *arg, struct str out, struct buf *b);

struct id_table { uint64_t *id; uint32_t n, cap; };

/* Scratch of a pass; one is enough for all caches.  { 0 } is ready. */
struct cache_pass {
	struct cache *cache;
	cache_expand *expand;
	void *arg;
	bool changed;		/* the page is not the last one */
	bool full;		/* a limit was passed: let the page fail */
	uint32_t pos;		/* the slot expected next */
	struct buf text, series;
	VEC(struct slot) slot;	/* of the new page */
	VEC(uint8_t) seen;	/* by old slot */
	VEC(uint64_t) old_ids;	/* likewise */
	struct id_table taken, old;	/* series of the new, the old page */
	struct { uint32_t *slot; uint32_t cap; bool made; } raws;
};

void	cache_release(struct cache *c);
void	cache_pass_release(struct cache_pass *p);

void	cache_begin(struct cache_pass *p, struct cache *c, cache_expand *fn,
	    void *arg);

/* Nothing of the last page counts: only cache_add follows. */
void	cache_begin_new(struct cache_pass *p, struct cache *c,
	    cache_expand *fn, void *arg);

/* How long the series text of the line is that is expected next; 0: none. */
size_t	cache_expects(const struct cache_pass *p, enum expfmt_type type);

/* True: the line is known and *hit set. */
bool	cache_find(struct cache_pass *p, const struct cache_line *line,
	    struct cache_hit *hit);

/* The same, for the line that is expected only. */
bool	cache_take(struct cache_pass *p, const struct cache_line *line,
	    struct cache_hit *hit);

/*
 * A line that was not found.  The kind it really has: SLOT_DUPLICATE when
 * this series stood on the page before.  *is_new: the last page lacked it.
 */
enum slot_kind	cache_add(struct cache_pass *p, const struct cache_line *line,
		    enum slot_kind kind, struct str out, bool *is_new);

/*
 * The page is complete: fn for each series that vanished; true when it is
 * another page than the last.  Or it failed: every series vanished.
 */
typedef void cache_fn(void *arg, struct str out);
bool	cache_end(struct cache_pass *p, cache_fn *fn, void *arg);
void	cache_fail(struct cache_pass *p, cache_fn *fn, void *arg);

/* fn for every SLOT_SERIES. */
void	cache_each(const struct cache *c, cache_fn *fn, void *arg);

#endif
