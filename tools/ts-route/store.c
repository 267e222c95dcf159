#include "store.h"

#include "inhibit.h"

void
store_init(struct store *s, struct labels_table *t,
    int64_t resolve_timeout_ms)
{
	memset(s, 0, sizeof(*s));
	s->table = t;
	s->resolve_timeout_ms = resolve_timeout_ms;
}

#define SLAB	64

static struct entry *
entry_new(struct store *s)
{
	struct entry *slab;
	size_t i;

	if (s->spare.n == 0) {
		slab = mem_array(SLAB, sizeof(*slab));
		vec_push(&s->slabs, slab);
		for (i = SLAB; i > 0; i--)
			vec_push(&s->spare, &slab[i - 1]);
	}
	return s->spare.p[--s->spare.n];
}

static void
entry_release(struct entry *en)
{
	vec_release(&en->places);
	mem_free(en->link);
	memset(en, 0, sizeof(*en));
}

void
store_release(struct store *s)
{
	size_t i;

	for (i = 0; i < s->all.n; i++)
		entry_release(s->all.p[i]);
	for (i = 0; i < s->slabs.n; i++)
		mem_free(s->slabs.p[i]);
	vec_release(&s->slabs);
	vec_release(&s->spare);
	vec_release(&s->all);
	vec_release(&s->by_id);
}

struct entry *
store_find(const struct store *s, const struct labels *l)
{
	uint32_t at = l->id < s->by_id.n ? s->by_id.p[l->id] : 0;

	return at ? s->all.p[at - 1] : NULL;
}

static void
set_by_id(struct store *s, const struct entry *en)
{
	while (s->by_id.n <= en->alert.labels->id)
		vec_push(&s->by_id, 0);
	s->by_id.p[en->alert.labels->id] = en->pos + 1;
}

/* Equal strings of many alerts (the rule's URL) are kept once. */
static struct str
keep(struct labels_table *t, struct str s)
{
	return s.n ? intern_str(labels_symbols(t), s)->s : STR_NONE;
}

struct entry *
store_restore(struct store *s, const struct alert *in)
{
	struct entry *en = store_find(s, in->labels);

	if (en == NULL) {
		en = entry_new(s);
		en->pos = (uint32_t)s->all.n;
		vec_push(&s->all, en);
	}
	en->alert = *in;
	set_by_id(s, en);
	if (en->alert.annotations == NULL)
		en->alert.annotations = labels_empty(s->table);
	en->alert.generator_url = keep(s->table, in->generator_url);
	en->alert.state = en->alert.value = STR_NONE;
	return en;
}

/* A missing start is the end when there is one; a missing end, a timeout. */
static int
complete(const struct store *s, struct alert *a, int64_t now, struct err *e)
{
	a->updated_at = now;
	if (a->starts_at == 0)
		a->starts_at = a->ends_at ? a->ends_at : now;
	a->timeout = a->ends_at == 0;
	if (a->timeout)
		a->ends_at = now + s->resolve_timeout_ms;
	if (a->labels->n == 0)
		return err_set(e, ERR_SYNTAX, "an alert without labels");
	if (a->ends_at < a->starts_at)
		return err_set(e, ERR_SYNTAX, "the alert ends before it "
		    "starts");
	return 0;
}

static bool
inside(int64_t t, const struct alert *a)
{
	return t > a->starts_at && t < a->ends_at;
}

/* new overlaps with old: its times are mixed with old's. */
static void
merge(struct alert *new, const struct alert *old, int64_t now)
{
	if (!inside(new->ends_at, old) && !inside(new->starts_at, old))
		return;
	if (old->starts_at < new->starts_at)
		new->starts_at = old->starts_at;
	if (old->ends_at <= new->ends_at)
		return;
	/* old ends later: it rules when it is of the same state and said so */
	if (alert_resolved_at(new, now) ? alert_resolved_at(old, now) :
	    !old->timeout)
		new->ends_at = old->ends_at;
}

struct entry *
store_take(struct store *s, const struct alert *in, int64_t now,
    bool *is_new, struct err *e)
{
	struct entry *en = store_find(s, in->labels);
	struct alert a = *in;

	if (complete(s, &a, now, e) == -1)
		return NULL;
	*is_new = en == NULL;
	if (en != NULL)
		merge(&a, &en->alert, now);
	en = store_restore(s, &a);
	en->changed = true;
	return en;
}

void
store_drop(struct store *s, struct entry *en)
{
	struct entry *last = s->all.p[--s->all.n];

	s->by_id.p[en->alert.labels->id] = 0;
	s->all.p[en->pos] = last;
	if (last != en) {
		last->pos = en->pos;
		set_by_id(s, last);
	}
	entry_release(en);
	vec_push(&s->spare, en);
}

const struct labels *
store_copy_labels(struct labels_table *t, const struct labels *l)
{
	struct labels_builder b = { 0 };
	const struct labels *copy;
	uint32_t i;

	if (l == NULL)
		return NULL;
	labels_build(&b, t, NULL);
	for (i = 0; i < l->n; i++)
		labels_set(&b, l->v[i].name->s, l->v[i].value->s);
	copy = labels_done(&b);
	labels_builder_release(&b);
	return copy;
}

void
store_move(struct store *s, struct labels_table *t)
{
	struct alert *a;
	size_t i;

	vec_reset(&s->by_id);
	s->table = t;
	for (i = 0; i < s->all.n; i++) {
		a = &s->all.p[i]->alert;
		a->labels = store_copy_labels(t, a->labels);
		a->annotations = store_copy_labels(t, a->annotations);
		a->generator_url = keep(t, a->generator_url);
		set_by_id(s, s->all.p[i]);
	}
}
