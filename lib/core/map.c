#include "core/map.h"

#include "core/mem.h"

#define SLOTS_FIRST	16

/* The slot that holds key, or the free one where it would go. */
static size_t
slot_of(const struct map *m, struct str key, uint64_t hash)
{
	size_t i = hash & (m->nslots - 1);
	const struct map_entry *e;

	for (; m->slot[i]; i = (i + 1) & (m->nslots - 1)) {
		e = &m->entry[m->slot[i] - 1];
		if (e->value && e->hash == hash && str_eq(e->key, key))
			break;
	}
	return i;
}

/* Make room for one more entry, dropping the deleted ones. */
static void
rebuild(struct map *m)
{
	size_t i, at, live = 0;

	for (i = 0; i < m->used; i++)
		if (m->entry[i].value)
			m->entry[live++] = m->entry[i];
	m->used = live;
	if (m->nslots == 0)
		m->nslots = SLOTS_FIRST;
	while (live + 1 > m->nslots / 2)
		m->nslots *= 2;
	m->cap = m->nslots * 3 / 4;
	m->entry = mem_resize(m->entry, m->cap, sizeof(*m->entry));
	mem_free(m->slot);
	m->slot = mem_array(m->nslots, sizeof(*m->slot));
	for (i = 0; i < live; i++) {
		at = m->entry[i].hash & (m->nslots - 1);
		while (m->slot[at])
			at = (at + 1) & (m->nslots - 1);
		m->slot[at] = (uint32_t)i + 1;
	}
}

void *
map_get(const struct map *m, struct str key)
{
	size_t at;

	if (m->n == 0)
		return NULL;
	at = slot_of(m, key, str_hash(key));
	return m->slot[at] ? m->entry[m->slot[at] - 1].value : NULL;
}

void *
map_put(struct map *m, struct str key, void *value)
{
	uint64_t hash = str_hash(key);
	struct map_entry *e;
	void *old;
	size_t at;

	if (m->used == m->cap)
		rebuild(m);
	at = slot_of(m, key, hash);
	if (m->slot[at]) {
		e = &m->entry[m->slot[at] - 1];
		old = e->value;
		e->key = key;
		e->value = value;
		return old;
	}
	m->entry[m->used++] = (struct map_entry){ key, value, hash };
	m->slot[at] = (uint32_t)m->used;
	m->n++;
	return NULL;
}

void *
map_del(struct map *m, struct str key)
{
	struct map_entry *e;
	void *old;
	size_t at;

	if (m->n == 0)
		return NULL;
	at = slot_of(m, key, str_hash(key));
	if (m->slot[at] == 0)
		return NULL;
	e = &m->entry[m->slot[at] - 1];
	old = e->value;
	e->value = NULL;	/* the slot stays, so later probes pass it */
	m->n--;
	return old;
}

struct map_entry *
map_next(const struct map *m, size_t *at)
{
	while (*at < m->used) {
		struct map_entry *e = &m->entry[(*at)++];

		if (e->value)
			return e;
	}
	return NULL;
}

void
map_reset(struct map *m)
{
	if (m->nslots)
		memset(m->slot, 0, m->nslots * sizeof(*m->slot));
	m->n = m->used = 0;
}

void
map_release(struct map *m)
{
	mem_free(m->entry);
	mem_free(m->slot);
	*m = (struct map){ 0 };
}
