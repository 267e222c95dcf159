#include "state/nflog.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/map.h"
#include "core/num.h"
#include "core/vec.h"
#include "json/read.h"
#include "json/write.h"

#define PREFIX	"nflog/"

/* In memory an entry is kept as the text that a state would hold. */
struct kept {
	struct buf key, value;
};

struct nflog {
	struct state *state;
	struct map kept;
};

struct nflog *
nflog_new(struct state *s)
{
	struct nflog *l = mem_zalloc(sizeof(*l));

	l->state = s;
	return l;
}

static void
kept_free(struct kept *k)
{
	buf_release(&k->key);
	buf_release(&k->value);
	mem_free(k);
}

void
nflog_free(struct nflog *l)
{
	struct map_entry *m;
	size_t at = 0;

	if (l == NULL)
		return;
	while ((m = map_next(&l->kept, &at)) != NULL)
		kept_free(m->value);
	map_release(&l->kept);
	mem_free(l);
}

void
nflog_key(struct buf *out, struct str receiver, struct str integration,
    size_t index, struct str group_key)
{
	(void)buf_put(out, STR(PREFIX));
	(void)buf_put(out, receiver);
	(void)buf_putc(out, '/');
	(void)buf_put(out, integration);
	(void)buf_putc(out, '/');
	num_print_i64(out, (int64_t)index);
	(void)buf_putc(out, ':');
	(void)buf_put(out, group_key);
}

