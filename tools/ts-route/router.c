/*
 * router: taking alerts in, the groups and their timers.
 */
#include "router.h"

#include <stdlib.h>

#include "flush.h"

/* t + ms; the end of time when that is too late for 64 bits. */
static int64_t
later(int64_t t, int64_t ms)
{
	int64_t sum;

	return __builtin_add_overflow(t, ms, &sum) ? INT64_MAX : sum;
}

/* A group among all: its route and the pointer of its label set. */
struct group_id {
	size_t route;
	const struct labels *labels;
};

/* In order of time; groups due at once, in order of route and key. */
static int
cmp_groups(const struct group *a, const struct group *b)
{
	if (a->route->index != b->route->index)
		return a->route->index < b->route->index ? -1 : 1;
	return str_cmp(a->key, b->key);
}

static bool
due_before(const void *va, const void *vb)
{
	const struct group *a = va, *b = vb;

	return a->next != b->next ? a->next < b->next : cmp_groups(a, b) < 0;
}

static void
set_config(struct router *r, const struct am_config *c)
{
	r->config = c;
	r->store.resolve_timeout_ms = c->global.resolve_timeout_ms;
	inhibitor_init(&r->inhibitor, c);
	heap_init(&r->due, due_before, offsetof(struct group, pos));
}

void
router_init(struct router *r, const struct am_config *c,
    struct labels_table *t, const struct router_options *o)
{
	memset(r, 0, sizeof(*r));
	r->opt = *o;
	r->table = t;
	store_init(&r->store, t, 0);
	if (c != NULL)
		set_config(r, c);
}

static void
group_free(struct group *g)
{
	char *key;

	memcpy(&key, &g->key.p, sizeof(key));
	mem_free(key);
	vec_release(&g->members);
	mem_free(g);
}

static void
drop_groups(struct router *r)
{
	struct group *g;

	while ((g = heap_pop(&r->due)) != NULL)
		group_free(g);
	heap_release(&r->due);
	map_release(&r->groups);
	inhibitor_release(&r->inhibitor);
}

void
router_release(struct router *r)
{
	drop_groups(r);
	store_release(&r->store);
	silences_release(&r->silences);
	labels_builder_release(&r->builder);
	vec_release(&r->hits.v);
	arena_free(&r->arena);
}

/* The map borrows its keys, so each group brings its own. */
struct keyed_group {
	struct group group;
	struct group_id id;
};

static struct str
id_bytes(const struct group_id *id)
{
	return (struct str){ (const char *)id, sizeof(*id) };
}

static struct str
own_key(struct router *r, const struct am_route *route,
    const struct labels *l)
{
	struct buf b = { 0 };

	tree_group_key(route, l, r->opt.compat_025, &b);
	return (struct str){ b.p, b.n };
}

struct group *
router_group(struct router *r, const struct am_route *route,
    const struct labels *group_labels, bool *is_new)
{
	struct group_id id = { route->index, group_labels };
	struct keyed_group *k = map_get(&r->groups, id_bytes(&id));

	*is_new = k == NULL;
	if (k == NULL) {
		k = mem_zalloc(sizeof(*k));
		k->id = id;
		k->group.route = route;
		k->group.labels = group_labels;
		k->group.key = own_key(r, route, group_labels);
		k->group.pos = HEAP_NOWHERE;
		(void)map_put(&r->groups, id_bytes(&k->id), k);
	}
	return &k->group;
}

static void
forget_group(struct router *r, struct group *g)
{
	struct group_id id = { g->route->index, g->labels };

	if (r->opt.gone)
		r->opt.gone(r->opt.arg, g);
	if (g->pos != HEAP_NOWHERE)
		heap_remove(&r->due, g);
	(void)map_del(&r->groups, id_bytes(&id));
	group_free(g);
}

void
router_schedule(struct router *r, struct group *g, int64_t at)
{
	g->next = at;
	g->changed = true;
	if (g->pos == HEAP_NOWHERE)
		heap_add(&r->due, g);
	else
		heap_moved(&r->due, g);
}

