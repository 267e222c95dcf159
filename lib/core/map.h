/*
 * map: byte strings to pointers; open addressing; walks in the order of
 * insertion.  { 0 } is an empty map.  Keys are borrowed and must outlive
 * their entry; values belong to the caller and are never NULL.
 */
#ifndef CORE_MAP_H
#define CORE_MAP_H

#include <stddef.h>
#include <stdint.h>

#include "core/str.h"

struct map_entry {
	struct str key;
	void *value;		/* NULL: deleted */
	uint64_t hash;
};

struct map {
	struct map_entry *entry;	/* in order of insertion */
	uint32_t *slot;			/* entry index + 1; 0 = free */
	size_t n;			/* live entries */
	size_t used, cap;		/* entries incl. deleted; room */
	size_t nslots;			/* a power of two */
};

void	*map_get(const struct map *m, struct str key);	/* NULL: absent */

/* Set key to value; returns the value that stood there before, or NULL. */
void	*map_put(struct map *m, struct str key, void *value);

/* Remove key; returns its value, or NULL. */
void	*map_del(struct map *m, struct str key);

/*
 * Walk:  size_t at = 0;  while ((e = map_next(&m, &at)) != NULL) ...
 * Deleting the entry at hand is allowed, putting new keys is not.
 */
struct map_entry	*map_next(const struct map *m, size_t *at);

void	map_reset(struct map *m);
void	map_release(struct map *m);

#endif
