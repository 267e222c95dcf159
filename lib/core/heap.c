#include "core/heap.h"

#include "core/mem.h"

static size_t *
pos(const struct heap *h, void *item)
{
	return (size_t *)(void *)((char *)item + h->pos_offset);
}

static void
place(struct heap *h, size_t at, void *item)
{
	h->item[at] = item;
	*pos(h, item) = at;
}

static void
sift_up(struct heap *h, size_t at, void *item)
{
	while (at > 0) {
		size_t up = (at - 1) / 2;

		if (!h->before(item, h->item[up]))
			break;
		place(h, at, h->item[up]);
		at = up;
	}
	place(h, at, item);
}

static void
sift_down(struct heap *h, size_t at, void *item)
{
	size_t kid;

	while ((kid = 2 * at + 1) < h->n) {
		if (kid + 1 < h->n &&
		    h->before(h->item[kid + 1], h->item[kid]))
			kid++;
		if (!h->before(h->item[kid], item))
			break;
		place(h, at, h->item[kid]);
		at = kid;
	}
	place(h, at, item);
}

void
heap_init(struct heap *h, bool (*before)(const void *, const void *),
    size_t pos_offset)
{
	*h = (struct heap){ .before = before, .pos_offset = pos_offset };
}

void
heap_add(struct heap *h, void *item)
{
	if (h->n == h->cap) {
		h->cap = h->cap ? h->cap * 2 : 16;
		h->item = mem_resize(h->item, h->cap, sizeof(*h->item));
	}
	sift_up(h, h->n++, item);
}

void *
heap_top(const struct heap *h)
{
	return h->n ? h->item[0] : NULL;
}

void *
heap_pop(struct heap *h)
{
	void *top = heap_top(h);

	if (top)
		heap_remove(h, top);
	return top;
}

void
heap_moved(struct heap *h, void *item)
{
	size_t at = *pos(h, item);

	if (at > 0 && h->before(item, h->item[(at - 1) / 2]))
		sift_up(h, at, item);
	else
		sift_down(h, at, item);
}

void
heap_remove(struct heap *h, void *item)
{
	size_t at = *pos(h, item);
	void *last;

	*pos(h, item) = HEAP_NOWHERE;
	last = h->item[--h->n];
	if (last == item)
		return;
	place(h, at, last);
	heap_moved(h, last);
}

void
heap_release(struct heap *h)
{
	mem_free(h->item);
	h->item = NULL;
	h->n = h->cap = 0;
}