/* en's member of g; NULL when g does not hold it. */
static struct member *
find_member(struct group *g, const struct entry *en)
{
	size_t i;

	for (i = 0; i < en->places.n; i++)
		if (en->places.p[i].group == g)
			return &g->members.p[en->places.p[i].at];
	return NULL;
}

void
router_join(struct group *g, struct entry *en, int64_t told)
{
	struct member *m = find_member(g, en);

	if (m != NULL && m->told == told)
		return;
	if (m == NULL) {
		vec_exact(&en->places, 1);
		vec_push(&en->places, (struct place){ g, g->members.n });
		vec_push(&g->members, (struct member){ en, told });
		g->live += told == 0;
	} else {
		g->live += (told == 0) - (m->told == 0);
		m->told = told;
	}
	g->changed = true;
}

void
router_join_other(struct group *g, struct entry *en, int64_t told)
{
	const struct member *m = find_member(g, en);

	if (m == NULL || (m->told == 0 && told != 0))
		router_join(g, en, told);
	if (g->live > 0)
		g->emptied = 0;
}

/* In 0.25 an empty group lives, with its cadence, to the next sweep. */
static bool
is_over(const struct router *r, const struct group *g, int64_t now)
{
	if (g->emptied == 0)
		return false;
	return !r->opt.compat_025 ||
	    (now - r->started) / ROUTER_SWEEP_MS !=
	    (g->emptied - r->started) / ROUTER_SWEEP_MS;
}

/* A told alert that is still resolved does not come back by being resent. */
static bool
only_resent(struct group *g, const struct entry *en, int64_t now)
{
	struct member *m = find_member(g, en);

	return m != NULL && m->told != 0 &&
	    alert_resolved_at(&en->alert, now);
}

static void
join_group(struct router *r, const struct am_route *route, struct entry *en,
    int64_t now)
{
	const struct labels *l = tree_group_labels(route, en->alert.labels,
	    r->opt.compat_025, r->table, &r->builder);
	bool is_new, old;
	struct group *g = router_group(r, route, l, &is_new);

	if (!is_new && only_resent(g, en, now))
		return;
	is_new |= is_over(r, g, now);
	/* What began more than group_wait ago has waited enough. */
	old = later(en->alert.starts_at, route->group_wait_ms) < now;
	router_join(g, en, 0);
	g->emptied = 0;
	if (is_new) {
		g->flushed = false;
		router_schedule(r, g, old ? now :
		    later(now, route->group_wait_ms));
	} else if (r->opt.compat_025 && !g->flushed && old) {
		router_schedule(r, g, now);
	}
}

static void
dispatch(struct router *r, struct entry *en, int64_t now)
{
	size_t i;

	vec_reset(&r->hits.v);
	(void)tree_match(r->config->route, en->alert.labels, &r->hits);
	for (i = 0; i < r->hits.v.n; i++)
		join_group(r, r->hits.v.p[i], en, now);
}

void
router_place(struct router *r, struct entry *en, int64_t now)
{
	dispatch(r, en, now);
}

/* Drop resolved alerts that no group holds, every now and then. */
static void
collect(struct router *r, int64_t now)
{
	struct entry *en;
	size_t i = 0;

	if (now < r->gc_at)
		return;
	r->gc_at = now + STORE_KEEP_MS;
	while (i < r->store.all.n) {
		en = r->store.all.p[i];
		if (en->places.n || !alert_resolved_at(&en->alert,
		    now - STORE_KEEP_MS)) {
			i++;
			continue;
		}
		if (r->opt.forgot)
			r->opt.forgot(r->opt.arg, &en->alert);
		inhibitor_remove(&r->inhibitor, en);
		store_drop(&r->store, en);
	}
}

int
router_take(struct router *r, const struct alert *a, int64_t now,
    struct err *e)
{
	struct entry *en;
	bool is_new;

