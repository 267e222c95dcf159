#include "core/intern.h"

#include "core/arena.h"
#include "core/mem.h"

#define SLOTS_FIRST	256

struct intern {
	const struct sym **slot;
	size_t nslots, n;
	struct arena arena;
};

struct intern *
intern_new(void)
{
	struct intern *t = mem_zalloc(sizeof(*t));

	t->nslots = SLOTS_FIRST;
	t->slot = mem_array(t->nslots, sizeof(*t->slot));
	return t;
}

static size_t
slot_of(const struct intern *t, struct str s, uint64_t hash)
{
	size_t i = hash & (t->nslots - 1);

	while (t->slot[i] && (t->slot[i]->hash != hash ||
	    !str_eq(t->slot[i]->s, s)))
		i = (i + 1) & (t->nslots - 1);
	return i;
}

static void
grow(struct intern *t)
{
	const struct sym **old = t->slot;
	size_t i, at, nold = t->nslots;

	t->nslots *= 2;
	t->slot = mem_array(t->nslots, sizeof(*t->slot));
	for (i = 0; i < nold; i++) {
		if (old[i] == NULL)
			continue;
		at = old[i]->hash & (t->nslots - 1);
		while (t->slot[at])
			at = (at + 1) & (t->nslots - 1);
		t->slot[at] = old[i];
	}
	mem_free((void *)(uintptr_t)old);
}

const struct sym *
intern_str(struct intern *t, struct str s)
{
	uint64_t hash = str_hash(s);
	size_t at = slot_of(t, s, hash);
	struct sym *sym;

	if (t->slot[at])
		return t->slot[at];
	sym = ARENA_NEW(&t->arena, struct sym);
	sym->s = arena_str(&t->arena, s);
	sym->hash = hash;
	sym->id = (uint32_t)t->n++;
	t->slot[at] = sym;
	if (t->n > t->nslots / 2)
		grow(t);
	return sym;
}

const struct sym *
intern_find(const struct intern *t, struct str s)
{
	return t->slot[slot_of(t, s, str_hash(s))];
}

size_t
intern_count(const struct intern *t)
{
	return t->n;
}

void
intern_free(struct intern *t)
{
	if (t == NULL)
		return;
	arena_free(&t->arena);
	mem_free((void *)(uintptr_t)t->slot);
	mem_free(t);
}
