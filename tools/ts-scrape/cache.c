#include "cache.h"

#include "core/mem.h"

#define TABLE_FIRST	64
#define SCRATCH_KEEP	((size_t)1 << 20)

void
cache_release(struct cache *c)
{
	mem_free(c->text);
	mem_free(c->slot);
	*c = (struct cache){ 0 };
}

static struct str
out_of(const struct cache *c, uint32_t i)
{
	uint32_t end = i + 1 < c->n ? c->slot[i + 1].at : c->ntext;

	return (struct str){ c->text + c->slot[i].at, end - c->slot[i].at };
}

/* A set of ids: open addressing, 0 = free. */

static bool
ids_has(const struct id_table *t, uint64_t id)
{
	uint32_t i;

	if (t->cap == 0)
		return false;
	for (i = (uint32_t)id & (t->cap - 1); t->id[i];
	    i = (i + 1) & (t->cap - 1))
		if (t->id[i] == id)
			return true;
	return false;
}

static void
ids_insert(struct id_table *t, uint64_t id)
{
	uint32_t i = (uint32_t)id & (t->cap - 1);

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

/* Which series this is: the hash of what will be written; never 0. */
static uint64_t
id_of(struct cache_pass *p, struct str out)
{
	uint64_t hash;

	buf_reset(&p->series);
	p->expand(p->arg, out, &p->series);
	hash = str_hash(buf_str(&p->series));
	return hash ? hash : 1;
}

/* Old slots by their raw text, made when the order breaks for the first time. */

static void
raws_make(struct cache_pass *p)
{
	const struct cache *c = p->cache;
	uint32_t want = TABLE_FIRST, mask, i, at;

	while (want / 2 < c->n)
		want *= 2;
	if (p->raws.cap < want) {
		p->raws.slot = mem_resize(p->raws.slot, want,
		    sizeof(*p->raws.slot));
		p->raws.cap = want;
	}
	mask = p->raws.cap - 1;
	memset(p->raws.slot, 0, p->raws.cap * sizeof(*p->raws.slot));
	for (i = 0; i < c->n; i++) {
		if (c->slot[i].nraw == 0)
			continue;
		at = (uint32_t)c->slot[i].hash & mask;
		while (p->raws.slot[at])
			at = (at + 1) & mask;
		p->raws.slot[at] = i + 1;
	}
	p->raws.made = true;
}

/* The slot is of this line, whose hash is given. */
static bool
is_of(const struct slot *s, const struct cache_line *l, uint64_t hash)
{
	return s->hash == hash && s->nraw == l->raw.n && s->type == l->type &&
	    (s->kind == SLOT_DROPPED || (s->kind == SLOT_TIMED) == l->timed);
}

/* An old slot of this line that the page has not had yet; -1 = none. */
static int64_t
raws_find(struct cache_pass *p, const struct cache_line *l, uint64_t hash)
{
	uint32_t at;

	if (p->cache->n == 0)
		return -1;
	if (!p->raws.made)
		raws_make(p);
	for (at = (uint32_t)hash & (p->raws.cap - 1); p->raws.slot[at];
	    at = (at + 1) & (p->raws.cap - 1)) {
		uint32_t i = p->raws.slot[at] - 1;

		if (!p->seen.p[i] && is_of(&p->cache->slot[i], l, hash))
			return i;
	}
	return -1;
}

/* The same of an old slot, worked out once a changed page; 0: dropped. */
static uint64_t
old_id(struct cache_pass *p, uint32_t i)
{
	return p->changed ? p->old_ids.p[i] : id_of(p, out_of(p->cache, i));
}

/* Append a slot to the new page; its series may be there already. */
static enum slot_kind
append(struct cache_pass *p, struct slot s, uint64_t id, struct str out)
{
	bool there = id && ids_has(&p->taken, id);

	if (s.kind == SLOT_SERIES || s.kind == SLOT_DUPLICATE)
		s.kind = there ? SLOT_DUPLICATE : SLOT_SERIES;
	if (id && !there)
		ids_add(&p->taken, id);
	s.at = (uint32_t)p->text.n;
	if (buf_put(&p->text, out) == -1)
		p->full = true;
	vec_push(&p->slot, s);
	return (enum slot_kind)s.kind;
}

static enum slot_kind
append_old(struct cache_pass *p, uint32_t i)
{
	p->seen.p[i] = 1;
	return append(p, p->cache->slot[i], old_id(p, i),
	    out_of(p->cache, i));
}

void
cache_begin(struct cache_pass *p, struct cache *c, cache_expand *fn,
    void *arg)
{
	p->cache = c;
	p->expand = fn;
	p->arg = arg;
	p->changed = p->full = false;
	p->pos = 0;
	p->text.max = UINT32_MAX;
}

/* The page differs from here on: copy what was the same, then keep a list. */
static void
set_changed(struct cache_pass *p)
{
	const struct cache *c = p->cache;
	uint32_t i;

	p->changed = true;
	p->raws.made = false;
	buf_reset(&p->text);
	vec_reset(&p->slot);
	ids_clear(&p->taken);
	ids_clear(&p->old);
	vec_reserve(&p->seen, c->n + 1);
	p->seen.n = c->n;
	memset(p->seen.p, 0, c->n + 1);
	vec_reset(&p->old_ids);
	for (i = 0; i < c->n; i++) {
		vec_push(&p->old_ids, c->slot[i].kind == SLOT_DROPPED ? 0 :
		    id_of(p, out_of(c, i)));
		if (c->slot[i].kind == SLOT_SERIES)
			ids_add(&p->old, p->old_ids.p[i]);
	}
	for (i = 0; i < p->pos; i++)
		(void)append_old(p, i);
}

void
cache_begin_new(struct cache_pass *p, struct cache *c, cache_expand *fn,
    void *arg)
{
	cache_begin(p, c, fn, arg);
	set_changed(p);
}

size_t
cache_expects(const struct cache_pass *p, enum expfmt_type type)
{
	const struct cache *c = p->cache;

	if (p->pos >= c->n || c->distrust || c->slot[p->pos].type != type)
		return 0;
	return c->slot[p->pos].nraw;
}

bool
cache_take(struct cache_pass *p, const struct cache_line *l,
    struct cache_hit *hit)
{
	if (cache_expects(p, l->type) != l->raw.n ||
	    !is_of(&p->cache->slot[p->pos], l, str_hash(l->raw)) ||
	    (p->changed && p->seen.p[p->pos]))
		return false;
	hit->kind = (enum slot_kind)p->cache->slot[p->pos].kind;
	hit->out = out_of(p->cache, p->pos);
	if (p->changed)
		hit->kind = append_old(p, p->pos);
	p->pos++;
	return true;
}

bool
cache_find(struct cache_pass *p, const struct cache_line *l,
    struct cache_hit *hit)
{
	int64_t at;

	if (cache_take(p, l, hit))
		return true;
	if (!p->changed)
		set_changed(p);
	if (p->cache->distrust)
		return false;
	at = raws_find(p, l, str_hash(l->raw));
	if (at == -1)
		return false;
	p->pos = (uint32_t)at;
	return cache_take(p, l, hit);
}

enum slot_kind
cache_add(struct cache_pass *p, const struct cache_line *l,
    enum slot_kind kind, struct str out, bool *is_new)
{
	uint64_t id = kind == SLOT_DROPPED ? 0 : id_of(p, out);
	struct slot s = { .hash = str_hash(l->raw),
	    .nraw = (uint32_t)l->raw.n & (SLOT_RAW_MAX - 1), .type = l->type,
	    .kind = kind };

	if (l->raw.n >= SLOT_RAW_MAX)
		p->full = true;
	*is_new = id && !ids_has(&p->old, id);
	return append(p, s, id, out);
}

/* Series of the old page from slot `from` on that the new one lacks. */
static void
tell_gone(struct cache_pass *p, uint32_t from, cache_fn *fn, void *arg)
{
	const struct cache *c = p->cache;
	uint32_t i;

	for (i = from; i < c->n; i++) {
		if (c->slot[i].kind != SLOT_SERIES ||
		    (p->changed && (p->seen.p[i] ||
		    ids_has(&p->taken, old_id(p, i)))))
			continue;
		fn(arg, out_of(c, i));
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
	uint32_t i;

	for (i = 0; i < c->n; i++)
		if (c->slot[i].kind == SLOT_SERIES)
			fn(arg, out_of(c, i));
}

void
cache_pass_release(struct cache_pass *p)
{
	buf_release(&p->text);
	buf_release(&p->series);
	vec_release(&p->slot);
	vec_release(&p->seen);
	vec_release(&p->old_ids);
	mem_free(p->taken.id);
	mem_free(p->old.id);
	mem_free(p->raws.slot);
	*p = (struct cache_pass){ 0 };
}
