#include "cache.h"

#include "core/mem.h"

#define KIND_BITS	((uint64_t)3)
#define TABLE_FIRST	64
#define SCRATCH_KEEP	((size_t)1 << 20)

void
cache_release(struct cache *c)
{
	mem_free(c->text);
	mem_free(c->slot);
	*c = (struct cache){ .format = c->format };
}

uint64_t
cache_id(struct str out)
{
	return (str_hash(out) & ~KIND_BITS) | (KIND_BITS + 1);
}

static enum slot_kind
kind_of(const struct slot *s)
{
	return (enum slot_kind)(s->id & KIND_BITS);
}

static uint64_t
id_of(const struct slot *s)
{
	return s->id & ~KIND_BITS;
}

static struct str
raw_of(const struct cache *c, uint32_t i)
{
	return (struct str){ c->text + c->slot[i].at, c->slot[i].nraw };
}

static void
hit_of(const struct cache *c, uint32_t i, struct cache_hit *hit)
{
	const struct slot *s = &c->slot[i];
	uint32_t end = i + 1 < c->n ? c->slot[i + 1].at : c->ntext;
	uint32_t from = s->at + s->nraw;

	hit->kind = kind_of(s);
	hit->raw = raw_of(c, i);
	hit->out = end > from ?
	    (struct str){ c->text + from, end - from } : STR_NONE;
}

/* A set of ids: open addressing, 0 = free. */

static bool
ids_has(const struct id_table *t, uint64_t id)
{
	uint32_t i;

	if (t->cap == 0)
		return false;
	for (i = (uint32_t)(id >> 8) & (t->cap - 1); t->id[i];
	    i = (i + 1) & (t->cap - 1))
		if (t->id[i] == id)
			return true;
	return false;
}

static void
ids_insert(struct id_table *t, uint64_t id)
{
	uint32_t i = (uint32_t)(id >> 8) & (t->cap - 1);

	while (t->id[i])
		i = (i + 1) & (t->cap - 1);
	t->id[i] = id;
	t->n++;
}

static void
ids_add(struct id_table *t, uint64_t id)
{
	struct id_table old = *t;
	uint32_t i;

	if (t->n + 1 > t->cap / 2) {
		t->cap = old.cap ? old.cap * 2 : TABLE_FIRST;
		t->id = mem_array(t->cap, sizeof(*t->id));
		t->n = 0;
		for (i = 0; i < old.cap; i++)
			if (old.id[i])
				ids_insert(t, old.id[i]);
		mem_free(old.id);
	}
	ids_insert(t, id);
}

static void
ids_clear(struct id_table *t)
{
	if (t->n)
		memset(t->id, 0, t->cap * sizeof(*t->id));
	t->n = 0;
}

/* Old slots by their raw text, made when the order breaks for the first time. */

static void
raws_make(struct cache_pass *p)
{
	struct raw_table *t = &p->raws;
	const struct cache *c = p->cache;
	uint32_t want = TABLE_FIRST, i, at;

	while (want / 2 < c->n)
		want *= 2;
	if (t->cap < want) {
		t->slot = mem_resize(t->slot, want, sizeof(*t->slot));
		t->cap = want;
	}
	memset(t->slot, 0, t->cap * sizeof(*t->slot));
	for (i = 0; i < c->n; i++) {
		if (c->slot[i].nraw == 0)
			continue;
		at = (uint32_t)str_hash(raw_of(c, i)) & (t->cap - 1);
		while (t->slot[at])
			at = (at + 1) & (t->cap - 1);
		t->slot[at] = i + 1;
	}
	t->made = true;
}

/* A slot made of a line with its own timestamp fits only such a line. */
static bool
fits(const struct slot *s, bool timed)
{
	return kind_of(s) == SLOT_DROPPED || (kind_of(s) == SLOT_TIMED) == timed;
}

/* An old slot of this text that the page has not had yet; -1 = none. */
static int64_t
raws_find(struct cache_pass *p, struct str raw, bool timed)
{
	const struct raw_table *t = &p->raws;
	uint32_t at;

	if (p->cache->n == 0)
		return -1;
	if (!t->made)
		raws_make(p);
	for (at = (uint32_t)str_hash(raw) & (t->cap - 1); t->slot[at];
	    at = (at + 1) & (t->cap - 1)) {
		uint32_t i = t->slot[at] - 1;

		if (!p->seen.p[i] && fits(&p->cache->slot[i], timed) &&
		    str_eq(raw, raw_of(p->cache, i)))
			return i;
	}
	return -1;
}

/* Append a slot to the new page; it may turn out to be there already. */
static enum slot_kind
append(struct cache_pass *p, struct str raw, enum slot_kind kind, uint64_t id,
    struct str out)
{
	bool repeats = kind == SLOT_SERIES || kind == SLOT_DUPLICATE;

	if (repeats)
		kind = ids_has(&p->taken, id) ? SLOT_DUPLICATE : SLOT_SERIES;
	if (kind == SLOT_SERIES || (kind == SLOT_TIMED &&
	    !ids_has(&p->taken, id)))
		ids_add(&p->taken, id);
	vec_push(&p->slot, (struct slot){ id | kind, (uint32_t)p->text.n,
	    (uint32_t)raw.n });
	if (buf_put(&p->text, raw) == -1 || buf_put(&p->text, out) == -1)
		p->full = true;
	return kind;
}

