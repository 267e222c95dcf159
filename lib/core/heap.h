/*
 * heap: a binary heap of pointers that knows where each item stands, so that
 * an item can be moved or removed (timers, top-k).  The item embeds a
 * size_t position; HEAP_NOWHERE means "not in the heap".
 */
#ifndef CORE_HEAP_H
#define CORE_HEAP_H

#include <stdbool.h>
#include <stddef.h>

#define HEAP_NOWHERE	((size_t)-1)

struct heap {
	void **item;
	size_t n, cap;
	bool	(*before)(const void *a, const void *b);
	size_t	 pos_offset;		/* offsetof(item type, position) */
};

void	 heap_init(struct heap *h, bool (*before)(const void *, const void *),
	    size_t pos_offset);
void	 heap_add(struct heap *h, void *item);
void	*heap_top(const struct heap *h);	/* NULL when empty */
void	*heap_pop(struct heap *h);		/* NULL when empty */
void	 heap_moved(struct heap *h, void *item); /* its key has changed */
void	 heap_remove(struct heap *h, void *item);
void	 heap_release(struct heap *h);

#endif
