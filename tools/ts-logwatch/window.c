#include "window.h"

#include "core/mem.h"

static void
unlink_one(struct windows *w, struct window *one)
{
	if (one->newer)
		one->newer->older = one->older;
	else
		w->newest = one->older;
	if (one->older)
		one->older->newer = one->newer;
	else
		w->oldest = one->newer;
	one->newer = one->older = NULL;
}

static void
link_newest(struct windows *w, struct window *one)
{
	one->older = w->newest;
	one->newer = NULL;
	if (w->newest)
		w->newest->newer = one;
	w->newest = one;
	if (w->oldest == NULL)
		w->oldest = one;
}

static void
window_free(const struct windows *w, struct window *one)
{
	size_t i, j;

	for (i = 0; i < w->ncollections; i++) {
		for (j = 0; j < one->seen[i].n; j++)
			mem_free(one->seen[i].p[j].text);
		vec_release(&one->seen[i]);
	}
	mem_free(one->seen);
	vec_release(&one->slots);
	mem_free(one);
}

static void
key_free(struct str key)
{
	mem_free((void *)(uintptr_t)key.p);
}

void
windows_drop(struct windows *w, struct window *one)
{
	struct str key = one->key;
	bool saved = one->saved;

	(void)map_del(&w->map, key);
	unlink_one(w, one);
	window_free(w, one);
	if (saved)
		vec_push(&w->gone, key);
	else
		key_free(key);
}

int
windows_each_gone(struct windows *w, int (*fn)(void *arg, struct str key),
    void *arg)
{
	size_t i;
	int rc = 0;

	for (i = 0; i < w->gone.n; i++) {
		/* It may be there again. */
		if (rc == 0 && map_get(&w->map, w->gone.p[i]) == NULL)
			rc = fn(arg, w->gone.p[i]);
		key_free(w->gone.p[i]);
	}
	w->gone.n = 0;
	return rc;
}

struct window *
windows_find(struct windows *w, struct str key)
{
	return map_get(&w->map, key);
}

bool
windows_over(const struct windows *w, const struct window *one)
{
	return w->keep > 0 && one->last != INT64_MIN &&
	    w->newest->last != INT64_MIN &&
	    w->newest->last - one->last > w->keep;
}

/* Two go for one that comes, so in the end it is as many as are of use. */
static void
drop_idle(struct windows *w)
{
	size_t i;

	for (i = 0; i < 2 && w->map.n >= WINDOW_KEYS_FEW &&
	    windows_over(w, w->oldest); i++)
		windows_drop(w, w->oldest);
}

struct window *
windows_get(struct windows *w, struct str key)
{
	struct window *one = map_get(&w->map, key);
	char *copy;

	if (one != NULL) {
		if (w->newest != one) {
			unlink_one(w, one);
			link_newest(w, one);
		}
		return one;
	}
	drop_idle(w);
	if (w->map.n >= w->max_keys && w->oldest != NULL) {
		windows_drop(w, w->oldest);
		w->evicted++;
	}
	one = mem_zalloc(sizeof(*one));
	copy = mem_alloc(key.n + 1);
	memcpy(copy, key.p ? key.p : "", key.n);
	one->key = (struct str){ copy, key.n };
	one->seen = mem_array(w->ncollections + 1, sizeof(*one->seen));
	one->alerted = one->start = one->last = INT64_MIN;
	(void)map_put(&w->map, one->key, one);
	link_newest(w, one);
	return one;
}

void
windows_release(struct windows *w)
{
	while (w->newest != NULL)
		windows_drop(w, w->newest);
	map_release(&w->map);
	while (w->gone.n > 0)
		key_free(w->gone.p[--w->gone.n]);
	vec_release(&w->gone);
}

void
windows_take(struct windows *w, struct windows *from, const size_t *which)
{
	struct window *old, *one;
	size_t i;

	/* The newest comes last, so it stays that. */
	while ((old = from->oldest) != NULL) {
		one = windows_get(w, old->key);
		vec_release(&one->slots);
		memcpy(&one->slots, &old->slots, sizeof(one->slots));
		memset(&old->slots, 0, sizeof(old->slots));
		for (i = 0; i < w->ncollections; i++) {
			if (which[i] >= from->ncollections)
				continue;
			one->seen[i] = old->seen[which[i]];
			memset(&old->seen[which[i]], 0, sizeof(one->seen[i]));
		}
		one->start = old->start;
		one->last = old->last;
		one->alerted = old->alerted;
		one->dirty = true;
		one->saved = old->saved;
		old->saved = false;
		windows_drop(from, old);
	}
	for (i = 0; i < from->gone.n; i++)
		vec_push(&w->gone, from->gone.p[i]);
	from->gone.n = 0;
	w->evicted += from->evicted;
}

