#include "inhibit.h"

/*
 * The sources of one rule with equal values.  Side 1 are those that also
 * match the rule's targets: they cannot inhibit a target that also matches
 * its sources (upstream's rule against alerts that inhibit themselves).
 */
struct inhibit_side {
	VEC(struct entry *) v;
	struct entry *last;	/* the one that ends last; NULL = look */
};

struct inhibit_bucket {
	struct inhibit_side side[2];
	char key[];
};

void
inhibitor_init(struct inhibitor *in, const struct am_config *c)
{
	memset(in, 0, sizeof(*in));
	in->rule = c->inhibit;
	in->nrules = c->ninhibit;
	in->buckets = mem_array(in->nrules + 1, sizeof(*in->buckets));
}

static void
bucket_free(struct inhibit_bucket *b)
{
	vec_release(&b->side[0].v);
	vec_release(&b->side[1].v);
	mem_free(b);
}

void
inhibitor_release(struct inhibitor *in)
{
	struct map_entry *e;
	size_t i, at;

	for (i = 0; i < in->nrules; i++) {
		for (at = 0; (e = map_next(&in->buckets[i], &at)) != NULL;)
			bucket_free(e->value);
		map_release(&in->buckets[i]);
	}
	mem_free(in->buckets);
	buf_release(&in->key);
}

/* The values of the equal labels; 0xff occurs in none of them. */
static struct str
equal_key(struct inhibitor *in, const struct am_inhibit_rule *r,
    const struct labels *l)
{
	size_t i;

	buf_reset(&in->key);
	for (i = 0; i < r->equal.n; i++) {
		(void)buf_put(&in->key, labels_get(l, r->equal.p[i]));
		(void)buf_putc(&in->key, '\xff');
	}
	return buf_str(&in->key);
}

static struct inhibit_bucket *
get_bucket(struct inhibitor *in, size_t rule, const struct labels *l)
{
	struct str key = equal_key(in, &in->rule[rule], l);
	struct inhibit_bucket *b = map_get(&in->buckets[rule], key);

	if (b == NULL) {
		b = mem_zalloc(sizeof(*b) + key.n);
		if (key.n)
			memcpy(b->key, key.p, key.n);
		key.p = b->key;
		(void)map_put(&in->buckets[rule], key, b);
	}
	return b;
}

static bool
is_source(const struct am_inhibit_rule *r, const struct labels *l)
{
	return matchers_ok(r->source.p, r->source.n, l);
}

static bool
is_target(const struct am_inhibit_rule *r, const struct labels *l)
{
	return matchers_ok(r->target.p, r->target.n, l);
}

void
inhibitor_add(struct inhibitor *in, struct entry *en)
{
	struct inhibit_side *s;
	struct inhibit_link link = { 0 };
	size_t i;

	for (i = 0; i < in->nrules; i++) {
		if (!is_source(&in->rule[i], en->alert.labels))
			continue;
		link.bucket = get_bucket(in, i, en->alert.labels);
		link.rule = (uint32_t)i;
		link.side = is_target(&in->rule[i], en->alert.labels);
		s = &link.bucket->side[link.side];
		link.pos = (uint32_t)s->v.n & 0x7fffffff;
		vec_exact(&s->v, 1);
		vec_push(&s->v, en);
		en->link = mem_resize(en->link, en->nlinks + 1, sizeof(link));
		en->link[en->nlinks++] = link;
	}
	inhibitor_touch(in, en);
}

void
inhibitor_touch(struct inhibitor *in, struct entry *en)
{
	struct inhibit_side *s;
	size_t i;

	(void)in;
	for (i = 0; i < en->nlinks; i++) {
		s = &en->link[i].bucket->side[en->link[i].side];
		if (s->last == en)
			s->last = NULL;
		else if (s->last == NULL)
			continue;	/* will be looked for anyway */
		else if (en->alert.ends_at > s->last->alert.ends_at)
			s->last = en;
	}
}

/* The link of en to the same rule. */
static struct inhibit_link *
link_of(struct entry *en, uint32_t rule)
{
	size_t i;

	for (i = 0; i < en->nlinks; i++)
		if (en->link[i].rule == rule)
			return &en->link[i];
	return NULL;
}

void
inhibitor_remove(struct inhibitor *in, struct entry *en)
{
	struct inhibit_link *l;
	struct inhibit_side *s;
	struct inhibit_bucket *b;
	size_t i, key_n;

	for (i = 0; i < en->nlinks; i++) {
		l = &en->link[i];
		b = l->bucket;
		s = &b->side[l->side];
		s->v.p[l->pos] = s->v.p[--s->v.n];
		link_of(s->v.p[l->pos], l->rule)->pos = l->pos;
		if (s->last == en)
			s->last = NULL;
		if (b->side[0].v.n + b->side[1].v.n > 0)
			continue;
		key_n = equal_key(in, &in->rule[l->rule],
		    en->alert.labels).n;
		(void)map_del(&in->buckets[l->rule],
		    (struct str){ b->key, key_n });
		bucket_free(b);
	}
	en->nlinks = 0;
}

/*
 * The source that ends last: when it does not fire, none does.  Ends change
 * only through inhibitor_touch, so the search is not repeated without one.
 */
static struct entry *
firing(struct inhibit_side *s, int64_t now)
{
	size_t i;

	if (s->last == NULL && s->v.n > 0) {
		s->last = s->v.p[0];
		for (i = 1; i < s->v.n; i++)
			if (s->v.p[i]->alert.ends_at >
			    s->last->alert.ends_at)
				s->last = s->v.p[i];
	}
	return s->last != NULL && !alert_resolved_at(&s->last->alert, now) ?
	    s->last : NULL;
}

bool
inhibitor_mutes(struct inhibitor *in, const struct labels *l, int64_t now,
    struct inhibited *why)
{
	const struct am_inhibit_rule *r;
	struct inhibit_bucket *b;
	struct entry *source;
	size_t i;

	for (i = 0; i < in->nrules; i++) {
		r = &in->rule[i];
		if (in->buckets[i].n == 0 || !is_target(r, l))
			continue;
		b = map_get(&in->buckets[i], equal_key(in, r, l));
		if (b == NULL)
			continue;
		source = firing(&b->side[0], now);
		if (source == NULL && !is_source(r, l))
			source = firing(&b->side[1], now);
		if (source == NULL)
			continue;
		if (why != NULL)
			*why = (struct inhibited){ i, r->name, source };
		return true;
	}
	return false;
}