static enum slot_kind
append_old(struct cache_pass *p, uint32_t i)
{
	struct cache_hit hit;

	hit_of(p->cache, i, &hit);
	p->seen.p[i] = 1;
	return append(p, hit.raw, hit.kind, id_of(&p->cache->slot[i]),
	    hit.out);
}

void
cache_begin(struct cache_pass *p, struct cache *c)
{
	p->cache = c;
	p->changed = p->full = false;
	p->pos = 0;
	p->text.max = UINT32_MAX;
}

/* The page differs from here on: copy what was the same, then keep a list. */
static void
set_changed(struct cache_pass *p)
{
	uint32_t i;

	p->changed = true;
	p->raws.made = false;
	buf_reset(&p->text);
	vec_reset(&p->slot);
	ids_clear(&p->taken);
	vec_reserve(&p->seen, p->cache->n + 1);
	p->seen.n = p->cache->n;
	memset(p->seen.p, 0, p->cache->n + 1);
	ids_clear(&p->old);
	if (p->cache->loaded || p->cache->distrust)
		for (i = 0; i < p->cache->n; i++)
			if (kind_of(&p->cache->slot[i]) == SLOT_SERIES)
				ids_add(&p->old, id_of(&p->cache->slot[i]));
	for (i = 0; i < p->pos; i++)
		(void)append_old(p, i);
}

void
cache_begin_new(struct cache_pass *p, struct cache *c)
{
	cache_begin(p, c);
	set_changed(p);
}

static bool
expected(const struct cache_pass *p, struct str raw, bool timed)
{
	const struct cache *c = p->cache;

	return p->pos < c->n && !c->distrust && c->slot[p->pos].nraw == raw.n &&
	    fits(&c->slot[p->pos], timed) && memcmp(c->text + c->slot[p->pos].at, raw.p, raw.n) == 0;
}

bool
cache_find(struct cache_pass *p, struct str raw, bool timed,
    struct cache_hit *hit)
{
	int64_t at = p->pos;

	if (!p->changed && expected(p, raw, timed)) {
		hit_of(p->cache, p->pos++, hit);
		return true;
	}
	if (!p->changed)
		set_changed(p);
	if (p->cache->distrust)
		return false;
	if (!expected(p, raw, timed) || p->seen.p[at])
		at = raws_find(p, raw, timed);
	if (at == -1)
		return false;
	p->pos = (uint32_t)at + 1;
	hit_of(p->cache, (uint32_t)at, hit);
	hit->kind = append_old(p, (uint32_t)at);
	return true;
}

enum slot_kind
cache_add(struct cache_pass *p, struct str raw, enum slot_kind kind,
    uint64_t id, struct str out)
{
	return append(p, raw, kind, id, out);
}

bool
cache_had(const struct cache_pass *p, uint64_t id)
{
	return ids_has(&p->old, id);
}

/* Series of the old page from slot `from` on that the new one lacks. */
static void
tell_gone(struct cache_pass *p, uint32_t from, cache_fn *fn, void *arg)
{
	struct cache_hit gone;
	uint32_t i;

	for (i = from; i < p->cache->n; i++) {
		if (p->changed && (p->seen.p[i] || ids_has(&p->taken,
		    id_of(&p->cache->slot[i]))))
			continue;
		hit_of(p->cache, i, &gone);
		if (gone.kind == SLOT_SERIES)
			fn(arg, &gone);
	}
}

/* The new page becomes the cache, in memory of just its size. */
static void
keep_new(struct cache_pass *p)
{
	struct cache *c = p->cache;

	c->text = mem_resize(c->text, p->text.n, 1);
	memcpy(c->text, p->text.n ? p->text.p : "", p->text.n);
	c->slot = mem_resize(c->slot, p->slot.n, sizeof(*c->slot));
	if (p->slot.n)
		memcpy(c->slot, p->slot.p, p->slot.n * sizeof(*c->slot));
	c->ntext = (uint32_t)p->text.n;
	c->n = (uint32_t)p->slot.n;
	c->distrust = c->loaded = false;
	if (p->text.cap > SCRATCH_KEEP)
		buf_release(&p->text);
}

bool
cache_end(struct cache_pass *p, cache_fn *fn, void *arg)
{
	struct cache *c = p->cache;
	bool shorter = !p->changed && p->pos < c->n;

	if (p->changed) {
		tell_gone(p, 0, fn, arg);
		keep_new(p);
	} else if (shorter) {
		tell_gone(p, p->pos, fn, arg);
		c->ntext = c->slot[p->pos].at;
		c->n = p->pos;
	}
	return p->changed || shorter;
}

void
cache_fail(struct cache_pass *p, cache_fn *fn, void *arg)
{
	p->changed = false;
	tell_gone(p, 0, fn, arg);
	cache_release(p->cache);
}

void
cache_each(const struct cache *c, cache_fn *fn, void *arg)
{
	struct cache_hit hit;
	uint32_t i;

	for (i = 0; i < c->n; i++) {
		hit_of(c, i, &hit);
		if (hit.kind == SLOT_SERIES)
			fn(arg, &hit);
	}
}

void
cache_pass_release(struct cache_pass *p)
{
	buf_release(&p->text);
	vec_release(&p->slot);
	vec_release(&p->seen);
	mem_free(p->taken.id);
	mem_free(p->old.id);
	mem_free(p->raws.slot);
	*p = (struct cache_pass){ 0 };
}