static int
hash_cmp(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

void
nflog_hashes_sort(struct nflog_hashes *h)
{
	if (h->n > 1)
		qsort(h->p, h->n, sizeof(*h->p), hash_cmp);
}

bool
nflog_hashes_has(const struct nflog_hashes *h, uint64_t hash)
{
	return h->n > 0 &&
	    bsearch(&hash, h->p, h->n, sizeof(*h->p), hash_cmp) != NULL;
}

static void
put_hashes(struct jw *w, const char *key, const struct nflog_hashes *h)
{
	char text[17];
	size_t i;

	jw_key(w, str_of(key));
	jw_arr(w);
	for (i = 0; i < h->n; i++) {
		(void)snprintf(text, sizeof(text), "%016" PRIx64, h->p[i]);
		jw_str(w, str_of(text));
	}
	jw_arr_end(w);
}

static void
put_entry(struct buf *out, const struct nflog_entry *entry)
{
	struct jw w = { .out = out };

	jw_obj(&w);
	jw_key(&w, STR("time"));
	jw_int(&w, entry->time);
	jw_key(&w, STR("expires"));
	jw_int(&w, entry->expires);
	put_hashes(&w, "firing", &entry->firing);
	put_hashes(&w, "resolved", &entry->resolved);
	if (entry->extra.n > 0) {
		jw_key(&w, STR("extra"));
		jw_raw(&w, entry->extra);
	}
	jw_obj_end(&w);
}

static bool
get_hash(struct str s, uint64_t *out)
{
	size_t i;

	*out = 0;
	for (i = 0; i < s.n; i++) {
		int c = s.p[i], d = c >= '0' && c <= '9' ? c - '0' :
		    c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;

		if (d == -1)
			return false;
		*out = *out << 4 | (uint64_t)d;
	}
	return s.n == 16;
}

static bool
get_hashes(struct jr *r, struct arena *a, struct nflog_hashes *out)
{
	VEC(uint64_t) v = { 0 };
	enum jr_tok t;
	uint64_t h;

	if (jr_next(r) != JR_ARR)
		return false;
	while ((t = jr_next(r)) == JR_STR && get_hash(r->str, &h) &&
	    v.n < NFLOG_HASHES_MAX)
		vec_push(&v, h);
	out->n = v.n;
	out->p = ARENA_ARRAY(a, v.n, uint64_t);
	if (v.n > 0)
		memcpy(out->p, v.p, v.n * sizeof(*v.p));
	vec_release(&v);
	return t == JR_ARR_END;
}

static bool
get_int(struct jr *r, int64_t *out)
{
	if (jr_next(r) != JR_NUM)
		return false;
	*out = (int64_t)r->num;
	return true;
}

static bool
get_member(struct jr *r, struct arena *a, struct nflog_entry *out)
{
	struct str key = r->str;

	if (str_eq(key, STR("time")))
		return get_int(r, &out->time);
	if (str_eq(key, STR("expires")))
		return get_int(r, &out->expires);
	if (str_eq(key, STR("firing")))
		return get_hashes(r, a, &out->firing);
	if (str_eq(key, STR("resolved")))
		return get_hashes(r, a, &out->resolved);
	if (str_eq(key, STR("extra")))
		return jr_raw(r, &out->extra) == 0;
	return jr_skip(r, JR_KEY) == 0;
}

static int
get_entry(struct str text, struct arena *a, struct nflog_entry *out,
    struct err *e)
{
	struct jr r;
	enum jr_tok t;

	*out = (struct nflog_entry){ 0 };
	jr_init(&r, arena_str(a, text), a);
	if (jr_next(&r) != JR_OBJ)
		return jr_err(&r, "an entry of the notification log", e);
	while ((t = jr_next(&r)) == JR_KEY)
		if (!get_member(&r, a, out))
			return jr_err(&r, "an entry of the notification log",
			    e);
	return t == JR_OBJ_END ? 1 : jr_err(&r, "a member", e);
}

int
nflog_get(struct nflog *l, struct str key, struct arena *a,
    struct nflog_entry *out, struct err *e)
{
	struct buf text = { 0 };
	struct kept *k;
	int rc;

	if (l->state == NULL) {
		k = map_get(&l->kept, key);
		return k == NULL ? 0 : get_entry(buf_str(&k->value), a, out,
		    e);
	}
	rc = state_get(l->state, key, &text, e);
	if (rc == 1)
		rc = get_entry(buf_str(&text), a, out, e);
	buf_release(&text);
	return rc;
}

int
nflog_put(struct nflog *l, struct str key, const struct nflog_entry *entry,
    struct err *e)
{
	struct buf text = { 0 };
	struct kept *k;
	int rc;

	if (l->state != NULL) {
		put_entry(&text, entry);
		rc = state_put(l->state, key, buf_str(&text), e);
		buf_release(&text);
		return rc;
	}
	k = map_get(&l->kept, key);
	if (k == NULL) {
		k = mem_zalloc(sizeof(*k));
		(void)buf_put(&k->key, key);
		(void)map_put(&l->kept, buf_str(&k->key), k);
	}
	buf_reset(&k->value);
	put_entry(&k->value, entry);
	return 0;
}

/* Keys of entries that have expired. */
struct sweep {
	int64_t now;
	struct arena arena;
	VEC(struct str) keys;
};

static int
look(void *arg, struct str key, struct str value)
{
	struct sweep *s = arg;
	struct nflog_entry entry;
	struct arena a = { 0 };
	struct err e;

	if (get_entry(value, &a, &entry, &e) == 1 && entry.expires < s->now)
		vec_push(&s->keys, arena_str(&s->arena, key));
	arena_free(&a);
	return 0;
}

static int
sweep_state(struct nflog *l, struct sweep *s, struct err *e)
{
	int rc = state_each(l->state, STR(PREFIX), look, s, e);
	size_t i;

	for (i = 0; rc == 0 && i < s->keys.n; i++)
		rc = state_del(l->state, s->keys.p[i], e);
	return rc;
}

int
nflog_sweep(struct nflog *l, int64_t now, struct err *e)
{
	struct sweep s = { .now = now };
	struct map_entry *m;
	struct kept *k;
	size_t at = 0, n;
	int rc = 0;

	if (l->state != NULL)
		rc = sweep_state(l, &s, e);
	while (l->state == NULL && (m = map_next(&l->kept, &at)) != NULL) {
		k = m->value;
		n = s.keys.n;
		(void)look(&s, m->key, buf_str(&k->value));
		if (s.keys.n > n)
			kept_free(map_del(&l->kept, m->key));
	}
	vec_release(&s.keys);
	arena_free(&s.arena);
	return rc;
}

/* ---- the six rules ---- */

/* Every one of a in b; both sorted. */
static bool
subset(const struct nflog_hashes *a, const struct nflog_hashes *b)
{
	size_t i, j = 0;

	for (i = 0; i < a->n; i++) {
		while (j < b->n && b->p[j] < a->p[i])
			j++;
		if (j == b->n || b->p[j] != a->p[i])
			return false;
	}
	return true;
}

bool
nflog_needs(const struct nflog_entry *last,
    const struct nflog_hashes *firing, const struct nflog_hashes *resolved,
    bool send_resolved, int64_t repeat_ms, int64_t now, const char **reason)
{
	if (last == NULL) {
		*reason = firing->n > 0 ? "first notification" :
		    "no earlier notification to resolve";
		return firing->n > 0;
	}
	if (!subset(firing, &last->firing)) {
		*reason = last->firing.n == 0 ? "first notification" :
		    "new alerts added";
		return true;
	}
	if (firing->n == 0) {
		*reason = last->firing.n > 0 ? "all alerts resolved" :
		    "already resolved";
		return last->firing.n > 0;
	}
	if (send_resolved && !subset(resolved, &last->resolved)) {
		*reason = "some alerts resolved";
		return true;
	}
	if (last->time < now - repeat_ms) {
		*reason = "repeat interval elapsed";
		return true;
	}
	*reason = "nothing new";
	return false;
}