	if (r->started == 0)
		r->started = now;
	collect(r, now);
	if ((en = store_take(&r->store, a, now, &is_new, e)) == NULL)
		return -1;
	if (is_new)
		inhibitor_add(&r->inhibitor, en);
	else
		inhibitor_touch(&r->inhibitor, en);
	dispatch(r, en, now);
	return 0;
}

int64_t
router_next(const struct router *r)
{
	const struct group *g = heap_top(&r->due);

	return g ? g->next : INT64_MAX;
}

/*
 * The next tick keeps the cadence.  Ticks that were slept through are not
 * made up for, except in virtual time, where each is at its own time.
 */
static int64_t
tick_after(const struct group *g, int64_t now, int64_t limit)
{
	int64_t step = g->route->group_interval_ms;
	int64_t next = later(g->next, step);

	if (next <= now || (limit - next) / step > ROUTER_LATE_TICKS)
		next = later(limit, step);
	return next;
}

/* Flush g, which is due, at `at`; virtual time goes on to limit. */
static void
flush_one(struct router *r, struct group *g, int64_t at, int64_t limit)
{
	int64_t next = tick_after(g, at, limit);

	flush_group(r, g, at);
	g->flushed = true;
	if (g->live == 0 && g->emptied == 0)
		g->emptied = at;
	if (g->members.n == 0 && is_over(r, g, at))
		forget_group(r, g);
	else
		router_schedule(r, g, next);
}

void
router_flush_due(struct router *r, int64_t now, bool at_own_time)
{
	struct group *g;

	while ((g = heap_top(&r->due)) != NULL && g->next <= now)
		flush_one(r, g, at_own_time ? g->next : now, now);
}

static int
cmp_group_pointers(const void *a, const void *b)
{
	return cmp_groups(*(struct group *const *)a,
	    *(struct group *const *)b);
}

struct group **
router_groups(struct router *r, struct arena *a, size_t *n)
{
	struct group **all = ARENA_ARRAY(a, r->groups.n + 1, struct group *);
	struct map_entry *e;
	size_t at = 0;

	*n = 0;
	while ((e = map_next(&r->groups, &at)) != NULL)
		all[(*n)++] = e->value;
	qsort(all, *n, sizeof(struct group *), cmp_group_pointers);
	return all;
}

void
router_flush_all(struct router *r, int64_t now)
{
	struct arena a = { 0 };
	size_t i, n;
	struct group **all = router_groups(r, &a, &n);

	/* a group that never spoke at least says what keeps it back */
	for (i = 0; i < n; i++)
		if (all[i]->next <= now || !all[i]->flushed ||
		    flush_hash(r, all[i], now) != all[i]->last_hash)
			flush_one(r, all[i], now, now);
	arena_free(&a);
}

void
router_reload(struct router *r, const struct am_config *c, int64_t now)
{
	struct entry *en;
	size_t i;

	for (i = 0; i < r->store.all.n; i++) {
		vec_reset(&r->store.all.p[i]->places);
		r->store.all.p[i]->nlinks = 0;
	}
	drop_groups(r);
	set_config(r, c);
	r->silences.valid_to = 0;	/* time intervals may be others */
	for (i = 0; i < r->store.all.n; i++) {
		en = r->store.all.p[i];
		inhibitor_add(&r->inhibitor, en);
		if (!alert_resolved_at(&en->alert, now))
			dispatch(r, en, now);
	}
}

bool
router_wants_table(const struct router *r)
{
	/* labels, annotations and a group's labels are alive for each */
	return labels_table_count(r->table) >
	    10000 + 8 * (r->store.all.n + r->groups.n);
}

void
router_move(struct router *r, struct labels_table *t)
{
	struct map old = r->groups;
	struct map_entry *e;
	size_t at = 0;

	store_move(&r->store, t);
	r->table = t;
	memset(&r->groups, 0, sizeof(r->groups));
	while ((e = map_next(&old, &at)) != NULL) {
		struct keyed_group *k = e->value;

		k->group.labels = store_copy_labels(t, k->group.labels);
		k->id.labels = k->group.labels;
		(void)map_put(&r->groups, id_bytes(&k->id), k);
	}
	map_release(&old);
}