static void
expire(const struct windows *w, struct window *one)
{
	size_t n = 0;

	while (n < one->slots.n &&
	    one->last - one->slots.p[n].time >= w->span)
		n++;
	if (one->slots.n - n > WINDOW_EVENTS_MAX)
		n = one->slots.n - WINDOW_EVENTS_MAX;
	if (n == 0)
		return;
	memmove(one->slots.p, one->slots.p + n,
	    (one->slots.n - n) * sizeof(one->slots.p[0]));
	one->slots.n -= n;
}

static int32_t
narrow(int64_t v)
{
	return v < INT32_MIN ? INT32_MIN : v > INT32_MAX ? INT32_MAX :
	    (int32_t)v;
}

void
window_add(const struct windows *w, struct window *one, int64_t time,
    int64_t weight, int64_t count)
{
	struct slot s = { time, narrow(weight), narrow(count) };
	struct slot *last = one->slots.p + one->slots.n;
	size_t i;

	/* Logs tell seconds, attackers try often. */
	if (one->slots.n > 0 && last[-1].time == time &&
	    last[-1].weight == s.weight) {
		last[-1].count = narrow((int64_t)last[-1].count + s.count);
		one->dirty = true;
		return;
	}
	if (one->slots.cap == 0)
		vec_exact(&one->slots, 4);
	vec_push(&one->slots, s);
	/* One that comes late takes its place among the others. */
	for (i = one->slots.n - 1; i > 0 && one->slots.p[i - 1].time > time;
	    i--)
		one->slots.p[i] = one->slots.p[i - 1];
	one->slots.p[i] = s;
	if (time > one->last)
		one->last = time;
	one->dirty = true;
	expire(w, one);
}

int64_t
window_count(const struct window *one)
{
	int64_t n = 0;
	size_t i;

	for (i = 0; i < one->slots.n; i++)
		n += one->slots.p[i].count;
	return n;
}

int64_t
window_weight(const struct window *one)
{
	int64_t n = 0;
	size_t i;

	for (i = 0; i < one->slots.n; i++)
		n += (int64_t)one->slots.p[i].weight * one->slots.p[i].count;
	return n;
}

#define TEXT_MAX	256

/* Texts that left the window are not told any more, so they need not stay. */
static void
drop_old(const struct windows *w, const struct window *one, seen_list *l)
{
	size_t i, n = 0;

	for (i = 0; i < l->n; i++)
		if (one->last - l->p[i].time < w->span)
			l->p[n++] = l->p[i];
		else
			mem_free(l->p[i].text);
	l->n = n;
}

void
window_collect(const struct windows *w, struct window *one,
    size_t collection, struct str text, int64_t time, size_t max)
{
	seen_list *l = &one->seen[collection];
	size_t i, old = 0;
	char *copy;

	text = str_sub(text, 0, TEXT_MAX);
	for (i = 0; i < l->n; i++) {
		if (str_eq(text, (struct str){ l->p[i].text, l->p[i].n })) {
			if (time > l->p[i].time)
				l->p[i].time = time;
			return;
		}
	}
	drop_old(w, one, l);
	for (i = 1; i < l->n; i++)
		if (l->p[i].time < l->p[old].time)
			old = i;
	copy = mem_alloc(text.n + 1);
	memcpy(copy, text.p ? text.p : "", text.n);
	if (l->n >= max && l->n > 0) {
		mem_free(l->p[old].text);
		l->p[old] = (struct seen){ copy, text.n, time };
	} else {
		vec_push(l, (struct seen){ copy, text.n, time });
	}
}

size_t
window_distinct(const struct windows *w, const struct window *one,
    size_t collection)
{
	const seen_list *l = &one->seen[collection];
	size_t i, n = 0;

	for (i = 0; i < l->n; i++)
		n += one->last - l->p[i].time < w->span;
	return n;
}
