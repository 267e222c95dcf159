#include "flush.h"

#include "core/hash.h"

/* The alert as it is told: an end only when it has come. */
static struct alert
snapshot(const struct entry *en, int64_t now)
{
	struct alert a = en->alert;

	if (!alert_resolved_at(&a, now))
		a.ends_at = 0;
	return a;
}

/* The alerts of g that pass every filter, in payload order. */
static size_t
passing(struct router *r, struct group *g, int64_t now, struct alert *out,
    bool report)
{
	struct out_why why;
	struct entry *en;
	size_t i, n = 0;

	for (i = 0; i < g->members.n; i++) {
		en = g->members.p[i].entry;
		if (router_why(r, g, en, now, &why) == OUT_SENT)
			out[n++] = snapshot(en, now);
		else if (report && r->opt.kept)
			r->opt.kept(r->opt.arg, g, &en->alert, &why);
	}
	alert_sort(out, n, &r->arena);
	return n;
}

static uint64_t
hash_alerts(const struct alert *a, size_t n)
{
	uint64_t h = n ? HASH_FNV_INIT : 0;
	size_t i;

	for (i = 0; i < n; i++)
		h = (h ^ a[i].labels->hash ^ (a[i].ends_at != 0)) *
		    0x100000001b3ULL;
	return h;
}

uint64_t
flush_hash(struct router *r, struct group *g, int64_t now)
{
	struct alert *a;
	size_t n;

	arena_reset(&r->arena);
	a = ARENA_ARRAY(&r->arena, g->members.n + 1, struct alert);
	n = passing(r, g, now, a, false);
	return hash_alerts(a, n);
}

/* What is in both; sets of one table hold one pointer per string. */
static void
intersect(struct labels_builder *b, const struct labels *l)
{
	const struct sym *v;
	size_t i = 0;

	while (i < b->n) {
		v = labels_get_sym(l, b->v[i].name);
		if (v == b->v[i].value)
			i++;
		else
			labels_del(b, b->v[i].name->s);
	}
}

static const struct labels *
common(struct router *r, const struct alert *a, size_t n, bool annotations)
{
	size_t i;

	labels_build(&r->builder, r->table,
	    annotations ? a->annotations : a->labels);
	for (i = 1; i < n && r->builder.n > 0; i++)
		intersect(&r->builder,
		    annotations ? a[i].annotations : a[i].labels);
	return labels_done(&r->builder);
}

static void
emit(struct router *r, const struct group *g, const struct alert *a, size_t n,
    int64_t now)
{
	struct notification out = {
		.receiver = g->route->receiver,
		.group_key = g->key,
		.external_url = r->opt.external_url,
		.group_labels = g->labels,
		.common_labels = common(r, a, n, false),
		.common_annotations = common(r, a, n, true),
		.alerts = a,
		.nalerts = n,
		.time = now,
		.repeat_interval_ms = g->route->repeat_interval_ms,
		.group_interval_ms = g->route->group_interval_ms,
	};
	struct buf path = { 0 };

	tree_path(g->route, &path);
	out.route = buf_str(&path);
	r->opt.emit(r->opt.arg, &out);
	buf_release(&path);
}

static struct place *
place_of(struct entry *en, const struct group *g)
{
	struct place *p = en->places.p;

	while (p->group != g)
		p++;
	return p;
}

/* A resolved alert that was told stays a while; one kept back does not. */
static bool
stays(struct router *r, const struct group *g, struct member *m, int64_t now)
{
	struct out_why why;

	if (!alert_resolved_at(&m->entry->alert, now))
		return true;
	if (m->told == 0)
		m->told = now;
	return now - m->told < ROUTER_RETELL_MS &&
	    router_why(r, g, m->entry, now, &why) == OUT_SENT;
}

static void
settle(struct router *r, struct group *g, int64_t now)
{
	struct place *p;
	struct member *m;
	size_t i, n = 0;

	g->live = 0;
	for (i = 0; i < g->members.n; i++) {
		m = &g->members.p[i];
		p = place_of(m->entry, g);
		if (stays(r, g, m, now)) {
			g->live += m->told == 0;
			p->at = n;
			g->members.p[n++] = *m;
		} else {
			*p = m->entry->places.p[--m->entry->places.n];
		}
	}
	g->members.n = n;
}

void
flush_group(struct router *r, struct group *g, int64_t now)
{
	struct alert *a;
	size_t n;

	arena_reset(&r->arena);
	a = ARENA_ARRAY(&r->arena, g->members.n + 1, struct alert);
	n = passing(r, g, now, a, true);
	g->last_hash = hash_alerts(a, n);
	if (n > 0)
		emit(r, g, a, n, now);
	settle(r, g, now);
}
