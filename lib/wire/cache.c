#include "wire/internal.h"

struct cached *
cache_predict(struct cache *c, struct str line)
{
	struct cached *hit;

	if (c->last == NULL || (hit = c->last->next) == NULL ||
	    line.n < hit->bytes.n ||
	    memcmp(line.p, hit->bytes.p, hit->bytes.n) != 0)
		return NULL;
	c->last = hit;
	return hit;
}

/* hit stands where the order led us; say so to the one before. */
static void
follow(struct cache *c, struct cached *hit)
{
	if (c->last != NULL)
		c->last->next = hit;
	c->last = hit;
}

struct cached *
cache_get(struct cache *c, struct str bytes)
{
	struct cached *hit = map_get(&c->map, bytes);

	if (hit != NULL)
		follow(c, hit);
	return hit;
}

struct cached *
cache_put(struct cache *c, size_t most, struct str bytes)
{
	struct cached *hit;

	if (c->map.n >= most)
		cache_clear(c);
	hit = ARENA_NEW(&c->mem, struct cached);
	hit->bytes = arena_str(&c->mem, bytes);
	(void)map_put(&c->map, hit->bytes, hit);
	follow(c, hit);
	return hit;
}

void
cache_clear(struct cache *c)
{
	map_release(&c->map);
	arena_free(&c->mem);
	c->last = NULL;
}
